"""What the desk says about a review: in threads, pinned to what is meant, and never by somebody who votes at that time."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.models import AuditEvent
from factcheck.errors import ActionForbidden, InvalidInput, NotFound
from reviews import workflow
from reviews.commenting import ANCHOR_FIELDS, mentioned
from reviews.digests import DRAFT_FIELDS
from reviews.facts import Stage
from reviews.models import Comment, DeskMembership, Mention, Review
from reviews.workflow import ActionBlocked
from reviews.workflow.conflicts import refill_seats
from tests import make, reviewing
from tests.api import api, assert_problem, places, walk
from tests.reviewing import why
from tests.test_review_lies import copy, is_refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


def say(room: make.Newsroom, review: Review, text: str = "Which year?", who: User | None = None, **more: Any) -> Any:
    return api(who or room.finn).post(f"/reviews/{review.pk}/comments", {"text": text, **more})


def rows() -> dict[str, str]:
    """All that a comment could leave a trace in; the record of the tokens with which the tests ask is another matter."""
    found = reviewing.snapshot(reviewing.tables())
    told = AuditEvent.objects.exclude(subject_type="token").order_by("id").values_list("id", "hash")
    return {name: digest for name, digest in found.items() if not name.startswith("audit_")} | {"told": str([*told])}


# Whom it names


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", []), ("@ben", ["ben"]), ("@Ben, look", ["ben"]), ("Ask @ben.", ["ben"]), ("(@ben)", ["ben"]), ("@ben @cleo @ben", ["ben", "cleo"]),
        ("@benny", []), ("ben@desk.example", []), ("@@ben", []), ("@ann.lee.", ["ann.lee"]), ("@ann.lee+x", ["ann.lee+x"]),
        ("@ann.lee+", ["ann.lee"]), ("@nobody", []), ("@ben@cleo", []), ("\n@cleo:", ["cleo"]), ("@ІВАН", ["іван"]),
    ],
)  # fmt: skip
def test_a_name_is_an_at_sign_and_a_username_of_the_desk(text, names):
    people = {name: name for name in ("ben", "cleo", "ann.lee", "ann.lee+x", "іван")}
    assert mentioned(text, people) == names


def test_the_fields_of_the_draft_can_all_be_commented_on():
    assert {name.removeprefix("draft.") for name in ANCHOR_FIELDS if name.startswith("draft.")} == set(DRAFT_FIELDS)


# Saying something


def test_what_is_said_is_answered_listed_and_on_the_record_without_its_words(room):
    review = make.review(room, Stage.RESEARCH)
    said = say(room, review, "Which year, @Emil? @zoe would know.")
    assert said.status_code == 201
    body = said.json()
    assert (body["review"], body["author"]["username"], body["text"]) == (
        str(review.pk), "finn", "Which year, @Emil? @zoe would know.",
    )  # fmt: skip
    assert body["mentions"] == [{"id": str(room.emil.pk), "username": "emil"}], "Zoe is of another desk"
    assert (body["reply_to"], body["anchor"]) == (
        None, {"field": "", "evidence": None, "article_version": None, "start": None, "end": None, "quote": ""},
    )  # fmt: skip
    assert api(room.ada).get(f"/reviews/{review.pk}/comments").json()["results"] == [body]
    told = events.events(review).last()
    assert (told.action, told.actor) == ("comment", room.finn)
    digest = sha256(b"Which year, @Emil? @zoe would know.").hexdigest()
    assert told.data == {"comment": body["id"], "text_sha256": digest, "mentions": [str(room.emil.pk)]}


def test_talking_makes_nobodys_work_stale(room):
    review = make.review(room, Stage.RESEARCH)
    client, path = api(room.finn), f"/reviews/{review.pk}"
    client.looks_first = False
    before = Review.objects.values().get(pk=review.pk)
    seen = client.get(path)
    assert say(room, review, who=room.emil).status_code == 201
    assert Review.objects.values().get(pk=review.pk) == before
    assert client.get(path, headers={"If-None-Match": seen["ETag"]}).status_code == 304
    assert client.post(f"{path}/renew-lease", headers={"If-Match": seen["ETag"]}).status_code == 200


def test_a_comment_may_answer_another_of_the_same_review(room):
    review, other = make.review(room), make.review(room, text="Wages fell.")
    first = say(room, review).json()
    answer = say(room, review, "2024.", room.ada, reply_to=first["id"])
    assert (answer.status_code, answer.json()["reply_to"]) == (201, first["id"])
    before = Comment.objects.count()
    for wrong in (say(room, other, reply_to=first["id"]), say(room, review, reply_to=str(review.pk))):
        assert places(assert_problem(wrong, 422, "invalid_input")) == [("unknown_comment", "/reply_to")]
    assert Comment.objects.count() == before


def test_comments_are_listed_first_to_last_page_by_page(room):
    review = make.review(room)
    said = [say(room, review, f"Number {n}, @ada and @emil.").json() for n in range(5)]
    pages = list(walk(api(room.uma), f"/reviews/{review.pk}/comments?page_size=2"))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert [item for page in pages for item in page] == said


def test_a_comment_sent_again_with_its_key_is_said_once(room):
    review = make.review(room)
    client, headers = api(room.finn), {"Idempotency-Key": "k"}
    first, second = (
        client.post(f"/reviews/{review.pk}/comments", {"text": "Once."}, headers=headers) for _ in range(2)
    )
    assert (second.json(), second["Idempotency-Replayed"]) == (first.json(), "true")
    assert Comment.objects.count() == 1


# What it is about


def pinned(room: make.Newsroom, review: Review, **anchor: Any) -> Any:
    return say(room, review, anchor=anchor)


def test_a_comment_is_pinned_to_a_field_and_to_a_place_in_it(room):
    review = make.review(room, Stage.DRAFTING)
    assert review.claim.text == "Prices doubled in a year."
    whole = pinned(room, review, field="draft.headline").json()["anchor"]
    assert (whole["field"], whole["start"], whole["quote"]) == ("draft.headline", None, "")
    span = {"start": 7, "end": 14}
    place = pinned(room, review, field="claim.text", span=span).json()["anchor"]
    assert (place["start"], place["end"], place["quote"]) == (7, 14, "doubled")
    assert pinned(room, review, field="claim.text", span=span | {"quote": "doubled"}).status_code == 201


def test_places_are_counted_in_code_points(room):
    review = make.review(room, text="Prices 🙂 doubled in a year.")
    place = pinned(room, review, field="claim.text", span={"start": 9, "end": 16}).json()["anchor"]
    assert place["quote"] == "doubled"


def test_a_comment_is_pinned_to_an_item_of_evidence_or_to_a_text_in_which_the_claim_appears(room):
    article = make.article("Prices doubled in a year, the bank said.")
    version = article.versions.get()
    review = make.review(room, Stage.RESEARCH, version_id=version.pk, start=0, end=14)
    item = make.evidence(room, review)
    assert pinned(room, review, evidence=str(item.pk)).json()["anchor"]["evidence"] == str(item.pk)
    place = pinned(room, review, article_version=str(version.pk), span={"start": 30, "end": 34}).json()["anchor"]
    assert (place["article_version"], place["quote"]) == (str(version.pk), "bank")


def test_a_comment_about_what_is_not_there_is_refused(room):
    other = make.review(room, Stage.RESEARCH, text="Wages fell.")
    foreign = str(make.evidence(room, other).pk)
    elsewhere = str(make.article("Nothing of the kind.").versions.get().pk)
    version = make.article("Prices doubled in a year, the bank said.").versions.get()
    review = make.review(room, Stage.RESEARCH, version_id=version.pk, start=0, end=14)
    own, before = str(version.pk), rows()
    span = {"start": 0, "end": 6}
    for anchor, found in [
        ({"field": "draft.body"}, ("unknown_field", "/anchor/field")),
        ({"evidence": foreign}, ("unknown_evidence", "/anchor/evidence")),
        ({"article_version": elsewhere, "span": span}, ("unknown_version", "/anchor/article_version")),
        ({"article_version": own}, ("required", "/anchor/span")),
        ({"span": span}, ("span_without_text", "/anchor/span")),
        ({"field": "claim.text", "article_version": own, "span": span}, ("exclude_each_other", "/anchor")),
        ({"field": "claim.text", "span": {"start": 5, "end": 5}}, ("span_outside", "/anchor/span")),
        ({"field": "claim.text", "span": {"start": 0, "end": 900}}, ("span_outside", "/anchor/span")),
        ({"field": "claim.text", "span": span | {"quote": "Wages"}}, ("quote_differs", "/anchor/span/quote")),
    ]:
        assert places(assert_problem(pinned(room, review, **anchor), 422, "invalid_input")) == [found], anchor
    assert places(assert_problem(say(room, review, " \n"), 422, "invalid_input"))[0][1] == "/text"
    with pytest.raises(InvalidInput):
        workflow.comment(review.pk, " \n", actor=room.finn)
    assert rows() == before


# Who may


def test_whoever_votes_says_nothing_until_the_round_has_closed(room):
    review = make.review(room, Stage.RATING)
    voter, other = room.holders(review)
    room.vote(review, voter)
    before = rows()
    for who in (voter, other):
        problem = assert_problem(say(room, review, who=who), 409, "action_blocked")
        assert [blocker["code"] for blocker in problem["blocked_by"]] == ["votes_sealed"]
    assert rows() == before
    assert say(room, review, who=room.finn).status_code == 201
    room.vote(review, other, "true")
    assert say(room, review, who=voter).status_code == 201


def test_whoever_left_their_seat_may_know_a_verdict_all_the_same(room):
    review = make.review(room, Stage.RATING)
    voter = room.holders(review)[0]
    room.vote(review, voter)
    workflow.declare_conflict(review.pk, actor=voter, **why("declare_conflict"))
    with pytest.raises(ActionBlocked) as refusal:
        workflow.comment(review.pk, "False, I say.", actor=voter)
    assert [blocker["code"] for blocker in refusal.value.extra["blocked_by"]] == ["votes_sealed"]


def test_an_auditor_reads_what_is_said_and_says_nothing(room):
    review = make.review(room)
    say(room, review)
    gus = make.user("gus", "auditor", "editor")
    assert len(api(gus).get(f"/reviews/{review.pk}/comments").json()["results"]) == 1
    assert_problem(say(room, review, who=gus), 403, "action_forbidden")
    assert_problem(say(room, review, who=room.uma), 403, "insufficient_scope")
    with pytest.raises(ActionForbidden):
        workflow.comment(review.pk, "Well done.", actor=room.uma)
    assert Comment.objects.count() == 1


def test_to_another_desk_nothing_was_said(room):
    review = make.review(room)
    say(room, review)
    assert_problem(api(room.zoe).get(f"/reviews/{review.pk}/comments"), 404, "not_found")
    assert_problem(say(room, review, who=room.zoe), 404, "not_found")
    with pytest.raises(NotFound):
        workflow.comment(review.pk, "Hello.", actor=room.zoe)
    assert Comment.objects.count() == 1


# The database itself


def test_what_was_said_stays_said(room):
    review = make.review(room)
    workflow.comment(review.pk, "Ask @emil.", actor=room.finn)
    for table in ("reviews_comment", "reviews_mention"):
        is_refused("insert-only", f"UPDATE {table} SET id = id")
        is_refused("insert-only", f"DELETE FROM {table}")
    is_refused("insert-only", "TRUNCATE reviews_comment, reviews_mention")


def test_the_database_lets_a_comment_be_about_its_own_review_and_one_thing_only(room):
    review, other = make.review(room, Stage.RESEARCH), make.review(room, Stage.RESEARCH, text="Wages fell.")
    said = workflow.comment(review.pk, "Ask @emil.", actor=room.finn)
    item = make.evidence(room, review)
    version = make.article("Prices doubled.").versions.get()
    lies = {
        "comment_has_words": {"text": ""},
        "about another one": {"review_id": other.pk, "reply_to_id": said.pk},
        "A comment on review": {"review_id": other.pk, "evidence_id": item.pk},
        "comment_field_known": {"field": "claim.risk"},
        "comment_about_one_thing": {"field": "claim.text", "evidence_id": item.pk},
        "comment_span_is_whole": {"field": "claim.text", "start": 3, "end": 4, "quote": "Pric"},
        "comment_span_in_a_text": {"start": 3, "end": 4, "quote": "P"},
        "The text does not say this": {"article_version_id": version.pk, "start": 0, "end": 5, "quote": "Wages"},
    }
    for rule, changes in lies.items():
        is_refused(rule, lambda changes=changes: copy(said, **changes))
    is_refused("mention_once", lambda: copy(Mention.objects.get()))
    assert Comment.objects.get() == said


def test_the_database_lets_nobody_write_who_votes(room):
    review = make.review(room, Stage.RESEARCH)
    said = workflow.comment(review.pk, "Which year?", actor=room.ben)
    for side, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, side, origin)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert room.ben in room.holders(reviewing.at(review))
    is_refused("says nothing meanwhile", lambda: copy(said, text="False, I say."))


# Seats that find somebody later


def test_a_seat_that_finds_somebody_later_is_on_the_record_and_says_nothing_of_verdicts(room):
    review = make.review(room, Stage.RATING)
    voter, leaving = room.holders(review)
    DeskMembership.objects.filter(user=room.ivy).delete()
    room.vote(review, voter)
    workflow.declare_conflict(review.pk, actor=leaving, **why("declare_conflict"))
    told = events.events(review).last()
    assert (told.action, "seated" in told.data) == ("declare_conflict", False)
    assert refill_seats() == 0
    assert events.events(review).last() == told, "nothing happened"
    DeskMembership.objects.create(desk=room.desk, user=room.ivy)
    version = reviewing.at(review).version
    assert refill_seats() == 1
    told = events.events(review).last()
    assert (told.action, told.actor, told.version) == ("fill_seat", None, version + 1)
    assert told.data == {"seated": {"2": str(room.ivy.pk)}}


def test_a_seat_that_is_filled_at_once_is_told_with_the_conflict(room):
    review = make.review(room, Stage.RATING)
    leaving = room.holders(review)[1]
    workflow.declare_conflict(review.pk, actor=leaving, **why("declare_conflict"))
    told = events.events(review).last().data
    assert told == {
        "seat": 2, "replaced": [str(leaving.pk)], "seated": {"2": str(room.ivy.pk)}, "commitment": told["commitment"],
    }  # fmt: skip
