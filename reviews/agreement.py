"""How far independent verdicts agree, how long stages take, and whom the desk chooses to check. Plain values.

Counting is exact (fractions until the last step), so that the same verdicts give the same number in whatever order they come.
"""

from __future__ import annotations

import itertools
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

# A position on the rating scale, or the code of a rating that has none, such as "unverifiable".
Rating = int | str

# Rounds. With fewer, the next verdict still moves a coefficient by several hundredths.
MIN_UNITS = 20

# Values. With fewer, the tenth part that took longest is not one whole case.
MIN_FOR_P90 = 10

# One row per verdict in the export from which everything here can be computed again.
COLUMNS = ("review", "round", "seat", "rating", "rank")


class Reason(StrEnum):
    NO_PAIRS = "no_pairs"  # nothing was rated twice
    TOO_FEW = "too_few"
    NO_VARIANCE = "no_variance"  # one rating throughout: nothing shows that the raters can tell claims apart


@dataclass(frozen=True, slots=True)
class Unit:
    """One closed round: its sealed first verdicts in the order of their seats."""

    review: str
    ratings: tuple[Rating, ...]


@dataclass(frozen=True, slots=True)
class Coefficient:
    """`value` is None exactly when there is a `reason`. `n_units` and `n_pairs` count what the coefficient looks at."""

    value: float | None
    n_units: int
    n_pairs: int
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    raw: Coefficient
    cohen_kappa: Coefficient
    scott_pi: Coefficient
    alpha_ordinal: Coefficient
    off_scale: int  # verdicts, such as "unverifiable", that the ordinal coefficient leaves out


@dataclass(frozen=True, slots=True)
class Spread:
    median: float | None
    p90: float | None
    n: int
    reason: Reason | None = None  # why p90, or both, are None


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `n` are of this group; None is where the group is unknown."""

    group: str | None
    count: int
    n: int
    share: float | None
    reason: Reason | None = None


def agreement(units: Iterable[Unit]) -> Agreement:
    """Every coefficient over `units`, which must be rated on one version of a scale: ranks of two scales have no common order."""
    units = tuple(units)
    return Agreement(
        raw=raw_agreement(units),
        cohen_kappa=cohen_kappa(units),
        scott_pi=scott_pi(units),
        alpha_ordinal=alpha_ordinal(units),
        off_scale=sum(isinstance(rating, str) for unit in units for rating in unit.ratings),
    )


def agreement_of_rows(rows: Iterable[Mapping[str, str]]) -> Agreement:
    """The same from the rows of an export, as `csv.DictReader` gives them: COLUMNS, in any order, others ignored."""
    return agreement(units_of_rows(rows))


def units_of_rows(rows: Iterable[Mapping[str, str]]) -> tuple[Unit, ...]:
    """`seat` is a number and gives the order; `rank` is one too, or empty for a rating without a position.

    Raises ValueError when a seat of a round occurs twice: then more than sealed first verdicts were exported.
    """
    rounds: defaultdict[tuple[str, str], dict[int, Rating]] = defaultdict(dict)
    for row in rows:
        seats, seat = rounds[row["review"], row["round"]], int(row["seat"])
        if seat in seats:
            raise ValueError(f"seat {seat} of round {row['round']} of review {row['review']} occurs twice")
        seats[seat] = int(row["rank"]) if row["rank"] else row["rating"]
    return tuple(Unit(review, tuple(seats[seat] for seat in sorted(seats))) for (review, _), seats in rounds.items())


def raw_agreement(units: Iterable[Unit]) -> Coefficient:
    """The share of pairs of verdicts on the same evidence that are equal; a round of three seats has three pairs.

    Without variance it is None like the others: that all of them said the same would read as perfect agreement.
    """
    rated = [unit.ratings for unit in units if len(unit.ratings) > 1]
    pairs = [pair for ratings in rated for pair in itertools.combinations(ratings, 2)]
    return _coefficient(_share_of_equals(pairs), rated)


def cohen_kappa(units: Iterable[Unit]) -> Coefficient:
    """Cohen's kappa, unweighted, of rounds with two seats: the lower seat is one rater and the higher the other.

    People change from round to round, so "rater" means seat, and the value moves a little with which of two people had the
    lower one; `scott_pi` does not. Ratings without a position are categories like any other.
    Source: Cohen, "A coefficient of agreement for nominal scales" (1960).
    """
    rated = _of_two(units)
    lower, higher = (Counter(ratings[seat] for ratings in rated) for seat in (0, 1))
    return _coefficient(_beyond_chance(rated, lower, higher), rated)


def scott_pi(units: Iterable[Unit]) -> Coefficient:
    """Scott's pi of rounds with two seats: chance is taken from both seats together, so it does not matter who sat where.

    It is Cohen's kappa of each round counted both ways round. Where raters are interchangeable, it is the one to quote.
    Source: Scott, "Reliability of content analysis: the case of nominal scale coding" (1955).
    """
    rated = _of_two(units)
    either = Counter(rating for ratings in rated for rating in ratings)
    return _coefficient(_beyond_chance(rated, either, either), rated)


def alpha_ordinal(units: Iterable[Unit]) -> Coefficient:
    """Krippendorff's alpha with the ordinal difference, for any number of seats and for rounds of different size.

    A rating without a position has no place in an order: it is left out as missing, and a round left with fewer than two
    ratings counts no more. Two ranks differ by the verdicts that lie between them, so only their order matters.
    Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), sections C to E.
    """
    ranks = (tuple(rating for rating in unit.ratings if isinstance(rating, int)) for unit in units)
    rated = [ratings for ratings in ranks if len(ratings) > 1]
    return _coefficient(_alpha(rated), rated)


def quantiles(hours: Iterable[float]) -> Spread:
    """Median and 90th percentile, interpolated between neighbours as PostgreSQL's `percentile_cont` does.

    The median is there from one value on, the percentile from MIN_FOR_P90.
    """
    values = sorted(hours)
    if not values:
        return Spread(None, None, 0, Reason.TOO_FEW)
    median = float(statistics.median(values))
    if len(values) < MIN_FOR_P90:
        return Spread(median, None, len(values), Reason.TOO_FEW)
    return Spread(median, statistics.quantiles(values, n=10, method="inclusive")[-1], len(values))


def selection_balance(counts: Mapping[str | None, int]) -> tuple[Share, ...]:
    """Each group's share of what was chosen, the largest first, equal ones by name. Below MIN_UNITS in all, shares are None.

    Groups are claimants, outlets or topics. Those of which nothing was chosen stay in, if they are given: they are the finding.
    Source: IFCN code of principles, 1 (non-partisanship: not concentrating on one side).
    """
    n = sum(counts.values())
    reason = Reason.TOO_FEW if n < MIN_UNITS else None
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0] is None, item[0] or ""))
    return tuple(Share(group, count, n, None if reason else count / n, reason) for group, count in order)


def _of_two(units: Iterable[Unit]) -> list[tuple[Rating, ...]]:
    return [unit.ratings for unit in units if len(unit.ratings) == 2]


def _coefficient(value: Fraction | None, rated: Sequence[tuple[Rating, ...]]) -> Coefficient:
    n_units, n_pairs = len(rated), sum(len(ratings) * (len(ratings) - 1) // 2 for ratings in rated)
    if not n_pairs:
        return Coefficient(None, 0, 0, Reason.NO_PAIRS)
    if n_units < MIN_UNITS:
        return Coefficient(None, n_units, n_pairs, Reason.TOO_FEW)
    if value is None or len({rating for ratings in rated for rating in ratings}) == 1:
        return Coefficient(None, n_units, n_pairs, Reason.NO_VARIANCE)
    return Coefficient(float(value), n_units, n_pairs)


def _share_of_equals(pairs: Sequence[tuple[Rating, ...]]) -> Fraction | None:
    return Fraction(sum(one == other for one, other in pairs), len(pairs)) if pairs else None


def _beyond_chance(
    pairs: Sequence[tuple[Rating, ...]], lower: Counter[Rating], higher: Counter[Rating]
) -> Fraction | None:
    observed = _share_of_equals(pairs)
    if observed is None:
        return None
    equal_by_chance = sum(count * higher[rating] for rating, count in lower.items())
    expected = Fraction(equal_by_chance, lower.total() * higher.total())
    return None if expected == 1 else (observed - expected) / (1 - expected)


def _alpha(rated: Sequence[tuple[int, ...]]) -> Fraction | None:
    totals = Counter(rank for ratings in rated for rank in ratings)
    difference = _ordinal_differences(totals)
    # Values of a unit are paired with one another, and each of its pairs weighs 1 / (values - 1): every value counts once.
    pairs = Counter(
        (one, other, len(ratings) - 1) for ratings in rated for one, other in itertools.combinations(sorted(ratings), 2)
    )
    observed = sum(
        count * Fraction(1, weight) * difference[one, other] for (one, other, weight), count in pairs.items()
    )
    expected = sum(totals[one] * totals[other] * difference[one, other] for one, other in difference)
    return 1 - (totals.total() - 1) * observed / expected if expected else None


def _ordinal_differences(totals: Mapping[int, int]) -> dict[tuple[int, int], Fraction]:
    """The squared difference of each pair of ranks, the lower first."""
    ranks = sorted(totals)
    below = dict(zip(ranks, itertools.accumulate((totals[rank] for rank in ranks), initial=0), strict=False))
    middle = {rank: below[rank] + Fraction(totals[rank], 2) for rank in ranks}
    return {
        (one, other): (middle[other] - middle[one]) ** 2
        for one, other in itertools.combinations_with_replacement(ranks, 2)
    }
