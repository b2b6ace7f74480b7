"""How far independent verdicts agree, and what is said when there is too little to say it."""

from __future__ import annotations

import csv
import io
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from nltk.metrics.agreement import AnnotationTask

from reviews import agreement
from reviews.agreement import COLUMNS, Coefficient, Reason, Share, Spread, Unit

# Krippendorff (2011), section C and D: twelve units, four observers, values missing.
OBSERVERS = """
    1 2 3 3 2 1 4 1 2 . . .
    1 2 3 3 2 2 4 1 2 5 . 3
    . 3 3 3 2 3 4 2 2 5 1 .
    1 2 3 3 2 4 4 1 2 5 1 .
"""
KRIPPENDORFF = [
    Unit(str(number), tuple(int(value) for value in column if value != "."))
    for number, column in enumerate(zip(*(line.split() for line in OBSERVERS.split("\n") if line.strip()), strict=True))
]


def units(*ratings: tuple[int | str, ...]) -> list[Unit]:
    return [Unit(str(number), each) for number, each in enumerate(ratings)]


def test_krippendorff_s_own_example_gives_his_number(monkeypatch):
    monkeypatch.setattr(agreement, "MIN_UNITS", 2)
    found = agreement.alpha_ordinal(KRIPPENDORFF)
    assert round(found.value, 3) == 0.815
    # One unit has a single value: eleven are left, with his 40 pairable values.
    assert found.n_units == 11
    assert sum(len(unit.ratings) for unit in KRIPPENDORFF if len(unit.ratings) > 1) == 40


def test_fifty_proposals_read_by_two_people_give_the_kappa_of_the_textbooks():
    """Both yes 20, only the first 5, only the second 10, both no 15: 0.7 observed, 0.5 by chance."""
    read = units(*[("yes", "yes")] * 20, *[("yes", "no")] * 5, *[("no", "yes")] * 10, *[("no", "no")] * 15)
    assert agreement.raw_agreement(read) == Coefficient(0.7, 50, 50)
    assert agreement.cohen_kappa(read) == Coefficient(0.4, 50, 50)
    # Yes 55 of 100: 0.505 by chance.
    assert agreement.scott_pi(read) == Coefficient(195 / 495, 50, 50)


ROUNDS = st.lists(st.lists(st.integers(0, 5), min_size=2, max_size=4).map(tuple), min_size=20, max_size=40)
RATED_ONCE = st.lists(st.integers(0, 5).map(lambda rank: (rank,)), max_size=5)
PAIRS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=20, max_size=40)


def task(rounds, **how) -> AnnotationTask:
    return AnnotationTask(
        [(seat, number, rank) for number, ranks in enumerate(rounds) for seat, rank in enumerate(ranks)], **how
    )


@settings(deadline=None)
@given(PAIRS)
def test_kappa_and_pi_are_those_of_nltk(pairs):
    assume(len({rank for pair in pairs for rank in pair}) > 1)
    assert agreement.cohen_kappa(units(*pairs)).value == pytest.approx(task(pairs).kappa(), abs=1e-12)
    assert agreement.scott_pi(units(*pairs)).value == pytest.approx(task(pairs).pi(), abs=1e-12)
    assert agreement.raw_agreement(units(*pairs)).value == pytest.approx(task(pairs).avg_Ao(), abs=1e-12)


@settings(deadline=None)
@given(ROUNDS, RATED_ONCE)
def test_alpha_is_that_of_nltk_with_the_ordinal_difference(rounds, rated_once):
    values = [rank for ranks in rounds for rank in ranks]
    assume(len(set(values)) > 1)

    def difference(one: int, other: int) -> float:
        low, high = sorted((one, other))
        between = sum(values.count(rank) for rank in range(low, high + 1))
        return (between - (values.count(low) + values.count(high)) / 2) ** 2

    expected = task(rounds + rated_once, distance=difference).alpha()
    assert agreement.alpha_ordinal(units(*rounds, *rated_once)).value == pytest.approx(expected, abs=1e-12)


@settings(deadline=None)
@given(PAIRS)
def test_pi_is_kappa_counted_both_ways_round(pairs):
    both_ways = units(*pairs, *(pair[::-1] for pair in pairs))
    assert agreement.cohen_kappa(both_ways).value == agreement.scott_pi(units(*pairs)).value


def test_who_had_the_lower_seat_moves_kappa_but_not_pi():
    one = units(*[(1, 1)] * 8, *[(2, 2)] * 8, *[(1, 2)] * 4)
    other = units(*[(1, 1)] * 8, *[(2, 2)] * 8, *[(1, 2)] * 2, *[(2, 1)] * 2)
    assert agreement.cohen_kappa(one).value != agreement.cohen_kappa(other).value
    assert agreement.scott_pi(one) == agreement.scott_pi(other)


def test_near_misses_cost_less_than_far_ones_on_an_ordered_scale():
    agreed = [(rank, rank) for rank in range(1, 6)] * 4
    near, far = (agreement.agreement(units(*agreed, *[pair] * 4)) for pair in ((1, 2), (1, 5)))
    assert near.alpha_ordinal.value > far.alpha_ordinal.value
    assert near.raw == far.raw


def test_only_the_order_of_the_scale_counts_not_the_numbers_on_it():
    close, wide = (units(*[(a, a), (a, b), (b, c), (c, c)] * 5) for a, b, c in ((1, 2, 3), (-7, 0, 100)))
    assert agreement.agreement(close) == agreement.agreement(wide)


def test_a_rating_without_a_position_is_a_category_of_its_own_but_has_no_place_in_an_order():
    found = agreement.agreement(units(*[(1, 1), (2, 2)] * 10, *[("unverifiable", 2)] * 3, ("unverifiable", 1, 2)))
    assert found.raw == Coefficient(20 / 26, 24, 26)
    assert (found.cohen_kappa.n_units, found.scott_pi.n_units) == (23, 23)
    assert (found.alpha_ordinal.n_units, found.alpha_ordinal.n_pairs) == (21, 21)
    assert found.off_scale == 4


def test_a_round_of_three_has_three_pairs_and_no_part_in_coefficients_for_two():
    found = agreement.agreement(units(*[(1, 1, 2)] * 20))
    assert found.raw == Coefficient(1 / 3, 20, 60)
    assert found.alpha_ordinal.n_pairs == 60
    assert found.cohen_kappa == found.scott_pi == Coefficient(None, 0, 0, Reason.NO_PAIRS)


@pytest.mark.parametrize(
    ("ratings", "value", "n", "reason"),
    [
        ([], None, 0, "no_pairs"),
        ([(1,)] * 30, None, 0, "no_pairs"),
        ([(1, 2)] + [(1, 1)] * 18, None, 19, "too_few"),
        ([(1, 1)] * 19, None, 19, "too_few"),
        ([(1, 1)] * 20, None, 20, "no_variance"),
        ([(1, 1)] * 10 + [(2, 2)] * 10, 1.0, 20, None),
    ],
)
@pytest.mark.parametrize("name", ["raw", "cohen_kappa", "scott_pi", "alpha_ordinal"])
def test_a_coefficient_says_why_it_is_undefined_and_always_of_how_many(name, ratings, value, n, reason):
    assert getattr(agreement.agreement(units(*ratings)), name) == Coefficient(value, n, n, reason)


def test_no_order_is_left_when_all_ratings_of_a_scale_are_one_and_the_rest_are_off_it():
    found = agreement.agreement(units(*[(1, 1)] * 20, *[("unverifiable", "unverifiable")] * 20))
    assert found.raw.value == found.cohen_kappa.value == 1.0
    assert found.alpha_ordinal == Coefficient(None, 20, 20, Reason.NO_VARIANCE)


def test_two_seats_that_never_chose_the_same_agree_no_better_than_chance():
    assert agreement.cohen_kappa(units(*[(1, 2)] * 20)).value == 0.0


def exported(rounds: list[tuple[str, str, tuple[int | str, ...]]]) -> list[dict[str, str]]:
    """Written as CSV with a column that nobody asked for, shuffled, and read again."""
    file = io.StringIO()
    writer = csv.DictWriter(file, [*COLUMNS, "closed_at"])
    writer.writeheader()
    rows = [
        {
            "review": review, "round": number, "seat": seat, "rating": f"r{rating}" if isinstance(rating, int) else rating,
            "rank": rating if isinstance(rating, int) else "", "closed_at": "2026-01-01",
        }
        for review, number, ratings in rounds
        for seat, rating in enumerate(ratings, 9)
    ]  # fmt: skip
    random.Random(4).shuffle(rows)
    writer.writerows(rows)
    return list(csv.DictReader(io.StringIO(file.getvalue())))


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([1, 2, 3, "unverifiable"]), min_size=2, max_size=3).map(tuple),
        min_size=40,
        max_size=60,
    )
)
def test_the_rows_of_an_export_give_the_same_numbers(ratings):
    # Two rounds of one review are two units.
    rounds = [(f"review {index // 2}", str(index % 2 + 1), each) for index, each in enumerate(ratings)]
    rows = exported(rounds)
    assert {(unit.review, unit.ratings) for unit in agreement.units_of_rows(rows)} == {
        (name, each) for name, _, each in rounds
    }
    assert agreement.agreement_of_rows(rows) == agreement.agreement(units(*ratings))


def test_an_export_with_a_revised_verdict_beside_the_sealed_one_is_refused():
    rows = exported([("a review", "1", (1, 2))])
    with pytest.raises(ValueError, match=r"seat \d+ of round 1 of review a review occurs twice"):
        agreement.agreement_of_rows([*rows, {**rows[0], "rank": "3"}])


@pytest.mark.parametrize(
    ("hours", "spread"),
    [
        ([], Spread(None, None, 0, Reason.TOO_FEW)),
        ([5.0], Spread(5.0, None, 1, Reason.TOO_FEW)),
        ([9.0, 1.0], Spread(5.0, None, 2, Reason.TOO_FEW)),
        (range(1, 10), Spread(5.0, None, 9, Reason.TOO_FEW)),
        (range(10, 0, -1), Spread(5.5, 9.1, 10)),
        ([1.0] * 9 + [101.0], Spread(1.0, 11.0, 10)),
        (range(1, 12), Spread(6.0, 10.0, 11)),
    ],
)
def test_turnaround_is_a_median_and_a_ninth_decile_with_their_number(hours, spread):
    found = agreement.quantiles(hours)
    assert (found.median, found.n, found.reason) == (spread.median, spread.n, spread.reason)
    assert found.p90 == (None if spread.p90 is None else pytest.approx(spread.p90))


def test_a_balance_shows_every_group_with_the_number_behind_it_also_those_never_chosen():
    assert agreement.selection_balance({"Ministry": 5, "Opposition": 10, "Zeitung": 0, None: 5}) == (
        Share("Opposition", 10, 20, 0.5),
        Share("Ministry", 5, 20, 0.25),
        Share(None, 5, 20, 0.25),
        Share("Zeitung", 0, 20, 0.0),
    )


def test_a_balance_of_a_handful_has_counts_but_no_shares():
    assert agreement.selection_balance({"Ministry": 19}) == (Share("Ministry", 19, 19, None, Reason.TOO_FEW),)
    assert agreement.selection_balance({}) == ()


def test_the_order_of_verdicts_moves_no_digit():
    rounds = [(random.Random(seed).randrange(5), random.Random(seed + 1).randrange(5)) for seed in range(200)]
    found = agreement.agreement(units(*rounds))
    assert found.alpha_ordinal.reason is None
    for seed in range(20):
        random.Random(seed).shuffle(rounds)
        assert agreement.agreement(units(*rounds)) == found
