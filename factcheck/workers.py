"""Who works on the queue: heartbeats, how much the workers can take, and the nudges that make them look.

Workers write to the database, not to the broker, that they live: what they hold and whether they are there is asked in one place.
"""

from __future__ import annotations

import logging
import os
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from factcheck.models import Job, JobState, WorkerHeartbeat

logger = logging.getLogger(__name__)

STALE_SECONDS = 60  # six missed heartbeats
FORGOTTEN_SECONDS = 86_400
NUDGE = "factcheck.work"
START = "celery -A factcheck worker"  # how to start one, as every warning says


# Nudges


def nudge(count: int = 1) -> None:
    """Once the present transaction is committed, tell up to `count` free workers to look. Never fails: the sweeper looks anyway."""
    transaction.on_commit(lambda: _send(count))


def _send(count: int) -> None:
    from factcheck.celery import app

    try:
        with app.producer_pool.acquire(block=True, timeout=2) as producer:
            for _ in range(count):
                app.send_task(NUDGE, producer=producer, retry=False)
    except Exception as error:  # whatever a broker's client raises: the row is safe
        logger.warning("The broker did not take a nudge; the sweeper will find the work: %s", error)


def nudges_for(count: int) -> int:
    """How many nudges `count` new rows deserve: one for each idle worker process, at least one."""
    return max(1, min(count, idle()))


def idle() -> int:
    """Processes that have no job; below zero while more run than are heard of."""
    return capacity() - Job.objects.filter(state=JobState.RUNNING).count()


def capacity() -> int:
    """Processes of all workers heard of lately."""
    return sum(living().values_list("concurrency", flat=True))


def living(now: datetime | None = None) -> QuerySet[WorkerHeartbeat]:
    """The workers heard of lately."""
    since = (now or timezone.now()) - timedelta(seconds=STALE_SECONDS)
    return WorkerHeartbeat.objects.filter(seen_at__gte=since)


# Lives


def replace_lives(node: str, concurrency: int) -> list[str]:
    """This life of a worker begins. Returns the names of those that it follows: its own, and earlier ones whose process is gone.

    `node` is `name/pid`: two workers that were given one name must not take each other's work away.
    """
    name = node.rpartition("/")[0]
    lives = WorkerHeartbeat.objects.filter(node__startswith=f"{name}/")
    dead = [life.node for life in lives if life.node == node or not _is_alive(life.node)]
    lives.filter(node__in=dead).delete()
    heartbeat(node, concurrency)
    return [*dead, node]


def _is_alive(node: str) -> bool:
    # The name holds the host's, so a process of this number is looked for where it ran.
    try:
        os.kill(int(node.rpartition("/")[2]), 0)
    except (ProcessLookupError, ValueError):
        return False
    except PermissionError:
        return True
    return True


def heartbeat(node: str, concurrency: int) -> None:
    """Note that the worker lives. A database that is away is the next heartbeat's business."""
    now = timezone.now()
    try:
        # Made anew when it is gone: the sweeper forgets workers whose machine slept for a day.
        WorkerHeartbeat.objects.update_or_create(
            pk=node,
            defaults={"concurrency": concurrency, "seen_at": now},
            create_defaults={"concurrency": concurrency, "seen_at": now, "started_at": now},
        )
    except DatabaseError as error:
        logger.warning("No heartbeat written: %s", error)
        close_old_connections()


def stopped(node: str) -> None:
    WorkerHeartbeat.objects.filter(pk=node).delete()


def forget() -> int:
    """Delete the heartbeats of workers that were not heard of for a day. Returns how many."""
    oldest = timezone.now() - timedelta(seconds=FORGOTTEN_SECONDS)
    return WorkerHeartbeat.objects.filter(seen_at__lt=oldest).delete()[0]
