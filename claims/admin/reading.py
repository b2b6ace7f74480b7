"""How far the reading of articles for claims has come, in words for people."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from claims.models import ExtractionRun


@dataclass(frozen=True, slots=True)
class Reading:
    """`state` colours the badge."""

    state: str
    words: str
    is_finished: bool = False


NEVER = Reading("cancelled", "never queued")
WAITING = Reading("queued", "waiting to be read")
CANCELLED = Reading("cancelled", "reading cancelled")
FAILED = Reading("failed", "could not be read")
NOTHING = Reading("done", "read, nothing found", is_finished=True)


def readings_of(article_ids: Collection[UUID]) -> dict[UUID, Reading]:
    """What became of the newest version of each article, in one query. One that was never queued is left out."""
    runs = ExtractionRun.objects.filter(version__article__in=article_ids).order_by("version__number", "id")
    return {
        article: _reading(status, code)  # the last one of each stays
        for article, status, code in runs.values_list("version__article_id", "status", "error__code")
    }


def _reading(status: str, code: str | None) -> Reading:
    if status == ExtractionRun.Status.FAILED:
        return CANCELLED if code == "job_cancelled" else FAILED
    return WAITING if status == ExtractionRun.Status.QUEUED else NOTHING
