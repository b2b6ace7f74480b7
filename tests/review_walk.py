"""An exhaustive walk through the review process: every move from every state of a small model that was written apart from the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection, transaction

from factcheck.errors import ActionForbidden, NotFound
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Decision, Draft, FactCheckRevision, Review
from reviews.stages import Action
from reviews.workflow import ActionBlocked
from tests import make, reviewing
from tests.reviewing import at, why

# The small model: one review, Ben and Cleo hold the seats, a draft says a rating or nothing.

MAX_ROUNDS = 2  # how far the walk goes; the process allows five


@dataclass(frozen=True, slots=True)
class State:
    """What decides about the moves to come. What was said is asked for no more once somebody adjudicates or it is decided."""

    stage: str = "queued"
    round: int = 0
    votes: tuple[str, str] = ("", "")
    revised: tuple[bool, bool] = (False, False)
    decision: str = ""
    draft: str = ""
    public: str = ""  # its rating
    is_edited: bool = False  # since it was doubted
    is_proposed: bool = False  # to retract what is public

    def on(self, stage: str, **changes: Any) -> State:
        return replace(self, stage=stage, votes=("", ""), revised=(False, False), **changes)


def with_vote(state: State, seat: int, rating: str) -> tuple[str, str]:
    return (rating, state.votes[1]) if seat == 0 else (state.votes[0], rating)


def votes(state: State, seat: int, rating: str) -> State | None:
    if state.stage != "rating" or state.votes[seat]:
        return None
    said = with_vote(state, seat, rating)
    if "" in said:
        return replace(state, votes=said)
    if said[0] != said[1]:
        return replace(state, stage="discussion", votes=said)
    return state.on("drafting", decision=rating)


def revises(state: State, seat: int, rating: str) -> State | None:
    if state.stage != "discussion" or state.revised[seat]:
        return None
    said = with_vote(state, seat, rating)
    revised = (True, state.revised[1]) if seat == 0 else (state.revised[0], True)
    if said[0] == said[1]:
        return state.on("drafting", decision=rating)
    return replace(state, votes=said, revised=revised)


def asks_for_evidence(state: State, seat: int | None) -> State | None:
    may = {"rating", "discussion", "adjudication"} | ({"drafting"} if seat is None else set())
    has_voted = seat is not None and state.stage == "rating" and state.votes[seat]
    if state.stage not in may or has_voted:
        return None
    return state.on("research", decision="")


def doubts(state: State) -> State | None:
    return state.on("under_revision") if state.stage == "published" else None


def edits(state: State) -> State | None:
    return replace(state, is_edited=True) if state.stage == "under_revision" else None


def publishes_the_edit(state: State) -> State | None:
    is_ready = state.stage == "under_revision" and state.is_edited
    return state.on("published", is_edited=False, is_proposed=False) if is_ready else None


def gives_up(state: State) -> State | None:
    if not state.public or state.stage not in ("research", "drafting"):
        return None
    return state.on("under_revision", decision=state.public, draft=state.public, is_edited=False)


def from_(*stages: str, to: str, **changes: Any) -> Callable[[State], State | None]:
    return lambda state: state.on(to, **changes) if state.stage in stages else None


def opens_a_round(stage: str) -> Callable[[State], State | None]:
    return lambda s: s.on("rating", round=s.round + 1, decision="") if s.stage == stage else None


def proposes(state: State) -> State | None:
    return replace(state, is_proposed=True) if state.public else None


Verb = Callable[[make.Newsroom, Review], Any]


def said(who: str, verb: Callable[..., Any], rating: str) -> Verb:
    return lambda room, r: verb(r.pk, reviewing.judgement(r, rating), actor=getattr(room, who))


def by(who: str, action: Action) -> Verb:
    return lambda room, r: reviewing.DO[action](room, r, getattr(room, who))


def back(to: Stage) -> Verb:
    return lambda room, r: workflow.send_back(r.pk, to, actor=room.emil, **why(Action.SEND_BACK))


def mend(room: make.Newsroom, review: Review) -> None:
    number = FactCheckRevision.objects.filter(fact_check__review=review).count()
    workflow.edit_draft(review.pk, {"body": f"The body, mended after revision {number}."}, actor=room.hal)


def fill(room: make.Newsroom, review: Review) -> None:
    decision = Decision.objects.filter(review=review).order_by("-id").first()
    text = {name: f"The {name}." for name in make.DRAFT_FIELDS} | {"rating": decision.rating if decision else ""}
    workflow.edit_draft(review.pk, text, actor=room.finn)


# What somebody does -> what the design says becomes of it (None: it is refused), and the verb.
MOVES: dict[str, tuple[Callable[[State], State | None], Verb]] = {
    "Finn takes it": (from_("queued", to="research"), by("finn", Action.TAKE)),
    "Ada gives it to Finn": (from_("queued", to="research"), by("ada", Action.ASSIGN)),
    "Finn gives it back": (from_("research", to="queued"), by("finn", Action.RELEASE)),
    "Finn hands it to the reviewers": (opens_a_round("research"), by("finn", Action.SUBMIT_FOR_RATING)),
    **{
        f"{who} says {rating}": (
            lambda s, seat=seat, rating=rating: votes(s, seat, rating),  # type: ignore[misc]
            said(who.lower(), workflow.submit_verdict, rating),
        )
        for seat, who in enumerate(("Ben", "Cleo"))
        for rating in ("false", "true")[: 2 - seat]  # or the walk takes twice as long for nothing new
    },
    **{
        f"{who} says {rating} after all": (
            lambda s, seat=seat, rating=rating: revises(s, seat, rating),  # type: ignore[misc]
            said(who.lower(), workflow.revise_verdict, rating),
        )
        for seat, who in enumerate(("Ben", "Cleo"))
        for rating in ("false", "true")
    },
    "Ben has it adjudicated": (from_("discussion", to="adjudication"), by("ben", Action.ESCALATE)),
    "Emil has it adjudicated": (from_("discussion", to="adjudication"), by("emil", Action.ESCALATE)),
    "Dana adjudicates": (from_("adjudication", to="drafting", decision="false"), by("dana", Action.ADJUDICATE)),
    **{
        f"{who} asks for more": (
            lambda s, seat=seat: asks_for_evidence(s, seat),  # type: ignore[misc]
            by(who.lower(), Action.REQUEST_EVIDENCE),
        )
        for seat, who in ((0, "Ben"), (1, "Cleo"), (None, "Emil"))
    },
    "Finn writes": (
        lambda s: replace(s, draft=s.decision) if s.stage in ("drafting", "copy_edit") else None,
        fill,
    ),
    "Finn hands the draft in": (
        lambda s: s.on("copy_edit") if s.stage == "drafting" and s.draft == s.decision else None,
        by("finn", Action.SUBMIT_DRAFT),
    ),
    "Emil sends it to drafting": (from_("copy_edit", to="drafting"), back(Stage.DRAFTING)),
    "Emil sends it to research": (from_("copy_edit", to="research", decision=""), back(Stage.RESEARCH)),
    "Emil sends it to rating": (opens_a_round("copy_edit"), back(Stage.RATING)),
    "Gwen approves": (from_("copy_edit", to="approved"), by("gwen", Action.APPROVE)),
    "Gwen takes it back": (from_("approved", to="copy_edit"), by("gwen", Action.UNAPPROVE)),
    "Emil publishes": (
        lambda s: (
            s.on("published", public=s.decision, is_edited=False, is_proposed=False) if s.stage == "approved" else None
        ),
        lambda room, r: workflow.publish(
            r.pk, public_note="Again." if hasattr(r, "fact_check") else "", actor=room.emil
        ),
    ),
    "Hal doubts it": (doubts, by("hal", Action.OPEN_REVISION)),
    "Hal mends it": (
        edits,
        mend,
    ),
    "Gwen publishes what was mended": (publishes_the_edit, by("gwen", Action.PUBLISH_MINOR)),
    "Emil has it verified again": (
        from_("under_revision", to="research", decision="", is_edited=False),
        by("emil", Action.REVERIFY),
    ),
    "Emil gives that up": (gives_up, by("emil", Action.ABANDON_REVERIFICATION)),
    "Hal lets it stand": (
        from_("under_revision", to="published", is_edited=False),
        by("hal", Action.DISMISS_REVISION),
    ),
    "Emil proposes to retract it": (proposes, by("emil", Action.PROPOSE_RETRACTION)),
    "Emil retracts it": (lambda s: None, by("emil", Action.RETRACT)),
    "Gwen retracts it": (
        lambda s: State("retracted", s.round) if s.is_proposed else None,
        by("gwen", Action.RETRACT),
    ),
    "Emil closes it": (
        lambda s: None if s.public else from_("queued", "research", "discussion", "adjudication", to="closed")(s),
        by("emil", Action.CLOSE),
    ),
    "Emil reopens it": (from_("closed", to="queued"), by("emil", Action.REOPEN)),
}

VOTES = """
SELECT DISTINCT ON (seat.number) seat.number, verdict.rating, verdict.kind
FROM reviews_verdict verdict JOIN reviews_seat seat ON seat.id = verdict.seat_id JOIN reviews_round round ON round.id = seat.round_id
WHERE round.review_id = %s AND round.number = %s AND seat.vacated_at IS NULL ORDER BY seat.number, verdict.kind DESC, verdict.id DESC
"""


def state_of(review: Review) -> State:
    """What the rows say, asked past the seals."""
    review = at(review)
    state = State(review.stage, review.round_number)
    draft = Draft.objects.filter(review=review).first()
    last = FactCheckRevision.objects.filter(fact_check__review=review).last()
    if review.stage == Stage.RETRACTED:
        return state
    state = replace(state, draft=draft.rating if draft else "")
    if draft and last:
        is_edited = review.stage == Stage.UNDER_REVISION and draft.digest != last.approval.draft_digest
        public = last.document["rating"]["code"]
        state = replace(state, public=public, is_edited=is_edited, is_proposed=last.proposals.exists())
    if review.stage in (Stage.QUEUED, Stage.RESEARCH, Stage.CLOSED):
        return state
    if review.stage in (Stage.PUBLISHED, Stage.UNDER_REVISION):
        return replace(state, decision=state.public)
    if review.stage not in (Stage.RATING, Stage.DISCUSSION):
        decision = Decision.objects.filter(review=review, round__number=review.round_number).first()
        return replace(state, decision=decision.rating if decision else "")
    with connection.cursor() as cursor:
        cursor.execute(VOTES, [review.pk, review.round_number])
        given = {number: (rating, kind == "revised") for number, rating, kind in cursor.fetchall()}
    one, two = given.get(1, ("", False)), given.get(2, ("", False))
    return replace(state, votes=(one[0], two[0]), revised=(one[1], two[1]))


def is_far(state: State) -> bool:
    """From where the walk turns back, or it would take minutes: of a verification that is done again, one way to an agreement is enough."""
    is_under_way = bool(state.public) and state.stage not in ("published", "under_revision")
    return is_under_way and (
        state.public == "true" or state.is_proposed or state.stage in ("discussion", "adjudication")
    )


@dataclass(slots=True)
class Walked:
    states: set[State]
    done: int = 0
    refused: int = 0


def walk_everywhere() -> Walked:
    """Every move from every state that can be reached, each that is done in a savepoint."""
    room = make.newsroom()
    make.DeskMembership.objects.filter(user=room.ivy).delete()
    review = reviewing.full_review(room, Stage.QUEUED)
    walked = Walked({State()})

    def explore(state: State) -> None:
        here = at(review)
        for words, (becomes, verb) in MOVES.items():
            expected = becomes(state)
            if expected is None:
                # It rolls itself back, or the state is not what it was for the next move.
                with refused(words):
                    verb(room, here)
                walked.refused += 1
            elif expected.round <= MAX_ROUNDS:
                with transaction.atomic():
                    verb(room, here)
                    found = state_of(review)
                    assert found == expected, f"{state}: {words} led to {found}"
                    walked.done += 1
                    if found not in walked.states:
                        walked.states.add(found)
                        if not is_far(found):
                            explore(found)
                    transaction.set_rollback(True)
        assert state_of(review) == state

    @contextmanager
    def refused(words: str) -> Iterator[None]:
        try:
            yield
        except (ActionBlocked, ActionForbidden, NotFound):
            return
        raise AssertionError(f"{state_of(review)}: {words} was done")

    assert state_of(review) == State()
    with reviewing.without_alternatives():
        explore(State())
    return walked
