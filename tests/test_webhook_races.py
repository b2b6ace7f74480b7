"""Whoever works at the same moment sends each thing once."""

from __future__ import annotations

import threading

import pytest
from django.utils import timezone

from factcheck import jobs
from factcheck.ids import uuid7
from factcheck.models import Job, JobState
from factcheck.webhooks import endpoints
from factcheck.webhooks.models import WebhookDelivery
from factcheck.webhooks.queueing import DELIVER
from tests import make
from tests.racing import at_once, refusals
from tests.webhooks import listen


@pytest.fixture
def waiting(committed_database) -> WebhookDelivery:
    """One test event that nobody has sent yet."""
    kim = make.user("kim", "admin")
    endpoint, _ = listen(kim, "claim.accepted")
    return endpoints.send_test(endpoint.pk, actor=kim)


WORKERS = [lambda: jobs.work("thread")] * 4


def test_workers_that_look_at_the_same_moment_send_it_once(waiting, receiver, monkeypatch):
    all_have_looked = threading.Barrier(len(WORKERS))

    def unguarded(worker: str) -> Job | None:
        """What `lease` would be without its lock."""
        job = Job.objects.filter(kind=DELIVER, state=JobState.QUEUED).first()
        all_have_looked.wait(20)
        if job:
            job.state, job.lease_id, job.lease_until = JobState.RUNNING, uuid7(), timezone.now()
            job.save()
        return job

    with monkeypatch.context() as patch:
        patch.setattr(jobs, "lease", unguarded)
        at_once(*WORKERS)
    assert len(receiver.messages) > 1, "the race was not shown"

    Job.objects.all().delete()
    receiver.messages.clear()
    endpoints.replay(waiting.pk, actor=make.user("kim"))
    assert refusals(at_once(*WORKERS)) == []
    assert len(receiver.messages) == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts.count()) == ("delivered", 2)
