"""One number with its unit: 40 per cent, $1.2 trillion, two dozen, 25 basis points."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from claims.extraction.base import Comparator, Form
from claims.extraction.lexicon import words
from claims.extraction.quantities.comparatives import COMPARATIVES_DOWN, COMPARATIVES_UP
from claims.extraction.quantities.identifiers import Identifiers
from claims.extraction.quantities.numerals import GLUED_SCALES, SCALES, TENS, UNITS
from claims.extraction.quantities.units import (
    CODES,
    CURRENCIES,
    CURRENCY_WORDS,
    DOLLARS,
    DURATIONS,
    HARMED,
    MEASURES,
    PEOPLE,
)

# What may stand between the groups of a figure: a space, or one that does not break.
GROUP_SPACES = (" ", "\u00a0", "\u202f", "\u2009")
PERCENTS = words(
    "% percent pct percents prozent procent prosent procento procenta procentów процент процента процентов відсотків відсотки"
)
PERCENT_PAIRS = (("per", "cent"), ("pour", "cent"), ("por", "ciento"), ("por", "cento"), ("per", "cento"))
RATES = ("h", "s", "hr", "hour", "second", "day", "year", "m", "l", "kg", "km")


@dataclass(frozen=True, slots=True)
class Amount:
    """Tokens `first` up to `last` (exclusive); the bare number without comparator starts at `bare`."""

    first: int
    bare: int
    last: int
    form: Form
    value: float | None
    maximum: float | None = None
    unit: str = ""
    comparator: Comparator = "equal"
    counts: bool = True


class Numbers(Identifiers):
    """Reads single numbers."""

    def single(self, index: int, *, is_compared: bool) -> Amount | None:
        """One number with its unit: 40 per cent, $1.2 trillion, two dozen, 25 basis points."""
        if index >= self.count or index in self.dated:
            return None
        if self.is_minus(index):
            amount = self.single(index + 1, is_compared=True)
            return replace(amount, first=index, bare=index, value=-amount.value) if amount and amount.value else None
        if self.low(index) in ("a", "one") and self.low(index + 1) in DURATIONS and self.is_and_a_half(index + 2):
            return Amount(index, index, index + 5, "number", 1.5, unit=self.low(index + 1))
        currency, at = self.currency_before(index)
        read_number = self.number(at, is_compared=is_compared or bool(currency))
        if read_number is None:
            return None
        value, last = read_number
        if currency:
            return Amount(index, index, last, "money", value, unit=currency)
        if self.is_name(index):
            return None
        low, after = self.low(last), self.low(last + 1)
        if low in PERCENTS or (low == "pc" and self.touches(last)):
            if after == "point" or after == "points":
                return Amount(index, index, last + 2, "percentage_points", value, unit="percentage points")
            return Amount(index, index, last + 1, "percentage", value, unit="%")
        if (low, after) in PERCENT_PAIRS:
            return Amount(index, index, last + 2, "percentage", value, unit="%")
        if low == "-" and after in ("percent", "pct"):
            return Amount(index, index, last + 2, "percentage", value, unit="%")
        if low == "percentage" and after in ("point", "points"):
            return Amount(index, index, last + 2, "percentage_points", value, unit="percentage points")
        if low in ("pp", "ppt", "ppts"):
            return Amount(index, index, last + 1, "percentage_points", value, unit="percentage points")
        if low == "basis" and after in ("point", "points"):
            return Amount(index, index, last + 2, "percentage_points", value, unit="basis points")
        if low in ("bps", "bp"):
            return Amount(index, index, last + 1, "percentage_points", value, unit="basis points")
        if low == "p" and self.touches(last):
            return Amount(index, index, last + 1, "money", value, unit="pence")
        if low in CURRENCY_WORDS:
            return Amount(index, index, last + 1, "money", value, unit=CURRENCY_WORDS[low])
        if low == "us" and after in ("dollar", "dollars"):
            return Amount(index, index, last + 2, "money", value, unit="USD")
        hyphened = tuple(self.low(last + step) for step in range(4))
        if (
            hyphened[::2] == ("-", "-")
            and hyphened[1] in ("basis", "percentage")
            and hyphened[3] in ("point", "points")
        ):
            unit = "basis points" if after == "basis" else "percentage points"
            return Amount(index, index, last + 4, "percentage_points", value, unit=unit)
        if low == "-" and after in CURRENCY_WORDS and self.touches(last):
            return Amount(index, index, last + 2, "money", value, unit=CURRENCY_WORDS[after])
        if low == "-" and after in MEASURES and self.touches(last):
            return Amount(index, index, last + 2, "number", value, unit=after)
        if low in ("square", "cubic", "sq") and after in MEASURES:
            return Amount(index, index, last + 2, "number", value, unit=f"{low} {after}")
        if low == "°" and after in ("c", "f"):
            return Amount(index, index, last + 2, "number", value, unit=f"°{after.upper()}")
        if low in ("c", "f") and self.touches(last) and self.tokens[last].is_capitalised:
            return Amount(index, index, last + 1, "number", value, unit=f"°{low.upper()}")
        if low in ("points", "point") and (after in COMPARATIVES_UP or after in COMPARATIVES_DOWN):
            return Amount(index, index, last + 1, "number", value, unit="points")
        if low in MEASURES and after == "/" and self.touches(last + 1) and self.low(last + 2) in RATES:
            return Amount(index, index, last + 3, "number", value, unit=f"{low}/{self.low(last + 2)}")
        if low in MEASURES:
            return Amount(index, index, last + 1, "number", value, unit=low)
        return Amount(index, index, last, "number", value)

    def is_nothing(self, index: int, last: int) -> bool:
        """Zero-emission, net zero, zero tolerance: a name and no count."""
        before, behind = self.low(index - 1), self.low(last)
        before = self.low(index - 2) if before == "-" and self.touches(index) else before
        return behind in ("-", "tolerance", "sum") or before in ("net", "ground", "patient", "absolute")

    def is_minus(self, index: int) -> bool:
        """-0.4 per cent, minus 15 degrees."""
        if not self.is_figure(index + 1) or self.is_figure(index - 1):
            return False
        is_sign = self.low(index) in ("-", "−") and self.touches(index + 1) and not self.touches(index)
        return is_sign or self.low(index) == "minus"

    def currency_before(self, index: int) -> tuple[str, int]:
        low = self.low(index)
        if low in CURRENCIES:
            return CURRENCIES[low], index + 1
        if low in DOLLARS and self.low(index + 1) == "$" and self.touches(index + 1):
            return DOLLARS[low], index + 2
        if low in CODES and index + 1 < self.count and self.tokens[index + 1].is_number:
            return low.upper(), index + 1
        return "", index

    def number(self, index: int, *, is_compared: bool = False) -> tuple[float, int] | None:
        """A number in figures or words and the token behind it."""
        if index >= self.count or index in self.dated:
            return None
        token = self.tokens[index]
        last = index + 1
        if token.is_number:
            last = self.grouped(index)
            figure = self.figure("".join(each.word for each in self.tokens[index:last]))
            is_one = last == index + 1
            if figure is None or (is_one and self.is_identifier(index)) or self.low(last) in ("st", "nd", "rd", "th"):
                return None
            value = figure
        elif token.low in ("a", "an") and self.low(index + 1) in SCALES and self.low(index + 1) not in GLUED_SCALES:
            value = Decimal(1)
        elif token.low == "half" and self.low(index + 1) in ("a", "an") and self.low(index + 2) in SCALES:
            value, last = Decimal("0.5"), index + 2
        elif token.low in UNITS or token.low in TENS:
            spelled = self.spelled(index)
            value, last = spelled
            if value == 1 and not is_compared and self.low(last) not in SCALES and not self.counts_one(last):
                return None  # "one" is more often a pronoun
            if (
                self.low(index - 1) == "number"
                or self.is_clock(index)
                or self.is_named_word(index)
                or (value == 0 and self.is_nothing(index, last))
            ):
                return None
        else:
            return None
        if self.is_and_a_half(last):
            value, last = value + Decimal("0.5"), last + 3
        if self.low(last) == "-" and self.touches(last) and self.low(last + 1) in SCALES and self.touches(last + 1):
            value *= SCALES[self.low(last + 1)]
            last += 2
        while (
            self.low(last) in SCALES
            and not self.is_metres(last)
            and (self.low(last) not in GLUED_SCALES or self.touches(last))
        ):
            value *= SCALES[self.low(last)]
            last += 1
            if self.is_and_a_half(last):
                value, last = value + Decimal(SCALES[self.low(last - 1)]) / 2, last + 3
            # one hundred and fifty; two thousand five hundred
            at = last + 1 if self.low(last) == "and" else last
            if token.is_word and (self.low(at) in UNITS or self.low(at) in TENS):
                more, behind = self.spelled(at)
                while self.low(behind) in SCALES and SCALES[self.low(behind)] < value:
                    more *= SCALES[self.low(behind)]
                    behind += 1
                if self.low(behind) not in SCALES:
                    value, last = value + more, behind
        return float(value), last

    def grouped(self, index: int) -> int:
        """The token behind a figure whose thousands are set apart by spaces: 10 000, never in a row of other figures."""
        first = self.tokens[index]
        last = index + 1
        if not (first.word.isdigit() and len(first.word) <= 3 and first.word[0] != "0") or self.is_figure(index - 1):
            return last
        while self.is_figure(last) and self.text[self.tokens[last - 1].end : self.tokens[last].start] in GROUP_SPACES:
            if not (self.tokens[last].word.isdigit() and len(self.tokens[last].word) == 3):
                return index + 1
            last += 1
        return index + 1 if self.is_figure(last) or self.low(index - 1) in ("+", "-", ".") else last

    def is_metres(self, index: int) -> bool:
        """828m tall: metres, not millions."""
        return self.low(index) == "m" and self.low(index + 1) in ("tall", "long", "high", "wide", "deep", "thick")

    def is_and_a_half(self, index: int) -> bool:
        return [self.low(index + step) for step in range(3)] == ["and", "a", "half"]

    def counts_one(self, index: int) -> bool:
        """One soldier was killed: a person, and what became of them; one or two."""
        if self.low(index) in ("or", "to") and (self.is_figure(index + 1) or self.low(index + 1) in UNITS):
            return True
        if self.low(index) == "of" and self.low(index - 2) in ("just", "only"):
            return True
        return self.low(index) in PEOPLE and self.low(index + 1) in HARMED

    def spelled(self, index: int) -> tuple[Decimal, int]:
        """Number words below a hundred: seven, twenty-five, twenty five."""
        low = self.low(index)
        if low in TENS:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            if 0 < UNITS.get(self.low(at), 0) < 10:
                return Decimal(TENS[low] + UNITS[self.low(at)]), at + 1
            return Decimal(TENS[low]), index + 1
        return Decimal(UNITS[low]), index + 1

    def plain(self, index: int) -> float | None:
        if index >= self.count:
            return None
        token = self.tokens[index]
        if token.is_number:
            figure = self.figure(token.word)
            return None if figure is None else float(figure)
        value = UNITS.get(token.low) or TENS.get(token.low)
        return float(value) if value else (100.0 if token.low == "hundred" else None)
