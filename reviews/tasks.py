"""What workers do for this app; imported so that the queue knows who handles what."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django.db.models import QuerySet

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job
from reviews import evidence, workflow
from reviews.models import Evidence, Snapshot
from reviews.workflow.evidence import SNAPSHOT


class TakenSnapshot(TypedDict):
    """The result of its job: null where the item had another address by then, or was frozen."""

    snapshot: UUID | None


def _visible(user: User) -> QuerySet[Any]:
    return Evidence.objects.filter(review__in=workflow.visible_to(user)).values("pk")


def _park(job: Job) -> None:
    workflow.record_snapshot_failure(job.subject_id, (job.error or {}).get("detail", ""))


@jobs.handles(SNAPSHOT, unit="page", result=TakenSnapshot, parked=_park, visible=_visible)
def take_snapshot(job: Job) -> None:
    item = Evidence.objects.get(pk=job.subject_id)
    captured = evidence.capture(item.url)
    key = evidence.store(captured)
    snapshot = Snapshot(
        url=captured.url_asked,
        url_final=captured.url_final,
        name=captured.name,
        taken_at=captured.fetched_at,
        media_type=captured.media_type,
        size_bytes=len(captured.payload),
        sha256=captured.sha256,
        text=captured.text,
        text_sha256=captured.text_sha256 or "",
        key=key,
    )
    with jobs.finishing(job) as result:
        is_kept = workflow.keep_snapshot(item.pk, snapshot, item.url)
        result["snapshot"] = str(snapshot.pk) if is_kept else None
