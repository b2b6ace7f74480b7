"""The table of the review process: which action leads from which stage to which, who may take it, what blocks it, what it must say.

The verbs, `allowed_actions`, the OpenAPI document, the tests and the README's diagram are all read from it. Plain values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reviews import guards
from reviews.facts import OVER, Blocker, Facts, Guard, Relation, Stage
from reviews.reasons import REASONS, Reason


class Action(StrEnum):
    """Everything that a person or the system does to a review. Those that end in the same stage are actions all the same."""

    OPEN = "open"
    TAKE = "take"
    ASSIGN = "assign"
    TAKE_OVER = "take_over"
    RENEW_LEASE = "renew_lease"
    RELEASE = "release"
    ADD_EVIDENCE = "add_evidence"
    EDIT_EVIDENCE = "edit_evidence"
    DECLARE_SEARCH = "declare_search"
    CONFIRM_NUMBERS = "confirm_numbers"
    SUBMIT_FOR_RATING = "submit_for_rating"
    SUBMIT_VERDICT = "submit_verdict"
    CLOSE_ROUND = "close_round"
    REVISE_VERDICT = "revise_verdict"
    SETTLE = "settle"
    ESCALATE = "escalate"
    ADJUDICATE = "adjudicate"
    REQUEST_EVIDENCE = "request_evidence"
    EDIT_DRAFT = "edit_draft"
    REQUEST_REPLY = "request_reply"
    RECORD_REPLY = "record_reply"
    WAIVE_REPLY = "waive_reply"
    SUBMIT_DRAFT = "submit_draft"
    SEND_BACK = "send_back"
    APPROVE = "approve"
    UNAPPROVE = "unapprove"
    PUBLISH = "publish"
    OPEN_REVISION = "open_revision"
    DISMISS_REVISION = "dismiss_revision"
    PUBLISH_MINOR = "publish_minor"
    REVERIFY = "reverify"
    ABANDON_REVERIFICATION = "abandon_reverification"
    PROPOSE_RETRACTION = "propose_retraction"
    RETRACT = "retract"
    MARK_UNRELIABLE = "mark_unreliable"
    KEEP_EVIDENCE = "keep_evidence"
    DECLARE_CONFLICT = "declare_conflict"
    FILL_SEAT = "fill_seat"
    REPLACE_SEAT_HOLDER = "replace_seat_holder"
    REPLACE_ADJUDICATOR = "replace_adjudicator"
    COMMENT = "comment"
    HOLD = "hold"
    RESUME = "resume"
    CLOSE = "close"
    REOPEN = "reopen"


ACTION_CHOICES = [(action.value, action.value) for action in Action]


@dataclass(frozen=True, slots=True)
class Right:
    """Who may: somebody who holds one of `roles` and stands in `relation` to the review. No roles: anybody of the desk."""

    roles: frozenset[str] = frozenset()
    relation: Relation | None = None

    def lacks(self, facts: Facts) -> tuple[str, ...]:
        """Codes of what the actor lacks; empty when this right is theirs."""
        codes = []
        if self.roles and not self.roles & facts.actor.roles:
            codes.append(f"role_{'_or_'.join(sorted(self.roles))}_missing")
        if self.relation and self.relation not in facts.actor.relations:
            codes.append(f"not_the_{self.relation}")
        return tuple(codes)

    def __str__(self) -> str:
        return str(self.relation or " or ".join(sorted(self.roles)) or "anybody of the desk").replace("_", " ")


# Whoever lost the role that a relation was given for has lost the right with it.
LEAD = Right(frozenset({"researcher", "editor"}), Relation.LEAD)
SEAT_HOLDER = Right(frozenset({"reviewer"}), Relation.SEAT_HOLDER)
ADJUDICATOR = Right(frozenset({"adjudicator"}), Relation.ADJUDICATOR)
DRAFT_AUTHOR = Right(frozenset({"researcher", "editor"}), Relation.DRAFT_AUTHOR)
HANDLER = Right(frozenset({"corrections", "editor"}), Relation.HANDLER)
RESEARCHER, EDITOR, TRIAGER, CORRECTIONS = (
    Right(frozenset({role})) for role in ("researcher", "editor", "triager", "corrections")
)
ANYBODY = Right()
# Whoever works on reviews: an importer, an auditor and an admin only read them.
COLLEAGUE = Right(frozenset({"triager", "researcher", "reviewer", "adjudicator", "editor", "corrections"}))


@dataclass(frozen=True, slots=True)
class Transition:
    """One row. Of several `to_stages` the request names one, or the rule in the verb finds it.

    `unless` are the guards that may block it, `may_system` says that time or another action may take it without a person. `on_hold`
    says that a hold does not block it; `is_sealed` that it changes nothing that others may see before the round closes.
    """

    action: Action
    label: str
    from_stages: tuple[Stage, ...]
    to_stages: tuple[Stage, ...]
    may: tuple[Right, ...] = ()
    unless: tuple[Guard, ...] = ()
    reasons: tuple[Reason, ...] = ()
    may_system: bool = False
    on_hold: bool = False
    is_sealed: bool = False

    def lacks(self, facts: Facts) -> tuple[str, ...]:
        """Codes of what keeps the actor from being one who may; empty when one right is theirs."""
        lacking = [right.lacks(facts) for right in self.may]
        if not lacking:
            return ("system_only",)
        return min(lacking, key=len)

    def blocked_by(self, facts: Facts) -> tuple[Blocker, ...]:
        """What blocks it now, whoever takes it."""
        if facts.is_on_hold and not self.on_hold:
            return (guards.ON_HOLD,)
        return tuple(blocker for guard in self.unless if (blocker := guard(facts)))

    @property
    def moves(self) -> bool:
        return any(stage not in self.from_stages for stage in self.to_stages) or len(self.to_stages) > 1


S, A, R = Stage, Action, REASONS
_OPEN_STAGES = tuple(stage for stage in Stage if stage not in OVER)
_AT_WORK = (S.RESEARCH, S.RATING, S.DISCUSSION, S.ADJUDICATION, S.DRAFTING, S.COPY_EDIT, S.APPROVED)
_EVIDENCE = (guards.too_few_origins, guards.one_sided)


def _row(
    action: Action,
    label: str,
    from_stages: Stage | Iterable[Stage],
    to: Stage | Iterable[Stage] | None = None,
    **more: object,
) -> Transition:
    """`to` is left out where the stage stays."""
    froms = (from_stages,) if isinstance(from_stages, Stage) else tuple(from_stages)
    tos = () if to is None else (to,) if isinstance(to, Stage) else tuple(to)
    return Transition(action, label, froms, tos, reasons=R.get(action, ()), **more)  # type: ignore[arg-type]


TRANSITIONS = (
    _row(
        A.OPEN, "Open a review", (), S.QUEUED,
        may=(TRIAGER,), unless=(guards.claim_not_accepted, guards.reviewed_elsewhere), may_system=True,
    ),
    _row(
        A.TAKE, "Take it", S.QUEUED, S.RESEARCH,
        may=(RESEARCHER,), unless=(guards.conflicted, guards.claim_not_accepted),
    ),
    _row(
        A.ASSIGN, "Give it to somebody", S.QUEUED, S.RESEARCH,
        may=(TRIAGER, EDITOR), unless=(guards.claim_not_accepted,),
    ),
    _row(
        A.TAKE_OVER, "Take it over", S.RESEARCH,
        may=(RESEARCHER, EDITOR), unless=(guards.conflicted, guards.leads_already, guards.lease_runs),
    ),
    _row(A.RENEW_LEASE, "Keep it longer", S.RESEARCH, may=(LEAD,), unless=(guards.conflicted,)),
    _row(A.RELEASE, "Give it back", S.RESEARCH, S.QUEUED, may=(LEAD, EDITOR), may_system=True),
    _row(A.ADD_EVIDENCE, "Add evidence", S.RESEARCH, may=(LEAD, RESEARCHER), unless=(guards.conflicted,)),
    _row(A.EDIT_EVIDENCE, "Edit evidence", S.RESEARCH, may=(LEAD, RESEARCHER), unless=(guards.conflicted,)),
    _row(
        A.DECLARE_SEARCH, "Declare a search without result", S.RESEARCH,
        may=(LEAD, RESEARCHER), unless=(guards.conflicted,),
    ),
    _row(
        A.CONFIRM_NUMBERS, "Confirm numbers that could not be read", S.RESEARCH,
        may=(LEAD,), unless=(guards.conflicted,),
    ),
    _row(
        A.SUBMIT_FOR_RATING, "Hand it to the reviewers", S.RESEARCH, S.RATING, may=(LEAD,),
        unless=(
            guards.conflicted, guards.claim_not_accepted, *_EVIDENCE, guards.incomplete_evidence, guards.unread_numbers,
            guards.unstaffable, guards.too_many_rounds,
        ),
    ),
    _row(
        A.SUBMIT_VERDICT, "Submit a verdict", S.RATING,
        may=(SEAT_HOLDER,), unless=(guards.conflicted, guards.verdict_given), is_sealed=True,
    ),
    _row(
        A.CLOSE_ROUND, "Close the round", S.RATING, (S.DRAFTING, S.DISCUSSION),
        unless=(guards.verdicts_missing,), may_system=True,
    ),
    _row(
        A.REVISE_VERDICT, "Revise a verdict", S.DISCUSSION,
        may=(SEAT_HOLDER,), unless=(guards.conflicted, guards.revised_already),
    ),
    _row(A.SETTLE, "Settle", S.DISCUSSION, S.DRAFTING, unless=(guards.verdicts_differ,), may_system=True),
    _row(
        A.ESCALATE, "Have it adjudicated", S.DISCUSSION, S.ADJUDICATION,
        may=(SEAT_HOLDER, EDITOR), unless=(guards.no_adjudicator,), may_system=True,
    ),
    _row(A.ADJUDICATE, "Adjudicate", S.ADJUDICATION, S.DRAFTING, may=(ADJUDICATOR,), unless=(guards.conflicted,)),
    _row(
        A.REQUEST_EVIDENCE, "Ask for more evidence", (S.RATING, S.DISCUSSION, S.ADJUDICATION), S.RESEARCH,
        may=(SEAT_HOLDER, ADJUDICATOR, EDITOR), unless=(guards.conflicted, guards.judged_already),
    ),
    # A finding that went stale while it was written up must not be stuck there; nor must anything when no round is left: research can
    # be closed.
    _row(
        A.REQUEST_EVIDENCE, "Ask for more evidence", S.DRAFTING, S.RESEARCH,
        may=(DRAFT_AUTHOR, EDITOR), unless=(guards.conflicted,),
    ),
    _row(
        A.EDIT_DRAFT, "Edit the draft", (S.DRAFTING, S.COPY_EDIT),
        may=(DRAFT_AUTHOR, EDITOR), unless=(guards.conflicted,),
    ),
    _row(
        A.EDIT_DRAFT, "Edit the draft", S.UNDER_REVISION, may=(CORRECTIONS, EDITOR), unless=(guards.conflicted,),
    ),
    _row(A.REQUEST_REPLY, "Ask for a reply", (S.RESEARCH, S.DRAFTING), may=(LEAD, DRAFT_AUTHOR)),
    _row(
        A.RECORD_REPLY, "Record a reply", (S.RESEARCH, S.RATING, S.DISCUSSION, S.ADJUDICATION, S.DRAFTING),
        may=(LEAD, DRAFT_AUTHOR, EDITOR), unless=(guards.votes_sealed,),
    ),
    _row(
        A.WAIVE_REPLY, "Do without a reply", (S.RESEARCH, S.DRAFTING),
        may=(LEAD, DRAFT_AUTHOR, EDITOR), unless=(guards.conflicted,),
    ),
    _row(
        A.SUBMIT_DRAFT, "Hand the draft to the editors", S.DRAFTING, S.COPY_EDIT, may=(DRAFT_AUTHOR,),
        unless=(guards.conflicted, guards.draft_incomplete, guards.draft_contradicts, guards.reply_open, guards.stale,
            guards.claim_review_invalid,
        ),
    ),
    _row(
        A.SEND_BACK, "Send it back", S.COPY_EDIT, (S.DRAFTING, S.RESEARCH, S.RATING),
        may=(EDITOR,), unless=(guards.conflicted,),
    ),
    _row(
        A.APPROVE, "Approve it", S.COPY_EDIT, S.APPROVED, may=(EDITOR,),
        unless=(
            guards.involved, guards.conflicted, guards.edited_it, guards.stale, guards.author_conflicted, guards.draft_incomplete,
            guards.draft_contradicts, *_EVIDENCE,
        ),
    ),
    _row(A.UNAPPROVE, "Take the approval back", S.APPROVED, S.COPY_EDIT, may=(EDITOR,), may_system=True, on_hold=False),
    _row(
        A.PUBLISH, "Publish it", S.APPROVED, S.PUBLISHED, may=(EDITOR,), may_system=True,
        unless=(
            guards.conflicted, guards.approval_gone, guards.not_due, guards.stale, guards.author_conflicted, guards.draft_incomplete,
            guards.draft_contradicts, *_EVIDENCE, guards.claim_review_invalid,
        ),
    ),
    _row(
        A.OPEN_REVISION, "Put what is public in doubt", S.PUBLISHED, S.UNDER_REVISION,
        may=(CORRECTIONS, EDITOR), unless=(guards.conflicted,),
    ),
    _row(
        A.DISMISS_REVISION, "Let what is public stand", S.UNDER_REVISION, S.PUBLISHED,
        may=(HANDLER, EDITOR), unless=(guards.conflicted, guards.own_work),
    ),
    # Whoever does answers for it: it asks all that an approval and a publication ask.
    _row(
        A.PUBLISH_MINOR, "Publish a small change", S.UNDER_REVISION, S.PUBLISHED, may=(EDITOR,),
        unless=(
            guards.involved, guards.conflicted, guards.own_edit, guards.nothing_changed, guards.rating_changed, guards.stale,
            guards.author_conflicted, guards.draft_incomplete, *_EVIDENCE, guards.claim_review_invalid,
        ),
    ),
    _row(
        A.REVERIFY, "Have it verified again", S.UNDER_REVISION, S.RESEARCH, may=(EDITOR,), unless=(guards.conflicted,),
    ),
    _row(
        A.ABANDON_REVERIFICATION, "Give the new verification up", (S.RESEARCH, S.DRAFTING), S.UNDER_REVISION,
        may=(EDITOR,), unless=(guards.not_public, guards.conflicted),
    ),
    _row(
        A.PROPOSE_RETRACTION, "Propose to retract it", _OPEN_STAGES,
        may=(EDITOR,), unless=(guards.not_public, guards.conflicted, guards.votes_sealed), on_hold=True,
    ),
    _row(
        A.RETRACT, "Retract it", _OPEN_STAGES, S.RETRACTED,
        may=(EDITOR,), unless=(guards.not_public, guards.conflicted, guards.nothing_proposed, guards.proposed_it), on_hold=True,
    ),
    _row(
        A.MARK_UNRELIABLE, "Mark evidence as unreliable", _AT_WORK,
        may=(LEAD, EDITOR), unless=(guards.conflicted, guards.votes_sealed),
    ),
    _row(
        A.KEEP_EVIDENCE, "Keep evidence whose page has changed", S.RESEARCH,
        may=(LEAD, RESEARCHER, EDITOR), unless=(guards.conflicted, guards.no_news),
    ),
    _row(
        A.KEEP_EVIDENCE, "Keep evidence whose page has changed", tuple(s for s in _AT_WORK if s is not S.RESEARCH),
        may=(LEAD, EDITOR), unless=(guards.conflicted, guards.votes_sealed, guards.no_news),
    ),
    _row(
        A.DECLARE_CONFLICT, "Declare a conflict of interest", tuple(s for s in _OPEN_STAGES if s is not S.RESEARCH),
        may=(ANYBODY,), unless=(guards.conflicted,), on_hold=True,
    ),
    # Its lead gives it back with that.
    _row(
        A.DECLARE_CONFLICT, "Declare a conflict of interest", S.RESEARCH, (S.RESEARCH, S.QUEUED),
        may=(ANYBODY,), unless=(guards.conflicted,), on_hold=True,
    ),
    _row(A.FILL_SEAT, "Fill a seat", S.RATING, may_system=True),
    # Whether they have voted is nobody's to ask, not even by a refusal.
    _row(
        A.REPLACE_SEAT_HOLDER, "Give a seat to somebody else", S.RATING,
        may=(EDITOR,), unless=(guards.conflicted, guards.votes_sealed, guards.nobody_to_seat),
    ),
    _row(
        A.REPLACE_ADJUDICATOR, "Have somebody else adjudicate", S.ADJUDICATION,
        may=(EDITOR,), unless=(guards.conflicted, guards.no_adjudicator), may_system=True,
    ),
    # What is said cannot be checked: whoever may know a verdict says nothing while it is sealed, nor as the reason of something else.
    _row(A.COMMENT, "Comment", tuple(Stage), may=(COLLEAGUE,), unless=(guards.votes_sealed,), on_hold=True),
    _row(A.HOLD, "Put it on hold", _OPEN_STAGES, may=(LEAD, EDITOR), unless=(guards.votes_sealed,)),
    _row(
        A.RESUME, "Resume it", _OPEN_STAGES,
        may=(LEAD, EDITOR), unless=(guards.not_on_hold, guards.votes_sealed), on_hold=True,
    ),
    _row(
        A.CLOSE, "Close it", (S.QUEUED, S.RESEARCH), S.CLOSED,
        may=(TRIAGER, EDITOR), unless=(guards.public_already,), on_hold=True,
    ),
    _row(
        A.CLOSE, "Close it", (S.DISCUSSION, S.ADJUDICATION), S.CLOSED,
        may=(EDITOR,), unless=(guards.public_already,), on_hold=True,
    ),
    _row(
        A.REOPEN, "Reopen it", S.CLOSED, S.QUEUED,
        may=(EDITOR,), unless=(guards.claim_not_accepted, guards.reviewed_elsewhere),
    ),
)  # fmt: skip


def find(stage: Stage, action: Action) -> Transition | None:
    """The row for this action from here, or None: there is at most one."""
    return _BY_STAGE.get((stage, action))


_BY_STAGE = {(stage, row.action): row for row in TRANSITIONS for stage in row.from_stages}

# Pairs that the database lets a review's stage go through, and no others.
OPENING = next(row for row in TRANSITIONS if row.action is Action.OPEN)

ARROWS = sorted({(a, b) for row in TRANSITIONS for a in row.from_stages for b in row.to_stages if a != b})


def allowed(facts: Facts) -> tuple[Action, ...]:
    """What this actor may do now, in the table's order."""
    return tuple(
        row.action
        for row in TRANSITIONS
        if facts.stage in row.from_stages and not row.lacks(facts) and not row.blocked_by(facts)
    )


def as_mermaid() -> str:
    """The diagram of the README."""
    lines = ["stateDiagram-v2", "    [*] --> queued: open"]
    for row in TRANSITIONS:
        for from_stage in row.from_stages:
            lines += [f"    {from_stage} --> {to}: {row.action}" for to in row.to_stages if to != from_stage]
    return "\n".join(lines)


def as_markdown() -> str:
    """The table of the README."""
    lines = ["| action | from | to | who | blocked by |", "| --- | --- | --- | --- | --- |"]
    for row in TRANSITIONS:
        who = ", ".join([*map(str, row.may), *(["system"] if row.may_system else [])])
        blockers = ", ".join(f"`{guard.__name__}`" for guard in row.unless)
        lines.append(
            f"| `{row.action}` | {', '.join(row.from_stages)} | {' or '.join(row.to_stages) or '–'} | {who} | {blockers or '–'} |"
        )
    return "\n".join(lines)
