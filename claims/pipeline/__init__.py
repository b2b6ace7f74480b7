"""The only writer of articles and claims: from a draft to versions, from a version to claims, from a claim to its triage."""

from claims.pipeline.editing import add_claim, edit_claim
from claims.pipeline.extracting import extract_claims, request_extraction
from claims.pipeline.fact_checks import record_fact_check, record_fact_checks, withdraw_fact_check
from claims.pipeline.fetching import fetch_article, request_article
from claims.pipeline.importing import import_article, land_batch
from claims.pipeline.matching import decide, match, tune
from claims.pipeline.queueing import queue_everything_uncompared
from claims.pipeline.rows import Outcome
from claims.pipeline.runs import finish_run, interrupt_run, start_run
from claims.pipeline.standing import ArticleWithdrawn
from claims.pipeline.triaging import BulkRefused, split, triage, triage_many
from claims.pipeline.uploads import import_queued, request_import, retry_failed_rows
from claims.pipeline.withdrawing import untouched, withdraw_article

__all__ = [
    "ArticleWithdrawn",
    "BulkRefused",
    "Outcome",
    "add_claim",
    "decide",
    "edit_claim",
    "extract_claims",
    "fetch_article",
    "finish_run",
    "import_article",
    "import_queued",
    "interrupt_run",
    "land_batch",
    "match",
    "queue_everything_uncompared",
    "record_fact_check",
    "record_fact_checks",
    "request_article",
    "request_extraction",
    "request_import",
    "retry_failed_rows",
    "split",
    "start_run",
    "triage",
    "triage_many",
    "tune",
    "untouched",
    "withdraw_article",
    "withdraw_fact_check",
]
