"""What workers do for this app; imported so that the queue knows who handles what."""

from claims import pipeline
from claims.pipeline.extracting import ExtractionResult, cancel_extraction, park_extraction, retry_extraction
from claims.pipeline.fetching import FETCH, FetchedArticle
from claims.pipeline.matching import MatchCounts
from claims.pipeline.queueing import EXTRACT, MATCH
from claims.pipeline.runs import cancel_run, park_run, retry_run
from claims.pipeline.uploads import IMPORT, ImportedRows
from factcheck import jobs
from factcheck.models import Job


@jobs.handles(
    EXTRACT,
    unit="article",
    result=ExtractionResult,
    parked=park_extraction,
    cancelled=cancel_extraction,
    retried=retry_extraction,
)
def extract(job: Job) -> None:
    pipeline.extract_claims(job)


@jobs.handles(FETCH, unit="page", result=FetchedArticle, parked=park_run, cancelled=cancel_run, retried=retry_run)
def fetch(job: Job) -> None:
    pipeline.fetch_article(job)


@jobs.handles(IMPORT, unit="file", result=ImportedRows, parked=park_run, cancelled=cancel_run, retried=retry_run)
def import_file(job: Job) -> None:
    pipeline.import_queued(job)


@jobs.handles(MATCH, unit="comparison", result=MatchCounts)
def match(job: Job) -> None:
    pipeline.match(job)
