"""Elements of exports are made once, when something is published or retracted, and kept beside the revision that they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery

from reviews.models import ExportElement, FactCheckRevision, Retraction
from reviews.publication import EXPORTS, documents
from reviews.publication.documents import in_utc

CATCH_UP = 5_000  # revisions at a time: some seconds
_BATCH = 500


def one_at_a_time() -> None:
    """Until the end of this transaction nothing else is published, nor made anew of what is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('publication'))")


def keep_elements(revisions: Iterable[FactCheckRevision]) -> None:
    """Make what every export says of these, with `one_at_a_time`; what was kept of them before is replaced."""
    keys = [revision.pk for revision in revisions]
    later = FactCheckRevision.objects.filter(fact_check=OuterRef("fact_check"), number__gt=OuterRef("number"))
    retraction = Retraction.objects.filter(fact_check=OuterRef("fact_check"))
    found = FactCheckRevision.objects.filter(pk__in=keys).annotate(
        next_at=Subquery(later.order_by("number").values("published_at")[:1]),
        retracted_at=Subquery(retraction.values("retracted_at")),
    )
    made = [element for revision in found for element in _elements(revision)]
    ExportElement.objects.bulk_create(
        made, _BATCH, update_conflicts=True, unique_fields=["revision", "export", "is_tombstone"],
        update_fields=["version", "superseded_at", "body"],
    )  # fmt: skip


def catch_up() -> int:
    """After an update whose exports say something else than before: make elements anew, of the newest revisions first.

    Whatever is published keeps its own, so nothing is missing once the oldest revision has its elements: one look says so.
    """
    oldest = FactCheckRevision.objects.order_by("published_at")[:1]
    if not _incomplete().filter(pk__in=oldest.values("pk")).exists():
        return 0
    count, found = 0, _next(_incomplete())
    while found:
        count += len(found)
        found = _next(_incomplete().filter(published_at__lt=found[-1].published_at)) if count < CATCH_UP else []
    return count


def _elements(revision: Any) -> Iterator[ExportElement]:
    document = documents.read(revision.content)
    retracted_at = revision.retracted_at
    for export in EXPORTS:
        told = {"revision": revision, "export": export.key, "version": export.version}
        yield ExportElement(
            **told,
            changed_at=revision.published_at,
            # What is retracted has left every export, even one of a moment before.
            superseded_at=revision.published_at if retracted_at else revision.next_at,
            body=export.element(document),
        )
        if retracted_at and not revision.next_at and export.tombstone:
            body = export.tombstone(document, in_utc(retracted_at))
            yield ExportElement(**told, is_tombstone=True, changed_at=retracted_at, body=body)


@transaction.atomic
def _next(incomplete: QuerySet[FactCheckRevision, Any]) -> list[FactCheckRevision]:
    one_at_a_time()
    found = list(incomplete.order_by("-published_at")[:_BATCH])
    keep_elements(found)
    return found


def _incomplete() -> QuerySet[FactCheckRevision, Any]:
    kept = ExportElement.objects.filter(revision=OuterRef("pk"))
    missing = [~Exists(kept.filter(export=export.key, version=export.version)) for export in EXPORTS]
    return FactCheckRevision.objects.filter(reduce(or_, missing))
