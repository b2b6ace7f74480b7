"""Several people meet at one review: whoever was faster wins, the others are told, and nothing is done twice or lost."""

from __future__ import annotations

import threading

import pytest
from django.db import IntegrityError, transaction

from claims import pipeline
from claims.triage import TriageAction
from factcheck.audit import events
from factcheck.errors import Problem
from reviews import workflow
from reviews.facts import Stage
from reviews.models import EvidenceSet, Review, Round
from reviews.stages import Action
from reviews.workflow import acting, drafting, overlays, rating
from tests import make, review_races, reviewing
from tests.racing import after, at_once, refusals, without_skipping, without_the_lock
from tests.reviewing import at, why

ROUNDS = 30
CLIENTS = 4


@pytest.fixture
def room(committed_database):
    return make.newsroom()


@pytest.mark.parametrize("race", review_races.NAMES)
def test_of_people_who_meet_nobody_is_lost_and_nothing_is_done_twice(committed_database, race):
    # Over HTTP a round takes three times as long.
    review_races.run(race, ROUNDS // 3 if race.endswith("_over_http") else ROUNDS, CLIENTS)


def test_whoever_asks_the_queue_waits_for_nobody_who_is_taking(room):
    """The best is being taken, in a transaction that has not ended: the next best is handed out at once."""
    best, next_best = make.review(room), make.review(room)
    with transaction.atomic():
        Review.objects.select_for_update(no_key=True).get(pk=best.pk)
        answers = at_once(lambda: workflow.take_next(room.desk.pk, actor=room.finn))
    assert refusals(answers) == []
    assert [review.pk for review in answers] == [next_best.pk]


# Each of these races without its guard.


def nobody_was_told(answers) -> bool:
    """Both went through, or the database stopped one of them, which is no answer to give: never a refusal."""
    return not any(isinstance(answer, Problem) for answer in answers)


def test_without_the_lock_two_last_verdicts_would_leave_the_round_open(room, monkeypatch):
    review = reviewing.full_review(room, Stage.RATING)
    both = threading.Barrier(2)
    close = rating.close_round_if_complete

    def wait(review):
        both.wait(20)  # have voted
        close(review)
        both.wait(20)  # have counted, before either commits

    monkeypatch.setattr(rating, "close_round_if_complete", wait)
    with without_the_lock(monkeypatch):
        assert refusals(review_races.votes(room, review)) == []
    assert workflow.verdicts_submitted(at(review)) == 2
    assert Round.objects.get(review=review).closed_at is None


def test_without_the_lock_nobody_who_takes_a_review_too_late_would_be_told(room, monkeypatch):
    review = make.review(room)
    people = (room.finn, make.user("emil", "researcher"))
    with without_the_lock(monkeypatch, meeting=2):
        answers = at_once(*(lambda who=who: workflow.take(review.pk, actor=who) for who in people))
    assert nobody_was_told(answers)


def test_without_the_lock_the_queue_would_give_one_review_to_two(room, monkeypatch):
    first, second = make.review(room), make.review(room)
    people = (room.finn, make.user("emil", "researcher"))
    with without_skipping(monkeypatch):
        answers = at_once(*(lambda who=who: workflow.take_next(room.desk.pk, actor=who) for who in people))
    assert nobody_was_told(answers)
    assert (at(first).stage, at(second).stage) == (Stage.RESEARCH, Stage.QUEUED)


def test_without_the_lock_nobody_who_approves_what_is_being_sent_back_would_be_told(room, monkeypatch):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    with without_the_lock(monkeypatch, meeting=2):
        answers = at_once(
            lambda: workflow.approve(review.pk, actor=room.emil, **seen),
            lambda: workflow.send_back(review.pk, Stage.DRAFTING, actor=room.gwen, **why(Action.SEND_BACK)),
        )
    assert nobody_was_told(answers)


def test_without_the_lock_evidence_would_be_in_use_that_is_not_in_the_frozen_set(room, monkeypatch):
    review = reviewing.full_review(room, Stage.RESEARCH)
    with without_the_lock(monkeypatch):
        answers = after(
            monkeypatch, rating, "freeze",
            lambda: workflow.add_evidence(review.pk, reviewing.ITEM, actor=room.finn),
        )  # fmt: skip
        workflow.submit_for_rating(review.pk, actor=room.finn)
    assert refusals(answers) == []
    assert len(EvidenceSet.objects.get().items) == review.evidence.count() - 1


def mark(room, review):
    item = review.evidence.order_by("id").first()
    return lambda: workflow.mark_unreliable(item.pk, actor=room.gwen, **why(Action.MARK_UNRELIABLE))


def test_without_the_lock_one_origin_could_be_rated_though_two_are_asked_for(room, monkeypatch):
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, "refutes", "Ministry")
    make.evidence(room, review, "supports", "Bank")
    with without_the_lock(monkeypatch):
        answers = after(monkeypatch, rating, "begin", mark(room, review))
        workflow.submit_for_rating(review.pk, actor=room.finn)
    assert refusals(answers) == []
    order = list(events.events(review).values_list("action", flat=True))
    assert order[-2:] == ["mark_unreliable", "submit_for_rating"]
    assert at(review).stage == Stage.RATING


def test_without_the_lock_what_rests_on_unreliable_evidence_could_be_approved(room, monkeypatch):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    with without_the_lock(monkeypatch):
        answers = after(monkeypatch, drafting, "current_evidence", mark(room, review))
        workflow.approve(review.pk, actor=room.emil, **seen)
    assert refusals(answers) == []
    assert at(review).stage == Stage.APPROVED
    assert workflow.facts_of(at(review), room.emil).is_stale


def test_without_the_lock_on_the_claim_only_the_database_would_keep_a_rejected_claim_from_review(room, monkeypatch):
    review = make.review(room, Stage.CLOSED)
    monkeypatch.setattr(overlays, "_lock_claim_of", lambda review_id: None)
    restore = lambda: pipeline.triage(review.claim_id, TriageAction.RESTORE, actor=room.ada)  # noqa: E731
    answers = after(monkeypatch, acting, "begin", restore)
    with pytest.raises(IntegrityError, match="is not accepted"):
        workflow.reopen(review.pk, actor=room.emil, **why(Action.REOPEN))
    assert refusals(answers) == []
