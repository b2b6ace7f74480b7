"""Eight people at one review, and chance at all of them, more often than a test may. REVIEW_ROUNDS (300) and REVIEW_STEPS (20000) change
how often."""

from __future__ import annotations

import os

import pytest
from django.db import transaction

from tests import review_races, review_walk

ROUNDS = int(os.environ.get("REVIEW_ROUNDS", "300"))
STEPS = int(os.environ.get("REVIEW_STEPS", "20000"))
CLIENTS = 8
A_WALK = 500  # steps; a longer one spends its time on looking at the rows of reviews that nobody touches any more


@pytest.mark.parametrize("race", review_races.NAMES)
def test_of_eight_who_meet_nobody_is_lost_and_nothing_is_done_twice(committed_database, race):
    review_races.run(race, ROUNDS, CLIENTS)


@pytest.mark.django_db
def test_wherever_chance_leads_what_must_hold_holds():
    done = refused = 0
    for seed in range(1, STEPS // A_WALK + 1):
        print(f"seed {seed}", flush=True)
        with transaction.atomic():
            counts = review_walk.walk_at_random(A_WALK, seed)
            transaction.set_rollback(True)
        done, refused = done + counts["done"], refused + counts["refused"]
    print(f"{done} done, {refused} refused")
