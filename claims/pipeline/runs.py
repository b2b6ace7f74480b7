"""Import runs: one at a time per source, each with the checkpoint from which it can go on."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Value, When
from django.utils import timezone

from claims.models import ExtractionRun, FailedRow, ImportRun
from claims.pipeline.queueing import EXTRACT
from claims.pipeline.rows import Outcome, Status
from claims.sources.base import BadRow
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.errors import Problem
from factcheck.models import Job, JobState

# The option of a run that fetches one page for a job: what was said of the article beforehand. No command goes on with it.
STATED = "stated"
# The option of a run of `import_fact_checks`, which is repeated and never resumed.
FACT_CHECKS = "fact_checks"
# The option of a run that a job does: of an uploaded file, or of rows that somebody has tried again.
QUEUED = "queued"
NO_COMMANDS = (STATED, FACT_CHECKS, QUEUED)
UNREADABLE = "unreadable"  # code of a bad row that is a whole source


class SourceBusy(Problem):
    """Another run holds this source."""

    code, status, title = "source_busy", 409, "Another import of this source is running"


def source_key(source: str) -> str:
    """What makes two runs compete: SHA-256 (hex) of the sources as named."""
    return hashlib.sha256(source.encode()).hexdigest()


def start_run(
    source: str,
    options: dict[str, Any],
    *,
    key: str = "",
    started_by: User | None = None,
    resume: ImportRun | None = None,
) -> ImportRun:
    """A new run of `source`, or `resume` going on. Holds the source until this process ends, however it ends.

    `key` tells sources apart where their names do not, see `source_key`. Raises SourceBusy when another process imports the same source.
    """
    key = resume.source_key if resume else key or source_key(source)
    hold(key)
    with transaction.atomic():
        # Whoever had it before is gone, or it would still hold the lock.
        ImportRun.objects.filter(source_key=key, state=ImportRun.State.RUNNING).update(
            state=ImportRun.State.INTERRUPTED, finished_at=timezone.now()
        )
        if resume is None:
            run = ImportRun.objects.create(source=source, source_key=key, options=options, started_by=started_by)
            events.record(run, "start", actor=started_by, data={"source": source})
            return run
        resume.refresh_from_db()
        resume.state, resume.finished_at, resume.error = ImportRun.State.RUNNING, None, None
        resume.save(update_fields=["state", "finished_at", "error"])
        events.record(resume, "resume", actor=started_by)
        return resume


def unfinished_run(key: str | None = None) -> ImportRun | None:
    """The last run of these sources, or of any, unless it came to its end."""
    runs = ImportRun.objects.exclude(source="api").exclude(options__has_any_keys=list(NO_COMMANDS))
    run = (runs.filter(source_key=key) if key else runs.exclude(state=ImportRun.State.DONE)).order_by("-id").first()
    return None if run is None or run.state == ImportRun.State.DONE else run


def extraction_states(run: ImportRun) -> Counter[str]:
    """How many of the run's versions are queued, done and failed; "cancelled" ones have no job left that would read them."""
    jobs = Job.objects.filter(kind=EXTRACT, state__in=(JobState.QUEUED, JobState.RUNNING), subject_id=OuterRef("pk"))
    queued = ExtractionRun.Status.QUEUED
    # One statement sees one moment: between two, a job that ends would look like one that is gone.
    states = Case(
        When(Q(Exists(jobs), status=queued), then=Value("queued")),
        When(status=queued, then=Value("cancelled")),
        default="status",
    )
    readings = ExtractionRun.objects.filter(version__import_run=run).order_by()
    return Counter(dict(readings.values_list(states).annotate(Count("id"))))


def failed_extractions(run: ImportRun) -> QuerySet[ExtractionRun]:
    """The run's versions that could not be read, with their articles."""
    failed = ExtractionRun.objects.filter(version__import_run=run, status=ExtractionRun.Status.FAILED)
    return failed.select_related("version__article").order_by("id")


def count_batch(
    run: ImportRun,
    bad: list[FailedRow],
    outcomes: list[Outcome],
    checkpoint: dict[str, Any] | None,
    is_repeat: bool,
) -> dict[str, Any]:
    """Write what a batch adds to its run: counts, refused rows, the checkpoint. The new state is returned, true once committed."""
    counts = Counter(outcome.status for outcome in outcomes)
    if is_repeat:
        bad = []
        del counts[Status.UNCHANGED], counts[Status.SKIPPED]
    # Drafts that were refused are among the bad rows as well.
    counts[Status.FAILED] = len(bad)
    for row in bad:
        row.run = run
    FailedRow.objects.bulk_create(bad)
    state: dict[str, Any] = {status.value: getattr(run, status.value) + counts[status] for status in Status}
    state |= {"rows": sum(state.values()), "updated_at": timezone.now()}
    if checkpoint is not None:
        state["checkpoint"] = checkpoint
    ImportRun.objects.filter(pk=run.pk).update(**state)
    return state


def failed_row(row: BadRow) -> FailedRow:
    return FailedRow(
        source=row.place.source,
        line=row.place.line,
        field=row.field[:100],
        code=row.code,
        detail=row.detail.replace("\0", "\ufffd"),
        raw=row.as_line().decode(),
    )


# How long the server takes to notice that the process of a session was killed, at worst in the middle of a batch.
HOLD_SECONDS = 1.0


def hold(key: str) -> None:
    """Keep everybody else from importing these sources until `release`, or this process ends. Raises SourceBusy."""
    # A session's lock: the server lets go of it when the process is killed.
    deadline = time.monotonic() + HOLD_SECONDS
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_lock_number(key)])
            if cursor.fetchone()[0]:
                return
            if time.monotonic() > deadline:
                raise SourceBusy("Another process is importing this source; wait for it or stop it.")
            time.sleep(0.1)


def release(run: ImportRun) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [_lock_number(run.source_key)])


def _lock_number(key: str) -> int:
    return int.from_bytes(bytes.fromhex(key)[:8], signed=True)


def nothing_was_read(run: ImportRun) -> dict[str, Any] | None:
    """The error of a run none of whose sources could be read."""
    if run.rows and run.rows == unreadable_sources(run):
        return {"code": UNREADABLE, "detail": "Nothing was imported: no source could be read."}
    return None


def unreadable_sources(run: ImportRun) -> int:
    return run.failed_rows.filter(code=UNREADABLE).count() if run.failed else 0


def finish_run(run: ImportRun, error: dict[str, Any] | None = None) -> None:
    """Close the run: done, or failed with its error."""
    _close(run, ImportRun.State.FAILED if error else ImportRun.State.DONE, error)


def interrupt_run(run: ImportRun) -> None:
    """Close the run where it stands; it may be resumed from its checkpoint."""
    _close(run, ImportRun.State.INTERRUPTED, None)


def _close(run: ImportRun, state: ImportRun.State, error: dict[str, Any] | None) -> None:
    with transaction.atomic():
        record_end(run, state, error)
    release(run)


def record_end(run: ImportRun, state: ImportRun.State, error: dict[str, Any] | None) -> None:
    """The last words of a run, in the transaction of whoever closes it."""
    run.state, run.error, run.finished_at = state, error, timezone.now()
    run.save(update_fields=["state", "error", "finished_at"])
    counts = {status.value: getattr(run, status.value) for status in Status}
    events.record(run, "end", actor=run.started_by, data={"state": state.value, **counts})


# A run that a job does


def park_run(job: Job) -> None:
    """The job was given up: its error goes on its run."""
    _end(job, ImportRun.State.FAILED, job.error)


def cancel_run(job: Job) -> None:
    """The job was cancelled: what has landed is in, and nothing else."""
    _end(job, ImportRun.State.INTERRUPTED, None)


def retry_run(job: Job) -> None:
    """The job was queued again: so the run goes on."""
    unfinished = ImportRun.objects.filter(pk=job.subject_id).exclude(state=ImportRun.State.DONE)
    unfinished.update(state=ImportRun.State.RUNNING, error=None, finished_at=None)


def _end(job: Job, state: ImportRun.State, error: dict[str, Any] | None) -> None:
    unfinished = ImportRun.objects.filter(pk=job.subject_id).exclude(state=ImportRun.State.DONE)
    unfinished.update(state=state, error=error, finished_at=timezone.now())
