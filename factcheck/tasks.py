"""What the broker's messages start. They carry no data: the rows do."""

import os

from celery import shared_task

from factcheck import jobs, workers
from factcheck.accounts import sessions
from factcheck.api import idempotency
from factcheck.celery import NODE
from factcheck.notifications import telling
from factcheck.webhooks import delivering


@shared_task(name=workers.NUDGE)
def work() -> None:
    """Do one job and pass the nudge on: each job has the whole time limit, and a backlog keeps every process busy."""
    if jobs.work(os.environ.get(NODE, "worker")):
        workers.nudge()


@shared_task(name="factcheck.sweep", time_limit=30, soft_time_limit=25)
def sweep() -> dict[str, int]:
    return jobs.sweep()


@shared_task(name="factcheck.forget", time_limit=300, soft_time_limit=290)
def forget() -> dict[str, int]:
    """Delete what has served its time: kept answers after a day, heartbeats of workers that are gone, sessions that ended,
    notifications after 90 days, deliveries of webhooks after WEBHOOK_KEPT_DAYS.
    """
    return {
        "answers": idempotency.forget(),
        "workers": workers.forget(),
        "sessions": sessions.forget(),
        "notifications": telling.forget(),
        "webhook_deliveries": delivering.forget(),
    }
