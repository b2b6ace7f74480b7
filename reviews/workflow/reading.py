"""What the guards look at, read from the rows. Of sealed verdicts it reads that they are there, and the asker's own."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.utils import timezone

from claims.triage import TriageStatus
from factcheck.accounts.models import User
from factcheck.accounts.roles import ROLES
from reviews import digests
from reviews.digests import DRAFT_FIELDS
from reviews.facts import Actor, EvidenceFact, Facts, Relation, RoundFact, Stage, Stance
from reviews.models import (
    ConflictOfInterest,
    Decision,
    DeskMembership,
    Draft,
    Evidence,
    EvidenceSet,
    Invalidation,
    Review,
    Round,
    Seat,
    SnapshotCheck,
    Verdict,
)
from reviews.sealed import SealedVerdict
from reviews.staffing import Person, Unstaffable, can_staff, choose_adjudicator

WITH_EVIDENCE = (Stage.RESEARCH, Stage.COPY_EDIT)
WITH_DECISION = (Stage.DRAFTING, Stage.COPY_EDIT, Stage.APPROVED)
# Numbers of these forms carry their value elsewhere: a change in its factor, a superlative in its word.
WITHOUT_VALUE = ("change", "vague", "superlative")


def facts_of(review: Review, user: User | None, *, has_reason: bool = False) -> Facts:
    """The present facts, as `user` (None: the system) has to do with them."""
    stage = Stage(review.stage)
    round_ = Round.objects.filter(review=review).select_related("evidence_set").order_by("-number").first()
    seats = list(Seat.objects.filter(round__review=review)) if round_ else []
    draft = Draft.objects.filter(review=review).first()
    decision = decision_of(review) if stage in WITH_DECISION else None
    conflicted = set(ConflictOfInterest.objects.filter(review=review).values_list("user", flat=True))
    actor = _actor(review, user, round_, seats, draft, conflicted)
    items = _evidence(review) if stage in WITH_EVIDENCE else ()
    return Facts(
        stage=stage,
        actor=actor,
        is_on_hold=review.is_on_hold,
        claim_is_accepted=review.claim.triage_status == TriageStatus.ACCEPTED,
        has_other_review=stage is Stage.CLOSED
        and Review.objects.filter(claim_id=review.claim_id).exclude(pk=review.pk).exclude(stage=Stage.CLOSED).exists(),
        lease_is_over=review.lease_until is None
        or review.lease_until <= timezone.now()
        or review.lead_id in conflicted,
        has_reason=has_reason,
        evidence=items,
        searched=frozenset(Stance(side) for side in review.searches.values_list("side", flat=True))
        if stage in WITH_EVIDENCE
        else frozenset(),
        single_origin_reason=review.single_origin_reason,
        min_origins=review.policy.min_origins,
        both_sides_required=review.policy.both_sides_required,
        unread_numbers=0 if review.numbers_confirmed_by_id else unread_numbers(review),
        shortage=_shortage(review) if stage in WITH_EVIDENCE else "",  # both lead into rating
        round=_round(review, round_, seats, user),
        has_adjudicator=stage is not Stage.DISCUSSION or find_adjudicator(review) is not None,
        is_stale=decision is not None and is_stale(review, decision),
        draft_lacks=tuple(name for name in DRAFT_FIELDS if not getattr(draft, name, "").strip())
        if draft
        else DRAFT_FIELDS,
        draft_rating_matches=decision is None or draft is None or not draft.rating or draft.rating == decision.rating,
        reply=_reply(review) if stage is Stage.DRAFTING else "settled",
    )


def roles_of(user: User) -> frozenset[str]:
    return frozenset(ROLES) if user.is_superuser else frozenset(user.roles)


def _actor(
    review: Review,
    user: User | None,
    round_: Round | None,
    seats: list[Seat],
    draft: Draft | None,
    conflicted: set[UUID],
) -> Actor:
    if user is None:
        return Actor()
    present = {
        Relation.LEAD: review.lead_id == user.pk,
        Relation.ADJUDICATOR: review.adjudicator_id == user.pk,
        Relation.DRAFT_AUTHOR: draft is not None and draft.author_id == user.pk,
        Relation.SEAT_HOLDER: round_ is not None
        and any(seat.holder_id == user.pk and seat.round_id == round_.pk and seat.vacated_at is None for seat in seats),
    }
    ever = present | {
        Relation.SEAT_HOLDER: any(seat.holder_id == user.pk for seat in seats),
        Relation.ADJUDICATOR: present[Relation.ADJUDICATOR]
        or Decision.objects.filter(review=review, adjudicator=user).exists(),
    }
    return Actor(
        # Who only reads this desk's reviews has no role in them.
        roles=roles_of(user) if user.is_superuser or is_member(user, review) else frozenset(),
        relations=frozenset(relation for relation, holds in present.items() if holds),
        took_part_as=frozenset(relation for relation, holds in ever.items() if holds),
        is_conflicted=user.pk in conflicted,
    )


def has_conflict(review: Review, user_id: UUID) -> bool:
    return ConflictOfInterest.objects.filter(review=review, user=user_id).exists()


# Evidence


def unsound_among(evidence_ids: Iterable[UUID]) -> set[UUID]:
    """Those that a person marked unreliable, or whose stored bytes fail their hash."""
    latest = SnapshotCheck.objects.filter(
        snapshot=OuterRef("snapshot"), outcome__in=["sound", *SnapshotCheck.UNSOUND]
    ).order_by("-id")
    marked = Invalidation.objects.filter(subject_type=Invalidation.Subject.EVIDENCE, subject_id=OuterRef("pk"))
    found = Evidence.objects.filter(pk__in=list(evidence_ids)).alias(
        stored=Subquery(latest.values("outcome")[:1]), is_marked=Exists(marked)
    )
    return set(found.filter(Q(is_marked=True) | Q(stored__in=SnapshotCheck.UNSOUND)).values_list("pk", flat=True))


def evidence_in_use(review: Review) -> list[Evidence]:
    return list(review.evidence.filter(withdrawn_at=None).select_related("snapshot").order_by("id"))


def _evidence(review: Review) -> tuple[EvidenceFact, ...]:
    items = evidence_in_use(review)
    unsound = unsound_among(item.pk for item in items)
    return tuple(
        EvidenceFact(Stance(item.stance), item.origin.strip().casefold(), lacks(item), item.pk not in unsound)
        for item in items
    )


def lacks(item: Evidence) -> tuple[str, ...]:
    """What an item needs before it can be rated."""
    has = {
        "quotation": item.quotation.strip(),
        "locator": item.locator.strip(),
        "snapshot": item.snapshot_id or item.snapshot_exemption.strip(),
    }
    return tuple(name for name, value in has.items() if not value)


def current_evidence(evidence_set: EvidenceSet) -> str:
    """The digest of what still counts of a frozen set."""
    return digests.current_digest(evidence_set.digest, unsound_among(UUID(item["id"]) for item in evidence_set.items))


def unread_numbers(review: Review) -> int:
    return sum(
        1
        for quantity in review.claim.quantities
        if quantity["value"] is None and quantity["factor"] is None and quantity["form"] not in WITHOUT_VALUE
    )


# Rounds


def current_round(review: Review) -> Round | None:
    return Round.objects.filter(review=review).select_related("evidence_set").order_by("-number").first()


def decision_of(review: Review) -> Decision | None:
    """The last one; an earlier one was made before the review went back."""
    return Decision.objects.filter(review=review).select_related("round__evidence_set").order_by("-id").first()


def is_stale(review: Review, decision: Decision) -> bool:
    """Whether it was made on other evidence or another claim than the present ones, or by somebody who has a conflict of interest."""
    on_others = (decision.evidence_digest, decision.claim_revision) != (
        current_evidence(decision.round.evidence_set),
        review.claim.revision,
    )
    if decision.adjudicator_id:
        return on_others or has_conflict(review, decision.adjudicator_id)
    seats = Seat.objects.filter(round=decision.round_id, vacated_at=None)
    return on_others or seats.count() < decision.round.seats_needed


def bound_to(review: Review, round_: Round) -> tuple[str, int, UUID]:
    """Evidence, claim revision and scale on which a verdict of this round is given now."""
    return current_evidence(round_.evidence_set), review.claim.revision, review.scale_id


def verdicts_of(review: Review, round_: Round, seats: Iterable[Seat]) -> dict[UUID, SealedVerdict]:
    """The verdict that counts of each filled seat, revised before first: given on what is current."""
    evidence, revision, scale = bound_to(review, round_)
    filled = [seat.pk for seat in seats if seat.round_id == round_.pk and seat.vacated_at is None]
    found = SealedVerdict.objects.filter(
        seat__in=filled, evidence_digest=evidence, claim_revision=revision, scale=scale
    ).order_by("kind", "id")  # `first` before `revised`: the later one stays
    return {verdict.seat_id: verdict for verdict in found}


def last_verdicts(round_: Round) -> dict[UUID, Verdict]:
    """Of a closed round: what each filled seat said last, whether or not it would still count."""
    found = Verdict.objects.filter(seat__round=round_, seat__vacated_at=None).order_by("kind", "id")
    return {verdict.seat_id: verdict for verdict in found}


def _round(review: Review, round_: Round | None, seats: list[Seat], user: User | None) -> RoundFact:
    if round_ is None or review.stage not in (Stage.RATING, Stage.DISCUSSION, Stage.ADJUDICATION):
        return RoundFact(number=review.round_number)
    counted = verdicts_of(review, round_, seats)
    own = next((seat.pk for seat in seats if seat.round_id == round_.pk and user and seat.holder_id == user.pk), None)
    is_open = round_.closed_at is None
    return RoundFact(
        number=round_.number,
        seats=round_.seats_needed,
        verdicts=len(counted),
        ratings=None if is_open else tuple(verdict.rating for verdict in counted.values()),
        own_is_given=own in counted,
        own_is_revised=not is_open and Verdict.objects.filter(seat=own, kind=Verdict.Kind.REVISED).exists(),
    )


# People


def people_of(review: Review) -> list[Person]:
    """Who is present at the desk, and what they hold already. Whoever judged this claim before comes after whoever did not."""
    conflicted = set(ConflictOfInterest.objects.filter(review=review).values_list("user", flat=True))
    seated = set(Seat.objects.filter(round__review=review).values_list("holder", flat=True))
    users = User.objects.with_roles().filter(memberships__desk=review.desk_id, is_active=True, is_machine=False)
    held = Count("seats", filter=Q(seats__vacated_at=None, seats__round__closed_at=None), distinct=True)
    return [
        Person(
            id=str(user.pk),
            roles=frozenset(user.roles),
            load=user.held + 1000 * (user.pk in seated),
            is_conflicted=user.pk in conflicted,
        )
        for user in users.annotate(held=held)
    ]


def seats_needed(review: Review) -> int:
    return review.policy.seats_high_risk if review.risk == "high" else review.policy.seats


def _shortage(review: Review) -> str:
    found = can_staff(
        people_of(review),
        seats=seats_needed(review),
        lead=str(review.lead_id),
        lead_may_hold_seat=review.policy.lead_may_hold_seat,
    )
    return f"The desk cannot staff it: {found}." if found else ""


def find_adjudicator(review: Review) -> UUID | None:
    """Who would adjudicate now, or None."""
    holders = Seat.objects.filter(round__review=review, round__number=review.round_number)
    try:
        chosen = choose_adjudicator(
            people_of(review),
            holders={str(pk) for pk in holders.values_list("holder", flat=True)},
            lead=str(review.lead_id),
        )
    except Unstaffable:
        return None
    return UUID(chosen)


def is_member(user: User, review: Review) -> bool:
    return DeskMembership.objects.filter(desk=review.desk_id, user=user).exists()


# Replies


def _reply(review: Review) -> str:
    requests = list(review.reply_requests.all())
    if not requests:
        return "not_sought"
    now = timezone.now()
    is_settled = all(r.answered_at or r.waived_by_id or (r.due_at and r.due_at <= now) for r in requests)
    return "settled" if is_settled else "open"
