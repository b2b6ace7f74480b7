"""Walks through the review process: an exhaustive one of a small model that was written apart from the table, and a random one of everything."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from claims import pipeline
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.verifying import verify
from factcheck.errors import ActionForbidden, InvalidInput, NotFound
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Decision, Draft, Evidence, Invalidation, Review, Snapshot
from reviews.stages import Action, allowed
from reviews.workflow import ActionBlocked
from reviews.workflow.conflicts import refill_seats
from reviews.workflow.opening import release_expired
from reviews.workflow.reading import current_evidence
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


def from_(*stages: str, to: str, **changes: Any) -> Callable[[State], State | None]:
    return lambda state: state.on(to, **changes) if state.stage in stages else None


def opens_a_round(stage: str) -> Callable[[State], State | None]:
    return lambda s: s.on("rating", round=s.round + 1, decision="") if s.stage == stage else None


Verb = Callable[[make.Newsroom, Review], Any]


def said(who: str, verb: Callable[..., Any], rating: str) -> Verb:
    return lambda room, r: verb(r.pk, reviewing.judgement(r, rating), actor=getattr(room, who))


def by(who: str, action: Action) -> Verb:
    return lambda room, r: reviewing.DO[action](room, r, getattr(room, who))


def back(to: Stage) -> Verb:
    return lambda room, r: workflow.send_back(r.pk, to, actor=room.emil, **why(Action.SEND_BACK))


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
    "Emil closes it": (
        from_("queued", "research", "discussion", "adjudication", to="closed"),
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
    state = replace(state, draft=draft.rating if draft else "")
    if review.stage in (Stage.QUEUED, Stage.RESEARCH, Stage.CLOSED):
        return state
    if review.stage not in (Stage.RATING, Stage.DISCUSSION):
        decision = Decision.objects.filter(review=review, round__number=review.round_number).first()
        return replace(state, decision=decision.rating if decision else "")
    with connection.cursor() as cursor:
        cursor.execute(VOTES, [review.pk, review.round_number])
        given = {number: (rating, kind == "revised") for number, rating, kind in cursor.fetchall()}
    one, two = given.get(1, ("", False)), given.get(2, ("", False))
    return replace(state, votes=(one[0], two[0]), revised=(one[1], two[1]))


@dataclass(slots=True)
class Walked:
    states: set[State]
    done: int = 0
    refused: int = 0


def walk_everywhere() -> Walked:
    """Every move from every state that can be reached, each in a savepoint."""
    room = make.newsroom()
    make.DeskMembership.objects.filter(user=room.ivy).delete()
    review = reviewing.full_review(room, Stage.QUEUED)
    walked = Walked({State()})

    def explore(state: State) -> None:
        for words, (becomes, verb) in MOVES.items():
            expected = becomes(state)
            if expected is not None and expected.round > MAX_ROUNDS:
                continue
            found = None
            try:
                with transaction.atomic():
                    verb(room, at(review))
                    found = state_of(review)
                    walked.done += 1
                    if found == expected and found not in walked.states:
                        walked.states.add(found)
                        explore(found)
                    transaction.set_rollback(True)
            except (ActionBlocked, ActionForbidden, NotFound):
                walked.refused += 1
            assert found == expected, f"{state}: {words}"

    assert state_of(review) == State()
    explore(State())
    return walked


# The random walk


def walk_at_random(steps: int, seed: int) -> dict[str, int]:
    """Several reviews, the whole cast, every action, claims that are edited and leases that end. Checks everything after every step."""
    return _Walk(random.Random(seed)).go(steps)


LEGAL = 0.8
REVIEWS = 2
ASKED = 5  # people who may do something, of whom one is chosen
ONWARD = {
    Action.TAKE, Action.ASSIGN, Action.SUBMIT_FOR_RATING, Action.SUBMIT_VERDICT, Action.ESCALATE, Action.ADJUDICATE, Action.EDIT_DRAFT,
    Action.SUBMIT_DRAFT, Action.APPROVE, Action.RESUME,
}  # fmt: skip
RARE = {
    Action.DECLARE_CONFLICT, Action.CLOSE, Action.HOLD, Action.MARK_UNRELIABLE, Action.REQUEST_EVIDENCE, Action.RELEASE, Action.TAKE_OVER,
}  # fmt: skip
# What the verb's own input may be refused for, whatever the table says.
BY_INPUT = {
    Action.OPEN, Action.ASSIGN, Action.SUBMIT_VERDICT, Action.REVISE_VERDICT, Action.MARK_UNRELIABLE, Action.KEEP_EVIDENCE, Action.SEND_BACK,
    Action.APPROVE,
}  # fmt: skip


class _Walk:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.room = make.newsroom(lease_hours=1, hours_by_stage={"discussion": 1})
        self.people = list(self.room.people().values())
        self.names = reviewing.tables()
        self.reviews: list[Review] = []
        self.counts = {"done": 0, "refused": 0, "chance": 0}
        self.visited: set[str] = set()

    def go(self, steps: int) -> dict[str, int]:
        for number in range(1, steps + 1):
            self.refresh()
            self.step()
            self.check()
            if number % 100 == 0:
                assert list(verify()) == []
        assert list(verify()) == []
        return self.counts | {"stages": len(self.visited)}

    def refresh(self) -> None:
        """A review of which too many keep out, or that goes round and round, gives way to a new one."""
        self.reviews = [at(review) for review in self.reviews]
        self.reviews = [
            r for r in self.reviews if r.version < 80 and r.conflicts.count() < 3 and r.stage != Stage.CLOSED
        ]
        while len(self.reviews) < REVIEWS:
            self.reviews.append(reviewing.full_review(self.room, Stage.QUEUED))

    def step(self) -> None:
        if self.chance.random() < 0.03:
            self.counts["chance"] += 1
            self.chance.choice(
                (self.edit_claim, self.change_page, self.end_leases, refill_seats, workflow.fall_back_all)
            )()
            return
        review = self.chance.choice(self.reviews)
        who, action = self.chance.choice(self.people), self.chance.choice(list(Action))
        if self.chance.random() < LEGAL:
            able: list[tuple[User, Action]] = []
            for person in self.chance.sample(self.people, len(self.people)):
                able += [(person, action) for action in self.legal(review, person)]
                if len({person for person, _ in able}) == ASKED:
                    break
            weights = [8 if action in ONWARD else 0.2 if action in RARE else 1 for _, action in able]
            [(who, action)] = self.chance.choices(able, weights)
        self.attempt(review, who, action)

    def legal(self, review: Review, who: User) -> tuple[Action, ...]:
        if not workflow.visible_to(who).filter(pk=review.pk).exists():
            return ()
        return allowed(workflow.facts_of(review, who, has_reason=True))

    def attempt(self, review: Review, who: User, action: Action) -> None:
        before = reviewing.snapshot(self.names)
        is_legal = action in self.legal(review, who)
        refusal = None
        try:
            self.do(review, who, action)
        except (ActionBlocked, ActionForbidden, NotFound, InvalidInput) as problem:
            refusal = problem
        self.counts["refused" if refusal else "done"] += 1
        story = f"{who} {action} {review}: {refusal} {refusal and refusal.errors}"
        if refusal is None:
            assert is_legal, story
        else:
            assert reviewing.snapshot(self.names) == before, story
            assert not is_legal or action in BY_INPUT, story

    def do(self, review: Review, who: User, action: Action) -> None:
        rating = self.chance.choice(("false", "false", "true"))
        sound = [i for i in reviewing.judgement(review).cites if i not in self.unsound()]
        judged = workflow.Judgement(rating, make.WHY, sound)
        if action is Action.SUBMIT_VERDICT:
            workflow.submit_verdict(review.pk, judged, actor=who)
        elif action is Action.REVISE_VERDICT:
            workflow.revise_verdict(review.pk, judged, actor=who)
        elif action is Action.EDIT_DRAFT:
            decision = Decision.objects.filter(review=review).order_by("-id").first()
            text = {name: f"The {name} {self.chance.random()}." for name in make.DRAFT_FIELDS}
            workflow.edit_draft(review.pk, text | {"rating": decision.rating if decision else ""}, actor=who)
        elif action is Action.SEND_BACK:
            to = self.chance.choice((Stage.DRAFTING, Stage.RATING, Stage.RESEARCH))
            workflow.send_back(review.pk, to, actor=who, **why(action))
        elif action is Action.MARK_UNRELIABLE:
            item = self.chance.choice(list(Evidence.objects.filter(review=review)))
            workflow.mark_unreliable(item.pk, actor=who, **why(action))
        elif action is Action.APPROVE:
            workflow.approve(review.pk, actor=who, **self.seen(review))
        else:
            reviewing.DO[action](self.room, review, who)

    def seen(self, review: Review) -> dict[str, Any]:
        seen = reviewing.what_an_editor_sees(review)
        decision = Decision.objects.filter(pk=seen["decision"]).first()
        return seen | ({"evidence_digest": current_evidence(decision.round.evidence_set)} if decision else {})

    def unsound(self) -> set[Any]:
        return set(Invalidation.objects.filter(subject_type="evidence").values_list("subject_id", flat=True))

    # What happens by itself

    def edit_claim(self) -> None:
        review = self.chance.choice(self.reviews)
        text = f"Prices rose {self.chance.randrange(2, 99)} times in a year."
        pipeline.edit_claim(review.claim_id, {"text": text}, actor=self.room.ada)

    def change_page(self) -> None:
        review = self.chance.choice(self.reviews)
        stored = Snapshot.objects.filter(evidence__review=review).first()
        assert stored is not None
        workflow.record_check(stored, "text_changed", found_sha256=f"{self.chance.getrandbits(256):064x}")

    def end_leases(self) -> None:
        over = timezone.now() - timedelta(seconds=1)
        Review.objects.filter(stage=Stage.RESEARCH, held_at=None).update(lease_until=over)
        release_expired()

    # What must hold

    def check(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
            for words, lie in NEVER.items():
                cursor.execute(lie)
                assert cursor.fetchall() == [], words
        for review in self.reviews:
            review = at(review)
            self.visited.add(review.stage)
            assert reviewing.stages_told(review)[-1] == review.stage
            assert events.events(review).last().version == review.version
            assert workflow.verdicts_submitted(review) == count_of_verdicts(review)


COUNT = """
SELECT count(DISTINCT seat.id) FROM reviews_verdict verdict
JOIN reviews_seat seat ON seat.id = verdict.seat_id JOIN reviews_round round ON round.id = seat.round_id
JOIN reviews_evidenceset set ON set.id = round.evidence_set_id JOIN reviews_review review ON review.id = round.review_id
JOIN claims_claim claim ON claim.id = review.claim_id
WHERE review.id = %s AND round.number = review.round_number AND seat.vacated_at IS NULL AND verdict.claim_revision = claim.revision
    AND verdict.created_at > coalesce((
        SELECT max(i.created_at) FROM reviews_invalidation i
        WHERE i.subject_type = 'evidence' AND i.subject_id::text IN (SELECT item ->> 'id' FROM jsonb_array_elements(set.items) item)
    ), '-infinity')
"""


def count_of_verdicts(review: Review) -> int:
    """Those of filled seats that were given since the claim was edited and evidence of the set was marked: counted another way."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [review.pk])
        [count] = cursor.fetchone()
    return int(count)


NEVER = {
    "a round is open where nobody rates, or none where somebody does": """
        SELECT review.id FROM reviews_review review LEFT JOIN reviews_round round ON round.review_id = review.id AND round.closed_at IS NULL
        GROUP BY review.id HAVING count(round.id) <> (review.stage = 'rating')::int
    """,
    "a sealed verdict is in the view": """
        SELECT verdict.id FROM reviews_openverdict verdict JOIN reviews_seat seat ON seat.id = verdict.seat_id
        JOIN reviews_round round ON round.id = seat.round_id WHERE round.closed_at IS NULL OR round.outcome = 'void'
    """,
    "somebody approved what they had a part in": """
        SELECT approval.id FROM reviews_approval approval JOIN reviews_review review ON review.id = approval.review_id
        WHERE EXISTS (
            SELECT FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id
            WHERE round.review_id = review.id AND seat.holder_id = approval.approver_id AND seat.created_at < approval.created_at
        ) OR EXISTS (SELECT FROM reviews_decision d WHERE d.review_id = review.id AND d.adjudicator_id = approval.approver_id)
            OR EXISTS (
                SELECT FROM audit_auditevent e WHERE e.subject_type = 'review' AND e.subject_id = review.id AND e.at < approval.created_at
                    AND e.data -> 'lead_id' ? approval.approver_id::text
            )
    """,
    "one person has two parts in a round": """
        SELECT round.id FROM reviews_round round JOIN reviews_review review ON review.id = round.review_id
        JOIN reviews_seat seat ON seat.round_id = round.id AND seat.vacated_at IS NULL
        WHERE round.closed_at IS NULL AND seat.holder_id IN (review.lead_id, review.adjudicator_id)
    """,
    "a consensus without all verdicts": """
        SELECT decision.id FROM reviews_decision decision JOIN reviews_round round ON round.id = decision.round_id
        WHERE decision.basis = 'consensus' AND round.seats_needed > (
            SELECT count(DISTINCT v.seat_id) FROM reviews_verdict v JOIN reviews_seat s ON s.id = v.seat_id
            WHERE s.round_id = round.id AND v.rating = decision.rating AND v.kind = 'first'
        )
    """,
    "approved without an approval that counts": """
        SELECT review.id FROM reviews_review review WHERE stage = 'approved' AND NOT EXISTS (
            SELECT FROM reviews_approval a WHERE a.review_id = review.id AND NOT EXISTS (
                SELECT FROM reviews_invalidation i WHERE i.subject_type = 'approval' AND i.subject_id = a.id
            )
        )
    """,
    "approved on evidence that somebody marked unreliable": """
        SELECT review.id FROM reviews_review review JOIN reviews_round round ON round.review_id = review.id AND round.number = review.round_number
        JOIN reviews_decision decision ON decision.round_id = round.id JOIN reviews_evidenceset set ON set.id = round.evidence_set_id
        JOIN reviews_invalidation i ON i.subject_type = 'evidence'
            AND i.subject_id::text IN (SELECT item ->> 'id' FROM jsonb_array_elements(set.items) item)
        WHERE review.stage = 'approved' AND i.created_at > decision.created_at
    """,
    "more than five rounds": "SELECT id FROM reviews_review WHERE round_number > 5",
}
