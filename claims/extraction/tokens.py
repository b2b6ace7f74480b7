"""Words, numbers and marks of one sentence with their offsets: what every rule of the extractor reads."""

from __future__ import annotations

import re
from typing import NamedTuple

from claims.extraction.base import Span

# `re` and not re2: each alternative is decided by its first character and never gives a character back, so the scan is
# linear on any text, at a tenth of the cost of crossing into re2 for every token.
_TOKEN = re.compile(r"(\d+(?:[.,]\d+)*)|([^\W\d_](?:\w|['’](?=[^\W\d_]))*)|\S")


class Token(NamedTuple):
    """`text[start:end] == word`; `low` is the word in lower case with straight apostrophes."""

    word: str
    low: str
    start: int
    end: int
    is_number: bool
    is_word: bool

    @property
    def is_capitalised(self) -> bool:
        return self.is_word and self.word[0].isupper()


def read(text: str) -> list[Token]:
    """The tokens of a text. A word keeps inner apostrophes (Korea’s); a hyphen, a currency sign, a full stop stand alone."""
    found = []
    for match in _TOKEN.finditer(text):
        word = match.group()
        kind = match.lastindex
        low = word.lower().replace("’", "'") if kind == 2 else word
        found.append(Token(word, low, match.start(), match.end(), kind == 1, kind == 2))
    return found


class TokenReader:
    """One sentence for rules that look around: indices past either end are words of no letters."""

    def __init__(self, text: str, offset: int, tokens: list[Token]):
        self.text, self.offset, self.tokens = text, offset, tokens
        self.count = len(tokens)

    def low(self, index: int) -> str:
        return self.tokens[index].low if 0 <= index < self.count else ""

    def is_acronym(self, index: int) -> bool:
        """The WHO, the US: capitals, of which the word in lower case is another."""
        return 0 <= index < self.count and len(self.tokens[index].word) > 1 and self.tokens[index].word.isupper()

    def touches(self, index: int) -> bool:
        """Whether no space stands before the token."""
        return 0 < index < self.count and self.tokens[index - 1].end == self.tokens[index].start

    def span(self, first: int, last: int) -> Span:
        start, end = self.tokens[first].start, self.tokens[last - 1].end
        return Span(start + self.offset, end + self.offset, self.text[start:end])
