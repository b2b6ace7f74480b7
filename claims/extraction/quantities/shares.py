"""Parts of a whole and multiples of it: two-thirds, one in five, three times higher, twofold."""

from __future__ import annotations

from claims.extraction.quantities.changes import FOLD, MULTIPLY
from claims.extraction.quantities.comparatives import APPROXIMATELY, COMPARATIVES_DOWN, COMPARATIVES_UP
from claims.extraction.quantities.numbers import Amount, Numbers
from claims.extraction.quantities.numerals import FRACTIONS, UNITS
from claims.extraction.quantities.units import DURATIONS


class Shares(Numbers):
    """Reads shares and multiples."""

    def share(self, index: int) -> Amount | None:
        """Two-thirds, half of, a third of, one in five, 9 out of 10."""
        low = self.low(index)
        is_step = self.low(index - 1) == "by" or (self.low(index - 1) in APPROXIMATELY and self.low(index - 2) == "by")
        if low == "half" and is_step:
            return Amount(index, index, index + 1, "ratio", 0.5)
        if low in ("a", "one") and self.low(index + 1) in FRACTIONS and is_step:
            return Amount(index, index, index + 2, "ratio", FRACTIONS[self.low(index + 1)])
        if low == "half" and self.low(index + 1) in ("of", "the", "its", "their", "his", "her", "all"):
            return Amount(index, index, index + 2 if self.low(index + 1) == "of" else index + 1, "ratio", 0.5)
        if low in ("a", "one") and self.low(index + 1) in FRACTIONS and self.low(index + 2) == "of":
            return Amount(index, index, index + 3, "ratio", FRACTIONS[self.low(index + 1)])
        numerator = UNITS.get(low, 0)
        if numerator:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            name = self.low(at)
            is_plural = name.endswith("s") and name != "halves"
            is_single = numerator == 1 and (self.low(index + 1) == "-" or self.low(at + 1) in ("of", "the"))
            if name in FRACTIONS and (is_plural or is_single):
                return Amount(index, index, at + 1, "ratio", numerator * FRACTIONS[name])
        token = self.tokens[index] if index < self.count else None
        if token is None or not (numerator or token.is_number):
            return None
        over = index + 3 if (self.low(index + 1), self.low(index + 2)) == ("out", "of") else index + 2
        if over == index + 2 and self.low(index + 1) != "in":
            return None
        part = self.plain(index)
        whole = self.plain(over)
        if part is None or whole is None or not 0 < part < whole or over in self.dated:
            return None
        if over == index + 2 and self.tokens[over].is_number and whole >= 1000 and "," not in self.tokens[over].word:
            return None  # three in 2019
        if self.low(over + 1) in DURATIONS:
            return None  # the second attack in three days
        parsed = self.number(over, is_compared=True)
        whole, last = parsed or (whole, over + 1)
        return Amount(index, index, last, "ratio", part / whole)

    def multiple(self, index: int) -> Amount | None:
        """Three times higher, twice as many, a threefold, 10-fold, double the number, half as much."""
        low = self.low(index)
        if low in FOLD:
            return Amount(index, index, index + 1, "multiple", FOLD[low])
        if low in ("twice", "thrice", "half", "double", "triple", "treble", "quadruple"):
            factor = {"twice": 2.0, "thrice": 3.0, "half": 0.5}.get(low) or MULTIPLY[low]
            last = self.comparison(index + 1)
            if last:
                return Amount(index, index, last, "multiple", factor)
            if low in ("twice", "double", "triple") and self.low(index + 1) in ("the", "that", "what", "its", "their"):
                return Amount(index, index, index + 1, "multiple", factor)
            if low == "half" and self.low(index + 1) == "what":
                return Amount(index, index, index + 1, "multiple", factor)
            return None
        number = self.number(index, is_compared=True)
        if number is None:
            return None
        value, last = number
        if self.low(last) == "-" and self.low(last + 1) in ("fold", "times"):
            return Amount(index, index, last + 2, "multiple", value)
        if self.low(last) == "fold" or (self.low(last) == "x" and self.touches(last)):
            return Amount(index, index, last + 1, "multiple", value)
        if self.low(last) == "times":
            end = self.comparison(last + 1)
            if end or self.low(last + 1) in ("the", "that", "its", "their", "what", "last", "this"):
                return Amount(index, index, end or last + 1, "multiple", value)
        return None

    def comparison(self, index: int) -> int:
        """The end of "as many", "higher", "more" behind a multiple, 0 if there is none."""
        if self.low(index) == "as" and self.low(index + 1) not in ("a", "the", ""):
            return index + 2
        low = self.low(index)
        if low in COMPARATIVES_UP or low in COMPARATIVES_DOWN:
            return index + 1
        return 0
