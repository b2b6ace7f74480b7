"""The triage table: which action leads from which status to which, and what it must say.

The verbs, the API, the admin, the tests and the README's table are all read from it. Plain values.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class TriageStatus(StrEnum):
    CANDIDATE = "candidate"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEFERRED = "deferred"
    MERGED = "merged"
    SUPERSEDED = "superseded"  # a later extraction did not find it again, and nobody had touched it


STATUS_CHOICES = [(status.value, status.value) for status in TriageStatus]


class TriageAction(StrEnum):
    ACCEPT = "accept"
    REJECT = "reject"
    DEFER = "defer"
    RESTORE = "restore"
    MERGE = "merge"
    UNMERGE = "unmerge"
    SPLIT = "split"


ACTION_CHOICES = [(action.value, action.value) for action in TriageAction]


class Risk(StrEnum):
    NORMAL = "normal"
    HIGH = "high"


RISK_CHOICES = [(risk.value, risk.value) for risk in Risk]


class Reason(StrEnum):
    OPINION = "opinion"
    NOT_CHECKABLE = "not_checkable"
    NOT_RELEVANT = "not_relevant"
    EXTRACTION_ERROR = "extraction_error"
    NOT_YET_KNOWABLE = "not_yet_knowable"
    NO_CAPACITY = "no_capacity"
    DUPLICATE = "duplicate"
    SAME_ASSERTION = "same_assertion"
    OTHER = "other"


REASON_CHOICES = [(reason.value, reason.value) for reason in Reason]


REASON_LABELS = {
    Reason.OPINION: "an opinion or a judgement",
    Reason.NOT_CHECKABLE: "cannot be checked",
    Reason.NOT_RELEVANT: "of no public interest",
    Reason.EXTRACTION_ERROR: "not what the article says",
    Reason.NOT_YET_KNOWABLE: "cannot be known yet",
    Reason.NO_CAPACITY: "nobody has the time now",
    Reason.DUPLICATE: "the same claim is here already",
    Reason.SAME_ASSERTION: "the same assertion in other words",
    Reason.OTHER: "another reason, in the note",
}


@dataclass(frozen=True, slots=True)
class Transition:
    action: TriageAction
    label: str
    from_statuses: frozenset[TriageStatus]
    to_status: TriageStatus
    reasons: tuple[Reason, ...] = ()  # one of them is required, where there are any


S, A, R = TriageStatus, TriageAction, Reason

TRANSITIONS = (
    Transition(A.ACCEPT, "Accept", frozenset({S.CANDIDATE}), S.ACCEPTED),
    Transition(
        A.REJECT, "Reject", frozenset({S.CANDIDATE}), S.REJECTED,
        (R.OPINION, R.NOT_CHECKABLE, R.NOT_RELEVANT, R.EXTRACTION_ERROR, R.OTHER),
    ),
    Transition(A.DEFER, "Defer", frozenset({S.CANDIDATE}), S.DEFERRED, (R.NOT_YET_KNOWABLE, R.NO_CAPACITY, R.OTHER)),
    Transition(A.RESTORE, "Restore", frozenset({S.REJECTED, S.DEFERRED, S.ACCEPTED}), S.CANDIDATE),
    Transition(A.MERGE, "Merge", frozenset({S.CANDIDATE}), S.MERGED, (R.DUPLICATE, R.SAME_ASSERTION, R.OTHER)),
    Transition(A.UNMERGE, "Undo the merge", frozenset({S.MERGED}), S.CANDIDATE),
    Transition(A.SPLIT, "Split", frozenset({S.CANDIDATE}), S.CANDIDATE),
)  # fmt: skip

BY_ACTION = {transition.action: transition for transition in TRANSITIONS}

# What a claim may be merged into: something a person may still work with.
MERGE_TARGETS = frozenset({S.CANDIDATE, S.ACCEPTED, S.DEFERRED})


def undone_by(transition: Transition) -> Transition | None:
    """The action that takes this one back and asks for nothing; None where there is none, or where one started is not known any more."""
    for other in TRANSITIONS:
        leads_back = transition.to_status in other.from_statuses and transition.from_statuses == {other.to_status}
        if leads_back and not other.reasons and other.to_status is not transition.to_status:
            return other
    return None


def allowed(status: TriageStatus) -> tuple[TriageAction, ...]:
    """The actions that the table has from here, in its order."""
    return tuple(transition.action for transition in TRANSITIONS if status in transition.from_statuses)


def blocked_by(action: TriageAction, status: TriageStatus) -> tuple[str, ...]:
    """Codes of what keeps `action` from being taken at `status`; empty when it may be taken."""
    return () if status in BY_ACTION[action].from_statuses else (f"status_is_{status}",)


def as_markdown() -> str:
    """The table for the README."""
    rows = [
        f"| `{t.action}` | {', '.join(sorted(t.from_statuses))} | {t.to_status} | {', '.join(t.reasons) or '–'} |"
        for t in TRANSITIONS
    ]
    return "\n".join(["| action | from | to | reason (one of) |", "| --- | --- | --- | --- |", *rows])
