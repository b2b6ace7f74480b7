"""Asking the API as somebody over their own token, and what every refusal has to look like."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NotRequired, get_origin, get_type_hints

from django.conf import settings
from django.test import Client

from factcheck.accounts import tokens
from factcheck.accounts.models import User
from factcheck.api.problems import catalogue

BASE = "/api/v1"
CSRF_TOKEN = "x" * 32
BASE_MEMBERS = {"type", "title", "status", "detail", "code", "request_id", "errors"}


class Api(Client):
    """Bodies are JSON; addresses are relative to /api/v1. A fault of ours is answered as a client would see it.

    While `looks_first`, it looks at a row before it changes it, as an editor does who has just opened it: the ETag of what it saw goes
    along as If-Match, unless the test sends one of its own. Whoever judges has looked at their seat. One that `remembers` looks again only
    after a change of its own.
    """

    def __init__(self, *, looks_first: bool = True, remembers: bool = False, **options: Any) -> None:
        super().__init__(raise_request_exception=False, **options)
        self.looks_first, self.remembers = looks_first, remembers
        self._tags: dict[str, str] = {}

    def generic(self, method: str, path: Any, *args: Any, headers: Any = None, **kwargs: Any) -> Any:
        path = path if path.startswith(("/api", "http")) else BASE + path
        headers = dict(headers or {})
        is_change = method in ("POST", "PATCH", "PUT", "DELETE")
        if self.looks_first and is_change and method != "PUT" and "If-Match" not in headers:
            headers |= self._seen(path)
        answer = super().generic(method, path, *args, headers=headers, **kwargs)
        if is_change and answer.status_code < 400:
            self._tags.clear()
        return answer

    def _seen(self, path: str) -> dict[str, str]:
        collection, _, rest = path.removeprefix(f"{BASE}/").partition("/")
        row = f"{BASE}/{collection}/{rest.partition('/')[0]}"
        if not rest:
            return {}
        if is_judging := rest.endswith(("/submit-verdict", "/revise-verdict")):
            row += "/seat"
        if row not in self._tags:
            self._tags[row] = super().generic("GET", row).headers.get("ETag", '"no seat"' if is_judging else "")
        etag = self._tags[row]
        if not self.remembers:
            self._tags.clear()
        return {"If-Match": etag} if "." in etag or is_judging else {}

    def post(self, path: str, data: Any = None, content_type: str = "application/json", **kwargs: Any) -> Any:  # type: ignore[override]
        return super().post(path, {} if data is None else data, content_type, **kwargs)


def api(user: User | None, *scopes: str) -> Api:
    """A client with a token of this user: of all its scopes, or of these. Without a user nobody is signed in."""
    if user is None:
        return Api()
    _, secret = tokens.issue(user, name="tests", scopes=scopes or sorted(user.scopes))
    return Api(headers={"Authorization": f"Bearer {secret}"})


def signed_in(user: User, **options: Any) -> Api:
    """A client in a session of this user's, which sends the CSRF token as a front end does."""
    client = Api(enforce_csrf_checks=True, headers={"X-CSRFToken": CSRF_TOKEN}, **options)
    client.force_login(user)
    client.cookies[settings.CSRF_COOKIE_NAME] = CSRF_TOKEN
    return client


def assert_problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """The answer is this problem, in the one shape that problems have, and clients can look it up. Returns the document."""
    document = assert_some_problem(response)
    assert (response.status_code, document["code"]) == (status, code), document
    return document


def assert_some_problem(response: Any) -> dict[str, Any]:
    assert response["Content-Type"] == "application/problem+json", (response.status_code, response.content[:300])
    document: dict[str, Any] = response.json()
    assert document.keys() >= BASE_MEMBERS
    [known] = [kind for kind in catalogue() if kind.code == document["code"]]
    assert (document["status"], document["title"]) == (response.status_code, known.title)
    assert document["status"] == known.status
    assert document["type"] == f"/api/v1/problems#{known.code}"
    assert document["request_id"] == response["X-Request-Id"]
    extra = get_type_hints(known.Extra, include_extras=True)
    required = {name for name, hint in extra.items() if get_origin(hint) is not NotRequired}
    assert required <= document.keys() - BASE_MEMBERS <= extra.keys(), document
    return document


def places(document: dict[str, Any]) -> list[tuple[str, str]]:
    """Code and place of each error of a problem."""
    return [(e["code"], e.get("pointer", e.get("parameter", e.get("header", "")))) for e in document["errors"]]


def walk(client: Api, path: str) -> Iterator[list[dict[str, Any]]]:
    """The pages of a list, following `next` to the end."""
    for _ in range(1000):
        response = client.get(path)
        assert response.status_code == 200, response.content
        page = response.json()
        yield page["results"]
        if page["next"] is None:
            return
        path = page["next"]
    raise AssertionError(f"{path} has no end")
