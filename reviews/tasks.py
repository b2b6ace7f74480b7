"""What workers and beat do for reviews; imported so that the queue knows who handles what."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db.models import QuerySet

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job
from reviews import workflow
from reviews.models import Evidence, Snapshot
from reviews.workflow import conflicts, exporting, opening, publishing, rating, replacing, snapshots, telling


def _items(user: User) -> QuerySet[Any]:
    return Evidence.objects.filter(review__in=workflow.visible_to(user)).values("pk")


def _snapshots(user: User) -> QuerySet[Any]:
    return Snapshot.objects.filter(evidence__review__in=workflow.visible_to(user)).values("pk")


@jobs.handles(snapshots.SNAPSHOT, unit="page", result=snapshots.TakenSnapshot, parked=snapshots.park, visible=_items)
def snapshot(job: Job) -> None:
    snapshots.take(job)


@jobs.handles(snapshots.RECHECK, unit="snapshot", result=snapshots.Rechecked, visible=_snapshots)
def recheck(job: Job) -> None:
    snapshots.recheck(job)


def _reviews(user: User) -> QuerySet[Any]:
    return workflow.visible_to(user).values("pk")


@jobs.handles(publishing.PUBLISH, unit="review", result=publishing.Published, visible=_reviews)
def publish(job: Job) -> None:
    publishing.publish_scheduled(job)


@shared_task(name="reviews.tend", time_limit=300, soft_time_limit=290)
def tend() -> dict[str, int]:
    """What time does to reviews: leases end, discussions are overdue, empty seats and the places of people who left find somebody,
    accepted claims get a review, approvals of claims that were edited fall, who judges such a claim is told, what is due is published, and
    exports that say something else since an update are made anew. A step that breaks keeps none of the others from what is due.
    """
    steps: dict[str, Callable[[], int]] = {
        "opened": opening.open_accepted,
        "released": opening.release_expired,
        "escalated": rating.escalate_overdue,
        "seated": lambda: conflicts.refill_seats() + replacing.replace_absent_adjudicators(),
        "unapproved": workflow.fall_back_all,
        "published": publishing.queue_due,
        "told": telling.tell_of_edited_claims,
        "rechecked": snapshots.queue_rechecks,
        "exported": exporting.catch_up,
    }
    done: dict[str, int] = {}
    broken: list[Exception] = []
    for name, step in steps.items():
        try:
            done[name] = step()
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            broken.append(error)
    if broken:
        raise ExceptionGroup("steps that broke", broken)
    return done
