"""Whether a quotation still stands in a text. Plain values."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from claims.text import as_read

_SINGLE, _DOUBLE, _DASHES = "‘’‚‛′ʼ＇`´", "“”„‟«»″＂", "‐‑‒–—―−﹣－"
_SAME: dict[str, str] = {
    **dict.fromkeys(_SINGLE, "'"),
    **dict.fromkeys(_DOUBLE, '"'),
    **dict.fromkeys(_DASHES, "-"),
    "…": "...",
    "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st",
}  # fmt: skip
_TYPED = str.maketrans(_SAME)
# Letters of the scripts that have capitals, and what is set upon them: other scripts do not always part their words.
_OF_WORDS = frozenset(["Lu", "Ll", "Lt", "Mn", "Mc", "Me"])


def occurs(quotation: str, text: str) -> bool:
    """Does `text` hold these words, however its white space, quotation marks, dashes and ligatures are typed? Case counts.

    Words and numbers are found whole: "5 million" does not stand in "25 million". Nothing occurs nowhere.
    """
    wanted, searched = _as_typed(quotation), _as_typed(text)
    if not wanted or wanted not in searched:
        return False
    return any(
        not _runs_on(searched, start) and not _runs_on(searched, start + len(wanted))
        for start in _places_of(wanted, searched)
    )


def _as_typed(text: str) -> str:
    return as_read(text.translate(_TYPED))


def _runs_on(text: str, at: int) -> bool:
    """Whether a cut at this place would go through a word or a number."""
    before, after = text[at - 1 : at], text[at : at + 1]
    if not before or not after:
        return False
    if _is_digit(before) and after in ".,":
        return _is_digit(text[at + 1 : at + 2])
    if before in ".," and _is_digit(after):
        return _is_digit(text[at - 2 : at - 1])
    return (_is_digit(before) and _is_digit(after)) or (_is_of_word(before) and _is_of_word(after))


def _is_digit(character: str) -> bool:
    return character.isdecimal()


def _is_of_word(character: str) -> bool:
    return unicodedata.category(character) in _OF_WORDS


def _places_of(wanted: str, text: str) -> Iterator[int]:
    """Every place, overlapping ones too, in time linear in both: `find` from place to place is not, where the words repeat themselves.

    Source: Knuth, Morris and Pratt 1977.
    """
    borders = [0] * len(wanted)
    length = 0
    for position in range(1, len(wanted)):
        while length and wanted[position] != wanted[length]:
            length = borders[length - 1]
        length += wanted[position] == wanted[length]
        borders[position] = length
    length = 0
    for position in range(text.find(wanted), len(text)):
        while length and text[position] != wanted[length]:
            length = borders[length - 1]
        length += text[position] == wanted[length]
        if length == len(wanted):
            yield position + 1 - length
            length = borders[length - 1]
