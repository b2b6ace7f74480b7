"""Which queued review is next, and why."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reviews.priority import contributions, priority

WEEK = 7 * 24.0

CLAIMS = st.fixed_dictionaries(
    {
        "check_worthiness": st.floats(0, 1),
        "risk": st.sampled_from(["normal", "high"]),
        "appearances": st.integers(0, 10_000),
        "waiting_hours": st.floats(0, 10_000),
    }
)


def test_a_priority_is_the_sum_of_what_is_shown():
    shown = {part.name: part.value for part in contributions(0.8, "high", 99, 84.0)}
    assert shown == {
        "check_worthiness": 0.8,
        "risk": 0.5,
        "demand": pytest.approx(0.4605170),
        "age": pytest.approx(0.5),
    }
    assert priority(0.8, "high", 99, 84.0) == pytest.approx(sum(shown.values()))


@settings(deadline=None)
@given(CLAIMS, CLAIMS)
def test_more_of_anything_never_lowers_it(one, other):
    for name in one:
        less, more = sorted((one[name], other[name]), key=lambda value: {"normal": 0, "high": 1}.get(value, value))
        assert priority(**{**one, name: less}) <= priority(**{**one, name: more})


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("check_worthiness", (0.0, 0.01, 0.5, 1.0)),
        ("risk", ("normal", "high")),
        ("appearances", (0, 1, 2, 50, 99)),
        ("waiting_hours", (0.0, 0.1, 24.0, 1000.0)),
    ],
)
def test_each_counts(name, values):
    claim = {"check_worthiness": 0.5, "risk": "normal", "appearances": 1, "waiting_hours": 1.0}
    found = [priority(**{**claim, name: value}) for value in values]
    assert found == sorted(set(found))


def test_a_claim_of_no_worth_passes_a_fresh_one_of_the_highest_after_a_week():
    fresh = priority(1.0, "normal", 1, 0.0)
    assert priority(0.0, "normal", 1, WEEK - 1) < fresh < priority(0.0, "normal", 1, WEEK + 1)


@settings(deadline=None)
@given(CLAIMS)
def test_whatever_is_opened_today_goes_behind_what_has_waited_for_two_weeks(claim):
    assert priority(**{**claim, "waiting_hours": 0.0}) < priority(0.0, "normal", 0, 2 * WEEK)


@settings(deadline=None)
@given(CLAIMS, CLAIMS, st.floats(0, 1000))
def test_waiting_together_changes_nobody_s_place(one, other, hours):
    later_one, later_other = ({**claim, "waiting_hours": claim["waiting_hours"] + hours} for claim in (one, other))
    before, after = priority(**one) - priority(**other), priority(**later_one) - priority(**later_other)
    assert after == pytest.approx(before, abs=1e-9)


def test_a_story_in_every_paper_weighs_no_more_than_one_in_ninety_nine():
    assert priority(0.5, "normal", 99, 0.0) == priority(0.5, "normal", 1_000_000, 0.0)


def test_a_claim_without_a_score_stands_in_the_middle():
    assert priority(0.49, "normal", 0, 0.0) < priority(None, "normal", 0, 0.0) < priority(0.51, "normal", 0, 0.0)


def test_an_unknown_risk_is_refused_instead_of_taken_for_normal():
    with pytest.raises(KeyError):
        contributions(0.5, "low", 1, 0.0)
