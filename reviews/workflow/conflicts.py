"""Who keeps out of a review, and what follows where they were in it."""

from __future__ import annotations

import secrets
from uuid import UUID

from django.db import transaction

from factcheck.accounts.models import User
from factcheck.audit import events
from reviews.digests import commitment
from reviews.facts import Stage
from reviews.guards import votes_sealed
from reviews.models import ConflictOfInterest, Review, Seat
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.workflow.acting import Act, acting, begin, lock
from reviews.workflow.drafting import fall_back
from reviews.workflow.people import find_adjudicator
from reviews.workflow.rating import close_round_if_complete
from reviews.workflow.replacing import fill_empty_seats, replace_absent, vacate
from reviews.workflow.standing import current_round


def declare_conflict(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Keep out of this review for good. In research a lead gives it back. A seat holder's verdict counts no more, and another takes
    the seat of an open round. What the actor decided is stale, so that an approval of it falls, as does one that the actor gave.
    """
    with transaction.atomic():
        with acting(review_id, Action.DECLARE_CONFLICT, actor=actor, version=version, reason=reason, note=note) as act:
            review = act.review
            ConflictOfInterest(review=review, user=actor, reason=reason, note=note).save(force_insert=True)
            if votes_sealed(act.facts):
                _seal(act, actor)
            _vacate_seat(act, actor)
            if review.stage == Stage.ADJUDICATION and review.adjudicator_id == actor.pk:
                review.adjudicator_id = find_adjudicator(review) or review.adjudicator_id
            if review.stage == Stage.RESEARCH and review.lead_id == actor.pk:
                review.lead = None
                act.move(Stage.QUEUED)
        return fall_back(review_id) or act.review


def _seal(act: Act, holder: User) -> None:
    """The desk reads the words when the round has closed: see `told_under_seal`. Until then the record is only bound to them, and the
    salt is on the seat's own chain, which nobody reads.
    """
    salt = secrets.token_hex(16)
    seat = Seat.objects.get(round=current_round(act.review), holder=holder)
    events.record(seat, Action.DECLARE_CONFLICT, actor=holder, data={"salt": salt})
    act.data["commitment"] = commitment({"note": act.note}, salt)
    act.note = ""


def _vacate_seat(act: Act, holder: User) -> None:
    """Of the present round. Somebody else takes it while the round is open; a decision that rests on it is stale afterwards."""
    round_ = current_round(act.review)
    seat = round_ and Seat.objects.filter(round=round_, holder=holder, vacated_at=None).first()
    if not round_ or not seat:
        return
    vacate(act, seat)
    act.data["seat"] = seat.number
    if round_.closed_at is None:
        fill_empty_seats(act, round_)


def refill_seats() -> int:
    """Seats of open rounds that nobody holds, or nobody who could still vote, once somebody is there who can. Returns how many were
    filled.
    """
    filled = 0
    for review_id in Review.objects.filter(stage=Stage.RATING, held_at=None).values_list("pk", flat=True):
        with transaction.atomic():
            review = lock(review_id, None)
            round_ = current_round(review)
            if review.stage != Stage.RATING or review.is_on_hold or round_ is None:
                continue
            act = begin(review, Action.FILL_SEAT, actor=None)
            if found := fill_empty_seats(act, round_) + replace_absent(act, round_):
                act.write()
                filled += found
            close_round_if_complete(review)
    return filled
