"""What of articles and claims is told outside, by ids and links: rows of the table of event types."""

from __future__ import annotations

from claims.models import Article, Claim, ImportRun
from claims.triage import TriageAction
from factcheck.audit.models import AuditEvent
from factcheck.webhooks.types import Audience, EventType, Told


def _extracted(article: Article, event: AuditEvent) -> Told:
    run = event.data["run"]
    links = {"article": f"/api/v1/articles/{article.pk}", "claims": f"/api/v1/articles/{article.pk}/claims"}
    return Told({"article": str(article.pk), "extraction_run": run}, links)


def _accepted(claim: Claim, event: AuditEvent) -> Told:
    article = str(claim.article_id) if claim.article_id else None
    return Told({"claim": str(claim.pk), "article": article}, {"claim": f"/api/v1/claims/{claim.pk}"})


def _finished(run: ImportRun, event: AuditEvent) -> Told:
    data = {"import_run": str(run.pk), "state": event.data["state"]}
    return Told(data, {"import_run": f"/api/v1/import-runs/{run.pk}"})


def _withdrawn(article: Article, event: AuditEvent) -> Told:
    return Told({"article": str(article.pk)}, {"article": f"/api/v1/articles/{article.pk}"})


EVENT_TYPES = (
    EventType(
        "article.extracted", "The claims of an article's version were extracted.",
        Audience.INSTALLATION, "article", ("extract",), _extracted,
    ),
    EventType(
        "article.withdrawn", "An article was taken out for good: keep nothing of what it said.",
        Audience.INSTALLATION, "article", ("withdraw",), _withdrawn,
    ),
    EventType(
        "claim.accepted", "A claim was accepted at triage: it waits for a review.",
        Audience.INSTALLATION, "claim", (TriageAction.ACCEPT,), _accepted,
    ),
    EventType(
        "import_run.finished", "An import ended: `state` says how.",
        Audience.INSTALLATION, "importrun", ("end",), _finished,
    ),
)  # fmt: skip
