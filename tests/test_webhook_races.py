"""Whoever works at the same moment sends each thing once."""

from __future__ import annotations

import threading

import pytest
from django.db import connection
from django.utils import timezone

from factcheck import jobs
from factcheck.ids import uuid7
from factcheck.models import Job, JobState
from factcheck.webhooks import endpoints
from factcheck.webhooks.models import WebhookDelivery
from factcheck.webhooks.queueing import DELIVER
from tests import make
from tests.webhooks import listen


@pytest.fixture
def waiting(committed_database) -> WebhookDelivery:
    """One test event that nobody has sent yet."""
    kim = make.user("kim", "admin")
    endpoint, _ = listen(kim, "claim.accepted")
    return endpoints.send_test(endpoint.pk, actor=kim)


def at_once(workers: int = 4) -> None:
    start = threading.Barrier(workers)

    def work() -> None:
        connection.ensure_connection()
        start.wait(20)
        jobs.work("thread")
        connection.close()

    running = [threading.Thread(target=work) for _ in range(workers)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()


def test_workers_that_look_at_the_same_moment_send_it_once(waiting, receiver, monkeypatch):
    all_have_looked = threading.Barrier(4)

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
        at_once()
    assert len(receiver.messages) > 1, "the race was not shown"

    Job.objects.all().delete()
    receiver.messages.clear()
    endpoints.replay(waiting.pk, actor=make.user("kim"))
    at_once()
    assert len(receiver.messages) == 1
    waiting.refresh_from_db()
    assert (waiting.state, waiting.attempts.count()) == ("delivered", 2)
