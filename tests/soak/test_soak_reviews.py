"""Eight people at one review, more often than a test may. REVIEW_ROUNDS (300) changes how often."""

from __future__ import annotations

import os

import pytest

from tests import review_races

ROUNDS = int(os.environ.get("REVIEW_ROUNDS", "300"))
CLIENTS = 8


@pytest.mark.parametrize("race", review_races.NAMES)
def test_of_eight_who_meet_nobody_is_lost_and_nothing_is_done_twice(committed_database, race):
    review_races.run(race, ROUNDS, CLIENTS)
