"""Versions that wait to be read for claims, and what waits to be compared."""

from __future__ import annotations

from uuid import UUID

from claims import extraction
from claims.models import ExtractionRun
from factcheck import jobs
from factcheck.copying import copy_rows
from factcheck.ids import uuid7_bytes

EXTRACT, MATCH = "extract", "match"  # kinds of jobs

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
