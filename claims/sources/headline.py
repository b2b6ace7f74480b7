"""The headline of a text that has no field for it."""

from __future__ import annotations

# Longer first lines are leads: in the feeds and pages we looked at headlines end well below.
HEADLINE_MAX_CHARS = 200
_NOT_THE_END_OF_A_HEADLINE = tuple(".!?…,;:。！？।؟")
_CLOSING = "\"'”’»“)]"


def headline_of(text: str) -> str:
    """The first line, where it is a short paragraph of its own that does not end like a sentence and more text follows; else "".

    It stays in the text: whoever cuts it off loses the offsets of everything behind it.
    """
    start = len(text) - len(text.lstrip())
    end = text.find("\n", start, start + HEADLINE_MAX_CHARS + 2)
    if end < 0:
        return ""
    line = text[start:end].rstrip()
    behind = text[end + 1 :].lstrip(" \t\r")
    if not behind.startswith("\n") or not behind.strip():
        return ""
    if len(line) > HEADLINE_MAX_CHARS or line.rstrip(_CLOSING).endswith(_NOT_THE_END_OF_A_HEADLINE):
        return ""
    return line
