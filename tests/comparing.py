"""Comparisons that are queued: done here and now, or left out where a test is of what comes before them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from factcheck.models import Job


def work() -> list[Job]:
    """Every job that is due, done here and now without a failure."""
    # A plugin is imported before the settings are chosen.
    from factcheck import jobs
    from factcheck.models import JobState

    done = []
    while job := jobs.lease("here"):
        jobs._do(job)
        job.refresh_from_db()
        assert job.state == JobState.DONE, job.error
        done.append(job)
    return done


@pytest.fixture
def uncompared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read, written or edited queues no comparison."""
    for verbs in ("extracting", "editing", "triaging"):
        monkeypatch.setattr(f"claims.pipeline.{verbs}.queue_match", lambda subject_id: None)
