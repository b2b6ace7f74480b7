"""Clients that speak for a user (`tests.make.user`), and what every refusal looks like."""

from __future__ import annotations

from collections.abc import Iterable

from django.test import Client

from factcheck.accounts import tokens
from factcheck.accounts.models import User


def client_of(user: User, *, scopes: Iterable[str] | None = None) -> Client:
    """A client that sends a token of `user`, with all scopes the user holds unless told; server errors are answers, not exceptions."""
    _, secret = tokens.issue(user, name="test", scopes=sorted(user.scopes) if scopes is None else scopes)
    return Client(raise_request_exception=False, headers={"Authorization": f"Bearer {secret}"})


def browser_of(user: User, *, checks_csrf: bool = False) -> Client:
    """A client with a session of `user`."""
    client = Client(raise_request_exception=False, enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client


def assert_problem(response, status: int, code: str) -> dict:
    """The response is this problem, complete; returns its document."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/problem+json"), response.content
    problem = response.json()
    assert {"type", "title", "status", "detail", "code", "request_id", "errors"} <= set(problem)
    assert (problem["status"], problem["code"]) == (status, code), problem
    assert problem["request_id"] == response["X-Request-Id"]
    return problem
