"""Editors who meet and requests that are repeated, more often than a test may. EDIT_ROUNDS (200) and REPEATED_KEYS (500) change the counts."""

from __future__ import annotations

import os

from claims.models import Claim
from factcheck.models import IdempotencyRecord
from tests import make
from tests.api import api
from tests.editing import each_key_acts_once, exactly_one_wins_each_round

ROUNDS = int(os.environ.get("EDIT_ROUNDS", "200"))
KEYS = int(os.environ.get("REPEATED_KEYS", "500"))


def test_of_two_editors_of_one_claim_one_wins_every_time(committed_database):
    exactly_one_wins_each_round([make.user("ada", "triager"), make.user("emil", "triager")], ROUNDS)
    assert Claim.objects.filter(version=2).count() == ROUNDS


def test_every_post_that_is_sent_four_times_at_once_acts_once(committed_database):
    each_key_acts_once(api(make.user("ada", "triager")), KEYS, times=4)
    assert Claim.objects.count() == IdempotencyRecord.objects.count() == KEYS
