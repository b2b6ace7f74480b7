"""What every answer tells the browser, and what production asks for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from django.core.checks import ERROR, Tags, run_checks
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command

from factcheck import env, security
from factcheck.accounts.models import User
from tests import make
from tests.api import api
from tests.services import ROOT

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


# Production


def production(**environment: str) -> dict[str, str]:
    """What an operator sets, and nothing else."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "FACTCHECK_HOME") if name in os.environ}
    return kept | {
        "PRODUCTION": "1",
        "SECRET_KEY": "k3y-" * 5 + "0123456789abcdefghijklmnopqrstuvwxyz",
        "ALLOWED_HOSTS": "desk.example",
        "DATABASE_URL": "postgresql://desk:secret@db.example/desk",
        "BROKER_URL": "amqps://desk:secret@rabbit.example/",
        "CACHE_URL": "rediss://cache.example/0",
        **environment,
    }


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=production(**environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_the_check_of_a_deployment_has_nothing_to_say():
    check = run("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    assert (check.returncode, check.stderr) == (0, "")
    assert check.stdout == "System check identified no issues (1 silenced).\n"


@pytest.mark.parametrize(
    "start", [["manage.py", "check", "--deploy"], ["manage.py", "migrate"], ["-c", "import factcheck.wsgi"]]
)
def test_production_does_not_start_without_what_it_needs_and_names_all_of_it(start, tmp_path):
    refused = run(
        *start, SECRET_KEY="", DATABASE_URL="", BROKER_URL=" ", ALLOWED_HOSTS="", FACTCHECK_HOME=str(tmp_path)
    )
    assert refused.returncode == 1
    said = "PRODUCTION is on, and needs SECRET_KEY, ALLOWED_HOSTS, DATABASE_URL, BROKER_URL. `manage.py config` says what each expects."
    assert refused.stderr.splitlines()[-1].removeprefix("django.core.exceptions.ImproperlyConfigured: ") == said
    assert ("Traceback" in refused.stderr) == (start[0] == "-c")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["DEBUG", "DEMO"])
def test_production_does_not_start_with(name):
    refused = run("manage.py", "check", **{name: "1"})
    assert (refused.returncode, refused.stderr) == (1, f"{name} must be off when PRODUCTION is on.\n")


def test_what_stops_the_start_does_not_stop_the_command_that_explains_it(tmp_path):
    listed = run(
        "manage.py", "config", SECRET_KEY="", DATABASE_URL="mysql://x/y", PORT="many", FACTCHECK_HOME=str(tmp_path)
    )
    assert listed.returncode == 1
    assert listed.stderr.splitlines() == [
        "PRODUCTION is on, and needs SECRET_KEY. `manage.py config` says what each expects.",
        "DATABASE_URL must be a URL like postgresql://user:password@host:5432/name; got a value that does not parse (the scheme is not postgresql)",
        "PORT must be a port; got 'many' (invalid literal for int() with base 10: 'many')",
    ]
    assert "DATABASE_URL (set)" in listed.stdout
    assert "METRICS_TOKEN (not set)" in listed.stdout
    assert list(tmp_path.iterdir()) == []
    assert run("manage.py", "config").returncode == 0


@pytest.mark.django_db
def test_production_loads_no_users_whose_passwords_are_public(settings):
    settings.PRODUCTION = True
    with pytest.raises(CommandError, match=r"The passwords of the demo's users are public: not in production\."):
        call_command("load_demo")
    assert not User.objects.exists()


def test_the_check_of_a_deployment_names_a_cache_that_is_not_shared(settings):
    settings.CACHES = {"default": env.cache(env.cache_beside("amqps://rabbit.example/"))}
    found = run_checks(tags=[Tags.security], include_deployment_checks=True)
    assert [each.level for each in found if each.id == "factcheck.E003"] == [ERROR]


ASK = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "factcheck.settings"
django.setup()
from django.conf import settings
print({"factcheck.urls", "claims.admin", "reviews.admin"} & sys.modules.keys())
settings.DATABASES["default"] |= {"HOST": "/nonexistent"}
from django.test import Client
for headers in ({}, {"X-Forwarded-Proto": "https"}):
    answer = Client().get("/admin/login/", headers={"Host": "desk.example"} | headers)
    print(answer.status_code, answer.headers.get("Location", ""), answer.headers.get("Strict-Transport-Security", ""))
    for name, cookie in answer.cookies.items():
        print(name, cookie["secure"], cookie["path"], cookie["domain"] or "-", cookie["samesite"])
print(settings.SESSION_COOKIE_NAME)
"""


def test_a_header_that_says_https_is_believed_only_behind_a_trusted_proxy():
    redirect = "301 https://desk.example/admin/login/ "
    assert run("-c", ASK).stdout.splitlines()[1:3] == [redirect, redirect]
    behind = run("-c", ASK, TRUSTED_PROXIES="1")
    assert behind.stdout.splitlines() == [
        "set()",  # pages of the admin are loaded with the addresses: a command or a worker has no use for them
        redirect,
        "200  max-age=31536000; includeSubDomains",
        "__Host-csrftoken True / - Lax",
        "__Host-sessionid",
    ], behind.stderr


def test_cookies_leave_their_site_only_where_they_were_told_to_and_over_https():
    told = run("-c", ASK, TRUSTED_PROXIES="1", COOKIES_SAME_SITE="none")
    assert "__Host-csrftoken True / - None" in told.stdout.splitlines(), told.stderr
    refused = run("manage.py", "check", PRODUCTION="", COOKIES_SAME_SITE="none")
    assert refused.returncode == 1
    assert (
        "COOKIES_SAME_SITE must be lax or none; got 'none' (browsers take such cookies over HTTPS only"
        in refused.stderr
    )


@pytest.mark.django_db
def test_no_form_takes_a_file(client):
    file = SimpleUploadedFile("x.bin", b"x" * 1000)
    response = client.post("/admin/login/", {"username": "ada", "password": "x", "file": file})
    assert response.status_code == 400
