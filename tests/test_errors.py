"""Every refusal and failure leaves in one shape, and no body makes more than a refusal."""

from __future__ import annotations

import json
import logging

import pytest
from django.core import exceptions as core
from django.db import OperationalError
from django.http import Http404
from django.test import Client
from rest_framework import exceptions as drf
from rest_framework import serializers

from factcheck import workers
from factcheck.api import parsers, problems
from factcheck.errors import FieldError, InvalidInput, NotFound
from factcheck.middleware import RequestIdFilter
from tests.api import api, assert_problem
from tests.make import user

ARTICLES = "/api/v1/articles"


def browser_of(user, *, checks_csrf=False):
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client


@pytest.fixture
def ada(db):
    return user("ada", "importer", "triager")


@pytest.mark.parametrize("path", ["/api/v1/nope", "/api/v2", "/nope", "/api/v1/articles/"])
def test_an_unknown_address_is_a_problem(client, path):
    assert_problem(client.get(path), 404, "not_found")


@pytest.mark.django_db
def test_an_unknown_address_is_a_problem_while_debugging_too(client, settings):
    settings.DEBUG = True
    assert_problem(client.get("/api/v1/nope"), 404, "not_found")


def test_a_key_that_is_no_key_is_not_found(ada):
    assert_problem(api(ada).get(f"{ARTICLES}/nonsense"), 404, "not_found")


@pytest.mark.parametrize("path", ["/", "/api", "/api/v1/", "/admin", "/favicon.ico"])
@pytest.mark.parametrize("method", ["GET", "POST", "PROPFIND", "TRACE"])
def test_an_address_that_only_leads_elsewhere_does_so_whatever_the_method(client, path, method):
    assert client.generic(method, path).status_code == 302


def test_a_wrong_method_is_405_and_names_the_right_ones(ada):
    response = api(ada).put(ARTICLES, {}, content_type="application/json")
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, HEAD, OPTIONS"


def test_an_answer_that_does_not_exist_in_the_asked_format_is_406(client):
    assert_problem(client.get("/api/v1/problems", headers={"Accept": "text/csv"}), 406, "not_acceptable")


@pytest.mark.django_db
@pytest.mark.parametrize("key", ['"\\000aaaaaaaaaaaa"', "nobody's" * 8, "a" * 5000])
def test_a_session_cookie_that_we_did_not_give_is_no_sign_in(client, key):
    response = client.get("/api/v1/me", headers={"Cookie": f"sessionid={key}"})
    assert_problem(response, 401, "not_authenticated")


def test_another_host_is_malformed(client, settings):
    settings.ALLOWED_HOSTS = ["desk.example"]
    assert_problem(client.get("/healthz"), 400, "malformed")


def test_a_body_of_another_type_is_415(ada):
    assert_problem(
        api(ada).post(ARTICLES, "text=x", "application/x-www-form-urlencoded"), 415, "unsupported_media_type"
    )


def test_a_compressed_body_is_415(ada):
    response = api(ada).post(
        ARTICLES, b"\x1f\x8b", content_type="application/json", headers={"Content-Encoding": "gzip"}
    )
    assert_problem(response, 415, "unsupported_media_type")


def test_a_body_in_chunks_is_refused_and_not_taken_for_none(ada):
    response = api(ada).post(ARTICLES, {"text": "a"}, headers={"Transfer-Encoding": "chunked"})
    assert "in one piece" in assert_problem(response, 400, "malformed")["detail"]
    page = browser_of(ada).post("/admin/login/", headers={"Transfer-Encoding": "chunked", "Accept": "text/html"})
    assert (page.status_code, page["Content-Type"]) == (400, "text/html; charset=utf-8")


def test_a_failed_csrf_check_of_a_session_is_a_problem(ada):
    response = browser_of(ada, checks_csrf=True).post(ARTICLES, {}, content_type="application/json")
    assert_problem(response, 403, "csrf_failed")


def test_a_refused_field_is_422_with_a_pointer(ada):
    problem = assert_problem(
        api(ada).post(ARTICLES, {"text": []}, content_type="application/json"), 422, "invalid_input"
    )
    assert problem["errors"] == [{"code": "invalid", "detail": "Not a valid string.", "pointer": "/text"}]


MANY = parsers.MAX_VALUES + 2


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b"", 422, "invalid_input", id="nothing"),
        pytest.param(b"{", 400, "malformed", id="half an object"),
        pytest.param(b"[]", 422, "invalid_input", id="a list"),
        pytest.param(b'{"text": NaN}', 400, "malformed", id="NaN"),
        pytest.param(b'{"text": 1e999}', 400, "malformed", id="beyond a double"),
        pytest.param(b'{"text": "\xff"}', 400, "malformed", id="not UTF-8"),
        pytest.param(b"[" * 100_000, 400, "malformed", id="100,000 lists, open"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, 400, "malformed", id="100,000 lists"),
        pytest.param(b'{"a":' * 65 + b"1" + b"}" * 65, 400, "malformed", id="65 objects"),
        pytest.param(b"[" + b"1," * MANY + b"1]", 413, "too_large", id="too many values"),
        pytest.param(b"[" + b"[]," * MANY + b"1]", 413, "too_large", id="too many lists"),
        pytest.param(b'"",' * MANY + b'"' * 500_000, 413, "too_large", id="quotes"),
        pytest.param(b'{"text": "' + b"x" * 5_300_000 + b'"}', 413, "too_large", id="5.3 MB"),
        pytest.param(b'{"text": "a\\u0000b"}', 422, "unstorable_text", id="NUL"),
        pytest.param(b'{"text": "a\\ud800b"}', 422, "unstorable_text", id="half a surrogate pair"),
    ],
)
def test_no_body_is_more_than_a_refusal(ada, body, status, code):
    from claims.models import Article

    response = api(ada).post(ARTICLES, body, content_type="application/json")
    assert_problem(response, status, code)
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'{"a": [1, "x"]}', {"a": [1, "x"]}),
        (b"\xef\xbb\xbf{}", {}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "\N{GRINNING FACE}"),
        (b'"\\\\u0000"', "\\u0000"),
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
        (b'["' + b'{[\\"' * 100_000 + b'"]', ['{["' * 100_000]),
        (b'["' + b"," * 100_001 + b'"]', ["," * 100_001]),
    ],
)
def test_what_is_json_is_read(text, value):
    assert parsers.loads(text) == value


@pytest.mark.parametrize(
    ("text", "pointer"),
    [
        (b'"\\u0000"', ""),
        (b'{"a": ["", {"b/c": "\\u0000"}]}', "/a/1/b~1c"),
        (b'{"\\u0000": 1}', "/?"),
        (b'{"a": "\\udfff"}', "/a"),
        (b'{"\\ud800": 1}', "/?"),
    ],
)
def test_text_that_cannot_be_stored_is_pointed_at(text, pointer):
    with pytest.raises(parsers.UnstorableText) as refused:
        parsers.loads(text)
    assert [error.pointer for error in refused.value.errors] == [pointer]


class _Line(serializers.Serializer):
    number = serializers.IntegerField()


class _Form(serializers.Serializer):
    lines = _Line(many=True)
    words = serializers.ListField(child=serializers.CharField())

    def validate(self, attrs):
        raise serializers.ValidationError("The whole is wrong.", code="whole")


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"lines": [{"number": 1}, {}], "words": []}, {("required", "/lines/1/number")}),
        ({"lines": {}, "words": ["a", None]}, {("not_a_list", "/lines"), ("null", "/words/1")}),
        ({"lines": [], "words": []}, {("whole", "")}),
    ],
)
def test_pointers_lead_into_lists_and_objects(body, errors):
    form = _Form(data=body)
    with pytest.raises(serializers.ValidationError) as refused:
        form.is_valid(raise_exception=True)
    problem = problems.as_problem(refused.value)
    assert problem is not None
    assert {(error.code, error.pointer) for error in problem.errors} == errors


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (NotFound(), 404, "not_found"),
        (Http404("internal words"), 404, "not_found"),
        (core.PermissionDenied(), 403, "action_forbidden"),
        (drf.PermissionDenied(), 403, "action_forbidden"),
        (core.ValidationError({"name": "Too long."}), 422, "invalid_input"),
        (core.RequestDataTooBig(), 413, "too_large"),
        (core.SuspiciousOperation(), 400, "malformed"),
        (drf.Throttled(wait=7.2), 429, "throttled"),
        (OperationalError("host=10.0.0.1 password=x"), 503, "unavailable"),
    ],
)
def test_whoever_raised_it_the_error_has_a_code_and_keeps_internals_to_itself(error, status, code):
    problem = problems.as_problem(error)
    assert problem is not None
    assert (problem.status, problem.code) == (status, code)
    assert "10.0.0.1" not in problem.detail
    assert "internal words" not in problem.detail


def test_a_fault_of_ours_is_no_known_problem():
    assert problems.as_problem(KeyError("x")) is None


@pytest.mark.parametrize(
    ("error", "seconds"),
    [(drf.Throttled(wait=7.2), "8"), (OperationalError(), str(problems.RETRY_AFTER_SECONDS))],
)
def test_what_may_pass_says_when_to_come_back(error, seconds):
    problem = problems.as_problem(error)
    assert problem is not None
    assert problems.respond(problem)["Retry-After"] == seconds


def test_a_view_that_breaks_answers_500_without_its_reason_and_logs_it(monkeypatch, caplog):
    from factcheck.api.views import Problems

    def broken(*args):
        raise KeyError("the reason")

    monkeypatch.setattr(Problems, "get", broken)
    response = Client(raise_request_exception=False).get("/api/v1/problems", headers={"X-Request-Id": "r-1"})
    assert_problem(response, 500, "internal_error")
    assert b"the reason" not in response.content
    record = next(record for record in caplog.records if record.levelno == logging.ERROR)
    assert "the reason" in str(record.exc_info)
    RequestIdFilter().filter(record)
    assert record.request_id == "r-1"  # type: ignore[attr-defined]


def test_a_database_away_is_503_with_retry_after(monkeypatch, client):
    from factcheck.accounts import tokens

    def away(secret):
        raise OperationalError("connection refused")

    monkeypatch.setattr(tokens, "find", away)
    response = client.get("/api/v1/me", headers={"Authorization": "Bearer fc_x"})
    assert_problem(response, 503, "unavailable")
    assert response["Retry-After"] == "2"


@pytest.mark.django_db
def test_a_page_whose_database_is_away_says_so_in_words_and_asks_it_nothing(monkeypatch, client):
    def away(*_):
        raise OperationalError("connection to 10.0.0.1 refused")

    client.raise_request_exception = False
    monkeypatch.setattr(workers, "living", away)
    client.force_login(user("ada", "triager", is_staff=True))
    page = client.get("/admin/", headers={"Accept": "text/html"})
    assert (page.status_code, page["Retry-After"]) == (503, "2")
    assert "Out of service for a moment" in page.content.decode()
    assert "10.0.0.1" not in page.content.decode()
    assert_problem(client.get("/admin/", headers={"Accept": "application/json"}), 503, "unavailable")


def test_further_members_of_a_problem_never_hide_the_standard_ones():
    problem = InvalidInput("Refused.", errors=[FieldError("x", "X.", pointer="/a")], status=200, hint="more")
    document = json.loads(problems.respond(problem).content)
    assert document["status"] == 422
    assert document["hint"] == "more"


def test_text_that_cannot_be_encoded_does_not_break_the_answer():
    response = problems.respond(InvalidInput("half: \ud800"))
    assert json.loads(response.content)["detail"] == "half: ?"


@pytest.mark.parametrize(
    ("given", "is_kept"),
    [
        ("a-B_3.z", True),
        ("x" * 64, True),
        ("x" * 65, False),
        ("", False),
        ("a b", False),
        ("a\nb", False),
        ("ü", False),
    ],
)
def test_a_sane_request_id_comes_back_and_any_other_is_replaced(client, given, is_kept):
    answered = client.get("/healthz", headers={"X-Request-Id": given})["X-Request-Id"]
    assert (answered == given) is is_kept
    assert len(answered) == (len(given) if is_kept else 36)


def test_every_code_is_listed_once_with_its_status(client):
    listed = client.get("/api/v1/problems").json()
    codes = [kind["code"] for kind in listed]
    assert codes == sorted(set(codes))
    assert {"code": "unknown_parameter", "status": 400, "title": "There is no such query parameter"} in listed


def test_the_admin_keeps_its_pages(admin_client):
    response = admin_client.get("/admin/nope/", headers={"Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_a_misspelt_action_is_not_found_and_no_question_of_csrf(client):
    for address in ("/api/v1/claims/1/acept", "/api/v1/nope", "/api/v1/articles/"):
        assert_problem(client.post(address, {}, "application/json"), 404, "not_found")


def test_the_root_leads_to_the_desk_and_the_bare_api_to_its_reference(client):
    assert client.get("/")["Location"] == "/admin/"
    assert [client.get(address)["Location"] for address in ("/api", "/api/v1", "/api/v1/")] == ["/api/v1/docs"] * 3
