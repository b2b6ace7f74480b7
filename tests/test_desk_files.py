"""Files as evidence at the desk: the one form that takes one, which the API's own route answers."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from factcheck.admin import uploading
from reviews.facts import Stage
from reviews.models import Review
from reviews.stages import Action
from tests import make
from tests.test_admin import body, said, words_of
from tests.test_desk import act_at, at_desk, desk_of, everything, hidden

pytestmark = pytest.mark.django_db

TABLE = b"33,000 people serve.\r\n--x\r\n"
TOLD = {"origin": "Library", "stance": "context", "title": "A table", "quotation": "33,000", "locator": "line 1"}


@pytest.fixture
def room(evidence_folder) -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def review(room) -> Review:
    return make.review(room, Stage.RESEARCH)


def address_of(review: Review) -> str:
    return f"/admin/reviews/review/{review.pk}/add-file/"


def sent(client: Client, review: Review, payload: bytes | None = TABLE, name: str = "tables.txt", **told: str) -> Any:
    form = body(client.get(address_of(review)))
    form = form[form.index('id="form"') :]
    fields = {name: hidden(form, name) for name in ("key", "csrfmiddlewaretoken")} | TOLD | told
    file = {} if payload is None else {"file": SimpleUploadedFile(name, payload)}
    return client.post(address_of(review), fields | file)


def test_a_file_becomes_an_item_of_evidence_with_the_bytes_that_were_sent(room, review):
    finn = at_desk(room.finn)
    assert f'href="{address_of(review)}#form"' in body(finn.get(act_at(review, Action.ADD_EVIDENCE)))
    answer = sent(finn, review, name='the "tables".txt', is_confidential="on")
    item = review.evidence.get()
    assert answer["Location"] == f"{desk_of(review)}#evidence-{item.pk}"
    assert "Add evidence: done." in said(finn, answer)
    assert (item.stance, item.is_confidential, item.snapshot.name) == ("context", True, 'the "tables".txt')
    assert item.snapshot.sha256 == hashlib.sha256(TABLE).hexdigest()
    assert "Stored copy" in words_of(finn.get(desk_of(review)))


def test_a_second_click_adds_it_once(room, review):
    finn = at_desk(room.finn)
    form = body(finn.get(address_of(review)))
    told = TOLD | {name: hidden(form[form.index('id="form"') :], name) for name in ("key", "csrfmiddlewaretoken")}
    for _ in range(2):
        answer = finn.post(address_of(review), told | {"file": SimpleUploadedFile("tables.txt", TABLE)})
        assert answer["Location"].endswith(str(review.evidence.get().pk))


@pytest.mark.parametrize(
    ("payload", "more", "why"),
    [
        (None, {}, "This field is required."),
        (TABLE, {"stance": ""}, "This field is required."),
        (b"MZ\x90\x00", {}, "By its content, the file is none of"),
        (b"", {}, "The file is empty."),
    ],
)
def test_what_the_api_refuses_of_a_file_stands_beside_its_field_with_all_that_was_typed(
    room, review, payload, more, why
):
    finn, before = at_desk(room.finn), everything()
    page = sent(finn, review, payload, "tables.txt", note="Typed at length.", **more)
    assert 400 <= page.status_code < 500
    assert why in words_of(page)
    assert "Typed at length.</textarea>" in body(page)
    assert everything() == before


def test_a_form_without_its_token_is_refused_though_it_is_read_first(room, review):
    User = type(room.finn)
    User.objects.filter(pk=room.finn.pk).update(is_staff=True)
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(pk=room.finn.pk))
    before = everything()
    file = {"file": SimpleUploadedFile("tables.txt", TABLE)}
    for token in ({}, {"csrfmiddlewaretoken": "x" * 64}):
        assert strict.post(address_of(review), TOLD | file | token).status_code == 403
    assert strict.post(address_of(review), b"--", "multipart/form-data; boundary=x1").status_code == 403
    assert everything() == before
    assert "done" in said(strict, sent(strict, review))


def test_a_form_that_is_too_long_or_none_is_refused_unread(room, review, monkeypatch):
    finn, before = at_desk(room.finn), everything()
    page = finn.post(address_of(review), b"--", "multipart/form-data; boundary=x1")
    assert (page.status_code, "does not begin with its boundary" in words_of(page)) == (400, True)
    page = finn.post(address_of(review), b"stance=context", "application/x-www-form-urlencoded")
    assert (page.status_code, "names its boundary" in words_of(page)) == (400, True)
    monkeypatch.setattr(uploading, "MAX_FORM_BYTES", -(10**9))
    page = sent(finn, review)
    assert (page.status_code, "A file may have" in words_of(page)) == (413, True)
    assert everything() == before


def test_who_may_add_no_evidence_adds_no_file(room, review):
    emil, before = at_desk(room.emil), everything()
    page = sent(emil, review)
    assert (page.status_code, "This is for" in words_of(page)) == (409, True)
    assert everything() == before
    assert at_desk(room.zoe).post(address_of(review), TOLD).status_code == 404
