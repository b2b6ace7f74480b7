"""Queries, headers and forms of any size and spelling: no address answers them with a failure, and no form moves a row."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from django.test import Client

from factcheck.accounts.models import User
from tests.api import CSRF_TOKEN, Api
from tests.test_access import PAGES, address_of
from tests.test_access import world as of_pages  # noqa: F401
from tests.test_every_operation import Choice, assert_declared, everything, fill, operations, own_key, root, some, world  # noqa: F401

pytestmark = pytest.mark.django_db

LONG = "a" * 100_000
LISTS = ",".join(["x"] * 20_000)
QUERIES = {
    "a long value": f"page_size={LONG}",
    "a long name": f"{LONG}=1",
    "many parameters": "&".join(f"p{n}=1" for n in range(5_000)),
    "one parameter many times": "page_size=1&" * 900,
    "many values": f"id={LISTS}",
    "no UTF-8": "search=%ff%fe%00",
    "half an escape": "search=%&%u0000=%",
    "brackets": "[" * 5_000,
}


def try_queries(root: Api, world: dict[str, Any], choose: Choice) -> None:  # noqa: F811
    for path, method, operation in operations("get"):
        for name in choose(list(QUERIES)):
            response = root.generic(method.upper(), f"{fill(path, key=own_key(path, world))}?{QUERIES[name]}")
            assert_declared(response, operation, (operation["operationId"], name))


def test_a_query_of_any_size_is_taken_or_refused_as_documented(root, world):  # noqa: F811
    try_queries(root, world, some(2))


HEADERS = (
    "If-Match", "If-None-Match", "Idempotency-Key", "Accept", "Accept-Language", "Accept-Encoding", "Authorization", "Cookie",
    "Origin", "Referer", "Content-Type", "Content-Encoding", "X-CSRFToken", "X-Request-Id", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-HTTP-Method-Override", "User-Agent", "Range", "If-Modified-Since",
)  # fmt: skip
VALUES = {
    "long": LONG,
    "a long list": LISTS,
    "not ASCII": "\xff\xfe\x80",
    "a charset that is none": "application/json; charset=\x01; boundary=" + "x" * 5_000,
}


def try_headers(root: Api, world: dict[str, Any], choose: Choice) -> None:  # noqa: F811
    root.looks_first = False
    asked = [row for row in operations() if row[2]["operationId"] in ("get_claim", "update_claim", "create_claim")]
    assert len(asked) == 3
    for header, (path, method, operation) in product(HEADERS, asked):
        for name in choose(list(VALUES)):
            address = fill(path, key=own_key(path, world))
            headers = {"If-Match": '"1"'} if method == "patch" else {}
            sent = "" if method == "get" else '{"unknown": 1}'
            content_type = VALUES[name] if header == "Content-Type" else "application/json"
            headers |= {} if header == "Content-Type" else {header: VALUES[name]}
            response = root.generic(method.upper(), address, sent, content_type, headers=headers)
            assert_declared(response, operation, (header, name))


def test_a_header_of_any_size_is_taken_or_refused_as_documented(root, world):  # noqa: F811
    try_headers(root, world, some(1))


LIMIT_BYTES = 100_000  # of a form in these tests
FORM, PART = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"


def part(disposition: str, content: bytes = b"a") -> bytes:
    return f"--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n".encode() + content + b"\r\n--x--\r\n"


# What any page may be told in its fields ...
FIELDS: dict[str, tuple[str, bytes]] = {
    "no UTF-8": (FORM, b"text=%ff%fe&action=\xff"),
    "NUL": (FORM, b"text=a%00&action=%00&username=%00&password=%00&q=%00&_selected_action=%00"),
    "half a pair": (FORM, b"text=%ed%a0%bd&action=%ed%a0%bd&username=%ed%a0%bd&password=%ed%a0%bd"),
    "a long name": (FORM, b"a" * 10_000 + b"=1&action=" + b"a" * 10_000),
}  # fmt: skip
# ... and what is a question of reading forms, whatever the page.
ENVELOPES: dict[str, tuple[str, bytes]] = {
    "many fields": (FORM, b"&".join(b"f%d=1" % n for n in range(5_000))),
    "a long field": (FORM, b"text=" + b"a" * LIMIT_BYTES),
    "JSON": ("application/json", b"[" * 10_000),
    "no boundary": ("multipart/form-data", b"a"),
    "a boundary that is none": ("multipart/form-data; boundary=" + "x" * 5_000, b"a"),
    "an empty boundary": ("multipart/form-data; boundary=", b"a"),
    "another charset": (FORM + "; charset=utf-7", b"text=+AAA-"),
    "a charset that is none": (PART + "; charset=x", part('name="text"')),
    "a broken part": (PART, b"--x\r\nContent-Disposition: form-data; name=\r\n"),
    "a part without a name": (PART, part("")),
    "a long part": (PART, part('name="text"', b"a" * LIMIT_BYTES)),
    "a part in base64": (PART, part('name="text"\r\nContent-Transfer-Encoding: base64', b"\xff===")),
    "many parts": (PART, b"".join(part(f'name="f{n}"')[:-7] + b"\r\n" for n in range(1_001)) + b"--x--\r\n"),
    "a file": (PART, part('name="file"; filename="a"', b"a" * 1000)),
    "a file by a way out": (PART, part('name="file"; filename="../../etc/passwd"')),
    "a header without end": (PART, b"--x\r\nContent-Disposition: " + b"a" * 10_000),
}  # fmt: skip


@pytest.fixture
def desk(settings) -> Client:
    """A superuser's browser that sends the CSRF token, so that forms are really read."""
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = LIMIT_BYTES
    client = Client(enforce_csrf_checks=True, raise_request_exception=False, headers={"X-CSRFToken": CSRF_TOKEN})
    client.force_login(User.objects.create_superuser("root"))
    client.cookies["csrftoken"] = CSRF_TOKEN
    return client


def forms() -> list[Any]:
    """Those of the admin; but signing out is what its form is for, whatever is sent."""
    posts = [route for route in PAGES if route.method == "POST" and route.address.startswith("/admin/")]
    return [route for route in posts if not route.address.endswith("/logout/")]


# Those that Django does not get to read, whatever the page: with them it cannot even look for a CSRF token.
UNREADABLE = {"many fields": 400, "a long field": 413, "no boundary": 400, "another charset": 400, "a long part": 413, "many parts": 400, "a file": 400}  # fmt: skip


READ = ("/admin/login/", "/admin/claims/claim/", "/admin/claims/claim/{id}/")


def try_forms(desk: Client, of_pages: dict[str, Any], choose: Choice) -> None:  # noqa: F811
    before = everything()
    assert len(forms()) > 40
    for route in forms():
        sent = [*choose(list(FIELDS.items())), *(ENVELOPES.items() if route.address in READ else ())]
        for name, (content_type, body) in sent:
            response = desk.generic("POST", address_of(route, of_pages), body, content_type)
            assert response.status_code < 500, (str(route), name)
            if name in UNREADABLE:
                assert response.status_code == UNREADABLE[name], (str(route), name)
                assert "<h1>The " in response.content.decode(), (str(route), name)
    assert everything() == before


def test_a_hostile_form_breaks_no_page_of_the_admin_and_moves_nothing(desk, of_pages):  # noqa: F811
    try_forms(desk, of_pages, some(1))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("factcheck/job", "state__exact"), ("factcheck/job", "kind"), ("audit/auditevent", "action"), ("audit/auditevent", "kind"),
        ("audit/auditevent", "request"), ("claims/claim", "risk__exact"), ("claims/claim", "language"), ("reviews/review", "stage__exact"),
        ("accounts/user", "username"),
    ],
)  # fmt: skip
def test_a_list_of_the_admin_looks_for_nothing_that_no_column_holds(desk, kind, name):
    answer = desk.get(f"/admin/{kind}/?{name}=a%00")
    assert (answer.status_code, answer.headers.get("Location")) == (302, f"/admin/{kind}/?e=1")


NO_TOKENS = ("", "x", LONG, "\xff" * 32, CSRF_TOKEN + "x", CSRF_TOKEN.upper())


def try_tokens(desk: Client, of_pages: dict[str, Any], choose: Choice) -> None:  # noqa: F811
    before = everything()
    for route in forms():
        for token in choose(NO_TOKENS):
            for headers in ({"X-CSRFToken": token}, {"Cookie": f"csrftoken={token}"}):
                response = desk.generic("POST", address_of(route, of_pages), b"", FORM, headers=headers)
                assert response.status_code == 403, (str(route), headers)
    assert everything() == before


def test_a_csrf_token_that_is_none_is_refused_by_every_form(desk, of_pages):  # noqa: F811
    try_tokens(desk, of_pages, some(1))
