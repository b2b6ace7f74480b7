"""What workers do for webhooks; imported so that the queue knows who handles what."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job
from factcheck.webhooks import delivering, readers
from factcheck.webhooks.queueing import DELIVER


def _seen(user: User) -> QuerySet[Any]:
    return readers.deliveries_visible_to(user).values("pk")


@jobs.handles(
    DELIVER,
    unit="delivery",
    result=delivering.Delivered,
    visible=_seen,
    is_outgoing=True,
    parked=delivering.give_up,
    cancelled=delivering.give_up,
    retried=delivering.take_up,
)
def deliver(job: Job) -> None:
    delivering.deliver(job)
