"""One view takes a file. Its bytes are kept exactly, it is read for whoever may send it only, and no other limit moves for it."""

from __future__ import annotations

import gzip
import hashlib
import json
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.api import uploads
from factcheck.api.problems import Malformed, TooLarge
from factcheck.api.uploads import Upload, read_form
from factcheck.audit.models import AuditEvent
from factcheck.models import Job
from reviews.evidence import MAX_BYTES
from reviews.facts import Stage
from reviews.models import Evidence, Review, Snapshot
from tests import make
from tests.api import Api, api, assert_problem, places, signed_in

TYPE = "multipart/form-data; boundary=x1"
FIELDS = {"stance": "refutes", "origin": "Ministry", "quotation": "33,000", "is_confidential": "true"}
PDF = b"%PDF-1.7\r\n\x00\xff--x1\r\n"
BIG = PDF + b"\r\n--x" * (6 * 1024 * 1024 // 5)  # more than any other body may have


def part(disposition: str, content: bytes = b"a", more: str = "") -> bytes:
    return f"--x1\r\nContent-Disposition: form-data; {disposition}\r\n{more}\r\n".encode() + content + b"\r\n"


def form(payload: bytes | None = PDF, filename: str = "tables.pdf", **fields: str) -> bytes:
    parts = [part(f'name="{name}"', value.encode()) for name, value in (FIELDS | fields).items()]
    if payload is not None:
        parts.append(part(f'name="file"; filename="{filename}"', payload, "Content-Type: application/pdf\r\n"))
    return b"".join(parts) + b"--x1--\r\n"


# Reading


@pytest.mark.parametrize(
    "payload",
    [b"", b"\r\n", b"--x1", b"a--x1--", b"\n--x1\n", b"\r\n--x", bytes(range(256)) * 3, b"\r\n\r\n--\r\n\r\n"],
)
def test_the_bytes_of_a_file_are_what_was_sent(payload):
    assert read_form(form(payload), b"x1") == FIELDS | {"file": Upload("tables.pdf", payload)}


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        ('name="file"; filename="Tägliche Zahlen.pdf"', "Tägliche Zahlen.pdf"),
        ('name="file"; filename=""', ""),
        ("name=file; filename=a.pdf", "a.pdf"),
        ("name=\"file\"; filename*=UTF-8''%e2%82%ac.pdf", "€.pdf"),
    ],
)
def test_the_name_of_a_file_is_read_as_browsers_write_it(disposition, name):
    assert read_form(part(disposition) + b"--x1--", b"x1") == {"file": Upload(name, b"a")}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"a",
        b"--x1",
        b"--x1\r\n",
        b"preamble\r\n" + form(),
        form()[:-8],
        form()[: len(form()) // 2],
        part('name="a"').replace(b"\r\n", b"\n") + b"--x1--",
        b"--x1\r\n\r\na\r\n--x1--",
        part("") + b"--x1--",
        part('name=""') + b"--x1--",
        part('name="a"') * 2 + b"--x1--",
        part('name="a"', b"\xff") + b"--x1--",
        part('name="a"', b"YQ==", "Content-Transfer-Encoding: base64\r\n") + b"--x1--",
        part('name="a"', more=f"X: {'a' * 5000}\r\n") + b"--x1--",
        part("name=\"a\"; filename*=no-such'x'a") + b"--x1--",
        b'--x1\r\nContent-Disposition: attachment; name="a"\r\n\r\na\r\n--x1--',
        b"--x1\r\n\xff: a\r\n\r\na\r\n--x1--",
    ],
)
def test_a_form_that_is_none_is_malformed(body):
    with pytest.raises(Malformed):
        read_form(body, b"x1")


def test_a_form_has_so_many_parts_and_so_much_text_and_no_more(monkeypatch):
    many = [part(f'name="f{number}"') for number in range(uploads.MAX_PARTS + 1)]
    assert len(read_form(b"".join(many[:-1]) + b"--x1--", b"x1")) == uploads.MAX_PARTS
    with pytest.raises(TooLarge):
        read_form(b"".join(many) + b"--x1--", b"x1")
    monkeypatch.setattr(uploads, "MAX_FORM_BYTES", 10)
    assert read_form(part('name="a"', b"a" * 10) + b"--x1--", b"x1") == {"a": "a" * 10}
    with pytest.raises(TooLarge):
        read_form(part('name="a"', b"a" * 6) + part('name="b"', b"b" * 5) + b"--x1--", b"x1")


# Over HTTP


@pytest.fixture(autouse=True)
def folder(evidence_folder) -> Path:
    return evidence_folder


@pytest.fixture
def room(db) -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def review(room) -> Review:
    return make.review(room, Stage.RESEARCH)


def send(client: Api, review: Review, body: bytes, content_type: str = TYPE, **options: Any) -> Any:
    return client.generic("POST", f"/reviews/{review.pk}/evidence-files", body, content_type, **options)


def everything(folder: Path) -> tuple[int, ...]:
    stored = sum(path.is_file() for path in folder.rglob("*"))
    told = AuditEvent.objects.filter(subject_type="review").count()
    return (stored, told, *(kind.objects.count() for kind in (Evidence, Snapshot, Job)))


def test_a_file_becomes_an_item_with_its_snapshot_and_is_had_again_as_it_was(uncompared, room, review):
    client = api(room.finn)
    answer = send(client, review, form())
    assert answer.status_code == 201, answer.content
    item = answer.json()
    assert answer["Location"] == f"/api/v1/evidence/{item['id']}"
    assert client.get(answer["Location"]).json() == item
    assert {name: item[name] for name in FIELDS} == FIELDS | {"is_confidential": True}
    snapshot = item["snapshot"]
    assert (snapshot["name"], snapshot["media_type"], snapshot["size_bytes"]) == (
        "tables.pdf",
        "application/pdf",
        len(PDF),
    )
    assert snapshot["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert client.get(f"/snapshots/{snapshot['id']}/content").content == PDF
    assert client.post(f"/snapshots/{snapshot['id']}/verify").json()["outcome"] == "sound"
    assert not Job.objects.exists(), "there is no page to store"


def test_a_file_that_has_not_what_is_quoted_from_it_is_kept_and_is_a_task_until_the_quotation_is_mended(
    uncompared, room, review
):
    client = api(room.finn)
    item = send(client, review, form(b"31,000 people serve.", "tables.txt")).json()
    assert (item["live_check"]["outcome"], item["live_check"]["detail"]) == ("quotation_missing", "not_in_the_capture")

    def tasks() -> list[str]:
        return [row["id"] for row in client.get("/evidence?needs_attention=true").json()["results"]]

    assert tasks() == [item["id"]]
    client.patch(f"/evidence/{item['id']}", {"quotation": "31,000 people"}, "application/json")
    assert jobs.work("tests")
    assert tasks() == []
    whole = send(client, review, form(b"33,000 people serve.", "tables.txt")).json()
    assert whole["live_check"] is None


def test_what_a_file_is_its_content_says_and_its_name_leads_nowhere(room, review):
    body = form(b"33,000 people serve.", "../../etc/pass\\wd.exe", is_confidential="false")
    item = send(api(room.finn), review, body).json()
    assert (item["snapshot"]["name"], item["snapshot"]["media_type"]) == ("wd.exe.txt", "text/plain")
    assert item["is_confidential"] is False


def test_a_browser_in_a_session_sends_a_file_larger_than_any_other_body_and_once(room, review, folder):
    client, key = signed_in(room.finn), {"Idempotency-Key": "one"}
    assert len(BIG) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    first = send(client, review, form(BIG), headers=key)
    assert first.status_code == 201, first.content
    before = everything(folder)
    again = send(client, review, form(BIG), headers=key)
    assert (again["Idempotency-Replayed"], again.content) == ("true", first.content)
    assert_problem(send(client, review, form(PDF), headers=key), 422, "idempotency_key_reused")
    assert everything(folder) == before
    assert client.get(f"/snapshots/{first.json()['snapshot']['id']}/content").content == BIG


def test_no_other_view_takes_a_form_or_a_body_of_that_size(room, review, folder):
    client, before = signed_in(room.finn), everything(folder)
    address = f"/reviews/{review.pk}/evidence"
    for caller in (api(room.finn), client):
        for body in (form(), form(BIG)):
            assert_problem(caller.generic("POST", address, body, TYPE), 415, "unsupported_media_type")
        assert_problem(caller.generic("POST", address, form(BIG), "application/json"), 413, "too_large")
    assert everything(folder) == before


def test_a_body_of_another_kind_is_refused(room, review, folder):
    client, before = api(room.finn), everything(folder)
    for content_type in ("application/json", "application/x-www-form-urlencoded", "text/plain", "application/pdf"):
        assert_problem(send(client, review, b"{}", content_type), 415, "unsupported_media_type")
    for content_type in ("multipart/form-data", "multipart/form-data; boundary=", f"{TYPE}{'x' * 70}", f"{TYPE}é"):
        assert_problem(send(client, review, form(), content_type), 400, "malformed")
    encoded = {"Content-Encoding": "gzip"}
    assert_problem(send(client, review, gzip.compress(form()), headers=encoded), 415, "unsupported_media_type")
    assert everything(folder) == before


def test_a_session_sends_no_file_without_the_csrf_token_in_its_header(room, review, folder):
    client, before = signed_in(room.finn), everything(folder)
    token = {"csrfmiddlewaretoken": client.cookies["csrftoken"].value}
    for headers in ({"X-CSRFToken": ""}, {"X-CSRFToken": "y" * 32}):
        assert_problem(send(client, review, form(**token), headers=headers), 403, "csrf_failed")
    assert everything(folder) == before


def test_a_body_is_not_read_for_whoever_may_not_send_it_nor_when_it_is_too_long(room, review, folder, monkeypatch):
    def read(*args: Any) -> bytes:
        raise AssertionError("it was read")

    before, long = everything(folder), str(MAX_BYTES + uploads.MAX_FORM_BYTES + 1)
    monkeypatch.setattr("django.http.request.HttpRequest.read", read)
    assert_problem(send(api(None), review, form()), 401, "not_authenticated")
    assert_problem(send(api(room.finn, "read"), review, form()), 403, "insufficient_scope")
    assert_problem(send(signed_in(room.finn), review, form(), headers={"X-CSRFToken": ""}), 403, "csrf_failed")
    for client in (api(room.finn), signed_in(room.finn)):
        assert_problem(send(client, review, form(), CONTENT_LENGTH=long), 413, "too_large")
    assert everything(folder) == before


def test_nothing_is_stored_for_whoever_may_not_add_evidence_now(room, review, folder):
    frozen = make.review(room, Stage.RATING, text="Wages fell.")
    before = everything(folder)
    assert_problem(send(api(room.ben), review, form()), 403, "action_forbidden")
    assert_problem(send(api(room.zoe), review, form()), 404, "not_found")
    assert_problem(send(api(room.finn), frozen, form()), 409, "action_blocked")
    assert everything(folder) == before


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (form(None), [("required", "/file")]),
        (form(None) [:-8] + part('name="file"') + b"--x1--", [("invalid", "/file")]),
        (form(stance="maybe"), [("invalid_choice", "/stance")]),
        (form(origin=""), [("blank", "/origin")]),
        (form(is_confidential="yes"), [("not_boolean", "/is_confidential")]),
        (form(is_withdrawn="true"), [("unknown_field", "/is_withdrawn")]),
        (form()[:-8] + part('name="second"; filename="b"') + b"--x1--", [("unknown_field", "/second")]),
        (form()[:-8] + part('name="note"; filename="b"') + b"--x1--", [("invalid", "/note")]),
        (form(url="ftp://example.org/a"), [("bad_url", "/url")]),
        (form(note="a\0b"), [("nul_character", "/note")]),
        (form(b""), [("empty_file", "/file")]),
        (form(b"#!/bin/sh\n"), [("file_type_not_accepted", "/file")]),
        (form(b"PK\x03\x04\x00\x00"), [("file_type_not_accepted", "/file")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_form_is_named_and_nothing_is_stored(room, review, folder, body, errors):
    before = everything(folder)
    problem = send(api(room.finn), review, body)
    assert problem.status_code == 422, problem.content
    assert places(problem.json()) == errors
    assert everything(folder) == before


def test_a_file_that_is_larger_than_evidence_may_be_is_refused(room, review, folder):
    before = everything(folder)
    problem = assert_problem(send(api(room.finn), review, form(b"a" * (MAX_BYTES + 1))), 422, "invalid_input")
    assert places(problem) == [("too_large", "/file")]
    assert everything(folder) == before


def test_the_web_server_hands_a_large_file_on_as_it_is_and_gives_it_back(site):
    room = make.newsroom()
    review = make.review(room, Stage.RESEARCH)
    secret = tokens.issue(room.finn, name="tests", scopes=["read", "review"])[1]

    def ask(path: str, **options: Any) -> bytes:
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": TYPE}
        request = urllib.request.Request(f"{site}/api/v1/{path}", headers=headers, **options)
        with urllib.request.urlopen(request, timeout=60) as answer:
            read: bytes = answer.read()
        return read

    item = json.loads(ask(f"reviews/{review.pk}/evidence-files", data=form(BIG), method="POST"))
    assert hashlib.sha256(BIG).hexdigest() == item["snapshot"]["sha256"]
    assert ask(f"snapshots/{item['snapshot']['id']}/content") == BIG
    assert ask("statistics/verdicts.csv").decode().startswith("review,round,seat")
