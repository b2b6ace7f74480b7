"""One number with its unit: 40 per cent, $1.2 trillion, two dozen, 25 basis points."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from claims.extraction.base import Comparator, Form
from claims.extraction.lexicon import MONTHS, words
from claims.extraction.quantities.numerals import GLUED_SCALES, SCALES, TENS, UNITS, read_figure
from claims.extraction.quantities.units import CODES, CURRENCIES, CURRENCY_WORDS, DOLLARS, MEASURES
from claims.extraction.tokens import Token, TokenReader


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


NUMBERED = words(
    "article section resolution chapter boeing route flight room page level phase type formula group channel highway unit "
    "covid windows world apollo act title proposition line grade version part step airbus protocol directive"
)

YEAR_AFTER = words(
    "in since by of from until till to before after during through early late mid and or between the around about - – ("
)


class Numbers(TokenReader):
    """Reads single numbers. Tokens inside `taken` spans belong to dates."""

    def __init__(self, text: str, offset: int, tokens: list[Token], taken: Iterable[tuple[int, int]]):
        super().__init__(text, offset, tokens)
        self.dated = set()
        spans = sorted(taken)
        at = 0
        for index, token in enumerate(tokens):
            while at < len(spans) and spans[at][1] <= token.start:
                at += 1
            if at < len(spans) and spans[at][0] <= token.start:
                self.dated.add(index)

    def single(self, index: int, *, is_compared: bool) -> Amount | None:
        """One number with its unit: 40 per cent, $1.2 trillion, two dozen, 25 basis points."""
        if index >= self.count or index in self.dated:
            return None
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
        if low in ("%", "percent", "pct", "percents"):
            if after == "point" or after == "points":
                return Amount(index, index, last + 2, "percentage_points", value, unit="percentage points")
            return Amount(index, index, last + 1, "percentage", value, unit="%")
        if low == "per" and after == "cent":
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
        if low in CURRENCY_WORDS:
            return Amount(index, index, last + 1, "money", value, unit=CURRENCY_WORDS[low])
        if low == "us" and after in ("dollar", "dollars"):
            return Amount(index, index, last + 2, "money", value, unit="USD")
        if low == "-" and after in MEASURES and self.touches(last):
            return Amount(index, index, last + 2, "number", value, unit=after)
        if low in ("square", "cubic") and after in MEASURES:
            return Amount(index, index, last + 2, "number", value, unit=f"{low} {after}")
        if low in MEASURES:
            return Amount(index, index, last + 1, "number", value, unit=low)
        return Amount(index, index, last, "number", value)

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
            figure = read_figure(token.word)
            if figure is None or self.is_identifier(index):
                return None
            value = figure
        elif token.low in ("a", "an") and self.low(index + 1) in SCALES and self.low(index + 1) not in GLUED_SCALES:
            value = Decimal(1)
        elif token.low == "half" and self.low(index + 1) in ("a", "an") and self.low(index + 2) in SCALES:
            value, last = Decimal("0.5"), index + 2
        elif token.low in UNITS or token.low in TENS:
            spelled = self.spelled(index)
            value, last = spelled
            if value == 1 and not is_compared and self.low(last) not in SCALES:
                return None  # "one" is more often a pronoun
        else:
            return None
        if [self.low(last + step) for step in range(3)] == ["and", "a", "half"]:
            value, last = value + Decimal("0.5"), last + 3
        while self.low(last) in SCALES and (self.low(last) not in GLUED_SCALES or self.touches(last)):
            value *= SCALES[self.low(last)]
            last += 1
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

    def spelled(self, index: int) -> tuple[Decimal, int]:
        """Number words below a hundred: seven, twenty-five, twenty five."""
        low = self.low(index)
        if low in TENS:
            at = index + 2 if self.low(index + 1) == "-" else index + 1
            if 0 < UNITS.get(self.low(at), 0) < 10:
                return Decimal(TENS[low] + UNITS[self.low(at)]), at + 1
            return Decimal(TENS[low]), index + 1
        return Decimal(UNITS[low]), index + 1

    def is_identifier(self, index: int) -> bool:
        """Whether the figure is part of a name or a clock time: F-16, Covid-19, 10:30, 5 p.m., #3."""
        before = self.low(index - 1)
        if before in ("-", "/", "#", "_") and self.touches(index) and self.touches(index - 1):
            return self.tokens[index - 2].is_word or before in ("#", "_", "/")
        if before == "#" and self.touches(index):
            return True
        after = self.low(index + 1)
        if after == ":" and index + 2 < self.count and self.tokens[index + 2].is_number and self.touches(index + 2):
            return True
        if before == ":" and index >= 2 and self.tokens[index - 2].is_number and self.touches(index):
            return True
        if after in ("p", "a", "pm", "am", "gmt", "utc"):
            return after in ("pm", "am", "gmt", "utc") or self.low(index + 3) == "m"
        return False

    def is_name(self, index: int) -> bool:
        """Whether the figure numbers a thing: Article 5, Boeing 737, Resolution 2758; or is a year on its own."""
        token = self.tokens[index]
        if not token.is_number:
            return False
        before = self.tokens[index - 1] if index else None
        if before is not None and before.is_capitalised and before.low in NUMBERED:
            return True
        is_year = token.word.isdigit() and len(token.word) == 4 and "1500" <= token.word <= "2100"
        if not is_year:
            return False
        after = self.low(index + 1)
        if after in SCALES or after in ("%", "percent", "per") or after in MEASURES or after in CURRENCY_WORDS:
            return False
        return (
            before is None or before.low in YEAR_AFTER or before.low in MONTHS or after in ("", ",", ".", ")", "-", "–")
        )

    def plain(self, index: int) -> float | None:
        if index >= self.count:
            return None
        token = self.tokens[index]
        if token.is_number:
            figure = read_figure(token.word)
            return None if figure is None else float(figure)
        value = UNITS.get(token.low) or TENS.get(token.low)
        return float(value) if value else (100.0 if token.low == "hundred" else None)
