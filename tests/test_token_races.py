"""Whoever loses a right loses it with the commit: no request that begins afterwards succeeds, however many ask at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import cache, partial

import pytest
from django.contrib.auth.models import Group
from django.db import connections

from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from tests import make
from tests.api import Api, assert_problem, signed_in
from tests.editing import answers_at_once
from tests.services import wait_until

ASKING = 3  # clients at once


@pytest.fixture
def ada(committed_database) -> User:
    return make.user("ada", "importer", "triager")


def demoted(token: Token) -> None:
    token.user.groups.remove(Group.objects.get(name="triager"))


def switched_off(token: Token) -> None:
    User.objects.filter(pk=token.user_id).update(is_active=False)


def expired(token: Token) -> None:
    Token.objects.filter(pk=token.pk).update(expires_at=token.created_at)


def with_token(owner: User, secret: str) -> Api:
    return Api(headers={"Authorization": f"Bearer {secret}"})


def in_session(owner: User, secret: str) -> Api:
    return signed_in(owner)


def ask_while(
    change: Callable[[Token], object], ada: User, client_of: Callable[[User, str], Api] = with_token
) -> tuple[set[int], set[int]]:
    """How requests that began before and after the commit of the change were answered: some of each, by every client."""
    token, secret = tokens.issue(ada, name="feed", scopes=["read", "triage"])
    answers: list[list[tuple[float, int]]] = [[] for _ in range(ASKING)]
    is_over = threading.Event()

    def ask(own: list[tuple[float, int]]) -> None:
        client = client_of(ada, secret)
        try:
            while not is_over.is_set():
                began = time.monotonic()
                # A member that is none: who has the scope is told so, and nothing is written.
                own.append((began, client.post("/claims", {"txt": "x"}).status_code))
        finally:
            connections.close_all()

    def wait_for(more: int) -> None:
        until = [len(own) + more for own in answers]
        wait_until(lambda: all(len(own) >= n for own, n in zip(answers, until, strict=True)))

    threads = [threading.Thread(target=ask, args=(own,)) for own in answers]
    for thread in threads:
        thread.start()
    try:
        wait_for(3)
        change(token)
        committed = time.monotonic()
        wait_for(5)
    finally:
        is_over.set()
        for thread in threads:
            thread.join(30)
    every = [answer for own in answers for answer in own]
    return {status for began, status in every if began < committed}, {s for began, s in every if began >= committed}


ENDS = {demoted: 403, switched_off: 401, expired: 401, tokens.revoke: 401, tokens.rotate: 401}


@pytest.mark.parametrize("change", ENDS, ids=lambda change: change.__name__)
def test_after_the_commit_no_request_succeeds(ada, change):
    before, after = ask_while(change, ada)
    assert 422 in before, "the token had its scope"
    assert after == {ENDS[change]}


def given_a_password(token: Token) -> None:
    owner = User.objects.get(pk=token.user_id)
    owner.set_password("another long phrase")
    owner.save(update_fields=["password"])


@pytest.mark.parametrize(("change", "status"), [(demoted, 403), (switched_off, 401), (given_a_password, 401)])
def test_after_the_commit_no_request_of_a_session_succeeds_either(ada, change, status):
    before, after = ask_while(change, ada, in_session)
    assert 422 in before, "the session had its right"
    assert after == {status}


@pytest.mark.parametrize("change", ENDS, ids=lambda change: change.__name__)
def test_with_a_token_remembered_from_an_earlier_request_late_ones_would_succeed(ada, change, monkeypatch):
    monkeypatch.setattr(tokens, "find", cache(tokens.find))
    _, after = ask_while(change, ada)
    assert 422 in after


def test_of_two_who_rotate_one_token_at_once_one_learns_the_secret_that_works(ada):
    clients = [signed_in(ada), signed_in(ada)]
    for _ in range(10):
        token, _ = tokens.issue(ada, name="feed", scopes=["read"])
        rotate = f"/tokens/{token.pk}/rotate"
        answers = answers_at_once(*(partial(c.post, rotate, headers={"If-Match": '"1"'}) for c in clients))
        assert sorted(answer.status_code for answer in answers) == [200, 412]
        won, lost = sorted(answers, key=lambda answer: answer.status_code)
        told = assert_problem(lost, 412, "stale_version")
        assert (told["current_version"], told["changed_by"], told["changed_fields"]) == (2, "ada", ["prefix"])
        assert tokens.find(won.json()["secret"]) == token


def test_without_the_lock_both_would_be_given_a_secret_and_one_of_them_would_not_work(ada, monkeypatch):
    both_have_read = threading.Barrier(2)

    def look(token: Token) -> Token:
        seen = Token.objects.select_related("user").get(pk=token.pk)
        both_have_read.wait(10)
        return seen

    monkeypatch.setattr(tokens, "_locked", look)
    # Two writers of one chain of events would be refused by the record.
    monkeypatch.setattr(tokens.events, "record", lambda *args, **kwargs: None)
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    secrets = [secret for _, secret in answers_at_once(*[lambda: tokens.rotate(token, version=1)] * 2)]
    assert sorted(tokens.find(secret) is None for secret in secrets) == [False, True]
