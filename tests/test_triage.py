"""Triage: what may be done with a claim, from where, by whom, and what it leaves behind."""

from __future__ import annotations

from typing import Any

import pytest

from claims import pipeline, triage
from claims.models import Appearance, Article, Claim
from claims.triage import BY_ACTION, TriageAction, TriageStatus
from factcheck import jobs
from factcheck.audit import events
from factcheck.errors import StaleVersion
from tests import make
from tests.api import api, assert_problem, places

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("uncompared")]

# The table of DOMAIN.md once more, in other words, so that a slip in the code's table is seen.
MAY = {
    "candidate": {"accept", "reject", "defer", "merge", "split"},
    "accepted": {"restore"},
    "rejected": {"restore"},
    "deferred": {"restore"},
    "merged": {"unmerge"},
    "superseded": set(),
}
LEADS_TO = {
    "accept": "accepted",
    "reject": "rejected",
    "defer": "deferred",
    "restore": "candidate",
    "merge": "merged",
    "unmerge": "candidate",
    "split": "candidate",
}
REASON = {"reject": "opinion", "defer": "no_capacity", "merge": "same_assertion"}
MATRIX = [(action, status) for status in MAY for action in LEADS_TO]


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


@pytest.fixture
def other(ada):
    return make.claim("Prices rose twofold.", actor=ada)


def read(article: Article) -> None:
    """Let a worker read the newest version of an article."""
    assert jobs.work("tests") is True
    assert not article.versions.filter(extraction_runs__status="queued").exists()


def claim_that_is(status: str, ada, other) -> Claim:
    """A claim brought there by the verbs."""
    if status == "superseded":
        text = "The bank said on Monday that prices rose by 40 per cent last year."
        article = make.article(text, url="https://example.org/a", outlet="Example Wire", title="Prices")
        read(article)
        claim = Claim.objects.get(article=article)
        make.article("Nothing of it is left here.", url="https://example.org/a", outlet="Example Wire", title="Prices")
        read(article)
        claim.refresh_from_db()
    else:
        claim = make.claim(actor=ada)
        steps: dict[str, tuple[TriageAction, dict[str, Any]]] = {
            "accepted": (TriageAction.ACCEPT, {}),
            "rejected": (TriageAction.REJECT, {"reason": "opinion", "note": "A matter of taste."}),
            "deferred": (TriageAction.DEFER, {"reason": "no_capacity"}),
            "merged": (TriageAction.MERGE, {"reason": "duplicate", "into": other.pk}),
        }
        if status in steps:
            action, details = steps[status]
            claim = pipeline.triage(claim.pk, action, actor=ada, **details)
    assert claim.triage_status == status
    return claim


def body_for(action: str, other: Claim) -> dict[str, Any]:
    body: dict[str, Any] = {"note": "As agreed on Monday."}
    if action in REASON:
        body["reason"] = REASON[action]
    if action == "merge":
        body["into"] = other.pk
    if action == "split":
        body["texts"] = ["Prices doubled.", "It took a year."]
    return body


def everything() -> list[Any]:
    """All claims and appearances with all their columns."""
    return [*Claim.objects.order_by("id").values(), *Appearance.objects.order_by("id").values()]


def test_the_table_is_the_one_that_was_agreed():
    assert {str(s): {str(a) for a in triage.allowed(s)} for s in TriageStatus} == MAY
    assert {str(t.action): str(t.to_status) for t in triage.TRANSITIONS} == LEADS_TO
    assert {str(t.action) for t in triage.TRANSITIONS if t.reasons} == set(REASON)


def test_what_is_taken_back_by_one_action_that_asks_for_nothing_and_leads_where_it_came_from():
    back = {
        str(t.action): undone and str(undone.action) for t in triage.TRANSITIONS for undone in [triage.undone_by(t)]
    }
    assert back == {
        "accept": "restore", "reject": "restore", "defer": "restore", "merge": "unmerge", "restore": None, "unmerge": None, "split": None,
    }  # fmt: skip


@pytest.mark.parametrize(("action", "status"), [pair for pair in MATRIX if pair[0] in MAY[pair[1]]])
def test_an_action_of_the_table_moves_the_claim_and_is_signed(ada, other, action, status):
    claim = claim_that_is(status, ada, other)
    response = api(ada).post(f"/claims/{claim.pk}/{action}", body_for(action, other))
    assert response.status_code == 200, response.content
    body = response.json()[0] if action == "split" else response.json()
    assert body["id"] == str(claim.pk)
    assert body["status"] == LEADS_TO[action]
    assert body["reason"] == REASON.get(action, "")
    assert body["note"] == "As agreed on Monday."
    assert body["triaged_by"] == {"id": str(ada.pk), "username": "ada"}
    assert body["merged_into"] == (str(other.pk) if action == "merge" else None)
    assert body["version"] == claim.version + 1
    row = Claim.objects.get(pk=claim.pk)
    assert (row.triage_status, row.version, row.updated_by) == (LEADS_TO[action], claim.version + 1, ada)
    assert row.triaged_at is not None
    event = events.events(claim).last()
    assert (event.action, event.actor, event.version) == (action, ada, row.version)
    now_allowed = {a["action"] for a in body["allowed_actions"] if a["allowed"]}
    assert now_allowed == MAY[LEADS_TO[action]]


@pytest.mark.parametrize(("action", "status"), [pair for pair in MATRIX if pair[0] not in MAY[pair[1]]])
def test_any_other_action_is_refused_names_those_that_are_possible_and_moves_nothing(ada, other, action, status):
    claim = claim_that_is(status, ada, other)
    before = everything()
    response = api(ada).post(f"/claims/{claim.pk}/{action}", body_for(action, other))
    problem = assert_problem(response, 409, "action_not_allowed")
    assert set(problem["allowed_actions"]) == MAY[status]
    assert status in problem["detail"]
    assert action in problem["detail"]
    assert everything() == before


@pytest.mark.parametrize("action", list(LEADS_TO))
def test_who_may_not_triage_is_told_which_scope_is_missing_and_moves_nothing(ada, other, action):
    claim = make.claim(actor=ada)
    before = everything()
    reader = make.user("gus", "auditor")
    problem = assert_problem(
        api(reader).post(f"/claims/{claim.pk}/{action}", body_for(action, other)), 403, "insufficient_scope"
    )
    assert (problem["required_scopes"], problem["scopes"]) == (["triage"], ["read"])
    narrow = api(ada, "read", "import").post(f"/claims/{claim.pk}/{action}", body_for(action, other))
    assert_problem(narrow, 403, "insufficient_scope")
    assert everything() == before


@pytest.mark.parametrize("action", list(LEADS_TO))
def test_who_is_not_signed_in_triages_nothing(ada, other, action):
    claim = make.claim(actor=ada)
    before = everything()
    response = api(None).post(f"/claims/{claim.pk}/{action}", body_for(action, other))
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"
    assert everything() == before


def test_who_lost_the_role_triages_nothing_with_an_old_token(ada):
    claim = make.claim(actor=ada)
    client = api(ada)
    ada.groups.clear()
    before = everything()
    assert_problem(client.post(f"/claims/{claim.pk}/accept"), 403, "insufficient_scope")
    assert everything() == before


def test_the_list_and_the_claim_say_what_a_reader_may_not_do_and_why(ada):
    claim = make.claim(actor=ada)
    reader = api(make.user("gus", "auditor"))
    expected = [
        {
            "action": str(t.action),
            "label": t.label,
            "allowed": False,
            "blocked_by": [
                *([] if t.action in MAY["candidate"] else ["status_is_candidate"]),
                "scope_triage_missing",
            ],
        }
        for t in triage.TRANSITIONS
    ]
    assert reader.get(f"/claims/{claim.pk}").json()["allowed_actions"] == expected
    assert reader.get("/claims").json()["results"][0]["allowed_actions"] == expected


# Reasons


@pytest.mark.parametrize("action", list(REASON))
def test_an_action_that_needs_a_reason_is_refused_without_one(ada, other, action):
    claim = make.claim(actor=ada)
    before = everything()
    body = body_for(action, other)
    del body["reason"]
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/{action}", body), 422, "invalid_input")
    assert places(problem) == [("required", "/reason")]
    assert everything() == before


@pytest.mark.parametrize("action", list(REASON))
def test_a_reason_of_another_action_is_refused_and_the_right_ones_are_named(ada, other, action):
    claim = make.claim(actor=ada)
    before = everything()
    wrong = next(reason for reason in REASON.values() if reason not in BY_ACTION[TriageAction(action)].reasons)
    body = body_for(action, other) | {"reason": wrong}
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/{action}", body), 422, "invalid_input")
    assert places(problem) == [("reason_needed", "/reason")]
    assert all(reason in problem["errors"][0]["detail"] for reason in BY_ACTION[TriageAction(action)].reasons)
    assert everything() == before


@pytest.mark.parametrize("action", list(REASON))
@pytest.mark.parametrize("note", ["", "  \n "])
def test_another_reason_has_to_be_put_into_words(ada, other, action, note):
    claim = make.claim(actor=ada)
    before = everything()
    body = body_for(action, other) | {"reason": "other", "note": note}
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/{action}", body), 422, "invalid_input")
    assert places(problem) == [("note_needed", "/note")]
    assert everything() == before


def test_a_reason_that_is_none_of_ours_is_refused(ada):
    claim = make.claim(actor=ada)
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/reject", {"reason": "boring"}), 422, "invalid_input")
    assert places(problem) == [("invalid_choice", "/reason")]


def test_a_member_that_the_action_does_not_have_is_refused(ada):
    claim = make.claim(actor=ada)
    before = everything()
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/accept", {"rsik": "high"}), 422, "invalid_input")
    assert places(problem) == [("unknown_field", "/rsik")]
    assert "Did you mean 'risk'?" in problem["errors"][0]["detail"]
    assert everything() == before


# Risk


def test_risk_is_set_when_a_claim_is_accepted_and_normal_unless_said(ada):
    claim, second = make.claim(actor=ada), make.claim("Wages fell.", actor=ada)
    assert api(ada).post(f"/claims/{claim.pk}/accept", {"risk": "high"}).json()["risk"] == "high"
    assert api(ada).post(f"/claims/{second.pk}/accept").json()["risk"] == "normal"


def test_a_risk_that_does_not_exist_is_refused(ada):
    claim = make.claim(actor=ada)
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/accept", {"risk": "huge"}), 422, "invalid_input")
    assert places(problem) == [("invalid_choice", "/risk")]
    assert problem["errors"][0]["detail"] == '"huge" is none of normal, high.'


# Merging


def test_a_claim_is_not_merged_into_itself(ada):
    claim = make.claim(actor=ada)
    before = everything()
    body = {"into": str(claim.pk), "reason": "duplicate"}
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/merge", body), 422, "invalid_input")
    assert places(problem) == [("same_claim", "/into")]
    assert everything() == before


def test_a_claim_is_not_merged_into_one_that_does_not_exist(ada):
    claim = make.claim(actor=ada)
    before = everything()
    body = {"into": "01890000-0000-7000-8000-000000000000", "reason": "duplicate"}
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/merge", body), 422, "invalid_input")
    assert places(problem) == [("unknown_claim", "/into")]
    assert everything() == before


@pytest.mark.parametrize("status", ["rejected", "merged", "superseded"])
def test_a_claim_is_not_merged_into_one_that_is_closed(ada, other, status):
    target = claim_that_is(status, ada, other)
    claim = make.claim("Prices went up by the factor two.", actor=ada)
    before = everything()
    body = {"into": str(target.pk), "reason": "duplicate"}
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/merge", body), 422, "invalid_input")
    assert places(problem) == [("target_closed", "/into")]
    assert everything() == before


@pytest.mark.parametrize("status", ["candidate", "accepted", "deferred"])
def test_a_claim_is_merged_into_one_that_is_open_and_that_one_stays_as_it_is(ada, other, status):
    target = claim_that_is(status, ada, other)
    kept = Claim.objects.filter(pk=target.pk).values().get()
    claim = make.claim("Prices went up by the factor two.", actor=ada)
    body = {"into": str(target.pk), "reason": "duplicate"}
    assert api(ada).post(f"/claims/{claim.pk}/merge", body).json()["merged_into"] == str(target.pk)
    assert Claim.objects.filter(pk=target.pk).values().get() == kept
    merged = api(ada).get(f"/claims?merged_into={target.pk}").json()["results"]
    assert [row["id"] for row in merged] == [str(claim.pk)]


def test_a_merge_that_is_undone_leaves_a_candidate_without_a_reason(ada, other):
    claim = claim_that_is("merged", ada, other)
    body = api(ada).post(f"/claims/{claim.pk}/unmerge", {"note": "They differ in the year."}).json()
    assert (body["status"], body["merged_into"], body["reason"]) == ("candidate", None, "")
    assert body["note"] == "They differ in the year."


# Splitting


def test_a_split_claim_keeps_its_first_proposition_and_the_others_appear_at_the_same_place(ada):
    article = make.article("Prices doubled and wages fell, the bank said.", outlet="Example Wire", language="en")
    version = article.versions.get()
    claim = pipeline.add_claim(actor=ada, version_id=version.pk, start=0, end=29, claimant="the bank", kind="change")
    response = api(ada).post(f"/claims/{claim.pk}/split", {"texts": ["Prices doubled.", "Wages fell."], "note": "Two."})
    assert response.status_code == 200, response.content
    first, second = response.json()
    assert (first["id"], first["text"], first["split_from"]) == (str(claim.pk), "Prices doubled.", None)
    assert (first["revision"], first["version"]) == (2, 2)
    assert "text" in first["edited_fields"]
    assert (second["text"], second["split_from"], second["status"]) == ("Wages fell.", str(claim.pk), "candidate")
    assert (second["claimant"], second["kind"], second["language"]) == ("the bank", "change", "en")
    assert second["article"]["id"] == str(article.pk)
    assert second["is_manual"] is True
    places_of = [
        [(a["article_version"], a["start"], a["end"], a["quote"]) for a in c["appearances"]] for c in (first, second)
    ]
    assert places_of[0] == places_of[1] == [(str(version.pk), 0, 29, "Prices doubled and wages fell")]


@pytest.mark.parametrize(
    ("texts", "place"),
    [
        (["Prices doubled."], ("min_length", "/texts")),
        (["Prices doubled.", "Prices doubled. "], ("too_few_texts", "/texts")),
        (["Prices doubled.", ""], ("blank", "/texts/1")),
        (["x"] * 11, ("max_length", "/texts")),
        ("Prices doubled.", ("not_a_list", "/texts")),
    ],
)
def test_a_split_into_fewer_than_two_different_propositions_is_refused(ada, texts, place):
    claim = make.claim(actor=ada)
    before = everything()
    problem = assert_problem(api(ada).post(f"/claims/{claim.pk}/split", {"texts": texts}), 422, "invalid_input")
    assert places(problem) == [place]
    assert everything() == before


# A version that somebody saw


@pytest.mark.parametrize("action", [a for a in TriageAction if a in MAY["candidate"]])
def test_an_action_on_a_claim_that_moved_since_it_was_seen_is_refused_with_who_moved_it(ada, other, action):
    finn = make.user("finn", "triager")
    claim = make.claim(actor=ada)
    seen = claim.version
    pipeline.edit_claim(claim.pk, {"claimant": "the bank"}, actor=finn)
    before = everything()
    details = body_for(str(action), other) | ({"into": other.pk} if action is TriageAction.MERGE else {})
    if action is TriageAction.SPLIT:
        verb: Any = pipeline.split
    else:
        verb, details["action"] = pipeline.triage, action
    with pytest.raises(StaleVersion) as refusal:
        verb(claim.pk, **details, actor=ada, version=seen)
    assert refusal.value.extra["current_version"] == seen + 1
    assert refusal.value.extra["changed_by"] == "finn"
    assert everything() == before


def test_a_claim_that_does_not_exist_is_not_found(ada):
    nobody = "01890000-0000-7000-8000-000000000000"
    assert_problem(api(ada).post(f"/claims/{nobody}/accept"), 404, "not_found")
    assert_problem(api(ada).post("/claims/this-is-no-uuid/accept"), 404, "not_found")


def test_each_part_of_a_split_claim_has_the_numbers_of_its_own_words(ada):
    claim = make.claim("Exports rose by 40 per cent and imports fell by 5 per cent.", actor=ada)
    assert len(claim.quantities) == 2
    parts = pipeline.split(claim.pk, ["Exports rose by 40 per cent.", "Imports fell by 5 per cent."], actor=ada)
    assert [[q["factor"] for q in part.quantities] for part in parts] == [[1.4], [0.95]]
    assert all(part.has_number for part in Claim.objects.filter(pk__in=[part.pk for part in parts]))


def test_what_is_taken_back_has_the_risk_that_it_had_before_it_was_accepted(ada):
    claim = make.claim(actor=ada)
    Claim.objects.filter(pk=make.claim("Rents fell.", actor=ada).pk).update(risk="high")
    client = api(ada)

    def risks(*steps: tuple[str, dict[str, str]]) -> list[str]:
        return [client.post(f"/claims/{claim.pk}/{action}", body).json()["risk"] for action, body in steps]

    back = ("restore", {})
    assert risks(("accept", {"risk": "high"}), back, ("accept", {}), back) == ["high", "normal", "normal", "normal"]
    assert risks(("reject", {"reason": "opinion"}), back) == ["normal", "normal"]
    claim = Claim.objects.get(text="Rents fell.")
    assert risks(("accept", {}), back, ("accept", {"risk": "normal"}), back) == ["high", "high", "normal", "high"]
