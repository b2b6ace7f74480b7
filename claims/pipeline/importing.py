"""From drafts to article versions, a batch at a time and each batch in one transaction.

Metadata goes through one `INSERT ... SELECT unnest`, texts straight into their table through COPY: a text is sent once, and a
text that is here already is not sent at all. Nothing is locked for unchanged articles; a changed one is locked before its version
is numbered, so two imports of one article at once make one article.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils import timezone

from claims import extraction
from claims.models import Article, ExtractionRun, FailedRow, ImportRun, Outlet
from claims.sources.base import ArticleDraft, BadRow
from claims.text import fingerprint, normalise_text
from factcheck import jobs
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one draft. `version_id` is the new version, or the one that it equals."""

    status: Status
    article_id: UUID
    version_id: UUID | None


@dataclass(slots=True)
class _Row:
    draft: ArticleDraft
    text: str
    sha256: str
    fingerprint: str
    identity: str
    outlet_id: UUID | None = None


@dataclass(slots=True)
class _Known:
    article_id: UUID
    number: int
    fingerprint: str
    version_id: UUID | None


def import_article(draft: ArticleDraft, *, extract: bool = True) -> Outcome:
    """Store one article and queue its extraction; the one that is here already is returned as it is."""
    return land_batch([draft], extract=extract)[0]


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
    rows = [_prepare(item) for item in items if isinstance(item, ArticleDraft)]
    bad = [item for item in items if isinstance(item, BadRow)]
    with transaction.atomic():
        outlets = _outlets(rows)
        for row in rows:
            row.outlet_id = outlets.get(row.draft.outlet.lower()) if row.draft.outlet else None
        outcomes, refused = _land(rows, run, on_duplicate, extract, fetched_at or timezone.now())
        if run is not None:
            _record(run, [*bad, *refused], outcomes, checkpoint)
    return outcomes


def _prepare(draft: ArticleDraft) -> _Row:
    text = normalise_text(draft.text)
    mark = fingerprint(text)
    by_url, by_text = f"url\0{draft.canonical_url}", f"text\0{draft.outlet.lower()}\0{mark}"
    identity = by_url if draft.canonical_url else by_text
    return _Row(draft, text, _sha256(text), mark, _sha256(identity))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _outlets(rows: Iterable[_Row]) -> dict[str, UUID]:
    wanted = {row.draft.outlet.lower(): row.draft for row in rows if row.draft.outlet}
    if not wanted:
        return {}
    found = _find_outlets(wanted)
    if missing := sorted(wanted.keys() - found.keys()):
        Outlet.objects.bulk_create(
            [Outlet(name=wanted[name].outlet, domain=wanted[name].outlet_domain) for name in missing],
            ignore_conflicts=True,
        )
        found = _find_outlets(wanted)
    return found


def _find_outlets(names: Iterable[str]) -> dict[str, UUID]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT lower(name), id FROM claims_outlet WHERE lower(name) = ANY(%s)", [list(names)])
        return dict(cursor.fetchall())


def _land(
    rows: list[_Row], run: ImportRun | None, on_duplicate: OnDuplicate, extract: bool, fetched_at: datetime
) -> tuple[list[Outcome], list[BadRow]]:
    known = _known([row.identity for row in rows])
    unknown = {row.identity: row for row in rows if row.identity not in known}
    inserted = _insert_articles(unknown.values())
    # What somebody else inserted since, and what changed, is looked at again under its lock.
    contested = [identity for identity in unknown if identity not in inserted]
    contested += [
        row.identity for row in rows if (have := known.get(row.identity)) and have.fingerprint != row.fingerprint
    ]
    if contested:
        known |= _known(contested, lock=True)
    known |= inserted

    versions: list[tuple[Any, ...]] = []
    changed: dict[UUID, ArticleDraft] = {}
    outcomes: list[Outcome] = []
    refused: list[BadRow] = []
    for row in rows:
        have = known[row.identity]
        if have.fingerprint == row.fingerprint:
            outcomes.append(Outcome(Status.UNCHANGED, have.article_id, have.version_id))
            continue
        if have.number and on_duplicate is not OnDuplicate.VERSION:
            outcomes.append(_refuse(row, have, on_duplicate, refused))
            continue
        status = Status.VERSIONED if have.number else Status.CREATED
        if status is Status.VERSIONED:
            changed[have.article_id] = row.draft
        have.number, have.fingerprint, have.version_id = have.number + 1, row.fingerprint, uuid7()
        run_id = run.pk if run else None
        versions.append(
            (
                have.version_id,
                have.article_id,
                have.number,
                row.text,
                row.sha256,
                row.fingerprint,
                len(row.text),
                fetched_at,
                run_id,
            )
        )
        outcomes.append(Outcome(status, have.article_id, have.version_id))
    _copy_versions(versions)
    _refresh_metadata(changed)
    if extract and versions:
        _queue_extraction([version[0] for version in versions])
    return outcomes, refused


def _refuse(row: _Row, have: _Known, on_duplicate: OnDuplicate, refused: list[BadRow]) -> Outcome:
    if on_duplicate is OnDuplicate.SKIP:
        return Outcome(Status.SKIPPED, have.article_id, have.version_id)
    refused.append(
        BadRow(
            row.draft.place, "text", "article_changed", f"The text differs from version {have.number} of this article."
        )
    )
    return Outcome(Status.FAILED, have.article_id, have.version_id)


_KNOWN = """
    SELECT article.identity, article.id, version.number, version.text_fingerprint, version.id
    FROM claims_article article
    CROSS JOIN LATERAL (
        SELECT id, number, text_fingerprint FROM claims_articleversion
        WHERE article_id = article.id ORDER BY number DESC LIMIT 1
    ) version
    WHERE article.identity = ANY(%s)
"""
# In one order everywhere, or two imports of the same articles would wait for each other.
_LOCK = "SELECT id FROM claims_article WHERE identity = ANY(%s) ORDER BY identity FOR NO KEY UPDATE"


def _known(identities: list[str], *, lock: bool = False) -> dict[str, _Known]:
    with connection.cursor() as cursor:
        if lock:
            cursor.execute(_LOCK, [identities])
        cursor.execute(_KNOWN, [identities])
        return {identity: _Known(*rest) for identity, *rest in cursor.fetchall()}


_INSERT = """
    INSERT INTO claims_article (id, identity, canonical_url, outlet_id, title, byline, language, published_at)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
    ON CONFLICT (identity) DO NOTHING
    RETURNING identity, id
"""


def _insert_articles(rows: Iterable[_Row]) -> dict[str, _Known]:
    ordered = sorted(rows, key=lambda row: row.identity)
    if not ordered:
        return {}
    columns = zip(
        *(
            (
                uuid7(),
                row.identity,
                row.draft.canonical_url,
                row.outlet_id,
                row.draft.title,
                row.draft.byline,
                row.draft.language,
                row.draft.published_at,
            )
            for row in ordered
        ),
        strict=True,
    )
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [list(column) for column in columns])
        return {identity: _Known(article_id, 0, "", None) for identity, article_id in cursor.fetchall()}


_COPY_VERSIONS = """
    COPY claims_articleversion
        (id, article_id, number, text, text_sha256, text_fingerprint, length, fetched_at, import_run_id)
    FROM STDIN (FORMAT BINARY)
"""
_VERSION_TYPES = ("uuid", "uuid", "int4", "text", "varchar", "varchar", "int4", "timestamptz", "uuid")


def _copy_versions(versions: list[tuple[Any, ...]]) -> None:
    _copy(_COPY_VERSIONS, _VERSION_TYPES, versions)


def _copy(statement: str, types: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> None:
    if not rows:
        return
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        for row in rows:
            copy.write_row(row)


def _refresh_metadata(changed: dict[UUID, ArticleDraft]) -> None:
    """A changed text brings its own headline along; what the new draft leaves open stays as it was."""
    for article in Article.objects.filter(pk__in=changed).order_by("identity"):
        draft = changed[article.pk]
        article.title = draft.title or article.title
        article.byline = draft.byline or article.byline
        article.language = draft.language or article.language
        article.published_at = article.published_at or draft.published_at
        article.save(update_fields=["title", "byline", "language", "published_at"])


_COPY_RUNS = """
    COPY claims_extractionrun (id, version_id, extractor, extractor_version, status, candidates, created_claims, attached_claims,
        superseded_claims) FROM STDIN (FORMAT BINARY)
"""
_RUN_TYPES = ("uuid", "uuid", "varchar", "varchar", "varchar", "int4", "int4", "int4", "int4")


def _queue_extraction(version_ids: list[UUID]) -> None:
    extractor = extraction.get(extraction.DEFAULT)
    run_ids = [uuid7() for _ in version_ids]
    _copy(
        _COPY_RUNS,
        _RUN_TYPES,
        [
            (run_id, version_id, extractor.name, extractor.version, ExtractionRun.Status.QUEUED.value, 0, 0, 0, 0)
            for run_id, version_id in zip(run_ids, version_ids, strict=True)
        ],
    )
    jobs.enqueue_many(EXTRACT, run_ids)


def _record(run: ImportRun, bad: list[BadRow], outcomes: list[Outcome], checkpoint: dict[str, Any] | None) -> None:
    FailedRow.objects.bulk_create(
        [
            FailedRow(
                run=run,
                source=row.place.source,
                line=row.place.line,
                field=row.field,
                code=row.code,
                detail=row.detail,
                raw=row.as_line().decode(),
            )
            for row in bad
        ]
    )
    for status in Status:
        count = sum(1 for outcome in outcomes if outcome.status is status)
        setattr(run, status.value, getattr(run, status.value) + count)
    run.failed += len(bad) - sum(1 for outcome in outcomes if outcome.status is Status.FAILED)
    run.rows = run.created + run.versioned + run.unchanged + run.skipped + run.failed
    if checkpoint is not None:
        run.checkpoint = checkpoint
    run.updated_at = timezone.now()
    run.save(
        update_fields=["rows", "created", "versioned", "unchanged", "skipped", "failed", "checkpoint", "updated_at"]
    )
