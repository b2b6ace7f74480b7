"""Wherever a review can get, it got there as the design says; and wherever chance leads it, what must hold holds."""

from __future__ import annotations

import pytest
from django.db import connection

from factcheck.audit import events
from reviews.workflow import acting
from tests import review_chance, review_walk
from tests.defects import SEES_SEALED_VERDICTS

pytestmark = pytest.mark.django_db

SEEDS = (1, 2, 3, 4)


def test_every_move_from_every_state_of_a_small_model_leads_where_the_design_says():
    walked = review_walk.walk_everywhere()
    assert {state.stage for state in walked.states} == {
        "queued", "research", "rating", "discussion", "adjudication", "drafting", "copy_edit", "approved", "closed",
    }  # fmt: skip
    assert walked.done >= len(walked.states) - 1
    assert walked.refused > walked.done


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_people_ask_for_they_are_answered_as_they_were_told_and_what_must_hold_holds(seed):
    counts = review_chance.walk_at_random(review_chance.A_WALK, seed)
    assert counts["done"] > review_chance.A_WALK / 2
    assert counts["stages"] >= 8
    assert all(counts[status] for status in ("403", "404", "409", "412", "428")), counts


def compares_no_version(monkeypatch):
    monkeypatch.setattr(acting, "check_version", lambda *_: None)


def tells_of_no_hold(monkeypatch):
    record = events.record
    monkeypatch.setattr(
        events, "record", lambda subject, action, **told: action == "hold" or record(subject, action, **told)
    )


def shows_what_is_sealed(_):
    with connection.cursor() as cursor:
        cursor.execute(SEES_SEALED_VERDICTS)


@pytest.mark.parametrize(
    ("defect", "finding"),
    [
        (compares_no_version, r"expected \(412, 'stale_version'\)"),
        (tells_of_no_hold, "the last event tells of another version"),
        (shows_what_is_sealed, "a sealed verdict is in the view"),
    ],
)
def test_chance_finds_what_is_wrong(monkeypatch, defect, finding):
    defect(monkeypatch)
    with pytest.raises(AssertionError, match=finding):
        review_chance.walk_at_random(review_chance.A_WALK, 1)
