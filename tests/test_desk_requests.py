"""Readers' requests for a correction at the desk: who handles them there, and what becomes of them."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import re2
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from reviews import workflow
from reviews.corrections import RequestAction
from reviews.facts import Stage
from reviews.models import CorrectionRequest, Review
from reviews.stages import Action
from tests import make, reviewing
from tests.test_admin import body, said, words_of
from tests.test_correction_requests import travel
from tests.test_desk import QUERIES, act_at, at_desk, desk_of, everything, filled, hidden, take

pytestmark = pytest.mark.django_db

LIST = "/admin/reviews/correctionrequest/"
WORDS = "The table of May says 31,000."


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def review(room) -> Review:
    return make.review(room, Stage.PUBLISHED)


def ask_for(review: Review, text: str = WORDS) -> CorrectionRequest:
    return workflow.request_correction(review.fact_check.pk, text=text, contact="reader@example.org")[0]


def page_of(request: CorrectionRequest) -> str:
    return f"{LIST}{request.pk}/change/"


def do(client: Client, request: CorrectionRequest, action: RequestAction, **told: Any) -> Any:
    address = f"{LIST}{request.pk}/act/{action}/"
    form = body(client.get(address))
    form = form[form.index('id="form"') :]
    return client.post(address, {name: hidden(form, name) for name in ("seen", "key")} | told)


def test_the_list_holds_what_is_open_for_whoever_handles_it_and_nothing_of_other_desks(room, review):
    late = ask_for(review)
    travel(None, days=4)
    other = ask_for(review, "Another one.")
    hal = at_desk(room.hal)
    with CaptureQueriesContext(connection) as asked:
        page = hal.get(f"{LIST}?part=open")
    assert len(asked) <= QUERIES
    assert all(text in words_of(page) for text in (WORDS, "Another one."))
    assert WORDS in words_of(hal.get(f"{LIST}?part=overdue"))
    assert "Another one." not in words_of(hal.get(f"{LIST}?part=overdue"))
    assert "done" in said(hal, do(hal, other, RequestAction.ACKNOWLEDGE))
    assert "Another one." in words_of(hal.get(f"{LIST}?part=mine"))
    assert WORDS not in words_of(hal.get(f"{LIST}?part=mine"))
    assert WORDS in words_of(hal.get(f"{LIST}?part=received"))
    assert "Another one." not in words_of(hal.get(f"{LIST}?part=received"))
    zoe = at_desk(room.zoe)
    assert WORDS not in words_of(zoe.get(LIST))
    assert zoe.get(page_of(late)).status_code == 404
    assert zoe.get(f"{LIST}{late.pk}/act/accept/").status_code == 404


def test_a_request_is_acknowledged_and_declined_with_an_answer_and_its_handler_alone_is_told_whom_to_write_to(
    room, review
):
    request = ask_for(review)
    hal, emil = at_desk(room.hal), at_desk(room.emil)
    assert "done" in said(hal, do(hal, request, RequestAction.ACKNOWLEDGE))
    with CaptureQueriesContext(connection) as asked:
        shown = words_of(hal.get(page_of(request)))
    assert len(asked) <= QUERIES
    assert "reader@example.org" in shown
    assert "reader@example.org" not in words_of(emil.get(page_of(request)))
    assert "You approved what this request is about" in words_of(emil.get(page_of(request)))
    refused = do(hal, request, RequestAction.DECLINE, answer="The table of May is of another year.")
    assert refused.status_code == 422
    assert "The table of May is of another year.</textarea>" in body(refused)
    told = {"reason": "settled", "answer": "The table of May is of another year."}
    assert "done" in said(hal, do(hal, request, RequestAction.DECLINE, **told))
    request.refresh_from_db()
    assert (request.state, request.answer) == ("declined", told["answer"])
    assert "Answered" not in words_of(hal.get(f"{LIST}?part=open")) or WORDS not in words_of(
        hal.get(f"{LIST}?part=open")
    )


def test_what_says_the_same_is_chosen_among_those_about_the_same_fact_check(room, review):
    first, second = ask_for(review), ask_for(review, "As somebody else says.")
    elsewhere = ask_for(make.review(room, Stage.PUBLISHED, text="Rents doubled in a year."), "About rents.")
    hal = at_desk(room.hal)
    do(hal, second, RequestAction.ACKNOWLEDGE)
    form = body(hal.get(f"{LIST}{second.pk}/act/mark_duplicate/"))
    assert re2.findall('name="duplicate_of" value="([^"]+)"', form) == [str(first.pk)]
    assert str(elsewhere.pk) not in form
    told = {"duplicate_of": str(first.pk), "answer": "We look into it already."}
    assert "done" in said(hal, do(hal, second, RequestAction.MARK_DUPLICATE, **told))
    assert f"{WORDS}" in words_of(hal.get(page_of(second)))


def test_a_revision_is_opened_because_of_a_request_that_stands_on_the_desk_of_the_review(room, review):
    request = ask_for(review)
    hal = at_desk(room.hal)
    address = f"{act_at(review, Action.OPEN_REVISION)}?correction_request={request.pk}"
    assert WORDS in words_of(hal.get(desk_of(review)))
    assert 'name="correction_request"' not in body(hal.get(address)), "it is nobody's yet"
    do(hal, request, RequestAction.ACKNOWLEDGE)
    assert address in body(hal.get(page_of(request)))
    chosen = re2.search(r'name="correction_request" value="([^"]*)"[^>]* checked', body(hal.get(address)))
    assert chosen.group(1) == str(request.pk)
    told = filled(hal, address, correction_request=str(request.pk))
    assert "done" in said(hal, hal.post(act_at(review, Action.OPEN_REVISION), told))
    request.refresh_from_db()
    assert (request.state, reviewing.at(review).stage) == ("accepted", Stage.UNDER_REVISION)


def test_without_a_request_a_revision_is_opened_for_a_reason_of_the_desk(room, review):
    request = ask_for(review)
    hal = at_desk(room.hal)
    do(hal, request, RequestAction.ACKNOWLEDGE)
    told = {"correction_request": "", "reason": "unclear", "note": "The second sentence can be misread."}
    assert "done" in said(hal, take(hal, review, Action.OPEN_REVISION, **told))
    request.refresh_from_db()
    assert (request.state, reviewing.at(review).stage) == ("acknowledged", Stage.UNDER_REVISION)


def test_who_acts_on_a_request_that_moved_meanwhile_is_shown_so_and_changes_nothing(room, review):
    request = ask_for(review)
    hal, gwen = at_desk(room.hal), at_desk(room.gwen)
    do(hal, request, RequestAction.ACKNOWLEDGE)
    address = f"{LIST}{request.pk}/act/decline/"
    form = body(hal.get(address))[body(hal.get(address)).index('id="form"') :]
    typed = {name: hidden(form, name) for name in ("seen", "key")} | {
        "reason": "settled",
        "answer": "It is right.",
    }
    do(gwen, request, RequestAction.TAKE_OVER)
    before = everything()
    late = hal.post(address, typed)
    assert late.status_code == 409
    assert "gwen saved version 3" in words_of(late)
    assert "It cannot be done any more. This is for: its handler." in words_of(late)
    assert "It is right.</textarea>" in body(late)
    assert everything() == before


@pytest.mark.parametrize("action", ["no-such", "delete", "ACCEPT"])
def test_an_action_that_is_none_is_not_there(room, review, action):
    assert at_desk(room.hal).get(f"{LIST}{ask_for(review).pk}/act/{action}/").status_code == 404


def test_a_request_that_is_not_there_is_not_found(room):
    assert at_desk(room.hal).get(f"{LIST}{uuid4()}/act/accept/").status_code == 404
