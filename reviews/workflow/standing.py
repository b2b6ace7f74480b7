"""What stands of a review: evidence that still counts, the present round, the verdicts and the decision that were made on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery

from factcheck.database.prepared import Prepared
from reviews import digests
from reviews.models import (
    Approval,
    Decision,
    Evidence,
    EvidenceSet,
    FactCheckRevision,
    Invalidation,
    RetractionProposal,
    Review,
    Round,
    Seat,
    SnapshotCheck,
    Verdict,
)
from reviews.sealed import SealedVerdict
from reviews.words import has_words, readable
from reviews.workflow.people import has_conflict

# Numbers of these forms carry their value elsewhere: a change in its factor, a superlative in its word.
WITHOUT_VALUE = ("change", "vague", "superlative")


def unsound_of(review_id: UUID) -> set[UUID]:
    """Items that a person marked unreliable, or whose stored bytes fail their hash."""
    return {pk for (pk,) in _UNSOUND.rows(review=review_id)}


def _unsound(review: UUID) -> QuerySet[Evidence, Any]:
    latest = SnapshotCheck.objects.filter(
        snapshot=OuterRef("snapshot"), outcome__in=["sound", *SnapshotCheck.UNSOUND]
    ).order_by("-id")
    marked = Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE, subject_id=OuterRef("pk"))
    found = Evidence.objects.filter(review=review).alias(
        stored=Subquery(latest.values("outcome")[:1]), is_marked=Exists(marked)
    )
    return found.filter(Q(is_marked=True) | Q(stored__in=SnapshotCheck.UNSOUND)).order_by().values_list("pk")


_UNSOUND = Prepared(_unsound, review=UUID)


def evidence_in_use(review: Review) -> list[Evidence]:
    return list(review.evidence.filter(withdrawn_at=None).select_related("snapshot").order_by("id"))


def as_origin(name: str) -> str:
    """By which origins are told apart: not by what nobody sees, nor by how it was typed."""
    return readable(name).casefold()


def lacks(item: Evidence) -> tuple[str, ...]:
    """What an item needs before it can be rated."""
    has = {
        "quotation": has_words(item.quotation),
        "locator": has_words(item.locator),
        "snapshot": item.snapshot_id or has_words(item.snapshot_exemption),
    }
    return tuple(name for name, value in has.items() if not value)


def current_evidence(evidence_set: EvidenceSet, unsound: set[UUID] | None = None) -> str:
    """The digest of what still counts of a frozen set; `unsound` are the items that do not, where somebody has read them already."""
    frozen = {UUID(item["id"]) for item in evidence_set.items}
    left_out = unsound_of(evidence_set.review_id) if unsound is None else unsound
    return digests.current_digest(evidence_set.digest, frozen & left_out)


def unread_numbers(review: Review) -> int:
    return sum(
        1
        for quantity in review.claim.quantities
        if quantity["value"] is None and quantity["factor"] is None and quantity["form"] not in WITHOUT_VALUE
    )


def current_round(review: Review) -> Round | None:
    for round_ in _ROUND.objects(review=review.pk):
        round_.evidence_set = _set_of(round_)
        return round_
    return None


def decision_of(review: Review, present: Round | None = None) -> Decision | None:
    """The last one whose round counts; an earlier one was made before the review went back. `present` is the present round, where
    somebody has read it already.
    """
    for decision in _DECISION.objects(review=review.pk):
        if present is not None and decision.round_id == present.pk:
            decision.round = present
        else:
            [decision.round] = _ROUND_BY_KEY.objects(key=decision.round_id)
            decision.round.evidence_set = _set_of(decision.round)
        return decision
    return None


def _set_of(round_: Round) -> EvidenceSet:
    [found] = _SET.objects(key=round_.evidence_set_id)
    return found


_ROUND = Prepared(lambda review: Round.objects.filter(review=review).order_by("-number")[:1], review=UUID)
_ROUND_BY_KEY = Prepared(lambda key: Round.objects.filter(pk=key), key=UUID)
_SET = Prepared(lambda key: EvidenceSet.objects.filter(pk=key), key=UUID)


def _decision(review: UUID) -> QuerySet[Decision]:
    # Of a verification that was given up, only that of the one before counts.
    void = Invalidation.objects.filter(subject_type=Invalidation.Subject.ROUND, subject_id=OuterRef("round"))
    return Decision.objects.filter(~Exists(void), review=review).order_by("-id")[:1]


_DECISION = Prepared(_decision, review=UUID)


def is_stale(
    review: Review, decision: Decision, unsound: set[UUID] | None = None, seats: Iterable[Seat] | None = None
) -> bool:
    """Whether it was made on other evidence or another claim than the present ones, or by somebody who has a conflict of interest.
    `unsound` and `seats` are those of the review, where somebody has read them already.
    """
    on_others = (decision.evidence_digest, decision.claim_revision) != (
        current_evidence(decision.round.evidence_set, unsound),
        review.claim.revision,
    )
    if decision.adjudicator_id:
        return on_others or has_conflict(review, decision.adjudicator_id)
    known = Seat.objects.filter(round=decision.round_id) if seats is None else seats
    filled = [seat for seat in known if seat.round_id == decision.round_id and seat.vacated_at is None]
    return on_others or len(filled) < decision.round.seats_needed


def current_approval(review: Review) -> Approval | None:
    """The last one, unless it was taken back."""
    void = Invalidation.objects.filter(subject_type=Invalidation.Subject.APPROVAL).values("subject_id")
    return review.approvals.exclude(pk__in=void).order_by("-id").first()


def latest_revision(review: Review) -> FactCheckRevision | None:
    """What is public of it, without the text."""
    return next(iter(_REVISION.objects(review=review.pk)), None)


# With the digest of the text that was approved, which tells whether there is another one by now.
_REVISION = Prepared(
    lambda review: (
        FactCheckRevision.objects.defer("content")
        .annotate(approved_digest=F("approval__draft_digest"))
        .filter(fact_check__review=review)
        .order_by("-number")[:1]
    ),
    review=UUID,
)


def open_proposal(revision: FactCheckRevision) -> RetractionProposal | None:
    """The last one of the revision that is public: what was said of an earlier one went with it."""
    return revision.proposals.order_by("-id").first()


def bound_to(review: Review, round_: Round) -> tuple[str, int, UUID]:
    """Evidence, claim revision and scale on which a verdict of this round is given now."""
    return current_evidence(round_.evidence_set), review.claim.revision, review.scale_id


def verdicts_of(review: Review, round_: Round, seats: Iterable[Seat]) -> dict[UUID, SealedVerdict]:
    """The verdict that counts of each filled seat, revised before first: given on what is current."""
    evidence, revision, scale = bound_to(review, round_)
    filled = {seat.pk for seat in seats if seat.round_id == round_.pk and seat.vacated_at is None}
    found = _VERDICTS.objects(round_=round_.pk, evidence=evidence, claim=revision, scale=scale)
    return {verdict.seat_id: verdict for verdict in found if verdict.seat_id in filled}


# `first` before `revised`: the later one stays.
_VERDICTS = Prepared(
    lambda round_, evidence, claim, scale: SealedVerdict.objects.filter(
        seat__round=round_, evidence_digest=evidence, claim_revision=claim, scale=scale
    ).order_by("kind", "id"),
    round_=UUID,
    evidence=str,
    claim=int,
    scale=UUID,
)


def has_left_a_verdict(seat: Seat) -> bool:
    """Whether somebody who holds this seat no more has voted on it: it counts no more either, but they know what they said."""
    return seat.vacated_at is not None and SealedVerdict.objects.filter(seat=seat).exists()


def last_verdicts(round_: Round) -> dict[UUID, Verdict]:
    """Of a closed round: what each filled seat said last, whether or not it would still count."""
    found = Verdict.objects.filter(seat__round=round_, seat__vacated_at=None).order_by("kind", "id")
    return {verdict.seat_id: verdict for verdict in found}
