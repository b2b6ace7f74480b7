"""Requests are counted in the cache that all processes share: beyond a limit comes 429, and without the cache nobody is refused."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.checks import run_checks
from django.test import Client, RequestFactory

from claims.models import Article
from factcheck import env, throttles
from factcheck.accounts import tokens
from tests import make
from tests.api import Api, api, assert_problem


@pytest.fixture
def small(counting, settings):
    settings.THROTTLE_USER, settings.THROTTLE_WRITES = (4, 60), (2, 60)
    settings.THROTTLE_ANONYMOUS, settings.THROTTLE_SIGN_IN = (3, 60), (5, 300)


@pytest.fixture
def ada(db):
    return made_ada()


@pytest.fixture
def ada_of_all_threads(committed_database):
    return made_ada()


def made_ada():
    return make.user("ada", "importer", "triager", is_staff=True)


def statuses(client, path, count):
    return [client.get(path).status_code for _ in range(count)]


# The API


def test_a_user_is_told_where_they_stand_and_refused_beyond_the_limit(ada, small):
    ada = api(ada)
    response = ada.get("/me")
    assert response["RateLimit-Policy"] == '"user";q=4;w=60'
    assert response["RateLimit"] == '"user";r=3;t=60'
    assert statuses(ada, "/me", 3) == [200, 200, 200]
    refused = ada.get("/me")
    problem = assert_problem(refused, 429, "throttled")
    assert (refused["Retry-After"], problem["retry_after_seconds"]) == ("60", 60)
    assert refused["RateLimit"] == '"user";r=0;t=60'


def test_another_window_begins_anew(ada, small, monkeypatch):
    ada = api(ada)
    assert statuses(ada, "/me", 5) == [200, 200, 200, 200, 429]
    monkeypatch.setattr(throttles.time, "time", lambda: 1_800_000_060.0)
    assert statuses(ada, "/me", 1) == [200]


def test_a_users_tokens_and_session_share_one_limit_and_others_have_their_own(ada, small):
    browser = Client()
    browser.force_login(ada)
    assert statuses(api(ada), "/me", 2) + statuses(api(ada), "/me", 1) == [200, 200, 200]
    assert statuses(browser, "/api/v1/me", 2) == [200, 429]
    assert statuses(api(make.user("ben", "triager")), "/me", 1) == [200]


def test_writes_have_a_narrower_limit_and_a_refused_one_writes_nothing(ada, small):
    ada = api(ada)
    body = {"text": "Prices fell.", "title": "Prices"}
    assert ada.post("/articles", body | {"text": "One."})["RateLimit-Policy"] == '"user";q=4;w=60, "writes";q=2;w=60'
    assert ada.post("/articles", body | {"text": "Two."}).status_code == 201
    assert_problem(ada.post("/articles", body | {"text": "Three."}), 429, "throttled")
    assert Article.objects.count() == 2
    assert ada.get("/me").status_code == 200


def test_who_is_not_signed_in_is_counted_by_address(db, small):
    assert statuses(Api(REMOTE_ADDR="192.0.2.1"), "/problems", 4) == [200, 200, 200, 429]
    assert statuses(Api(REMOTE_ADDR="192.0.2.2"), "/problems", 1) == [200]


def test_guessing_tokens_is_counted_too(db, small, monkeypatch):
    guesses = [Api().get("/me", headers={"Authorization": f"Bearer fc_{n}"}) for n in range(5)]
    assert [response.status_code for response in guesses] == [401, 401, 401, 429, 429]
    assert_problem(guesses[-1], 429, "throttled")


def test_a_method_that_is_none_is_counted_too(db, small):
    answers = [Api().put("/session", "{}", "application/json").status_code for _ in range(4)]
    assert answers == [405, 405, 405, 429]


def test_a_refusal_inside_a_view_is_counted_once(ada, small, settings):
    settings.THROTTLE_ANONYMOUS = (9, 60)
    assert Api().get("/me")["RateLimit"] == '"anonymous";r=8;t=60'
    reader = api(ada, "read")
    refused = reader.post("/articles", {"text": "One."})
    assert_problem(refused, 403, "insufficient_scope")
    assert refused["RateLimit"] == '"user";r=3;t=60, "writes";r=1;t=60'


def test_requests_at_once_are_each_counted(ada_of_all_threads, small, settings):
    settings.THROTTLE_USER = (10, 60)
    _, secret = tokens.issue(ada_of_all_threads, name="tests", scopes=["read"])

    def ask(_):
        from django.db import connection

        try:
            return Api(headers={"Authorization": f"Bearer {secret}"}).get("/me").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, range(40)))
    assert sorted(answers) == [200] * 10 + [429] * 30


# Signing in


def sign_in(password, username="ada", address="192.0.2.1"):
    return Client().post("/admin/login/", {"username": username, "password": password}, REMOTE_ADDR=address)


def test_the_sixth_wrong_password_is_not_even_looked_at(ada, small):
    assert [sign_in("wrong").status_code for _ in range(5)] == [200] * 5
    refused = sign_in("secret-1")
    assert (refused.status_code, refused["Retry-After"]) == (429, "300")
    assert "sessionid" not in refused.cookies
    assert b"Try again in 5 minutes" in refused.content
    # Somebody elsewhere, and somebody else here, is not locked out.
    assert sign_in("secret-1", address="192.0.2.9").status_code == 302
    assert sign_in("wrong", username="ben").status_code == 200


def test_attempts_at_once_are_each_counted(ada_of_all_threads, small):
    def attempt(_):
        from django.db import connection

        try:
            return sign_in("wrong").status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(attempt, range(24))) == [200] * 5 + [429] * 19


def test_a_name_in_other_letters_is_the_same_name(ada, small):
    assert [sign_in("wrong", username=name).status_code for name in ("ada", "Ada", "ADA", "aDA", "adA", "AdA")] == (
        [200] * 5 + [429]
    )


def test_signing_in_forgives_the_attempts_before(ada, small):
    for _ in range(3):
        assert [sign_in("wrong").status_code for _ in range(4)] == [200] * 4
        assert sign_in("secret-1").status_code == 302


def test_a_newsroom_behind_one_address_signs_in_however_many_they_are(ada, small, settings):
    settings.THROTTLE_SIGN_IN = (1, 300)
    assert [sign_in("secret-1").status_code for _ in range(12)] == [302] * 12


def test_signing_in_oneself_forgives_no_guess_at_another_name(ada, small, settings):
    settings.THROTTLE_SIGN_IN = (1, 300)
    for n in range(10):
        assert sign_in("wrong", username=f"person-{n}").status_code == 200
        assert sign_in("secret-1").status_code == (302 if n < 9 else 429)


def test_one_password_tried_under_many_names_is_refused_too(db, small):
    answers = [sign_in("spring2026", username=f"person-{n}").status_code for n in range(51)]
    assert answers == [200] * 50 + [429]


# Where the address comes from


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "address"),
    [
        (0, "192.0.2.1", "198.51.100.7", "192.0.2.1"),
        (1, "10.0.0.2", "203.0.113.5, 198.51.100.7", "198.51.100.7"),
        (2, "10.0.0.2", "203.0.113.5, 198.51.100.7, 10.0.0.3", "198.51.100.7"),
        (2, "10.0.0.2", "198.51.100.7", "10.0.0.2"),
        (1, "10.0.0.2", "nonsense", "unknown"),
        (0, "2001:db8:1:2:3:4:5:6", "", "2001:db8:1:2::"),
        (0, "::ffff:192.0.2.1", "", "192.0.2.1"),
        (0, "", "", "unknown"),
    ],
)
def test_only_trusted_proxies_say_where_a_request_comes_from(settings, proxies, remote, forwarded, address):
    settings.TRUSTED_PROXIES = proxies
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert throttles.address_of(RequestFactory().get("/", REMOTE_ADDR=remote, headers=headers)) == address


# The cache


def test_without_the_cache_nobody_is_refused_and_the_log_says_so_once(ada, small, settings, monkeypatch, caplog):
    monkeypatch.setattr(throttles, "_asked_again_at", 0.0)
    settings.CACHES = {"default": env.cache("redis+socket:///nonexistent/cache.sock")}
    answers = [api(ada).get("/me") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 6
    assert "RateLimit" not in answers[0].headers
    assert sign_in("secret-1").status_code == 302
    lines = [record.getMessage() for record in caplog.records if "The cache is away" in record.getMessage()]
    assert lines == ["The cache is away; nobody is throttled for 5 s: ConnectionError"]
    monkeypatch.setattr(throttles, "_asked_again_at", 0.0)


def test_memory_of_one_process_is_an_error_of_the_deployment(settings):
    def found():
        return [message.id for message in run_checks(tags=["security"], include_deployment_checks=True)]

    settings.CACHES = {"default": env.cache("locmem://")}
    assert "factcheck.E003" in found()
    settings.CACHES = {"default": env.cache("redis://cache.example/1")}
    assert "factcheck.E003" not in found()


@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("redis+socket:///run/valkey.sock", "redis+socket:///run/valkey.sock?virtual_host=1"),
        ("redis+socket:///run/valkey.sock?virtual_host=15", "redis+socket:///run/valkey.sock?virtual_host=0"),
        ("redis://:secret@valkey:6379/0", "redis://:secret@valkey:6379/1"),
        ("rediss://valkey", "rediss://valkey/1"),
        ("amqp://rabbit", "locmem://"),
    ],
)
def test_the_cache_lies_beside_the_broker(broker, cache):
    assert env.cache_beside(broker) == cache


def test_a_socket_is_named_as_its_client_wants_it():
    assert env.cache("redis+socket:///run/v.sock?virtual_host=3")["LOCATION"] == "unix:///run/v.sock?db=3"


@pytest.mark.parametrize("raw", ["600", "0/60", "5/0", "x/60", "-1/60", "5/60/2", ""])
def test_a_rate_is_requests_in_seconds(raw):
    assert env.rate("600/60") == (600, 60)
    with pytest.raises(ValueError):
        env.rate(raw)


def test_the_limits_are_far_beyond_what_people_do(settings):
    assert settings.THROTTLE_USER == (6000, 60)
    assert settings.THROTTLE_ANONYMOUS == (600, 60)


def test_every_operation_declares_the_refusal():
    from tests.test_openapi import SNAPSHOT

    assert len(re.findall(r"^        '429':$", SNAPSHOT.read_text(), re.MULTILINE)) == len(
        re.findall(r"operationId:", SNAPSHOT.read_text())
    )
