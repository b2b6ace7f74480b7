"""What is public, as it stood at one moment, however long its reader takes: questions only."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet, Subquery

from reviews.models import Desk, FactCheck, FactCheckRevision
from reviews.publication import documents
from reviews.publication.documents import FactCheckDocument

BATCH = 500


def publishers() -> list[str]:
    """Who has published something."""
    published = FactCheck.objects.filter(review__desk=OuterRef("pk"))
    names = Desk.objects.filter(Exists(published)).order_by("publisher_name").values_list("publisher_name", flat=True)
    return list(dict.fromkeys(names))


def as_of(moment: datetime | None, wanted: QuerySet[FactCheck, Any]) -> Iterator[FactCheckDocument]:
    """Each of the wanted ones that stood then, as it did, the oldest first; none before the first change. What had been retracted by then
    is not among them.

    A batch is a query of its own: no transaction stays open for a slow reader. What is published meanwhile is in none of them.
    """
    if moment is None:
        return
    then = FactCheckRevision.objects.filter(fact_check=OuterRef("pk"), published_at__lte=moment).order_by("-number")
    standing = wanted.exclude(retraction__retracted_at__lte=moment)
    rows = standing.annotate(then=Subquery(then.values("content")[:1])).order_by("pk").values_list("pk", "then")
    batch = list(rows[:BATCH])
    while batch:
        yield from (documents.read(content) for _, content in batch if content is not None)
        batch = list(rows.filter(pk__gt=batch[-1][0])[:BATCH])
