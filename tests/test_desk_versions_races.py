"""Keepers meet, or one clicks twice: of two equal versions, and of two desks of one name, one is made."""

from __future__ import annotations

import time

import pytest

from reviews.models import Desk, ReviewPolicy
from reviews.workflow import desks
from tests import make
from tests.racing import at_once


@pytest.fixture
def room(committed_database):
    return make.newsroom()


def slowly(look):
    def looked(*asked):
        found = look(*asked)
        time.sleep(0.2)  # each has looked by now, and neither has committed
        return found

    return looked


def made_twice(room, monkeypatch) -> list[str]:
    """What two clicks were answered, by kind."""
    monkeypatch.setattr(desks, "same_policy", slowly(desks.same_policy))
    policy = room.desk.policy
    numbers = desks.numbers_of(policy) | {"seats": 7}
    answers = at_once(*[lambda: desks.add_other_policy(policy.name, numbers, actor=None)] * 2)
    return sorted(type(answer).__name__ for answer in answers)


def test_of_two_equal_versions_at_once_one_is_made_and_the_other_refused(room, monkeypatch):
    assert made_twice(room, monkeypatch) == ["InvalidInput", "ReviewPolicy"]
    assert ReviewPolicy.objects.filter(name=room.desk.policy.name).count() == 2
    night = desks.definition_of(room.desk) | {"name": "Night desk"}
    answers = at_once(*[lambda: desks.load_desk(night, actor=None)] * 2)
    assert answers == [Desk.objects.get(name="Night desk")] * 2


def test_without_waiting_for_each_other_one_meets_the_number_of_the_other(room, monkeypatch):
    monkeypatch.setattr(desks, "_wait_for", lambda model, name: None)
    assert made_twice(room, monkeypatch) == ["ReviewPolicy", "RuntimeError"]
