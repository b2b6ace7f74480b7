"""Somebody else in the place of whoever judges and does not: because an editor says so, or because they can no longer."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.errors import FieldError, InvalidInput
from reviews.facts import Stage
from reviews.models import Review, Round, Seat
from reviews.reasons import Reason
from reviews.staffing import ADJUDICATOR, REVIEWER
from reviews.stages import Action
from reviews.workflow.acting import Act, acting, losing_races
from reviews.workflow.people import find_seat_holder, has_conflict, is_present
from reviews.workflow.rating import adjudicator_for
from reviews.workflow.seats import refill
from reviews.workflow.standing import current_round, verdicts_of


def replace_seat_holder(
    review_id: UUID, *, seat: int, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Give a seat of the open round to whoever has the least load. A verdict that was given on it counts no more: a refusal for
    that reason would say who has voted, to whoever asks for each seat in turn.
    """
    with acting(review_id, Action.REPLACE_SEAT_HOLDER, actor=actor, version=version, reason=reason, note=note) as act:
        round_ = current_round(act.review)
        assert round_ is not None
        if not 1 <= seat <= round_.seats_needed:
            detail = f"Seats are numbered from 1 to {round_.seats_needed}."
            raise InvalidInput(errors=[FieldError("unknown_seat", detail, pointer="/seat")])
        for held in Seat.objects.filter(round=round_, number=seat, vacated_at=None):
            vacate(act, held)
        act.data["seat"] = seat
        fill_empty_seats(act, round_, first=seat)
    return act.review


def replace_adjudicator(
    review_id: UUID, *, reason: Reason | str, note: str = "", actor: User | None, version: int | None = None
) -> Review:
    """Have somebody else decide, of those who were not asked in this round."""
    with acting(review_id, Action.REPLACE_ADJUDICATOR, actor=actor, version=version, reason=reason, note=note) as act:
        act.data["replaced"] = [str(act.review.adjudicator_id)]
        act.review.adjudicator_id = adjudicator_for(act)
    return act.review


def vacate(act: Act, seat: Seat) -> None:
    seat.vacated_at = timezone.now()
    seat.save(update_fields=["vacated_at"])
    act.data["replaced"] = [*act.data.get("replaced", ()), str(seat.holder_id)]


def fill_empty_seats(act: Act, round_: Round, *, first: int = 1) -> int:
    """As far as there is somebody who can. Who sits is no secret, only whether they have voted. Returns how many were filled."""
    seated = refill(act.review, round_, first=first)
    if seated:
        told = {str(seat.number): str(seat.holder_id) for seat in seated}
        act.data["seated"] = act.data.get("seated", {}) | told
    return len(seated)


def replace_absent(act: Act, round_: Round) -> int:
    """The seats of those who were switched off, left the desk or lost the role, as far as somebody can take them. A verdict that they
    have given stays, and counts. Returns how many.
    """
    review, done = act.review, 0
    seats = list(Seat.objects.filter(round=round_, vacated_at=None).order_by("number"))
    counted = verdicts_of(review, round_, seats)
    for seat in seats:
        if seat.pk in counted or is_present(review, seat.holder_id, REVIEWER):
            continue
        if find_seat_holder(review) is None:
            break
        vacate(act, seat)
        done += fill_empty_seats(act, round_)
    return done


def replace_absent_adjudicators() -> int:
    """Who were switched off, left the desk, lost the role, or keep out of the review since nobody else was there, where somebody else can
    decide. Returns how many.
    """
    done = 0
    waiting = Review.objects.filter(stage=Stage.ADJUDICATION, held_at=None)
    for review in waiting.order_by("pk"):
        who: UUID = review.adjudicator_id  # type: ignore[assignment]  # there is one in this stage
        keeps_out = has_conflict(review, who)
        if keeps_out or not is_present(review, who, ADJUDICATOR):
            reason = Reason.CONFLICT if keeps_out else Reason.ABSENT
            with losing_races():
                replace_adjudicator(review.pk, actor=None, version=review.version, reason=reason)
                done += 1
    return done
