"""How a desk works, counted from its rows: agreement, turnaround, and what it chose to check. Exports give the same numbers."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from typing import Any, Literal, get_args
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from claims.models import Claim
from claims.triage import TriageStatus
from factcheck.audit.models import AuditEvent
from reviews.agreement import Agreement, Share, Spread, agreement, quantiles, selection_balance, units_of_rows
from reviews.facts import OVER, Stage
from reviews.models import CorrectionRequest, RatingScaleVersion, Review, Round, Verdict
from reviews.publication.clocks import CorrectionClocks, KeptInTime

SECONDS_PER_HOUR = 3600
Group = Literal["claimant", "outlet"]
GROUP_CHOICES = [(group, group) for group in get_args(Group)]


@dataclass(frozen=True, slots=True)
class VerdictRow:
    """One sealed first verdict of a round that has closed: a row of the export, which is all that agreement is computed from."""

    review: UUID
    round: int
    seat: int
    rating: str
    rank: int | None  # its position on the scale; None for a rating that has none
    scale: str
    closed_at: datetime

    def as_strings(self) -> dict[str, str]:
        return {
            "review": str(self.review),
            "round": str(self.round),
            "seat": str(self.seat),
            "rating": self.rating,
            "rank": "" if self.rank is None else str(self.rank),
            "scale": self.scale,
            "closed_at": _written(self.closed_at),
        }


COLUMNS = tuple(field.name for field in fields(VerdictRow))
NUMBERS = ("round", "seat", "rank")  # of these columns


def verdict_rows(reviews: QuerySet[Review]) -> Iterator[VerdictRow]:
    """Of these reviews, oldest round first. What was said after the discussion, and in a round that was void, does not count."""
    found = Verdict.objects.filter(kind=Verdict.Kind.FIRST, seat__round__review__in=reviews)
    found = found.select_related("seat__round", "scale__scale").order_by("seat__round", "seat__number", "id")
    for round_, verdicts in groupby(found.iterator(chunk_size=2000), key=lambda verdict: verdict.seat.round):
        for verdict in _counted(round_, list(verdicts)):
            if verdict.seat.vacated_at is not None:
                continue
            yield VerdictRow(
                review=round_.review_id,
                round=round_.number,
                seat=verdict.seat.number,
                rating=verdict.rating,
                rank=_rank(verdict.scale, verdict.rating),
                scale=str(verdict.scale),
                closed_at=round_.closed_at,
            )


def _counted(round_: Round, verdicts: list[Verdict]) -> list[Verdict]:
    """Those that closed the round. Whoever was asked for a fresh verdict gave two, and what was current then may be what the first was
    given on: the round closed as soon as all who sat had judged the same evidence and the same claim, so they had not before.
    """
    by_ground: defaultdict[tuple[str, int], list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        left_at = verdict.seat.vacated_at
        if left_at is None or left_at >= round_.closed_at:  # type: ignore[operator]  # it has closed, or the view had none of it
            by_ground[verdict.evidence_digest, verdict.claim_revision].append(verdict)
    return next((given for given in by_ground.values() if len(given) == round_.seats_needed), [])


def _written(at: datetime) -> str:
    """As the API writes instants."""
    return at.isoformat().replace("+00:00", "Z")


def _rank(scale: RatingScaleVersion, rating: str) -> int | None:
    rank: int | None = next(point["rank"] for point in scale.points if point["code"] == rating)
    return rank


def agreement_by_scale(reviews: QuerySet[Review]) -> dict[str, Agreement]:
    """One set of coefficients for each version of a scale: ranks of two have no common order."""
    by_scale: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    for row in verdict_rows(reviews):
        by_scale[row.scale].append(row.as_strings())
    return {scale: agreement(units_of_rows(rows)) for scale, rows in sorted(by_scale.items())}


@dataclass(frozen=True, slots=True)
class StageRow:
    """One time that a review was in a stage: a row of the export, which is all that turnaround is computed from."""

    review: UUID
    stage: Stage
    entered_at: datetime
    left_at: datetime

    @property
    def hours(self) -> float:
        return (self.left_at - self.entered_at).total_seconds() / SECONDS_PER_HOUR

    def as_strings(self) -> dict[str, str]:
        return {
            "review": str(self.review),
            "stage": str(self.stage),
            "entered_at": _written(self.entered_at),
            "left_at": _written(self.left_at),
        }


STAGE_COLUMNS = tuple(field.name for field in fields(StageRow))


def stage_rows(reviews: QuerySet[Review]) -> Iterator[StageRow]:
    """Each time that one of these reviews left a stage, holds included: the record has all of them."""
    moves = AuditEvent.objects.filter(
        subject_type="review", subject_id__in=reviews.values("pk"), data__has_key="stage"
    ).order_by("subject_id", "number")
    before: tuple[UUID, datetime] | None = None
    for review_id, (from_stage, _), at in moves.values_list("subject_id", "data__stage", "at").iterator(
        chunk_size=2000
    ):
        if before and before[0] == review_id and from_stage is not None:
            yield StageRow(review_id, Stage(from_stage), before[1], at)
        before = (review_id, at)


def turnaround(reviews: QuerySet[Review]) -> dict[Stage, Spread]:
    """Hours from entering a stage to leaving it, of each time that it was left."""
    hours: defaultdict[Stage, list[float]] = defaultdict(list)
    for row in stage_rows(reviews):
        hours[row.stage].append(row.hours)
    return {stage: quantiles(hours[stage]) for stage in Stage if stage not in OVER}


@dataclass(frozen=True, slots=True)
class Selection:
    """Of one group: what was found by extractors or people, and what was chosen for review."""

    group: str | None
    found: int
    chosen: Share

    def as_strings(self) -> dict[str, str]:
        return {"group": self.group or "", "found": str(self.found), "chosen": str(self.chosen.count)}


SELECTION_COLUMNS = ("group", "found", "chosen")
SELECTION_NUMBERS = SELECTION_COLUMNS[1:]


def selection(reviews: QuerySet[Review], claims: QuerySet[Claim], by: Group) -> tuple[Selection, ...]:
    """Whose claims these reviews are about, beside how many of these claims are theirs. Merged and superseded ones are no claims."""
    column = {"claimant": "claimant", "outlet": "article__outlet__name"}[by]
    chosen = _counts(reviews.values_list(f"claim__{column}"))
    gone = (TriageStatus.MERGED, TriageStatus.SUPERSEDED)
    found = _counts(claims.exclude(triage_status__in=gone).values_list(column))
    shares = selection_balance({group: chosen[group] for group in found | chosen})
    return tuple(Selection(share.group, found[share.group], share) for share in shares)


def _counts(groups: QuerySet[Any, tuple[Any, ...]]) -> Counter[str | None]:
    counts: Counter[str | None] = Counter()
    for group, number in groups.annotate(number=Count("pk")).order_by():
        counts[group or None] += number
    return counts


def rounds_closed(reviews: QuerySet[Review]) -> int:
    """How many rounds the coefficients look at: not those that were void."""
    return Round.objects.filter(review__in=reviews, closed_at__isnull=False).exclude(outcome=Round.Outcome.VOID).count()


def corrections() -> CorrectionClocks:
    """How readers' requests were dealt with, of all desks. Whatever still has time is not counted."""
    requests, now = CorrectionRequest.objects.order_by(), timezone.now()

    def kept(done: str, due: str) -> KeptInTime:
        is_told = Q(**{f"{done}__isnull": False}) | Q(**{f"{due}__lt": now})
        counted = requests.aggregate(
            n=Count("pk", filter=is_told), kept=Count("pk", filter=Q(**{f"{done}__lte": F(due)}))
        )
        n, in_time = counted["n"], counted["kept"]
        return KeptInTime(in_time, n, in_time / n if n else None, None if n else "none_yet")

    return CorrectionClocks(
        requests.count(), kept("acknowledged_at", "acknowledge_due_at"), kept("answered_at", "answer_due_at")
    )
