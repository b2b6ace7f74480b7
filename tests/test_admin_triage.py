"""The triage list by keys: what one press does, what takes it back, and what the list tells of claims that were met before."""

from __future__ import annotations

from datetime import timedelta

import pytest
import re2
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import pipeline
from claims.admin.triage import KEYS
from claims.matching.decisions import MatchAction
from claims.models import Claim, ClaimMatch, EarlierFactCheck
from claims.triage import BY_ACTION, REASON_LABELS, TRANSITIONS, TriageAction
from factcheck.audit import events
from tests import make
from tests.comparing import work
from tests.rows import fill
from tests.test_admin import ARTICLES, CLAIMS, body, extracted, page_of, person, rows, said, ticked, words_of

SHARED_KEYS = set("jkxan/?[]qzs") | {"Enter"}


@pytest.fixture
def ada(db) -> Client:
    return person("ada", "importer", "triager")


def shown_in(page: str, claim: Claim) -> str:
    """The row of one claim."""
    return next(row for row in page.split("<tr>") if f'name="version-{claim.pk}"' in row)


def hidden(page: str) -> dict[str, list[str]]:
    """What the form that takes back would send."""
    form = page.split('class="undo">')[1].split("</form>")[0]
    fields: dict[str, list[str]] = {}
    for name, value in re2.findall(r'name="([^"]+)" value="([^"]*)"', form):
        fields.setdefault(name, []).append(value)
    return fields


def test_every_action_of_the_table_but_split_has_a_key_of_its_own():
    assert set(KEYS) == {t.action for t in TRANSITIONS} - {TriageAction.SPLIT}
    assert len(set(KEYS.values())) == len(KEYS)
    assert not set(KEYS.values()) & SHARED_KEYS


def test_keys_are_printed_on_their_buttons_wherever_a_claim_is_triaged(ada):
    article = extracted()
    claim = Claim.objects.earliest("id")
    for address in (CLAIMS, page_of(claim), page_of(article)):
        found = re2.findall(r'value="(\w+)" data-key="(\w)">[^<]+<kbd>(\w)</kbd>', body(ada.get(address)))
        assert {(action, key) for action, key, _ in found} == {
            (action, KEYS[TriageAction(action)]) for action in ("accept", "reject", "defer", "merge")
        }, address
        assert all(key == printed for _, key, printed in found)


@pytest.mark.parametrize(
    ("status", "actions"),
    [
        ("", {"accept", "reject", "defer", "merge"}),
        ("accepted", {"restore"}),
        ("merged", {"unmerge"}),
        ("superseded", set()),
        ("all", set(KEYS)),
    ],
)
def test_above_the_claims_of_one_status_stand_the_actions_that_start_there(ada, status, actions):
    page = body(ada.get(CLAIMS, {"status": status} if status else {}))
    assert set(re2.findall(r'name="action" value="(\w+)"', page)) == actions


def test_a_single_row_is_accepted_at_once_and_one_press_takes_it_back(ada):
    claim = make.claim("Rents tripled.")
    assert 'name="at_once" value="1"' in body(ada.get(CLAIMS))
    answer = ada.post(CLAIMS, ticked(claim, action="accept", at_once="1"))
    page = body(ada.get(answer["Location"]))
    assert "Accept: now accepted." in page
    claim.refresh_from_db()
    assert (claim.triage_status, claim.triaged_by.username) == ("accepted", "ada")
    assert "Restore: now candidate." in said(ada, ada.post(CLAIMS, hidden(page)))
    claim.refresh_from_db()
    assert (claim.triage_status, claim.version) == ("candidate", 3)
    assert [event.action for event in events.events(claim).order_by("number")] == ["create", "accept", "restore"]


def test_taking_back_what_somebody_has_changed_since_changes_nothing_and_names_them(ada):
    claim = make.claim("Rents tripled.")
    page = body(ada.get(ada.post(CLAIMS, ticked(claim, action="accept", at_once="1"))["Location"]))
    pipeline.edit_claim(claim.pk, {"claimant": "The bank"}, actor=make.user("kim", "triager"))
    before = rows()
    assert "You saw version 2; kim changed it since" in said(ada, ada.post(CLAIMS, hidden(page)))
    assert rows() == before


@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("action", ["reject", "defer", "merge"])
def test_what_asks_for_a_reason_is_never_done_at_once(ada, action, number):
    claims = [make.claim(f"Rents rose {n} times.") for n in range(number)]
    before = rows()
    page = body(ada.post(CLAIMS, ticked(*claims, action=action, at_once="1")))
    assert 'name="confirm" value="1"' in page
    for digit, reason in enumerate(BY_ACTION[TriageAction(action)].reasons, 1):
        assert re2.search(rf'value="{reason}"[^>]* data-key="{digit}"', page)
        assert f"{REASON_LABELS[reason]} <kbd>{digit}</kbd>" in page
    assert rows() == before


def test_several_rows_are_accepted_only_once_that_is_confirmed_and_taken_back_together(ada):
    claims = [make.claim(f"Rents rose {n} times.") for n in range(3)]
    before = rows()
    asked = ada.post(CLAIMS, ticked(*claims, action="accept", at_once="1"))
    assert "3 of 3 claims will become accepted." in words_of(asked)
    assert rows() == before
    answer = ada.post(CLAIMS, ticked(*claims, action="accept", confirm="1", note=""))
    page = body(ada.get(answer["Location"]))
    assert set(Claim.objects.values_list("triage_status", flat=True)) == {"accepted"}
    ada.post(CLAIMS, hidden(page))
    assert set(Claim.objects.values_list("triage_status", "version")) == {("candidate", 3)}


def test_a_merge_is_taken_back_by_unmerging(ada):
    claim, target = make.claim("Rents tripled."), make.claim("Rents rose threefold.")
    merged = ticked(claim, action="merge", confirm="1", into=str(target.pk), reason="duplicate", note="")
    page = body(ada.get(ada.post(CLAIMS, merged)["Location"]))
    ada.post(CLAIMS, hidden(page))
    claim.refresh_from_db()
    assert (claim.triage_status, claim.merged_into) == ("candidate", None)


def test_claims_are_narrowed_by_how_long_they_have_been_here(ada, monkeypatch):
    make.claim("Rents tripled.")
    now = timezone.now()
    for days, found in ((0, {"day"}), (2, {"longer"}), (8, {"longer", "week"})):
        monkeypatch.setattr("claims.admin.filters.timezone.now", lambda days=days: now + timedelta(days=days))
        listed = {
            name for name in ("day", "longer", "week") if "Rents tripled." in body(ada.get(CLAIMS, {"waits": name}))
        }
        assert listed == found
    assert "Rents tripled." in body(ada.get(CLAIMS, {"waits": "nonsense"}))


def test_a_claim_that_was_met_before_says_who_checked_it_with_what_result_and_how_many_are_like_it(ada):
    checked = make.fact_check()
    older = make.claim("Rents in Dublin rose by nine per cent.")
    newer = make.claim("Rents in Dublin have risen by nine per cent.")
    stranger = make.claim("The sky is green.")
    work()
    page = body(ada.get(CLAIMS))
    for claim in (older, newer):
        row = shown_in(page, claim)
        assert f'href="{page_of(checked)}"' in row
        assert "Example Checks" in row
        assert "Mostly true" in row
        assert "1 similar claim<" in row
    assert "similar" not in shown_in(page, stranger)
    # What may be the same is what a merge offers first.
    asked = body(ada.post(CLAIMS, ticked(newer, action="merge")))
    assert f'value="{older.pk}"' in asked
    assert f'value="{stranger.pk}"' not in asked

    # What people said is something else, and what its publisher has taken back, is not told.
    for match in ClaimMatch.objects.filter(claim=newer):
        pipeline.decide(match.pk, MatchAction.REJECT, actor=make.user("ada"), note="Another city.")
    page = body(ada.get(CLAIMS))
    assert "Mostly true" not in shown_in(page, newer)
    assert "similar" not in shown_in(page, newer)
    assert "Mostly true" in shown_in(page, older)
    EarlierFactCheck.objects.update(withdrawn_at=timezone.now())
    assert "Mostly true" not in body(ada.get(CLAIMS))


def test_what_was_met_before_costs_no_query_more_however_many_rows_have_met_something(ada):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ada.get(CLAIMS).status_code == 200
        return len(captured)

    make.claim("The sky is green.")
    ada.get(CLAIMS)
    few = queries()
    make.fact_check()
    for city in ("Dublin", "Cork", "Galway"):
        make.claim(f"Rents in {city} rose by nine per cent.")
    work()
    assert ClaimMatch.objects.count() >= 3
    assert queries() == few <= 20


def test_who_may_not_triage_sees_what_was_met_before_and_no_key(db):
    audrey = person("audrey", "auditor")
    claim = make.claim("Rents tripled.")
    for address in (CLAIMS, ARTICLES, page_of(claim)):
        assert "data-key" not in body(audrey.get(address))


def plans_of(client: Client, address: str, table: str) -> str:
    """How the statements of a page that read this table go about it."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    told = []
    for query in captured:
        if f'FROM "{table}"' in query["sql"]:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (COSTS OFF) {query['sql']}")
                told += [line for (line,) in cursor.fetchall()]
    assert told
    return "\n".join(told)


# What the claims of a list are found by; those that few have, in no case by reading all.
INDEXES = {
    "": "claim_by_status", "status=accepted": "claim_by_status", "status=all": "claim_by_worth", "status=all&score=high": "claim_by_worth",
    "status=all&o=2": "claim_by_worth_up", "status=all&o=-5": "claims_claim_pkey",
}  # fmt: skip
FEW = {
    "language=uk": "claim_by_language", "status=all&risk__exact=high": "claim_high_risk", "waits=day": "claims_claim_pkey", "q=4711": "claim_words",
}  # fmt: skip


def test_the_list_finds_its_claims_by_an_index_whatever_it_is_narrowed_by(committed_database):
    ada = person("ada", "importer", "triager")
    # In tables of its own: what others have rolled back lies about in the shared ones, and which index is the shortest hangs on it.
    fill(5000)
    plans = {query: plans_of(ada, f"{CLAIMS}?{query}", "claims_claim") for query in INDEXES | FEW}
    assert [query for query, index in (INDEXES | FEW).items() if index not in plans[query]] == []
    assert [query for query in FEW if "Seq Scan on claims_claim" in plans[query]] == []
