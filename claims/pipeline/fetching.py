"""From an address to an article: asked for in a request, fetched by a worker, landed as every other import.

An import run is the subject of the job: it holds the address and what was said with it, and keeps who asked, when, and what came of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import suppress
from typing import TypedDict
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from claims.identity import identity_of_url
from claims.models import Article, ImportRun
from claims.pipeline.importing import Status, land
from claims.pipeline.pages import PAGES, draft_of_page
from claims.pipeline.runs import STATED
from claims.pipeline.standing import check_stands
from claims.pipeline.stored import without_words
from claims.sources.base import BadRow
from claims.sources.urls import canonical_url
from factcheck import fetch, jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.errors import Problem
from factcheck.models import Job

FETCH = "fetch_article"


class FetchedArticle(TypedDict):
    """The result of its job."""

    article: UUID
    article_version: UUID
    outcome: Status
    url_final: str
    redirects: list[str]


class NoArticle(Problem):
    """The page was fetched and no article found in it."""

    code, status, title = "no_article", 422, "There is no article on the page"
    is_final = True


def request_article(url: str, stated: Mapping[str, str], *, started_by: User | None) -> Job:
    """Queue the fetching of a page; the same that waits or runs already is returned as it is.

    `stated` holds fields of the article that are known already and win over the page. Raises fetch.BadUrl,
    fetch.FetchRefused, ArticleWithdrawn (409).
    """
    address, fields = fetch.check(url), dict(stated)
    key = hashlib.sha256(orjson.dumps([FETCH, address, fields], option=orjson.OPT_SORT_KEYS)).hexdigest()
    _check_address(address)
    with transaction.atomic():
        # Two requests at once would both find nothing.
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [int.from_bytes(bytes.fromhex(key)[:8], signed=True)])
        waiting = ImportRun.objects.filter(source_key=key, state=ImportRun.State.RUNNING)
        job = Job.objects.filter(kind=FETCH, state__in=jobs.ACTIVE, subject_id__in=waiting.values("id")).first()
        if job:
            return job
        run = ImportRun.objects.create(source=address, source_key=key, options={STATED: fields}, started_by=started_by)
        events.record(run, "request", actor=started_by, data={"source": address, **without_words(fields)})
        return jobs.enqueue(FETCH, run.pk)


def _check_address(address: str) -> None:
    """What was withdrawn is not even asked for; where it only led there, its text is refused."""
    with suppress(ValueError):
        identity = identity_of_url(canonical_url(address))
        if article := Article.objects.filter(identity=identity).first():
            check_stands(article)


def fetch_article(job: Job) -> None:
    """Do the job of `request_article`. Its result names the article, its version and what became of it.

    Raises fetch.FetchProblem, NoArticle, and jobs.LeaseLost when another worker has the job.
    """
    run = ImportRun.objects.get(pk=job.subject_id)
    page = fetch.fetch(run.source, accept=PAGES)
    draft = draft_of_page(page, stated=run.options[STATED])
    if isinstance(draft, BadRow):
        raise NoArticle(f"{page.url_final}: {draft.detail}")
    with jobs.finishing(job) as result:
        (outcome,) = land([draft], run=run).outcomes
        if outcome.status is Status.FAILED:
            check_stands(Article.objects.get(pk=outcome.article_id))
        ImportRun.objects.filter(pk=run.pk).update(state=ImportRun.State.DONE, error=None, finished_at=timezone.now())
        result |= {
            "article": str(outcome.article_id),
            "article_version": str(outcome.version_id),
            "outcome": outcome.status.value,
            "url_final": page.url_final,
            "redirects": list(page.redirects),
        }
