"""The whole grammar: changes first, then the amounts that no change has taken."""

from __future__ import annotations

from collections.abc import Iterable

from claims.extraction.base import Direction, Quantity
from claims.extraction.quantities.comparatives import COMPARATIVES_DOWN
from claims.extraction.quantities.numbers import Amount
from claims.extraction.quantities.numerals import is_comma_decimal
from claims.extraction.quantities.relative import RelativeChange
from claims.extraction.tokens import Token, read


def find(
    text: str,
    *,
    offset: int = 0,
    tokens: list[Token] | None = None,
    taken: Iterable[tuple[int, int]] = (),
    language: str = "",
) -> list[Quantity]:
    """Every quantity of a sentence in order of its place.

    `offset` is added to every span (the sentence's place in the article); `taken` are spans inside `text`, such as dates, whose
    numbers are no quantities; `language` tells which mark stands in front of decimals. Spans do not overlap, save that a
    baseline's, or that of a time, may stand inside one.
    """
    found = read(text) if tokens is None else tokens
    return Grammar(text, offset, found, taken, is_comma_decimal=is_comma_decimal(language)).run()


class Grammar(RelativeChange):
    """One sentence, read once from left to right."""

    def run(self) -> list[Quantity]:
        amounts = self.amounts()
        starts = {amount.first: amount for amount in amounts} | {amount.bare: amount for amount in amounts}
        used: set[int] = set()
        found = []
        behind = 0
        for index, token in enumerate(self.tokens):
            # A cut that an amount in front of it has taken: a $5m cut.
            change = self.change(index, starts, used) if token.start + self.offset >= behind else None
            if change is not None:
                found.append(change)
                behind = change.span.end
        # What a change begins or ends with is its own: cut in half. Two years inside "halved in two years, from 600 to 300" are not.
        edges = {change.span.start for change in found} | {change.span.end for change in found}
        free = [self.quantity(amount) for amount in amounts if amount.first not in used]
        found += [each for each in free if not {each.span.start, each.span.end} & edges]
        return sorted(found, key=lambda quantity: quantity.span.start)

    def quantity(self, amount: Amount) -> Quantity:
        span = self.span(amount.first, amount.last)
        is_comparison = amount.form == "multiple"
        direction: Direction = ""
        if is_comparison and self.low(amount.last - 1) in COMPARATIVES_DOWN:
            direction = "down"
        elif is_comparison and amount.value is not None:
            direction = "up" if amount.value > 1 else "down"
        return Quantity(
            span,
            amount.form,
            value=amount.value,
            maximum=amount.maximum,
            unit=amount.unit,
            comparator=amount.comparator,
            factor=amount.value if is_comparison else None,
            direction=direction,
            of=self.counted(amount.last),
            baseline=self.baseline(amount.last, is_as=self.low(amount.last - 2) == "as") if is_comparison else None,
            period=self.period(amount.last),
            parts=(self.span(amount.bare, amount.last),) if amount.bare > amount.first else (),
        )
