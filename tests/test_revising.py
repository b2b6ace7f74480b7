"""What is public is doubted, stands or is retracted: in the open, by more than one person, and its past stays as it was."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit.models import AuditEvent
from reviews import publication, workflow
from reviews.facts import Stage
from reviews.guards import MAX_ROUNDS
from reviews.models import Draft, FactCheck, Review, Round, Status, status_of
from reviews.publication import documents
from reviews.stages import Action
from reviews.workflow import ActionBlocked
from reviews.workflow.publishing import publish_due
from tests import make, reviewing
from tests.api import Api, api, assert_problem
from tests.reviewing import DO, at, why

pytestmark = pytest.mark.django_db
A = Action

LIST = "/public/fact-checks"


@pytest.fixture
def room():
    return make.newsroom()


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
        assert [f"{each.fact_check.slug}#claim-review" in told for each in (review, other)] == [False, True]


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


# Small changes

EDITED = "The body, with its year mended."


def doubted(room, **edit) -> Review:
    """Under revision, with this edit by Hal."""
    review = make.review(room, Stage.UNDER_REVISION)
    if edit:
        workflow.edit_draft(review.pk, edit, actor=room.hal)
    return review


def publish_minor(room, review: Review, who: User, kind: str = "update", note: str = "The year was wrong.") -> Any:
    said = {"kind": kind, "draft_digest": at(review).draft.digest, "public_note": note}
    return api(who).post(f"/reviews/{review.pk}/publish-minor", said)


def test_a_small_change_is_the_next_revision_and_says_why(room, anybody):
    review = doubted(room, body=EDITED)
    first = anybody.get(f"{LIST}/{review.fact_check.pk}/revisions/1")
    before = shown(anybody, review)
    answer = publish_minor(room, review, room.gwen)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["stage"], answer.json()["handler"]) == ("published", None)
    assert answer.json()["approval"]["approver"]["username"] == "gwen"
    after = shown(anybody, review)
    at_once = after["content"]["modified_at"]
    assert after["content"] == before["content"] | {
        "body": EDITED,
        "modified_at": at_once,
        "corrections": [
            {"text": "The year was wrong.", "published_at": at_once, "rating_before": "", "rating_after": ""}
        ],
    }
    assert (after["revision"], after["status"], after["slug"]) == (2, "published", before["slug"])
    assert after["changed_at"] > before["changed_at"]
    listed = anybody.get(f"{LIST}/{review.fact_check.pk}/revisions").json()["results"]
    assert [(row["number"], row["kind"], row["changed"], row["public_note"]) for row in listed] == [
        (1, "first", [], ""), (2, "update", ["body", "corrections"], "The year was wrong."),
    ]  # fmt: skip
    again = anybody.get(f"{LIST}/{review.fact_check.pk}/revisions/1")
    assert again.content == first.content
    assert anybody.get(LIST, {"updated_since": before["changed_at"]}).json()["results"] == [after]
    event = AuditEvent.objects.filter(subject_id=review.pk).latest("number")
    assert (event.action, event.actor, event.note) == ("publish_minor", room.gwen, "The year was wrong.")
    assert (event.data["revision"], event.data["kind"], event.data["changed"]) == (2, "update", ["body", "corrections"])


def test_a_typo_needs_no_note_and_is_no_correction(room, anybody):
    review = doubted(room, body=EDITED)
    assert publish_minor(room, review, room.gwen, "typo", "").status_code == 200
    assert shown(anybody, review)["content"]["corrections"] == []
    [_, second] = review.fact_check.revisions.all()
    assert (second.kind, second.changed, second.public_note) == ("typo", ["body"], "")


def test_of_anything_but_a_typo_readers_are_told_why(room):
    review = doubted(room, body=EDITED)
    for note in ("", " \n\u200b"):
        answer = publish_minor(room, review, room.gwen, "update", note)
        [error] = assert_problem(answer, 422, "invalid_input")["errors"]
        assert (error["code"], error["pointer"]) == ("note_needed", "/public_note")
    for kind in ("first", "reverified"):
        assert_problem(publish_minor(room, review, room.gwen, kind), 422, "invalid_input")
    assert review.fact_check.revisions.count() == 1


@pytest.mark.parametrize(
    ("edit", "codes"),
    [({}, ["nothing_changed"]), ({"rating": "true", "body": EDITED}, ["rating_changed"]), ({"headline": " "}, ["draft_incomplete"])],
)  # fmt: skip
def test_a_small_change_changes_the_text_and_nothing_but_the_text(room, anybody, edit, codes):
    review = doubted(room, **edit)
    before = shown(anybody, review)
    problem = assert_problem(publish_minor(room, review, room.gwen), 409, "action_blocked")
    assert [blocker["code"] for blocker in problem["blocked_by"]] == codes
    assert shown(anybody, review) == before


def test_whoever_edited_does_not_publish_it_nor_does_whoever_took_part(room):
    review = doubted(room, body=EDITED)
    workflow.edit_draft(review.pk, {"summary": "In short."}, actor=room.gwen)
    for who, code in ((room.gwen, "own_edit"), (make.user("finn", "editor"), "involved")):
        problem = assert_problem(publish_minor(room, review, who), 409, "action_blocked")
        assert [blocker["code"] for blocker in problem["blocked_by"]] == [code]
    assert publish_minor(room, review, room.emil).status_code == 200


def test_an_edit_that_the_publisher_has_not_read_is_not_published(room):
    review = doubted(room, body=EDITED)
    said = {"kind": "typo", "draft_digest": at(review).draft.digest}
    workflow.edit_draft(review.pk, {"body": "Something else."}, actor=room.hal)
    answer = api(room.gwen).post(f"/reviews/{review.pk}/publish-minor", said)
    [error] = assert_problem(answer, 422, "invalid_input")["errors"]
    assert (error["code"], error["pointer"]) == ("not_the_present_one", "/draft_digest")


def test_what_was_edited_is_dropped_with_the_doubt(room):
    review = make.review(room, Stage.PUBLISHED)
    text = Draft.objects.values(*make.DRAFT_FIELDS, "digest").get()
    DO[A.OPEN_REVISION](room, review, room.hal)
    workflow.edit_draft(review.pk, {"body": EDITED, "rating": "true"}, actor=room.hal)
    DO[A.DISMISS_REVISION](room, review, room.hal)
    assert Draft.objects.values(*make.DRAFT_FIELDS, "digest").get() == text
    event = AuditEvent.objects.filter(subject_id=review.pk).latest("number")
    assert event.data["dropped"] == ["body", "rating"]


# Verified again


def verified_again(room, rating: str) -> Review:
    """Approved once more, with this rating."""
    review = doubted(room)
    DO[A.REVERIFY](room, review, room.emil)
    make.evidence(room, review, "context", "Office")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(at(review)):
        room.vote(review, who, rating)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    make.approve(room.gwen, at(review))
    return at(review, Stage.APPROVED)


def test_a_rating_changes_by_another_round_and_readers_are_told_from_what_to_what(room, anybody):
    review = verified_again(room, "true")
    first = anybody.get(f"{LIST}/{review.fact_check.pk}/revisions/1")
    before = shown(anybody, review)
    assert (before["status"], before["revision"], before["content"]["rating"]["code"]) == ("under_revision", 1, "false")
    answer = api(room.emil).post(f"/reviews/{review.pk}/publish", {})
    [error] = assert_problem(answer, 422, "invalid_input")["errors"]
    assert (error["code"], error["pointer"]) == ("note_needed", "/public_note")
    assert shown(anybody, review) == before
    answer = api(room.emil).post(f"/reviews/{review.pk}/publish", {"public_note": "The tables were of 2023."})
    assert answer.status_code == 200, answer.content
    after = shown(anybody, review)
    assert (after["status"], after["revision"], after["content"]["rating"]["code"]) == ("published", 2, "true")
    assert after["content"]["corrections"] == [
        {
            "text": "The tables were of 2023.", "published_at": after["content"]["modified_at"],
            "rating_before": "False", "rating_after": "True",
        }
    ]  # fmt: skip
    assert after["content"]["published_at"] == before["content"]["published_at"]
    assert anybody.get(f"{LIST}/{review.fact_check.pk}/revisions/1").content == first.content
    [_, second] = review.fact_check.revisions.all()
    assert (second.kind, second.changed) == ("reverified", ["corrections", "rating", "sources"])
    assert publication.check(documents.read(second.content)) == {name: [] for name in publication.PROFILES}


def test_a_verified_finding_may_be_published_at_a_time_with_the_note_of_its_approval(room):
    review = verified_again(room, "true")
    DO[A.UNAPPROVE](room, review, room.emil)
    seen = {name: str(value) for name, value in reviewing.what_an_editor_sees(review).items()}
    seen["publish_at"] = (timezone.now() + timedelta(minutes=30)).isoformat()
    answer = api(room.gwen).post(f"/reviews/{review.pk}/approve", seen)
    [error] = assert_problem(answer, 422, "invalid_input")["errors"]
    assert (error["code"], error["pointer"]) == ("note_needed", "/public_note")
    assert (
        api(room.gwen).post(f"/reviews/{review.pk}/approve", seen | {"public_note": "As checked."}).status_code == 200
    )
    with mock.patch.object(timezone, "now", return_value=timezone.now() + timedelta(hours=1)):
        assert publish_due(review.pk)
    assert review.fact_check.revisions.last().public_note == "As checked."


def test_a_finding_that_is_confirmed_is_a_revision_too(room, anybody):
    review = verified_again(room, "false")
    workflow.publish(review.pk, public_note="It was checked again, and stands.", actor=room.emil)
    [correction] = shown(anybody, review)["content"]["corrections"]
    assert (correction["rating_before"], correction["rating_after"]) == ("", "")


def test_a_first_revision_has_nothing_to_say_of_a_change(room):
    review = make.review(room, Stage.APPROVED)
    answer = api(room.emil).post(f"/reviews/{review.pk}/publish", {"public_note": "New."})
    [error] = assert_problem(answer, 422, "invalid_input")["errors"]
    assert (error["code"], error["pointer"]) == ("nothing_changed", "/public_note")


def test_what_is_public_is_not_closed_while_it_is_verified_again(room):
    review = doubted(room)
    DO[A.REVERIFY](room, review, room.emil)
    with pytest.raises(ActionBlocked) as refusal:
        DO[A.CLOSE](room, review, room.emil)
    assert blockers(refusal) == ["public_already"]
    DO[A.RELEASE](room, review, room.finn)
    with pytest.raises(ActionBlocked):
        DO[A.CLOSE](room, review, room.ada)
    assert at(review).fact_check.status == "under_revision"


@pytest.mark.parametrize("stage", [Stage.RESEARCH, Stage.DRAFTING])
def test_a_verification_that_is_given_up_leaves_nothing_behind(room, anybody, stage):
    review = doubted(room)
    before, text = shown(anybody, review), Draft.objects.values(*make.DRAFT_FIELDS, "digest").get()
    DO[A.REVERIFY](room, review, room.emil)
    if stage is Stage.DRAFTING:
        workflow.submit_for_rating(review.pk, actor=room.finn)
        for who in room.holders(at(review)):
            room.vote(review, who, "true")
        reviewing.fill_in(room, review)
    at(review, stage)
    shown_by = api(room.gwen).post(f"/reviews/{review.pk}/abandon-reverification", why(A.ABANDON_REVERIFICATION))
    assert shown_by.status_code == 200, shown_by.content
    assert (shown_by.json()["stage"], shown_by.json()["decision"]["rating"]) == ("under_revision", "false")
    assert shown(anybody, review) == before
    assert Draft.objects.values(*make.DRAFT_FIELDS, "digest").get() == text
    # A small change rests on the decision of before.
    workflow.edit_draft(review.pk, {"body": EDITED}, actor=room.hal)
    assert publish_minor(room, review, room.gwen).status_code == 200
    assert shown(anybody, review)["content"]["rating"] == before["content"]["rating"]


def test_rounds_of_verifications_that_were_given_up_use_up_none_of_the_next(room):
    review = doubted(room)
    for _ in range(MAX_ROUNDS):
        DO[A.REVERIFY](room, review, room.emil)
        workflow.submit_for_rating(review.pk, actor=room.finn)
        for who in room.holders(at(review)):
            room.vote(review, who, "true")
        DO[A.ABANDON_REVERIFICATION](room, review, room.gwen)
    DO[A.REVERIFY](room, review, room.emil)
    for _ in range(MAX_ROUNDS):
        workflow.submit_for_rating(review.pk, actor=room.finn)
        DO[A.REQUEST_EVIDENCE](room, review, room.emil)
    with pytest.raises(ActionBlocked) as refusal:
        workflow.submit_for_rating(review.pk, actor=room.finn)
    assert blockers(refusal) == ["too_many_rounds"]


def test_what_is_verified_again_can_be_retracted_at_any_stage_of_it(room):
    review = doubted(room)
    DO[A.REVERIFY](room, review, room.emil)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    room.vote(review, room.holders(at(review))[0])
    make.propose(room.emil, review)
    assert workflow.retract(review.pk, actor=room.gwen).stage == Stage.RETRACTED
    assert Round.objects.filter(review=review).latest("number").outcome == "void"


def test_what_was_proposed_of_one_revision_does_not_retract_the_next(room):
    review = doubted(room, body=EDITED)
    make.propose(room.emil, review)
    assert publish_minor(room, review, room.gwen).status_code == 200
    with pytest.raises(ActionBlocked) as refusal:
        workflow.retract(review.pk, actor=room.gwen)
    assert blockers(refusal) == ["nothing_proposed"]
