"""Handlers meet: of two requests that are said to repeat each other one is left to be answered."""

from __future__ import annotations

import time

import pytest

from reviews import workflow
from reviews.facts import Stage
from reviews.models import CorrectionRequest
from reviews.workflow import corrections
from tests import make
from tests.racing import at_once, refusals


@pytest.fixture
def room(committed_database):
    return make.newsroom()


def called_the_same_both_ways(room, monkeypatch) -> list[str]:
    """The refusals, by code."""
    public = make.review(room, Stage.PUBLISHED).fact_check
    one, other = (workflow.request_correction(public.pk, text=text)[0].pk for text in ("Page 3!", "Page three."))
    for each in (one, other):
        workflow.acknowledge(each, actor=room.hal)
    answer = corrections._answer

    def slowly(*rest) -> None:
        time.sleep(0.2)  # each has looked by now, and neither has committed
        answer(*rest)

    monkeypatch.setattr(corrections, "_answer", slowly)

    def call(it, repeats):
        return lambda: workflow.mark_duplicate(it, duplicate_of=repeats, answer="Said twice.", actor=room.hal)

    answers = refusals(at_once(call(one, other), call(other, one)))
    return [error.code for refusal in answers for error in refusal.errors]


def test_of_two_requests_that_are_said_to_repeat_each_other_one_is_left_to_be_answered(room, monkeypatch):
    assert called_the_same_both_ways(room, monkeypatch) == ["duplicate_of_its_own"]
    assert sorted(CorrectionRequest.objects.values_list("state", flat=True)) == ["acknowledged", "duplicate"]


def test_without_waiting_for_each_other_both_are_and_nobody_is_answered(room, monkeypatch):
    monkeypatch.setattr(corrections, "_alone_in_naming", lambda request: None)
    assert called_the_same_both_ways(room, monkeypatch) == []
    assert set(CorrectionRequest.objects.values_list("state", flat=True)) == {"duplicate"}
