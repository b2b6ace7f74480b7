"""A whole import: rows are read in batches, each batch lands in one transaction that also moves the run's checkpoint.

Whatever ends the process, what has landed is in and the checkpoint says where to go on. A batch lands in a thread of its own while the
next one is read: the database and we are busy at the same time, and Ctrl-C, which is the main thread's, interrupts reading only.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import islice

from django.db import (
    DEFAULT_DB_ALIAS,
    DataError,
    IntegrityError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from claims.models import ImportRun
from claims.pipeline.feeds import Checkpoint, Origin
from claims.pipeline.importing import Landed, land, preview
from claims.pipeline.page_feed import PageFeed
from claims.pipeline.rows import OnDuplicate, Row, Status, prepare
from claims.sources.base import ArticleDraft, BadRow, Place
from factcheck import workers

# Half as many cost a tenth more time of ours; twice as many save nothing any more.
BATCH_ROWS = 1000
# A row is kept in memory three times (bytes, fields, draft), so long articles make shorter batches.
BATCH_CHARS = 4_000_000
# Pages come one a second: whatever ends the process, no more than these are asked for again.
BATCH_SECONDS = 5.0
# A wait for somebody else's lock ends after two seconds (settings); a batch of somebody else's takes less than that.
LAND_ATTEMPTS = 5
NUDGE_EVERY_SECONDS = 2.0
COLLECT_AFTER_OBJECTS = 50_000
NOT_STORABLE = "not_storable"  # code of a row that was well formed, and that the database refused all the same


class End(StrEnum):
    FINISHED = "finished"
    INTERRUPTED = "interrupted"
    TOO_MANY_ERRORS = "too_many_errors"
    NOTHING_LANDED = "nothing_landed"  # all or nothing was asked for, and there was a bad row


@dataclass(frozen=True, slots=True)
class Terms:
    """How an import is done. `max_errors` is how many bad rows are put up with; None puts up with any number.

    `all_or_nothing` makes it one transaction, which bad rows undo unless `max_errors` allows for them.
    """

    on_duplicate: OnDuplicate = OnDuplicate.VERSION
    extract: bool = True
    batch_rows: int = BATCH_ROWS
    limit: int | None = None
    max_errors: int | None = None
    all_or_nothing: bool = False


@dataclass(slots=True)
class Progress:
    """What has happened since this import was started or resumed. `fraction` is of the bytes of the present source, where known."""

    counts: Counter[Status] = field(default_factory=Counter)
    source: str = ""
    fraction: float | None = None

    @property
    def rows(self) -> int:
        return self.counts.total()


Item = Row | BadRow


class _Batch(list[tuple[Item, Origin]]):
    chars = 0
    bad = 0
    began = 0.0

    def add(self, item: Item, origin: Origin) -> None:
        if not self:
            self.began = time.monotonic()
        self.append((item, origin))
        # A row weighs what it brought along, whether or not its fields are any of ours.
        place = item.place if isinstance(item, BadRow) else item.draft.place
        self.chars += len(place.raw)
        if isinstance(item, BadRow):
            self.bad += 1
        else:
            self.chars += len(item.text)

    @property
    def items(self) -> list[Item]:
        return [item for item, _ in self]

    @property
    def is_repeat(self) -> bool:
        return self[-1][1].is_repeat

    def checkpoint(self) -> Checkpoint | None:
        item, origin = self[-1]
        return None if origin.is_repeat else origin.checkpoint(_place(item))

    def halves(self) -> tuple[_Batch, _Batch]:
        middle = len(self) // 2
        return _Batch(self[:middle]), _Batch(self[middle:])


def _ready(draft: ArticleDraft) -> Item:
    try:
        return prepare(draft)
    except ValueError as error:
        return BadRow(draft.place, "text", NOT_STORABLE, str(error))


def _place(item: Item) -> Place:
    return item.place if isinstance(item, BadRow) else item.draft.place


class _Undo(Exception):
    def __init__(self, end: End) -> None:
        self.end = end


class Importer:
    """One import. With a run it stores, without one it only looks what storing would do."""

    def __init__(
        self,
        feed: PageFeed,
        terms: Terms,
        run: ImportRun | None,
        *,
        on_bad: Callable[[list[BadRow]], None],
        on_batch: Callable[[Progress], None],
    ) -> None:
        self.progress = Progress()
        self._feed, self._terms, self._run = feed, terms, run
        self._on_bad, self._on_batch = on_bad, on_batch
        self._seen: set[int] = set()
        self._batch = _Batch()
        self._landing: Future[None] = Future()
        self._landing.set_result(None)
        self._may_read = threading.Event()
        self._queued, self._next_nudge = 0, 0.0

    def go(self) -> End:
        """Import everything, from the run's checkpoint on if it has one. For the main thread: KeyboardInterrupt ends it in good order.

        Raises SourceChanged before anything is stored, and what the database raises when it is away or its rows stay locked: the run
        then stands where its last batch left it.
        """
        if not self._terms.all_or_nothing:
            end = self._go()
            self._nudge()
            return end
        try:
            with transaction.atomic():
                # As long as the import, with waits for whoever writes into a pipe.
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
                    cursor.execute("SET LOCAL statement_timeout = 0")
                if (end := self._go()) is not End.FINISHED:
                    raise _Undo(end)
                self._nudge()
                return end
        except _Undo as undo:
            if self._run:
                self._run.refresh_from_db()
            return undo.end

    def _go(self) -> End:
        with _few_collections(), _lander() as self._pool:
            try:
                for item, origin in self._rows():
                    if self._batch and self._batch.is_repeat != origin.is_repeat:
                        self._hand_over()
                    self._batch.add(item, origin)
                    if self._is_full():
                        self._hand_over()
                        if self._too_many_errors():
                            return End.TOO_MANY_ERRORS
                self._hand_over()
                self._landing.result()
            except KeyboardInterrupt:
                if not self._terms.all_or_nothing:
                    self._hand_over()
                    self._landing.result()
                return End.INTERRUPTED
        return End.NOTHING_LANDED if self._is_spoilt() else End.FINISHED

    def _rows(self) -> Iterator[tuple[Item, Origin]]:
        rows = self._feed.rows(dict(self._run.checkpoint) if self._run else {})
        # Not one row more is read than is wanted: it may be a page of somebody's.
        for item, origin in islice(rows, self._terms.limit):
            ready = item if isinstance(item, BadRow) else _ready(item)
            # What was refused is refused again, and was reported the first time.
            if not (origin.is_repeat and isinstance(ready, BadRow)):
                yield ready, origin

    def _hand_over(self) -> None:
        self._landing.result()
        # Interrupted after this line, the batch is not landed at all, and its rows lie behind the checkpoint.
        batch, self._batch = self._batch, _Batch()
        if batch:
            # With its context: events name what the import acts through.
            self._may_read.clear()
            self._landing = self._pool.submit(copy_context().run, self._land, batch)
            # A landing first looks up and compares, then sends. Reading beside the first half, both would fight for the interpreter
            # and the database would wait: a fifth of an import.
            self._may_read.wait()
            # How it ended is asked for later, unless the next row depends on it.
            if self._terms.max_errors is not None or self._feed.reads_database:
                self._landing.result()

    def _is_full(self) -> bool:
        batch, most = self._batch, self._terms.max_errors
        if len(batch) >= self._terms.batch_rows or batch.chars >= BATCH_CHARS:
            return True
        if batch and time.monotonic() - batch.began > BATCH_SECONDS:
            return True
        return most is not None and self.progress.counts[Status.FAILED] + batch.bad > most

    def _too_many_errors(self) -> bool:
        return self._terms.max_errors is not None and self.progress.counts[Status.FAILED] > self._terms.max_errors

    def _is_spoilt(self) -> bool:
        """Is this all or nothing, and nothing it will be? Then reading goes on only to name every bad row at once."""
        terms = self._terms
        return terms.all_or_nothing and terms.max_errors is None and self.progress.counts[Status.FAILED] > 0

    def _land(self, batch: _Batch) -> None:
        try:
            self._land_and_tell(batch)
        finally:
            self._may_read.set()

    def _land_and_tell(self, batch: _Batch) -> None:
        bad = [item for item in batch.items if isinstance(item, BadRow)]
        if self._run is None or self._is_spoilt():
            landed = preview(batch.items, self._seen, on_duplicate=self._terms.on_duplicate)
        else:
            landed, poison = self._store(batch, self._run)
            bad += poison
        bad += [] if batch.is_repeat else landed.refused
        self._count(batch, landed, len(bad))
        if bad:
            self._on_bad(bad)
        if time.monotonic() >= self._next_nudge:
            self._nudge()
        self._on_batch(self.progress)

    def _count(self, batch: _Batch, landed: Landed, bad: int) -> None:
        counts = Counter(outcome.status for outcome in landed.outcomes)
        counts[Status.FAILED] = bad
        progress, (last, origin) = self.progress, batch[-1]
        progress.counts += counts
        place, size = _place(last), origin.size_bytes
        progress.source, progress.fraction = place.source, min(place.offset / size, 1.0) if size else None
        if self._run is not None and self._terms.extract:
            self._queued += counts[Status.CREATED] + counts[Status.VERSIONED]

    def _store(self, batch: _Batch, run: ImportRun) -> tuple[Landed, list[BadRow]]:
        """Land the batch; a row that the database itself refuses becomes a bad row and holds up none of the others."""
        try:
            return self._store_patiently(batch.items, batch, run), []
        except (DataError, IntegrityError, ValueError) as error:
            if len(batch) == 1:
                bad = BadRow(_place(batch[0][0]), "", NOT_STORABLE, str(error).partition("\n")[0])
                return self._store_patiently([bad], batch, run), [bad]
            (first, poison), (second, more_poison) = (self._store(half, run) for half in batch.halves())
            landed = Landed(first.outcomes + second.outcomes, first.refused + second.refused)
            return landed, poison + more_poison

    def _store_patiently(self, items: list[Item], batch: _Batch, run: ImportRun) -> Landed:
        for attempt in range(1, LAND_ATTEMPTS + 1):
            try:
                return land(
                    items,
                    run=run,
                    checkpoint=batch.checkpoint(),
                    on_duplicate=self._terms.on_duplicate,
                    extract=self._terms.extract,
                    is_repeat=batch.is_repeat,
                    is_nudging=False,
                    before_texts=self._may_read.set,
                )
            except OperationalError as error:
                # Another import has the same articles. Inside a longer transaction there is no second try.
                if attempt == LAND_ATTEMPTS or self._terms.all_or_nothing or not _is_contention(error):
                    raise
                time.sleep(0.1 * attempt)
        raise AssertionError

    def _nudge(self) -> None:
        if not self._queued:
            return
        started = time.monotonic()
        # Workers pass a nudge on, so a few are enough; a broker that is away may take seconds to say so.
        workers.nudge(workers.nudges_for(self._queued))
        self._queued = 0
        self._next_nudge = time.monotonic() + max(NUDGE_EVERY_SECONDS, 20 * (time.monotonic() - started))


def _is_contention(error: OperationalError) -> bool:
    # Lock not available, deadlock detected. Source: PostgreSQL, appendix A.
    return getattr(error.__cause__, "sqlstate", None) in ("55P03", "40P01")


@contextmanager
def _lander() -> Iterator[ThreadPoolExecutor]:
    """One thread that uses this thread's connection; what it was given is through when the block ends."""
    own = connections[DEFAULT_DB_ALIAS]

    def share() -> None:
        connections[DEFAULT_DB_ALIAS] = own

    own.inc_thread_sharing()
    try:
        with ThreadPoolExecutor(1, "land", share) as pool:
            yield pool
    finally:
        own.dec_thread_sharing()


@contextmanager
def _few_collections() -> Iterator[None]:
    """Rows make no cycles, and looking for some among all that the process has loaded takes a fifth of an import."""
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
