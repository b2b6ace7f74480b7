"""The names in a sentence: runs of capitalised words. What they name is left open."""

from __future__ import annotations

from claims.extraction.lexicon import MONTHS, OPENERS, WEEKDAYS, words
from claims.extraction.tokens import Token

JOINING = words("of de al bin von van der da")


def entities(text: str, tokens: list[Token]) -> tuple[str, ...]:
    """Names in order, each once, without a possessive ending: Kim Jong Un, United Nations, Cho Son-hui."""
    runs: list[tuple[int, int]] = []
    for index, token in enumerate(tokens):
        if not _is_part(tokens, index):
            continue
        if runs and _continues(tokens, runs[-1][1], index):
            runs[-1] = (runs[-1][0], index + 1)
        else:
            runs.append((index, index + 1))
        if _touches(tokens, index + 1, "-") and _touches(tokens, index + 2) and token.word.isalpha():
            runs[-1] = (runs[-1][0], index + 3)
    found: dict[str, None] = {}
    for first, last in runs:
        name = text[tokens[first].start : tokens[last - 1].end]
        found[name[:-2] if tokens[last - 1].low.endswith("'s") else name] = None
    return tuple(found)


def _is_part(tokens: list[Token], index: int) -> bool:
    token = tokens[index]
    if not token.is_capitalised or token.word == "I" or token.low in WEEKDAYS or token.low in MONTHS:
        return False
    return token.low not in OPENERS or (token.word.isupper() and len(token.word) > 1)


def _continues(tokens: list[Token], end: int, index: int) -> bool:
    """Whether the word at `index` belongs to the name that ends before `end`."""
    if tokens[end - 1].low.endswith("'s"):
        return False
    return index <= end or (index == end + 1 and tokens[end].low in JOINING)


def _touches(tokens: list[Token], index: int, word: str = "") -> bool:
    """Whether the token follows without a space, and is the given one or any word."""
    if not 0 < index < len(tokens) or tokens[index - 1].end != tokens[index].start:
        return False
    return tokens[index].word == word if word else tokens[index].is_word
