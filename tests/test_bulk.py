"""One action on many claims: each taken or refused for itself, or all or none; the same verbs, the same table."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from claims import pipeline
from claims.models import Claim
from claims.triage import TriageAction
from factcheck.audit.models import AuditEvent
from tests import make
from tests.api import api, assert_problem, places
from tests.editing import answers_at_once

NOBODY = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager")


@pytest.fixture
def claims(ada):
    return [make.claim(f"Prices rose {n} times.", actor=ada) for n in range(4)]


def items(claims: list[Claim]) -> list[dict[str, Any]]:
    return [{"id": str(claim.pk), "version": claim.version} for claim in claims]


def everything() -> list[Any]:
    return [
        *Claim.objects.order_by("id").values(),
        *AuditEvent.objects.filter(subject_type="claim").order_by("id").values(),
    ]


def statuses(claims: list[Claim]) -> list[str]:
    by_id = Claim.objects.in_bulk([claim.pk for claim in claims])
    return [by_id[claim.pk].triage_status for claim in claims]


def test_several_claims_are_rejected_at_once_with_one_reason(ada, claims):
    body = {"action": "reject", "items": items(claims[::-1]), "params": {"reason": "opinion", "note": "Boasts."}}
    response = api(ada).post("/claims/bulk", body)
    assert response.status_code == 200, response.content
    results = response.json()["results"]
    assert [result["id"] for result in results] == [str(claim.pk) for claim in claims[::-1]]
    assert {(r["claim"]["status"], r["claim"]["note"], r["claim"]["version"], r["problem"]) for r in results} == {
        ("rejected", "Boasts.", 2, None)
    }
    assert AuditEvent.objects.filter(action="reject", actor=ada, reason="opinion").count() == 4


def test_what_cannot_be_done_is_told_of_each_item_and_the_others_are_done(ada, claims):
    pipeline.edit_claim(claims[0].pk, {"claimant": "the bank"}, actor=ada)
    pipeline.triage(claims[1].pk, TriageAction.ACCEPT, actor=ada)
    claims[1].refresh_from_db()
    body = {"action": "accept", "items": [*items(claims), {"id": NOBODY, "version": 1}]}
    results = api(ada).post("/claims/bulk", body).json()["results"]
    told = [result["problem"] and (result["problem"]["status"], result["problem"]["code"]) for result in results]
    assert told == [(412, "stale_version"), (409, "action_not_allowed"), None, None, (404, "not_found")]
    assert results[0]["problem"]["changed_fields"] == ["claimant"]
    assert [bool(result["claim"]) for result in results] == [False, False, True, True, False]
    assert statuses(claims) == ["candidate", "accepted", "accepted", "accepted"]


def test_all_or_none_leaves_all_as_they_were_when_one_is_refused(ada, claims):
    pipeline.edit_claim(claims[2].pk, {"claimant": "the bank"}, actor=ada)
    before = everything()
    body = {"action": "accept", "items": items(claims), "atomic": True}
    problem = assert_problem(api(ada).post("/claims/bulk", body), 409, "bulk_refused")
    codes = [result["problem"] and result["problem"]["code"] for result in problem["results"]]
    assert codes == [None, None, "stale_version", None]
    assert everything() == before
    claims[2].refresh_from_db()
    assert api(ada).post("/claims/bulk", body | {"items": items(claims)}).status_code == 200
    assert statuses(claims) == ["accepted"] * 4


def test_claims_are_merged_into_one(ada, claims):
    target = make.claim("The same.", actor=ada)
    body = {"action": "merge", "items": items(claims), "params": {"into": str(target.pk), "reason": "duplicate"}}
    results = api(ada).post("/claims/bulk", body).json()["results"]
    assert {result["claim"]["merged_into"] for result in results} == {str(target.pk)}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"action": "split"}, ("invalid_choice", "/action")),
        ({"action": "reject"}, ("required", "/params/reason")),
        ({"action": "reject", "params": {"reason": "other"}}, ("note_needed", "/params/note")),
        ({"action": "reject", "params": {"reason": "duplicate"}}, ("reason_needed", "/params/reason")),
        ({"params": {"raeson": "opinion"}}, ("unknown_field", "/params/raeson")),
        ({"items": []}, ("min_length", "/items")),
        ({"items": [{"id": NOBODY}]}, ("required", "/items/0/version")),
        ({"items": [{"id": NOBODY, "version": 0}]}, ("min_value", "/items/0/version")),
        ({"items": [{"id": NOBODY, "version": 1}] * 2}, ("repeated_item", "/items/1/id")),
        ({"items": [{"id": NOBODY, "version": 1}] * 201}, ("max_length", "/items")),
        ({"atmoic": True}, ("unknown_field", "/atmoic")),
    ],
)
def test_a_bulk_that_makes_no_sense_is_refused_at_its_place(ada, claims, change, expected):
    before = everything()
    body = {"action": "accept", "items": items(claims)} | change
    assert places(assert_problem(api(ada).post("/claims/bulk", body), 422, "invalid_input")) == [expected]
    assert everything() == before


def test_who_may_not_triage_triages_nothing_in_bulk(ada, claims):
    before = everything()
    body = {"action": "accept", "items": items(claims)}
    assert_problem(api(ada, "read").post("/claims/bulk", body), 403, "insufficient_scope")
    assert_problem(api(None).post("/claims/bulk", body), 401, "not_authenticated")
    assert everything() == before


def test_two_people_who_choose_the_same_claims_in_opposite_order_both_get_an_answer(committed_database):
    ada = make.user("ada", "triager")
    client = api(ada)
    for _ in range(5):
        claims = [make.claim(f"Prices rose {n} times.", actor=ada) for n in range(20)]
        bodies = [{"action": "accept", "items": items(order)} for order in (claims, claims[::-1])]
        answers = answers_at_once(*(partial(client.post, "/claims/bulk", body) for body in bodies))
        taken = [sum(r["problem"] is None for r in answer.json()["results"]) for answer in answers]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert sorted(taken) == [0, 20]
