"""What a rating will rest on: collected in research, frozen with a round."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import changes, state_of
from factcheck.audit.staleness import check_version
from factcheck.errors import FieldError, InvalidInput, NotFound
from reviews import digests
from reviews.attention import NEWS, OF_THE_BYTES, OF_THE_PAGE, keepings, latest_check
from reviews.facts import SIDES, Stage, Stance
from reviews.models import Evidence, EvidenceSet, Invalidation, Keeping, Review, Search, Snapshot, SnapshotCheck
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.workflow.acting import Act, acting, blocked_by, lock
from reviews.workflow.standing import as_origin, evidence_in_use
from reviews.workflow.telling import tell_of_check

SNAPSHOT, RECHECK = "snapshot", "recheck_snapshot"  # the kinds of jobs that take one, and that look at it again
VERIFY = "verify_snapshot"  # on the record of a review, which it does not change
EDITABLE = (
    "url", "title", "publisher", "origin", "stance", "quotation", "locator", "note", "is_confidential", "snapshot_exemption",
)  # fmt: skip


def add_evidence(
    review_id: UUID,
    fields: Mapping[str, Any],
    *,
    actor: User,
    version: int | None = None,
    snapshot: Snapshot | None = None,
) -> Evidence:
    """Add an item with these fields (`EDITABLE`). A page gets its snapshot from a job; an upload brings its own along."""
    with acting(review_id, Action.ADD_EVIDENCE, actor=actor, version=version) as act:
        item = Evidence(review=act.review, added_by=actor, updated_by=actor, snapshot=snapshot, **fields)
        _check(item)
        if snapshot is not None and snapshot._state.adding:
            snapshot.save(force_insert=True)
        item.save(force_insert=True)
        act.data["evidence"] = _told(item)
        if item.url and snapshot is None:
            jobs.enqueue(SNAPSHOT, item.pk)
    return item


def edit_evidence(
    evidence_id: UUID,
    fields: Mapping[str, Any],
    *,
    actor: User,
    version: int | None = None,
    is_withdrawn: bool | None = None,
) -> Evidence:
    """Change an item, or take it out of use and back. `version` is the item's. Another address gets another snapshot, and another
    quotation is looked for in the one that there is.
    """
    with acting(review_of(evidence_id), Action.EDIT_EVIDENCE, actor=actor) as act:
        item = _lock(evidence_id, act.review)
        check_version(item, version)
        before = state_of(item)
        for name, value in fields.items():
            setattr(item, name, value)
        if is_withdrawn is not None and is_withdrawn != (item.withdrawn_at is not None):
            item.withdrawn_at = timezone.now() if is_withdrawn else None
        if item.url != before["url"]:
            item.snapshot = None
        _check(item)
        act.data |= {"evidence": str(item.pk), "changed": sorted(changes(before, item))}
        _save(item, actor)
        if item.url and item.url != before["url"]:
            jobs.enqueue(SNAPSHOT, item.pk)
        elif item.snapshot_id and item.quotation != before["quotation"]:
            jobs.enqueue(RECHECK, item.snapshot_id)
    return item


def take_snapshot(evidence_id: UUID, *, actor: User) -> jobs.Job:
    """Have the page stored again, after an attempt that failed or because it has changed."""
    with acting(review_of(evidence_id), Action.EDIT_EVIDENCE, actor=actor) as act:
        item = _lock(evidence_id, act.review)
        if not item.url:
            raise blocked_by(act.facts, "no_address", "This item has no address.")
        act.data["evidence"] = str(item.pk)
        return jobs.enqueue(SNAPSHOT, item.pk)


def declare_search(
    review_id: UUID,
    *,
    side: Stance | str,
    queries: list[str],
    places: str,
    note: str = "",
    actor: User,
    version: int | None = None,
) -> Search:
    """Sign that evidence for one side was looked for, with which queries and where, and that there was none."""
    with acting(review_id, Action.DECLARE_SEARCH, actor=actor, version=version, note=note) as act:
        if side not in SIDES:
            raise InvalidInput(errors=[FieldError("no_side", f"A side is one of {', '.join(SIDES)}.", pointer="/side")])
        search = Search(review=act.review, side=side, queries=queries, places=places, note=note, searched_by=actor)
        search.save(force_insert=True)
        act.data |= {"search": str(search.pk), "side": str(side), "queries": queries}
    return search


def mark_unreliable(
    evidence_id: UUID, *, actor: User, reason: Reason | str, note: str, version: int | None = None
) -> Evidence:
    """Let an item no longer count: verdicts and decisions that rest on it go stale, an approval falls. `version` is the item's."""
    from reviews.workflow.drafting import fall_back

    review_id = review_of(evidence_id)
    with transaction.atomic():
        with acting(review_id, Action.MARK_UNRELIABLE, actor=actor, reason=reason, note=note) as act:
            item = _lock(evidence_id, act.review)
            check_version(item, version)
            if Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE, subject_id=item.pk).exists():
                raise blocked_by(act.facts, "marked_already", "It is marked already.")
            invalidate(act, Invalidation.Subject.EVIDENCE, item.pk)
            _save(item, actor)
            act.data["evidence"] = str(item.pk)
        fall_back(review_id)
    return item


def keep_evidence(
    evidence_id: UUID, *, finding: UUID, actor: User, reason: Reason | str, note: str, version: int | None = None
) -> Evidence:
    """Say of an item that it stands, whatever `finding`, the last look at its page, says. `version` is the item's.

    What becomes of the page is news that a person judges; bytes of ours that are gone or changed are never good enough.
    """
    with acting(review_of(evidence_id), Action.KEEP_EVIDENCE, actor=actor, reason=reason, note=note) as act:
        item = _lock(evidence_id, act.review)
        check_version(item, version)
        last = _news_of(act, item)
        if finding != last.pk:
            detail = f"It is {last.pk} now: look again."
            raise InvalidInput(errors=[FieldError("not_the_present_one", detail, pointer="/finding")])
        Keeping(evidence=item, finding=last, kept_by=actor, reason=reason, note=note).save(force_insert=True)
        _save(item, actor)
        act.data |= {"evidence": str(item.pk), "finding": str(last.pk), "outcome": str(last.outcome)}
    return item


def _news_of(act: Act, item: Evidence) -> SnapshotCheck:
    """The last look at its page, if it is something to be said about."""
    marked = Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE, subject_id=item.pk)
    if item.withdrawn_at is not None or marked.exists():
        raise blocked_by(act.facts, "not_in_use", "It was withdrawn or marked as unreliable: it counts no more.")
    stored = latest_check(OF_THE_BYTES, item.snapshot_id).first()
    if stored is not None and stored.outcome in SnapshotCheck.UNSOUND:
        words = f"Its stored bytes are {stored.outcome}: whatever its page says, nobody can see what was relied on."
        raise blocked_by(act.facts, "bytes_unsound", words)
    last = latest_check(OF_THE_PAGE, item.snapshot_id).first()
    if last is None or last.outcome not in NEWS:
        raise blocked_by(act.facts, "no_news", "The last look at its page found nothing that has changed.")
    if keepings(item).exists():
        raise blocked_by(act.facts, "kept_already", "Somebody has kept it in spite of that already.")
    return last


def invalidate(act: Act, kind: str, subject_id: UUID, *, reason: str = "", note: str = "") -> None:
    """That a row no longer counts, in the words of the action that brought it about."""
    Invalidation(
        review=act.review,
        subject_type=kind,
        subject_id=subject_id,
        reason=reason or act.reason,
        note=note or act.note,
        actor=act.actor,
    ).save(force_insert=True)


def freeze(review: Review, *, leaving_out: set[UUID] = frozenset()) -> EvidenceSet:  # type: ignore[assignment]
    """What is in use now, as the set of the next round."""
    items = [_frozen(item) for item in evidence_in_use(review) if item.pk not in leaving_out]
    searches = [
        {
            "id": str(row.pk),
            "side": row.side,
            "queries": row.queries,
            "places": row.places,
            "by": str(row.searched_by_id),
        }
        for row in review.searches.all()
    ]
    frozen = EvidenceSet(
        review=review,
        number=review.evidence_sets.count() + 1,
        items=items,
        searches=searches,
        digest=digests.evidence_digest(items, searches),
    )
    frozen.save(force_insert=True)
    return frozen


def _frozen(item: Evidence) -> dict[str, Any]:
    snapshot = item.snapshot
    return {name: getattr(item, name) for name in EDITABLE} | {
        "id": str(item.pk),
        "stance": str(item.stance),
        "snapshot": str(item.snapshot_id) if snapshot else None,
        "sha256": snapshot.sha256 if snapshot else None,
        "text_sha256": snapshot.text_sha256 if snapshot else None,
    }


# Written by the jobs


def keep_snapshot(evidence_id: UUID, snapshot: Snapshot, asked_url: str) -> bool:
    """Bind a snapshot to the item it was taken for. False, and nothing kept, when that has another address by now or is frozen."""
    # Under the review's lock: its evidence must not be frozen between the look and the write.
    review = Review.objects.select_for_update(no_key=True).filter(evidence=evidence_id).first()
    if review is None or review.stage not in (Stage.RESEARCH, Stage.QUEUED):
        return False
    item = _lock(evidence_id, review)
    if item.url != asked_url:
        return False
    snapshot.save(force_insert=True)
    item.snapshot, item.snapshot_error = snapshot, ""
    _save(item, None)
    told = {"evidence": str(item.pk), "changed": ["snapshot_id"], "sha256": snapshot.sha256}
    events.record(review, Action.EDIT_EVIDENCE, data=told)
    return True


def record_snapshot_failure(evidence_id: UUID, detail: str) -> None:
    for item in Evidence.objects.select_for_update(no_key=True).filter(pk=evidence_id):
        item.snapshot_error = detail
        _save(item, None)


def record_check(
    snapshot: Snapshot, outcome: str, detail: str = "", found_sha256: str = "", *, actor: User | None = None
) -> SnapshotCheck:
    """Keep what a look at the stored bytes or at the live page found. Bytes that fail their hash make what rests on them stale."""
    from reviews.workflow.drafting import fall_back

    with transaction.atomic():
        check = SnapshotCheck(
            snapshot=snapshot, outcome=outcome, detail=detail, found_sha256=found_sha256, checked_at=timezone.now()
        )
        check.save(force_insert=True)
        if actor or outcome in SnapshotCheck.UNSOUND:
            _record(check, actor)
        tell_of_check(check, actor)
        if outcome in SnapshotCheck.UNSOUND:
            for review_id in _resting_on(snapshot):
                fall_back(review_id)
    return check


def _record(check: SnapshotCheck, actor: User | None) -> None:
    """Somebody had it verified, or stored bytes are not what they were: with each review that rests on it."""
    told = {"snapshot": str(check.snapshot_id), "check": str(check.pk), "outcome": str(check.outcome)}
    for review_id in _resting_on(check.snapshot):
        events.record(lock(review_id, None), VERIFY, actor=actor, data=told)


def _resting_on(snapshot: Snapshot) -> list[UUID]:
    """Reviews with an item of this snapshot; once its item has another, those of which a set was frozen with it."""
    found = set(snapshot.evidence.values_list("review", flat=True))
    if not found:
        frozen = EvidenceSet.objects.filter(items__contains=[{"snapshot": str(snapshot.pk)}])
        found = set(frozen.values_list("review", flat=True))
    return sorted(found)


def review_of(evidence_id: UUID) -> UUID:
    found: UUID | None = Evidence.objects.filter(pk=evidence_id).values_list("review", flat=True).first()
    if found is None:
        raise NotFound("There is no such evidence.")
    return found


def _lock(evidence_id: UUID, review: Review) -> Evidence:
    return Evidence.objects.select_for_update(no_key=True, of=("self",)).get(pk=evidence_id, review=review)


def _save(item: Evidence, actor: User | None) -> None:
    item.version, item.updated_by = item.version + 1, actor
    item.save()


def _check(item: Evidence) -> None:
    errors = []
    if not as_origin(item.origin):
        errors.append(FieldError("required", "Say where the report comes from.", pointer="/origin"))
    if item.stance not in list(Stance):
        errors.append(FieldError("invalid_choice", f"One of {', '.join(Stance)}.", pointer="/stance"))
    if errors:
        raise InvalidInput(errors=errors)


def _told(item: Evidence) -> dict[str, Any]:
    return {"id": str(item.pk), "stance": str(item.stance), "origin": item.origin}
