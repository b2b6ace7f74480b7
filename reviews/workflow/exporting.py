"""Elements of exports are made once, when something is published or retracted, and kept beside the revision that they are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from reviews.models import ExportElement, FactCheckRevision, Retraction
from reviews.publication import EXPORTS, documents
from reviews.publication.documents import in_utc

CATCH_UP = 5_000  # revisions at a time: some seconds
_BATCH = 500


def one_at_a_time() -> None:
    """Until the end of this transaction nothing else is published, nor made anew of what is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('publication'))")


def keep_elements(revision: FactCheckRevision) -> None:
    """Make what every export says of a revision that has just come, instead of the one before."""
    kept = ExportElement.objects.filter(revision__fact_check=revision.fact_check_id, superseded_at=None)
    kept.update(superseded_at=revision.published_at)
    _keep(_elements(revision, None))


def keep_tombstones(revision: FactCheckRevision, retracted_at: datetime) -> None:
    """The last one of a fact-check that was retracted: it leaves every export, even those of a moment before."""
    ExportElement.objects.filter(revision__fact_check=revision.fact_check_id).update(superseded_at=F("changed_at"))
    _keep(_tombstones(revision, retracted_at))


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


@transaction.atomic
def _next(incomplete: QuerySet[FactCheckRevision, Any]) -> list[FactCheckRevision]:
    one_at_a_time()
    later = FactCheckRevision.objects.filter(fact_check=OuterRef("fact_check"), number=OuterRef("number") + 1)
    retraction = Retraction.objects.filter(fact_check=OuterRef("fact_check"))
    found = incomplete.annotate(
        next_at=Subquery(later.values("published_at")), retracted_at=Subquery(retraction.values("retracted_at"))
    )
    revisions: list[Any] = list(found.order_by("-published_at")[:_BATCH])
    made: list[ExportElement] = []
    for revision in revisions:
        gone = revision.retracted_at
        made += _elements(revision, revision.published_at if gone else revision.next_at)
        made += _tombstones(revision, gone) if gone and not revision.next_at else ()
    _keep(made)
    return revisions


def _elements(revision: FactCheckRevision, superseded_at: datetime | None) -> Iterator[ExportElement]:
    document = documents.read(revision.content)
    for export in EXPORTS:
        yield ExportElement(
            revision=revision, export=export.key, version=export.version, changed_at=revision.published_at,
            superseded_at=superseded_at, body=export.element(document),
        )  # fmt: skip


def _tombstones(revision: FactCheckRevision, retracted_at: datetime) -> Iterator[ExportElement]:
    document = documents.read(revision.content)
    for export in EXPORTS:
        if export.tombstone:
            yield ExportElement(
                revision=revision, export=export.key, version=export.version, changed_at=retracted_at, is_tombstone=True,
                body=export.tombstone(document, in_utc(retracted_at)),
            )  # fmt: skip


def _keep(elements: Iterable[ExportElement]) -> None:
    ExportElement.objects.bulk_create(
        elements, _BATCH, update_conflicts=True, unique_fields=["revision", "export", "is_tombstone"],
        update_fields=["version", "superseded_at", "body"],
    )  # fmt: skip


def _incomplete() -> QuerySet[FactCheckRevision, Any]:
    kept = ExportElement.objects.filter(revision=OuterRef("pk"), is_tombstone=False)
    missing = [~Exists(kept.filter(export=export.key, version=export.version)) for export in EXPORTS]
    return FactCheckRevision.objects.filter(reduce(or_, missing))
