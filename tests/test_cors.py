"""Scripts of other origins may use the API only where the installation lists their origin."""

from __future__ import annotations

import pytest

from factcheck import env
from factcheck.accounts.models import User
from tests import make
from tests.api import api

DESK, OTHER = "https://desk.example", "https://other.example"


@pytest.fixture
def listed(settings):
    settings.CORS_ALLOWED_ORIGINS = [DESK]


def preflight(client, origin, path="/api/v1/claims", method="PATCH", headers="authorization,if-match,idempotency-key"):
    asked = {"Origin": origin, "Access-Control-Request-Method": method, "Access-Control-Request-Headers": headers}
    return client.options(path, headers=asked)


def granted(response):
    return {name: value for name, value in response.headers.items() if name.lower().startswith("access-control-")}


def test_nobody_is_let_in_by_default(client, settings):
    assert settings.CORS_ALLOWED_ORIGINS == []
    assert granted(preflight(client, DESK)) == {}
    assert granted(client.get("/api/v1/problems", headers={"Origin": DESK})) == {}


def test_a_listed_origin_may_send_what_the_api_reads(client, listed):
    answer = preflight(client, DESK)
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == DESK
    assert answer["Access-Control-Allow-Credentials"] == "true"
    assert {"PATCH", "POST", "DELETE"} <= set(answer["Access-Control-Allow-Methods"].split(", "))
    assert {"authorization", "if-match", "idempotency-key", "x-csrftoken", "x-request-id"} <= set(
        answer["Access-Control-Allow-Headers"].split(", ")
    )
    assert answer["Access-Control-Max-Age"] == "600"


@pytest.mark.parametrize("origin", [OTHER, "http://desk.example", f"{DESK}:8443", f"{DESK}.evil.example", "null"])
def test_an_origin_that_is_not_listed_is_granted_nothing(client, listed, origin):
    assert granted(preflight(client, origin)) == {}
    assert granted(client.get("/api/v1/problems", headers={"Origin": origin})) == {}


@pytest.mark.django_db
def test_a_listed_origin_may_read_the_headers_that_a_client_needs(listed):
    answer = api(make.user("ada", "triager")).get("/me", headers={"Origin": DESK})
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == DESK
    exposed = set(answer["Access-Control-Expose-Headers"].split(", "))
    assert exposed == {
        "Content-Location", "ETag", "Idempotency-Replayed", "Link", "Location", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id",
    }  # fmt: skip
    assert "origin" in answer["Vary"]


def test_a_refusal_can_be_read_too(client, listed):
    answer = client.get("/api/v1/nope", headers={"Origin": DESK})
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (404, DESK)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/admin/login/", "/healthz", "/metrics"])
def test_only_the_api_is_for_other_origins(client, listed, path):
    assert granted(preflight(client, DESK, path)) == {}


@pytest.mark.django_db
def test_a_script_of_another_origin_changes_nothing_with_the_session_of_a_browser(client, listed):
    client.handler.enforce_csrf_checks = True
    client.force_login(User.objects.create_superuser("root"))
    answer = client.post("/api/v1/claims", {}, content_type="application/json", headers={"Origin": OTHER})
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert granted(answer) == {}


@pytest.mark.parametrize(
    "raw", ["desk.example", "https://desk.example/", "ftp://desk.example", "*", "https://", "null"]
)
def test_an_origin_is_scheme_host_and_port(raw):
    assert env.origins("https://desk.example, http://localhost:5173") == [DESK, "http://localhost:5173"]
    with pytest.raises(ValueError):
        env.origins(raw)
