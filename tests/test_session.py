"""People sign in at a browser: through the API or the admin, by one verb, with a session, a CSRF token and few attempts."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from allauth.account.stages import LoginStage
from django.contrib.auth.models import Group
from django.contrib.sessions.backends import db
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver

from factcheck import throttles
from factcheck.accounts.adapter import Adapter
from factcheck.accounts.models import User
from factcheck.accounts.sessions import SessionStore
from factcheck.audit import events
from tests import make
from tests.api import api, assert_problem, places

SESSION, ME, PASSWORD = "/api/v1/session", "/api/v1/me", "/api/v1/me/password"
NEW_PASSWORD = "a long phrase 7"


class Browser(Client):
    """Keeps cookies and sends the CSRF token that it was last told, as a front end does."""

    def __init__(self, **options):
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False, **options)
        self.token = ""
        self.ask("GET", SESSION)

    def ask(self, method, path, body=None, **headers):
        headers = {"X-CSRFToken": self.token} | headers
        response = self.generic(method, path, *_json(body), headers={k: v for k, v in headers.items() if v is not None})
        if path == SESSION and response.status_code == 200:
            self.token = response.json()["csrf_token"]
        return response

    def sign_in(self, username="ada", password="secret-1", **headers):
        return self.ask("POST", SESSION, {"username": username, "password": password}, **headers)

    @property
    def key(self):
        return self.cookies["sessionid"].value


def _json(body):
    return (b"", "application/json") if body is None else (json.dumps(body), "application/json")


def signed_in(username="ada", **options):
    browser = Browser(**options)
    assert browser.sign_in(username).status_code == 200
    return browser


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager", is_staff=True)


def recorded(user):
    return [(event.action, event.origin) for event in events.events(user)]


# In and out


def test_a_person_signs_in_acts_and_signs_out(ada):
    browser = Browser()
    assert browser.ask("GET", SESSION).json()["user"] is None
    answer = browser.sign_in()
    assert answer.status_code == 200
    assert answer.json()["user"] | {"id": ""} == {
        "id": "", "username": "ada", "name": "", "email": "", "is_machine": False, "email_notifications": True,
        "unread_notifications": 0, "roles": ["importer", "triager"], "scopes": ["read", "import", "triage"], "token": None,
    }  # fmt: skip
    assert browser.ask("GET", SESSION).json()["user"] == browser.ask("GET", ME).json() == answer.json()["user"]
    assert browser.ask("POST", "/api/v1/claims", {"text": "Prices fell."}).status_code == 201
    assert browser.ask("DELETE", SESSION).status_code == 204
    assert_problem(browser.ask("GET", ME), 401, "not_authenticated")
    assert browser.ask("GET", SESSION).json()["user"] is None
    assert not Session.objects.exists()
    assert recorded(ada) == [("sign_in", "session"), ("sign_out", "session")]
    # Again is no error, and tells no more.
    assert browser.ask("DELETE", SESSION).status_code == 204


def test_signing_in_changes_the_key_of_the_session_and_the_csrf_token(ada):
    planted = SessionStore()
    planted["seen"] = "before"
    planted.save()
    browser = Browser()
    browser.cookies["sessionid"] = planted.session_key
    cookie = browser.cookies["csrftoken"].value
    browser.sign_in()
    assert browser.key != planted.session_key
    assert browser.cookies["csrftoken"].value != cookie
    assert not SessionStore().exists(planted.session_key)
    assert list(Session.objects.values_list("pk", flat=True)) == [browser.key]


def test_signing_in_as_somebody_else_signs_the_first_one_out(ada):
    ben = make.user("ben", "reviewer")
    browser = signed_in()
    key = browser.key
    assert browser.sign_in("ben").json()["user"]["username"] == "ben"
    assert browser.ask("GET", ME).json()["username"] == "ben"
    assert not SessionStore().exists(key)
    assert [action for action, _ in recorded(ada)] == ["sign_in", "sign_out"]
    assert [action for action, _ in recorded(ben)] == ["sign_in"]


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("ada", "wrong"),
        ("nobody", "secret-1"),
        ("ADA", "secret-1"),
        ("gone", "secret-1"),
        ("bot", "secret-1"),
        ("ada", " secret-1"),
    ],
)
def test_every_refusal_reads_the_same_and_leaves_no_session(ada, username, password, caplog):
    make.user("gone", is_active=False)
    make.user("bot", is_machine=True)
    browser = Browser()
    problem = assert_problem(browser.sign_in(username, password), 401, "wrong_credentials")
    assert (problem["detail"], problem["errors"]) == ("The name or the password is wrong", [])
    assert browser.ask("GET", SESSION).json()["user"] is None
    assert not Session.objects.exists()
    assert recorded(ada) == []
    # The log names accounts, and nothing else that was typed.
    [line] = [record.getMessage() for record in caplog.records if record.name == "factcheck.accounts.signing_in"]
    known = username if username in ("ada", "gone", "bot") else "a name that nobody has"
    assert line == f"Refused a password for {known} from 127.0.0.1"


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({}, [("required", "/username"), ("required", "/password")]),
        ({"username": "ada", "password": ""}, [("blank", "/password")]),
        ({"username": "ada", "password": "x" * 1001}, [("max_length", "/password")]),
        ({"username": "ada", "password": "x", "remember": True}, [("unknown_field", "/remember")]),
    ],
)
def test_a_body_of_another_form_is_no_attempt(ada, body, wrong):
    assert places(assert_problem(Browser().ask("POST", SESSION, body), 422, "invalid_input")) == wrong


# CSRF


@pytest.mark.parametrize("token", [None, "", "x" * 64])
def test_nobody_is_signed_in_or_out_without_the_csrf_token(ada, token):
    stranger = Browser()
    assert_problem(stranger.sign_in(**{"X-CSRFToken": token}), 403, "csrf_failed")
    assert not Session.objects.exists()
    browser = signed_in()
    assert_problem(browser.ask("DELETE", SESSION, **{"X-CSRFToken": token}), 403, "csrf_failed")
    assert browser.ask("GET", ME).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "QUERY"])
def test_a_method_that_the_session_does_not_have_is_405_without_the_csrf_token_too(db, method):
    response = Browser().ask(method, SESSION, {}, **{"X-CSRFToken": None})
    assert_problem(response, 405, "method_not_allowed")
    assert response["Allow"] == "GET, POST, DELETE, HEAD, OPTIONS"


def test_a_body_that_is_refused_unread_is_not_read_for_the_csrf_token_either(ada, monkeypatch):
    browser = Browser()
    browser.sign_in()
    read = []
    monkeypatch.setattr(HttpRequest, "read", lambda request, *_: read.append(request.path) or b"")
    headers = {"Content-Encoding": "gzip", "X-CSRFToken": browser.token}
    response = browser.generic("POST", "/api/v1/articles", b"x" * 1_000_000, "application/json", headers=headers)
    assert_problem(response, 415, "unsupported_media_type")
    assert read == []


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_session_changes_nothing_without_the_csrf_token(ada, method):
    claim = make.claim(actor=ada)
    browser = signed_in()
    for path in (f"/api/v1/claims/{claim.pk}", f"/api/v1/claims/{claim.pk}/accept", "/api/v1/claims", PASSWORD):
        assert_problem(browser.ask(method, path, {}, **{"X-CSRFToken": None, "If-Match": '"1"'}), 403, "csrf_failed")
    claim.refresh_from_db()
    assert (claim.version, claim.triage_status) == (1, "candidate")


def test_the_token_of_before_signing_in_is_of_no_use_after_it(ada):
    browser = Browser()
    before = browser.token
    browser.sign_in()
    refused = browser.ask("POST", "/api/v1/claims", {"text": "Prices fell."}, **{"X-CSRFToken": before})
    assert_problem(refused, 403, "csrf_failed")
    assert browser.ask("POST", "/api/v1/claims", {"text": "Prices fell."}).status_code == 201


# A front end on another origin

DESK = "https://desk.example.org"


def elsewhere(browser, method, body=None, origin=DESK):
    headers = {"Origin": origin, "X-CSRFToken": browser.token}
    return browser.generic(method, SESSION, *_json(body), headers=headers, secure=True, SERVER_NAME="api.example.org")


@pytest.fixture
def public_host(settings):
    settings.ALLOWED_HOSTS = ["api.example.org", "testserver"]
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = []


def test_a_trusted_front_end_on_another_origin_signs_in(ada, public_host, settings):
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [DESK]
    browser = Browser()
    # Its script cannot read the cookie of another host: the token is in the answer.
    told = elsewhere(browser, "GET")
    assert told["Access-Control-Allow-Origin"] == DESK
    assert told["Access-Control-Allow-Credentials"] == "true"
    browser.token = told.json()["csrf_token"]
    answer = elsewhere(browser, "POST", {"username": "ada", "password": "secret-1"})
    assert (answer.status_code, answer.json()["user"]["username"]) == (200, "ada")
    assert elsewhere(browser, "GET").json()["user"]["username"] == "ada"


@pytest.mark.parametrize("origin", ["https://other.example", "https://api.example.org.evil.example", "null"])
def test_any_other_origin_signs_nobody_in(ada, public_host, settings, origin):
    settings.CORS_ALLOWED_ORIGINS = settings.CSRF_TRUSTED_ORIGINS = [DESK]
    browser = Browser()
    answer = elsewhere(browser, "POST", {"username": "ada", "password": "secret-1"}, origin=origin)
    assert_problem(answer, 403, "csrf_failed")
    assert "Access-Control-Allow-Origin" not in answer
    assert not Session.objects.exists()


# A session that ended is over


def test_no_request_succeeds_once_the_sign_out_was_answered(committed_database):
    make.user("ada", "triager")
    browser = signed_in()
    enough, ended = Event(), Event()
    asked = []

    def ask_on(_):
        client = Client(raise_request_exception=False)
        client.cookies["sessionid"] = browser.key
        after = 0
        try:
            while after < 5:
                started = time.monotonic()
                asked.append((started, client.get(ME).status_code))
                after += ended.is_set()
                if len(asked) > 20:
                    enough.set()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        asking = threads.map(ask_on, range(4))
        assert enough.wait(30)
        assert browser.ask("DELETE", SESSION).status_code == 204
        answered = time.monotonic()
        ended.set()
        list(asking)
    assert {status for started, status in asked if started > answered} == {401}
    assert [status for _, status in asked].count(200) >= 15


def test_a_request_under_way_does_not_bring_an_ended_session_back(ada):
    """Django's own store would give it a new key, with which it lives on."""
    for store_of, lives_on in ((db.SessionStore, True), (SessionStore, False)):
        browser = signed_in()
        under_way = store_of(browser.key)
        assert under_way["_auth_user_id"] == str(ada.pk)
        browser.ask("DELETE", SESSION)
        if lives_on:
            under_way.cycle_key()
        else:
            with pytest.raises(SessionInterrupted):
                under_way.cycle_key()
        assert Session.objects.exists() is lives_on
        Session.objects.all().delete()


def test_one_browser_signs_out_and_the_others_stay(ada):
    here, there = signed_in(), signed_in()
    here.ask("DELETE", SESSION)
    assert (here.ask("GET", ME).status_code, there.ask("GET", ME).status_code) == (401, 200)


def test_a_deactivated_account_is_out_on_its_next_request_in_every_browser(ada):
    browsers = [signed_in(), signed_in()]
    User.objects.filter(pk=ada.pk).update(is_active=False)
    for browser in browsers:
        assert_problem(browser.ask("GET", ME), 401, "not_authenticated")
        assert browser.ask("GET", SESSION).json()["user"] is None


def test_a_demotion_takes_its_rights_from_a_session_on_the_next_request(ada):
    browser = signed_in()
    ada.groups.remove(Group.objects.get(name="triager"))
    refused = browser.ask("POST", "/api/v1/claims", {"text": "Prices fell."})
    assert_problem(refused, 403, "insufficient_scope")
    assert browser.ask("GET", SESSION).json()["user"]["scopes"] == ["read", "import"]


def test_whose_account_became_a_machines_is_signed_out(ada):
    browser = signed_in()
    User.objects.filter(pk=ada.pk).update(is_machine=True)
    assert_problem(browser.ask("GET", ME), 401, "not_authenticated")


# Attempts


@pytest.fixture
def few(counting, settings, monkeypatch):
    settings.THROTTLE_SIGN_IN = (5, 300)
    monkeypatch.setattr(throttles, "SEVERAL", 3)


@pytest.fixture
def counted_ada(db, few):
    return make.user("ada", "triager", is_staff=True)


def tries(times=1, username="ada", password="wrong", address="192.0.2.1"):
    browser = Browser(REMOTE_ADDR=address)
    return [browser.sign_in(username, password).status_code for _ in range(times)]


def admin_tries(times=1, password="wrong", address="192.0.2.1"):
    form = {"username": "ada", "password": password}
    return [Client(REMOTE_ADDR=address).post("/admin/login/", form).status_code for _ in range(times)]


def test_after_five_wrong_passwords_the_right_one_is_refused_too(counted_ada):
    assert tries(5) == [401] * 5
    browser = Browser(REMOTE_ADDR="192.0.2.1")
    refused = browser.sign_in()
    problem = assert_problem(refused, 429, "throttled")
    assert (refused["Retry-After"], problem["retry_after_seconds"]) == ("300", 300)
    assert refused["RateLimit-Policy"] == '"sign-in";q=5;w=300, "sign-in-address";q=15;w=300'
    assert browser.ask("GET", SESSION).json()["user"] is None
    assert recorded(counted_ada) == []


def test_the_api_and_the_admin_count_together(counted_ada):
    assert tries(3) + admin_tries(2) == [401] * 3 + [200] * 2
    assert tries(1, password="secret-1") + admin_tries(1, password="secret-1") == [429, 429]


def test_one_name_tried_from_many_addresses_is_refused_everywhere(counted_ada, settings):
    settings.THROTTLE_SIGN_IN = (1, 300)
    assert [tries(address=f"192.0.2.{n}") for n in range(1, 5)] == [[401]] * 3 + [[429]]
    assert tries(password="secret-1", address="198.51.100.1") == [429]
    assert tries(username="ben", address="198.51.100.1") == [401]


def test_one_stranger_alone_locks_nobody_out(counted_ada):
    assert tries(20).count(429) == 15
    assert tries(password="secret-1", address="198.51.100.1") == [200]


def test_signing_in_forgives_no_guess_from_elsewhere(counted_ada, settings):
    settings.THROTTLE_SIGN_IN = (1, 300)
    for n in range(1, 4):
        assert tries(address=f"192.0.2.{n}") == [401]
        assert tries(password="secret-1", address="198.51.100.1") == ([200] if n < 3 else [429])


# The seam of second factors


class Waits(LoginStage):
    key = "a_second_step"

    def handle(self):
        return HttpResponse(), True


class TwoSteps(Adapter):
    def get_login_stages(self):
        return [*super().get_login_stages(), f"{__name__}.Waits"]


def test_a_sign_in_that_waits_for_another_step_signs_nobody_in(ada, settings):
    settings.ACCOUNT_ADAPTER = f"{__name__}.TwoSteps"
    browser = Browser()
    problem = assert_problem(browser.sign_in(), 401, "second_step_needed")
    assert problem["steps"] == ["a_second_step"]
    assert_problem(browser.ask("GET", ME), 401, "not_authenticated")
    page = Client().post("/admin/login/", {"username": "ada", "password": "secret-1"})
    assert "Signing in needs another step" in page.content.decode()
    assert Client().get("/admin/").status_code == 302
    assert recorded(ada) == []
    # Whoever was signed in before is not taken for the one who waits.
    make.user("ben", "reviewer")
    settings.ACCOUNT_ADAPTER = "factcheck.accounts.adapter.Adapter"
    browser = signed_in("ben")
    settings.ACCOUNT_ADAPTER = f"{__name__}.TwoSteps"
    assert_problem(browser.sign_in("ada"), 401, "second_step_needed")
    assert browser.ask("GET", SESSION).json()["user"] is None


# Nothing else of the library is open


def callbacks(patterns):
    for each in patterns:
        yield from ([each.callback] if isinstance(each, URLPattern) else callbacks(each.url_patterns))


def test_no_address_leads_into_the_library_and_nobody_signs_up(client):
    modules = {callback.__module__ for callback in callbacks(get_resolver().url_patterns)}
    assert "factcheck.api.session" in modules
    assert [name for name in modules if name.startswith("allauth")] == []
    for path in ("/accounts/login/", "/accounts/signup/", "/_allauth/browser/v1/auth/signup", "/api/v1/auth/signup"):
        assert client.get(path).status_code == client.post(path, {}).status_code == 404
    assert Adapter().is_open_for_signup(None) is False


# The admin


def test_the_admins_door_lets_staff_in_and_records_it(ada):
    browser = Client()
    answer = browser.post(
        "/admin/login/?next=/admin/claims/", {"username": "ada", "password": "secret-1", "next": "/admin/claims/"}
    )
    assert (answer.status_code, answer["Location"]) == (302, "/admin/claims/")
    assert browser.get("/admin/").status_code == 200
    assert browser.get("/admin/login/")["Location"] == "/admin/"
    assert browser.post("/admin/logout/").status_code == 200
    assert browser.get("/admin/").status_code == 302
    assert recorded(ada) == [("sign_in", "admin"), ("sign_out", "admin")]


def test_the_admins_door_sends_nobody_to_another_host(ada):
    form = {"username": "ada", "password": "secret-1", "next": "https://evil.example/"}
    assert Client().post("/admin/login/", form)["Location"] == "/admin/"


def test_whoever_may_not_enter_the_admin_gets_no_session_from_it(db):
    zoe = make.user("zoe", "reviewer")
    browser = Client()
    page = browser.post("/admin/login/", {"username": "zoe", "password": "secret-1"})
    assert (page.status_code, "sessionid" in browser.cookies) == (200, False)
    assert "for a staff account" in page.content.decode()
    assert recorded(zoe) == []


def test_a_session_of_the_api_opens_the_admin_to_staff_and_the_other_way_round(ada):
    browser = signed_in()
    assert browser.get("/admin/").status_code == 200
    browser.ask("DELETE", SESSION)
    assert browser.get("/admin/").status_code == 302


# The password


def change(browser, current="secret-1", new=NEW_PASSWORD):
    return browser.ask("PUT", PASSWORD, {"current_password": current, "new_password": new})


def test_a_new_password_leaves_this_browser_signed_in_and_no_other(ada):
    here, there = signed_in(), signed_in()
    key = here.key
    assert change(here).status_code == 204
    assert here.ask("GET", ME).status_code == 200
    assert here.key != key
    assert_problem(there.ask("GET", ME), 401, "not_authenticated")
    assert Browser().sign_in().status_code == 401
    assert Browser().sign_in(password=NEW_PASSWORD).status_code == 200
    [event] = events.events(ada).filter(action="change_password")
    assert (event.actor, event.data) == (ada, {"password": "changed"})


@pytest.mark.parametrize(
    ("current", "new", "wrong"),
    [
        ("wrong", NEW_PASSWORD, [("wrong_password", "/current_password")]),
        ("secret-1", "short", [("password_too_short", "/new_password")]),
        ("secret-1", "password123", [("password_too_common", "/new_password")]),
    ],
)
def test_a_password_is_not_changed_to_anything_nor_by_anybody(ada, current, new, wrong):
    browser = signed_in()
    assert places(assert_problem(change(browser, current, new), 422, "invalid_input")) == wrong
    assert Browser().sign_in().status_code == 200
    assert not events.events(ada).filter(action="change_password").exists()


def test_guessing_the_present_password_is_an_attempt_to_sign_in(counted_ada):
    browser = signed_in(REMOTE_ADDR="192.0.2.1")
    assert [change(browser, "wrong").status_code for _ in range(5)] == [422] * 5
    assert_problem(change(browser), 429, "throttled")
    assert tries(password="secret-1") == [429]
    assert tries(password="secret-1", address="198.51.100.1") == [200]


def test_on_its_page_of_the_admin_too(counted_ada):
    browser = Client(REMOTE_ADDR="192.0.2.1")
    browser.force_login(counted_ada)

    def change_there(old):
        form = {"old_password": old, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
        return browser.post("/admin/password_change/", form)

    assert [change_there("wrong").status_code for _ in range(5)] == [200] * 5
    refused = change_there("secret-1")
    assert (refused.status_code, refused["Retry-After"]) == (429, "300")
    counted_ada.refresh_from_db()
    assert counted_ada.check_password("secret-1")
    assert tries(password="secret-1", address="198.51.100.1") == [200]


def test_a_change_of_password_on_that_page_forgives_what_was_mistyped(counted_ada):
    browser = Client(REMOTE_ADDR="192.0.2.1")
    browser.force_login(counted_ada)
    form = {"old_password": "secret-1", "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    for _ in range(4):
        assert browser.post("/admin/password_change/", form | {"old_password": "wrong"}).status_code == 200
    assert browser.post("/admin/password_change/", form).status_code == 302
    assert tries(5) == [401] * 5


def test_a_token_changes_no_password(ada):
    response = api(ada).put(
        "/me/password", {"current_password": "secret-1", "new_password": NEW_PASSWORD}, "application/json"
    )
    assert_problem(response, 403, "session_required")
    assert Browser().sign_in().status_code == 200


# What it costs


def test_the_session_endpoint_costs_no_query_to_strangers_and_three_to_a_person(ada):
    """The session, the person with their roles, and how much they have not read."""
    for browser, cost in ((Browser(), 0), (signed_in(), 3)):
        with CaptureQueriesContext(connection) as queries:
            assert browser.ask("GET", SESSION).status_code == 200
        assert len(queries) == cost


def test_a_request_with_a_token_looks_at_no_session(ada):
    browser = api(ada)  # a script that sends both
    browser.cookies["sessionid"] = signed_in().key
    with CaptureQueriesContext(connection) as queries:
        assert browser.get("/me").status_code == 200
    assert not [query for query in queries if "session" in query["sql"]]
