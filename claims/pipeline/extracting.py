"""From a version to its claims: read outside the transaction, write in one that also ends the job.

A later reading replaces an earlier one. A candidate that lies where a claim of this article already appears (the same place in the same
version, or the same words in another) attaches to that claim; what it says then updates what no person has touched. Claims
that the newest text no longer yields are superseded, unless somebody worked on them.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Any, Literal, TypedDict
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from claims import extraction
from claims.extraction.base import Candidate, Document, as_json
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun
from claims.pipeline.queueing import EXTRACT, queue_match
from claims.pipeline.standing import check_stands
from claims.text import fingerprint
from claims.triage import TriageStatus
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.models import Job

# What a reading says about the assertion itself: frozen as soon as a person has worked on the claim.
CONTENT_FIELDS = (
    "text", "kind", "modality", "claimant", "language", "quantities", "time_references", "entities", "gaps",
)  # fmt: skip
# What of it has spans, which count in the text of the version that was read.
FOUND_IN_TEXT = ("quantities", "time_references")
# What it says about its worth: always the latest reading's.
SCORE_FIELDS = ("check_worthiness", "contributions", "rank_in_article")


class ExtractionCounts(TypedDict):
    """What a reading found."""

    candidates: int
    created_claims: int
    attached_claims: int
    superseded_claims: int


class AlreadyRead(TypedDict):
    """The version had been read before."""

    already_done: Literal[True]


class ReadByAnother(TypedDict):
    """The extractor was replaced while this waited: that run reads the version."""

    replaced_by: UUID


class NothingToRead(TypedDict):
    """The article was withdrawn meanwhile."""

    withdrawn: Literal[True]


ExtractionResult = ExtractionCounts | AlreadyRead | ReadByAnother | NothingToRead


class RunFailure(TypedDict):
    """Why a run ended without success."""

    code: str
    detail: str


def request_extraction(
    version_id: UUID, extractor_name: str | None = None, *, actor: User | None = None
) -> tuple[ExtractionRun, Job | None]:
    """The run of the present extractor over this version, with its job; without one where that reading is done already.

    Raises KeyError on an unknown extractor, ArticleVersion.DoesNotExist, ArticleWithdrawn (409).
    """
    extractor = extraction.get(extractor_name or extraction.DEFAULT)
    with transaction.atomic():
        version = ArticleVersion.objects.select_related("article").get(pk=version_id)
        check_stands(version.article)
        run, _ = ExtractionRun.objects.get_or_create(
            version=version, extractor=extractor.name, extractor_version=extractor.version
        )
        run = ExtractionRun.objects.select_for_update().get(pk=run.pk)
        if run.status == ExtractionRun.Status.DONE:
            return run, None
        if run.status == ExtractionRun.Status.FAILED:
            run.status, run.finished_at = ExtractionRun.Status.QUEUED, None
            run.save(update_fields=["status", "finished_at"])
        events.record(run, "request", actor=actor)
        return run, jobs.enqueue(EXTRACT, run.pk)


def extract_claims(job: Job) -> None:
    """Do the job of an extraction run. Doubled or repeated, it leaves one set of claims per version and extractor version.

    Raises what the extractor raises, and jobs.LeaseLost when another worker has the job.
    """
    run = ExtractionRun.objects.select_related("version__article__outlet").get(pk=job.subject_id)
    extractor = extraction.get(run.extractor)
    if run.status == ExtractionRun.Status.DONE or extractor.version != run.extractor_version:
        _pass_over(job, run)
        return
    started = time.perf_counter()
    candidates = extractor.extract(_document(run.version)) if run.version.text else []
    seconds = time.perf_counter() - started
    with jobs.finishing(job) as result:
        # Two versions of one article may be read at the same time, and they share claims.
        article = Article.objects.select_for_update(no_key=True).get(pk=run.version.article_id)
        if article.withdrawn_at:
            _give_up(job, {"code": "article_withdrawn", "detail": "Its article was withdrawn."})
            result |= {"withdrawn": True}
            return
        counts = _write(run.version, candidates)
        ExtractionRun.objects.filter(pk=run.pk).update(
            status=ExtractionRun.Status.DONE, error=None, seconds=seconds, finished_at=timezone.now(), **counts
        )
        reading = {"run": str(run.pk), "extractor": f"{run.extractor} {run.extractor_version}"}
        events.record(
            article, "extract", data=reading | counts | {"candidates_sha256": digest(as_json(tuple(candidates)))}
        )
        if counts["created_claims"] or counts["attached_claims"]:
            queue_match(run.pk)
        result |= counts


def _pass_over(job: Job, run: ExtractionRun) -> None:
    """Nothing to do, or no longer: a deployment replaced the extractor while this waited, and its successor reads the version."""
    with jobs.finishing(job) as result:
        if run.status == ExtractionRun.Status.DONE:
            result |= {"already_done": True}
            return
        successor, _ = request_extraction(run.version_id, run.extractor)
        error = {
            "code": "extractor_replaced",
            "detail": f"Version {run.extractor_version} is gone; {successor.pk} reads it.",
        }
        ExtractionRun.objects.filter(pk=run.pk).update(
            status=ExtractionRun.Status.FAILED, error=error, finished_at=timezone.now()
        )
        result |= {"replaced_by": str(successor.pk)}


def park_extraction(job: Job) -> None:
    """The job was given up: its error goes on its run."""
    _give_up(job, job.error)


def cancel_extraction(job: Job) -> None:
    """Its job was cancelled: nobody will read the version until somebody asks again."""
    _give_up(job, {"code": "job_cancelled", "detail": "The job was cancelled."})


def retry_extraction(job: Job) -> None:
    """Its job was queued again: so is the run."""
    unread = ExtractionRun.objects.filter(pk=job.subject_id).exclude(status=ExtractionRun.Status.DONE)
    unread.update(status=ExtractionRun.Status.QUEUED, finished_at=None)


def _give_up(job: Job, error: dict[str, Any] | None) -> None:
    unread = ExtractionRun.objects.filter(pk=job.subject_id).exclude(status=ExtractionRun.Status.DONE)
    unread.update(status=ExtractionRun.Status.FAILED, error=error, finished_at=timezone.now())


def _document(version: ArticleVersion) -> Document:
    article = version.article
    return Document(
        text=version.text,
        title=article.title,
        language=article.language,
        outlet=article.outlet.name if article.outlet else "",
        published_at=article.published_at,
    )


def _write(version: ArticleVersion, candidates: list[Candidate]) -> ExtractionCounts:
    is_newest = not ArticleVersion.objects.filter(article=version.article_id, number__gt=version.number).exists()
    present = _lock_present(version)
    pairs = _attach(candidates, version, present)
    now = timezone.now()

    created: dict[UUID, Claim] = {}
    attached: dict[UUID, Claim] = {}
    for candidate, claim in pairs:
        if claim.pk in created or claim.pk in attached:
            continue  # the same assertion at a second place: the better ranked candidate has spoken
        if claim._state.adding:
            _describe(claim, candidate, version)
            claim.triage_status = TriageStatus.CANDIDATE if is_newest else TriageStatus.SUPERSEDED
            created[claim.pk] = claim
            continue
        attached[claim.pk] = claim
        if is_newest:  # an older text, read late, has nothing to say about what the newest one says
            _describe(claim, candidate, version)
            if claim.triage_status == TriageStatus.SUPERSEDED:
                claim.triage_status = TriageStatus.CANDIDATE
            claim.version, claim.updated_at, claim.updated_by = claim.version + 1, now, None
    Claim.objects.bulk_create(created.values())
    if is_newest:
        Claim.objects.bulk_update(
            attached.values(),
            [*CONTENT_FIELDS, *SCORE_FIELDS, "triage_status", "revision", "version", "updated_at", "updated_by"],
        )
    _place(pairs, version, present)
    superseded = 0
    if is_newest:
        gone = {a.claim_id for a in present if not is_touched(a.claim)} - attached.keys()
        superseded = Claim.objects.filter(pk__in=gone, triage_status=TriageStatus.CANDIDATE).update(
            triage_status=TriageStatus.SUPERSEDED, version=F("version") + 1, updated_at=now, updated_by=None
        )
    return {
        "candidates": len(candidates),
        "created_claims": len(created),
        "attached_claims": len(attached),
        "superseded_claims": superseded,
    }


def _lock_present(version: ArticleVersion) -> list[Appearance]:
    """Where the article's claims appear. The claims are locked first: a person may be accepting one at this moment."""
    appearances = Appearance.objects.filter(article_version__article=version.article_id)
    # In the order in which people's verbs lock two of them.
    ids = Claim.objects.filter(pk__in=appearances.values("claim")).order_by("id")
    claims = {claim.pk: claim for claim in ids.select_for_update(no_key=True)}
    targets = set(Claim.objects.filter(merged_into__in=claims).values_list("merged_into", flat=True))
    for claim in claims.values():
        claim.is_merge_target = claim.pk in targets  # type: ignore[attr-defined]
    present = list(appearances.filter(claim__in=claims).order_by("id"))
    for appearance in present:
        appearance.claim = claims[appearance.claim_id]
    return present


def is_touched(claim: Claim) -> bool:
    """Did a person work on it, or say that another claim is the same? Then no extractor takes it away or rewords it."""
    is_merge_target = getattr(claim, "is_merge_target", False)
    return claim.is_manual or claim.triaged_at is not None or bool(claim.edited_fields) or is_merge_target


def _attach(
    candidates: list[Candidate], version: ArticleVersion, present: list[Appearance]
) -> list[tuple[Candidate, Claim]]:
    """Each candidate with its claim: one that is here, or a new one. Equal wording is matched before equal place."""
    by_text = {fingerprint(a.claim.text): a.claim for a in reversed(present)}
    chosen: dict[int, Claim] = {}
    for number, candidate in enumerate(candidates):
        if claim := by_text.get(fingerprint(candidate.text)):
            chosen[number] = claim
    chosen |= _by_place([n for n in range(len(candidates)) if n not in chosen], candidates, version, present, chosen)
    fresh: dict[str, Claim] = {}
    for number, candidate in enumerate(candidates):
        if number not in chosen:
            words = fingerprint(candidate.text)
            chosen[number] = fresh.setdefault(words, Claim(article_id=version.article_id))
    return [(candidate, chosen[number]) for number, candidate in enumerate(candidates)]


def _by_place(
    numbers: list[int],
    candidates: list[Candidate],
    version: ArticleVersion,
    present: list[Appearance],
    chosen: dict[int, Claim],
) -> dict[int, Claim]:
    """Reworded candidates with the claims at their places. One alone with one is that one; among several, wording decides."""
    taken = {claim.pk for claim in chosen.values()}
    free = [appearance for appearance in present if appearance.claim_id not in taken]
    options = {number: _at_the_same_place(candidates[number], version, free) for number in numbers}
    rivals = Counter(pk for claims in options.values() for pk in claims)
    pairs: list[tuple[float, int, Claim]] = []
    for number, claims in options.items():
        for pk, claim in claims.items():
            is_only_choice = len(claims) == 1 and rivals[pk] == 1
            likeness = 1.0 if is_only_choice else _likeness(candidates[number].text, claim.text)
            pairs.append((likeness, number, claim))
    found: dict[int, Claim] = {}
    for likeness, number, claim in sorted(pairs, key=lambda pair: (-pair[0], pair[1])):
        if likeness >= SAME_PROPOSITION and number not in found and claim.pk not in taken:
            found[number] = claim
            taken.add(claim.pk)
    return found


# Of the words of both texts, how many they share. Two propositions of one sentence share its names; one reworded keeps most of its words.
SAME_PROPOSITION = 0.5


def _likeness(one: str, other: str) -> float:
    first, second = set(one.lower().split()), set(other.lower().split())
    return len(first & second) / len(first | second)


def _at_the_same_place(candidate: Candidate, version: ArticleVersion, free: list[Appearance]) -> dict[UUID, Claim]:
    here = {a.claim_id: a.claim for a in free if a.article_version_id == version.pk and _same_place(a, candidate)}
    if here:
        return here
    words = fingerprint(candidate.span.quotation)
    elsewhere = [a for a in free if a.article_version_id != version.pk and fingerprint(a.quotation) == words]
    return {a.claim_id: a.claim for a in elsewhere}


def _overlap(appearance: Appearance, candidate: Candidate) -> int:
    return min(appearance.end, candidate.span.end) - max(appearance.start, candidate.span.start)


def _same_place(appearance: Appearance, candidate: Candidate) -> bool:
    """Do they share at least half of the shorter one?"""
    shorter = min(appearance.end - appearance.start, candidate.span.end - candidate.span.start)
    return 2 * _overlap(appearance, candidate) >= shorter


def _describe(claim: Claim, candidate: Candidate, version: ArticleVersion) -> None:
    fields: tuple[str, ...] = SCORE_FIELDS if is_touched(claim) else CONTENT_FIELDS + SCORE_FIELDS
    before = (claim.text, claim.kind, claim.claimant)
    for name in fields:
        value = as_json(getattr(candidate, name))
        if name in FOUND_IN_TEXT:
            value = [found | {"article_version": str(version.pk)} for found in value]
        setattr(claim, name, value)
    if not claim._state.adding and (claim.text, claim.kind, claim.claimant) != before:
        claim.revision += 1


def _place(pairs: list[tuple[Candidate, Claim]], version: ArticleVersion, present: list[Appearance]) -> None:
    """One appearance for each candidate; the machine's own earlier span in this version gives way to the new one."""
    here = {a.pk: a for a in present if a.article_version_id == version.pk}
    new: list[Appearance] = []
    moved: list[Appearance] = []
    for candidate, claim in pairs:
        span, hops = candidate.span, as_json(candidate.attribution)
        old = next((a for a in here.values() if a.claim_id == claim.pk and _same_place(a, candidate)), None)
        if old is None:
            new.append(
                Appearance(
                    claim_id=claim.pk,
                    article_version_id=version.pk,
                    start=span.start,
                    end=span.end,
                    quotation=span.quotation,
                    attribution=hops,
                )
            )
            continue
        del here[old.pk]
        if not old.is_manual and not is_touched(claim):
            old.start, old.end, old.quotation, old.attribution = span.start, span.end, span.quotation, hops
            moved.append(old)
    Appearance.objects.bulk_create(new)
    Appearance.objects.bulk_update(moved, ["start", "end", "quotation", "attribution"])
