"""What two claims differ in. Numbers and dates decide whether they are one: "tripled" is not "doubled", July is not August.

Similar sentences are not yet the same claim, and a link that is wrong hides a claim behind another. So nothing may differ but the form: the
same figures, times, names and words that mean something, however written, each kind in its order. Everything else is for a person to say.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal, NamedTuple

from claims.extraction.base import Quantity, TimeReference
from claims.extraction.entities import entities
from claims.extraction.reading import read_sentence
from claims.extraction.tokens import Token
from claims.matching import roles
from claims.matching.wording import SAYING, SAYS_NOTHING, content, opposites, stem

Kind = Literal["numbers", "dates", "names", "opposites", "negation", "modality", "claimants", "words", "order"]


@dataclass(frozen=True, slots=True)
class Statement:
    """What is compared: a claim's text, and the day on which it was published where that is known ("last year" depends on it).

    `is_denied`: whoever it is about says that it is not so, in words that are no part of the text.
    """

    text: str
    published_on: date | None = None
    is_denied: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """`ours` and `theirs` are the words that have no partner on the other side; one may be empty."""

    kind: Kind
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


class Figure(NamedTuple):
    """A number as it is compared: a share of one, a factor, or a count of a unit; `is_rounded` of "a third", which is also 33 %."""

    dimension: str
    value: float
    words: str
    is_rounded: bool = False
    bound: str = ""

    def equals(self, other: Figure) -> bool:
        if self.dimension != other.dimension or self.bound != other.bound:
            return False
        apart = abs(self.value - other.value)
        if self.dimension == "share" and self.is_rounded != other.is_rounded and apart <= 0.0051:
            return True
        return apart <= 1e-6 * max(abs(self.value), abs(other.value), 1e-9)


class Moment(NamedTuple):
    """A time as it is compared: its days where they are known, else its words."""

    key: str
    words: str

    def equals(self, other: Moment) -> bool:
        return self.key == other.key


@dataclass(frozen=True, slots=True)
class Facts:
    figures: tuple[Figure, ...]
    moments: tuple[Moment, ...]
    names: tuple[str, ...]
    words: tuple[str, ...]
    marks: tuple[
        str, ...
    ]  # of names and scores, and of languages whose numbers nobody read: what is a figure and no quantity
    lows: frozenset[str]
    passives: Mapping[str, bool]
    relations: tuple[str, ...]
    denials: tuple[str, ...]
    persons: frozenset[str]
    possible: frozenset[str]
    unknown: str
    modality: str
    claimants: tuple[str, ...]  # and what they did, where that is more than to say it: promise, warn
    is_only_said: bool


@lru_cache(maxsize=4096)
def facts(statement: Statement) -> Facts:
    """What of a claim decides whether another is the same."""
    reading = read_sentence(statement.text, published_on=statement.published_on)
    # "The bank said on Tuesday" tells who said it and when: not what.
    said = [reading.tokens[index] for index in reading.content] or reading.tokens
    starts = {token.start for token in said}
    frame = [token for token in reading.tokens if token.start not in starts]
    quantities = [each for each in reading.quantities if each.span.start in starts]
    times = [each for each in reading.time_references if each.span.start in starts]
    dated = [(each.span.start, each.span.end) for each in reading.time_references]
    inside = [(span.start, span.end) for span in [each.span for each in quantities] + [each.span for each in times]]

    def part_of(token: Token) -> str | None:
        for each in times:
            if each.span.start <= token.start < each.span.end:
                return _moment(each).key
        return "" if any(start <= token.start < end for start, end in inside) else None

    unsaid = _outside(said, inside)
    return Facts(
        figures=tuple(figure for quantity in quantities for figure in _figures(quantity)),
        moments=tuple(map(_moment, times)),
        names=entities(statement.text, said),
        words=content(unsaid),
        marks=tuple(token.low for token in unsaid if token.is_number or _is_sign(token.word)),
        lows=frozenset(token.low for token in said if token.is_word),
        passives=roles.passives(said),
        relations=roles.relations(said, part_of),
        denials=roles.denials(said),
        persons=roles.persons(said),
        possible=roles.possible(said),
        unknown=roles.unknown(said, is_said=bool(reading.attribution.hops) or ": “" in statement.text),
        modality="denied" if statement.is_denied else reading.modality,
        claimants=content(_outside(frame, dated), SAYS_NOTHING | SAYING),
        is_only_said=all(
            (SAYS_NOTHING | SAYING).issuperset(hop.cue.lower().split()) for hop in reading.attribution.hops
        ),
    )


def _is_sign(word: str) -> bool:
    """A vowel of Hindi, an accent that stands by itself: no letter, and part of a word all the same."""
    return not word.isascii() and unicodedata.category(word[0]).startswith("M")


def _outside(tokens: Iterable[Token], spans: list[tuple[int, int]]) -> list[Token]:
    return [token for token in tokens if not any(start <= token.start < end for start, end in spans)]


def differences(ours: Statement, theirs: Statement) -> tuple[Difference, ...]:
    """What keeps two claims from being one; nothing where only their form differs."""
    one, other = facts(ours), facts(theirs)
    found: list[Difference] = []

    def note(kind: Kind, mine: Iterable[str], others: Iterable[str]) -> None:
        pair = tuple(dict.fromkeys(mine)), tuple(dict.fromkeys(others))
        if pair != ((), ()):
            found.append(Difference(kind, *pair))

    numbers = _alone(one.figures, other.figures)
    note("numbers", *(words + marks for words, marks in zip(numbers, _apart(one.marks, other.marks), strict=True)))
    note("dates", *_alone(one.moments, other.moments))
    strange = _strange(one, other), _strange(other, one)
    note("names", *(names for names, _ in strange))
    if (one.unknown or other.unknown) or (one.persons and other.persons and one.persons != other.persons):
        note("names", *([each.unknown] if each.unknown else sorted(each.persons) for each in (one, other)))
    if pairs := opposites(one.lows, other.lows):
        note("opposites", *zip(*pairs, strict=True))
    if one.denials != other.denials:
        note("negation", *(("not", *each.denials) if each.denials else () for each in (one, other)))
    if one.modality != other.modality:
        note("modality", (one.modality,), (other.modality,))
    elif one.possible != other.possible:
        note("modality", sorted(one.possible), sorted(other.possible))
    note("claimants", *_claimants(one, other))
    related = _apart(one.relations, other.relations)
    note("words", *(words + told for (_, words), told in zip(strange, related, strict=True)))
    if turned := [
        verb for verb in one.passives if verb in other.passives and one.passives[verb] != other.passives[verb]
    ]:
        note("order", *([f"was {verb}" if each.passives[verb] else verb for verb in turned] for each in (one, other)))
    if not found and (swapped := _swapped(one, other)):
        note("order", *swapped)
    return tuple(found)


def _claimants(one: Facts, other: Facts) -> tuple[Iterable[str], Iterable[str]]:
    """Whoever leaves out who said it says the same; not who leaves out a promise, nor who names somebody else."""
    is_left_out = not one.claimants or not other.claimants
    if set(one.claimants) == set(other.claimants) or (is_left_out and one.is_only_said and other.is_only_said):
        return (), ()
    return one.claimants, other.claimants


def _strange(one: Facts, other: Facts) -> tuple[list[str], list[str]]:
    """Names, and words that are in none, that stand nowhere on the other side, in whatever case."""
    known = {stem(low) for low in other.lows}
    names = [name for name in one.names if any(stem(part) not in known for part in _parts(name))]
    named = {stem(part) for name in one.names for part in _parts(name)}
    return names, [word for word in one.words if word not in known and word not in named]


def _swapped(one: Facts, other: Facts) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Two things that have changed places: who beat whom, how many died and how many were hurt."""
    for mine, others in (
        (one.words, other.words),
        (one.marks, other.marks),
        (tuple(f"{f.value:g}" for f in one.figures), tuple(f"{f.value:g}" for f in other.figures)),
        (tuple(m.key for m in one.moments), tuple(m.key for m in other.moments)),
    ):
        kept = tuple(each for each in mine if each in others), tuple(each for each in others if each in mine)
        if kept[0] != kept[1]:
            return kept
    return None


def _alone(ours: Iterable[Figure | Moment], theirs: Iterable[Figure | Moment]) -> tuple[list[str], list[str]]:
    mine, others = list(ours), list(theirs)
    for each in list(mine):
        if partner := next((other for other in others if each.equals(other)), None):  # type: ignore[arg-type]
            mine.remove(each)
            others.remove(partner)
    return [each.words for each in mine], [each.words for each in others]


def _apart(ours: Iterable[str], theirs: Iterable[str]) -> tuple[list[str], list[str]]:
    """What of each has no partner, repetitions counted."""
    mine, others = Counter(ours), Counter(theirs)
    return list((mine - others).elements()), list((others - mine).elements())


def _parts(name: str) -> list[str]:
    return [
        part for part in name.lower().replace("’", "'").replace("-", " ").replace(".", " ").split() if len(part) > 1
    ]


_MORE, _LESS = ("more_than", "at_least"), ("less_than", "at_most")


def _figures(quantity: Quantity) -> list[Figure]:
    words, form, value = quantity.span.quotation, quantity.form, quantity.value
    bound = "more" if quantity.comparator in _MORE else "less" if quantity.comparator in _LESS else ""
    found = []
    if quantity.factor is not None and form in ("change", "multiple"):
        found.append(Figure("times", quantity.factor, words, bound=bound))
        if quantity.baseline and quantity.baseline.value is not None and value is not None:
            found += [Figure("", quantity.baseline.value, words), Figure("", value, words)]
    elif value is not None and form in ("ratio", "percentage"):
        share = value if form == "ratio" else value / 100
        found.append(Figure("share", share, words, is_rounded=form == "ratio", bound=bound))
    elif value is not None:
        direction = quantity.direction if form == "change" else ""
        found.append(Figure(f"{_DIMENSIONS.get(form, '')}{quantity.unit}{direction}", value, words, bound=bound))
        if quantity.maximum is not None:
            found.append(Figure(quantity.unit, quantity.maximum, words))
    elif form in ("vague", "change"):
        # "Dozens" is no number, and still not "hundreds".
        found.append(Figure(f"{form} {stem(words.lower())}", 0.0, words))
    return found


_DIMENSIONS = {"ordinal": "place ", "range": "", "number": "", "money": "", "percentage_points": ""}


def _moment(reference: TimeReference) -> Moment:
    if reference.start_on and reference.end_on:
        return Moment(f"{reference.start_on} {reference.end_on}", reference.words)
    return Moment(reference.words.lower(), reference.words)
