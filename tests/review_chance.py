"""Chance at the review process, over the API: whoever comes by tries something, mostly what the review tells them that they may do. The
answer must be the one that they were told, a refusal writes nothing, and no step leaves behind what must never be.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.utils import timezone

from claims import pipeline
from factcheck.accounts.models import User
from factcheck.api.renderers import dumps
from factcheck.audit.verifying import verify
from reviews import workflow
from reviews.access import ACTIONS
from reviews.facts import OVER, Stage
from reviews.models import Evidence, Invalidation, Review, Snapshot, SnapshotCheck
from reviews.reasons import REASONS
from reviews.stages import Action
from reviews.workflow.conflicts import refill_seats
from reviews.workflow.opening import release_expired
from reviews.workflow.telling import tell_of_edited_claims
from tests import make, never, reviewing
from tests.api import Api, api, assert_some_problem
from tests.reviewing import why

A = Action
LEGAL = 0.8
BY_ITSELF = 0.03  # how often something happens that nobody asked for
STALE, NO_TAG = 0.06, 0.04  # how often somebody names a version that they have not seen, or none
REVIEWS = 2
A_WALK = 500  # steps; a longer one spends its time on rows of reviews that nobody touches any more
MOST_MOVES, MOST_CONFLICTS = 120, 3  # of one review, which then gives way to another
GIVES_WAY = 0.1  # how often a published one, with which little can be done, gives way at a step
EVERY_ROW = 50  # steps between two looks at every row, which show that counting what was written is enough
PUBLIC = (Stage.PUBLISHED, Stage.UNDER_REVISION, Stage.RETRACTED)
ONWARD = {
    A.TAKE, A.SUBMIT_FOR_RATING, A.SUBMIT_VERDICT, A.ESCALATE, A.ADJUDICATE, A.EDIT_DRAFT, A.SUBMIT_DRAFT, A.APPROVE, A.PUBLISH, A.RESUME,
    A.REOPEN, A.OPEN_REVISION, A.PUBLISH_MINOR, A.REVERIFY,
}  # fmt: skip
RARE = {
    A.DECLARE_CONFLICT, A.CLOSE, A.HOLD, A.MARK_UNRELIABLE, A.REQUEST_EVIDENCE, A.RELEASE, A.TAKE_OVER, A.REPLACE_SEAT_HOLDER,
    A.REPLACE_ADJUDICATOR, A.PROPOSE_RETRACTION, A.RETRACT, A.ABANDON_REVERIFICATION,
}  # fmt: skip
ROUTES = {A.OPEN: "POST /api/v1/reviews", **{action: route for action, (route, _) in ACTIONS.items()}}
JUDGING = (A.SUBMIT_VERDICT, A.REVISE_VERDICT)
OF_AN_ITEM = [action for action, route in ROUTES.items() if "/evidence/{id}" in route]
# They add a row, and change none that anybody saw.
WITHOUT_TAG = [
    action for action, route in ROUTES.items() if route.endswith(("/reviews", "/evidence", "/searches", "/comments"))
]

Refusal = tuple[int, str]
# What the verb's own input may be refused for, whatever the review told of the action.
BY_INPUT: dict[Action, Refusal] = {
    A.ASSIGN: (422, "invalid_input"), A.SUBMIT_VERDICT: (422, "invalid_input"), A.REVISE_VERDICT: (422, "invalid_input"),
    A.RECORD_REPLY: (422, "invalid_input"),  # nobody was asked yet
    A.MARK_UNRELIABLE: (409, "action_blocked"), A.KEEP_EVIDENCE: (409, "action_blocked"), A.SEND_BACK: (409, "action_blocked"),
}  # fmt: skip


def walk_at_random(steps: int, seed: int) -> Counter[str]:
    """Two reviews, the whole cast, every action, claims that are edited and leases that end. Returns how often what came about."""
    return _Walk(random.Random(seed)).go(steps)


@dataclass(frozen=True, slots=True)
class Seen:
    """A review as somebody saw it after so many moves. Without a document it is not there for them."""

    moves: int
    document: dict[str, Any] | None

    def told(self, action: Action) -> dict[str, Any] | None:
        told = self.document["allowed_actions"] if self.document else ()
        return next((each for each in told if each["action"] == action), None)

    @property
    def may(self) -> list[Action]:
        told = self.document["allowed_actions"] if self.document else ()
        return [Action(each["action"]) for each in told if each["allowed"]]


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    body: dict[str, Any]
    tag: str | None
    has_seen: bool  # whether the tag is that of what is there


class _Walk:
    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.room = make.newsroom(lease_hours=1, hours_by_stage={"discussion": 1})
        self.people = self.room.people()
        self.clients = {name: _client(who) for name, who in self.people.items()}
        self.names = list(self.people)
        self.tables = reviewing.tables()
        self.written = never.Written(self.tables)
        self.reviews: list[Review] = []
        self.moves, self.conflicts = Counter[UUID](), Counter[UUID]()
        self.seen: dict[tuple[UUID, str], Seen] = {}
        self.busy: defaultdict[str, dict[str, bool]] = defaultdict(dict)
        self.counts, self.visited = Counter[str](), set[str]()
        never.prepare()
        with connection.cursor() as cursor:
            # To look for the best order of the nine tables of a review, each time, costs as much as all else that is asked of them.
            cursor.execute("SET LOCAL join_collapse_limit = 1")

    def go(self, steps: int) -> Counter[str]:
        for number in range(1, steps + 1):
            self.refresh()
            if number % EVERY_ROW:
                self.step()
            else:
                before = reviewing.snapshot(self.tables)
                wrote = self.step()
                assert (reviewing.snapshot(self.tables) != before) == wrote
        assert list(verify()) == []
        return self.counts | Counter(stages=len(self.visited))

    def refresh(self) -> None:
        for review in self.reviews:
            is_over = review.stage in PUBLIC and self.chance.random() < GIVES_WAY
            if is_over or self.moves[review.pk] > MOST_MOVES or self.conflicts[review.pk] == MOST_CONFLICTS:
                self.reviews.remove(review)
                break
        while len(self.reviews) < REVIEWS:
            self.reviews.append(reviewing.full_review(self.room, Stage.QUEUED))

    def step(self) -> bool:
        """Whether anything was written."""
        before = self.written()
        if self.chance.random() < BY_ITSELF:
            self.counts["by itself"] += 1
            by_itself = (
                self.edit_claim, self.change_page, self.end_leases, refill_seats, workflow.fall_back_all, tell_of_edited_claims,
            )  # fmt: skip
            self.chance.choice(by_itself)()
            self.moves.update(review.pk for review in self.reviews)
        else:
            review = self.chance.choice(self.reviews)
            name, action = self.choose(review)
            is_done = self.attempt(review, name, action)
            assert (self.written() != before) == is_done, (name, action, is_done)
        wrote = self.written() != before
        if wrote:
            self.check()
        return wrote

    # Who tries what

    def choose(self, review: Review) -> tuple[str, Action]:
        """Mostly something that leads on, by somebody who may do it."""
        if self.chance.random() < LEGAL:
            for _ in range(4):
                name = self.somebody(review)
                may = self.look(review, name).may
                if set(may) - RARE or (may and self.chance.random() < 0.05):
                    weights = [8 if action in ONWARD else 0.2 if action in RARE else 1 for action in may]
                    return name, self.chance.choices(may, weights)[0]
        return self.anybody(review), self.chance.choice(list(ROUTES))

    def somebody(self, review: Review) -> str:
        """Mostly one of those who have just seen it and can lead it on, or who could when last they saw a review at this stage."""
        busy = [name for name, is_busy in self.busy[review.stage].items() if is_busy]
        here = [name for name in self.present(review) if name in busy]
        chance = self.chance.random()
        return self.chance.choice(here if here and chance < 0.8 else busy if busy and chance < 0.95 else self.names)

    def anybody(self, review: Review) -> str:
        here = self.present(review)
        return self.chance.choice(here if here and self.chance.random() < 0.7 else self.names)

    def present(self, review: Review) -> list[str]:
        """Who has seen it as it is now."""
        known = ((name, self.seen.get((review.pk, name))) for name in self.names)
        return [name for name, seen in known if seen and seen.moves == self.moves[review.pk]]

    def look(self, review: Review, name: str) -> Seen:
        """As it is now: asked for again only when something has happened to it since."""
        seen = self.seen.get((review.pk, name))
        if seen is None or seen.moves != self.moves[review.pk]:
            answer = self.clients[name].get(f"/reviews/{review.pk}")
            assert answer.status_code == (404 if name == "zoe" else 200), (name, answer.content)
            seen = self.remember(review, name, answer.json() if answer.status_code == 200 else None)
        return seen

    def remember(self, review: Review, name: str, document: dict[str, Any] | None) -> Seen:
        seen = self.seen[review.pk, name] = Seen(self.moves[review.pk], document)
        if document is not None:
            self.busy[document["stage"]][name] = bool(ONWARD & set(seen.may))
            round_ = document["round"]
            assert not round_ or round_["verdicts_submitted"] == never.verdicts_that_count(review.pk), document
        return seen

    # What they send, and what must come of it

    def attempt(self, review: Review, name: str, action: Action) -> bool:
        """Whether it was done."""
        seen = self.look(review, name)
        request = self.request(review, action, seen, self.clients[name])
        expected = self.refusal(review, name, action, seen, request)
        headers = {} if request.tag is None else {"If-Match": request.tag}
        answer = self.clients[name].generic(
            request.method, request.path, dumps(request.body), "application/json", headers=headers
        )
        problem = assert_some_problem(answer) if answer.status_code >= 300 else None
        refusal = (answer.status_code, problem["code"]) if problem else None
        story = (name, action, request, f"expected {expected}", seen.told(action), answer.status_code, answer.content)
        assert refusal == expected or (expected is None and refusal == BY_INPUT.get(action)), story
        if problem and expected == (409, "action_blocked") and (told := seen.told(action)):
            assert problem["blocked_by"] == told["blocked_by"], story
            # Whoever has no reason to give does not take over from a lead.
            assert set(problem["allowed_actions"]) | {A.TAKE_OVER} == set(seen.may) | {A.TAKE_OVER}, story
        self.counts[str(refusal[0]) if refusal else "done"] += 1
        if refusal is None:
            self.follow(review, name, action, answer.json())
        return refusal is None

    def refusal(self, review: Review, name: str, action: Action, seen: Seen, request: Request) -> Refusal | None:
        """As scopes, the review and the tag have it, in the order in which they are asked; None where it is done."""
        if action is A.OPEN:
            if "triage" not in self.people[name].scopes:
                return 403, "insufficient_scope"
            if name == "zoe":
                return 422, "invalid_input"  # the desk is none of hers
            return None if review.stage in OVER else (409, "action_blocked")
        told = seen.told(action)
        codes = [blocker["code"] for blocker in told["blocked_by"]] if told else []
        if any(code.startswith("scope_") for code in codes):
            return 403, "insufficient_scope"
        if told is None:
            return 404, "not_found"
        if request.tag is None and action not in WITHOUT_TAG:
            return 428, "precondition_required"
        if not request.has_seen and action not in (*JUDGING, *OF_AN_ITEM):
            return 412, "stale_version"
        if any(code.startswith(("role_", "not_the_")) for code in codes):
            return 403, "action_forbidden"
        if codes:
            return 409, "action_blocked"
        return None if request.has_seen else (412, "stale_version")

    def follow(self, review: Review, name: str, action: Action, answer: dict[str, Any]) -> None:
        """What is known of the reviews after it was done."""
        self.moves[review.pk] += 1
        self.conflicts[review.pk] += action is A.DECLARE_CONFLICT
        if action is A.OPEN:  # the closed one has a successor
            self.reviews[self.reviews.index(review)] = Review.objects.get(pk=answer["id"])
        elif answer.get("id") == str(review.pk):
            self.remember(review, name, answer)

    def request(self, review: Review, action: Action, seen: Seen, client: Api) -> Request:
        method, _, path = ROUTES[action].partition(" ")
        version, key = seen.document["version"] if seen.document else 1, review.pk
        body, tag = self.body(review, action, seen), f'"{version}"'
        if action in OF_AN_ITEM:
            items = Evidence.objects.filter(review=review).order_by("id")
            if action is A.KEEP_EVIDENCE:
                items = items.filter(snapshot__isnull=False)
            key, version = self.chance.choice(list(items.values_list("pk", "version")))
            tag = f'"{version}"'
        if action in JUDGING and action in seen.may:
            seat = client.get(f"/reviews/{review.pk}/seat")
            sound = {item["id"] for item in seat.json()["evidence_set"]["items"]} - self.unsound()
            body, tag = body | {"cites": sorted(sound)}, seat["ETag"]
        chance = self.chance.random()
        if action in WITHOUT_TAG or chance < NO_TAG:
            return Request(method, path.format(id=key), body, None, has_seen=action in WITHOUT_TAG)
        if chance < NO_TAG + STALE:
            return Request(method, path.format(id=key), body, f'"{version - 1 or 99}"', has_seen=False)
        return Request(method, path.format(id=key), body, tag, has_seen=True)

    def body(self, review: Review, action: Action, seen: Seen) -> dict[str, Any]:
        match action:
            case A.OPEN:
                return {"claim": review.claim_id, "desk": review.desk_id}
            case A.ASSIGN:
                return {"to": self.room.finn.pk}
            case A.TAKE_OVER:
                return {"reason": "absent", "note": "On leave."}
            case A.COMMENT:
                return {"text": self.chance.choice(("Which year?", "Which year, @finn?", "Ask @ben, @cleo and @emil."))}
            case A.ADD_EVIDENCE:
                return reviewing.ITEM
            case A.EDIT_EVIDENCE:
                return {"note": f"Read {self.chance.random()} times."}
            case A.KEEP_EVIDENCE:
                looks = SnapshotCheck.objects.filter(snapshot__evidence__review=review)
                return {"finding": looks.latest("id").pk, **why(action)}
            case A.DECLARE_SEARCH:
                return {"side": "supports", "queries": ["prices doubled"], "places": "archives"}
            case A.SUBMIT_VERDICT | A.REVISE_VERDICT:
                return {"rating": self.chance.choice(("false", "false", "true")), "rationale": make.WHY}
            case A.ADJUDICATE:
                answers = reviewing.answers_to(reviewing.at(review), "false")
                told = [{"verdict": verdict, "answer": words} for verdict, words in answers.items()]
                return {"rating": "false", "rationale": make.WHY, "answers": told}
            case A.EDIT_DRAFT:
                decision = seen.document["decision"] if seen.document else None
                text = {name: f"The {name} {self.chance.random()}." for name in make.DRAFT_FIELDS}
                return text | {"rating": decision["rating"] if decision else ""}
            case A.PUBLISH:
                return {"public_note": "Checked again."} if seen.document and seen.document["fact_check"] else {}
            case A.PUBLISH_MINOR:
                read = (seen.document and seen.document["for_approval"]) or {"draft_digest": "0"}
                kind = self.chance.choice(("typo", "update"))
                return {"kind": kind, "draft_digest": read["draft_digest"], "public_note": "The year."}
            case A.REQUEST_REPLY:
                return {"addressee": "The ministry", "question": "Why?"}
            case A.RECORD_REPLY:
                asked = review.reply_requests.filter(waived_by=None)
                open_first = asked.order_by(F("answered_at").asc(nulls_first=True), "id").first()
                return {"request": open_first.pk if open_first else review.pk, "answer": "No comment."}
            case A.WAIVE_REPLY:
                return {"addressee": "The bank", **why(action)}
            case A.SEND_BACK:
                return {"to": self.chance.choice(("drafting", "rating", "research")), **why(action)}
            case A.APPROVE:
                nothing = {"decision": review.pk, "draft_digest": "0", "evidence_digest": "0"}
                return (seen.document and seen.document["for_approval"]) or nothing
        return why(action) if action in REASONS else {}

    def unsound(self) -> set[str]:
        marked = Invalidation.objects.filter(subject_type="evidence", review__in=self.reviews)
        return set(map(str, marked.values_list("subject_id", flat=True)))

    # What happens by itself

    def edit_claim(self) -> None:
        review = self.chance.choice(self.reviews)
        text = f"Prices rose {self.chance.randrange(2, 99)} times in a year."
        pipeline.edit_claim(review.claim_id, {"text": text}, actor=self.room.ada)

    def change_page(self) -> None:
        review = self.chance.choice(self.reviews)
        stored = Snapshot.objects.filter(evidence__review=review).first()
        if stored is not None:  # the successor of a closed one may have none
            workflow.record_check(stored, "text_changed", found_sha256=f"{self.chance.getrandbits(256):064x}")

    def end_leases(self) -> None:
        over = timezone.now() - timedelta(seconds=1)
        Review.objects.filter(stage=Stage.RESEARCH, held_at=None).update(lease_until=over)
        release_expired()

    # What must hold

    def check(self) -> None:
        found = never.lies([review.pk for review in self.reviews])
        assert not found, found
        for review in self.reviews:
            review.refresh_from_db(fields=["stage"])
            self.visited.add(review.stage)


def _client(who: User) -> Api:
    client = api(who)
    client.looks_first = False
    return client
