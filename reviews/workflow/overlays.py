"""Stopping, ending and beginning again."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from claims.models import Claim
from factcheck.accounts.models import User
from reviews.facts import Stage
from reviews.models import Review
from reviews.reasons import Reason
from reviews.stages import Action
from reviews.workflow.acting import acting
from reviews.workflow.drafting import fall_back
from reviews.workflow.rating import void_round


def hold(review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None) -> Review:
    """Let its clocks stand still; nothing can be done until it is resumed or closed."""
    with acting(review_id, Action.HOLD, actor=actor, version=version, reason=reason, note=note) as act:
        act.review.held_at = timezone.now()
    return act.review


def resume(review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None) -> Review:
    """Let its clocks go on, later by as long as they stood."""
    with transaction.atomic():
        with acting(review_id, Action.RESUME, actor=actor, version=version, reason=reason, note=note) as act:
            review = act.review
            assert review.held_at is not None
            # A lead who declares a conflict of interest meanwhile gives it back: that stage's clock began later.
            stood = timezone.now() - max(review.held_at, review.entered_stage_at)
            review.held_at = None
            review.due_at = review.due_at and review.due_at + stood
            review.lease_until = review.lease_until and review.lease_until + stood
        # What happened meanwhile could not take an approval back.
        return fall_back(review_id) or act.review


def close(review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None) -> Review:
    """End it unpublished."""
    with acting(review_id, Action.CLOSE, actor=actor, version=version, reason=reason, note=note) as act:
        if act.review.stage in (Stage.DISCUSSION, Stage.ADJUDICATION):
            void_round(act)
        act.review.closed_reason, act.review.closed_note = reason, note
        act.review.held_at = None
        act.move(Stage.CLOSED)
    return act.review


def reopen(review_id: UUID, *, reason: Reason | str, note: str, actor: User, version: int | None = None) -> Review:
    """Back into the queue, with its evidence."""
    with transaction.atomic():
        _lock_claim_of(review_id)
        with acting(review_id, Action.REOPEN, actor=actor, version=version, reason=reason, note=note) as act:
            act.review.closed_reason, act.review.closed_note = "", ""
            act.review.lead = act.review.adjudicator = None
            act.move(Stage.QUEUED)
    return act.review


def _lock_claim_of(review_id: UUID) -> None:
    """So that nobody takes its acceptance back or opens another review of it meanwhile."""
    list(Claim.objects.select_for_update(no_key=True).filter(reviews=review_id).values_list("pk"))
