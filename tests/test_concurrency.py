"""Nobody overwrites what they have not seen: ETag, If-None-Match, If-Match, 412 that says who changed what since."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connections

from claims import pipeline
from claims.models import Appearance, Claim
from claims.pipeline import extracting
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.audit.models import AuditEvent
from factcheck.models import Job
from reviews.access import ACTIONS
from reviews.corrections import RequestAction
from tests import make
from tests.api import api, assert_problem, places, signed_in
from tests.editing import answers_at_once, exactly_one_wins_each_round
from tests.test_every_operation import bodies, fill, operations, own_key, world  # noqa: F401

EDITORS = (("ada", "triager"), ("emil", "triager"))


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager")


@pytest.fixture
def finn(db):
    return make.user("finn", "triager")


def everything() -> list[Any]:
    rows = [row for kind in (Claim, Appearance, Job) for row in kind.objects.order_by("id").values()]
    # Tokens are given out in the middle of a test.
    return [*rows, *AuditEvent.objects.exclude(subject_type="token").order_by("id").values()]


def patch(client: Any, claim: Claim, body: Any, if_match: str | None) -> Any:
    headers = {} if if_match is None else {"If-Match": if_match}
    client.looks_first = False
    return client.patch(f"/claims/{claim.pk}", body, "application/json", headers=headers)


# Reading


def test_every_detail_has_a_strong_etag_and_is_not_sent_again_to_who_holds_it(db, world):  # noqa: F811
    client = signed_in(make.user("root", is_superuser=True))
    tried = set()
    for path, _, _ in operations("get"):
        if path.endswith("{id}"):
            address = fill(path, key=own_key(path, world))
            first = client.get(address)
            assert first.status_code == 200
            assert first["ETag"].startswith('"'), path
            whose = "public" if path.startswith("/api/v1/public/") else "private"
            assert (first["Cache-Control"], "Authorization" in first["Vary"]) == (f"{whose}, no-cache", True)
            again = client.get(address, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"]), path
            tried.add(path)
    assert len(tried) == 22


@pytest.mark.parametrize(("held", "status"), [('"1"', 200), ('"x", {}', 304), ("W/{}", 304), ("*", 304), ("", 200)])
def test_a_body_is_sent_unless_one_of_the_tags_held_is_its_own(ada, held, status):
    claim = make.claim(actor=ada)
    client = api(ada)
    etag = client.get(f"/claims/{claim.pk}")["ETag"]
    held = held.format(etag)
    assert client.get(f"/claims/{claim.pk}", headers={"If-None-Match": held}).status_code == status


def test_the_tag_of_a_claim_begins_with_its_version_and_tells_other_bodies_apart(ada):
    article = make.article("Prices doubled in a year.", title="Before", url="https://example.org/a")
    claim = pipeline.add_claim(actor=ada, version_id=article.versions.get().pk, start=0, end=6)
    client = api(ada)
    first = client.get(f"/claims/{claim.pk}")["ETag"]
    assert first.startswith('"1.')
    # Another row's change is another body of the same version; so is another reader's view of what may be done.
    type(article).objects.update(title="After")
    second = client.get(f"/claims/{claim.pk}")["ETag"]
    third = api(ada, "read").get(f"/claims/{claim.pk}")["ETag"]
    assert len({first, second, third}) == 3
    assert {tag[:3] for tag in (first, second, third)} == {'"1.'}
    assert patch(client, claim, {"claimant": "the bank"}, first)["ETag"].startswith('"2.')


def test_an_answer_to_a_change_carries_the_tag_of_what_stands_there_now(ada):
    client = api(ada)
    written = client.post("/claims", {"text": "Prices doubled."})
    assert written["ETag"] == client.get(written["Location"])["ETag"]
    accepted = client.post(f"{written['Location']}/accept")
    assert accepted["ETag"] == client.get(written["Location"])["ETag"]


# Changing


def test_what_changes_a_row_with_a_version_needs_if_match(db, world):  # noqa: F811
    """Read from the document, so that an operation to come is held to it too."""
    client = signed_in(make.user("root", is_superuser=True))
    client.looks_first = False
    before = everything()
    refused = set()
    for path, method, operation in operations("post", "patch", "put", "delete"):
        names = {parameter["name"] for parameter in operation.get("parameters", ())}
        if "If-Match" in names:
            assert {"412", "428"} <= set(operation["responses"])
            body = bodies(world)[operation["operationId"]]
            response = client.generic(method.upper(), fill(path, key=own_key(path, world)), body and "{}")
            problem = assert_problem(response, 428, "precondition_required")
            assert places(problem) == [("required", "If-Match")]
            refused.add(operation["operationId"])
    of_reviews = {
        route.rpartition("/")[2].replace("-", "_") for route, _ in ACTIONS.values() if "/reviews/{id}/" in route
    }
    assert refused == (
        {
            "update_claim",
            "rotate_token",
            "withdraw_article",
            "revoke_token",
            "update_evidence",
            "mark_unreliable_evidence",
            "keep_evidence",
            "update_review_draft",
            "confirm_match",
            "reject_match",
            "update_webhook_endpoint",
            "rotate_secret_webhook_endpoint",
            "enable_webhook_endpoint",
            "disable_webhook_endpoint",
        }
        | {f"{action}_claim" for action in TriageAction}
        | {f"{action}_correction_request" for action in RequestAction}
        | {f"{action}_review" for action in of_reviews - {"evidence", "searches", "comments", "draft"}}
    )
    assert everything() == before


@pytest.mark.parametrize("seen", ['"1"', '"1.x"', 'W/"1"', None])
def test_the_tag_or_the_version_alone_lets_a_change_through(ada, seen):
    claim = make.claim(actor=ada)
    client = api(ada)
    seen = seen or client.get(f"/claims/{claim.pk}")["ETag"]
    assert patch(client, claim, {"claimant": "the bank"}, seen).json()["version"] == 2


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("*", 428, "precondition_required"),
        ("", 428, "precondition_required"),
        ("1", 400, "invalid_header"),
        ('"1', 400, "invalid_header"),
        ('"', 400, "invalid_header"),
        ('"1", "2"', 400, "invalid_header"),
        ('"2"', 412, "stale_version"),
        ('"01x"', 412, "stale_version"),
        ('""', 412, "stale_version"),
        ('"٣"', 412, "stale_version"),
        (f'"{"9" * 500}"', 412, "stale_version"),
    ],
)
def test_any_other_if_match_changes_nothing(ada, header, status, code):
    claim = make.claim(actor=ada)
    before = everything()
    client = api(ada)
    assert_problem(patch(client, claim, {"claimant": "the bank"}, header), status, code)
    assert everything() == before


def test_who_may_not_change_a_row_or_names_none_is_told_so_first(ada):
    claim = make.claim(actor=ada)
    nobody = Claim(pk="01890000-0000-7000-8000-000000000000")
    assert_problem(patch(api(None), claim, {}, None), 401, "not_authenticated")
    assert_problem(patch(api(ada, "read"), claim, {}, None), 403, "insufficient_scope")
    assert_problem(patch(api(ada), nobody, {}, None), 404, "not_found")


def test_who_comes_late_is_told_the_version_who_changed_it_when_and_which_fields(ada, finn):
    claim = make.claim(actor=ada)
    pipeline.edit_claim(claim.pk, {"claimant": "the bank"}, actor=ada, version=1)
    pipeline.triage(claim.pk, TriageAction.REJECT, actor=finn, version=2, reason="opinion")
    before = everything()
    for seen, fields in (('"1"', ["claimant", "reason", "status"]), ('"2"', ["reason", "status"])):
        told = assert_problem(patch(api(ada), claim, {"claimant": "the ministry"}, seen), 412, "stale_version")
        assert (told["current_version"], told["changed_by"], told["changed_fields"]) == (3, "finn", fields)
        assert told["changed_at"] == api(ada).get(f"/claims/{claim.pk}").json()["updated_at"]
    assert everything() == before


def test_a_reading_that_came_between_is_nobodys_change(ada, uncompared):
    fields = {"url": "https://example.org/prices", "title": "Prices", "language": "en"}
    sentence = "Prices rose by 40 per cent last year, the central bank said on Monday."
    make.article(sentence, **fields)
    assert jobs.work("tests")
    claim = Claim.objects.get()
    pipeline.edit_claim(claim.pk, {"claimant": "NBU"}, actor=ada)
    make.article(f"A new beginning.\n\n{sentence}", **fields)
    assert jobs.work("tests")
    told = assert_problem(patch(api(ada), claim, {"text": "Prices rose."}, '"2"'), 412, "stale_version")
    assert (told["current_version"], told["changed_by"], told["changed_fields"]) == (3, None, [])


def test_an_action_on_a_claim_that_moved_is_refused_even_where_the_table_has_it(ada):
    claim = make.claim(actor=ada)
    pipeline.edit_claim(claim.pk, {"claimant": "the bank"}, actor=ada)
    before = everything()
    for action, body in (("accept", {}), ("split", {"texts": ["One.", "Two."]})):
        response = api(ada).post(f"/claims/{claim.pk}/{action}", body, headers={"If-Match": '"1"'})
        assert_problem(response, 412, "stale_version")
    assert everything() == before


# At the same moment


@pytest.fixture
def editors(committed_database):
    return [make.user(*editor) for editor in EDITORS]


def test_without_a_version_the_second_of_two_editors_wins_unseen(editors):
    claim = make.claim(actor=editors[0])
    edits = [
        lambda who=who: pipeline.edit_claim(claim.pk, {"claimant": who.username}, actor=who)  # type: ignore[misc]
        for who in editors
    ]
    assert all(isinstance(answer, Claim) for answer in answers_at_once(*edits))
    claim.refresh_from_db()
    assert claim.version == 3
    assert claim.updated_by.username == claim.claimant


def test_of_two_editors_of_one_claim_one_wins_and_the_other_is_told_who_changed_what(editors):
    exactly_one_wins_each_round(editors, rounds=30)


def test_what_a_person_decides_while_an_extractor_reads_is_not_written_over(editors, uncompared, monkeypatch):
    fields = {"url": "https://example.org/prices", "title": "Prices", "language": "en"}
    sentence = "Prices rose by 40 per cent last year, the central bank said on Monday."
    make.article(sentence, **fields)
    assert jobs.work("tests")
    claim = Claim.objects.get()
    make.article(f"A new beginning.\n\n{sentence}", **fields)
    attach = extracting._attach

    def attach_slowly(*args: Any) -> Any:
        """When the claims have been read, somebody decides at once, or waits for the lock and is let in afterwards."""
        decide.start()
        decide.join(0.5)
        return attach(*args)

    def accept() -> None:
        try:
            pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=editors[0])
        finally:
            connections.close_all()

    decide = threading.Thread(target=accept)
    monkeypatch.setattr(extracting, "_attach", attach_slowly)
    assert jobs.work("tests")
    decide.join(10)
    claim.refresh_from_db()
    assert (claim.triage_status, claim.version, claim.updated_by) == ("accepted", 3, editors[0])
