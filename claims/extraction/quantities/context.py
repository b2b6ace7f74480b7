"""What stands around an amount: what it counts, what it is measured against, the time it covers."""

from __future__ import annotations

from claims.extraction.base import Baseline
from claims.extraction.lexicon import (
    AUXILIARIES,
    CONJUNCTIONS,
    DETERMINERS,
    PAST_VERBS,
    PREPOSITIONS,
    PRONOUNS,
    WEEKDAYS,
    words,
)
from claims.extraction.quantities.amounts import Amounts
from claims.extraction.quantities.changes import ADVERBIAL
from claims.extraction.quantities.numerals import UNITS
from claims.extraction.quantities.units import DURATIONS

# A clause ends here: what stands behind belongs to another statement.
CLAUSE_ENDS = frozenset(";:.!?()[]—–") | words("while whereas but although though because which who")

# How many tokens behind a verb of change its amounts may stand, and how long a baseline in words may be.
REACH = 14

LONGEST_BASELINE = 8

SUBJECT_STOPS = (CONJUNCTIONS - words("and")) | words(
    "with said says say reported reports in on at by to from has have had was were is are"
)

BASELINE_STOPS = AUXILIARIES | words("and or to as according with after when on")

NOUN_STOPS = (
    AUXILIARIES
    | PREPOSITIONS
    | CONJUNCTIONS
    | DETERMINERS
    | WEEKDAYS
    | words("ago earlier later more less up down compared not it he she they we")
)


class Context(Amounts):
    """Reads the surroundings of amounts and of words of change."""

    def subject(self, index: int) -> str:
        """What changed: the words in front of the verb, back to where its clause begins."""
        at = index - 1
        while at >= 0 and (
            self.low(at) in AUXILIARIES
            or self.low(at).endswith("ly")
            or self.low(at) in ("not", "also", "since", "more", "than", "gone", "went", "going", "come")
        ):
            at -= 1
        last = at + 1
        while at >= 0 and last - at <= 7:
            token = self.tokens[at]
            if not (token.is_word or token.is_number or token.word == "-") or (
                token.low in SUBJECT_STOPS and at in range(self.count)
            ):
                break
            at -= 1
        first = at + 1
        if self.low(first) in ("and", "or"):
            first += 1
        return self.span(first, last).quotation if first < last else ""

    def changing(self, index: int, first: int) -> str:
        """What changed: the object of the verb at `index` if it has one ("cut its rate"), else its subject."""
        at = index + 1
        while self.low(at).endswith("ly"):
            at += 1
        low = self.low(at)
        if (
            at < self.count
            and self.tokens[at].is_word
            and low not in PREPOSITIONS | ADVERBIAL | NOUN_STOPS - DETERMINERS
        ):
            found = "" if self.amount(at) else self.counted(at)
            if found:
                return found
        return self.subject(first)

    def counted(self, index: int) -> str:
        """What an amount counts: the noun phrase behind it."""
        at = index
        if self.low(at) in ("of", "in", "-"):
            at += 1
        if self.low(at) in DETERMINERS and self.is_figure(at + 1):
            at += 2  # 37 of the 120 seats
        first = at
        while at < self.count and at - first < 5:
            token = self.tokens[at]
            if not token.is_word and token.word != "-":
                break
            if token.low in NOUN_STOPS and not (
                at == first and token.low in DETERMINERS and self.low(at + 1) not in DURATIONS
            ):
                break
            if at > first and token.low in PAST_VERBS:
                break
            if at > first and token.low.endswith("ed") and len(token.low) > 4 and self.low(at - 1) not in DETERMINERS:
                break
            at += 1
        return self.span(first, at).quotation if at > first and self.low(first) != "what" else ""

    def baseline(self, index: int, *, is_as: bool = False) -> Baseline | None:
        """What stands behind "compared to", "from", "than", "as": a number or words.

        `is_as`: behind "as many" the next "as" compares, right there too.
        """
        at, end = index, min(self.count, index + REACH)
        while at < end:
            low = self.low(at)
            if low in CLAUSE_ENDS or (
                low == "," and self.low(at + 1) not in ("compared", "up", "down", "from", "versus", "relative")
            ):
                return None
            pair = (low, self.low(at + 1))
            if pair in (("compared", "to"), ("compared", "with"), ("relative", "to"), ("in", "comparison")):
                return self.baseline_words(at + 2 + (pair[1] == "comparison"))
            if low == "as" and self.low(at - 1) in ("early", "late", "soon", "recently"):
                return None
            if low in ("than", "versus", "vs") or (low == "as" and (at > index or is_as)):
                is_noun = is_as and self.low(at + 1) not in AUXILIARIES
                return self.baseline_words(at + 1 + (self.low(at + 1) == "." and low == "vs"), is_noun=is_noun)
            if low == "from" and at <= index + 3:
                return self.baseline_words(at + 1)
            if (
                low in ("on", "over")
                and self.low(at + 1) in ("the", "a", "last")
                and self.low(at + 2) in ("previous", "year", "prior", "month")
            ):
                return self.baseline_words(at + 1)
            if (
                low == "on"
                and at + 1 in self.dated
                and self.low(at + 1).isdecimal()
                and self.low(at + 2) in ("", ".", ",")
            ):
                return self.baseline_words(at + 1)  # up 5 per cent on 2019
            at += 1
        return None

    def baseline_words(self, first: int, *, is_noun: bool = False) -> Baseline | None:
        """The words from `first` on to where they stop; `is_noun`: in front of a verb too."""
        at = first
        while at < self.count and at - first < LONGEST_BASELINE:
            low = self.low(at)
            if low == "," or (low in CLAUSE_ENDS and not (low == "." and self.touches(at + 1) and self.touches(at))):
                break
            # Than they did in 2020: a pronoun alone says nothing.
            is_begun = at > first + 1 or self.low(first) not in PRONOUNS
            if at > first and is_begun and (low in BASELINE_STOPS or (is_noun and low in PAST_VERBS)):
                break
            at += 1
        if at <= first:
            return None
        amount = self.single(first, is_compared=False) if first not in self.dated else None
        span = self.span(first, at)
        if amount is not None and amount.unit not in DURATIONS:
            return Baseline(span.quotation, amount.value, True, span)
        return Baseline(span.quotation, None, False, span)

    def period(self, index: int) -> str:
        """The time an amount covers, in the words that follow it closely: a year, per day, in the first quarter."""
        for at in range(index, min(self.count, index + 8)):
            low = self.low(at)
            if low in CLAUSE_ENDS or low in (",", "compared", "than", "from", "versus"):
                return ""
            if at in self.dated:
                last = at
                while last + 1 in self.dated or (self.low(last + 1) in ("and", "to") and last + 2 in self.dated):
                    last += 1
                return self.span(at, last + 1).quotation
            if (
                low in ("a", "per", "each", "every")
                and self.low(at + 1) in DURATIONS
                and self.low(at + 2) not in ("ago", "earlier", "later", "before", "after")
            ):
                return self.span(at, at + 2).quotation
            if (
                low in ("over", "in", "for", "within")
                and self.low(at + 1) in ("the", *UNITS)
                and self.low(at + 2) in DURATIONS
            ):
                return self.span(at, at + 3).quotation
        return ""
