"""Earlier fact-checks, other people's and ours: what matching knows of them. The same one told again changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from claims.matching.decisions import UNDECIDED
from claims.models import ClaimMatch, EarlierFactCheck, ImportRun, OwnFactCheck
from claims.pipeline import runs
from claims.pipeline.queueing import MATCH
from claims.pipeline.rows import Outcome, Status
from claims.sources.base import BadRow, Place
from claims.sources.fact_checks import FactCheckDraft
from claims.sources.urls import canonical_url
from claims.text import fingerprint
from factcheck import jobs
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.changes import changes, state_of

OURS = Place("", 0, 0)  # it was in no file
TOLD = ("publisher", "claim_text", "claimant", "rating", "published_on", "language")


def record_fact_checks(
    items: Sequence[FactCheckDraft | BadRow], run: ImportRun, *, is_nudging: bool = True
) -> list[Outcome]:
    """Store a batch of them in one transaction that also counts them in the run, and queue what is new to be compared.

    What became of each draft, in their order; a changed one is `versioned`. Withdrawn ones are kept, and offered no more.
    """
    drafts = [item for item in items if isinstance(item, FactCheckDraft)]
    bad = [runs.failed_row(item) for item in items if isinstance(item, BadRow)]
    with transaction.atomic():
        outcomes = _record(drafts, run)
        new = [outcome.article_id.bytes for outcome in outcomes if outcome.status is Status.CREATED]
        if new:
            jobs.enqueue_many(MATCH, new, is_nudging=is_nudging)
        told = [[str(o.article_id), o.status.value] for o in outcomes if o.status is not Status.UNCHANGED]
        if told:
            data = {"rows": len(told), "rows_sha256": digest(told)}
            events.record(run, "import_batch", actor=run.started_by, data=data)
        state = runs.count_batch(run, bad, outcomes, None, False)
    for name, value in state.items():
        setattr(run, name, value)
    return outcomes


def record_fact_check(
    *,
    url: str,
    publisher: str,
    claim_text: str,
    claimant: str = "",
    rating: str,
    published_on: date | None = None,
    language: str = "",
    claim_id: UUID | None = None,
) -> EarlierFactCheck:
    """Tell matching of one that was published here, as it stands now: whatever else it was known by is offered no more, and it is never
    offered to the claim that it came from.
    """
    draft = FactCheckDraft(canonical_url(url), OURS, publisher, claim_text, claimant, rating, published_on, language)
    with transaction.atomic():
        others = EarlierFactCheck.objects.exclude(identity=identity_of(draft))
        for row in _standing_at(draft.url, others):
            _take_back(row, None)
        [outcome] = _record([draft], None)
        row = EarlierFactCheck.objects.get(pk=outcome.article_id)
        if claim_id:
            OwnFactCheck.objects.update_or_create(fact_check=row, defaults={"claim_id": claim_id})
        if outcome.status is Status.CREATED:
            events.record(row, "create", data={"url": row.url, "rating": row.rating})
            jobs.enqueue(MATCH, row.pk)
    return row


def withdraw_fact_check(url: str) -> None:
    """Tell matching that what was published here at this address was taken back."""
    with transaction.atomic():
        for row in _standing_at(canonical_url(url)):
            _take_back(row, None)


def preview_fact_checks(drafts: Sequence[FactCheckDraft], seen: set[str]) -> list[Outcome]:
    """What `record_fact_checks` would do with them now. Reads only; `seen` carries the new ones of earlier batches."""
    known = {row.identity: row for row in EarlierFactCheck.objects.filter(identity__in=map(identity_of, drafts))}
    own = _own(drafts)
    urls = [draft.url for draft in drafts if draft.is_withdrawn]
    standing = set(EarlierFactCheck.objects.filter(url__in=urls, withdrawn_at=None).values_list("url", flat=True))
    outcomes = []
    for draft in drafts:
        row, identity = known.get(identity_of(draft)), identity_of(draft)
        if draft.url in own:
            row, status = own[draft.url], Status.UNCHANGED
        elif draft.is_withdrawn:
            status = Status.VERSIONED if draft.url in standing else Status.UNCHANGED
        elif row:
            status = Status.VERSIONED if _differs(row, draft) else Status.UNCHANGED
        else:
            status = Status.UNCHANGED if identity in seen else Status.CREATED
            seen.add(identity)
        outcomes.append(Outcome(status, row.pk if row else UUID(int=0), None))
    return outcomes


def identity_of(draft: FactCheckDraft) -> str:
    """A page may check several claims, so its address alone does not tell."""
    return sha256(f"{draft.url}\0{fingerprint(draft.claim_text)}".encode()).hexdigest()


def _record(drafts: Sequence[FactCheckDraft], run: ImportRun | None) -> list[Outcome]:
    own = _own(drafts) if run else {}
    fresh: dict[str, EarlierFactCheck] = {}
    for draft in drafts:
        if not draft.is_withdrawn and draft.url not in own:
            fresh.setdefault(identity_of(draft), _row(draft, run))
    # In one order: two imports that tell the same must not wait for each other.
    ordered = [fresh[identity] for identity in sorted(fresh)]
    EarlierFactCheck.objects.bulk_create(ordered, ignore_conflicts=True)
    present = (
        EarlierFactCheck.objects.select_for_update(no_key=True)
        .order_by("identity")
        .in_bulk(list(fresh), field_name="identity")
    )
    created = {row.pk for row in ordered}
    outcomes = []
    for draft in drafts:
        if draft.url in own:
            outcomes.append(Outcome(Status.UNCHANGED, own[draft.url].pk, None))
            continue
        if draft.is_withdrawn:
            outcomes.append(_withdraw(draft, run))
            continue
        row = present[identity_of(draft)]
        if row.pk in created:
            created.remove(row.pk)
            outcomes.append(Outcome(Status.CREATED, row.pk, None))
        elif run and row.import_run_id is None:  # published here since it was asked which are ours
            outcomes.append(Outcome(Status.UNCHANGED, row.pk, None))
        elif _differs(row, draft) or (run is None and row.import_run_id):
            told = {name: getattr(draft, name) for name in TOLD}
            _change(row, told | {"withdrawn_at": None} | ({} if run else {"import_run": None}), run)
            outcomes.append(Outcome(Status.VERSIONED, row.pk, None))
        else:
            outcomes.append(Outcome(Status.UNCHANGED, row.pk, None))
    return outcomes


def _own(drafts: Sequence[FactCheckDraft]) -> dict[str, EarlierFactCheck]:
    """By address, what was published here: of that nobody else's feed knows better, nor an old one of ours whether it still stands."""
    found = EarlierFactCheck.objects.filter(url__in={draft.url for draft in drafts}, import_run=None)
    return {row.url: row for row in found.order_by("id")}


def _row(draft: FactCheckDraft, run: ImportRun | None) -> EarlierFactCheck:
    told = {name: getattr(draft, name) for name in TOLD}
    return EarlierFactCheck(url=draft.url, identity=identity_of(draft), import_run=run, **told)


def _differs(row: EarlierFactCheck, draft: FactCheckDraft) -> bool:
    return row.withdrawn_at is not None or any(getattr(row, name) != getattr(draft, name) for name in TOLD)


def _withdraw(draft: FactCheckDraft, run: ImportRun | None) -> Outcome:
    changed = UUID(int=0)
    for row in _standing_at(draft.url):
        _take_back(row, run)
        changed = row.pk
    return Outcome(Status.VERSIONED if changed.int else Status.UNCHANGED, changed, None)


def _standing_at(url: str, rows: QuerySet[EarlierFactCheck] | None = None) -> QuerySet[EarlierFactCheck]:
    found = EarlierFactCheck.objects.all() if rows is None else rows
    return found.select_for_update(no_key=True).filter(url=url, withdrawn_at=None).order_by("identity")


def _take_back(row: EarlierFactCheck, run: ImportRun | None) -> None:
    _change(row, {"withdrawn_at": timezone.now()}, run)
    ClaimMatch.objects.filter(fact_check=row, state__in=UNDECIDED).delete()


def _change(row: EarlierFactCheck, values: dict[str, Any], run: ImportRun | None) -> None:
    before = state_of(row)
    for name, value in values.items():
        setattr(row, name, value)
    row.version, row.updated_at = row.version + 1, timezone.now()
    row.save(update_fields=[*values, "version", "updated_at"])
    told = {"import_run": str(run.pk)} if run else {}
    events.record(row, "update", actor=run.started_by if run else None, data=changes(before, row) | told)
    jobs.enqueue(MATCH, row.pk)
