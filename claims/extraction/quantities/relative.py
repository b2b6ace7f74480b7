"""Relative change: tripled, rose by 40 per cent, from 11,000 to 30,000, a 10 per cent cut, twice as many."""

from __future__ import annotations

from dataclasses import replace

from claims.extraction.base import Baseline, Direction, Quantity, Span
from claims.extraction.lexicon import AUXILIARIES, PREPOSITIONS
from claims.extraction.quantities.changes import (
    AVERAGING,
    CHANGE_NOUNS,
    CHANGE_STARTS,
    DEEDS,
    DOWN,
    MOVED,
    MULTIPLY,
    MULTIPLYING,
    NEEDS_SHARE,
    RAISES,
    RISES,
    SCORED,
    TAKES_UP,
    UP,
    WENT,
)
from claims.extraction.quantities.comparatives import COMPARATIVES_DOWN, COMPARATIVES_UP, COMPARATORS, LEVELS, Found
from claims.extraction.quantities.context import CLAUSE_ENDS, REACH, Context
from claims.extraction.quantities.numbers import Amount
from claims.extraction.quantities.units import DISTANCES, DURATIONS


class RelativeChange(Context):
    """Reads changes, with the amounts they govern."""

    def change(self, index: int, starts: dict[int, Amount], used: set[int]) -> Quantity | None:
        """A relative change whose word stands at `index`, with the amounts it governs (which become used)."""
        low = self.low(index)
        if index in self.dated or not (low in CHANGE_STARTS or index in starts):
            return None
        if low in MULTIPLY and self.low(index + 1) != "down" and not self.is_plain_double(index):
            return self.verb_change(index, "up" if MULTIPLY[low] > 1 else "down", MULTIPLY[low], starts, used)
        if index in starts and starts[index].bare == index and starts[index].first not in used:
            return self.amount_change(starts[index], used)
        if low in CHANGE_NOUNS and self.low(index + 1) == "of":
            amount = starts.get(index + 2)
            if (
                amount is not None
                and amount.first not in used
                and amount.form in ("percentage", "percentage_points", "number", "money", "range", "ratio")
            ):
                used.add(amount.first)
                return self.changed(index, amount.last, CHANGE_NOUNS[low], amount, index)
            return None
        if low in MULTIPLYING:
            return self.multiplied(index, starts, used)
        if low in MOVED:
            return self.moved(index, starts, used)
        direction: Direction = "up" if low in UP else "down" if low in DOWN else ""
        return self.verb_change(index, direction, None, starts, used) if direction else None

    def multiplied(self, index: int, starts: dict[int, Amount], used: set[int]) -> Quantity | None:
        """Multiplied by five."""
        by = starts.get(index + 2) if self.low(index + 1) == "by" else None
        if by is None or not by.value or by.form != "number" or by.unit or by.first in used:
            return None
        used.add(by.first)
        return replace(
            self.changed(index, by.last, "up", by, index), value=None, factor=by.value, of=self.changing(index, index)
        )

    def moved(self, index: int, starts: dict[int, Amount], used: set[int]) -> Quantity | None:
        """Went from 12.1 to 17.9 per cent: the numbers say whether it rose."""
        _, old, new = self.governed(index, starts, set(used))
        if self.low(index + 1) != "from" or not (old and new and old.value and new.value) or old.value == new.value:
            return None
        return self.verb_change(index, "up" if new.value > old.value else "down", None, starts, used)

    def is_plain_double(self, index: int) -> bool:
        low = self.low(index)
        if low not in ("double", "triple", "treble", "doubles", "triples", "halves", "quadruple"):
            return False
        if self.low(index - 1) == "least":
            return self.low(index + 1) in ("the", "that", "what", "its", "their")
        return self.low(index - 1) not in (
            "to",
            "will",
            "would",
            "could",
            "may",
            "might",
            "can",
            "should",
            "must",
            "not",
            "than",
        )

    def is_verb_of_change(self, index: int) -> bool:
        """Whether "cut" or "rise" here is what something did: cut poverty in half, cut staff by 40."""
        for at in range(index + 2, min(self.count, index + 7)):
            low, behind = self.low(at), self.low(at + 1)
            if low in CLAUSE_ENDS or low == "," or low in AUXILIARIES or self.low(index + 1) in AUXILIARIES:
                return False
            if (low, behind) == ("in", "half") or (low == "by" and (behind == "half" or self.is_figure(at + 1))):
                return True
        return False

    def amount_change(self, amount: Amount, used: set[int]) -> Quantity | None:
        """An amount in front of its word of change: a 40% increase, threefold rise, 40 per cent higher than."""
        at = amount.last
        if self.low(at) == "year" and self.low(at + 1) == "-":
            return None
        for step in range(3):
            low = self.low(at + step)
            if low in CHANGE_NOUNS and amount.form in (
                "percentage",
                "percentage_points",
                "multiple",
                "number",
                "money",
            ):
                if (amount.form in ("number", "money") and step > 1) or (step and self.is_verb_of_change(at + step)):
                    return None
                used.add(amount.first)
                return self.changed(amount.first, at + step + 1, CHANGE_NOUNS[low], amount, at + step)
            is_share = amount.form in ("percentage", "percentage_points") or amount.unit in ("%", "points")
            if step == 0 and low in ("above", "below") and is_share and self.low(at + 1):
                used.add(amount.first)
                found = self.changed(amount.first, at + 1, "up" if low == "above" else "down", amount, at)
                return replace(found, of="", baseline=self.baseline_words(at + 1))
            if step == 0 and (low in COMPARATIVES_UP or low in COMPARATIVES_DOWN):
                if not is_share and amount.form not in ("money", "ratio") and not amount.unit:
                    return None
                used.add(amount.first)
                return self.changed(amount.first, at + 1, "up" if low in COMPARATIVES_UP else "down", amount, at)
            if not low.isalpha() or low in PREPOSITIONS or low in AUXILIARIES:
                break
        return None

    def changed(self, first: int, last: int, direction: Direction, amount: Amount, cue: int) -> Quantity:
        factor = amount.value if amount.form == "multiple" else factor_of(amount, direction)
        if factor and amount.form == "multiple" and direction == "down" and factor > 1:
            factor = 1 / factor
        return Quantity(
            self.span(first, last),
            "change",
            value=None if amount.form == "multiple" else amount.value,
            maximum=amount.maximum,
            unit=amount.unit,
            comparator=amount.comparator,
            factor=factor,
            direction=direction,
            of=self.counted(last) if self.low(last) in ("in", "of") or self.low(cue) not in CHANGE_NOUNS else "",
            baseline=self.baseline(last),
            period=self.period(last),
            parts=(self.span(cue, cue + 1), *self.pieces(amount)),
        )

    def verb_change(
        self, index: int, direction: Direction, factor: float | None, starts: dict[int, Amount], used: set[int]
    ) -> Quantity | None:
        delta, old, new = self.governed(index, starts, used)
        if factor is None and not (delta or old or new) and (half := self.in_half(index)):
            return Quantity(
                self.span(index, half), "change", factor=0.5, direction="down", of=self.changing(index, index),
                baseline=self.baseline(half), period=self.period(half), parts=(self.span(half - 1, half),),
            )  # fmt: skip
        if factor is None and not (delta or old or new):
            return None
        if not self.changes(index, delta, old, new):
            return None
        if old and new and old.unit and not new.unit and new.form == "number":
            new = replace(new, unit=old.unit, form=old.form)
        amounts = [amount for amount in (delta, old, new) if amount is not None]
        used.update(amount.first for amount in amounts)
        first, comparator = self.before_verb(index) if factor else (index, "")
        last = max([index + 1, *(amount.last for amount in amounts)])
        parts = [self.span(index, index + 1)] if amounts else []
        for amount in sorted(amounts, key=lambda each: each.first):
            parts += self.pieces(amount)
        if old and new and old.first < new.first:
            parts.append(self.span(old.first - 1, new.last))
        if delta is not None and delta.form == "multiple":
            factor = delta.value if direction == "up" else 1 / delta.value if delta.value else None
            delta = None
        main = delta or new
        if factor is None:
            if delta is not None:
                factor = factor_of(delta, direction)
            elif old and new and old.value and new.value and not new.maximum:
                factor = round(new.value / old.value, 4)
        baseline: Baseline | None
        if old is not None:
            baseline = Baseline(
                self.span(old.first, old.last).quotation, old.value, True, self.span(old.first, old.last)
            )
        else:
            baseline = self.baseline(last)
            if factor is None and new and not delta and baseline and baseline.value and new.value and not new.maximum:
                factor = round(new.value / baseline.value, 4)
        return Quantity(
            self.span(first, last),
            "change",
            value=main.value if main else None,
            maximum=main.maximum if main else None,
            unit=main.unit if main else (old.unit if old else ""),
            comparator=comparator or (main.comparator if main else "equal"),
            factor=factor,
            direction=direction,
            of=self.changing(index, first),
            baseline=baseline,
            period=self.period(last),
            parts=tuple(parts),
        )

    def changes(self, index: int, delta: Amount | None, old: Amount | None, new: Amount | None) -> bool:
        """Whether the verb tells that a number changed, and not what somebody did."""
        low = self.low(index)
        if low in NEEDS_SHARE and not (delta and delta.form in ("percentage", "ratio") and not (old or new)):
            return False
        if low == "up" and self.low(index - 1) in TAKES_UP:
            return False
        is_adjacent = bool(delta and delta.first == index + 1)
        if delta and is_adjacent and not (old or new) and self.is_object(index, delta):
            return False
        is_led = old or is_adjacent or self.low(index + 1) == "by" or (new and self.low(index - 1) in WENT)
        return low not in ("up", "down") or bool(is_led)

    def in_half(self, index: int) -> int:
        """Cut the number of deaths in half: the token behind "half", or 0."""
        if self.low(index) not in ("cut", "cuts", "cutting", "slashed", "reduced", "slash", "reduce"):
            return 0
        for at in range(index + 1, min(self.count, index + 9)):
            if self.low(at) in CLAUSE_ENDS or self.low(at) == ",":
                return 0
            if self.low(at) == "in" and self.low(at + 1) == "half":
                return at + 2
        return 0

    def is_object(self, index: int, amount: Amount) -> bool:
        """Whether an amount right behind the verb is what somebody did something to: raised £2 million, shot down 30."""
        low = self.low(index)
        if amount.unit in ("%", "percentage points", "basis points") or self.low(amount.last) in SCORED:
            return False
        if low in ("up", "down"):
            is_state = self.low(index - 1) in AUXILIARIES | MOVED or not (index and self.tokens[index - 1].is_word)
            return amount.form == "number" and not amount.unit and not is_state
        if low in RAISES:
            return amount.form in ("number", "money", "range")
        return low in DEEDS and amount.form in ("number", "range") and not amount.unit

    def governed(
        self, index: int, starts: dict[int, Amount], used: set[int]
    ) -> tuple[Amount | None, Amount | None, Amount | None]:
        """The difference, the old and the new value that stand behind a verb of change."""
        delta = old = new = None
        at = index + 1
        end = min(self.count, index + REACH)
        joined = ""
        words_since = 0
        while at < end:
            low = self.low(at)
            if low in CLAUSE_ENDS and not (low == "." and self.touches(at) and self.touches(at + 1)):
                break
            if low == "," and self.low(at + 1) in ("from", "to"):
                at += 1
                continue
            is_over = words_since > 0 or (joined == "done" and self.low(at + 1) not in ("by", "from", "to"))
            if low == "and" and is_over:
                break
            if low == "," and words_since > 0:
                break
            amount = starts.get(at)
            if amount is not None and amount.unit in DURATIONS and self.low(at - 1) in ("in", "over", "within"):
                joined, at = "done", amount.last
                continue
            if amount is not None and amount.first == at:
                if amount.first in used or amount.form in ("ordinal", "superlative", "vague"):
                    if amount.form == "vague" and joined in ("by", "to") and amount.first not in used:
                        pass
                    else:
                        break
                if joined == "from" and amount.form == "range" and old is None and self.low(amount.first - 1) == "from":
                    split = self.split_range(amount)
                    if split:
                        old, new = split
                        used.add(amount.first)
                        at = amount.last
                        continue
                if not joined and self.low(amount.first) in LEVELS:
                    break
                if joined == "from":
                    old = old or amount
                elif joined == "to":
                    new = new or amount
                elif joined == "by":
                    delta = delta or amount
                elif (
                    not joined
                    and words_since <= 1
                    and (
                        amount.form in ("percentage", "percentage_points", "money", "multiple", "range")
                        or at == index + 1
                    )
                ):
                    if (
                        amount.unit in DURATIONS
                        or (amount.unit in DISTANCES and self.low(index) not in RISES)
                        or (amount.form == "multiple" and self.comparison(amount.last - 1))
                    ):
                        break
                    delta = delta or amount
                else:
                    break
                at = amount.last
                joined = "done"
                words_since = 0
                continue
            if (
                joined == "from"
                and old is None
                and self.tokens[at].is_word
                and (named := self.named_amount(at, starts))
            ):
                old = replace(named, first=at)
                used.add(named.first)
                at, joined, words_since = named.last, "done", 0
                continue
            if low in ("by", "from", "to"):
                joined = low
            elif joined in ("from", "to", "done"):
                if low in ("to", "from"):
                    joined = low
                elif joined == "done" and low not in ("per", "a", "an", "year", "month", "week", "day"):
                    words_since += 1
                elif joined != "done" and low not in AVERAGING:
                    break
            elif not (self.tokens[at].is_word or low == "-"):
                break
            else:
                words_since += 1
            at += 1
        return delta, old, new

    def named_amount(self, index: int, starts: dict[int, Amount]) -> Amount | None:
        """From an initial estimate of $4bn: the amount behind the words that name it."""
        for at in range(index, min(self.count, index + 6)):
            if self.low(at) == "of" and (amount := starts.get(at + 1)) is not None:
                return amount if amount.form in ("number", "money", "percentage") else None
            if not self.tokens[at].is_word or self.low(at) in PREPOSITIONS | AUXILIARIES:
                return None
        return None

    def split_range(self, amount: Amount) -> tuple[Amount, Amount] | None:
        """The two ends of "from 11,000 to 30,000" as old and new value."""
        for at in range(amount.bare + 1, amount.last - 1):
            if self.low(at) == "to":
                new = self.single(at + 1, is_compared=True)
                if new is not None and amount.value is not None:
                    old = replace(amount, last=at, form="number", maximum=None, comparator="equal")
                    return old, new
        return None

    def before_verb(self, index: int) -> tuple[int, Found]:
        """More than doubled, nearly tripled: where the comparator starts, and its name."""
        for length in (2, 1):
            start = index - length
            if start >= 0:
                name = COMPARATORS.get(tuple(self.low(start + step) for step in range(length)))
                if name is not None and self.low(start) not in ("up", "some", "over", "under", "above", "below"):
                    return start, name
        return index, ""

    def pieces(self, amount: Amount) -> list[Span]:
        spans = [self.span(amount.first, amount.last)]
        if self.low(amount.first - 1) == "by":
            spans.append(self.span(amount.first - 1, amount.last))
        if amount.bare > amount.first:
            spans.append(self.span(amount.bare, amount.last))
        return spans


def factor_of(amount: Amount, direction: Direction) -> float | None:
    if amount.form not in ("percentage", "ratio") or amount.value is None or amount.maximum is not None:
        return None
    share = amount.value * 100 if amount.form == "ratio" else amount.value
    return round(1 + share / 100 * (1 if direction == "up" else -1), 6)
