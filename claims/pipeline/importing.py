"""From drafts to article versions, a batch at a time and each batch in one transaction.

Metadata goes through one `INSERT ... SELECT unnest`, texts straight into their table through COPY: a text is sent once, and a
text that is here already is not sent at all. Nothing is locked for unchanged articles; a changed one is locked before its version
is numbered, so two imports of one article at once make one article.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from claims import extraction
from claims.identity import identity_of_text, identity_of_url
from claims.models import Article, ExtractionRun, FailedRow, ImportRun, Outlet
from claims.sources.base import ArticleDraft, BadRow
from claims.text import fingerprint, normalise_text
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.changes import changes, state_of
from factcheck.copying import copy_rows
from factcheck.ids import uuid7

EXTRACT = "extract"


class OnDuplicate(StrEnum):
    """What to do with a text that differs from the one we have. An unchanged text is never written again."""

    VERSION = "version"
    SKIP = "skip"
    FAIL = "fail"


class Status(StrEnum):
    CREATED = "created"
    VERSIONED = "versioned"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    FAILED = "failed"


class Outcome(NamedTuple):
    """What became of one draft. `version_id` is the new version, or the one that it equals; in a preview it is None for a new one."""

    status: Status
    article_id: UUID
    version_id: UUID | None


class Landed(NamedTuple):
    """One outcome per draft, in order, and the drafts that were refused because of what is here already."""

    outcomes: list[Outcome]
    refused: list[BadRow]


@dataclass(slots=True)
class Row:
    """A draft made ready to land: `text` as it is stored, its fingerprint and the article's identity."""

    draft: ArticleDraft
    text: str
    sha256: str
    fingerprint: str
    identity: str
    outlet_id: UUID | None = None


@dataclass(slots=True)
class _Known:
    """An article as it stands. `versions` leads from a fingerprint to the version with that text: the newest one, and after
    `_look_up_earlier` all of them.
    """

    article_id: UUID
    number: int
    versions: dict[str, UUID | None]
    lacks: int = 0  # bits of `_offers`: what nobody has said about the article so far


def import_article(draft: ArticleDraft, *, actor: User | None = None, extract: bool = True) -> Outcome:
    """Store one article as it stands now and queue its extraction; the one that is here already is returned as it is."""
    return land([draft], actor=actor, extract=extract, is_live=True).outcomes[0]


def land_batch(
    items: Sequence[ArticleDraft | BadRow],
    *,
    run: ImportRun | None = None,
    checkpoint: dict[str, Any] | None = None,
    on_duplicate: OnDuplicate = OnDuplicate.VERSION,
    extract: bool = True,
    fetched_at: datetime | None = None,
) -> list[Outcome]:
    """Store what these drafts say, their extraction jobs, their bad rows and the run's checkpoint: all of it or none of it.

    Returns one outcome per draft, in order; bad rows have none. Raises ValueError on a text with lone surrogates.
    """
    landed = land(
        items, run=run, checkpoint=checkpoint, on_duplicate=on_duplicate, extract=extract, fetched_at=fetched_at
    )
    return landed.outcomes


def land(
    items: Sequence[Row | ArticleDraft | BadRow],
    *,
    run: ImportRun | None = None,
    checkpoint: dict[str, Any] | None = None,
    on_duplicate: OnDuplicate = OnDuplicate.VERSION,
    extract: bool = True,
    fetched_at: datetime | None = None,
    actor: User | None = None,
    is_live: bool = False,
    is_repeat: bool = False,
    is_nudging: bool = True,
    before_texts: Callable[[], None] = lambda: None,
) -> Landed:
    """`land_batch`, with the drafts that it refused. Without a run, `actor` is who sent them.

    With `is_live` the texts are what stands there now: one that went back to an earlier state is a new version too. A file may
    hold several states of an article and be read again, so there an earlier state is nothing new. With `is_repeat` the run has
    counted these rows before: only what is new counts. Without `is_nudging` the workers are not told. `before_texts` is
    called when nothing but sending is left, so that the processor is free for other work.
    """
    actor = run.started_by if run else actor
    rows = [_ready(item) for item in items if not isinstance(item, BadRow)]
    # Not in the transaction: of fat rows it would take longer than a transaction may idle.
    bad = [_failed_row(item) for item in items if isinstance(item, BadRow)]
    with transaction.atomic():
        outlets = _outlets(rows)
        for row in rows:
            row.outlet_id = outlets[row.draft.outlet] if row.draft.outlet else None
        landed, versions = _land(rows, run, on_duplicate, fetched_at or timezone.now(), is_live, actor, before_texts)
        if extract and versions:
            _queue_extraction(versions, is_nudging)
        refused = [_failed_row(row) for row in landed.refused]
        state = _record(run, [*bad, *refused], landed.outcomes, checkpoint, is_repeat) if run else {}
        _tell(run, actor, rows, landed.outcomes)
    # Not before the transaction is through: a batch that is tried again must not count twice.
    for name, value in state.items():
        setattr(run, name, value)
    return landed


def preview(
    items: Sequence[Row | ArticleDraft | BadRow], seen: set[int], *, on_duplicate: OnDuplicate = OnDuplicate.VERSION
) -> Landed:
    """What `land` would do with them now. Reads only; `seen` carries what earlier batches of this preview would have stored."""
    rows = [_ready(item) for item in items if not isinstance(item, BadRow)]
    known = _known([row.identity for row in rows])
    _look_up_earlier(
        [have for row in rows if (have := known.get(row.identity)) and row.fingerprint not in have.versions]
    )
    outcomes: list[Outcome] = []
    refused: list[BadRow] = []
    for row in rows:
        # Eight bytes each of what would be there: a preview of millions of rows fits into memory.
        article, version = int(row.identity[:16], 16), int(row.identity[:16], 16) ^ int(row.fingerprint[:16], 16)
        have = known.setdefault(row.identity, _Known(uuid7(), 0, {}))
        have.number = max(have.number, article in seen)
        if version in seen:
            have.versions.setdefault(row.fingerprint, None)
        if outcome := _leave(row, have, on_duplicate, refused):
            outcomes.append(outcome)
            continue
        outcomes.append(Outcome(Status.VERSIONED if have.number else Status.CREATED, have.article_id, None))
        have.number += 1
        have.versions[row.fingerprint] = None
        seen |= {article, version}
    return Landed(outcomes, refused)


def _ready(item: Row | ArticleDraft) -> Row:
    return item if isinstance(item, Row) else prepare(item)


def prepare(draft: ArticleDraft) -> Row:
    """What landing needs to know of a draft and can be found out without the database. Raises ValueError on lone surrogates."""
    text = normalise_text(draft.text)
    mark = fingerprint(text)
    url = draft.canonical_url
    identity = identity_of_url(url) if url else identity_of_text(draft.outlet, mark)
    return Row(draft, text, hashlib.sha256(text.encode()).hexdigest(), mark, identity)


def _outlets(rows: Iterable[Row]) -> dict[str, UUID]:
    """The outlets of these rows by their names as given; new ones are made."""
    wanted = {row.draft.outlet: row.draft for row in rows if row.draft.outlet}
    if not wanted:
        return {}
    found = _find_outlets(wanted)
    if missing := sorted(wanted.keys() - found.keys()):
        Outlet.objects.bulk_create(
            [Outlet(name=name, domain=wanted[name].outlet_domain) for name in missing], ignore_conflicts=True
        )
        found |= _find_outlets(missing)
    return found


def _find_outlets(names: Collection[str]) -> dict[str, UUID]:
    # Which names differ in case alone, only the database says: Python has other small letters for Σ and İ.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT given, id FROM unnest(%s::text[]) given JOIN claims_outlet ON lower(name) = lower(given)",
            [list(names)],
        )
        return dict(cursor.fetchall())


def _land(
    rows: list[Row],
    run: ImportRun | None,
    on_duplicate: OnDuplicate,
    fetched_at: datetime,
    is_live: bool,
    actor: User | None,
    before_texts: Callable[[], None],
) -> tuple[Landed, list[UUID]]:
    known = _known([row.identity for row in rows])
    unknown = {row.identity: row for row in rows if row.identity not in known}
    inserted = _insert_articles(unknown.values())
    # What somebody else inserted since, and what changed, is looked at again under its lock.
    contested = {identity for identity in unknown if identity not in inserted}
    contested |= {
        row.identity for row in rows if (have := known.get(row.identity)) and row.fingerprint not in have.versions
    }
    if contested:
        known |= _known(contested, lock=True)
        if not is_live:
            _look_up_earlier([known[identity] for identity in contested])
    known |= inserted

    versions: list[tuple[Any, ...]] = []
    version_ids: list[UUID] = []
    changed: dict[UUID, Row] = {}
    told_later: list[Row] = []
    outcomes: list[Outcome] = []
    refused: list[BadRow] = []
    for row in rows:
        have = known[row.identity]
        if outcome := _leave(row, have, on_duplicate, refused):
            outcomes.append(outcome)
            if have.lacks and outcome.status is Status.UNCHANGED and have.lacks & _offers(row):
                told_later.append(row)
            continue
        status = Status.VERSIONED if have.number else Status.CREATED
        if status is Status.VERSIONED:
            changed[have.article_id] = row
        version_id = uuid7()
        version_ids.append(version_id)
        have.number += 1
        have.versions[row.fingerprint] = version_id
        versions.append(
            (
                version_id.bytes,
                have.article_id.bytes,
                have.number,
                row.text,
                row.sha256,
                row.fingerprint,
                len(row.text),
                fetched_at,
                run.pk.bytes if run else None,
            )
        )
        outcomes.append(Outcome(status, have.article_id, version_id))
    before_texts()
    copy_rows(_COPY_VERSIONS, _VERSION_TYPES, versions)
    _refresh_metadata(changed, {known[row.identity].article_id: row for row in reversed(told_later)}, actor)
    return Landed(outcomes, refused), version_ids


def _leave(row: Row, have: _Known, on_duplicate: OnDuplicate, refused: list[BadRow]) -> Outcome | None:
    """The outcome of a row that adds no version, or None.

    A text that the article had before, where it was looked up, is not new either: see `land`.
    """
    if row.fingerprint in have.versions:
        return Outcome(Status.UNCHANGED, have.article_id, have.versions[row.fingerprint])
    if not have.number or on_duplicate is OnDuplicate.VERSION:
        return None
    if on_duplicate is OnDuplicate.SKIP:
        return Outcome(Status.SKIPPED, have.article_id, None)
    detail = f"the text differs from version {have.number} of article {have.article_id}"
    refused.append(BadRow(row.draft.place, "text", "article_changed", detail))
    return Outcome(Status.FAILED, have.article_id, None)


_KNOWN = """
    SELECT article.identity, article.id, version.number, version.text_fingerprint, version.id,
        (title = '')::int + 2 * (byline = '')::int + 4 * (language = '')::int + 8 * (outlet_id IS NULL)::int
            + 16 * (published_at IS NULL)::int
    FROM claims_article article
    CROSS JOIN LATERAL (
        SELECT id, number, text_fingerprint FROM claims_articleversion
        WHERE article_id = article.id ORDER BY number DESC LIMIT 1
    ) version
    WHERE article.identity = ANY(string_to_array(%s, ','))
"""
# In one order everywhere, or two imports of the same articles would wait for each other.
_LOCK = (
    "SELECT id FROM claims_article WHERE identity = ANY(string_to_array(%s, ',')) ORDER BY identity FOR NO KEY UPDATE"
)


def _known(identities: Collection[str], *, lock: bool = False) -> dict[str, _Known]:
    joined = ",".join(identities)  # an array's elements are quoted one by one
    with connection.cursor() as cursor:
        if lock:
            cursor.execute(_LOCK, [joined])
        cursor.execute(_KNOWN, [joined])
        return {
            identity: _Known(article_id, number, {mark: version_id}, lacks)
            for identity, article_id, number, mark, version_id, lacks in cursor.fetchall()
        }


_EARLIER = """
    SELECT DISTINCT ON (article_id, text_fingerprint) article_id, text_fingerprint, id FROM claims_articleversion
    WHERE article_id = ANY(%s) ORDER BY article_id, text_fingerprint, number DESC
"""


def _look_up_earlier(articles: Collection[_Known]) -> None:
    if not articles:
        return
    by_id = {have.article_id: have for have in articles}
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [list(by_id)])
        for article_id, mark, version_id in cursor.fetchall():
            by_id[article_id].versions[mark] = version_id


_ARTICLE_COLUMNS = ("id", "identity", "canonical_url", "outlet_id", "title", "byline", "language", "published_at")
_ARTICLE_TYPES = ("bytea", "varchar", "text", "bytea", "text", "text", "varchar", "timestamptz")
_COPY_ARTICLES = f"COPY claims_article ({', '.join(_ARTICLE_COLUMNS)}) FROM STDIN (FORMAT BINARY)"
_INSERT_ARTICLES = f"""
    INSERT INTO claims_article ({", ".join(_ARTICLE_COLUMNS)})
    SELECT * FROM json_to_recordset(%s::json) AS row (
        id uuid, identity text, canonical_url text, outlet_id uuid, title text, byline text, language text, published_at timestamptz
    )
    ON CONFLICT (identity) DO NOTHING
    RETURNING identity, id
"""


def _insert_articles(rows: Iterable[Row]) -> dict[str, _Known]:
    """The articles that were inserted. One that is missing has been inserted by somebody else since we looked."""
    # In one order everywhere, or two imports of the same articles would wait for each other.
    new = [(uuid7(), row) for row in sorted(rows, key=lambda row: row.identity)]
    try:
        with transaction.atomic():
            copy_rows(_COPY_ARTICLES, _ARTICLE_TYPES, [_copied(key, row) for key, row in new])
    except IntegrityError:
        # COPY cannot pass over a row that is there; twice as slow, this can.
        records = [dict(zip(_ARTICLE_COLUMNS, _article(key, row), strict=True)) for key, row in new]
        with connection.cursor() as cursor:
            cursor.execute(_INSERT_ARTICLES, [orjson.dumps(records).decode()])
            return {identity: _Known(article_id, 0, {}) for identity, article_id in cursor.fetchall()}
    return {row.identity: _Known(key, 0, {}) for key, row in new}


def _article(key: UUID, row: Row) -> tuple[Any, ...]:
    draft = row.draft
    said = (draft.title, draft.byline, draft.language, draft.published_at)
    return (key, row.identity, draft.canonical_url, row.outlet_id, *said)


def _copied(key: UUID, row: Row) -> tuple[Any, ...]:
    _, identity, url, outlet_id, *said = _article(key, row)
    return (key.bytes, identity, url, outlet_id and outlet_id.bytes, *said)


_COPY_VERSIONS = """
    COPY claims_articleversion
        (id, article_id, number, text, text_sha256, text_fingerprint, length, fetched_at, import_run_id)
    FROM STDIN (FORMAT BINARY)
"""
_VERSION_TYPES = ("bytea", "bytea", "int4", "text", "varchar", "varchar", "int4", "timestamptz", "bytea")


def _offers(row: Row) -> int:
    """What this row says about its article, as bits in the order of `_KNOWN`."""
    draft = row.draft
    said = (draft.title, draft.byline, draft.language, row.outlet_id, draft.published_at)
    return sum(1 << bit for bit, value in enumerate(said) if value)


def _refresh_metadata(changed: dict[UUID, Row], told_later: dict[UUID, Row], actor: User | None) -> None:
    """A changed text brings its own headline along. What was open so far is filled in, and nothing else is overwritten."""
    articles = Article.objects.select_for_update(no_key=True).filter(pk__in={*changed, *told_later})
    for article in articles.order_by("identity"):
        row = changed.get(article.pk) or told_later[article.pk]
        draft = row.draft
        before = state_of(article)
        if article.pk in changed:
            article.title, article.byline = draft.title or article.title, draft.byline or article.byline
            article.language = draft.language or article.language
        article.title = article.title or draft.title
        article.byline = article.byline or draft.byline
        article.language = article.language or draft.language
        article.outlet_id = article.outlet_id or row.outlet_id
        article.published_at = article.published_at or draft.published_at
        article.save(update_fields=["title", "byline", "language", "outlet", "published_at"])
        if article.pk not in changed:
            events.record(article, "describe", actor=actor, data=changes(before, article))


_COPY_RUNS = """
    COPY claims_extractionrun (id, version_id, extractor, extractor_version, status, candidates, created_claims, attached_claims,
        superseded_claims) FROM STDIN (FORMAT BINARY)
"""
_RUN_TYPES = ("bytea", "bytea", "varchar", "varchar", "varchar", "int4", "int4", "int4", "int4")


def _queue_extraction(version_ids: list[UUID], is_nudging: bool) -> None:
    extractor = extraction.get(extraction.DEFAULT)
    run_ids = [uuid7() for _ in version_ids]
    queued = ExtractionRun.Status.QUEUED.value
    copy_rows(
        _COPY_RUNS,
        _RUN_TYPES,
        [
            (run_id.bytes, version_id.bytes, extractor.name, extractor.version, queued, 0, 0, 0, 0)
            for run_id, version_id in zip(run_ids, version_ids, strict=True)
        ],
    )
    jobs.enqueue_many(EXTRACT, run_ids, is_nudging=is_nudging)


def _record(
    run: ImportRun,
    bad: list[FailedRow],
    outcomes: list[Outcome],
    checkpoint: dict[str, Any] | None,
    is_repeat: bool,
) -> dict[str, Any]:
    """Writes the run's new state and returns it."""
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


def _failed_row(row: BadRow) -> FailedRow:
    return FailedRow(
        source=row.place.source,
        line=row.place.line,
        field=row.field[:100],
        code=row.code,
        detail=row.detail.replace("\0", "\ufffd"),
        raw=row.as_line().decode(),
    )


def _tell(run: ImportRun | None, actor: User | None, rows: list[Row], outcomes: list[Outcome]) -> None:
    """One event for a batch of a run, with the digest of what it wrote; without a run, one for each article that changed."""
    told: list[list[Any]] = [
        [outcome.article_id, outcome.version_id, outcome.status.value, row.sha256]
        for row, outcome in zip(rows, outcomes, strict=True)
        if outcome.status in (Status.CREATED, Status.VERSIONED)
    ]
    if run and told:
        data = {"rows": len(told), "rows_sha256": digest(told)}
        events.record(run, "import_batch", actor=actor, data=data)
    for article_id, version_id, status, sha256 in [] if run else told:
        data = {"status": status, "version": str(version_id), "text_sha256": sha256}
        events.record(Article(pk=article_id), "import", actor=actor, data=data)
