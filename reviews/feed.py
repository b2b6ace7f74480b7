"""What is public, as it stood at one moment, however long its reader takes: questions only."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from psycopg.pq import Format

from factcheck.database import prepared
from reviews.models import Change, Desk, ExportElement, FactCheck, FactCheckRevision, Retraction
from reviews.publication import Export, documents
from reviews.publication.corrections import Correction
from reviews.publication.documents import in_utc
from reviews.publication.export import Batch

SIZE = 500  # elements of a batch

# The server puts them together: to read row by row would cost twice the time.
_KEPT = """
    SELECT max(changed_at), count(*), convert_to(string_agg(body, %s ORDER BY changed_at), 'UTF8') FROM (
        SELECT changed_at, body FROM reviews_exportelement
        WHERE export = %s AND changed_at > %s AND changed_at <= %s AND (superseded_at IS NULL OR superseded_at > %s)
        ORDER BY changed_at LIMIT %s
    ) found
"""


def publishers() -> list[str]:
    """Who has published something."""
    published = FactCheck.objects.filter(review__desk=OuterRef("pk"))
    names = Desk.objects.filter(Exists(published)).order_by("publisher_name").values_list("publisher_name", flat=True)
    return list(dict.fromkeys(names))


def batches(export: Export, since: datetime, until: datetime) -> Iterator[Batch]:
    """Elements of an export: of what changed after `since`, as it stood at `until`, in the order of the changes.

    A batch is a query of its own: no transaction stays open for a slow reader. What is published meanwhile is in none of them, and
    what is retracted meanwhile in no more of them.
    """
    yield from (_kept if is_kept(export) else _made)(export, since, until)


def corrections(wanted: QuerySet[Change, Any]) -> Iterator[Correction]:
    """The last one first, in batches, as they happened until the first was read."""
    rows = wanted.order_by("-changed_at")
    batch = list(rows[:SIZE])
    while batch:
        yield from map(_correction, batch)
        batch = list(rows.filter(changed_at__lt=batch[-1].changed_at)[:SIZE])


def _correction(change: Change) -> Correction:
    own = {field.name: getattr(change, field.name) for field in fields(Correction) if field.name != "at"}
    return Correction(**own, at=in_utc(change.changed_at))


def is_kept(export: Export) -> bool:
    """Elements are made of the newest first: of all, once the oldest has its own."""
    oldest = FactCheckRevision.objects.order_by("published_at").values("pk")[:1]
    return ExportElement.objects.filter(
        revision__in=oldest, is_tombstone=False, export=export.key, version=export.version
    ).exists()


def moment_of(address: str, until: datetime) -> datetime | None:
    """When what stands at an address last changed, as of `until`: its place in an export of then. None where nothing did."""
    about = Q(fact_check__slug=address.rstrip("/").rpartition("/")[2])
    revisions = FactCheckRevision.objects.filter(about, published_at__lte=until).values_list("published_at", flat=True)
    retractions = Retraction.objects.filter(about, retracted_at__lte=until).values_list("retracted_at", flat=True)
    return max([*revisions, *retractions], default=None)


def _kept(export: Export, since: datetime, until: datetime) -> Iterator[Batch]:
    with prepared.cursor() as asked, ThreadPoolExecutor(max_workers=1) as ahead:
        asked.cursor.format = Format.BINARY

        def read(since: datetime) -> tuple[datetime, Batch]:
            asked.execute(_KEPT, [export.between, export.key, since, until, until, SIZE])
            [(reached, count, written)] = asked.fetchall()
            return reached, Batch(count, written or b"")

        reached, batch = read(since)
        # The server makes the next one while this one is sent, as it would for COPY.
        while batch.count == SIZE:
            coming = ahead.submit(read, reached)
            yield batch
            reached, batch = coming.result()
        if batch.count:
            yield batch


def _made(export: Export, since: datetime, until: datetime) -> Iterator[Batch]:
    """The same, of the contents themselves: slower."""
    found = _contents(export, since, until)
    while found:
        yield Batch(len(found), export.between.join(written for _, written in found).encode())
        found = _contents(export, found[-1][0], until) if len(found) == SIZE else []


def _contents(export: Export, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    came = FactCheckRevision.objects.filter(published_at__lte=until)
    later = came.filter(fact_check=OuterRef("fact_check"), number__gt=OuterRef("number"))
    standing = came.filter(~Exists(later), fact_check__retraction=None, published_at__gt=since).order_by("published_at")
    found = [
        (at, export.element(documents.read(content)))
        for at, content in standing.values_list("published_at", "content")[:SIZE]
    ]
    if export.tombstone:
        gone = Retraction.objects.filter(retracted_at__gt=since, retracted_at__lte=until).order_by("retracted_at")
        last = (
            FactCheckRevision.objects.filter(fact_check=OuterRef("fact_check"))
            .order_by("-number")
            .values("content")[:1]
        )
        found += [
            (at, export.tombstone(documents.read(content), in_utc(at)))
            for at, content in gone.values_list("retracted_at", Subquery(last))[:SIZE]
        ]
    return sorted(found)[:SIZE]
