"""What all verbs share: the lock, the questions to the table, the write and its event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, NotRequired, TypedDict
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import State, changes, state_of
from factcheck.audit.staleness import check_version
from factcheck.database.prepared import Prepared
from factcheck.errors import ActionForbidden, ActionNotAllowed, FieldError, InvalidInput, NotFound, StaleVersion
from reviews import stages
from reviews.facts import Blocker, Facts, Stage
from reviews.models import Desk, RatingScaleVersion, Review, ReviewPolicy
from reviews.reasons import TAKE_OVER_REASONS, Reason
from reviews.stages import Action, Transition
from reviews.words import has_words
from reviews.workflow.people import reads_everything
from reviews.workflow.reading import facts_of
from reviews.workflow.telling import tell

__all__ = ["Act", "ActionBlocked", "acting", "desks_of", "facts_of", "visible_to"]

BOOKKEEPING = {"entered_stage_at", "due_at"}  # follows from what else was changed


class LackingItem(TypedDict):
    """An item of evidence, and what it lacks: `quotation`, `locator`, `snapshot`."""

    id: UUID
    lacks: list[str]


class Blocked(TypedDict):
    """Why not: a stable code, and words; and for `incomplete_evidence`, which items."""

    code: str
    words: str
    items: NotRequired[list[LackingItem]]


def told(blocker: Blocker) -> Blocked:
    blocked = Blocked(code=blocker.code, words=blocker.words)
    if blocker.items:
        blocked["items"] = [LackingItem(id=UUID(item.id), lacks=list(item.lacks)) for item in blocker.items]
    return blocked


class ActionBlocked(ActionNotAllowed):
    """Nobody may take this action now. `blocked_by` says why, `allowed_actions` what this user may do instead."""

    code, status, title = "action_blocked", 409, "This action is not possible now"

    class Extra(TypedDict):
        allowed_actions: NotRequired[list[str]]
        blocked_by: list[Blocked]


def visible_to(user: User) -> QuerySet[Review]:
    """The reviews of one's own desks; all of them for auditors and superusers."""
    return Review.objects.all() if reads_everything(user) else _of_the_desks_of(user.pk)


def _of_the_desks_of(user: UUID) -> QuerySet[Review]:
    return Review.objects.filter(desk__in=Desk.objects.filter(memberships__user=user))


def is_there(review_id: UUID, user: User) -> bool:
    """Whether they may see this review."""
    if reads_everything(user):
        return bool(_THERE.rows(review=review_id))
    return bool(_THERE_FOR.rows(review=review_id, user=user.pk))


_THERE = Prepared(lambda review: Review.objects.filter(pk=review).values_list("pk"), review=UUID)
_THERE_FOR = Prepared(
    lambda review, user: _of_the_desks_of(user).filter(pk=review).values_list("pk"), review=UUID, user=UUID
)


def desks_of(user: User) -> QuerySet[Desk]:
    """One's own desks; all of them for auditors and superusers."""
    return Desk.objects.all() if reads_everything(user) else Desk.objects.filter(memberships__user=user)


@dataclass(slots=True)
class Act:
    """One action under way, under the lock of its review. What the verb sets on `review` is written when the block ends."""

    review: Review
    row: Transition
    actor: User | None
    facts: Facts
    before: State
    reason: str = ""
    note: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def move(self, stage: Stage) -> None:
        """Enter a stage: its clock starts, and a lease begins or ends with research."""
        if stage not in self.row.to_stages:
            raise ActionBlocked(f"{self.row.action} does not lead to {stage}.", blocked_by=[])
        now = timezone.now()
        self.review.stage, self.review.entered_stage_at = stage, now
        self.review.due_at = due_end(self.review.policy, stage, now)
        self.review.lease_until = lease_end(self.review) if stage is Stage.RESEARCH else None

    def write(self) -> None:
        changed = changes(self.before, self.review)
        review = self.review
        review.version, review.updated_at, review.updated_by = review.version + 1, timezone.now(), self.actor
        told = {name: value for name, value in changed.items() if name not in BOOKKEEPING}
        self.record(told, saves=[*changed, "version", "updated_at", "updated_by"])

    def record(self, changed: State | None = None, *, saves: Iterable[str] = ()) -> None:
        """The event alone, and whoever is to hear of it: of what does not change the review itself, whose version stays."""
        told, action = (changed or {}) | self.data, self.row.action
        event = events.record(
            self.review, action, actor=self.actor, reason=self.reason, note=self.note, data=told, saves=saves
        )
        tell(self, event)


def due_end(policy: ReviewPolicy, stage: Stage, now: datetime) -> datetime | None:
    hours = policy.hours_by_stage.get(stage)
    return now + timedelta(hours=hours) if hours else None


def lease_end(review: Review) -> datetime:
    return timezone.now() + timedelta(hours=review.policy.lease_hours)


def lock(review_id: UUID, actor: User | None) -> Review:
    """The review under its lock. Raises NotFound for one that is not there or that the actor's desks do not have."""
    if actor is None or reads_everything(actor):
        found = _LOCKED.objects(review=review_id)
    else:
        found = _LOCKED_OF_THE_DESKS_OF.objects(review=review_id, user=actor.pk)
    if not found:
        raise NotFound("There is no such review.")
    [review] = found
    review.policy, review.scale = policy_of(review.policy_id), scale_of(review.scale_id)
    return review


_LOCKED = Prepared(lambda review: Review.objects.filter(pk=review).select_for_update(no_key=True), review=UUID)
_LOCKED_OF_THE_DESKS_OF = Prepared(
    lambda review, user: _of_the_desks_of(user).filter(pk=review).select_for_update(no_key=True), review=UUID, user=UUID
)


@lru_cache(maxsize=256)
def policy_of(policy_id: UUID) -> ReviewPolicy:
    # A row that never changes is read once.
    return ReviewPolicy.objects.get(pk=policy_id)


@lru_cache(maxsize=256)
def scale_of(version_id: UUID) -> RatingScaleVersion:
    return RatingScaleVersion.objects.get(pk=version_id)


@contextmanager
def acting(
    review_id: UUID,
    action: Action,
    *,
    actor: User | None,
    version: int | None = None,
    reason: str = "",
    note: str = "",
) -> Iterator[Act]:
    """One action on one review, in one transaction with its event. Without an actor it is the system that acts."""
    with transaction.atomic():
        act = begin(lock(review_id, actor), action, actor=actor, version=version, reason=reason, note=note)
        yield act
        act.write()


def begin(
    review: Review,
    action: Action,
    *,
    actor: User | None,
    version: int | None = None,
    reason: str = "",
    note: str = "",
) -> Act:
    """Ask everything that can be asked before the verb looks at its own input. The review is locked."""
    check_version(review, version, BOOKKEEPING)
    facts = facts_of(review, actor, has_reason=bool(reason))
    row = ask(facts, action, is_system=actor is None)
    if actor is not None:
        check_reason(row, facts, reason, note)
    return Act(review, row, actor, facts, state_of(review), reason, note)


def ask(facts: Facts, action: Action, *, is_system: bool = False) -> Transition:
    """The table's row for this action. Raises ActionForbidden and ActionBlocked."""
    row = stages.find(facts.stage, action)
    if row is None:
        code = f"stage_is_{facts.stage}"
        raise _blocked(
            f"A review in {facts.stage} cannot be given the action {action}.",
            facts,
            [Blocked(code=code, words=f"It is in {facts.stage}.")],
        )
    if is_system:
        if not row.may_system:
            raise AssertionError(f"the system does not {action}")
    elif lacking := row.lacks(facts):
        who = " or ".join(map(str, row.may)) or "the system"
        raise ActionForbidden(f"This is for: {who} ({', '.join(lacking)}).")
    if blockers := row.blocked_by(facts):
        words = " ".join(blocker.words for blocker in blockers)
        raise _blocked(words, facts, [told(blocker) for blocker in blockers])
    return row


def must_be_open(
    review_id: UUID, action: Action, *, actor: User, version: int | None = None, has_reason: bool = False
) -> None:
    """Raise what the verb of this action would raise before it looks at its input: for what is costly to do in vain."""
    review = visible_to(actor).select_related("policy", "scale", "claim").filter(pk=review_id).first()
    if review is None:
        raise NotFound("There is no such review.")
    check_version(review, version, BOOKKEEPING)
    ask(facts_of(review, actor, has_reason=has_reason), action)


def _blocked(detail: str, facts: Facts, blockers: list[Blocked]) -> ActionBlocked:
    return ActionBlocked(
        detail,
        allowed_actions=[str(action) for action in stages.allowed(facts)],
        blocked_by=blockers,
    )


def blocked_by(facts: Facts, code: str, words: str) -> ActionBlocked:
    """A refusal that only the verb's own input could tell."""
    return _blocked(words, facts, [Blocked(code=code, words=words)])


@contextmanager
def losing_races() -> Iterator[None]:
    """For what the system does by itself, row by row: where somebody was faster, that is as good."""
    with suppress(StaleVersion, ActionNotAllowed, NotFound, IntegrityError), transaction.atomic():
        yield


def check_reason(row: Transition, facts: Facts, reason: str, note: str) -> None:
    """Whoever stops, sends back or waives says why: a code, and words."""
    known: tuple[Reason, ...] = row.reasons
    if row.action is Action.TAKE_OVER:
        if not reason:
            return
        known = TAKE_OVER_REASONS
    if not known:
        return
    errors = []
    if reason not in known:
        detail = f"Give one of these reasons: {', '.join(known)}."
        errors.append(FieldError("reason_needed", detail, pointer="/reason"))
    if not has_words(note):
        errors.append(FieldError("note_needed", "Say in words why.", pointer="/note"))
    if errors:
        raise InvalidInput(errors=errors)
