"""From drafts to article versions, a batch at a time and each batch in one transaction.

What is new goes straight into its tables through COPY: a text is sent once, and one that is here already is not sent at all.
Nothing is locked for unchanged articles; a changed one is locked before its version is numbered, so two imports of one article at
once make one article.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from claims.models import Article, ImportRun
from claims.pipeline import runs, stored
from claims.pipeline.queueing import queue_extraction
from claims.pipeline.rows import OnDuplicate, Outcome, Row, Status, prepare
from claims.pipeline.standing import check_stands
from claims.sources.base import ArticleDraft, BadRow
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.ids import uuid7


class Landed(NamedTuple):
    """One outcome per draft, in order, and the drafts that were refused because of what is here already."""

    outcomes: list[Outcome]
    refused: list[BadRow]


def import_article(draft: ArticleDraft, *, actor: User | None = None, extract: bool = True) -> Outcome:
    """Store one article as it stands now and queue its extraction; the one that is here already is returned as it is.

    Raises ArticleWithdrawn (409) for one that was withdrawn: it does not come back.
    """
    [outcome] = land([draft], actor=actor, extract=extract, is_live=True).outcomes
    if outcome.status is Status.FAILED:
        check_stands(Article.objects.get(pk=outcome.article_id))
    return outcome


def land_batch(
    items: Sequence[ArticleDraft | BadRow],
    *,
    run: ImportRun | None = None,
    checkpoint: dict[str, Any] | None = None,
    on_duplicate: OnDuplicate = OnDuplicate.VERSION,
    extract: bool = True,
) -> list[Outcome]:
    """Store what these drafts say, their extraction jobs, their bad rows and the run's checkpoint: all of it or none of it.

    Returns one outcome per draft, in order; bad rows have none. Raises ValueError on a text with lone surrogates.
    """
    return land(items, run=run, checkpoint=checkpoint, on_duplicate=on_duplicate, extract=extract).outcomes


def land(
    items: Sequence[Row | ArticleDraft | BadRow],
    *,
    run: ImportRun | None = None,
    checkpoint: dict[str, Any] | None = None,
    on_duplicate: OnDuplicate = OnDuplicate.VERSION,
    extract: bool = True,
    actor: User | None = None,
    is_live: bool = False,
    is_repeat: bool = False,
    is_nudging: bool = True,
    before_texts: Callable[[], None] = lambda: None,
) -> Landed:
    """`land_batch`, with the drafts that it refused. Without a run, `actor` is who sent them.

    With `is_live` the texts are what stands there now, as that of a draft that was fetched always is: one that went back to an
    earlier state is a new version too. A file may hold several states of an article and be read again, so there an earlier state
    is nothing new. With `is_repeat` the run has counted these rows before: only what is new counts. Without `is_nudging` the workers
    are not told. `before_texts` is called when nothing but sending is left, so that the processor is free for other work.
    """
    actor = run.started_by if run else actor
    rows = [_ready(item) for item in items if not isinstance(item, BadRow)]
    # Not in the transaction: of fat rows it would take longer than a transaction may idle.
    bad = [runs.failed_row(item) for item in items if isinstance(item, BadRow)]
    with transaction.atomic():
        outlets = stored.outlets(rows)
        for row in rows:
            row.outlet_id = outlets[row.draft.outlet] if row.draft.outlet else None
        landed, versions = _land(rows, run, on_duplicate, is_live, actor, before_texts)
        if extract and versions:
            queue_extraction(versions, is_nudging=is_nudging)
        refused = [runs.failed_row(row) for row in landed.refused]
        state = runs.count_batch(run, [*bad, *refused], landed.outcomes, checkpoint, is_repeat) if run else {}
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
    known = stored.find([row.identity for row in rows])
    stored.look_up_earlier(
        [
            have
            for row in rows
            if (have := known.get(row.identity)) and row.fingerprint not in have.versions and not row.draft.fetched_at
        ]
    )
    outcomes: list[Outcome] = []
    refused: list[BadRow] = []
    for row in rows:
        # Eight bytes each of what would be there: a preview of millions of rows fits into memory.
        article, version = int(row.identity[:16], 16), int(row.identity[:16], 16) ^ int(row.fingerprint[:16], 16)
        have = known.setdefault(row.identity, stored.Known(uuid7(), 0, {}))
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


def _land(
    rows: list[Row],
    run: ImportRun | None,
    on_duplicate: OnDuplicate,
    is_live: bool,
    actor: User | None,
    before_texts: Callable[[], None],
) -> tuple[Landed, list[UUID]]:
    now, run_id = timezone.now(), run.pk.bytes if run else None
    known = stored.find([row.identity for row in rows])
    unknown = {row.identity: row for row in rows if row.identity not in known}
    inserted = stored.insert_articles(unknown.values())
    # What somebody else inserted since, and what changed, is looked at again under its lock.
    contested = {identity for identity in unknown if identity not in inserted}
    contested |= {
        row.identity for row in rows if (have := known.get(row.identity)) and row.fingerprint not in have.versions
    }
    if contested:
        known |= stored.find(contested, lock=True)
        if not is_live:
            live = {row.identity for row in rows if row.draft.fetched_at}
            stored.look_up_earlier([known[identity] for identity in contested - live])
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
            if have.lacks and outcome.status is Status.UNCHANGED and have.lacks & stored.offers(row):
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
                row.draft.fetched_at or now,
                run_id,
            )
        )
        outcomes.append(Outcome(status, have.article_id, version_id))
    before_texts()
    stored.copy_versions(versions)
    stored.refresh_metadata(changed, {known[row.identity].article_id: row for row in reversed(told_later)}, actor)
    return Landed(outcomes, refused), version_ids


def _leave(row: Row, have: stored.Known, on_duplicate: OnDuplicate, refused: list[BadRow]) -> Outcome | None:
    """The outcome of a row that adds no version, or None.

    A text that the article had before, where it was looked up, is not new either: see `land`.
    """
    if have.is_withdrawn:
        detail = f"article {have.article_id} was withdrawn"
        refused.append(BadRow(replace(row.draft.place, raw=b"", row=None), "", "article_withdrawn", detail))
        return Outcome(Status.FAILED, have.article_id, None)
    if row.fingerprint in have.versions:
        return Outcome(Status.UNCHANGED, have.article_id, have.versions[row.fingerprint])
    if not have.number or on_duplicate is OnDuplicate.VERSION:
        return None
    if on_duplicate is OnDuplicate.SKIP:
        return Outcome(Status.SKIPPED, have.article_id, None)
    detail = f"the text differs from version {have.number} of article {have.article_id}"
    refused.append(BadRow(row.draft.place, "text", "article_changed", detail))
    return Outcome(Status.FAILED, have.article_id, None)


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
