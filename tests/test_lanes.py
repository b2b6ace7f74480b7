"""Work that waits for other people's servers holds up nothing else, and goes to each of them one after the other."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from factcheck import jobs
from factcheck.ids import uuid7
from factcheck.models import Job, JobState
from tests.racing import at_once, refusals


@pytest.fixture
def kinds(monkeypatch):
    """`out` waits for other people's servers, `own` does not."""
    for kind, is_outgoing in (("out", True), ("own", False)):
        monkeypatch.setitem(jobs._handlers, kind, jobs.Handler(_done, is_outgoing=is_outgoing))


def _done(job: Job) -> None:
    with jobs.finishing(job):
        pass


def queue(kind: str, *lanes: str) -> list[Job]:
    return [jobs.enqueue(kind, uuid7(), lane=lane) for lane in lanes]


def leased() -> list[str]:
    """The lanes of what workers get until there is nothing for them."""
    found = []
    while job := jobs.lease("w"):
        found.append(job.lane)
    return found


@pytest.mark.django_db
def test_of_one_lane_one_job_runs_at_a_time_and_the_next_when_it_is_done(kinds):
    jobs.worker_started("w/1", 16)
    first, *_ = queue("out", "a", "a", "b", "a", "c")
    assert leased() == ["a", "b", "c"]
    assert jobs.lease("w") is None
    _done(Job.objects.get(pk=first.pk))
    assert leased() == ["a"]


@pytest.mark.django_db
def test_the_database_lets_no_two_jobs_of_one_lane_run(kinds):
    jobs.worker_started("w/1", 16)
    queue("out", "a", "a")
    leased()
    with pytest.raises(IntegrityError, match="job_running_once_in_lane"), transaction.atomic():
        Job.objects.filter(state=JobState.QUEUED).update(
            state=JobState.RUNNING, lease_id=uuid7(), lease_until=timezone.now()
        )


@pytest.mark.django_db
@pytest.mark.parametrize(("processes", "outgoing"), [(0, 1), (1, 1), (2, 1), (3, 1), (4, 2), (9, 4)])
def test_half_of_the_processes_wait_for_others_at_most_and_one_may_always(kinds, processes, outgoing):
    if processes:
        jobs.worker_started("w/1", processes)
    queue("out", *(f"lane {number}" for number in range(10)))
    queue("own", "", "")
    assert leased() == [*(f"lane {number}" for number in range(outgoing)), "", ""]


@pytest.mark.django_db
def test_what_is_put_off_is_due_again_then_with_all_attempts(kinds, monkeypatch):
    later = timezone.now() + timedelta(hours=1)

    def put_off(job: Job) -> None:
        with jobs.finishing(job):
            jobs.put_off(job, later)

    monkeypatch.setitem(jobs._handlers, "out", jobs.Handler(put_off, is_outgoing=True))
    [job] = queue("out", "a")
    for _ in range(jobs.MAX_ATTEMPTS + jobs.MAX_LOSSES):
        assert jobs.work("w")
        job.refresh_from_db()
        assert (job.state, job.attempts, job.losses, job.due_at, job.finished_at) == ("queued", 0, 0, later, None)
        Job.objects.update(due_at=timezone.now())


@pytest.mark.django_db
def test_a_lane_is_held_back_and_hastened_as_a_whole(kinds):
    queue("out", "a", "a", "b")
    until = timezone.now() + timedelta(hours=1)
    jobs.wait_in("a", until)
    assert set(Job.objects.filter(lane="a").values_list("due_at", flat=True)) == {until}
    assert leased() == ["b"]
    one, other = Job.objects.filter(lane="a")
    jobs.hasten_in("a", one.subject_id)
    assert list(jobs.waiting()) == [one]
    jobs.hasten_in("a")
    assert set(jobs.waiting()) == {one, other}


WORKERS = 6


def _race() -> int:
    """How many of the workers that look at the same moment get something."""
    found = at_once(*[lambda: jobs.lease("w")] * WORKERS)
    assert refusals(found) == []
    return sum(job is not None for job in found)


def test_workers_that_look_at_the_same_moment_take_no_more_together(committed_database, kinds, monkeypatch):
    queue("out", *(f"lane {number}" for number in range(WORKERS)))
    with monkeypatch.context() as unguarded:
        all_have_looked, capacity = threading.Barrier(WORKERS), jobs.workers.capacity

        def look() -> int:
            all_have_looked.wait(20)
            return capacity()

        unguarded.setattr(jobs, "_look_alone", lambda: None)
        unguarded.setattr(jobs.workers, "capacity", look)
        assert _race() > 1, "the race was not shown"
    Job.objects.all().delete()
    queue("out", *(f"lane {number}" for number in range(WORKERS)))
    assert _race() == 1
