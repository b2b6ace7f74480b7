"""What every answer tells the browser, and what production asks for."""

from __future__ import annotations

import pytest

from factcheck import security
from tests import make
from tests.api import api

PAGES = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
NOTHING = "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize("path", ["/admin/login/", "/admin/nope/", "/admin/"])
def test_a_page_may_load_our_own_files_and_run_nothing_that_stands_in_it(admin_client, path):
    assert admin_client.get(path, headers={"Accept": "text/html"})["Content-Security-Policy"] == PAGES


@pytest.mark.parametrize(
    "path", ["/healthz", "/api/v1/problems", "/api/v1/me", "/nope", "/static/factcheck/favicon.svg", "/favicon.ico"]
)
def test_what_is_no_page_may_load_nothing(client, path):
    answer = client.head(path)
    is_redirect = path == "/favicon.ico"  # Django calls its empty body a page
    assert answer["Content-Security-Policy"] == (PAGES if is_redirect else NOTHING)


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/me", "/admin/login/", "/healthz", "/api/v1/docs", "/nope"])
def test_every_answer_closes_what_browsers_leave_open(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "camera=(), " in headers["Permissions-Policy"]


@pytest.mark.parametrize("path", ["/api/v1/docs", "/api/v1/docs/try"])
def test_the_pages_of_the_api_let_styles_through_and_no_script(client, path):
    policy = dict(part.split(" ", 1) for part in client.get(path)["Content-Security-Policy"].split("; "))
    assert {name for name, sources in policy.items() if "unsafe" in sources} == {"style-src"}
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"


@pytest.mark.django_db
def test_what_somebody_may_see_is_not_kept_for_others(client):
    response = api(make.user("ada", "triager")).get("/me")
    assert response["Cache-Control"] == "private, no-cache"
    # Files say for themselves how long they stay the same.
    assert "max-age=" in client.head("/static/factcheck/favicon.svg")["Cache-Control"]


def test_the_icon_that_browsers_ask_for_is_there(client):
    response = client.head(client.get("/favicon.ico")["Location"])
    assert (response.status_code, response["Content-Type"]) == (200, "image/svg+xml")


def test_the_report_of_an_error_while_debugging_keeps_its_own_styles(settings, monkeypatch):
    from factcheck.api.views import Problems
    from tests.api import Api

    def broken(*args):
        raise KeyError("the reason")

    monkeypatch.setattr(Problems, "get", broken)
    settings.DEBUG = True
    assert security.POLICY_HEADER not in Api().get("/problems").headers
    settings.DEBUG = False
    assert Api().get("/problems")["Content-Security-Policy"] == NOTHING
