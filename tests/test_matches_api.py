"""Matches over the API: what may be the same as a claim, with reasons; confirmed or rejected by whoever triages."""

from __future__ import annotations

import pytest

from claims.matching.decisions import MatchState
from claims.models import ClaimMatch
from factcheck.audit import events
from tests import make
from tests.api import api, assert_problem
from tests.comparing import work

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


@pytest.fixture
def older(ada):
    return make.claim("Rents in Dublin went up by 9 per cent.", actor=ada)


@pytest.fixture
def newer(ada, older):
    make.fact_check("Rents in Dublin went up by 12 per cent.")
    claim = make.claim("Rents in Dublin rose 9%.", actor=ada)
    work()
    return claim


def test_a_claim_tells_what_may_be_the_same_most_similar_first_with_what_speaks_for_and_against(ada, older, newer):
    near, checked = api(ada).get(f"/claims/{newer.pk}/matches").json()["results"]
    assert (near["kind"], near["state"], near["fact_check"]) == ("near_duplicate", "linked", None)
    assert near["other_claim"] == {"id": str(older.pk), "text": older.text, "status": "candidate"}
    assert {"code": "same_numbers", "words": ["rose 9%"]} in near["reasons"]
    assert (checked["kind"], checked["state"], checked["other_claim"]) == ("earlier_fact_check", "suggested", None)
    assert (checked["fact_check"]["publisher"], checked["fact_check"]["rating"]) == ("Example Checks", "Mostly true")
    assert checked["differences"] == [{"code": "numbers", "ours": ["rose 9%"], "theirs": ["up by 12 per cent"]}]


def test_the_older_claim_tells_the_same_match(ada, older, newer):
    of_older = api(ada).get(f"/claims/{older.pk}/matches?is_fact_check=false").json()["results"]
    of_newer = api(ada).get(f"/claims/{newer.pk}/matches?is_fact_check=false").json()["results"]
    assert of_older == of_newer
    assert len(of_older) == 1


def test_lists_equal_details(ada, newer):
    client = api(ada)
    for address in ("/matches", "/earlier-fact-checks"):
        listed = client.get(address).json()["results"]
        assert listed
        assert [client.get(f"{address}/{row['id']}").json() for row in listed] == listed


def test_a_match_is_confirmed_with_the_tag_that_was_seen_and_says_who_and_when(ada, newer):
    match = newer.matches.get(fact_check=None)
    seen = api(ada).get(f"/matches/{match.pk}")
    answer = api(ada).post(
        f"/matches/{match.pk}/confirm", {"note": "The same survey."}, headers={"If-Match": seen.headers["ETag"]}
    )
    assert answer.status_code == 200
    told = answer.json()
    assert (told["state"], told["note"], told["decided_by"]["username"], told["version"]) == (
        "confirmed",
        "The same survey.",
        "ada",
        2,
    )
    assert told["decided_at"]
    assert events.events(match).get().action == "confirm"


@pytest.mark.parametrize(
    ("tag", "status", "code"),
    [("", 428, "precondition_required"), ('"7"', 412, "stale_version")],
)
def test_a_match_that_was_not_seen_as_it_stands_is_not_decided(ada, newer, tag, status, code):
    match = newer.matches.get(fact_check=None)
    assert_problem(api(ada).post(f"/matches/{match.pk}/reject", {}, headers={"If-Match": tag}), status, code)
    match.refresh_from_db()
    assert (match.state, match.version) == (MatchState.LINKED, 1)


def test_what_was_decided_already_is_refused_with_what_is_possible(ada, newer):
    match = newer.matches.get(fact_check=None)
    api(ada).post(f"/matches/{match.pk}/reject", {}, headers={"If-Match": '"1"'})
    problem = api(ada).post(f"/matches/{match.pk}/reject", {}, headers={"If-Match": '"2"'})
    assert_problem(problem, 409, "action_not_allowed")
    assert problem.json()["allowed_actions"] == ["confirm"]


def test_who_may_only_read_decides_nothing(newer):
    match = newer.matches.get(fact_check=None)
    client = api(make.user("ben", "reviewer"), "read")
    assert client.get(f"/matches/{match.pk}").status_code == 200
    assert_problem(
        client.post(f"/matches/{match.pk}/confirm", {}, headers={"If-Match": '"1"'}), 403, "insufficient_scope"
    )
    assert not ClaimMatch.objects.filter(state=MatchState.CONFIRMED).exists()


def test_matches_are_listed_by_state_and_kind(ada, newer):
    def count(query: str) -> int:
        return len(api(ada).get(f"/matches?{query}").json()["results"])

    assert (count("state=linked"), count("state=linked,suggested"), count("state=rejected")) == (1, 3, 0)
    assert (count("is_fact_check=true"), count(f"claim={newer.pk}")) == (2, 2)


def test_earlier_fact_checks_are_found_by_any_spelling_of_their_address(ada):
    row = make.fact_check()
    client = api(ada)
    (found,) = client.get(
        "/earlier-fact-checks?url=https://Checks.example:443/rents%3Futm_source=x".replace("%3F", "?")
    ).json()["results"]
    assert found["id"] == str(row.pk)
    assert client.get("/earlier-fact-checks?url=https://checks.example/else").json()["results"] == []
    assert len(client.get("/earlier-fact-checks?is_withdrawn=false").json()["results"]) == 1
