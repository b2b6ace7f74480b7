"""How far the storing of a page is that evidence names, and what its jobs are about."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.urls import reverse
from django.utils.html import format_html
from django.utils.text import Truncator

from factcheck import jobs
from factcheck.admin.jobs import describes
from factcheck.models import Job, JobState
from reviews.models import Evidence, Review, Snapshot
from reviews.workflow.evidence import RECHECK, SNAPSHOT
from reviews.workflow.publishing import PUBLISH


@dataclass(frozen=True, slots=True)
class Storing:
    """How far the storing of a page is, in words. `is_pending`: it ends without anybody."""

    state: str
    words: str
    is_pending: bool = False
    at: datetime | None = None  # when it is tried again


def storing_of(job: Job | None, error: str) -> Storing:
    failure = (job and job.error and job.error.get("detail")) or error
    if job is not None and job.state == JobState.RUNNING:
        return Storing("running", "Its page is being fetched.", is_pending=True)
    if job is not None and job.state == JobState.QUEUED and job.attempts:
        return Storing(
            "queued", f"No copy yet, after {job.attempts} of {jobs.MAX_ATTEMPTS} attempts: {failure}", True, job.due_at
        )
    if job is not None and job.state == JobState.QUEUED:
        return Storing("queued", "Its page waits for a worker to be fetched.", is_pending=True)
    return Storing("failed", f"No copy of its page: {failure or 'nobody has fetched it'}")


@describes(SNAPSHOT)
def items(ids: Collection[UUID]) -> dict[UUID, str]:
    found = Evidence.objects.filter(pk__in=ids).values_list("pk", "review", "title", "url")
    return {pk: _link(review, title or url, f"#evidence-{pk}") for pk, review, title, url in found}


@describes(RECHECK)
def stored_pages(ids: Collection[UUID]) -> dict[UUID, str]:
    # Not by evidence: another desk's may rest on the same.
    return dict(Snapshot.objects.filter(pk__in=ids).values_list("pk", "url"))


@describes(PUBLISH)
def due(ids: Collection[UUID]) -> dict[UUID, str]:
    found = Review.objects.filter(pk__in=ids).values_list("pk", "claim__text")
    return {pk: _link(pk, text, "") for pk, text in found}


def _link(review: UUID, words: str, place: str) -> str:
    address = reverse("admin:reviews_review_change", args=[review])
    return format_html('<a href="{}{}">{}</a>', address, place, Truncator(words or "without a title").chars(90))
