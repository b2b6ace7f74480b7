"""Publications meet: one review is published once, and whoever polls while two reviews are published misses neither."""

from __future__ import annotations

import threading

import pytest
from django.db import connections, transaction
from django.utils import timezone

from reviews import workflow
from reviews.facts import Stage
from reviews.models import FactCheck, FactCheckRevision
from reviews.workflow import ActionBlocked, publishing
from tests import make
from tests.racing import at_once, refusals

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
