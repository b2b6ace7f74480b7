"""How far the storing of a page is that evidence names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from factcheck import jobs
from factcheck.models import Job, JobState


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
