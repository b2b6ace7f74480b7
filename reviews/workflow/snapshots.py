"""Pages stored as they were seen, and looked at again: what the jobs do, outside a transaction, and write in one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Func, JSONField, OuterRef, QuerySet, TextField, Value, Window
from django.db.models.functions import Cast, JSONObject, Lower, RowNumber
from django.utils import timezone

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.fetch import FetchProblem
from factcheck.models import Job
from reviews import evidence
from reviews.facts import OVER
from reviews.models import Evidence, EvidenceSet, Snapshot, SnapshotCheck
from reviews.stages import Action
from reviews.workflow import acting
from reviews.workflow.evidence import (
    RECHECK,
    SNAPSHOT,
    add_evidence,
    keep_snapshot,
    record_check,
    record_snapshot_failure,
)

RECHECK_DAYS = 7  # a page that changes under a published sentence is news for a week, not for a minute
LIVE = ("unchanged", "text_changed", "quotation_missing", "gone", "unreachable")

Outcome = SnapshotCheck.Outcome
_STORED = {"ok": Outcome.SOUND, "corrupt": Outcome.CORRUPT, "missing": Outcome.MISSING}


class TakenSnapshot(TypedDict):
    """The result of its job: null where the item had another address by then, or was frozen."""

    snapshot: UUID | None


class Rechecked(TypedDict):
    """The result of its job: of the stored bytes, and of the live page, null for an upload."""

    stored: str
    live: str | None


def snapshot_of(captured: evidence.Captured, key: str) -> Snapshot:
    """The row of a capture that was stored under `key`; not yet kept."""
    return Snapshot(
        url=captured.url_asked,
        url_final=captured.url_final,
        name=captured.name,
        taken_at=captured.fetched_at,
        media_type=captured.media_type,
        size_bytes=len(captured.payload),
        sha256=captured.sha256,
        text=captured.text,
        text_sha256=captured.text_sha256 or "",
        key=key,
    )


def add_file(review_id: UUID, payload: bytes, name: str, fields: Mapping[str, Any], *, actor: User) -> Evidence:
    """Add an item of a file, with its snapshot. Raises InvalidInput for a file that no evidence may be."""
    # What is stored stays: not before they may.
    acting.must_be_open(review_id, Action.ADD_EVIDENCE, actor=actor)
    captured = evidence.keep_upload(payload, name)
    snapshot = snapshot_of(captured, evidence.store(captured))
    look = evidence.look_for([fields.get("quotation", "")], captured)
    with transaction.atomic():
        item = add_evidence(review_id, fields, actor=actor, snapshot=snapshot)
        if look is not None:
            record_check(snapshot, look.outcome, look.reason or "", captured.said_sha256, actor=actor)
    return item


def take(job: Job) -> None:
    """Do the job of an item's snapshot. Raises FetchProblem, and jobs.LeaseLost when another worker has it."""
    item = Evidence.objects.filter(pk=job.subject_id).first()
    if item is None or not item.url:
        with jobs.finishing(job) as result:
            result["snapshot"] = None
        return
    captured = evidence.capture(item.url)
    snapshot = snapshot_of(captured, evidence.store(captured))
    with jobs.finishing(job) as result:
        is_kept = keep_snapshot(item.pk, snapshot, item.url)
        # By now: whoever edited the quotation meanwhile found no snapshot to have looked at.
        if is_kept and (look := evidence.look_for(_quotations_of(snapshot), captured)):
            record_check(snapshot, look.outcome, look.reason or "", captured.said_sha256)
        result["snapshot"] = str(snapshot.pk) if is_kept else None
    # Whoever gave it another address meanwhile found this job still under way, and queued none.
    if not is_kept and Evidence.objects.filter(pk=item.pk).exclude(url__in=("", item.url)).exists():
        jobs.enqueue(SNAPSHOT, item.pk)


def park(job: Job) -> None:
    """The job was given up: the item says why, so that its lead can exempt it or try again."""
    record_snapshot_failure(job.subject_id, _in_words(job.error or {}))


def _in_words(failure: Mapping[str, Any]) -> str:
    """What a desk can do something with: why a page could not be had, but not which of our parts broke."""
    if failure.get("code") in (None, "job_failed", "worker_lost"):
        return "The page could not be stored, for a reason on our side: try again, or ask whoever runs this."
    return str(failure.get("detail", "")).partition(": ")[2]  # behind the name of the error


def recheck(job: Job) -> None:
    """Do the job of looking again: at the stored bytes first, which a verdict rests on, then at the live page."""
    snapshot = Snapshot.objects.get(pk=job.subject_id)
    verified = evidence.verify(snapshot.key, snapshot.sha256)
    now = (live(snapshot) if snapshot.url else reread(snapshot)) if verified.outcome == "ok" else None
    with jobs.finishing(job) as result:
        record_check(snapshot, _STORED[verified.outcome], verified.reason or "")
        if now is not None:
            look, found_sha256 = now
            record_check(snapshot, look.outcome, look.reason or "", found_sha256)
        result |= {"stored": str(_STORED[verified.outcome]), "live": now and now[0].outcome}


def live(snapshot: Snapshot) -> tuple[evidence.Recheck, str]:
    """What has become of the page, for the quotations that rest on it: the worst that is found for one of them; and the hash of what
    it says by now.
    """
    before = evidence.read_capture(snapshot.key)
    found: evidence.Reading | FetchProblem
    try:
        found = evidence.capture(snapshot.url)
    except FetchProblem as problem:
        found = problem
    quotations = _quotations_of(snapshot)
    looks = [evidence.compare(before, quotation, found) for quotation in quotations or [""]]
    if isinstance(found, evidence.Reading) and (never_there := evidence.look_for(quotations, before)):
        looks.append(never_there)
    worst = max(looks, key=lambda look: LIVE.index(look.outcome))
    return worst, found.said_sha256 if isinstance(found, evidence.Reading) else ""


def reread(snapshot: Snapshot) -> tuple[evidence.Recheck, str] | None:
    """Whether a file has what is quoted from it. None where it has, and nobody was ever told otherwise."""
    stored = evidence.read_capture(snapshot.key)
    look = evidence.look_for(_quotations_of(snapshot), stored)
    if look is None and snapshot.checks.filter(outcome__in=LIVE).exists():
        look = evidence.Recheck("unchanged")
    return (look, stored.said_sha256) if look else None


def _quotations_of(snapshot: Snapshot) -> list[str]:
    return list(snapshot.evidence.filter(withdrawn_at=None).values_list("quotation", flat=True))


def visible_to(user: User) -> QuerySet[Snapshot]:
    """Those on which a review of one's desk rests, or rested when a round of it was frozen."""
    reviews = acting.visible_to(user).values("pk")
    items = Evidence.objects.filter(snapshot=OuterRef("pk"), review__in=reviews)
    item = JSONObject(snapshot=Cast(OuterRef("pk"), TextField()))
    frozen = Func(item, function="jsonb_build_array", output_field=JSONField())
    sets = EvidenceSet.objects.filter(review__in=reviews, items__contains=frozen)
    return Snapshot.objects.filter(Exists(items) | Exists(sets))


def read_payload(snapshot: Snapshot) -> bytes:
    """The bytes that were stored, if they are those still. Raises EvidenceMissing, EvidenceCorrupt."""
    payload = evidence.read_payload(snapshot.key)
    if hashlib.sha256(payload).hexdigest() != snapshot.sha256:
        raise evidence.EvidenceCorrupt("The stored bytes are those of another snapshot.", reason="payload_differs")
    return payload


def verify(snapshot: Snapshot, *, actor: User | None = None) -> SnapshotCheck:
    """Recompute the hash of the stored bytes now, and keep what was found."""
    verified = evidence.verify(snapshot.key, snapshot.sha256)
    return record_check(snapshot, _STORED[verified.outcome], verified.reason or "", actor=actor)


_SITE = Lower(Func(F("url"), Value("/"), Value(3), function="split_part", output_field=TextField()))


def queue_rechecks(limit: int = 100) -> int:
    """Have those looked at again that reviews under way rest on and that nobody looked at for a week. Returns how many.

    Nothing is urgent about it, so a site is asked for one page at a time, and for the next when this is called again.
    """
    since = timezone.now() - timedelta(days=RECHECK_DAYS)
    used = Evidence.objects.filter(snapshot=OuterRef("pk"), withdrawn_at=None).exclude(review__stage__in=OVER)
    seen = SnapshotCheck.objects.filter(snapshot=OuterRef("pk"), checked_at__gte=since)
    waiting = Job.objects.filter(kind=RECHECK, state__in=jobs.ACTIVE).values("subject_id")
    stored = Snapshot.objects.annotate(site=_SITE)
    due = stored.filter(Exists(used), ~Exists(seen), taken_at__lt=since).exclude(pk__in=waiting).order_by("id")
    asked = stored.filter(pk__in=waiting).values("site")
    turn = Window(RowNumber(), partition_by="site", order_by="id")
    pages = due.exclude(url="").exclude(site__in=asked).annotate(turn=turn).filter(turn=1)
    files = due.filter(url="")
    found = [*pages.values_list("pk", flat=True)[:limit], *files.values_list("pk", flat=True)[:limit]]
    for snapshot_id in found:
        jobs.enqueue(RECHECK, snapshot_id)
    return len(found)


__all__ = [
    "RECHECK", "SNAPSHOT", "Rechecked", "TakenSnapshot", "add_file", "park", "queue_rechecks", "read_payload", "recheck", "take", "verify",
    "visible_to",
]  # fmt: skip
