"""From a version to its claims: read outside the transaction, write in one that also ends the job.

A later reading replaces an earlier one. A candidate that lies where a claim of this article already appears (the same place in the same
version, or the same words in another) attaches to that claim; what it says then updates what no person has touched. Claims
that the newest text no longer yields are superseded, unless somebody worked on them.
"""

from __future__ import annotations

import time
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from claims import extraction
from claims.extraction.base import Candidate, Document, as_json
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun
from claims.pipeline.importing import EXTRACT
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


def request_extraction(
    version_id: UUID, extractor_name: str | None = None, *, actor: User | None = None
) -> tuple[ExtractionRun, Job | None]:
    """The run of the present extractor over this version, with its job; without one where that reading is done already.

    Raises KeyError on an unknown extractor, ArticleVersion.DoesNotExist.
    """
    extractor = extraction.get(extractor_name or extraction.DEFAULT)
    with transaction.atomic():
        version = ArticleVersion.objects.get(pk=version_id)
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
    candidates = extractor.extract(_document(run.version))
    seconds = time.perf_counter() - started
    with jobs.finishing(job) as result:
        # Two versions of one article may be read at the same time, and they share claims.
        article = Article.objects.select_for_update(no_key=True).get(pk=run.version.article_id)
        counts = _write(run.version, candidates)
        ExtractionRun.objects.filter(pk=run.pk).update(
            status=ExtractionRun.Status.DONE, error=None, seconds=seconds, finished_at=timezone.now(), **counts
        )
        reading = {"run": str(run.pk), "extractor": f"{run.extractor} {run.extractor_version}"}
        events.record(
            article, "extract", data=reading | counts | {"candidates_sha256": digest(as_json(tuple(candidates)))}
        )
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
    ExtractionRun.objects.filter(pk=job.subject_id, status=ExtractionRun.Status.QUEUED).update(
        status=ExtractionRun.Status.FAILED, error=job.error, finished_at=timezone.now()
    )


def _document(version: ArticleVersion) -> Document:
    article = version.article
    return Document(
        text=version.text,
        title=article.title,
        language=article.language,
        outlet=article.outlet.name if article.outlet else "",
        published_at=article.published_at,
    )


def _write(version: ArticleVersion, candidates: list[Candidate]) -> dict[str, int]:
    is_newest = not ArticleVersion.objects.filter(article=version.article_id, number__gt=version.number).exists()
    present = list(
        Appearance.objects.filter(article_version__article=version.article_id).select_related("claim").order_by("id")
    )
    pairs = _attach(candidates, version, present)
    now = timezone.now()

    created: dict[UUID, Claim] = {}
    attached: dict[UUID, Claim] = {}
    for candidate, claim in pairs:
        if claim.pk in created or claim.pk in attached:
            continue  # the same assertion at a second place: the better ranked candidate has spoken
        _describe(claim, candidate, version)
        if claim._state.adding:
            claim.triage_status = TriageStatus.CANDIDATE if is_newest else TriageStatus.SUPERSEDED
            created[claim.pk] = claim
        else:
            if is_newest and claim.triage_status == TriageStatus.SUPERSEDED:
                claim.triage_status = TriageStatus.CANDIDATE
            claim.version, claim.updated_at = claim.version + 1, now
            attached[claim.pk] = claim
    Claim.objects.bulk_create(created.values())
    Claim.objects.bulk_update(
        attached.values(), [*CONTENT_FIELDS, *SCORE_FIELDS, "triage_status", "revision", "version", "updated_at"]
    )
    _place(pairs, version, present)
    superseded = 0
    if is_newest:
        gone = {a.claim_id for a in present if not is_touched(a.claim)} - attached.keys()
        superseded = Claim.objects.filter(pk__in=gone, triage_status=TriageStatus.CANDIDATE).update(
            triage_status=TriageStatus.SUPERSEDED, version=F("version") + 1, updated_at=now
        )
    return {
        "candidates": len(candidates),
        "created_claims": len(created),
        "attached_claims": len(attached),
        "superseded_claims": superseded,
    }


def is_touched(claim: Claim) -> bool:
    """Did a person work on it? Then no extractor takes it away or rewords it."""
    return claim.is_manual or claim.triaged_at is not None or bool(claim.edited_fields)


def _attach(
    candidates: list[Candidate], version: ArticleVersion, present: list[Appearance]
) -> list[tuple[Candidate, Claim]]:
    """Each candidate with its claim: one that is here, or a new one. Equal wording is matched before equal place."""
    by_text = {fingerprint(a.claim.text): a.claim for a in reversed(present)}
    chosen: dict[int, Claim] = {}
    for number, candidate in enumerate(candidates):
        if claim := by_text.get(fingerprint(candidate.text)):
            chosen[number] = claim
    taken = {claim.pk for claim in chosen.values()}
    for number, candidate in enumerate(candidates):
        if number not in chosen and (claim := _at_the_same_place(candidate, version, present, taken)):
            chosen[number] = claim
            taken.add(claim.pk)
    fresh: dict[str, Claim] = {}
    for number, candidate in enumerate(candidates):
        if number not in chosen:
            words = fingerprint(candidate.text)
            chosen[number] = fresh.setdefault(words, Claim(article_id=version.article_id))
    return [(candidate, chosen[number]) for number, candidate in enumerate(candidates)]


def _at_the_same_place(
    candidate: Candidate, version: ArticleVersion, present: list[Appearance], taken: set[UUID]
) -> Claim | None:
    words = fingerprint(candidate.span.quotation)
    free = [a for a in present if a.claim_id not in taken]
    here = [a for a in free if a.article_version_id == version.pk and _same_place(a, candidate)]
    elsewhere = [a for a in free if a.article_version_id != version.pk and fingerprint(a.quotation) == words]
    best = max(here, key=lambda a: _overlap(a, candidate), default=None) or next(iter(elsewhere), None)
    return best.claim if best else None


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
