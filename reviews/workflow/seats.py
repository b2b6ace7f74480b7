"""Who judges, and what they have written so far. A seat is its holder's business until its round has closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from factcheck.accounts.models import User
from factcheck.database import prepared
from factcheck.errors import NotFound
from reviews import digests
from reviews.facts import Stage
from reviews.models import ConflictOfInterest, Review, Round, Seat
from reviews.sealed import SealedVerdict, VerdictDraft
from reviews.staffing import Unstaffable, choose_seats
from reviews.workflow.acting import ActionBlocked, Blocked
from reviews.workflow.people import find_seat_holder, people_of, seats_needed, terms_of
from reviews.workflow.standing import bound_to, current_round, verdicts_of

WRITTEN = ("rating", "rationale", "cites", "searches")


@dataclass(frozen=True, slots=True)
class MySeat:
    """One's own seat in the present round: what to judge, under which tag, and one's own words so far."""

    seat: Seat
    round: Round
    tag: str
    verdict: SealedVerdict | None
    draft: VerdictDraft | None


def my_seat(review: Review, user: User, present: Round | None = None) -> MySeat:
    """Raises NotFound for whoever holds none. The only way to read a sealed verdict: its author's. `present` is the present round, where
    somebody has read it already.
    """
    round_ = present or current_round(review)
    seat = Seat.objects.filter(round=round_, holder=user, vacated_at=None).first() if round_ else None
    if round_ is None or seat is None:
        raise NotFound("You hold no seat in this review's present round.")
    return MySeat(
        seat=seat,
        round=round_,
        tag=digests.seat_tag(seat.pk, *bound_to(review, round_)),
        verdict=verdicts_of(review, round_, [seat]).get(seat.pk),
        draft=VerdictDraft.objects.filter(seat=seat).first(),
    )


def to_be_judged_by(user: User) -> QuerySet[Review]:
    """Reviews in whose open round this person holds a seat and has not voted on the claim as it is now. Theirs alone to know."""
    given = SealedVerdict.objects.filter(
        seat=OuterRef("pk"),
        claim_revision=OuterRef("round__review__claim__revision"),
        scale=OuterRef("round__review__scale"),
    )
    held = Seat.objects.filter(~Exists(given), holder=user, vacated_at=None, round__closed_at=None)
    mine = held.filter(round__number=F("round__review__round_number")).values("round__review")
    return Review.objects.filter(pk__in=mine, stage=Stage.RATING, held_at=None)


def save_verdict_draft(review: Review, fields: Mapping[str, Any], *, actor: User) -> VerdictDraft:
    """Keep what a seat holder has written so far, for them alone. No event: nobody may see that there is something."""
    with transaction.atomic():
        mine = my_seat(review, actor)
        values = {name: fields[name] for name in WRITTEN if name in fields}
        prepared.insert(VerdictDraft(seat=mine.seat, **values), unique="seat", replacing=[*values, "updated_at"])
        return VerdictDraft.objects.get(seat=mine.seat)


def verdicts_submitted(review: Review, present: Round | None = None, seats: Iterable[Seat] | None = None) -> int:
    """How many verdicts of the present round are in: all that may be known of them while it is open. `present` is that round, and `seats`
    those of the review, where somebody has read them already.
    """
    round_ = present or current_round(review)
    if round_ is None:
        return 0
    return len(verdicts_of(review, round_, Seat.objects.filter(round=round_) if seats is None else seats))


def told_under_seal(round_: Round) -> dict[str, str]:
    """What whoever held a seat of this round has said of a conflict of interest while it was open, by user: for the event of its end."""
    holders = Seat.objects.filter(round=round_).values("holder")
    said = ConflictOfInterest.objects.filter(
        review=round_.review_id, user__in=holders, created_at__gte=round_.created_at
    )
    return {str(user): note for user, note in said.order_by("id").values_list("user", "note")}


def fill(review: Review, round_: Round) -> list[Seat]:
    """Seats for a new round: the least load first, without the lead and whoever is conflicted. Raises ActionBlocked."""
    try:
        chosen = choose_seats(
            people_of(review),
            seats=seats_needed(review),
            lead=str(review.lead_id),
            **terms_of(review.policy),
        )
    except Unstaffable as lack:
        # The guard has asked already, but nobody locks the people: somebody left since.
        words = f"The desk cannot staff it: {lack}."
        raise ActionBlocked(words, blocked_by=[Blocked(code="unstaffable", words=words)]) from lack
    seats = [Seat(round=round_, number=n, holder_id=UUID(holder)) for n, holder in enumerate(chosen, 1)]
    for seat in seats:
        seat.save(force_insert=True)
    return seats


def refill(review: Review, round_: Round, *, first: int = 1) -> list[Seat]:
    """Others for the seats of an open round that nobody holds, as far as there are any; for seat `first` before the rest."""
    filled = set(Seat.objects.filter(round=round_, vacated_at=None).values_list("number", flat=True))
    new = []
    for number in sorted(set(range(1, round_.seats_needed + 1)) - filled, key=lambda number: (number != first, number)):
        holder = find_seat_holder(review)
        if holder is None:
            break
        seat = Seat(round=round_, number=number, holder_id=holder)
        seat.save(force_insert=True)
        new.append(seat)
    return new
