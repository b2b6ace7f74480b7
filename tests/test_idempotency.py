"""A POST that is sent again with its Idempotency-Key acts once and is answered as the first time, to its caller alone."""

from __future__ import annotations

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connections

from claims import pipeline
from claims.models import Article, Claim
from factcheck import tasks
from factcheck.accounts import tokens
from factcheck.accounts.models import Token
from factcheck.api.renderers import dumps
from factcheck.audit.models import AuditEvent
from factcheck.models import IdempotencyRecord, Job
from tests import make
from tests.api import api, assert_problem, places, signed_in
from tests.editing import answers_at_once, each_key_acts_once
from tests.test_every_operation import bodies, fill, operations, own_key, world  # noqa: F401

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
BODY = {"text": "Prices doubled."}


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager")


def counts() -> list[int]:
    events = AuditEvent.objects.exclude(subject_type__in=("user", "token"))
    return [rows.count() for rows in (Claim.objects, Article.objects, Job.objects, events, IdempotencyRecord.objects)]


def test_a_repeated_post_acts_once_and_is_answered_as_the_first_time(ada):
    client = api(ada)
    first = client.post("/claims", BODY, headers=KEY)
    before = counts()
    second = client.post("/claims", BODY, headers=KEY)
    assert counts() == before
    assert "Idempotency-Replayed" not in first
    assert second["Idempotency-Replayed"] == "true"
    assert (second.status_code, second.content) == (201, first.content)
    assert (second["Location"], second["ETag"]) == (first["Location"], first["ETag"])
    assert second["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "media_type", ["application/json", "multipart/form-data; boundary=x", "application/x-www-form-urlencoded"]
)
def test_a_browser_in_a_session_may_send_a_key_with_whatever_it_sends(ada, media_type):
    client = signed_in(ada)
    answers = [client.post("/claims", BODY, media_type, headers=KEY) for _ in range(2)]
    assert {answer.status_code for answer in answers} == {201 if "json" in media_type else 415}
    assert [answer.headers.get("Idempotency-Replayed") for answer in answers] == [
        None,
        "true" if "json" in media_type else None,
    ]


def test_without_a_key_a_repeated_post_acts_twice(ada):
    client = api(ada)
    assert client.post("/claims", BODY).json()["id"] != client.post("/claims", BODY).json()["id"]
    assert counts()[0] == 2
    assert counts()[-1] == 0


def test_every_post_takes_a_key(ada, world):  # noqa: F811
    """Read from the document, so that an operation to come is held to it too. Secrets are shown once."""
    client = signed_in(ada)
    for path, _, operation in operations("post"):
        name = operation["operationId"]
        # Strangers cannot be told apart, and nobody keeps a digest of a password.
        if name in ("sign_in", "create_public_correction_request"):
            continue
        assert "Idempotency-Key" in {parameter["name"] for parameter in operation["parameters"]}, name
        address, body = fill(path, key=own_key(path, world)), bodies(world)[name]
        first = client.post(address, body, headers=KEY)
        assert first.status_code < 500, name
        if first.status_code < 300:
            again = client.post(address, body, headers=KEY)
            shown_once = {"secret": None} if "secret" in first.json() else {}
            assert again.status_code == first.status_code, name
            assert again.content == (dumps(first.json() | shown_once) if shown_once else first.content), name
            assert again["Idempotency-Replayed"] == "true", name
    assert IdempotencyRecord.objects.count() >= 5


def test_an_action_whose_answer_was_lost_is_not_stale_when_it_is_sent_again(ada):
    claim = make.claim(actor=ada)
    client = api(ada)
    headers = KEY | {"If-Match": '"1"'}
    first = client.post(f"/claims/{claim.pk}/accept", headers=headers)
    assert client.post(f"/claims/{claim.pk}/accept", headers=headers).content == first.content
    assert_problem(client.post(f"/claims/{claim.pk}/accept", headers={"If-Match": '"1"'}), 412, "stale_version")


def test_the_same_key_with_another_body_is_refused(ada):
    client = api(ada)
    client.post("/claims", BODY, headers=KEY)
    before = counts()
    problem = assert_problem(
        client.post("/claims", {"text": "Prices fell."}, headers=KEY), 422, "idempotency_key_reused"
    )
    assert places(problem) == [("idempotency_key_reused", "Idempotency-Key")]
    assert counts() == before


def test_a_refused_request_is_not_kept_and_may_be_repeated(ada):
    client = api(ada)
    problem = assert_problem(client.post("/claims", {"text": ""}, headers=KEY), 422, "invalid_input")
    assert counts() == [0, 0, 0, 0, 0]
    assert client.post("/claims", BODY, headers=KEY).status_code == 201
    assert problem["code"] == "invalid_input"


@pytest.mark.parametrize(("error", "status"), [(ArithmeticError, 500), (OperationalError, 503)])
def test_a_failure_of_ours_leaves_neither_write_nor_answer_and_may_be_repeated(ada, monkeypatch, error, status):
    add_claim = pipeline.add_claim

    def write_and_break(**fields: Any) -> None:
        add_claim(**fields)
        raise error("broken")

    client = api(ada)
    with monkeypatch.context() as patch:
        patch.setattr(pipeline, "add_claim", write_and_break)
        assert client.post("/claims", BODY, headers=KEY).status_code == status
    assert counts() == [0, 0, 0, 0, 0]
    assert client.post("/claims", BODY, headers=KEY).status_code == 201


def test_another_caller_with_the_same_key_gets_an_answer_of_their_own(ada):
    finn = make.user("finn", "triager")
    clients = [api(ada), api(finn), api(ada)]  # a person's other token is another caller
    ids = {client.post("/claims", BODY, headers=KEY).json()["id"] for client in clients}
    assert len(ids) == 3
    authors = Claim.objects.order_by("id").values_list("updated_by__username", flat=True)
    assert list(authors) == ["ada", "finn", "ada"]


def test_the_same_key_counts_apart_at_another_address(ada):
    one, two = make.claim(actor=ada), make.claim("Wages fell.", actor=ada)
    client = api(ada)
    for claim in (one, two):
        assert client.post(f"/claims/{claim.pk}/accept", headers=KEY).json()["id"] == str(claim.pk)


def test_who_lost_the_right_does_not_read_the_kept_answer(ada):
    client = api(ada)
    assert client.post("/claims", BODY, headers=KEY).status_code == 201
    ada.groups.clear()
    assert_problem(client.post("/claims", BODY, headers=KEY), 403, "insufficient_scope")
    tokens.revoke(Token.objects.get(user=ada))
    assert_problem(client.post("/claims", BODY, headers=KEY), 401, "invalid_token")


@pytest.mark.parametrize(("tag", "status"), [(None, 428), ("*", 428), ("7", 400)])
def test_a_repeated_request_needs_its_if_match_as_well(ada, tag, status):
    client, accept = api(ada), f"/claims/{make.claim(actor=ada).pk}/accept"
    assert client.post(accept, headers=KEY).status_code == 200
    before = counts()
    client.looks_first = False
    response = client.post(accept, headers=KEY if tag is None else KEY | {"If-Match": tag})
    assert_problem(response, status, "precondition_required" if status == 428 else "invalid_header")
    assert counts() == before
    assert client.post(accept, headers=KEY | {"If-Match": '"1"'})["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize("key", ["", " ", "a b", "x" * 256, "ключ", "a\x7f", "é"])
def test_what_is_no_key_is_refused(ada, key):
    problem = assert_problem(api(ada).post("/claims", BODY, headers={"Idempotency-Key": key}), 400, "invalid_header")
    assert places(problem) == [("invalid", "Idempotency-Key")]
    assert counts() == [0, 0, 0, 0, 0]


@pytest.mark.parametrize("key", ["x", "!~", "x" * 255, '"8e03978e"'])
def test_a_key_is_any_visible_ascii(ada, key):
    client = api(ada)
    ids = {client.post("/claims", BODY, headers={"Idempotency-Key": key}).json()["id"] for _ in range(2)}
    assert len(ids) == 1


def test_after_a_day_a_key_is_new_and_the_old_one_is_forgotten(ada):
    client = api(ada)
    first = client.post("/claims", BODY, headers=KEY).json()
    record = IdempotencyRecord.objects.get()
    IdempotencyRecord.objects.update(created_at=record.created_at - timedelta(hours=23, minutes=59))
    assert tasks.forget()["answers"] == 0
    assert client.post("/claims", BODY, headers=KEY).json() == first
    IdempotencyRecord.objects.update(created_at=record.created_at - timedelta(hours=24, minutes=1))
    assert client.post("/claims", {"text": "Another."}, headers=KEY).json()["text"] == "Another."
    IdempotencyRecord.objects.update(created_at=record.created_at - timedelta(hours=24, minutes=1))
    assert tasks.forget()["answers"] == 1
    assert IdempotencyRecord.objects.count() == 0


# At the same moment


@pytest.fixture
def client(committed_database):
    return api(make.user("ada", "importer", "triager"))


def test_without_a_key_a_post_that_is_sent_four_times_at_once_acts_four_times(client):
    answers_at_once(*[partial(client.post, "/claims", BODY)] * 4)
    assert Claim.objects.count() == 4


def test_with_a_key_a_post_that_is_sent_four_times_at_once_acts_once(client):
    each_key_acts_once(client, keys=50, times=4)
    assert Claim.objects.count() == IdempotencyRecord.objects.count() == 50


def test_who_asks_again_while_the_first_request_takes_long_is_told_to_wait(client, monkeypatch):
    add_claim, may_go_on, has_begun = pipeline.add_claim, threading.Event(), threading.Event()

    def add_slowly(**fields: Any) -> Claim:
        has_begun.set()
        assert may_go_on.wait(20)
        return add_claim(**fields)

    monkeypatch.setattr(pipeline, "add_claim", add_slowly)
    answers: list[Any] = []

    def ask() -> None:
        try:
            answers.append(client.post("/claims", BODY, headers=KEY))
        finally:
            connections.close_all()

    first = threading.Thread(target=ask)
    first.start()
    try:
        assert has_begun.wait(10)
        refused = client.post("/claims", BODY, headers=KEY)
    finally:
        may_go_on.set()
        first.join(10)
    assert_problem(refused, 409, "idempotency_in_progress")
    assert refused["Retry-After"] == "2"
    assert answers[0].status_code == 201
    again = client.post("/claims", BODY, headers=KEY)
    assert (again.content, again["Idempotency-Replayed"]) == (answers[0].content, "true")
    assert Claim.objects.count() == 1
