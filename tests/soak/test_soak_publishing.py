"""What is due is published once, however often the workers are killed."""

from __future__ import annotations

import time
from datetime import timedelta

from django.utils import timezone

from factcheck import jobs
from factcheck.audit.verifying import verify
from reviews import workflow
from reviews.facts import Stage
from reviews.models import FactCheckRevision, Review
from reviews.workflow import publishing
from tests import make, reviewing
from tests.services import Worker, wait_until

REVIEWS = 30


def test_what_is_due_while_every_worker_is_killed_is_published_once_after_a_restart(worker: Worker):
    room = make.newsroom()
    worker.kill()
    at = timezone.now() + timedelta(seconds=40)
    for number in range(REVIEWS):
        review = make.review(room, Stage.COPY_EDIT, text=f"Rents in street {number} fell.")
        workflow.approve(review.pk, **reviewing.what_an_editor_sees(review), publish_at=at, actor=room.emil)
    time.sleep(max(0, (at - timezone.now()).total_seconds()))
    kills = 0
    while Review.objects.filter(stage=Stage.APPROVED).exists() and kills < 20:
        worker.start()
        # What beat does.
        publishing.queue_due()
        jobs.sweep()
        time.sleep(0.3)
        worker.kill()
        kills += 1
    assert kills
    worker.start()
    wait_until(
        lambda: jobs.sweep() is not None and not Review.objects.filter(stage=Stage.APPROVED).exists(),
        timeout_seconds=120,
        what="all published",
    )
    assert publishing.queue_due() == 0
    assert FactCheckRevision.objects.count() == REVIEWS
    assert set(FactCheckRevision.objects.values_list("number", "published_by")) == {(1, None)}
    assert list(verify()) == []
