"""What workers do for this app; imported so that the queue knows who handles what."""

from claims import pipeline
from claims.pipeline.extracting import park_extraction
from claims.pipeline.fetching import FETCH, park_fetch
from claims.pipeline.importing import EXTRACT
from factcheck import jobs
from factcheck.models import Job


@jobs.handles(EXTRACT, parked=park_extraction)
def extract(job: Job) -> None:
    pipeline.extract_claims(job)


@jobs.handles(FETCH, parked=park_fetch)
def fetch(job: Job) -> None:
    pipeline.fetch_article(job)
