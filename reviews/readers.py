"""What pages show of what is published, read from revisions alone: questions only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Exists, JSONField, OuterRef, Subquery, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from reviews import statistics
from reviews.agreement import Agreement
from reviews.models import Change, Desk, FactCheck, FactCheckRevision, Review
from reviews.publication import documents
from reviews.publication.changes import Difference, differences
from reviews.publication.documents import FactCheckDocument, in_utc
from reviews.publication.sitemap import MAX_ADDRESSES

PAGE_SIZE = 20
BATCH = 1000  # addresses of a sitemap that are read at once
LATELY = 500  # fact-checks whose verdicts are compared: a page has to be made while its reader waits

Shown = TypeVar("Shown")
Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact-check in a list, as it stands."""

    id: UUID
    slug: str
    document: FactCheckDocument


@dataclass(frozen=True, slots=True)
class Changed:
    """A change, beside what its fact-check says since: of a retraction, what it said until then."""

    change: Change
    slug: str
    document: FactCheckDocument
    differences: tuple[Difference, ...]

    @property
    def is_retraction(self) -> bool:
        return self.change.kind == Change.RETRACTED

    @property
    def revision_before(self) -> int:
        return self.change.revision - 1


@dataclass(frozen=True, slots=True)
class Page(Generic[Shown, Key]):
    """`before` is where the next one begins; None when there is none."""

    entries: tuple[Shown, ...]
    before: Key | None


def latest(before: UUID | None = None) -> Page[Entry, UUID]:
    """What was published last, or before this one: the keys of fact-checks are made when they are published."""
    rows = _LATEST.filter(pk__lt=before) if before else _LATEST
    found = [
        Entry(pk, slug, documents.read(content))
        for pk, slug, content in rows.order_by("-pk").values_list("pk", "slug", "content")[: PAGE_SIZE + 1]
    ]
    entries = found[:PAGE_SIZE]
    return Page(tuple(entries), entries[-1].id if len(found) > PAGE_SIZE else None)


def changes(before: datetime | None = None) -> Page[Changed, datetime]:
    """What was changed or retracted last, or before this moment: no two of these happened at the same one."""
    rows = _CHANGES.filter(changed_at__lt=before) if before else _CHANGES
    found = list(map(_changed, rows.order_by("-changed_at")[: PAGE_SIZE + 1]))
    entries = found[:PAGE_SIZE]
    return Page(tuple(entries), entries[-1].change.changed_at if len(found) > PAGE_SIZE else None)


def _changed(row: Any) -> Changed:
    after = documents.read(row.content)
    is_retraction = row.kind == Change.RETRACTED
    differs = () if is_retraction else differences(documents.read(row.content_before), after)
    return Changed(row, row.fact_check.slug, after, differs)


def desks() -> list[Desk]:
    """Who has published something, with their numbers and their scale."""
    published = FactCheck.objects.filter(review__desk=OuterRef("pk"))
    found = Desk.objects.filter(Exists(published)).select_related("policy", "scale__scale")
    return list(found.order_by("publisher_name", "pk"))


def agreement() -> dict[str, Agreement]:
    """How far the first verdicts agreed that the latest fact-checks came from, by scale."""
    lately = FactCheck.objects.order_by("-pk").values("review")[:LATELY]
    return statistics.agreement_by_scale(Review.objects.filter(pk__in=lately))


def sitemaps() -> int:
    """How many files the sitemap has."""
    return max(1, -(-FactCheck.objects.count() // MAX_ADDRESSES))


def addresses(number: int) -> Iterator[tuple[str, str]]:
    """Of one of these files, from 1 on. Nothing leaves the one that it is in, since no fact-check disappears."""
    start = (number - 1) * MAX_ADDRESSES
    rows = _ADDRESSES.order_by("pk")
    if start:
        [last] = rows.values_list("pk", flat=True)[start - 1 : start]
        rows = rows.filter(pk__gt=last)
    left = MAX_ADDRESSES
    while left and (batch := list(rows[: min(BATCH, left)])):
        yield from ((url, in_utc(changed_at)) for _, url, changed_at in batch)
        rows, left = rows.filter(pk__gt=batch[-1][0]), left - len(batch)


def _of_the_latest(name: str) -> Subquery:
    revisions = FactCheckRevision.objects.filter(fact_check=OuterRef("pk")).order_by("-number")
    return Subquery(revisions.values(name)[:1])


# What is retracted says nothing any more.
_LATEST = FactCheck.objects.filter(retraction=None).annotate(content=_of_the_latest("content"))
_OF_CHANGE = FactCheckRevision.objects.filter(fact_check=OuterRef("fact_check"))
_CHANGES = Change.objects.select_related("fact_check").annotate(
    content=Subquery(_OF_CHANGE.filter(number=OuterRef("revision")).values("content")),
    content_before=Subquery(_OF_CHANGE.filter(number=OuterRef("revision") - 1).values("content")),
)
# The database reads one member of each, instead of sending all that 50,000 fact-checks say.
_ADDRESSES = FactCheck.objects.annotate(
    url=KeyTextTransform("url", Cast(Cast(_of_the_latest("content"), TextField()), JSONField()))
).values_list("pk", "url", "changed_at")
