"""Amounts without an exact number: dozens, the third time, the highest."""

from __future__ import annotations

from claims.extraction.lexicon import words
from claims.extraction.quantities.comparatives import SUPERLATIVES
from claims.extraction.quantities.identifiers import STREETS
from claims.extraction.quantities.numbers import Amount
from claims.extraction.quantities.numerals import (
    COUNTED_BY_ORDINALS,
    GLUED_SCALES,
    ORDINALS,
    PLURAL_SCALES,
    SCALES,
)
from claims.extraction.quantities.shares import Shares
from claims.extraction.tokens import Token

EXTREMES = words("high highs low lows record best worst")
FORMATIONS = words(
    "legion brigade division regiment battalion airborne infantry army corps fleet circuit amendment congress district precinct "
    "separate mechanized mechanised guards assault"
)


class Ranks(Shares):
    """Reads vague amounts, ordinals and superlatives."""

    def vague(self, index: int) -> Amount | None:
        """Dozens, hundreds of thousands, several hundred, a handful of."""
        low = self.low(index)
        if low in ("tens", "scores") or low in PLURAL_SCALES:
            last = index + 1
            while self.low(last) == "of" and self.low(last + 1) in PLURAL_SCALES:
                last += 2
            if low in ("tens", "scores") and self.low(last) != "of" and last == index + 1:
                return None
            return Amount(index, index, last, "vague", None)
        at = index + 1 if low == "several" else index + 2 if (low, self.low(index + 1)) == ("a", "few") else 0
        if at and self.low(at) in SCALES and self.low(at) not in GLUED_SCALES:
            return Amount(index, index, at + 1, "vague", None)
        if low == "a" and self.low(index + 1) in ("handful", "majority", "minority") and self.is_vague_of(index + 2):
            return Amount(index, index, index + 3, "vague", None)
        return None

    def is_vague_of(self, index: int) -> bool:
        """A majority of voters, not a majority of 65 per cent."""
        return self.low(index) == "of" and not self.is_figure(index + 1)

    def ordinal(self, index: int) -> Amount | None:
        token = self.tokens[index] if index < self.count else None
        if token is None or index in self.dated:
            return None
        if (
            token.is_number
            and (figure := self.figure(token.word)) is not None
            and self.low(index + 1) in ("st", "nd", "rd", "th")
            and self.touches(index + 1)
        ):
            behind = self.tokens[index + 2] if index + 2 < self.count else None
            if behind is not None and (behind.low in ("century", "centuries") or self.is_unit(behind)):
                return None
            return Amount(index, index, index + 2, "ordinal", float(figure))
        if (
            token.low == "no"
            and self.low(index + 1) == "."
            and index + 2 < self.count
            and self.tokens[index + 2].word.isdigit()
            and not (self.low(index + 3) in ("-", "/") and self.touches(index + 3))
        ):
            return Amount(index, index, index + 3, "ordinal", float(self.tokens[index + 2].word))
        if token.low in ORDINALS:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            if at == index + 2 and self.low(at) in SUPERLATIVES:
                return Amount(index, index, at + 1, "ordinal", float(ORDINALS[token.low]))
            if self.low(at) in COUNTED_BY_ORDINALS:
                return Amount(index, index, index + 1, "ordinal", float(ORDINALS[token.low]))
        return None

    def is_unit(self, token: Token) -> bool:
        """The 501st Legion, 16th Street: names, not ranks."""
        return token.is_capitalised and (token.low in STREETS or token.low in FORMATIONS)

    def superlative(self, index: int) -> Amount | None:
        low = self.low(index)
        if low in SUPERLATIVES:
            return Amount(index, index, index + 1, "superlative", None)
        if low in ("most", "least") and self.low(index - 1) == "the" and self.low(index + 1) not in ("part", "of"):
            return Amount(index, index, index + 1, "superlative", None)
        if (
            low == "all"
            and (self.low(index + 1), self.low(index + 2)) == ("-", "time")
            and self.low(index + 3) in EXTREMES
        ):
            return Amount(index, index, index + 4, "superlative", None)
        if low == "historic" and self.low(index + 1) in EXTREMES:
            return Amount(index, index, index + 2, "superlative", None)
        if low == "record" and self.low(index + 1) in ("high", "highs", "low", "lows", "number", "level", "levels"):
            return Amount(index, index, index + 2, "superlative", None)
        return None
