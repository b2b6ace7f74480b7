"""Whom it is about had their say, and readers are told so: whether they were asked and answered, and what of it was meant for them."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest
from django.test import Client
from django.utils import timezone

from reviews import publication, workflow
from reviews.facts import Stage
from reviews.models import ReplyRequest
from reviews.publication import documents
from tests import make, reviewing
from tests.api import Api, api

pytestmark = pytest.mark.django_db

WHO = "Jane Roe, press office, jane.roe@ministry.example"


def test_what_came_of_the_right_of_reply_is_public_and_neither_whom_nor_what_was_not_meant_to_be():
    room = make.newsroom()
    review = make.review(room, Stage.DRAFTING)
    ask = {"addressee": WHO, "question": "Which tables?", "actor": room.finn}
    answered = workflow.request_reply(review.pk, public_addressee="The ministry", **ask)
    declined, silent = workflow.request_reply(review.pk, **ask), workflow.request_reply(review.pk, **ask)
    ago = timezone.now() - timedelta(days=4)
    ReplyRequest.objects.filter(pk=silent.pk).update(created_at=ago, due_at=ago + timedelta(days=3))
    said = {"request": str(answered.pk), "answer": "Between us: nobody knows.", "public_answer": "We counted in May."}
    assert api(room.finn).post(f"/reviews/{review.pk}/record-reply", said).status_code == 200
    workflow.record_reply(review.pk, declined.pk, answer="No comment, and no name.", is_declined=True, actor=room.finn)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    make.approve(room.emil, reviewing.at(review))
    workflow.publish(review.pk, actor=room.emil)
    public = Api().get(f"/public/fact-checks/{reviewing.at(review).fact_check.pk}").json()
    rows = [ReplyRequest.objects.get(pk=pk) for pk in (answered.pk, declined.pk, silent.pk)]
    asked_at = [documents.in_utc(row.created_at) for row in rows]
    at = [documents.in_utc(row.answered_at) if row.answered_at else "" for row in rows]
    nothing = {"addressee": "", "asked_at": "", "answered_at": "", "text": "", "reason": ""}
    assert public["content"]["replies"][:3] == [
        nothing | {
            "outcome": "answered", "addressee": "The ministry", "asked_at": asked_at[0], "answered_at": at[0], "text": "We counted in May.",
        },
        nothing | {"outcome": "declined", "asked_at": asked_at[1], "answered_at": at[1]},
        nothing | {"outcome": "no_answer", "asked_at": asked_at[2]},
    ]  # fmt: skip
    page = Client().get(f"/fact-checks/{public['slug']}").content.decode()
    for words in (
        "What those concerned say",
        "The ministry answered.",
        "We counted in May.",
        "Somebody whom it concerns did not answer.",
    ):
        assert words in page
    for secret in ("Roe", "jane", "Between us", "no name", "Which tables"):
        assert secret not in str(public) + page, secret
    document = documents.read(orjson.dumps(public["content"]).decode())
    assert publication.check(document) == {name: [] for name in publication.PROFILES}


def test_that_nobody_was_asked_is_told_with_its_reason_and_not_its_words():
    room = make.newsroom()
    public = make.review(room, Stage.PUBLISHED).fact_check
    [told] = Api().get(f"/public/fact-checks/{public.pk}").json()["content"]["replies"]
    assert (told["outcome"], told["reason"], told["text"], told["asked_at"]) == ("not_asked", "no_interests", "", "")
    assert "touches nobody" in Client().get(f"/fact-checks/{public.slug}").content.decode()


def test_what_was_published_before_replies_were_told_is_read_all_the_same():
    revision = make.review(make.newsroom(), Stage.PUBLISHED).fact_check.revisions.get()
    before = orjson.loads(revision.content)
    del before["replies"]
    assert documents.read(orjson.dumps(before).decode()).replies == ()
