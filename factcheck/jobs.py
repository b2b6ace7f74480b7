"""The queue: its only writer, its sweeper, retry and cancel. Who works on it is in `factcheck.workers`.

A job is queued in the transaction of the change that needs it. The Celery message sent afterwards is only a nudge that makes
a worker look; whatever is lost on the way (message, broker, worker), the sweeper finds the row again.

    queued -> running -> done | failed | queued again (attempts left, or put off)      queued, running -> cancelled

A worker holds a job by its lease. Work writes its result and `done` in one transaction that first checks the lease, so a worker
that was taken for dead and comes back changes nothing.
"""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID, uuid4

from django.conf import settings
from django.db import (
    IntegrityError,
    InterfaceError,
    OperationalError,
    close_old_connections,
    connection,
    transaction,
)
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from factcheck import workers
from factcheck.accounts.models import User
from factcheck.audit import events, readers
from factcheck.audit.origin import acting_through
from factcheck.copying import copy_rows
from factcheck.errors import ActionNotAllowed, Problem
from factcheck.ids import uuid7_bytes
from factcheck.middleware import current_request_id, on_behalf_of
from factcheck.models import Job, JobState

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3  # failures of the work itself, after which the job is parked with its error
MAX_LOSSES = (
    5  # workers that vanished under it: mostly the machine's fault, but work that kills its worker must end too
)
BACK_OFF_SECONDS = (5, 30)  # before the second and the third attempt
ACTIVE = (JobState.QUEUED, JobState.RUNNING)
LEASE_MARGIN_SECONDS = 30  # above Celery's hard limit: a lease never ends while its work may still write


class Failure(TypedDict):
    """Why the last attempt failed."""

    code: str
    detail: str
    attempt: int
    where: str


class LeaseLost(Exception):
    """Another worker has this job now, or it was cancelled."""


Hook = Callable[[Job], None]
Subjects = Callable[[User], "QuerySet[Any]"]


@dataclass(frozen=True, slots=True)
class Handler:
    run: Hook
    unit: str = "step"
    parked: Hook | None = None
    cancelled: Hook | None = None
    retried: Hook | None = None
    result: Any = dict[str, Any]
    visible: Subjects | None = None
    is_outgoing: bool = False


_handlers: dict[str, Handler] = {}


def handles(
    kind: str,
    *,
    unit: str,
    result: Any,
    parked: Hook | None = None,
    cancelled: Hook | None = None,
    retried: Hook | None = None,
    visible: Subjects | None = None,
    is_outgoing: bool = False,
) -> Callable[[Hook], Hook]:
    """Register what does the work of `kind`: called with the leased job, it finishes inside `finishing(job)`.

    `unit` is what one job is about, as progress says it; `result` is the type of what it leaves when done. `parked`, `cancelled` and
    `retried` are called in the transaction in which a job is given up, cancelled or queued again by a person, to tell its subject.
    `visible` are the ids of subjects whose jobs a user may see, where not everybody may see all. `is_outgoing` says that the work waits
    for somebody else's server: half of the processes do such work at most, and those of one lane one after the other.
    """

    def register(run: Hook) -> Hook:
        _handlers[kind] = Handler(run, unit, parked, cancelled, retried, result, visible, is_outgoing)
        return run

    return register


def kinds() -> dict[str, Any]:
    """Every kind of job that this process knows, with the type of its result."""
    return {kind: handler.result for kind, handler in sorted(_handlers.items())}


def visible_to(user: User) -> QuerySet[Job]:
    """The jobs that this user may know of."""
    return Job.objects.exclude(_hidden_from(user))


def _hidden_from(user: User) -> Q:
    hidden = Q(pk__in=[])
    for kind, handler in _handlers.items():
        if handler.visible:
            hidden |= Q(kind=kind) & ~Q(subject_id__in=handler.visible(user))
    return hidden


@readers.shown_to("job")
def _events_shown_to(user: User) -> Q:
    # Few jobs have events of their own: each is looked up, however many are hidden.
    return ~Q(Exists(Job.objects.filter(_hidden_from(user), pk=OuterRef("subject_id"))))


def _tell(job: Job, hook: str) -> None:
    handler = _handlers.get(job.kind)
    if handler and (told := getattr(handler, hook)):
        told(job)


# Asking for work


def enqueue(kind: str, subject_id: UUID, *, lane: str = "") -> Job:
    """Queue one piece of work; the one that waits or runs already is returned as it is."""
    now = timezone.now()
    job = Job(kind=kind, subject_id=subject_id, lane=lane, due_at=now, created_at=now, total=1)
    job.unit, job.request_id = _handlers[kind].unit, _asked_by()
    Job.objects.bulk_create([job], ignore_conflicts=True)
    active = Job.objects.filter(kind=kind, subject_id=subject_id, state__in=ACTIVE).first()
    if active is None:  # it ended between the two statements
        return enqueue(kind, subject_id, lane=lane)
    workers.nudge()
    return active


def _asked_by() -> str:
    request_id = current_request_id()
    return "" if request_id == "-" else request_id


_COPY = """
    COPY factcheck_job (id, kind, subject_id, state, attempts, losses, due_at, done, total, unit, worker,
        created_at, request_id, lane)
    FROM STDIN (FORMAT BINARY)
"""
_COPY_TYPES = (
    "bytea varchar bytea varchar int2 int2 timestamptz int4 int4 varchar varchar timestamptz varchar varchar".split()
)


def enqueue_many(
    kind: str, subject_ids: Collection[bytes], *, lanes: Collection[str] = (), is_nudging: bool = True
) -> None:
    """Queue work for subjects that are new, so that none of them can be queued already. Within a transaction.

    Their ids are the bytes of UUIDs, as COPY takes them; `lanes` are those of each, where they have any.
    Who queues batch after batch says `is_nudging=False` and nudges now and then.
    """
    now, queued, unit = timezone.now(), JobState.QUEUED.value, _handlers[kind].unit
    request_id = _asked_by()
    fixed = (queued, 0, 0, now, 0, 1, unit, "", now, request_id)
    placed = zip(subject_ids, lanes or [""] * len(subject_ids), strict=True)
    copy_rows(_COPY, _COPY_TYPES, [(uuid7_bytes(), kind, subject_id, *fixed, lane) for subject_id, lane in placed])
    if is_nudging:
        workers.nudge(workers.nudges_for(len(subject_ids)))


# Doing work


def _due(now: datetime) -> QuerySet[Job]:
    # Of kinds that this process knows: during a deployment, new kinds wait for new workers.
    return waiting(now).filter(kind__in=list(_handlers))


def lease(worker: str) -> Job | None:
    """Take the oldest due job, or None. Committed at once: from here on the sweeper knows who has it."""
    now = timezone.now()
    with transaction.atomic():
        job = _next(now)
        if job is None:
            return None
        job.state, job.lease_id, job.worker = JobState.RUNNING, uuid4(), worker
        job.lease_until = now + timedelta(seconds=settings.CELERY_TASK_TIME_LIMIT + LEASE_MARGIN_SECONDS)
        job.attempts, job.started_at = job.attempts + 1, now
        job.save(update_fields=["state", "lease_id", "worker", "lease_until", "attempts", "started_at"])
    return job


def _next(now: datetime) -> Job | None:
    due = _due(now).select_for_update(skip_locked=True).order_by("due_at", "id")
    outgoing = [kind for kind, handler in _handlers.items() if handler.is_outgoing]
    job = due.first()
    if job is None or job.kind not in outgoing:
        return job
    _look_alone()
    lanes = list(Job.objects.filter(kind__in=outgoing, state=JobState.RUNNING).values_list("lane", flat=True))
    if len(lanes) >= max(workers.capacity() // 2, 1):
        return due.exclude(kind__in=outgoing).first()
    return due.exclude(lane__in=[lane for lane in lanes if lane]).first()


def _look_alone() -> None:
    """Whoever looks at the same moment has to see what this one takes: the lock goes with the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('outgoing jobs'))")


def work(worker: str) -> bool:
    """Do the next due job, if any. True when there was one. Nothing a job raises leaves this function, but for the process's own end."""
    job = lease(worker)
    if job is None:
        return False
    with on_behalf_of(job.request_id):
        _do(job)
    return True


def _do(job: Job) -> None:
    started = time.perf_counter()
    try:
        with acting_through(f"job {job.pk}"):
            _handlers[job.kind].run(job)
        logger.info("%s %s done in %.2f s", job.kind, job.subject_id, time.perf_counter() - started)
    except LeaseLost:
        logger.warning("Job %s was taken over; nothing was written", job.id)
    except Exception as error:
        logger.exception("Job %s failed", job.id)
        try:
            fail(job, error)
        except (OperationalError, InterfaceError):
            # The database went away under it: there is nobody to report to, and the lease ends by itself.
            logger.exception("Job %s lost its database", job.id)
            close_old_connections()


@contextmanager
def finishing(job: Job, result: dict[str, Any] | None = None) -> Iterator[dict[str, Any]]:
    """The transaction that holds the work's effects and the end of the job: both or neither.

    Yields the result, to be filled in. Raises LeaseLost when the job is not ours any more. What was `put_off` within it is not done.
    """
    outcome = result if result is not None else {}
    with transaction.atomic():
        _hold(job)
        yield outcome
        if job.state == JobState.QUEUED:
            return
        Job.objects.filter(pk=job.pk).update(
            state=JobState.DONE,
            done=F("total"),
            finished_at=timezone.now(),
            result=outcome,
            error=None,
            lease_id=None,
            lease_until=None,
        )


def put_off(job: Job, due_at: datetime) -> None:
    """Within `finishing`: the work went as it should and has to be done again then, with all attempts."""
    job.state = JobState.QUEUED
    Job.objects.filter(pk=job.pk).update(
        state=job.state, attempts=0, losses=0, due_at=due_at, error=None, lease_id=None, lease_until=None
    )


def check_lease(job: Job) -> None:
    """Long work asks now and then, and stops where it is not its own any more. Raises LeaseLost."""
    if not Job.objects.filter(pk=job.pk, state=JobState.RUNNING, lease_id=job.lease_id).exists():
        raise LeaseLost(job.pk)


def _hold(job: Job) -> None:
    if not Job.objects.select_for_update().filter(pk=job.pk, state=JobState.RUNNING, lease_id=job.lease_id).exists():
        raise LeaseLost(job.pk)


def fail(job: Job, error: BaseException) -> None:
    """Record a failure: due again after a while, or parked when the attempts are used up or another would change nothing."""
    problem: Failure = {
        "code": error.code if isinstance(error, Problem) else "job_failed",
        "detail": _storable(f"{type(error).__name__}: {error}"[:2000]),
        "attempt": job.attempts,
        "where": _innermost(error),
    }
    try:
        with transaction.atomic():
            _hold(job)
            if is_contention(error):
                _put_back(job, problem)
                return
            _retry_or_park(job, problem, is_final=isinstance(error, Problem) and error.is_final)
    except LeaseLost:
        logger.warning("Job %s was taken over before its failure was written", job.id)


def _retry_or_park(job: Job, problem: Failure, *, is_final: bool = False) -> None:
    failures = job.attempts - job.losses
    if is_final or failures >= MAX_ATTEMPTS or job.losses >= MAX_LOSSES:
        Job.objects.filter(pk=job.pk).update(
            state=JobState.FAILED, error=problem, finished_at=timezone.now(), lease_id=None, lease_until=None
        )
        job.refresh_from_db()
        _tell(job, "parked")
        return
    wait = BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS)) - 1] if failures else 0
    due_at = timezone.now() + timedelta(seconds=wait)
    Job.objects.filter(pk=job.pk).update(
        state=JobState.QUEUED, error=problem, due_at=due_at, lease_id=None, lease_until=None
    )


def _put_back(job: Job, problem: Failure) -> None:
    """Somebody else had the rows for long: that says nothing about the work, and uses up no attempt."""
    Job.objects.filter(pk=job.pk).update(
        state=JobState.QUEUED,
        attempts=F("attempts") - 1,
        error=problem,
        due_at=timezone.now() + timedelta(seconds=BACK_OFF_SECONDS[0]),
        lease_id=None,
        lease_until=None,
    )


def is_contention(error: BaseException) -> bool:
    """Did the database refuse to wait any longer for rows that others hold? Lock not available, deadlock detected."""
    # Source: PostgreSQL, appendix A.
    return getattr(error.__cause__, "sqlstate", None) in ("55P03", "40P01")


def _storable(text: str) -> str:
    # An error may repeat what broke the work; JSON in PostgreSQL takes neither NUL nor half a character.
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _innermost(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{frames[-1].name}:{frames[-1].lineno}" if frames else ""


# Looking after the queue


def waiting(now: datetime | None = None) -> QuerySet[Job]:
    """Work that could be done now, if a worker were there and idle."""
    return Job.objects.filter(state=JobState.QUEUED, due_at__lte=now or timezone.now())


def sweep() -> dict[str, int]:
    """Give back what vanished workers held, and nudge when due work waits while workers are idle."""
    now = timezone.now()
    returned = _give_back(Q(lease_until__lt=now), "The lease ended")
    free = workers.idle()
    due = _due(now)[:free].count() if free > 0 else 0
    if due:
        workers.nudge(due)
    return {"returned": returned, "nudged": due}


def worker_started(node: str, concurrency: int) -> None:
    """A worker is ready. What earlier lives of it held (they were killed) is given back at once, not when their leases end."""
    now = timezone.now()
    lives = workers.replace_lives(node, concurrency)
    _give_back(Q(worker__in=lives, started_at__lt=now), "The worker was started anew")
    workers.nudge(_due(now)[:concurrency].count())


def _give_back(held: Q, why: str) -> int:
    with transaction.atomic():
        jobs = list(Job.objects.select_for_update(skip_locked=True).filter(held, state=JobState.RUNNING).order_by("id"))
        for job in jobs:
            job.losses += 1
            job.save(update_fields=["losses"])
            _retry_or_park(
                job,
                {"code": "worker_lost", "detail": f"{why}: worker {job.worker}", "attempt": job.attempts, "where": ""},
            )
    return len(jobs)


def wait_in(lane: str, until: datetime) -> None:
    """Nothing that waits in this lane is due before then."""
    Job.objects.filter(lane=lane, state=JobState.QUEUED, due_at__lt=until).update(due_at=until)


def hasten_in(lane: str, subject_id: UUID | None = None) -> None:
    """Whatever waits in this lane is due now; or what is about this subject alone."""
    jobs = Job.objects.filter(lane=lane, state=JobState.QUEUED, due_at__gt=timezone.now())
    if subject_id is not None:
        jobs = jobs.filter(subject_id=subject_id)
    if jobs.update(due_at=timezone.now()):
        workers.nudge()


def forget(kind: str, ended_before: datetime) -> int:
    """Delete what ended before then, of a kind whose subjects are forgotten too. Returns how many."""
    count, _ = Job.objects.filter(kind=kind, finished_at__lt=ended_before).delete()
    return count


def forget_failures(subjects: Mapping[str, Collection[UUID]]) -> None:
    """Forget the words of the last failure of these jobs, by kind: they may repeat what broke the work, which is gone."""
    for kind, ids in subjects.items():
        for job in Job.objects.select_for_update().filter(kind=kind, subject_id__in=ids).exclude(error=None):
            Job.objects.filter(pk=job.pk).update(error=(job.error or {}) | {"detail": "Its words were erased."})


def retry(job_id: UUID, *, actor: User) -> Job:
    """Queue a job that ended without success again, with all its attempts. Raises ActionNotAllowed otherwise."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state not in (JobState.FAILED, JobState.CANCELLED):
            raise ActionNotAllowed(f"A job that is {job.state} cannot be retried.")
        from_state = job.state
        now = timezone.now()
        job.state, job.attempts, job.losses, job.due_at, job.finished_at = JobState.QUEUED, 0, 0, now, None
        job.done, job.request_id = 0, _asked_by()
        try:
            with transaction.atomic():
                job.save(update_fields=["state", "attempts", "losses", "due_at", "finished_at", "done", "request_id"])
        except IntegrityError:
            # Whether it is queued already, only the constraint can say: somebody may be queueing it at this moment.
            raise ActionNotAllowed("The same work is queued already.") from None
        _tell(job, "retried")
        events.record(job, "retry", actor=actor, data={"state": [from_state, job.state]})
        workers.nudge()
    return job


def cancel(job_id: UUID, *, actor: User) -> Job:
    """End a job; a worker that has it will find its lease gone and write nothing. Raises ActionNotAllowed when it has ended."""
    with transaction.atomic():
        job = Job.objects.select_for_update().get(pk=job_id)
        if job.state not in ACTIVE:
            raise ActionNotAllowed(f"A job that is {job.state} cannot be cancelled.")
        from_state = job.state
        job.state, job.finished_at, job.lease_id, job.lease_until = JobState.CANCELLED, timezone.now(), None, None
        job.save(update_fields=["state", "finished_at", "lease_id", "lease_until"])
        _tell(job, "cancelled")
        events.record(job, "cancel", actor=actor, data={"state": [from_state, job.state]})
    return job
