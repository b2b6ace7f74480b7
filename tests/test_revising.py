"""What is public is doubted, stands or is retracted: in the open, by more than one person, and its past stays as it was."""

from __future__ import annotations

import pytest

from factcheck.audit.models import AuditEvent
from reviews import workflow
from reviews.facts import Stage
from reviews.models import FactCheck, Review, Status, status_of
from reviews.stages import Action
from reviews.workflow import ActionBlocked
from tests import make
from tests.api import Api, api, assert_problem
from tests.reviewing import DO, at, why

pytestmark = pytest.mark.django_db
A = Action

LIST = "/public/fact-checks"


@pytest.fixture
def room():
    return make.newsroom()


@pytest.fixture
def anybody() -> Api:
    return api(None)


def shown(anybody: Api, review: Review) -> dict:
    return anybody.get(f"{LIST}/{review.fact_check.pk}").json()


def blockers(refusal) -> list[str]:
    return [blocker["code"] for blocker in refusal.value.extra["blocked_by"]]


# Doubts


def test_what_is_doubted_stays_public_with_a_notice_and_did_not_change(room, anybody):
    review = make.review(room, Stage.PUBLISHED)
    before = shown(anybody, review)
    answer = api(room.hal).post(f"/reviews/{review.pk}/open-revision", why(A.OPEN_REVISION))
    assert answer.status_code == 200, answer.content
    assert (answer.json()["stage"], answer.json()["handler"]["username"]) == ("under_revision", "hal")
    assert answer.json()["fact_check"]["status"] == "under_revision"
    assert shown(anybody, review) == before | {"status": "under_revision"}
    assert anybody.get(LIST, {"updated_since": before["changed_at"]}).json()["results"] == []


def test_a_doubt_that_is_dismissed_leaves_everything_as_it_was(room, anybody):
    review = make.review(room, Stage.PUBLISHED)
    before = shown(anybody, review)
    DO[A.OPEN_REVISION](room, review, room.hal)
    answer = api(room.hal).post(f"/reviews/{review.pk}/dismiss-revision", why(A.DISMISS_REVISION))
    assert answer.status_code == 200, answer.content
    assert (answer.json()["stage"], answer.json()["handler"]) == ("published", None)
    assert shown(anybody, review) == before
    event = AuditEvent.objects.filter(subject_id=review.pk, action=A.DISMISS_REVISION).get()
    assert (event.actor, event.reason, event.note) == (room.hal, *why(A.DISMISS_REVISION).values())


@pytest.mark.parametrize(("who", "words"), [("emil", "approver"), ("finn", "lead")])
def test_whoever_answers_for_what_is_public_does_not_dismiss_doubts_about_it(room, who, words):
    make.user("finn", "editor")
    review = make.review(room, Stage.UNDER_REVISION)
    with pytest.raises(ActionBlocked, match=words) as refusal:
        DO[A.DISMISS_REVISION](room, review, make.user(who))
    assert blockers(refusal) == ["own_work"]
    assert at(review).stage == Stage.UNDER_REVISION


def test_whoever_answers_for_it_may_doubt_it_and_somebody_else_decides(room):
    review = make.review(room, Stage.PUBLISHED)
    DO[A.OPEN_REVISION](room, review, room.emil)
    with pytest.raises(ActionBlocked):
        DO[A.DISMISS_REVISION](room, review, room.emil)
    assert DO[A.DISMISS_REVISION](room, review, room.gwen).stage == Stage.PUBLISHED


# Retraction


def test_a_retraction_is_proposed_by_one_editor_and_decided_by_another(room, anybody):
    review = make.review(room, Stage.PUBLISHED)
    first = anybody.get(f"{LIST}/{review.fact_check.pk}/revisions/1")
    before = shown(anybody, review)
    proposed = api(room.emil).post(f"/reviews/{review.pk}/propose-retraction", why(A.PROPOSE_RETRACTION))
    assert proposed.status_code == 200, proposed.content
    proposal = proposed.json()["retraction_proposal"]
    assert (proposal["revision"], proposal["public_reason"]) == (1, make.PUBLIC_REASON)
    assert proposal["proposed_by"]["username"] == "emil"
    assert shown(anybody, review) == before
    assert_problem(api(room.emil).post(f"/reviews/{review.pk}/retract"), 409, "action_blocked")
    assert at(review).stage == Stage.PUBLISHED
    assert shown(anybody, review) == before
    done = api(room.gwen).post(f"/reviews/{review.pk}/retract")
    assert (done.status_code, done.json()["stage"]) == (200, "retracted")
    event = AuditEvent.objects.filter(subject_id=review.pk).latest("number")
    assert (event.action, event.actor, event.reason, event.note) == (
        "retract", room.gwen, proposal["reason"], make.PUBLIC_REASON,
    )  # fmt: skip
    # Its address lives and says why; what it said stays as it was.
    after = shown(anybody, review)
    assert after == before | {
        "status": "retracted",
        "changed_at": after["changed_at"],
        "retracted_at": after["changed_at"],
        "retraction_reason": make.PUBLIC_REASON,
        "content": None,
    }
    assert after["changed_at"] > before["changed_at"]
    assert anybody.get(LIST, {"updated_since": before["changed_at"]}).json()["results"] == [after]
    assert anybody.get(f"{LIST}/{review.fact_check.pk}/revisions/1").content == first.content


def test_what_is_retracted_has_no_claim_review_anywhere(room, anybody):
    review = make.review(room, Stage.RETRACTED)
    other = make.review(room, Stage.PUBLISHED, text="Rents fell.")
    answer = anybody.get(f"{LIST}/{review.fact_check.pk}/claim-review")
    assert_problem(answer, 410, "retracted")
    for path in ("/public/feed.json", "/public/feed.jsonl"):
        told = b"".join(anybody.get(path).streaming_content).decode()
        assert (review.fact_check.slug in told, other.fact_check.slug in told) == (False, True)


def test_a_retraction_is_proposed_in_words_that_readers_can_use(room):
    review = make.review(room, Stage.PUBLISHED)
    for note in ("It is wrong.", "x" * 39, "x" + " " * 60):
        answer = api(room.emil).post(
            f"/reviews/{review.pk}/propose-retraction", why(A.PROPOSE_RETRACTION) | {"note": note}
        )
        [error] = assert_problem(answer, 422, "invalid_input")["errors"]
        assert (error["code"], error["pointer"]) == ("too_short", "/note")
    assert at(review).version == review.version


def test_of_two_proposals_the_last_one_counts(room):
    review = make.review(room, Stage.PUBLISHED)
    make.propose(room.emil, review)
    make.propose(room.gwen, review)
    with pytest.raises(ActionBlocked) as refusal:
        workflow.retract(review.pk, actor=room.gwen)
    assert blockers(refusal) == ["proposed_it"]
    assert workflow.retract(review.pk, actor=room.emil).stage == Stage.RETRACTED


def test_the_claim_of_what_was_retracted_may_have_another_review(room):
    review = make.review(room, Stage.RETRACTED)
    again = workflow.open_review(review.claim_id, room.desk.pk, actor=room.ada)
    assert (again.stage, again.pk != review.pk) == (Stage.QUEUED, True)


@pytest.mark.parametrize("stage", [Stage.PUBLISHED, Stage.UNDER_REVISION, Stage.RETRACTED])
def test_what_readers_are_told_is_the_same_in_python_and_in_sql(room, stage):
    public = make.review(room, stage).fact_check
    assert public.status == FactCheck.objects.annotate(told=status_of()).get().told == Status(str(stage))
    assert (public.retracted_at is None) == (stage is not Stage.RETRACTED)
