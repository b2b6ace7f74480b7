"""Why something was done to a review: an action with rows here needs one of these codes, and words. Plain values."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    ABSENT = "absent"
    URGENT = "urgent"
    NO_TIME = "no_time"
    NEEDS_EXPERTISE = "needs_expertise"
    LEASE_EXPIRED = "lease_expired"
    CONFLICT = "conflict"
    INSUFFICIENT = "insufficient"
    ONE_SIDED = "one_sided"
    OUTDATED = "outdated"
    UNCLEAR = "unclear"
    UNSUPPORTED = "unsupported"
    LEGAL = "legal"
    AWAITING_REPLY = "awaiting_reply"
    AWAITING_SOURCE = "awaiting_source"
    SETTLED = "settled"
    UNREACHABLE = "unreachable"
    NO_INTERESTS = "no_interests"
    DUPLICATE = "duplicate"
    NO_CONSENSUS = "no_consensus"
    NOT_CHECKABLE = "not_checkable"
    NO_CAPACITY = "no_capacity"
    NEW_EVIDENCE = "new_evidence"
    CLOSED_IN_ERROR = "closed_in_error"
    ERROR_FOUND = "error_found"
    REQUESTED = "requested"  # by a reader, in a request for a correction
    CHANGED = "changed"
    FORGED = "forged"
    WITHDRAWN_BY_SOURCE = "withdrawn_by_source"
    MISQUOTED = "misquoted"
    UNRELATED = "unrelated"  # what changed is not what is quoted
    MOVED = "moved"  # the source says it elsewhere by now
    AS_STORED = "as_stored"  # what was stored is what was relied on
    PERSONAL = "personal"
    FINANCIAL = "financial"
    POLITICAL = "political"
    PROFESSIONAL = "professional"
    OTHER = "other"


REASON_CHOICES = [(reason.value, reason.value) for reason in Reason]

R = Reason

# Actions by name: the table of stages is made of these, so it cannot be asked for them here.
REASONS: dict[str, tuple[Reason, ...]] = {
    "release": (R.NO_TIME, R.NEEDS_EXPERTISE, R.OTHER),
    "request_evidence": (R.INSUFFICIENT, R.ONE_SIDED, R.OUTDATED, R.UNCLEAR, R.OTHER),
    "replace_seat_holder": (R.ABSENT, R.NO_TIME, R.NEEDS_EXPERTISE, R.OTHER),
    "replace_adjudicator": (R.ABSENT, R.NO_TIME, R.OTHER),
    "waive_reply": (R.UNREACHABLE, R.NO_INTERESTS, R.OTHER),
    "send_back": (R.UNCLEAR, R.UNSUPPORTED, R.INSUFFICIENT, R.LEGAL, R.OTHER),
    "unapprove": (R.ERROR_FOUND, R.NEW_EVIDENCE, R.LEGAL, R.OTHER),
    "mark_unreliable": (R.FORGED, R.WITHDRAWN_BY_SOURCE, R.MISQUOTED, R.OUTDATED, R.OTHER),
    "keep_evidence": (R.UNRELATED, R.MOVED, R.AS_STORED, R.OTHER),
    "declare_conflict": (R.PERSONAL, R.FINANCIAL, R.POLITICAL, R.PROFESSIONAL, R.OTHER),
    "hold": (R.AWAITING_REPLY, R.AWAITING_SOURCE, R.LEGAL, R.NO_CAPACITY, R.OTHER),
    "resume": (R.SETTLED, R.OTHER),
    "open_revision": (R.REQUESTED, R.ERROR_FOUND, R.NEW_EVIDENCE, R.OUTDATED, R.UNCLEAR, R.LEGAL, R.OTHER),
    "dismiss_revision": (R.UNSUPPORTED, R.SETTLED, R.OTHER),
    "reverify": (R.ERROR_FOUND, R.NEW_EVIDENCE, R.OUTDATED, R.OTHER),
    "abandon_reverification": (R.SETTLED, R.NO_CAPACITY, R.UNSUPPORTED, R.OTHER),
    "propose_retraction": (R.ERROR_FOUND, R.WITHDRAWN_BY_SOURCE, R.LEGAL, R.OTHER),
    "close": (R.DUPLICATE, R.NO_CONSENSUS, R.NOT_CHECKABLE, R.NO_CAPACITY, R.OTHER),
    "reopen": (R.NEW_EVIDENCE, R.CLOSED_IN_ERROR, R.OTHER),
}

# The codes with which the system itself acts.
SYSTEM_REASONS = (R.LEASE_EXPIRED, R.CONFLICT, R.CHANGED, R.ABSENT)
# An editor who ends somebody's lease says why; a researcher who takes over an ended one need not.
TAKE_OVER_REASONS = (R.ABSENT, R.URGENT, R.OTHER)
# Why nothing is corrected that a reader asked for.
DECLINE_REASONS = (R.UNSUPPORTED, R.UNCLEAR, R.SETTLED, R.NOT_CHECKABLE, R.OTHER)


def choices(reasons: tuple[Reason, ...]) -> list[tuple[str, str]]:
    return [(reason.value, reason.value) for reason in reasons]


# As the OpenAPI document calls them: `SendBackReason`, ...
NAMED_CHOICES = {
    f"{action.title().replace('_', '')}Reason": choices(reasons)
    for action, reasons in {**REASONS, "take_over": TAKE_OVER_REASONS, "decline": DECLINE_REASONS}.items()
}
