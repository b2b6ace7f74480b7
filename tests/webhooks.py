"""Endpoints of tests, and what a worker does for them, here and now."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job, JobState
from factcheck.webhooks import endpoints
from factcheck.webhooks.models import WebhookDelivery, WebhookEndpoint
from factcheck.webhooks.queueing import DELIVER
from reviews.models import DeskMembership
from tests import make
from tests.receiving import URL


def listen(actor: User, *event_types: str, url: str = URL, **more: Any) -> tuple[WebhookEndpoint, str]:
    """An endpoint that is told of these, and its secret."""
    return endpoints.add_endpoint(url, event_types, actor=actor, **more)


def keeper(room: make.Newsroom) -> User:
    """Kim, who keeps the accounts, and is of the desk."""
    kim = make.user("kim", "admin")
    DeskMembership.objects.create(desk=room.desk, user=kim)
    return kim


def attempt() -> int:
    """Every delivery that is due is tried once. Returns how many; other work is left out."""
    Job.objects.filter(state=JobState.QUEUED).exclude(kind=DELIVER).delete()
    count = 0
    while jobs.work("tests"):
        count += 1
    return count


def hurry() -> None:
    """Every pause is over."""
    now = timezone.now()
    WebhookEndpoint.objects.exclude(resting_until=None).update(resting_until=now)
    WebhookDelivery.objects.exclude(next_attempt_at=None).update(next_attempt_at=now)
    Job.objects.filter(kind=DELIVER, state=JobState.QUEUED).update(due_at=now)


def pause() -> float:
    """Seconds from the last attempt of the only delivery until its next one: not less than were meant, and what the attempt took."""
    delivery = WebhookDelivery.objects.get()
    job = Job.objects.get(kind=DELIVER, state=JobState.QUEUED)
    assert job.due_at == delivery.next_attempt_at
    return (job.due_at - delivery.attempts.latest("number").at).total_seconds()
