"""What becomes of a reader's request for a correction: the table of its own small machine. Plain values.

The verbs, `allowed_actions`, the OpenAPI document, the database's arrows, the tests and the README's table are all read from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from reviews.facts import Blocker


class RequestState(StrEnum):
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"  # somebody looks into it, and answers for it
    ACCEPTED = "accepted"  # a revision is under way because of it
    DECLINED = "declined"
    DUPLICATE = "duplicate"  # another request says the same
    RESOLVED = "resolved"  # what came of it is public


class RequestAction(StrEnum):
    ACKNOWLEDGE = "acknowledge"
    TAKE_OVER = "take_over"
    ACCEPT = "accept"
    DECLINE = "decline"
    MARK_DUPLICATE = "mark_duplicate"
    RESOLVE = "resolve"


STATE_CHOICES = [(state.value, state.value) for state in RequestState]
ACTION_CHOICES = [(action.value, action.value) for action in RequestAction]

HANDLERS = frozenset({"corrections", "editor"})


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """A request and whoever acts on it. `approved_it`: what was public when it came, or is now. A superuser holds every role; what they
    have done binds them like everybody.
    """

    state: RequestState
    roles: frozenset[str] = frozenset()
    is_handler: bool = False
    approved_it: bool = False
    has_led_it: bool = False
    is_conflicted: bool = False


def approved_it(facts: RequestFacts) -> Blocker | None:
    words = "You approved what this request is about: somebody else handles it."
    return Blocker("approved_it", words) if facts.approved_it else None


def led_it(facts: RequestFacts) -> Blocker | None:
    words = "You led the review that this request is about: somebody else handles it."
    return Blocker("led_it", words) if facts.has_led_it else None


def conflicted(facts: RequestFacts) -> Blocker | None:
    return Blocker("conflicted", "You declared a conflict of interest.") if facts.is_conflicted else None


def handles_already(facts: RequestFacts) -> Blocker | None:
    return Blocker("handles_already", "You handle it already.") if facts.is_handler else None


INDEPENDENT = (approved_it, led_it, conflicted)


@dataclass(frozen=True, slots=True)
class RequestTransition:
    """One row. `is_handlers`: for whoever acknowledged it or took it over, and nobody else. `is_answer`: it tells whoever asked something.

    `with_revision` says that it is also taken by whoever opens a revision because of it, or publishes or dismisses that.
    """

    action: RequestAction
    label: str
    from_states: tuple[RequestState, ...]
    to_state: RequestState | None = None  # None where it stays
    is_handlers: bool = True
    is_answer: bool = False
    with_revision: bool = False
    unless: tuple[Callable[[RequestFacts], Blocker | None], ...] = INDEPENDENT

    def lacks(self, facts: RequestFacts) -> tuple[str, ...]:
        """Codes of what the actor lacks."""
        codes = [] if HANDLERS & facts.roles else [f"role_{'_or_'.join(sorted(HANDLERS))}_missing"]
        return tuple(codes + (["not_the_handler"] if self.is_handlers and not facts.is_handler else []))

    def blocked_by(self, facts: RequestFacts) -> tuple[Blocker, ...]:
        return tuple(blocker for guard in self.unless if (blocker := guard(facts)))

    @property
    def who(self) -> str:
        if not self.is_handlers:
            return " or ".join(sorted(HANDLERS))
        return "its handler, or with a revision" if self.with_revision else "its handler"


S, A = RequestState, RequestAction

TRANSITIONS = (
    RequestTransition(A.ACKNOWLEDGE, "Look into it", (S.RECEIVED,), S.ACKNOWLEDGED, is_handlers=False),
    RequestTransition(
        A.TAKE_OVER, "Handle it in somebody's place", (S.ACKNOWLEDGED, S.ACCEPTED, S.DECLINED, S.DUPLICATE),
        is_handlers=False, unless=(*INDEPENDENT, handles_already),
    ),
    RequestTransition(A.ACCEPT, "Accept it", (S.ACKNOWLEDGED,), S.ACCEPTED, with_revision=True),
    RequestTransition(A.DECLINE, "Decline it", (S.ACKNOWLEDGED,), S.DECLINED, is_answer=True),
    RequestTransition(A.MARK_DUPLICATE, "Say that another says the same", (S.ACKNOWLEDGED,), S.DUPLICATE, is_answer=True),
    RequestTransition(
        A.RESOLVE, "Say what came of it", (S.ACCEPTED, S.DECLINED, S.DUPLICATE), S.RESOLVED, is_answer=True, with_revision=True,
    ),
)  # fmt: skip

BY_ACTION = {row.action: row for row in TRANSITIONS}
ARROWS = tuple((state, row.to_state) for row in TRANSITIONS if row.to_state for state in row.from_states)

# Nobody waits for an answer any more.
ANSWERED = (S.DECLINED, S.DUPLICATE, S.RESOLVED)


def as_markdown() -> str:
    """The table for the README."""
    rows = [
        f"| `{row.action}` | {', '.join(row.from_states)} | {row.to_state or '–'} | {row.who} | {'yes' if row.is_answer else '–'} |"
        for row in TRANSITIONS
    ]
    return "\n".join(["| action | from | to | by | with an answer |", "| --- | --- | --- | --- | --- |", *rows])
