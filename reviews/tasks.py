"""What workers and beat do for reviews; imported so that the queue knows who handles what."""

from __future__ import annotations

from celery import shared_task

from factcheck import jobs
from factcheck.models import Job
from reviews.workflow import conflicts, opening, rating, snapshots


@jobs.handles(snapshots.SNAPSHOT, unit="page", result=snapshots.TakenSnapshot, parked=snapshots.park)
def snapshot(job: Job) -> None:
    snapshots.take(job)


@jobs.handles(snapshots.RECHECK, unit="snapshot", result=snapshots.Rechecked)
def recheck(job: Job) -> None:
    snapshots.recheck(job)


@shared_task(name="reviews.tend", time_limit=300, soft_time_limit=290)
def tend() -> dict[str, int]:
    """What time does to reviews: leases end, discussions are overdue, empty seats find somebody, accepted claims get a review."""
    return {
        "opened": opening.open_accepted(),
        "released": opening.release_expired(),
        "escalated": rating.escalate_overdue(),
        "seated": conflicts.refill_seats(),
        "rechecked": snapshots.queue_rechecks(),
    }
