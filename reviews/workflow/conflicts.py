"""Who keeps out of a review, and what follows where they were in it."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from factcheck.accounts.models import User
from reviews.facts import Stage
from reviews.models import ConflictOfInterest, Review, Seat
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.workflow.acting import acting, lock
from reviews.workflow.rating import close_round_if_complete
from reviews.workflow.reading import current_round, find_adjudicator
from reviews.workflow.seats import refill


def declare_conflict(
    review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None
) -> Review:
    """Keep out of this review for good. A lead gives it back, a seat holder's verdict counts no more and another takes the seat."""
    with acting(review_id, Action.DECLARE_CONFLICT, actor=actor, version=version, reason=reason, note=note) as act:
        review = act.review
        ConflictOfInterest(review=review, user=actor, reason=reason, note=note).save(force_insert=True)
        round_ = current_round(review)
        if round_ is not None and round_.closed_at is None:
            for seat in Seat.objects.filter(round=round_, holder=actor, vacated_at=None):
                seat.vacated_at = timezone.now()
                seat.save(update_fields=["vacated_at"])
                act.data["seat"] = seat.number
            refill(review, round_)
        if review.stage == Stage.ADJUDICATION and review.adjudicator_id == actor.pk:
            review.adjudicator_id = find_adjudicator(review) or review.adjudicator_id
    return act.review


def refill_seats() -> int:
    """Seats of open rounds that nobody holds, once somebody is there who can. Returns how many were filled."""
    filled = 0
    for review_id in Review.objects.filter(stage=Stage.RATING, held_at=None).values_list("pk", flat=True):
        with transaction.atomic():
            review = lock(review_id, None)
            round_ = current_round(review)
            if review.stage == Stage.RATING and round_ is not None:
                filled += len(refill(review, round_))
                close_round_if_complete(review)
    return filled
