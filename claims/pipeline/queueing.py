"""Versions that wait to be read for claims, and what waits to be compared."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.db.models import F, Q

from claims import extraction
from claims.matching.encoding import ENCODER
from claims.models import Claim, EarlierFactCheck, ExtractionRun
from claims.triage import TriageStatus
from factcheck import jobs
from factcheck.copying import copy_rows
from factcheck.ids import uuid7_bytes
from factcheck.models import Job

EXTRACT, MATCH = "extract", "match"  # kinds of jobs

# What stands for nothing any more: another claim does, or the text was not found again.
GONE = (TriageStatus.MERGED, TriageStatus.SUPERSEDED)

_COPY_RUNS = """
    COPY claims_extractionrun (id, version_id, extractor, extractor_version, status, candidates, created_claims, attached_claims,
        superseded_claims) FROM STDIN (FORMAT BINARY)
"""
_RUN_TYPES = ("bytea", "bytea", "varchar", "varchar", "varchar", "int4", "int4", "int4", "int4")


def queue_extraction(version_ids: list[UUID], *, is_nudging: bool = True) -> None:
    """Queue new versions to be read for claims, each with its job. Without `is_nudging` the workers are not told."""
    extractor = extraction.get(extraction.DEFAULT)
    run_ids = [uuid7_bytes() for _ in version_ids]
    queued = ExtractionRun.Status.QUEUED.value
    copy_rows(
        _COPY_RUNS,
        _RUN_TYPES,
        [
            (run_id, version_id.bytes, extractor.name, extractor.version, queued, 0, 0, 0, 0)
            for run_id, version_id in zip(run_ids, version_ids, strict=True)
        ],
    )
    jobs.enqueue_many(EXTRACT, run_ids, is_nudging=is_nudging)


def queue_match(subject_id: UUID) -> None:
    """Queue the claims of a reading (its run), a claim by hand, or an earlier fact-check, to be compared with what is here.

    In the transaction of the change: the job locks what it compares, so it sees either the change or that it has to look again.
    """
    jobs.enqueue(MATCH, subject_id)


def queue_everything_uncompared() -> int:
    """Queue all claims and fact-checks that are not indexed as they stand: those from before there was matching, or another encoder's."""
    as_it_stands = Q(indexed__encoder=ENCODER)
    waiting = Job.objects.filter(kind=MATCH, state__in=jobs.ACTIVE).values("subject_id")
    claims = Claim.objects.exclude(as_it_stands & Q(indexed__revision=F("revision"))).exclude(triage_status__in=GONE)
    checks = EarlierFactCheck.objects.exclude(as_it_stands & Q(indexed__revision=F("version"))).filter(
        withdrawn_at=None
    )
    with transaction.atomic():
        ids = [
            key.bytes
            for rows in (claims, checks)
            for key in rows.exclude(pk__in=waiting).order_by("id").values_list("pk", flat=True)
        ]
        if ids:
            jobs.enqueue_many(MATCH, ids)
    return len(ids)
