"""Eight people at one review, and chance at all of them, more often than a test may. REVIEW_ROUNDS (300) and REVIEW_STEPS (20000) change
how often."""

from __future__ import annotations

import os
from collections import Counter

import pytest
from django.db import transaction

from tests import review_chance, review_races

ROUNDS = int(os.environ.get("REVIEW_ROUNDS", "300"))
STEPS = int(os.environ.get("REVIEW_STEPS", "20000"))
CLIENTS = 8


@pytest.mark.parametrize("race", review_races.NAMES)
def test_of_eight_who_meet_nobody_is_lost_and_nothing_is_done_twice(committed_database, race):
    review_races.run(race, ROUNDS, CLIENTS)


@pytest.mark.django_db
def test_wherever_chance_leads_what_must_hold_holds():
    counts = Counter[str]()
    for seed in range(1, STEPS // review_chance.A_WALK + 1):
        print(f"seed {seed}", flush=True)
        with transaction.atomic():
            counts += review_chance.walk_at_random(review_chance.A_WALK, seed)
            transaction.set_rollback(True)
    print(dict(counts))
