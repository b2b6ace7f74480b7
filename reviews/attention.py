"""What became of the evidence that reviews under way rest on: a task for their desks. Whatever it is, a person decides what it means."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from reviews.facts import OVER
from reviews.models import Evidence, Invalidation, Keeping, SnapshotCheck
from reviews.models.evidence import NOT_AS_IT_WAS

Outcome = SnapshotCheck.Outcome
OF_THE_BYTES = (Outcome.SOUND, *SnapshotCheck.UNSOUND)
OF_THE_PAGE = (
    Outcome.UNCHANGED, Outcome.TEXT_CHANGED, Outcome.QUOTATION_MISSING, Outcome.GONE, Outcome.UNREACHABLE,
)  # fmt: skip
# A page that did not answer once may be back tomorrow.
NEWS = (Outcome.TEXT_CHANGED, Outcome.QUOTATION_MISSING, Outcome.GONE)


def latest_check(of: tuple[Outcome, ...], snapshot: Any) -> QuerySet[SnapshotCheck]:
    """The last look at the bytes or at the page of a snapshot."""
    return SnapshotCheck.objects.filter(snapshot=snapshot, outcome__in=of).order_by("-id")


def keepings(evidence: Any) -> QuerySet[Keeping]:
    """The words with which somebody kept an item, as far as they cover what the last look at its page found."""
    last = latest_check(OF_THE_PAGE, OuterRef("evidence__snapshot"))
    # The weekly look finds the same change again and again: it was seen already, until the page changes once more.
    return Keeping.objects.filter(
        evidence=evidence,
        finding__snapshot=F("evidence__snapshot"),
        finding__outcome=Subquery(last.values("outcome")[:1]),
        finding__found_sha256=Subquery(last.values("found_sha256")[:1]),
    ).order_by("-id")


def needing_attention() -> QuerySet[Evidence]:
    """Items in use of reviews that are not closed whose stored bytes are corrupt or missing, or whose page says something else by now
    and nobody has kept them in spite of that.
    """
    return _looked_at().filter(Q(stored__in=SnapshotCheck.UNSOUND) | _IS_NEWS)


def to_be_kept() -> QuerySet[Evidence]:
    """Those of them that somebody may keep: bytes of ours that are gone or changed are never good enough."""
    return _looked_at().filter(_IS_NEWS, Q(stored=None) | ~Q(stored__in=SnapshotCheck.UNSOUND))


_IS_NEWS = Q(live__in=NEWS) & ~Exists(keepings(OuterRef("pk")))


def _looked_at() -> QuerySet[Any]:
    """Items in use of reviews that are not closed, with the last look at their stored bytes and at their page."""
    marked = Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE, subject_id=OuterRef("pk"))
    # Few pages ever change: the last look is looked up for those alone, and not for all evidence that there is.
    ever = SnapshotCheck.objects.filter(outcome__in=NOT_AS_IT_WAS).values("snapshot")
    in_use = Evidence.objects.filter(~Exists(marked), withdrawn_at=None, snapshot__in=ever)
    return in_use.exclude(review__stage__in=OVER).alias(
        stored=Subquery(latest_check(OF_THE_BYTES, OuterRef("snapshot")).values("outcome")[:1]),
        live=Subquery(latest_check(OF_THE_PAGE, OuterRef("snapshot")).values("outcome")[:1]),
    )
