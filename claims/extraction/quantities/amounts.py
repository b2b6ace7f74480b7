"""Amounts with their comparator, and ranges: more than 40, between 5 and 6 million, 20 or so."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction.lexicon import words
from claims.extraction.quantities.changes import FOLD, MULTIPLY, WENT
from claims.extraction.quantities.comparatives import COMPARATORS, LONGEST_COMPARATOR, SUPERLATIVES, Found
from claims.extraction.quantities.numbers import Amount
from claims.extraction.quantities.numerals import ORDINALS, PLURAL_SCALES, SCALES, TENS, UNITS
from claims.extraction.quantities.ranks import Ranks
from claims.extraction.quantities.units import CODES, CURRENCIES, DOLLARS

# What an amount can start with besides a figure: every other token is passed over at once.
AMOUNT_STARTS = frozenset(
    {sequence[0] for sequence in COMPARATORS}
    | UNITS.keys() | TENS.keys() | FOLD.keys() | MULTIPLY.keys() | ORDINALS.keys() | CURRENCIES.keys() | DOLLARS.keys()
    | CODES | PLURAL_SCALES | SUPERLATIVES
    | words("between a an half one twice thrice tens several no most least record all historic every minus - −")
)  # fmt: skip


# Figures below this with a spaced dash between them are the goals of two teams.
HIGHEST_SCORE = 20

# Ends of a range lie no further apart than this, where it might also be a step and what it led to.
FARTHEST_ENDS = 2.5


class Amounts(Ranks):
    """Reads every amount of a sentence."""

    def amounts(self) -> list[Amount]:
        found = []
        index = 0
        while index < self.count:
            amount = self.amount(index)
            if amount is None:
                index += 1
            else:
                found.append(amount)
                index = amount.last
        return found

    def amount(self, index: int) -> Amount | None:
        token = self.tokens[index]
        if index in self.dated or not (token.is_number or token.low in AMOUNT_STARTS):
            return None
        if token.is_number and self.low(index - 1) in ("-", "–") and self.is_second(index):
            return None  # of a score
        bare, comparator = self.comparator(index)
        amount = self.bare_amount(bare, is_compared=bare > index)
        if amount is None:
            return None
        if comparator == "between" and amount.form != "range":
            return None
        last, comparator = self.comparator_behind(amount.last, comparator)
        return replace(amount, first=index, bare=bare, last=last, comparator=comparator or amount.comparator)

    def comparator(self, index: int) -> tuple[int, Found]:
        low = self.low(index)
        if low == "between":
            return index + 1, "between"
        for length in range(LONGEST_COMPARATOR, 0, -1):
            name = COMPARATORS.get(tuple(self.low(index + step) for step in range(length)))
            if name is not None and not (low == "up" and self.low(index - 1) in WENT):
                return index + length, name
        return index, ""

    def is_second(self, index: int) -> bool:
        """Whether the figure behind a dash ends a score (3-1, 1 – 2) or a reference, and no range."""
        if self.touches(index) and self.touches(index - 1):
            return True
        first = self.plain(index - 2) if self.is_figure(index - 2) else None
        second = self.plain(index)
        return first is not None and second is not None and (second <= first or second < HIGHEST_SCORE)

    def comparator_behind(self, index: int, comparator: Found) -> tuple[int, Found]:
        pair = (self.low(index), self.low(index + 1))
        if pair == ("or", "more"):
            return index + 2, "at_least"
        if pair in (("or", "less"), ("or", "fewer")):
            return index + 2, "at_most"
        if pair == ("or", "so"):
            return index + 2, "about"
        if self.low(index) == "+" and self.touches(index):
            return index + 1, "at_least"
        if self.low(index) == "-" and self.touches(index) and self.low(index + 1) in ("odd", "plus"):
            return index + 2, "about" if self.low(index + 1) == "odd" else "at_least"
        return index, comparator

    def bare_amount(self, index: int, *, is_compared: bool) -> Amount | None:
        return (
            self.share(index)
            or self.multiple(index)
            or self.ordinal(index)
            or self.figures(index, is_compared=is_compared)
            or self.vague(index)
            or self.superlative(index)
        )

    def figures(self, index: int, *, is_compared: bool) -> Amount | None:
        first = self.single(index, is_compared=is_compared)
        if first is None:
            return None
        join = self.low(first.last)
        is_open = self.low(index - 1) in ("between", "from")
        joins = ("and",) if self.low(index - 1) == "between" else ("to", "-", "–", "—", "or")
        if join in joins or (join == "and" and is_open):
            second = self.single(first.last + 1, is_compared=True)
            # "by 40 per cent to 1,400" is a difference and a result.
            is_result = join == "to" and first.form.startswith("percentage") and second is not None and not second.unit
            is_result = is_result or (join == "to" and self.is_far(index, first, second))
            if second is not None and second.value is not None and first.value is not None and not is_result:
                low, high = first.value, second.value
                if (
                    not first.unit
                    and second.form != "number"
                    and second.unit in ("%", "percentage points", "basis points")
                ):
                    first = replace(first, form=second.form, unit=second.unit)
                factor = self.borrowed_scale(index, second)
                if factor and low * factor < high:
                    low *= factor
                is_score = join in ("–", "-") and not second.unit and second.last == second.first + 1
                is_score = is_score and not self.touches(first.last) and high < HIGHEST_SCORE
                if low < high and not is_score and (not second.unit or not first.unit or first.unit == second.unit):
                    unit = first.unit or second.unit
                    return replace(
                        second,
                        first=index,
                        bare=index,
                        form="range",
                        value=low,
                        maximum=high,
                        unit=unit,
                        comparator="between",
                    )
            if join in ("-", "–") and second is not None and self.is_second(first.last + 1):
                return None  # a score or a reference
        if self.low(first.last) == "more" and self.low(first.last + 1) != "than":
            return replace(first, last=first.last + 1)
        return first

    def is_far(self, index: int, first: Amount, second: Amount | None) -> bool:
        """By 250 to 1,100: the ends lie too far apart for a range, so these are the step and the result."""
        if self.low(index - 1) != "by" or second is None or first.unit == "%" or second.unit == "%":
            return False
        factor = self.borrowed_scale(index, second) or 1
        return bool(first.value and second.value and first.value * factor * FARTHEST_ENDS < second.value)

    def borrowed_scale(self, index: int, second: Amount) -> float:
        """The scale that both ends of "5 to 6 million" share, 0 if the first has its own."""
        if any(token.low in SCALES for token in self.tokens[index : second.bare]):
            return 0
        for token in self.tokens[second.bare : second.last]:
            if token.low in SCALES and token.low not in ("hundred", "dozen"):
                return float(SCALES[token.low])
        return 0
