"""The queue loses nothing: the row is the work, the message a hint."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims.models import Article, Claim, ExtractionRun
from claims.pipeline.queueing import EXTRACT
from factcheck import jobs, workers
from factcheck.errors import ActionNotAllowed
from factcheck.ids import uuid7
from factcheck.models import Job, JobState, WorkerHeartbeat
from tests import make
from tests.services import flush, sending_to, wait_until

TEXT = "Exports rose from 11,000 tonnes to 30,000 tonnes in 2024, the Ministry of Trade said."


@pytest.fixture
def kind(monkeypatch):
    """A kind of job that does what the test puts into `kind.run`."""

    class Kind:
        run = staticmethod(lambda job: _finish(job))
        parked: list[Job] = []
        cancelled: list[Job] = []
        retried: list[Job] = []

    def _finish(job: Job) -> None:
        with jobs.finishing(job) as result:
            result["ok"] = True

    Kind.parked, Kind.cancelled, Kind.retried = [], [], []
    handler = jobs.Handler(
        lambda job: Kind.run(job),
        unit="thing",
        parked=lambda job: Kind.parked.append(job),
        cancelled=lambda job: Kind.cancelled.append(job),
        retried=lambda job: Kind.retried.append(job),
    )
    monkeypatch.setitem(jobs._handlers, "test", handler)
    return Kind


def explode(job: Job) -> None:
    raise ValueError("no")


def make_due() -> None:
    Job.objects.filter(state=JobState.QUEUED).update(due_at=timezone.now())


@pytest.mark.django_db
def test_the_same_work_is_queued_once_however_often_it_is_asked_for(kind):
    subject = uuid7()
    assert jobs.enqueue("test", subject).pk == jobs.enqueue("test", subject).pk
    with pytest.raises(IntegrityError), transaction.atomic():
        Job.objects.create(kind="test", subject_id=subject, due_at=timezone.now(), created_at=timezone.now())
    assert Job.objects.count() == 1


@pytest.mark.django_db
def test_work_that_ended_may_be_asked_for_again(kind):
    first = jobs.enqueue("test", uuid7())
    jobs.work("w")
    assert jobs.enqueue("test", first.subject_id).pk != first.pk


@pytest.mark.django_db
def test_a_job_that_fails_is_tried_three_times_with_growing_pauses_and_then_parked(kind):
    kind.run = explode
    job = jobs.enqueue("test", uuid7())
    pauses = []
    for _ in range(2):
        jobs.work("w")
        job.refresh_from_db()
        assert job.state == JobState.QUEUED
        pauses.append(round((job.due_at - timezone.now()).total_seconds()))
        assert jobs.work("w") is False, "not due yet"
        make_due()
    jobs.work("w")
    job.refresh_from_db()
    assert pauses == [5, 30]
    assert (job.state, job.attempts, job.error["detail"]) == (JobState.FAILED, 3, "ValueError: no")
    assert [parked.pk for parked in kind.parked] == [job.pk]


@pytest.mark.django_db
def test_a_job_whose_worker_vanished_is_given_back_when_its_lease_ends(kind):
    job = jobs.enqueue("test", uuid7())
    jobs.lease("vanished")
    assert jobs.sweep()["returned"] == 0
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.sweep()["returned"] == 1
    job.refresh_from_db()
    assert (job.state, job.losses, job.error["code"]) == (JobState.QUEUED, 1, "worker_lost")


@pytest.mark.django_db
def test_lost_workers_do_not_use_up_the_attempts_of_the_work(kind):
    job = jobs.enqueue("test", uuid7())
    for _ in range(jobs.MAX_LOSSES - 1):
        jobs.lease("vanished")
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        jobs.sweep()
    jobs.work("w")
    job.refresh_from_db()
    assert job.state == JobState.DONE


@pytest.mark.django_db
def test_a_job_that_kills_its_worker_every_time_is_parked(kind):
    job = jobs.enqueue("test", uuid7())
    for _ in range(jobs.MAX_LOSSES):
        assert jobs.lease("vanished") is not None
        Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        jobs.sweep()
    job.refresh_from_db()
    assert (job.state, job.error["code"]) == (JobState.FAILED, "worker_lost")
    assert len(kind.parked) == 1


def dead_pid() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


@pytest.mark.django_db
def test_a_worker_started_anew_gives_back_at_once_what_it_held_when_it_was_killed(kind):
    job = jobs.enqueue("test", uuid7())
    jobs.enqueue("test", uuid7())
    killed, now, other = f"w1@host/{dead_pid()}", f"w1@host/{os.getpid()}", f"w2@host/{os.getppid()}"
    for node in (killed, other):
        jobs.worker_started(node, 2)
        jobs.lease(node)
    jobs.worker_started(now, 2)
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert Job.objects.filter(state=JobState.RUNNING, worker=other).count() == 1
    assert set(WorkerHeartbeat.objects.values_list("node", flat=True)) == {now, other}


@pytest.mark.django_db
def test_two_workers_of_one_name_leave_each_other_their_work(kind):
    jobs.enqueue("test", uuid7())
    first, twin = f"w@host/{os.getppid()}", f"w@host/{os.getpid()}"
    jobs.worker_started(first, 2)
    job = jobs.lease(first)
    jobs.worker_started(twin, 2)
    job.refresh_from_db()
    assert (job.state, job.losses, workers.capacity()) == (JobState.RUNNING, 0, 4)
    workers.stopped(twin)
    assert workers.capacity() == 2


@pytest.mark.django_db
def test_a_worker_that_was_forgotten_is_known_again_after_its_next_heartbeat(kind):
    jobs.worker_started("w@host/1", 2)
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(days=2))
    assert workers.forget() == 1
    assert not WorkerHeartbeat.objects.exists()
    workers.heartbeat("w@host/1", 2)
    jobs.enqueue("test", uuid7())
    assert jobs.sweep()["nudged"] == 1


def test_rows_that_others_hold_for_long_use_up_no_attempt(committed_database, kind):
    article = make.article(TEXT)

    def needs_the_article(job: Job) -> None:
        with jobs.finishing(job):
            Article.objects.select_for_update().get(pk=article.pk)

    kind.run = needs_the_article
    Job.objects.all().delete()
    job = jobs.enqueue("test", uuid7())
    held, done = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            Article.objects.select_for_update().get(pk=article.pk)
            held.set()
            done.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    held.wait(20)
    jobs.work("w")
    done.set()
    holder.join()
    job.refresh_from_db()
    assert (job.state, job.attempts, job.losses) == (JobState.QUEUED, 0, 0)
    assert "lock timeout" in job.error["detail"]
    make_due()
    jobs.work("w")
    job.refresh_from_db()
    assert (job.state, job.attempts, job.done, job.total, job.unit) == (JobState.DONE, 1, 1, 1, "thing")


@pytest.mark.django_db
def test_an_error_that_repeats_what_cannot_be_stored_is_kept_all_the_same(kind):
    def explode_with_nul(job: Job) -> None:
        raise ValueError("bad \0 and \ud800")

    kind.run = explode_with_nul
    job = jobs.enqueue("test", uuid7())
    jobs.work("w")
    job.refresh_from_db()
    assert (job.state, job.error["detail"]) == (JobState.QUEUED, "ValueError: bad \ufffd and ?")


@pytest.mark.django_db
def test_the_subject_hears_of_a_cancelled_and_of_a_retried_job(kind):
    ada = make.user("ada")
    job = jobs.enqueue("test", uuid7())
    jobs.cancel(job.pk, actor=ada)
    jobs.retry(job.pk, actor=ada)
    assert [j.pk for j in kind.cancelled + kind.retried] == [job.pk, job.pk]


@pytest.mark.django_db
def test_effects_and_the_end_of_a_job_are_one_transaction(kind):
    def half(job: Job) -> None:
        with jobs.finishing(job):
            WorkerHeartbeat.objects.create(node="effect", started_at=timezone.now(), seen_at=timezone.now())
            raise ValueError("in the middle")

    kind.run = half
    job = jobs.enqueue("test", uuid7())
    jobs.work("w")
    job.refresh_from_db()
    assert job.state == JobState.QUEUED
    assert not WorkerHeartbeat.objects.filter(node="effect").exists()


@pytest.mark.django_db
def test_a_cancelled_job_writes_nothing_although_it_runs(kind):
    def cancelled_under_it(job: Job) -> None:
        jobs.cancel(job.pk, actor=make.user("ada"))
        with jobs.finishing(job):
            WorkerHeartbeat.objects.create(node="effect", started_at=timezone.now(), seen_at=timezone.now())

    kind.run = cancelled_under_it
    job = jobs.enqueue("test", uuid7())
    jobs.work("w")
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert not WorkerHeartbeat.objects.filter(node="effect").exists()


@pytest.mark.django_db
def test_a_failed_job_is_retried_with_all_its_attempts_and_a_done_one_is_not(kind):
    kind.run = explode
    job = jobs.enqueue("test", uuid7())
    for _ in range(3):
        make_due()
        jobs.work("w")
    assert jobs.retry(job.pk, actor=make.user("ada")).attempts == 0
    kind.run = lambda job: jobs.finishing(job).__enter__()  # never committed: the lease stays
    with pytest.raises(ActionNotAllowed):
        jobs.retry(job.pk, actor=make.user("ada"))
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


@pytest.mark.django_db
def test_a_job_of_a_kind_that_only_newer_workers_know_waits_for_them(kind, monkeypatch):
    job = jobs.enqueue("test", uuid7())
    jobs.worker_started("w@host/1", 2)
    with monkeypatch.context() as deployment:
        deployment.delitem(jobs._handlers, "test")
        assert jobs.work("old") is False
        assert jobs.sweep()["nudged"] == 0
    job.refresh_from_db()
    assert (job.state, job.attempts) == (JobState.QUEUED, 0)
    assert jobs.work("new") is True


@pytest.mark.django_db
def test_the_sweeper_nudges_only_idle_workers(kind, monkeypatch):
    sent: list[int] = []
    monkeypatch.setattr(workers, "nudge", lambda count=1: sent.append(count))
    for _ in range(5):
        jobs.enqueue("test", uuid7())
    sent.clear()
    assert jobs.sweep()["nudged"] == 0, "nobody is there to be nudged"
    jobs.worker_started("w/1", 3)
    sent.clear()
    assert jobs.sweep()["nudged"] == 3
    jobs.lease("w")
    assert jobs.sweep()["nudged"] == 2
    assert sent == [3, 2]


@pytest.mark.django_db
def test_a_worker_not_heard_of_for_a_minute_counts_as_gone():
    jobs.worker_started("w/1", 3)
    assert workers.capacity() == 3
    WorkerHeartbeat.objects.update(seen_at=timezone.now() - timedelta(seconds=workers.STALE_SECONDS + 1))
    assert workers.capacity() == 0
    workers.heartbeat("w/1", 3)
    assert workers.capacity() == 3


def _lease_all(found: list[Job], start: threading.Barrier) -> None:
    start.wait()
    while job := jobs.lease("thread"):
        found.append(job)
    connection.close()


def _naive_lease() -> Job | None:
    """What `lease` would be without its lock."""
    job = Job.objects.filter(state=JobState.QUEUED).order_by("id").first()
    if job is not None:
        Job.objects.filter(pk=job.pk).update(state=JobState.RUNNING, lease_id=uuid7(), lease_until=timezone.now())
    return job


def _naive_lease_all(found: list[Job], start: threading.Barrier) -> None:
    start.wait()
    while job := _naive_lease():
        found.append(job)
    connection.close()


def _race(target, threads: int = 8) -> list[Job]:
    found: list[Job] = []
    start = threading.Barrier(threads)
    running = [threading.Thread(target=target, args=(found, start)) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    return found


def _queue(count: int) -> None:
    now = timezone.now()
    Job.objects.bulk_create([Job(kind="test", subject_id=uuid7(), due_at=now, created_at=now) for _ in range(count)])


def test_no_job_is_leased_twice_by_workers_that_look_at_the_same_moment(committed_database, kind):
    _queue(100)
    without_guard = [job.pk for job in _race(_naive_lease_all)]
    assert len(without_guard) > len(set(without_guard)), "the race was not shown"

    Job.objects.all().delete()
    _queue(100)
    leased = [job.pk for job in _race(_lease_all)]
    assert len(leased) == len(set(leased)) == 100


def test_a_real_worker_reads_what_was_imported(worker):
    make.article(TEXT)
    wait_until(lambda: ExtractionRun.objects.filter(status="done").exists(), timeout_seconds=10)
    assert Claim.objects.filter(text__contains="30,000").count() == 1
    assert WorkerHeartbeat.objects.get().concurrency == 2


def test_a_worker_that_is_asked_to_stop_ends_by_itself_and_is_no_longer_counted(worker):
    process = worker.process
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, worker.output
    assert not WorkerHeartbeat.objects.exists()


def test_work_whose_messages_were_lost_is_done_after_a_sweep(worker_to_start, broker):
    for number in range(20):
        make.article(f"{TEXT} Edition {number}.")
    flush(broker)
    worker_to_start.start()
    jobs.sweep()
    wait_until(lambda: ExtractionRun.objects.filter(status="done").count() == 20, timeout_seconds=20)
    assert Job.objects.filter(kind=EXTRACT, state=JobState.DONE).count() == 20


def test_a_killed_worker_loses_and_doubles_nothing(worker, broker):
    for number in range(100):
        make.article(f"{TEXT} Edition {number}.")
    worker.kill()
    flush(broker)
    worker.start()
    wait_until(lambda: not Job.objects.filter(state__in=jobs.ACTIVE).exists(), timeout_seconds=30)
    assert ExtractionRun.objects.filter(status="done").count() == 100
    assert Claim.objects.values("article").distinct().count() == 100
    assert all(run.created_claims == run.candidates for run in ExtractionRun.objects.all())


def test_an_import_succeeds_while_the_broker_is_away(committed_database):
    with sending_to("redis+socket:///nowhere/valkey.sock"):
        make.article(TEXT)
    assert Job.objects.get().state == JobState.QUEUED
