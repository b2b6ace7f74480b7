"""What is thought of a match, from a machine's suggestion to a person's word. Plain values."""

from __future__ import annotations

from enum import StrEnum


class MatchState(StrEnum):
    SUGGESTED = "suggested"
    LINKED = "linked"  # nothing but the form differs: taken for the same until a person says otherwise
    CONFIRMED = "confirmed"
    REJECTED = "rejected"


STATE_CHOICES = [(state.value, state.value) for state in MatchState]
UNDECIDED = (MatchState.SUGGESTED, MatchState.LINKED)
DECIDED = (MatchState.CONFIRMED, MatchState.REJECTED)


class MatchAction(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"


LEADS_TO = {MatchAction.CONFIRM: MatchState.CONFIRMED, MatchAction.REJECT: MatchState.REJECTED}


def allowed(state: MatchState) -> tuple[MatchAction, ...]:
    """A person may decide, and think again: every action but the one that led here."""
    return tuple(action for action, target in LEADS_TO.items() if target is not state)
