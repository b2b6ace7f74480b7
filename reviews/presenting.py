"""A review as one person sees it: what has come of it so far, and what they may do now."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from factcheck.accounts.models import User
from factcheck.accounts.needs import Need
from reviews import stages
from reviews.access import ACTIONS
from reviews.facts import Facts, Stage
from reviews.models import Approval, Decision, FactCheck, RetractionProposal, Review, Round, Seat
from reviews.stages import Transition
from reviews.workflow.acting import Blocked, facts_of, told
from reviews.workflow.reading import IN_PUBLIC, ReadFacts
from reviews.workflow.seats import verdicts_submitted
from reviews.workflow.standing import current_approval, current_evidence

# As it is said of an item: with a word, never by colour alone.
STANCES = {"supports": "supports it", "refutes": "speaks against it", "context": "context"}


@dataclass(frozen=True, slots=True)
class ForApproval:
    """What an editor has to name who approves it now."""

    decision: UUID
    draft_digest: str
    evidence_digest: str


@dataclass(frozen=True, slots=True)
class Present:
    round: Round | None
    decision: Decision | None
    for_approval: ForApproval | None
    approval: Approval | None
    fact_check: FactCheck | None
    proposal: RetractionProposal | None
    is_stale: bool
    allowed_actions: list[dict[str, Any]]


def present(review: Review, user: User, scopes: Collection[str]) -> Present:
    # As if a reason came along, where one opens what is blocked without: whoever may is shown the action and gives it.
    facts = facts_of(review, user, has_reason=True)
    return Present(
        round=_last_round(review, facts),
        decision=facts.decision,
        for_approval=for_approval(facts),
        approval=current_approval(review) if review.stage in (Stage.APPROVED, *IN_PUBLIC) else None,
        fact_check=facts.revision.fact_check if facts.revision else None,
        proposal=facts.proposal,
        is_stale=facts.is_stale,
        allowed_actions=allowed_actions(facts, scopes),
    )


def for_approval(facts: ReadFacts) -> ForApproval | None:
    """None before there is a decision and a text."""
    decision, draft = facts.decision, facts.draft
    if decision is None or draft is None:
        return None
    return ForApproval(decision.pk, draft.digest, current_evidence(decision.round.evidence_set, facts.unsound))


def _last_round(review: Review, facts: ReadFacts) -> Any:
    round_: Any = facts.round_row
    if round_ is not None:
        seats = Seat.objects.filter(round=round_, vacated_at=None).select_related("holder")
        round_.filled = list(seats.order_by("number"))
        # Where the guards count them too, they are counted once.
        is_counted = review.stage in (Stage.RATING, Stage.DISCUSSION, Stage.ADJUDICATION)
        round_.verdicts_submitted = (
            facts.round.verdicts if is_counted else verdicts_submitted(review, round_, facts.seats)
        )
    return round_


def allowed_actions(facts: Facts, scopes: Collection[str]) -> list[dict[str, Any]]:
    """Everything that a person can do to a review, in the table's order, with what keeps this one from it now."""
    answers = []
    for action, (_, need) in ACTIONS.items():
        row = stages.find(facts.stage, action)
        blockers = _blockers(row, facts, need, scopes)
        answers.append(
            {"action": action, "label": LABELS[action], "allowed": not blockers, "blocked_by": blockers},
        )
    return answers


LABELS = {row.action: row.label for row in stages.TRANSITIONS}


def _blockers(row: Transition | None, facts: Facts, need: Need, scopes: Collection[str]) -> list[Blocked]:
    missing = need.scopes if need.missing(scopes, ()) else ()
    blockers = [Blocked(code=f"scope_{scope}_missing", words=f"This needs the scope {scope}.") for scope in missing]
    if row is None:
        return [Blocked(code=f"stage_is_{facts.stage}", words=f"It is in {facts.stage}."), *blockers]
    who = f"This is for: {' or '.join(map(str, row.may))}."
    blockers += [Blocked(code=code, words=who) for code in row.lacks(facts)]
    return blockers + [told(blocker) for blocker in row.blocked_by(facts)]
