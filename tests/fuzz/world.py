"""Rows of every kind, in every state that an action leads from, and the two who ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from claims import pipeline
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun, ImportRun, Outlet
from claims.sources.base import BadRow, Place
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.models import Job
from tests import make
from tests.api import signed_in


@dataclass(frozen=True, slots=True)
class Identity:
    """A token, and a session for what no token may do."""

    token_id: str
    token: str
    session: str


def identity(user: User, *scopes: str) -> Identity:
    token, secret = tokens.issue(user, name="fuzz", scopes=scopes)
    return Identity(str(token.pk), secret, signed_in(user).cookies["sessionid"].value)


def build(*owners: User) -> dict[str, list[str]]:
    """The keys of the rows, by the first step of their addresses. Each of `owners` has some of the tokens."""
    ada = make.user("ada", "importer", "triager")
    for number in range(6):
        text = f"Prices rose by {number + 20} per cent last year, the bank said. Nine of ten mines in Lund are closed."
        make.article(text, title=f"Prices {number}", url=f"https://wire.example/{number}", outlet="Wire", language="en")
    while jobs.work("fuzz"):
        pass
    run = pipeline.start_run("feed.jsonl", {}, started_by=ada)
    bad = BadRow(Place("feed.jsonl", 7, 0), "", "invalid_json", "This line is no JSON.")
    pipeline.land_batch([*(make.draft(f"Rents fell by {number} per cent.") for number in range(6)), bad], run=run)
    pipeline.finish_run(run)
    _triage(ada)
    _cancel(ada)
    for owner in owners:
        for name in ("feed", "desk", "script"):
            tokens.issue(owner, name=name, scopes=["read"])
    kinds: dict[str, Any] = {
        "articles": Article,
        "article-versions": ArticleVersion,
        "appearances": Appearance,
        "claims": Claim,
        "extraction-runs": ExtractionRun,
        "import-runs": ImportRun,
        "jobs": Job,
        "outlets": Outlet,
        "tokens": Token,
        "users": User,
    }
    return {
        step: [str(key) for key in kind.objects.order_by("pk").values_list("pk", flat=True)]
        for step, kind in kinds.items()
    }


def _triage(ada: User) -> None:
    """Claims of every status, besides those that were found."""
    written = [make.claim(f"Rents in street {number} doubled.", actor=ada) for number in range(40)]
    steps: list[dict[str, Any]] = [
        {"action": TriageAction.ACCEPT},
        {"action": TriageAction.REJECT, "reason": "opinion"},
        {"action": TriageAction.DEFER, "reason": "no_capacity"},
        {"action": TriageAction.MERGE, "reason": "duplicate", "into": written[0].pk},
    ]
    for claim, step in zip(written[1:13], steps * 3, strict=True):
        pipeline.triage(claim.pk, actor=ada, **step)


def _cancel(ada: User) -> None:
    """Of the jobs that wait for a worker, which will not come, every second one."""
    for job in Job.objects.filter(state="queued").order_by("pk")[::2]:
        jobs.cancel(job.pk, actor=ada)
