"""What is said in words that somebody can read. Plain values."""

from __future__ import annotations

import unicodedata

from claims.text import as_read

# Letters and symbols by their category, and blank on every screen: the fillers of Hangul, and the empty pattern of Braille.
_BLANK = frozenset("\u034f\u115f\u1160\u3164\uffa0\u2800")
_UNSEEN = frozenset(["Cc", "Cf", "Cn", "Co"])


def has_words(text: str) -> bool:
    """Whether there is anything to read."""
    return any(map(_is_seen, text))


def readable(text: str) -> str:
    """As a reader sees it: without what nobody sees, each run of white space as one space."""
    return as_read("".join(c for c in text if c.isspace() or _is_seen(c)))


def _is_seen(character: str) -> bool:
    return not (character.isspace() or character in _BLANK or unicodedata.category(character) in _UNSEEN)
