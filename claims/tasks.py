"""What workers do for this app; imported so that the queue knows who handles what."""

from claims import pipeline
from claims.pipeline.extracting import ExtractionResult, cancel_extraction, park_extraction, retry_extraction
from claims.pipeline.fetching import FETCH, FetchedArticle, cancel_fetch, park_fetch, retry_fetch
from claims.pipeline.matching import MatchCounts
from claims.pipeline.queueing import EXTRACT, MATCH
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


@jobs.handles(FETCH, unit="page", result=FetchedArticle, parked=park_fetch, cancelled=cancel_fetch, retried=retry_fetch)
def fetch(job: Job) -> None:
    pipeline.fetch_article(job)


@jobs.handles(MATCH, unit="comparison", result=MatchCounts)
def match(job: Job) -> None:
    pipeline.match(job)
