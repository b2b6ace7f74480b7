"""Publications meet: one review is published once, and whoever polls while two reviews are published misses neither."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections, transaction
from django.utils import timezone

from factcheck.audit import events
from factcheck.errors import Problem
from reviews import workflow
from reviews.facts import Stage
from reviews.models import FactCheck, FactCheckRevision, Retraction, Review
from reviews.stages import Action
from reviews.workflow import ActionBlocked, publishing
from tests import make, reviewing
from tests.racing import at_once, refusals, without_the_lock

SOON_SECONDS = 0.5  # by then somebody who waits for nobody has long published


@pytest.fixture
def room(committed_database):
    return make.newsroom()


def test_of_editors_who_publish_at_once_one_does_and_the_others_are_told(room):
    review = make.review(room, Stage.APPROVED)
    editors = (room.emil, room.gwen, room.emil, room.gwen)
    answers = at_once(*(lambda who=who: workflow.publish(review.pk, actor=who) for who in editors))
    assert [type(answer) for answer in refusals(answers)] == [ActionBlocked] * 3
    assert FactCheckRevision.objects.filter(fact_check__review=review).count() == 1


def publish_while_another_is_not_committed(room) -> bool:
    """Whether somebody else has published another review before the first one's transaction ends."""
    first, second = (make.review(room, Stage.APPROVED, text=f"Rents in street {number} fell.") for number in (1, 2))
    is_done = threading.Event()

    def publish() -> None:
        try:
            workflow.publish(second.pk, actor=room.gwen)
            is_done.set()
        finally:
            connections.close_all()

    other = threading.Thread(target=publish)
    with transaction.atomic():
        workflow.publish(first.pk, actor=room.emil)
        other.start()
        was_done = is_done.wait(SOON_SECONDS)
    other.join(20)
    assert is_done.is_set()
    in_order = FactCheck.objects.order_by("changed_at").values_list("review", flat=True)
    assert list(in_order) == [first.pk, second.pk]
    return was_done


def test_nobody_publishes_with_a_later_time_before_an_earlier_one_can_be_seen(room):
    assert not publish_while_another_is_not_committed(room)


def test_without_that_whoever_polls_in_between_would_miss_the_earlier_one(room, monkeypatch):
    monkeypatch.setattr(publishing, "_its_own_moment", timezone.now)
    assert publish_while_another_is_not_committed(room)


# A small change and a retraction


def change_against_retraction(room, review: Review) -> list[Any]:
    digest = review.draft.digest
    return at_once(
        lambda: workflow.publish_minor(review.pk, "typo", draft_digest=digest, actor=room.emil),
        lambda: workflow.retract(review.pk, actor=room.gwen),
    )


@pytest.mark.parametrize("number", range(3))
def test_of_a_small_change_and_a_retraction_one_is_made_and_the_other_is_told(room, number):
    review = reviewing.full_review(room, Stage.UNDER_REVISION)
    answers = change_against_retraction(room, review)
    [refusal] = refusals(answers)
    assert isinstance(refusal, ActionBlocked)
    is_retracted = answers[0] is refusal
    assert reviewing.at(review).stage == (Stage.RETRACTED if is_retracted else Stage.PUBLISHED)
    assert FactCheckRevision.objects.count() == (1 if is_retracted else 2)
    assert Retraction.objects.count() == is_retracted
    [code] = [blocker["code"] for blocker in refusal.extra["blocked_by"]]
    assert code == ("stage_is_retracted" if is_retracted else "nothing_proposed")


def test_without_the_lock_nobody_would_be_told_and_only_the_database_would_stop_one(room, monkeypatch):
    review = reviewing.full_review(room, Stage.UNDER_REVISION)
    with without_the_lock(monkeypatch, meeting=2):
        answers = change_against_retraction(room, review)
    assert nobody_was_told(answers)
    assert FactCheckRevision.objects.count() == 2 - Retraction.objects.count()


# A request that is answered while what it brought about ends


def test_a_request_that_its_handler_resolves_meanwhile_is_answered_once(room):
    review = make.review(room, Stage.PUBLISHED)
    request, _ = workflow.request_correction(review.fact_check.pk, text="Page 3 says otherwise.")
    workflow.acknowledge(request.pk, actor=room.hal)
    workflow.open_revision(review.pk, correction_request=request.pk, actor=room.hal)
    failed: list[BaseException] = []

    def dismiss() -> None:
        try:
            why = reviewing.why(Action.DISMISS_REVISION)
            workflow.dismiss_revision(review.pk, answer="It stands.", actor=room.gwen, **why)
        except BaseException as error:
            failed.append(error)
        finally:
            connections.close_all()

    other = threading.Thread(target=dismiss)
    with transaction.atomic():
        workflow.resolve(request.pk, answer="It is of another year.", actor=room.hal)
        other.start()
        time.sleep(SOON_SECONDS)
    other.join(20)
    request.refresh_from_db()
    assert (failed, reviewing.at(review).stage) == ([], Stage.PUBLISHED)
    assert (request.state, request.answer) == ("resolved", "It is of another year.")
    assert [event.action for event in events.events(request)][-2:] == ["accept", "resolve"]


# A publication that is due


def due(room) -> Review:
    review = make.review(room, Stage.COPY_EDIT)
    at = timezone.now() + timedelta(seconds=0.3)
    workflow.approve(review.pk, **reviewing.what_an_editor_sees(review), publish_at=at, actor=room.emil)
    time.sleep(0.4)
    return review


def test_of_workers_who_publish_what_is_due_one_does(room):
    review = due(room)
    answers = at_once(*[lambda: publishing.publish_due(review.pk)] * 3)
    assert refusals(answers) == []
    assert sorted(answers) == [False, False, True]
    assert FactCheckRevision.objects.count() == 1


def test_of_an_editor_and_a_worker_one_publishes(room):
    review = due(room)
    by_editor, by_worker = at_once(
        lambda: workflow.publish(review.pk, actor=room.gwen), lambda: publishing.publish_due(review.pk)
    )
    is_the_editor_s = isinstance(by_editor, Review)
    assert is_the_editor_s or isinstance(by_editor, ActionBlocked)
    assert by_worker is not is_the_editor_s
    assert FactCheckRevision.objects.get().published_by == (room.gwen if is_the_editor_s else None)


def test_without_the_lock_two_workers_would_both_publish_it(room, monkeypatch):
    review = due(room)
    with without_the_lock(monkeypatch, meeting=2):
        answers = at_once(*[lambda: publishing.publish_due(review.pk)] * 2)
    # The database stops one, as a fault of ours.
    assert nobody_was_told(answers)
    assert sorted(map(str, answers))[1] == "True"


def nobody_was_told(answers: list[Any]) -> bool:
    return not any(isinstance(answer, Problem) or answer is False for answer in answers)
