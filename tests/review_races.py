"""Rounds of people who meet at one review. Each checks what must hold afterwards; the tests and the soak run them in different numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from claims import pipeline
from claims.triage import TriageAction
from factcheck.api.renderers import dumps
from factcheck.audit import events
from factcheck.audit.verifying import verify
from factcheck.errors import StaleVersion
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Decision, Evidence, EvidenceSet, Review, Round, Verdict
from reviews.stages import Action
from reviews.workflow import ActionBlocked
from tests import make, reviewing
from tests.api import api, assert_some_problem
from tests.racing import at_once, keeping_connections, refusals
from tests.reviewing import at, why

Race = Callable[[make.Newsroom, int], None]


def number_of(review: Review, action: str) -> int:
    return events.events(review).filter(action=action).count()


def one_won(answers: list[Any]) -> int:
    """Who, where all others were told that the stage or the version had moved on."""
    lost = refusals(answers)
    assert len(lost) == len(answers) - 1, answers
    assert {type(problem) for problem in lost} <= {ActionBlocked, StaleVersion}
    [won] = [number for number, answer in enumerate(answers) if answer not in lost]
    return won


def votes(room: make.Newsroom, review: Review) -> list[Any]:
    """All who hold a seat give their verdict at once."""
    said = reviewing.judgement(review)
    holders = room.holders(at(review))
    tags = [workflow.my_seat(at(review), who).tag for who in holders]
    return at_once(
        *(
            lambda who=who, tag=tag: workflow.submit_verdict(review.pk, said, actor=who, tag=tag)  # type: ignore[misc]
            for who, tag in zip(holders, tags, strict=True)
        )
    )


def last_verdicts(room: make.Newsroom, clients: int) -> None:
    """However many seats there are: all are accepted, and the round closes once."""
    review = make.review(room, Stage.RATING)
    assert refusals(votes(room, review)) == []
    assert at(review).stage == Stage.DRAFTING
    assert Round.objects.get(review=review).outcome == "consensus"
    assert Decision.objects.filter(review=review).count() == 1
    assert number_of(review, "close_round") == 1
    assert Verdict.objects.filter(seat__round__review=review).count() == clients


def takers(room: make.Newsroom, clients: int, people: list[Any]) -> None:
    """One of all who take the same review leads it."""
    [review] = waiting(room, 1)
    taken = number_of(review, "take")
    won = one_won(at_once(*(lambda who=who: workflow.take(review.pk, actor=who) for who in people[:clients])))  # type: ignore[misc]
    assert at(review).lead == people[won]
    assert number_of(review, "take") == taken + 1
    give_back(review)


def takers_of_the_queue(room: make.Newsroom, clients: int, people: list[Any]) -> None:
    """Everybody who asks the queue gets a review of their own."""
    before = waiting(room, clients)
    answers = at_once(*(lambda who=who: workflow.take_next(room.desk.pk, actor=who) for who in people[:clients]))  # type: ignore[misc]
    assert refusals(answers) == []
    assert {review.pk for review in answers} == {review.pk for review in before}
    assert Counter(at(review).lead for review in answers) == Counter(people[:clients])
    for review in answers:
        give_back(review)


def waiting(room: make.Newsroom, number: int) -> list[Review]:
    """So many, and no others: those of the round before, which are made anew in three times the time."""
    return list(Review.objects.filter(stage=Stage.QUEUED)) or [make.review(room) for _ in range(number)]


def give_back(review: Review) -> None:
    workflow.release(review.pk, actor=at(review).lead, **why(Action.RELEASE))


def approve_against_send_back(room: make.Newsroom, clients: int) -> None:
    """Editors at one text: some approve it, some send it back."""
    review = Review.objects.filter(stage=Stage.COPY_EDIT).first() or reviewing.full_review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    approved, sent_back = number_of(review, "approve"), number_of(review, "send_back")
    calls: list[Callable[[], Any]] = [
        lambda: workflow.approve(review.pk, actor=room.emil, version=review.version, **seen),
        lambda: workflow.send_back(
            review.pk, Stage.DRAFTING, actor=room.gwen, version=review.version, **why(Action.SEND_BACK)
        ),
    ]
    won = one_won(at_once(*(calls * clients)[:clients])) % 2
    assert at(review).stage == (Stage.DRAFTING if won else Stage.APPROVED)
    assert review.approvals.count() == number_of(review, "approve") == approved + 1 - won
    assert number_of(review, "send_back") == sent_back + won
    # Back to where they can meet again: to make another such review takes longer than they do.
    if won:
        workflow.submit_draft(review.pk, actor=room.finn)
    else:
        workflow.unapprove(review.pk, actor=room.emil, **why(Action.UNAPPROVE))


def add_against_submit(room: make.Newsroom, clients: int) -> None:
    """What was added is in the frozen set, or was refused."""
    review = make.review(room, Stage.RESEARCH)
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, stance, origin)
    added: Callable[[], Any] = lambda: workflow.add_evidence(review.pk, reviewing.ITEM, actor=room.finn)  # noqa: E731
    answers = at_once(*[added] * (clients - 1), lambda: workflow.submit_for_rating(review.pk, actor=room.finn))
    lost = refusals(answers)
    assert {type(problem) for problem in lost} <= {ActionBlocked}
    assert isinstance(answers[-1], Review)
    frozen = {row["id"] for row in EvidenceSet.objects.get(review=review).items}
    assert frozen == {str(pk) for pk in Evidence.objects.filter(review=review).values_list("pk", flat=True)}
    assert len(frozen) == 2 + clients - 1 - len(lost)


def unreliable_against_submit(room: make.Newsroom, clients: int) -> None:
    """An item that was marked before the set was frozen counts for no guard; one marked later is stale in the set."""
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, "refutes", "Ministry")
    item = make.evidence(room, review, "supports", "Bank")
    mark: Callable[[], Any] = lambda: workflow.mark_unreliable(  # noqa: E731
        item.pk, actor=room.emil, **why(Action.MARK_UNRELIABLE)
    )
    submit: Callable[[], Any] = lambda: workflow.submit_for_rating(review.pk, actor=room.finn)  # noqa: E731
    answers = at_once(*([mark, submit] * clients)[:clients])
    refusals(answers)
    assert number_of(review, "mark_unreliable") == 1
    order = list(events.events(review).values_list("action", flat=True))
    if "submit_for_rating" in order:
        assert order.index("submit_for_rating") < order.index("mark_unreliable")
    else:
        assert at(review).stage == Stage.RESEARCH


def unreliable_against_approve(room: make.Newsroom, clients: int) -> None:
    """However they meet: nothing is approved that rests on evidence marked unreliable."""
    review = make.review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    item = Evidence.objects.filter(review=review).order_by("id").first()
    approve: Callable[[], Any] = lambda: workflow.approve(review.pk, actor=room.emil, **seen)  # noqa: E731
    mark: Callable[[], Any] = lambda: workflow.mark_unreliable(  # noqa: E731
        item.pk, actor=room.gwen, **why(Action.MARK_UNRELIABLE)
    )
    refusals(at_once(*([approve, mark] * clients)[:clients]))
    assert number_of(review, "mark_unreliable") == 1
    assert at(review).stage == Stage.COPY_EDIT
    assert number_of(review, "unapprove") == number_of(review, "approve") <= 1


def reopen_against_restore(room: make.Newsroom, clients: int) -> None:
    """A claim that lost its acceptance has no review under way."""
    review = make.review(room, Stage.CLOSED)
    restore: Callable[[], Any] = lambda: pipeline.triage(  # noqa: E731
        review.claim_id, TriageAction.RESTORE, actor=room.ada
    )
    reopen: Callable[[], Any] = lambda: workflow.reopen(review.pk, actor=room.emil, **why(Action.REOPEN))  # noqa: E731
    refusals(at_once(*([restore, reopen] * clients)[:clients]))
    review = at(review)
    assert (review.claim.triage_status == "accepted") != (review.stage == Stage.CLOSED)


# As front ends meet: over HTTP, each with a token of their own.


def answered(*calls: Callable[[], Any]) -> list[Any]:
    """Status codes, and of a refusal its own code. Nobody may be told of a fault of ours."""
    answers = [answer if isinstance(answer, Exception) else _code_of(answer) for answer in at_once(*calls)]
    assert all(isinstance(answer, tuple) and answer[0] < 500 for answer in answers), answers
    return answers


def _code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, assert_some_problem(answer)["code"] if answer.status_code >= 400 else ""


def sends(who: Any, path: str, body: dict[str, Any], tag: str) -> Callable[[], Any]:
    client = api(who)
    return lambda: client.generic("POST", path, dumps(body), "application/json", headers={"If-Match": tag})


def last_verdicts_over_http(room: make.Newsroom, clients: int) -> None:
    review = make.review(room, Stage.RATING)
    said = asdict(reviewing.judgement(review))
    calls = []
    for who in room.holders(at(review)):
        tag = f'"{workflow.my_seat(at(review), who).tag}"'
        calls.append(sends(who, f"/reviews/{review.pk}/submit-verdict", said, tag))
    assert answered(*calls) == [(200, "")] * clients
    assert at(review).stage == Stage.DRAFTING
    assert Decision.objects.filter(review=review).count() == number_of(review, "close_round") == 1
    assert Verdict.objects.filter(seat__round__review=review).count() == clients


def approve_against_send_back_over_http(room: make.Newsroom, clients: int) -> None:
    review = Review.objects.filter(stage=Stage.COPY_EDIT).first() or reviewing.full_review(room, Stage.COPY_EDIT)
    approved, path, tag = number_of(review, "approve"), f"/reviews/{review.pk}", f'"{review.version}"'
    calls = [
        sends(room.emil, f"{path}/approve", reviewing.what_an_editor_sees(review), tag),
        sends(room.gwen, f"{path}/send-back", {"to": "drafting", **why(Action.SEND_BACK)}, tag),
    ]
    answers = answered(*(calls * clients)[:clients])
    [won] = [number for number, (status, _) in enumerate(answers) if status == 200]
    lost = answers[:won] + answers[won + 1 :]
    assert set(lost) <= {(409, "action_blocked"), (412, "stale_version")}
    assert number_of(review, "approve") == approved + 1 - won % 2
    if won % 2:
        assert at(review).stage == Stage.DRAFTING
        workflow.submit_draft(review.pk, actor=room.finn)
    else:
        assert at(review).stage == Stage.APPROVED
        workflow.unapprove(review.pk, actor=room.emil, **why(Action.UNAPPROVE))


OVER_HTTP = (last_verdicts_over_http, approve_against_send_back_over_http)
RACES: dict[str, Race] = {
    race.__name__: race
    for race in (
        approve_against_send_back, last_verdicts, add_against_submit, unreliable_against_submit, unreliable_against_approve,
        reopen_against_restore, *OVER_HTTP,
    )
}  # fmt: skip
FOR_THE_QUEUE = (takers, takers_of_the_queue)


def newsroom(clients: int, seats: int) -> tuple[make.Newsroom, list[Any]]:
    """With as many researchers and reviewers as there are clients."""
    room = make.newsroom(seats=seats)
    for number in range(clients):
        for kind in ("researcher", "reviewer"):
            who = make.user(f"{kind}-{number}", kind)
            make.DeskMembership.objects.create(desk=room.desk, user=who)
    people = [make.user(f"researcher-{number}") for number in range(clients)]
    return room, people


def run(name: str, rounds: int, clients: int) -> None:
    room, people = newsroom(clients, seats=clients if name.startswith(last_verdicts.__name__) else 2)
    with keeping_connections(clients):
        for _ in range(rounds):
            if name in RACES:
                RACES[name](room, clients)
            else:
                next(race for race in FOR_THE_QUEUE if race.__name__ == name)(room, clients, people)
    assert list(verify()) == []


NAMES = [*RACES, *(race.__name__ for race in FOR_THE_QUEUE)]
