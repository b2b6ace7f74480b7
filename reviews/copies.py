"""What readers are told of the copy that we keep of a source: enough to compare their own with it. Questions only.

The bytes themselves are somebody else's work and stay with the desk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import re2
from django.db.models import OuterRef, QuerySet, Subquery

from reviews.attention import OF_THE_BYTES, latest_check
from reviews.models import Evidence, FactCheck, FactCheckRevision, SnapshotCheck, Status
from reviews.publication import documents
from reviews.publication.documents import FactCheckDocument, Source

_HASH = re2.compile("[0-9a-f]{64}")
MAX_CITING = 100  # fact-checks that one page names


@dataclass(frozen=True, slots=True)
class Citing:
    """A fact-check that rests on it, in the last of its revisions that does."""

    fact_check: FactCheck
    revision: int
    document: FactCheckDocument
    source: Source
    is_earlier: bool

    @property
    def is_retracted(self) -> bool:
        return self.fact_check.status is Status.RETRACTED


@dataclass(frozen=True, slots=True)
class Copy:
    """`taken_at` is when these bytes were first met, `checked_at` when they were last compared with their hash, if ever since."""

    sha256: str
    taken_at: datetime
    media_type: str
    size_bytes: int
    checked_at: datetime | None
    is_sound: bool
    citing: tuple[Citing, ...]

    @property
    def source(self) -> Source:
        """As the last fact-check names it that rests on it."""
        return self.citing[0].source


def of(sha256: str) -> Copy | None:
    """None of what no published fact-check names: that anybody keeps it is the desk's own."""
    if not _HASH.fullmatch(sha256):
        return None
    used = Evidence.objects.filter(snapshot__sha256=sha256, is_confidential=False)
    citing = tuple(_citing(sha256, used.values("review")))
    if not citing:
        return None
    looked = latest_check(OF_THE_BYTES, OuterRef("snapshot"))
    kept = used.filter(review__in=[each.fact_check.review_id for each in citing]).select_related("snapshot")
    told = kept.annotate(at=Subquery(looked.values("checked_at")[:1]), found=Subquery(looked.values("outcome")[:1]))
    items = list(told.order_by("snapshot__taken_at"))
    first = items[0].snapshot
    assert first is not None  # they were found by it
    return Copy(
        sha256=sha256,
        taken_at=first.taken_at,
        media_type=first.media_type,
        size_bytes=first.size_bytes,
        checked_at=max((item.at for item in items if item.at), default=None),
        is_sound=not any(item.found in SnapshotCheck.UNSOUND for item in items),
        citing=citing,
    )


def _citing(sha256: str, reviews: QuerySet[Any]) -> Iterator[Citing]:
    """The last fact-check first. Of each the last revision that names these bytes, which an earlier one may be."""
    # In the words of somebody these quotation marks would stand behind backslashes.
    naming = FactCheckRevision.objects.filter(content__contains=f'"sha256":"{sha256}"')
    last = naming.filter(fact_check__review__in=reviews).order_by("fact_check", "-number").distinct("fact_check")
    found = FactCheckRevision.objects.filter(pk__in=last.values("pk")).select_related("fact_check__review")
    found = found.annotate(latest=Subquery(_OF_IT.values("number")[:1]))
    for revision in found.order_by("-fact_check")[:MAX_CITING]:
        document = documents.read(revision.content)
        source = next(source for source in document.sources if source.sha256 == sha256)
        yield Citing(revision.fact_check, revision.number, document, source, revision.number < revision.latest)


_OF_IT = FactCheckRevision.objects.filter(fact_check=OuterRef("fact_check")).order_by("-number")
