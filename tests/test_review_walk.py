"""Wherever a review can get, it got there as the design says; and wherever chance leads it, what must hold holds."""

from __future__ import annotations

import pytest

from tests import review_walk

pytestmark = pytest.mark.django_db

STEPS = 300
SEED = 4


def test_every_move_from_every_state_of_a_small_model_leads_where_the_design_says():
    walked = review_walk.walk_everywhere()
    assert {state.stage for state in walked.states} == {
        "queued", "research", "rating", "discussion", "adjudication", "drafting", "copy_edit", "approved", "closed",
    }  # fmt: skip
    assert walked.done >= len(walked.states) - 1
    assert walked.refused > walked.done


def test_whatever_people_do_what_must_hold_holds():
    counts = review_walk.walk_at_random(STEPS, SEED)
    assert counts["done"] > STEPS / 2
    assert counts["refused"] > STEPS / 20
    assert counts["stages"] >= 8
