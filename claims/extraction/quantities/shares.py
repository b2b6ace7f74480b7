"""Parts of a whole and multiples of it: two-thirds, one in five, three times higher, twofold."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction.quantities.changes import CHANGE_NOUNS, DOWN, FOLD, MULTIPLY, UP
from claims.extraction.quantities.comparatives import (
    COMPARATIVES_DOWN,
    COMPARATIVES_UP,
    COMPARATORS,
    LONGEST_COMPARATOR,
)
from claims.extraction.quantities.numbers import Amount, Numbers
from claims.extraction.quantities.numerals import FRACTIONS, GLUED_SCALES, ORDINALS, SCALES, UNITS
from claims.extraction.quantities.units import DURATIONS


class Shares(Numbers):
    """Reads shares and multiples."""

    def share(self, index: int) -> Amount | None:
        """Two-thirds, half of, a third of, one in five, 9 out of 10."""
        low = self.low(index)
        is_step = self.is_step(index)
        if (amount := self.part_of_one(index)) is not None:
            return amount
        if low == "half" and is_step:
            return Amount(index, index, index + 1, "ratio", 0.5)
        if low in ("a", "one") and self.low(index + 1) in FRACTIONS and is_step:
            return Amount(index, index, index + 2, "ratio", FRACTIONS[self.low(index + 1)])
        behind = self.low(index + 2)
        if low in ("a", "one") and self.low(index + 1) in FRACTIONS and behind in COMPARATIVES_UP | COMPARATIVES_DOWN:
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
        if (
            low == "every"
            and ORDINALS.get(self.low(index + 1), 0) > 1
            and self.low(index + 2) not in DURATIONS | {"time"}
        ):
            return Amount(index, index, index + 2, "ratio", 1 / ORDINALS[self.low(index + 1)])
        if self.low(index - 1) != "from" and (odds := self.odds(index)):
            return odds
        token = self.tokens[index] if index < self.count else None
        if token is None or not (numerator or token.is_number):
            return None
        over = index + 3 if (self.low(index + 1), self.low(index + 2)) == ("out", "of") else index + 2
        if (self.low(index + 1), self.low(index + 2)) == ("of", "every"):
            over = index + 2
        is_in = over == index + 2 and self.low(index + 1) != "of"
        if over == index + 2 and self.low(index + 1) != "in" and self.low(over) != "every":
            return None
        over += self.low(over) == "every"
        part = self.plain(index)
        whole = self.plain(over)
        if part is None or whole is None or not 0 < part < whole or over in self.dated:
            return None
        if is_in and self.tokens[over].is_number and whole >= 1000 and "," not in self.tokens[over].word:
            return None  # three in 2019
        if self.low(over + 1) in DURATIONS:
            return None  # the second attack in three days
        parsed = self.number(over, is_compared=True)
        whole, last = parsed or (whole, over + 1)
        return Amount(index, index, last, "ratio", part / whole)

    def odds(self, index: int) -> Amount | None:
        """Two to one, 3-to-1."""
        first = self.plain(index)
        at = index + 2 if self.low(index + 1) == "-" else index + 1
        end = at + 2 if self.low(at + 1) == "-" else at + 1
        if not first or first <= 1 or self.low(at) != "to" or self.low(end) not in ("one", "1"):
            return None
        if self.is_figure(end + 1) or self.low(end + 1) in SCALES or self.low(end + 1) in UNITS:
            return None
        return Amount(index, index, end + 1, "ratio", first)

    def is_step(self, index: int) -> bool:
        """Whether a half or third here is the size of a change: by half, by more than a third, an increase of a fifth."""
        at = index
        for length in range(LONGEST_COMPARATOR, 0, -1):
            if at >= length and tuple(self.low(at - length + step) for step in range(length)) in COMPARATORS:
                at -= length
                break
        before = self.low(at - 1)
        if before in UP or before in DOWN:
            last = index + (1 if self.low(index) == "half" else 2)
            return self.low(last) in ("to", "from", "in", "on", "over", "since", "compared", ",", ".", "")
        return before == "by" or (before == "of" and self.low(at - 2) in CHANGE_NOUNS)

    def part_of_one(self, index: int) -> Amount | None:
        """Half a percentage point, a quarter of a million, three-quarters of an hour."""
        low = self.low(index)
        if low == "half":
            value, at = 0.5, index + 1
        elif low in ("a", "one") and self.low(index + 1) in FRACTIONS:
            value, at = FRACTIONS[self.low(index + 1)], index + 2
        elif UNITS.get(low, 0) > 0:
            name = index + 2 if self.low(index + 1) == "-" else index + 1
            if self.low(name) not in FRACTIONS:
                return None
            value, at = UNITS[low] * FRACTIONS[self.low(name)], name + 1
        else:
            return None
        if self.low(at) == "point" and self.low(index - 1) in ("by", "a"):
            return Amount(index, index, at + 1, "percentage_points", value, unit="percentage points")
        at += self.low(at) == "of"
        if self.low(at) not in ("a", "an", "one", "1"):
            return None
        unit, behind = self.low(at + 1), self.low(at + 2)
        if unit == "percentage" and behind == "point":
            return Amount(index, index, at + 3, "percentage_points", value, unit="percentage points")
        if unit in ("percent", "pct", "%") or (unit == "per" and behind == "cent"):
            return Amount(index, index, at + 2 + (unit == "per"), "percentage", value, unit="%")
        if unit in SCALES and unit not in GLUED_SCALES and low != "half":
            parsed = self.single(at, is_compared=True)
            return (
                replace(parsed, first=index, bare=index, value=value * parsed.value)
                if parsed and parsed.value
                else None
            )
        if unit in ("point", "points"):
            return Amount(index, index, at + 2, "number", value, unit="points")
        if unit in DURATIONS and low != "half":
            return Amount(index, index, at + 2, "number", value, unit=unit)
        return None

    def multiple(self, index: int) -> Amount | None:
        """Three times higher, twice as many, a threefold, 10-fold, double the number, half as much."""
        low = self.low(index)
        if low in FOLD:
            return Amount(index, index, self.comparison(index + 1) or index + 1, "multiple", FOLD[low])
        if (
            low == "a"
            and self.low(index + 1) == "factor"
            and self.low(index - 1) == "by"
            and self.low(index + 2) == "of"
        ):
            by = self.number(index + 3, is_compared=True)
            return Amount(index, index, by[1], "multiple", by[0]) if by is not None else None
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
            return Amount(index, index, self.comparison(last + 2) or last + 2, "multiple", value)
        is_times = self.low(last) == "x" and self.touches(last) and not self.is_figure(last + 1)
        if self.low(last) == "fold" or is_times:
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
