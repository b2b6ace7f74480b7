"""Imports that a job does: of a file that somebody sends, and of the rows that an earlier run refused.

The run is the subject of the job, and is the same as a command's: what was asked stands in its options, how far it came in its
checkpoint. A job reads for a while and is put off with what it has landed, so that no file is too long for the time that a job may take.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from io import BytesIO
from typing import Any, TypedDict
from uuid import UUID

import orjson
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from claims.models import ImportFile, ImportRun
from claims.pipeline import runs
from claims.pipeline.asked import DEFAULTS, options_of, terms_of
from claims.pipeline.bulk import End, Importer
from claims.pipeline.feeds import Checkpoint, FailedRowFeed, Feed, FileFeed, Item, Origin, storable
from claims.pipeline.page_feed import PageFeed
from claims.pipeline.rows import Status
from claims.sources import FORMATS
from claims.sources.base import MAX_DOCUMENT_BYTES, Options, Unreadable
from claims.sources.guess import format_by_content, format_by_name
from claims.sources.inputs import HEAD_BYTES, STANDARD_INPUT, Input
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.errors import ActionNotAllowed, FieldError, InvalidInput
from factcheck.fetch.politely import Courtesy
from factcheck.models import Job

IMPORT = "import_file"
MAX_FILE_BYTES = MAX_DOCUMENT_BYTES  # as much as one document may have; longer files are the command's
MAX_NAME_CHARS = 200
# Formats whose rows are articles. Lists of pages are the command's: nobody waits hours for a form.
UPLOADED = tuple(name for name in FORMATS if name != "urls")
FORMAT_CHOICES = [(name, name) for name in ("auto", *UPLOADED)]
_GZIP = b"\x1f\x8b"
RETRIED = "retry_failed"


class ImportedRows(TypedDict):
    """The result of its job: the run, which holds the rows that were refused, and what became of the others."""

    run: UUID
    created: int
    versioned: int
    unchanged: int
    skipped: int
    failed: int


def request_import(name: str, payload: bytes, asked: Mapping[str, Any], *, started_by: User | None) -> Job:
    """Queue the import of a file; the same that waits or runs already is returned as it is. `asked` may hold what `DEFAULTS` does.

    Raises InvalidInput, whose errors point at `file` or one of those.
    """
    source, wanted = _named(name), DEFAULTS | dict(asked)
    _check_file(source, payload)
    _check_asked(wanted)
    told: dict[str, Any] = {"sha256": hashlib.sha256(payload).hexdigest(), "bytes": len(payload)}
    key = _key([source, told, wanted])
    with transaction.atomic():
        if job := _waiting(key):
            return job
        run = _queued(source, key, wanted | {"sources": [source]} | told, started_by)
        ImportFile(run=run, payload=payload).save(force_insert=True)
        return jobs.enqueue(IMPORT, run.pk)


def retry_failed_rows(run_id: UUID, *, started_by: User | None) -> Job:
    """Queue a run of the rows that this one refused. Raises ActionNotAllowed where there are none, or while it goes on."""
    refused = ImportRun.objects.get(pk=run_id)
    if refused.state == ImportRun.State.RUNNING:
        raise ActionNotAllowed("The run goes on; wait for its end.")
    if not refused.failed:
        raise ActionNotAllowed("This run refused no row.")
    if runs.FACT_CHECKS in refused.options:
        raise ActionNotAllowed("Fact-checks are imported again by import_fact_checks.")
    source = f"failed rows of {refused.pk}"
    key = runs.source_key(source)
    wanted = {name: refused.options.get(name, default) for name, default in DEFAULTS.items()} | {"atomic": False}
    with transaction.atomic():
        if job := _waiting(key):
            return job
        run = _queued(source, key, wanted | {RETRIED: str(refused.pk)}, started_by)
        return jobs.enqueue(IMPORT, run.pk)


def _named(name: str) -> str:
    """What a browser calls the file, without folders and what no terminal shows."""
    base = os.path.basename(name.replace("\\", "/"))
    found = storable("".join(c for c in base if c.isprintable()))[-MAX_NAME_CHARS:]
    return "file" if found == STANDARD_INPUT else found


def _check_file(name: str, payload: bytes) -> None:
    if not name:
        detail = "Choose a file."
    elif not payload:
        detail = f"{name} is empty."
    elif len(payload) > MAX_FILE_BYTES:
        detail = f"{name} has {len(payload):,} bytes; a file may have {MAX_FILE_BYTES:,}. The command import_articles takes longer ones."
    elif payload.startswith(_GZIP):
        detail = f"{name} is compressed: send it unpacked, or import it by the command import_articles."
    else:
        return
    raise InvalidInput(detail, errors=[FieldError("invalid_file", detail, pointer="/file")])


def _check_asked(wanted: Mapping[str, Any]) -> None:
    if wanted["format"] not in ("auto", *UPLOADED):
        detail = f"The formats are auto, {', '.join(UPLOADED)}."
        raise InvalidInput(detail, errors=[FieldError("invalid", detail, pointer="/format")])
    for name in ("map", "language", "default_timezone"):
        try:
            options_of(DEFAULTS | {name: wanted[name]})
        except (ValueError, KeyError, OSError) as error:  # no such zone is a KeyError
            detail = f"{wanted[name]!r} is no time zone like Europe/Kyiv." if name == "default_timezone" else str(error)
            raise InvalidInput(detail, errors=[FieldError("invalid", detail, pointer=f"/{name}")]) from None


def _key(parts: Any) -> str:
    return hashlib.sha256(orjson.dumps([IMPORT, parts], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _waiting(key: str) -> Job | None:
    # Two requests at once would both find nothing.
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(bytes.fromhex(key)[8:16], signed=True)])
    going_on = ImportRun.objects.filter(source_key=key, state=ImportRun.State.RUNNING)
    return Job.objects.filter(kind=IMPORT, state__in=jobs.ACTIVE, subject_id__in=going_on.values("id")).first()


def _queued(source: str, key: str, options: dict[str, Any], started_by: User | None) -> ImportRun:
    run = ImportRun(source=source, source_key=key, options=options | {runs.QUEUED: True}, started_by=started_by)
    run.save(force_insert=True)
    told = {"source": source} | {name: options[name] for name in ("sha256", "bytes") if name in options}
    events.record(run, "request", actor=started_by, data=told)
    return run


def import_queued(job: Job) -> None:
    """Do the job, or as much of it as fits into its time: the rest is its next turn.

    Raises SourceBusy while somebody else has the same rows, jobs.LeaseLost when another worker has the job, and what the database does.
    """
    run = ImportRun.objects.select_related("started_by").get(pk=job.subject_id)
    options = options_of(run.options)
    runs.hold(run.source_key)
    try:
        with closing(Courtesy()) as courtesy:
            feed = _ForAWhile(_feed(run, options, courtesy), options, courtesy)
            # After each batch: whoever cancelled the job wants no more of it.
            look = {"on_bad": lambda rows: None, "on_batch": lambda told: jobs.check_lease(job)}
            end = Importer(feed, terms_of(run.options), run, **look).go()
        run.refresh_from_db()
        with jobs.finishing(job) as result:
            if feed.is_cut or end is End.INTERRUPTED:
                jobs.put_off(job, timezone.now())
                return
            error = runs.nothing_was_read(run)
            runs.record_end(run, ImportRun.State.FAILED if error else ImportRun.State.DONE, error)
            # A document that was refused as a whole is nowhere else.
            if not run.failed_rows.filter(line=None).exists():
                ImportFile.objects.filter(run=_holder(run)).delete()
            result |= {"run": str(run.pk), **{status.value: getattr(run, status.value) for status in Status}}
    finally:
        runs.release(run)


def _feed(run: ImportRun, options: Options, courtesy: Courtesy) -> Feed:
    if RETRIED in run.options:
        return _FailedRows(ImportRun.objects.get(pk=run.options[RETRIED]), options, courtesy)
    return _File(run, options, courtesy)


class _File(FileFeed):
    """The file of a run, whatever there may be of its name on this machine."""

    def __init__(self, run: ImportRun, options: Options, courtesy: Courtesy) -> None:
        super().__init__([run.source], options, BytesIO(), courtesy)
        self._run = run

    def _open(self, source: str) -> AbstractContextManager[Input]:
        return nullcontext(_stored(self._run, source, self._options))


class _FailedRows(FailedRowFeed):
    """Of the rows that were a whole document, what was uploaded is read again, and no file of this machine."""

    def _open(self, source: str) -> AbstractContextManager[Input]:
        return nullcontext(_stored(_holder(self._run), source, self._options))


def _holder(run: ImportRun) -> ImportRun:
    """The run that the rows were sent for, however often they were tried since."""
    while RETRIED in run.options:
        run = ImportRun.objects.get(pk=run.options[RETRIED])
    return run


def forget_files(runs: Iterable[ImportRun]) -> None:
    """Nothing is kept of what was sent for these runs: what they have not read of it is never read."""
    ImportFile.objects.filter(run__in={_holder(run).pk for run in runs}).delete()


def _stored(run: ImportRun, source: str, options: Options) -> Input:
    file = ImportFile.objects.filter(run=run).first()
    if file is None and runs.QUEUED in run.options:
        raise Unreadable(source, "what was sent is not kept any more: send the file again")
    if file is None:
        raise Unreadable(
            source, f"it is on the machine that read it: say import_articles --retry-failed {run.pk} there"
        )
    payload = bytes(file.payload)
    head = payload[:HEAD_BYTES]
    name = options.format if options.format != "auto" else format_by_name(source) or format_by_content(head)
    return Input(source, FORMATS[name], head, len(payload), BytesIO(payload))


class _ForAWhile(PageFeed):
    """The rows of a feed until a third of the time is up that a job may take: the rest is for the batch under way.

    `is_cut` says that there may be more.
    """

    is_cut = False

    def __init__(self, feed: Feed, options: Options, courtesy: Courtesy) -> None:
        super().__init__(feed, options, courtesy)
        self._until = time.monotonic() + settings.JOB_TIME_LIMIT_SECONDS / 3

    def rows(self, checkpoint: Checkpoint) -> Iterator[tuple[Item, Origin]]:
        for row in super().rows(checkpoint):
            yield row
            if time.monotonic() > self._until:
                self.is_cut = True
                return
