"""Wherever a review can get, it got there as the design says; and wherever chance leads it, what must hold holds."""

from __future__ import annotations

import pytest
from django.db import connection

from tests import review_chance, review_walk
from tests.defects import DEFECTS, holder_of

pytestmark = pytest.mark.django_db

SEED = 2


def test_every_move_from_every_state_of_a_small_model_leads_where_the_design_says():
    walked = review_walk.walk_everywhere()
    assert {state.stage for state in walked.states} == {
        "queued", "research", "rating", "discussion", "adjudication", "drafting", "copy_edit", "approved", "published", "under_revision",
        "retracted", "closed",
    }  # fmt: skip
    assert walked.done >= len(walked.states) - 1
    assert walked.refused > walked.done


def test_whatever_people_ask_for_they_are_answered_as_they_were_told_and_what_must_hold_holds():
    counts = review_chance.walk_at_random(review_chance.A_WALK, SEED)
    assert counts["done"] > review_chance.A_WALK / 2
    assert counts["stages"] >= 9
    assert all(counts[status] for status in ("403", "404", "409", "412", "428")), counts


@pytest.mark.parametrize(
    ("name", "finding"),
    [
        ("a review's version that is not compared", r"expected \(412, 'stale_version'\)"),
        ("a seal that is none", "a sealed verdict is in the view"),
    ],
)
def test_chance_finds_what_is_wrong(monkeypatch, name, finding):
    [defect] = [defect for defect in DEFECTS if defect.name == name]
    if isinstance(defect.make, str):
        with connection.cursor() as cursor:
            cursor.execute(defect.make)
    else:
        holder, function = holder_of(defect.place)
        monkeypatch.setattr(holder, function, defect.make(getattr(holder, function)))
    with pytest.raises(AssertionError, match=finding):
        review_chance.walk_at_random(review_chance.A_WALK, SEED)
