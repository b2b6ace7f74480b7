"""From an accepted claim to somebody who leads its review."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from claims.models import Claim
from claims.triage import Risk, TriageStatus
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.errors import ActionForbidden, FieldError, InvalidInput
from reviews.facts import OVER, Stage
from reviews.models import ConflictOfInterest, Desk, DeskMembership, Review
from reviews.queue import best_first
from reviews.reasons import Reason
from reviews.stages import OPENING, TRIAGER, Action
from reviews.workflow.acting import ActionBlocked, Blocked, acting, begin, due_end, lease_end, losing_races, policy_of
from reviews.workflow.people import roles_of


def open_review(claim_id: UUID, desk_id: UUID, *, actor: User | None, risk: Risk | str = "") -> Review:
    """Put an accepted claim into a desk's queue, under the desk's present policy and scale. `risk` is the claim's when left out."""
    with transaction.atomic():
        # Locked, so that nobody takes the acceptance back meanwhile.
        claim = Claim.objects.select_for_update(no_key=True).filter(pk=claim_id).first()
        desk = _desk_of(actor, desk_id)
        if claim is None:
            raise InvalidInput(errors=[FieldError("unknown_claim", "There is no such claim.", pointer="/claim")])
        if actor is not None and not TRIAGER.roles & roles_of(actor):
            raise ActionForbidden(f"This is for: {TRIAGER}.")
        if claim.triage_status != TriageStatus.ACCEPTED:
            raise _not_opened(
                "claim_not_accepted", f"The claim is {claim.triage_status}: only accepted ones are reviewed."
            )
        if Review.objects.filter(claim=claim).exclude(stage__in=OVER).exists():
            raise _not_opened("reviewed_elsewhere", "A review of this claim is under way.")
        now = timezone.now()
        review = Review(
            claim=claim,
            claim_revision=claim.revision,
            desk=desk,
            policy=desk.policy,
            scale=desk.scale,
            risk=risk or claim.risk,
            entered_stage_at=now,
            due_at=due_end(desk.policy, Stage.QUEUED, now),
            updated_at=now,
            updated_by=actor,
        )
        review.save(force_insert=True)
        told = {
            "claim": str(claim.pk),
            "desk": str(desk.pk),
            "stage": [None, Stage.QUEUED.value],
            "risk": str(review.risk),
        }
        events.record(review, OPENING.action, actor=actor, data=told)
    return Review.objects.get(pk=review.pk)  # with what the database filled in


def _desk_of(actor: User | None, desk_id: UUID) -> Desk:
    desk = Desk.objects.select_related("policy", "scale").filter(pk=desk_id).first()
    if desk is None or (
        actor and not actor.is_superuser and not DeskMembership.objects.filter(desk=desk, user=actor).exists()
    ):
        raise InvalidInput(errors=[FieldError("unknown_desk", "You are of no such desk.", pointer="/desk")])
    return desk


def _not_opened(code: str, words: str) -> ActionBlocked:
    return ActionBlocked(words, blocked_by=[Blocked(code=code, words=words)])


def take(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Lead it from now on, for as long as the lease runs."""
    with acting(review_id, Action.TAKE, actor=actor, version=version) as act:
        act.review.lead = actor
        act.move(Stage.RESEARCH)
    return act.review


def take_next(desk_id: UUID, *, actor: User) -> Review | None:
    """Take the best queued review of the desk that nobody else is taking at this moment; None when there is none."""
    with transaction.atomic():
        desk = _desk_of(actor, desk_id)
        conflicted = ConflictOfInterest.objects.filter(user=actor).values("review")
        waiting = best_first(Review.objects.filter(desk=desk).exclude(pk__in=conflicted))
        locked = waiting.select_for_update(no_key=True, of=("self",), skip_locked=True)
        review = locked.first()
        if review is None:
            return None
        review.policy = policy_of(review.policy_id)
        act = begin(review, Action.TAKE, actor=actor)
        act.review.lead = actor
        act.move(Stage.RESEARCH)
        act.write()
    return review


def assign(review_id: UUID, to: UUID, *, actor: User, version: int | None = None) -> Review:
    """Give it to somebody else to lead: a researcher of the desk without a conflict of interest."""
    with acting(review_id, Action.ASSIGN, actor=actor, version=version) as act:
        lead = User.objects.filter(
            pk=to, is_active=True, is_machine=False, memberships__desk=act.review.desk_id
        ).first()
        if lead is None or not {"researcher", "editor"} & roles_of(lead):
            raise _not_suited("unknown_researcher", "The desk has no such researcher.")
        if ConflictOfInterest.objects.filter(review=act.review, user=lead).exists():
            raise _not_suited("conflicted", "They declared a conflict of interest.")
        act.review.lead = lead
        act.move(Stage.RESEARCH)
    return act.review


def _not_suited(code: str, words: str) -> InvalidInput:
    return InvalidInput(errors=[FieldError(code, words, pointer="/to")])


def take_over(
    review_id: UUID, *, actor: User, version: int | None = None, reason: Reason | str = "", note: str = ""
) -> Review:
    """Lead it in somebody's place whose lease has ended; an editor may do so earlier, and says why. The evidence stays."""
    with acting(review_id, Action.TAKE_OVER, actor=actor, version=version, reason=reason, note=note) as act:
        act.review.lead = actor
        act.review.lease_until = lease_end(act.review)
    return act.review


def renew_lease(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Keep it for another lease, from now."""
    with acting(review_id, Action.RENEW_LEASE, actor=actor, version=version) as act:
        act.review.lease_until = lease_end(act.review)
    return act.review


def release(
    review_id: UUID, *, actor: User | None, version: int | None = None, reason: Reason | str = "", note: str = ""
) -> Review:
    """Give it back to the queue. The evidence stays."""
    with acting(review_id, Action.RELEASE, actor=actor, version=version, reason=reason, note=note) as act:
        act.review.lead = None
        act.move(Stage.QUEUED)
    return act.review


def release_expired() -> int:
    """Give back what was taken and left lying. Returns how many."""
    over = Review.objects.filter(stage=Stage.RESEARCH, held_at=None, lease_until__lt=timezone.now())
    done = 0
    for review_id, version in over.values_list("pk", "version"):
        with losing_races():
            release(review_id, actor=None, version=version, reason=Reason.LEASE_EXPIRED)
            done += 1
    return done


def open_accepted() -> int:
    """Open reviews for desks whose policy says `auto_open`. Returns how many. With several such desks the oldest has them."""
    desk = Desk.objects.filter(policy__auto_open=True).order_by("id").first()
    if desk is None:
        return 0
    done = 0
    waiting = Claim.objects.filter(triage_status=TriageStatus.ACCEPTED, reviews=None).order_by("id")
    for claim_id in waiting.values_list("pk", flat=True)[:500]:
        with losing_races():
            open_review(claim_id, desk.pk, actor=None)
            done += 1
    return done


def confirm_numbers(review_id: UUID, *, actor: User, version: int | None = None) -> Review:
    """Confirm that the numbers of the claim that have no value cannot be given one. Once it is edited, that is to be confirmed again."""
    with acting(review_id, Action.CONFIRM_NUMBERS, actor=actor, version=version) as act:
        act.review.numbers_confirmed_by = actor
        act.review.numbers_confirmed_revision = act.review.claim.revision
    return act.review
