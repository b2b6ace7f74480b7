"""Every operation of the OpenAPI document, asked wrongly in every way: the answer is a problem it declares, never a failure."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import cache, reduce
from itertools import count, product
from operator import getitem
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import pytest
from django.apps import apps
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from claims import pipeline
from claims.models import Appearance, ExtractionRun, Outlet
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.api.strict import MAX_NAMED
from factcheck.models import Job
from reviews.publication import EXPORTS
from reviews.reasons import REASONS
from tests import make
from tests.api import Api, api, assert_problem, assert_some_problem, places, signed_in
from tests.remembering import remembered
from tests.reviewing import snapshot
from tests.test_openapi import codes_of

pytestmark = pytest.mark.django_db

T = TypeVar("T")

METHODS = ("get", "post", "put", "patch", "delete", "options", "trace")
NOBODY = "01890000-0000-7000-8000-000000000000"


@cache
def document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(*methods: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Path, method and operation: of all methods, or of these."""
    for path, found in sorted(document()["paths"].items()):
        for method, operation in found.items():
            if not methods or method in methods:
                yield path, method, operation


def fill(path: str, **keys: Any) -> str:
    """The path with these keys for its placeholders; `NOBODY` for one that is not given."""
    for step in path.split("/"):
        if step.startswith("{"):
            path = path.replace(step, "1" if step == "{number}" else str(keys.get("key", NOBODY)))
    return path


@pytest.fixture
def root(world) -> Api:  # which is there first, as nobody has written anything yet
    """Somebody with every scope and a session: nothing is refused for want of either."""
    return signed_in(make.user("root", is_superuser=True, is_staff=True), remembers=True)


@pytest.fixture
def world() -> dict[str, Any]:
    """One row of each kind, by the first step of its addresses."""
    return one_of_each()


@remembered
def one_of_each() -> dict[str, Any]:
    ada = make.user("ada", "importer", "triager")
    article = make.article("Prices rose by 40 per cent last year, the bank said.", outlet="Wire")
    assert jobs.work("tests")
    of_matching = make.match_rows(ada)
    run = pipeline.start_run("feed.jsonl", {}, started_by=ada)
    pipeline.land_batch([make.draft("Another.")], run=run)
    pipeline.finish_run(run)
    claim = make.claim(actor=ada, version_id=article.versions.get().pk, start=0, end=6)
    other = make.claim("Another claim.", actor=ada)
    room = make.newsroom()
    of_reviews = make.review_rows(room)
    return {
        "articles": article.pk,
        "article-versions": article.versions.get().pk,
        "appearances": Appearance.objects.filter(claim=claim).get().pk,
        "claims": claim.pk,
        "extraction-runs": ExtractionRun.objects.earliest("id").pk,
        "import-runs": run.pk,
        "jobs": Job.objects.get(state="queued", kind="extract").pk,
        "outlets": Outlet.objects.get().pk,
        "tokens": tokens.issue(ada, name="feed", scopes=["read"])[0].pk,
        "users": ada.pk,
        "other claim": other.pk,
        "notifications": make.notification(
            room, of_reviews["reviews"], make.user("root", is_superuser=True, is_staff=True)
        ),
        **of_matching,
        **of_reviews,
        **make.webhook_rows(room),
    }


class Choice(Protocol):
    def __call__(self, values: Sequence[T]) -> Sequence[T]: ...


def some(many: int) -> Choice:
    """So many of the values that could be tried in a place, others in the next, until each has had its turn. `make soak` tries all of them
    in every place (`soak/test_soak_every_value.py`).
    """
    turns = count(step=many)

    def choose(values: Sequence[T]) -> Sequence[T]:
        first = next(turns)
        return [values[n % len(values)] for n in range(first, first + min(many, len(values)))]

    return choose


def own_key(path: str, world: dict[str, Any]) -> Any:
    return world.get(path.removeprefix("/api/v1/").partition("/")[0], NOBODY)


OURS = [
    kind
    for app in ("claims", "reviews", "factcheck", "accounts", "audit", "notifications", "webhooks")
    for kind in apps.get_app_config(app).get_models()
]


def everything() -> dict[str, str]:
    """All rows of all tables of ours, by their hash: the record, past rows and kept answers too."""
    return snapshot([kind._meta.db_table for kind in OURS])


def assert_declared(response: Any, operation: dict[str, Any], what: Any) -> None:
    """The status is one that the document lists for the operation; what is no success is a problem."""
    assert response.status_code < 500, (what, response.content[:500])
    assert str(response.status_code) in operation["responses"], (what, response.status_code, response.content[:500])
    if response.status_code >= 400:
        code = assert_some_problem(response)["code"]
        assert code in codes_of(document(), operation["responses"][str(response.status_code)]), (what, code)


# Not signed in, wrong method, wrong key


def test_nothing_but_the_documentation_and_what_is_published_is_answered_to_strangers(world):
    before = everything()
    stranger = api(None)
    public = set()
    for path, method, operation in operations():
        address = fill(path, key=own_key(path, world))
        response = stranger.generic(method.upper(), address, "{}", "application/json")
        if operation.get("security"):
            assert_problem(response, 401, "not_authenticated")
        else:
            public.add((operation["operationId"], response.status_code))
    published = ("list_public_fact_checks", "list_public_fact_check_revisions", "get_public_fact_check")
    published += (
        "get_public_fact_check_revision",
        "get_public_fact_check_claim_review",
        "list_public_corrections",
        "export_corrections",
        *(f"export_{export.name.replace('.', '_')}" for export in EXPORTS),
    )
    assert public == {
        ("list_problems", 200), ("get_session", 200), ("sign_in", 422), ("sign_out", 204), *((name, 200) for name in published),
        ("create_public_correction_request", 422), ("get_public_correction_request", 404), ("get_public_snapshot", 404), ("get_public_statistics_corrections", 200),
    }  # fmt: skip
    assert everything() == before


def test_a_token_that_is_none_is_refused_everywhere(world):
    before = everything()
    stranger = Api(headers={"Authorization": "Bearer fc_wrong"})
    for path, method, operation in operations():
        if operation.get("security"):
            address = fill(path, key=own_key(path, world))
            response = stranger.generic(method.upper(), address, "{}", "application/json")
            assert_problem(response, 401, "invalid_token")
    assert everything() == before


@pytest.mark.parametrize(
    "credentials", ["Bearer", "Bearer ", "Bearer \xff\xfe", "Bearer a b c", f"Bearer {'x' * 8000}", "bearer \0"]
)
def test_credentials_of_any_kind_are_no_token(credentials):
    assert_problem(Api(headers={"Authorization": credentials}).get("/claims"), 401, "invalid_token")


@pytest.mark.parametrize("credentials", ["", "Basic YTpi", "fc_token", "Digest x"])
def test_other_ways_to_sign_in_are_none(credentials):
    assert_problem(Api(headers={"Authorization": credentials}).get("/claims"), 401, "not_authenticated")


def test_a_method_that_an_address_does_not_have_is_405_and_the_right_ones_are_named(root, world):
    before = everything()
    for path, documented in document()["paths"].items():
        for method in set(METHODS) - set(documented):
            response = root.generic(method.upper(), fill(path, key=own_key(path, world)), "{}", "application/json")
            assert_problem(response, 405, "method_not_allowed")
            allowed = {name.strip().lower() for name in response["Allow"].split(",")}
            assert set(documented) <= allowed, (path, method)
            assert method not in allowed - {"options"}, (path, method)
    assert everything() == before


KEYS = [
    NOBODY,
    "7",
    "x",
    "-1",
    "%00",
    "%2F",
    "%20",
    "%F0%9F%99%82",
    "%FF",
    "..;",
    "a" * 5000,
    "{}",
    "None",
    "1e5",
    NOBODY[:-1],
]


def try_keys(root: Api, choose: Choice) -> None:
    before = everything()
    for path, method, _ in operations():
        for key in choose(KEYS) if "{" in path else ():
            response = root.generic(method.upper(), fill(path, key=key), "{}", "application/json")
            assert_problem(response, 404, "not_found")
    assert everything() == before


def test_a_key_that_leads_nowhere_is_404_for_every_operation(root, world):
    try_keys(root, some(2))


# Bodies


def bodies(world: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """A body that each writing operation takes, to be changed at will. An operation without one fails the tests below."""
    span = {"start": 0, "end": 6, "quote": "Prices"}
    return deepcopy({
        "create_article": {
            "text": "Prices fell.", "title": "Prices", "url": "https://example.org/a", "byline": "A", "language": "en",
            "outlet": "Wire", "published_at": "2025-07-02",
        },
        "extract_article": {},
        "create_import_run": {},
        "retry_failed_import_run": {},
        "withdraw_article": {"reason": "legal", "note": "A court has ordered it."},
        "create_claim": {
            "text": "Prices fell.", "kind": "statement", "claimant": "NBU",
            "article_version": str(world["article-versions"]), "span": span,
        },
        "update_claim": {"text": "Prices fell.", "kind": "statement", "claimant": "NBU", "span": span},
        "accept_claim": {"note": "", "risk": "normal"},
        "confirm_match": {"note": ""},
        "reject_match": {"note": ""},
        "reject_claim": {"note": "", "reason": "opinion"},
        "defer_claim": {"note": "", "reason": "no_capacity"},
        "restore_claim": {"note": ""},
        "merge_claim": {"note": "", "reason": "duplicate", "into": str(world["other claim"])},
        "unmerge_claim": {"note": ""},
        "split_claim": {"note": "", "texts": ["One.", "Two."]},
        "bulk_claims": {
            "action": "accept", "items": [{"id": str(world["claims"]), "version": 1}], "params": {}, "atomic": False,
        },
        "sign_in": {"username": "ada", "password": "secret-1"},
        "sign_out": {},
        "change_password": {"current_password": "secret-1", "new_password": "a long phrase 7"},
        "retry_job": {},
        "cancel_job": {},
        "update_me": {"email_notifications": False},
        "read_notification": {},
        "read_all_notifications": {},
        "create_token": {"name": "feed", "scopes": ["read"], "expires_at": None, "owner": str(world["users"])},
        "rotate_token": {"expires_at": None},
        "revoke_token": {},
        "create_webhook_endpoint": WEBHOOK | {"desk": str(world["desks"])},
        "update_webhook_endpoint": WEBHOOK,
        "rotate_secret_webhook_endpoint": {"overlap_hours": 3},
        **{f"{action}_webhook_endpoint": {} for action in ("disable", "enable", "send_test")},
        "replay_webhook_delivery": {},
        "create_review": {"claim": str(world["claims"]), "desk": str(world["desks"]), "risk": "high"},
        "take_next_review": {"desk": str(world["desks"])},
        "create_review_evidence": ITEM,
        "create_public_correction_request": {
            "fact_check": str(world["public"]), "text": "It was 2024.", "contact": "reader@example.org",
        },
        "acknowledge_correction_request": {}, "take_over_correction_request": {}, "accept_correction_request": {},
        "decline_correction_request": {"reason": "unsupported", "answer": "It was 2023."}, "resolve_correction_request": {"answer": "It was 2024."},
        "mark_duplicate_correction_request": {"answer": "It was 2024.", "duplicate_of": NOBODY},
        "create_review_evidence_file": {},
        "update_evidence": ITEM | {"is_withdrawn": True},
        "mark_unreliable_evidence": {"reason": "forged", "note": "It is."},
        "keep_evidence": {"finding": NOBODY, "reason": "moved", "note": "To the archive."},
        "take_snapshot_evidence": {},
        "verify_snapshot": {},
        "create_review_search": {"side": "supports", "queries": ["wages 2024"], "places": "The archive", "note": ""},
        "create_review_comment": {
            "text": "Which year?", "reply_to": NOBODY,
            "anchor": {"field": "claim.text", "evidence": NOBODY, "article_version": NOBODY, "span": span},
        },
        "update_review_draft": {
            "headline": "Wages", "summary": "They fell.", "rating": "false", "rating_explanation": "Tables.", "body": "More.",
        },
        "update_review_seat_draft": JUDGEMENT,
        "submit_verdict_review": JUDGEMENT,
        "revise_verdict_review": JUDGEMENT,
        "adjudicate_review": {
            "rating": "false", "rationale": make.WHY, "answers": [{"verdict": NOBODY, "answer": "No."}],
        },
        "assign_review": {"to": str(world["users"])},
        "take_over_review": {"reason": "absent", "note": "Ill."},
        "submit_for_rating_review": {"single_origin_reason": "There is one archive."},
        "replace_seat_holder_review": {"seat": 1, "reason": "absent", "note": "Ill."},
        "request_reply_review": {"addressee": "The ministry", "public_addressee": "The ministry", "question": "Why?"},
        "record_reply_review": {"request": NOBODY, "answer": "Because.", "public_answer": "", "is_declined": False},
        "waive_reply_review": {"addressee": "The bank", "public_addressee": "", "reason": "unreachable", "note": "No answer."},
        "send_back_review": {"to": "drafting", "reason": "unclear", "note": "Which year?"},
        "publish_minor_review": {"kind": "update", "draft_digest": "0" * 64, "public_note": "It was 2024."},
        "approve_review": {
            "decision": NOBODY, "draft_digest": "0" * 64, "evidence_digest": "0" * 64, "publish_at": "2030-01-01T09:00:00Z",
            "public_note": "It was 2024.",
        },
        "publish_review": {"public_note": "The year was wrong."},
        "open_revision_review": {"correction_request": NOBODY, "reason": "unclear", "note": "Which year?"},
        "dismiss_revision_review": {"reason": "settled", "note": "It stands.", "answer": "It is right."},
        "propose_retraction_review": {"reason": "error_found", "note": make.PUBLIC_REASON},
        **{f"{action}_review": {} for action in ("take", "renew_lease", "confirm_numbers", "escalate", "submit_draft", "retract")},
        **{
            f"{action}_review": {"reason": str(REASONS[action][0]), "note": "Words."}
            for action in (
                "release", "request_evidence", "replace_adjudicator", "unapprove", "declare_conflict", "hold", "resume", "close", "reopen",
                "reverify", "abandon_reverification",
            )
        },
    })  # fmt: skip


WEBHOOK = {"url": "https://news.example/hook", "event_types": ["claim.accepted"], "description": "Front page"}
ITEM = {
    "url": "", "title": "Tables", "publisher": "Ministry", "origin": "Ministry", "stance": "refutes", "quotation": "33,000",
    "locator": "page 3", "note": "", "is_confidential": False, "snapshot_exemption": "A paper archive.",
}  # fmt: skip
JUDGEMENT = {"rating": "false", "rationale": make.WHY, "cites": [NOBODY], "searches": "Archives"}


def test_every_writing_operation_is_among_those_that_are_tried(world):
    assert {operation["operationId"] for _, _, operation in operations("post", "patch", "put", "delete")} == set(
        bodies(world)
    )


VALUES: list[Any] = [
    None, True, -1, 2**63, "", " ", "🙂" * 3000, "\ud83d", "a\0b", NOBODY, [None], {"start": {}, "end": []},
]  # fmt: skip


def try_members(root: Api, world: dict[str, Any], choose: Choice) -> None:
    good = bodies(world)
    for path, method, operation in operations("post", "put", "patch"):
        address = fill(path, key=own_key(path, world))
        body = good[operation["operationId"]]
        for name in [*body, "unknown"]:
            for value in choose(VALUES):
                response = root.generic(method.upper(), address, json.dumps(body | {name: value}), "application/json")
                assert_declared(
                    response, operation, (operation["operationId"], name, str(value)[:60].encode("utf-8", "replace"))
                )


def test_a_member_of_any_other_type_or_size_is_taken_or_refused_as_documented(root, world):
    try_members(root, world, some(1))


OTHER_TYPES: dict[str, list[Any]] = {
    "string": [7, 1.5, True, {}, []], "integer": ["7", True, [7], 1.5], "boolean": ["true", 1, "no", []], "array": ["a", {}, 7],
}  # fmt: skip


def members(schema: dict[str, Any], body: dict[str, Any]) -> Iterator[tuple[tuple[Any, ...], str]]:
    """The places of a body, each with the type that the document gives it. Members that may be of several types are left out."""
    if name := schema.get("$ref", "").rpartition("/")[2]:
        schema = document()["components"]["schemas"][name]
    for key, member in schema.get("properties", {}).items():
        resolved = document()["components"]["schemas"].get(member.get("$ref", "").rpartition("/")[2], member)
        if key not in body:
            continue
        if resolved.get("type") == "object":
            yield from (((key, *place), kind) for place, kind in members(member, body[key]))
        elif isinstance(kind := resolved.get("type"), str):
            yield (key,), kind
            if kind == "array" and isinstance(body[key][0], str):
                yield (key, 0), "string"
            elif kind == "array":
                yield from (((key, 0, *place), kind) for place, kind in members(member["items"], body[key][0]))


def try_other_types(root: Api, world: dict[str, Any], choose: Choice) -> int:
    before, tried = everything(), 0
    good = bodies(world)
    for path, method, operation in writes():
        if not operation.get("requestBody"):
            continue
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        for place, kind in members(schema, good[operation["operationId"]]):
            for value in choose(OTHER_TYPES[kind]):
                body = json.loads(json.dumps(good[operation["operationId"]]))
                *steps, last = place
                reduce(getitem, steps, body)[last] = value
                response = root.generic(
                    method.upper(), fill(path, key=own_key(path, world)), json.dumps(body), "application/json"
                )
                assert response.status_code == 422, (operation["operationId"], place, value, response.content[:300])
                pointer = "/" + "/".join(map(str, place))
                assert {at[: len(pointer)] for _, at in places(response.json())} == {pointer}, (place, value)
                tried += 1
    assert everything() == before
    return tried


def test_what_json_wrote_as_another_type_is_refused_and_not_turned_into_the_right_one(root, world):
    assert try_other_types(root, world, some(1)) > 100


RAW = {
    "a space": b" ",
    "half": b'{"text": ',
    "no JSON": b"text=a",
    "a number": b"7",
    "null": b"null",
    "a string": b'"text"',
    "a list": b"[1, 2]",
    "NaN": b'{"text": NaN}',
    "beyond a double": b'{"span": {"start": 1e999, "end": 1}}',
    "many digits": b'{"span": {"start": ' + b"9" * 50_000 + b', "end": 1}}',
    "no UTF-8": b'{"text": "\xff\xfe"}',
    "UTF-16": '{"text": "a"}'.encode("utf-16"),
    "NUL": b'{"text": "a\\u0000"}',
    "NUL byte": b'{"text": "a\x00"}',
    "NUL name": b'{"a\\u0000": 1}',
    "half a pair": b'{"text": "\\ud83d", "note": "\\udc00"}',
    "half a pair as a name": b'{"\\ud83d": 1}',
    "100,000 lists": b"[" * 100_000 + b"]" * 100_000,
    "100,000 objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "64 lists in a member": b'{"text": ' + b"[" * 63 + b"]" * 63 + b"}",
    "many members": b"{" + b",".join(b'"%d": 1' % n for n in range(20_000)) + b"}",
    "a million items": b"[" + b"1," * 999_999 + b"1]",
    "a million items in a member": b'{"note": [' + b"1," * 999_999 + b"1]}",
    "more than is read": b'{"text": "' + b"a" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE + b'"}',
}
# What some operations may take: nothing at all, and what JSON allows though nobody should send it.
TAKEN = {
    "nothing": b"",
    "mark": b'\xef\xbb\xbf{"text": "Prices fell."}',
    "the same member twice": b'{"text": "a", "text": 7}',
}


def writes() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Those that take JSON, or no body. Those that take a file have tests of their own (`test_uploads.py`, `test_import_files.py`)."""
    for path, method, operation in operations("post", "put", "patch"):
        if "application/json" in operation.get("requestBody", {}).get("content", ("application/json",)):
            yield path, method, operation


def try_bodies(root: Api, world: dict[str, Any], choose: Choice) -> None:
    before = everything()
    for path, method, operation in writes():
        address = fill(path, key=own_key(path, world))
        for name in choose(list(RAW)):
            response = root.generic(method.upper(), address, RAW[name], "application/json")
            assert_declared(response, operation, (operation["operationId"], name))
            assert response.status_code in (400, 413, 422), (operation["operationId"], name, response.content[:300])
    assert everything() == before
    assert root.get("/me").status_code == 200, "signed in all along"


def test_a_body_that_is_broken_or_hostile_is_refused_as_documented_and_nothing_moves(root, world):
    try_bodies(root, world, some(3))


def try_odd_bodies(root: Api, world: dict[str, Any], choose: Choice) -> None:
    for path, method, operation in writes():
        for name in choose(list(TAKEN)):
            address = fill(path, key=own_key(path, world))
            response = root.generic(method.upper(), address, TAKEN[name], "application/json")
            assert_declared(response, operation, (operation["operationId"], name))


def test_a_body_that_is_merely_odd_is_taken_or_refused_as_documented(root, world):
    try_odd_bodies(root, world, some(1))


ENCODINGS = ("gzip", "br", "deflate, gzip", "x")


def try_compressed_bodies(root: Api, world: dict[str, Any], choose: Choice) -> None:
    before = everything()
    good, bomb = bodies(world), gzip.compress(b" " * 50_000_000, mtime=0)
    for path, method, operation in writes():
        sound = gzip.compress(json.dumps(good[operation["operationId"]]).encode())
        for encoding, body in choose([*product(ENCODINGS, (bomb, sound))]):
            address, headers = fill(path, key=own_key(path, world)), {"Content-Encoding": encoding}
            response = root.generic(method.upper(), address, body, "application/json", headers=headers)
            assert_problem(response, 415, "unsupported_media_type")
    assert everything() == before


def test_a_compressed_body_is_not_unpacked_by_any_operation(root, world):
    try_compressed_bodies(root, world, some(1))


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document()["components"]["schemas"][name] if name else schema


def told_but_not_taken(operation: dict[str, Any]) -> list[str]:
    """Members of the operation's answers that its body does not have: read-only ones."""
    told = {
        member
        for status, answer in operation["responses"].items()
        if status < "300"
        for content in answer.get("content", {}).values()
        for member in resolved(content["schema"]).get("properties", {})
    }
    taken = (
        resolved(operation["requestBody"]["content"]["application/json"]["schema"])
        if "requestBody" in operation
        else {}
    )
    return sorted(told - taken.get("properties", {}).keys())


def places_of_objects(value: Any, at: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(value, dict):
        yield at, value
    for step, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places_of_objects(inner, f"{at}/{step}")


def test_a_member_that_is_read_only_is_refused_by_every_operation_and_nothing_moves(root, world):
    before, good, tried = everything(), bodies(world), {}
    for path, method, operation in writes():
        name, address = operation["operationId"], fill(path, key=own_key(path, world))
        tried[name] = told_but_not_taken(operation)
        names = [*tried[name], "unknown"]
        for some in (names[n : n + MAX_NAMED] for n in range(0, len(names), MAX_NAMED)):
            body = json.dumps(good[name] | dict.fromkeys(some, "x"))
            problem = assert_problem(
                root.generic(method.upper(), address, body, "application/json"), 422, "invalid_input"
            )
            codes = {error["pointer"]: error["code"] for error in problem["errors"]}
            assert codes.keys() == {f"/{member}" for member in some}, name
            assert set(codes.values()) <= {"unknown_field", "use_an_action"}, name
    assert everything() == before
    assert {"id", "status", "version", "check_worthiness"} <= set(tried["update_claim"])
    assert {"state", "attempts"} <= set(tried["cancel_job"])
    assert {"secret", "revoked_at"} <= set(tried["create_token"])


def test_an_unknown_member_is_refused_wherever_it_stands_and_nothing_moves(root, world):
    before, seen = everything(), set()
    for path, method, operation in writes():
        name, address = operation["operationId"], fill(path, key=own_key(path, world))
        for at, _ in places_of_objects(bodies(world)[name]):
            body = bodies(world)[name]
            dict(places_of_objects(body))[at]["unknown"] = 1
            response = root.generic(method.upper(), address, json.dumps(body), "application/json")
            assert places(assert_problem(response, 422, "invalid_input")) == [("unknown_field", f"{at}/unknown")], name
            seen.add((name, at))
    assert everything() == before
    assert {
        ("update_claim", "/span"),
        ("bulk_claims", "/items/0"),
        ("bulk_claims", "/params"),
        ("revoke_token", ""),
    } <= seen


def test_of_very_many_unknown_members_some_are_named(root):
    problem = assert_problem(root.post("/claims", RAW["many members"]), 422, "invalid_input")
    assert [(e["code"], e["pointer"]) for e in problem["errors"]] == [("unknown_field", f"/{n}") for n in range(20)]


MEDIA_TYPES = ("text/plain", "application/xml", "multipart/form-data", "application/json; charset=x", "?")


def try_media_types(root: Api, world: dict[str, Any], choose: Choice) -> None:
    before = everything()
    for path, method, operation in operations("post", "put", "patch"):
        for media_type in choose(MEDIA_TYPES) if operation.get("requestBody") else ():
            address, seen = fill(path, key=own_key(path, world)), {"If-Match": '"1"'}
            response = root.generic(method.upper(), address, b"text=a", media_type, headers=seen)
            assert_declared(response, operation, (operation["operationId"], media_type))
            assert response.status_code in (400, 415)
    assert everything() == before


def test_a_body_of_another_type_is_refused_as_documented(root, world):
    try_media_types(root, world, some(2))


# Queries and headers

QUERY_VALUES = [
    "", ",,a", "\0", "🙂", "-1", "1e999", "NaN", "9" * 400, f"{NOBODY},x", "'a & | ! ( <-> b", "\ud83d",
    "2025-01-01T00:00:00+20:16", "0001-01-01T00:00:00+12:00", "9999-12-31T23:59:59-12:00",
]  # fmt: skip


def try_parameters(root: Api, world: dict[str, Any], choose: Choice) -> None:
    for path, _, operation in operations("get"):
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query":
                continue
            for value in choose(QUERY_VALUES):
                query = f"{parameter['name']}={quote(value.encode('utf-8', 'surrogatepass'))}"
                response = root.get(f"{fill(path, key=own_key(path, world))}?{query}")
                assert_declared(response, operation, (operation["operationId"], query[:100]))


def test_a_parameter_with_any_value_is_taken_or_refused_as_documented(root, world):
    try_parameters(root, world, some(1))


def test_an_unknown_parameter_is_refused_by_every_reading_operation(root, world):
    for path, _, operation in operations("get"):
        if operation.get("security") and path != "/api/v1/me":
            response = root.get(f"{fill(path, key=own_key(path, world))}?stauts=x")
            assert_problem(response, 400, "unknown_parameter")


ACCEPTED = ("text/html", "application/xml", "application/json;version=2", "*/*;q=0", "x", "", "a/b, */*")


def try_formats(root: Api, world: dict[str, Any], choose: Choice) -> None:
    for path, _, operation in operations("get"):
        for accept in choose(ACCEPTED):
            response = root.get(fill(path, key=own_key(path, world)), headers={"Accept": accept})
            assert_declared(response, operation, (operation["operationId"], accept))


def test_an_answer_in_another_format_is_refused_as_documented(root, world):
    try_formats(root, world, some(2))


@pytest.mark.parametrize("request_id", ["", "x" * 1000, "a b", "\xff", "<b>", "ok-1.2_3"])
def test_a_request_keeps_a_sane_id_and_is_given_one_for_any_other(root, request_id):
    response = root.get(f"/claims/{NOBODY}", headers={"X-Request-Id": request_id})
    document = assert_problem(response, 404, "not_found")
    assert (document["request_id"] == request_id) is (request_id == "ok-1.2_3")
    assert 1 <= len(document["request_id"]) <= 64


def test_a_triage_action_over_the_api_is_one_of_the_table():
    verbs = {
        o["operationId"].removesuffix("_claim")
        for p, _, o in operations("post")
        if p.startswith("/api/v1/claims/{id}/")
    }
    assert verbs == {str(action) for action in TriageAction}
