"""What is new is compared with what is here: near duplicates and earlier fact-checks are offered, and linked only where nothing but form differs."""

from __future__ import annotations

import io
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import F

from claims import pipeline
from claims.matching import encoding
from claims.matching.decisions import MatchAction, MatchState
from claims.models import Claim, ClaimMatch, IndexedClaim
from claims.pipeline import similar
from claims.pipeline.queueing import MATCH
from claims.triage import TriageAction, TriageStatus
from factcheck import jobs
from factcheck.audit import events
from factcheck.errors import ActionNotAllowed, NotFound, StaleVersion
from factcheck.models import Job
from tests import make
from tests.comparing import work

pytestmark = pytest.mark.django_db


def matched(*texts: str) -> list[Claim]:
    claims = [make.claim(text) for text in texts]
    work()
    return claims


def states() -> list[str]:
    return list(ClaimMatch.objects.order_by("id").values_list("state", flat=True))


def test_a_claim_that_is_here_in_another_form_is_linked_and_says_why():
    older, newer = matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    (match,) = ClaimMatch.objects.all()
    assert (match.claim, match.other_claim, match.fact_check) == (newer, older, None)
    assert match.state == MatchState.LINKED
    assert match.differences == []
    assert [(reason["code"], reason["words"]) for reason in match.reasons][1:] == [
        ("same_numbers", ["rose 9%"]), ("names_shared", ["Dublin"]), ("words_shared", ["rent"]),
    ]  # fmt: skip
    assert match.similarity > 0.85
    assert match.text_rank == 1


def test_the_same_words_are_as_similar_as_can_be_and_no_more():
    for text in (
        "Rents in Dublin rose 9%.",
        "Exports fell by a third in May.",
        "Prices tripled.",
        "Wages fell in Lyon.",
    ):
        make.fact_check(text)
        make.claim(text)
    work()
    told = ClaimMatch.objects.exclude(fact_check=None).filter(claim__text=F("fact_check__claim_text"))
    assert [round(similarity, 3) for similarity in told.values_list("similarity", flat=True)] == [1.0] * 4
    assert told.filter(similarity__gt=1).count() == 0


def test_a_claim_with_another_number_is_offered_with_the_difference_and_never_linked():
    matched("The reserve force has tripled since 2021.", "The reserve force has doubled since 2021.")
    (match,) = ClaimMatch.objects.all()
    assert match.state == MatchState.SUGGESTED
    assert match.similarity > 0.85
    assert match.differences == [{"code": "numbers", "ours": ["doubled"], "theirs": ["tripled"]}]


def test_what_somebody_denies_is_not_linked_to_what_is_said_to_be_so():
    older = make.claim("The army had used cluster bombs in Lindmere.")
    make.article("Officers rejected claims that the army had used cluster bombs in Lindmere.")
    work()
    denied = ClaimMatch.objects.get(other_claim=older, claim__text="The army had used cluster bombs in Lindmere.")
    assert denied.claim.modality == "denied"
    assert denied.state == MatchState.SUGGESTED
    assert [found["code"] for found in denied.differences] == ["modality"]


def test_texts_that_are_too_long_to_be_compared_whole_are_never_linked():
    beginning = "Rents in Dublin went up. " * 80
    matched(f"{beginning} It was May.", f"{beginning} It was June.")
    assert states() == [MatchState.SUGGESTED]


def test_what_is_about_something_else_is_not_offered():
    matched("Rents in Dublin went up by 9 per cent.", "Wolves killed 4,300 sheep in Saxony.")
    assert states() == []


def test_the_claims_of_an_article_are_compared_after_they_were_found():
    older = make.claim("Karsova's reserve force has tripled since 2021.")
    make.article("Karsova's reserve force has tripled since 2021, Ilse Trandafir said on Tuesday.")
    kinds = [job.kind for job in work()]
    assert kinds.count("extract") == 1
    assert kinds.count(MATCH) == 2
    match = ClaimMatch.objects.get(other_claim=older)
    assert match.state == MatchState.LINKED
    assert Job.objects.filter(kind=MATCH).latest("id").result == {"compared": 1, "suggested": 0, "linked": 1}


def test_an_edited_claim_is_compared_anew_and_loses_what_nobody_had_confirmed():
    _, newer = matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    pipeline.edit_claim(newer.pk, {"text": "Rents in Dublin rose 8%."}, actor=make.user("ada"))
    work()
    (match,) = ClaimMatch.objects.all()
    assert match.state == MatchState.SUGGESTED
    assert [found["code"] for found in match.differences] == ["numbers"]
    pipeline.edit_claim(newer.pk, {"text": "Wolves killed 4,300 sheep in Saxony."}, actor=make.user("ada"))
    work()
    assert states() == []
    assert IndexedClaim.objects.get(claim=newer).revision == 3


def test_what_a_person_decided_stays_whatever_is_compared_again():
    ben = make.user("ben", "triager")
    _, newer = matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    match = pipeline.decide(ClaimMatch.objects.get().pk, MatchAction.REJECT, actor=ben, note="Another Dublin.")
    pipeline.edit_claim(newer.pk, {"text": "Rents in Dublin rose by nine per cent."}, actor=ben)
    work()
    again = ClaimMatch.objects.get()
    assert (again.state, again.note, again.version) == (MatchState.REJECTED, "Another Dublin.", match.version)


def test_a_claim_that_was_merged_or_superseded_is_offered_to_nobody():
    older, other = matched("Rents in Dublin went up by 9 per cent.", "Wolves killed 4,300 sheep in Saxony.")
    pipeline.triage(older.pk, TriageAction.MERGE, actor=make.user("ada"), reason="duplicate", into=other.pk)
    matched("Rents in Dublin rose 9%.")
    assert states() == []


def test_at_most_five_of_a_kind_are_offered_the_most_similar_ones():
    matched(*(f"Rents in Dublin went up by {number} per cent." for number in range(2, 10)))
    last = Claim.objects.latest("id")
    assert ClaimMatch.objects.filter(claim=last).count() == 5


def test_confirming_and_rejecting_are_events_with_who_and_when_and_may_be_thought_over():
    ben = make.user("ben", "triager")
    matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    match = ClaimMatch.objects.get()
    confirmed = pipeline.decide(match.pk, MatchAction.CONFIRM, actor=ben, version=1, note="The same survey.")
    assert (confirmed.state, confirmed.decided_by, confirmed.version) == (MatchState.CONFIRMED, ben, 2)
    rejected = pipeline.decide(match.pk, MatchAction.REJECT, actor=ben, version=2)
    assert (rejected.state, rejected.note) == (MatchState.REJECTED, "")
    told = [(event.action, event.actor, event.data["state"]) for event in events.events(match)]
    assert told == [("confirm", ben, ["linked", "confirmed"]), ("reject", ben, ["confirmed", "rejected"])]


def test_a_decision_that_is_stale_or_was_made_already_is_refused_and_changes_nothing():
    ben = make.user("ben", "triager")
    matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    match = pipeline.decide(ClaimMatch.objects.get().pk, MatchAction.CONFIRM, actor=ben)
    for refusal, version in ((StaleVersion, 1), (ActionNotAllowed, 2)):
        with pytest.raises(refusal):
            pipeline.decide(match.pk, MatchAction.CONFIRM, actor=ben, version=version)
    with pytest.raises(NotFound):
        pipeline.decide(match.claim_id, MatchAction.CONFIRM, actor=ben)
    match.refresh_from_db()
    assert (match.state, match.version) == (MatchState.CONFIRMED, 2)
    assert events.events(match).count() == 1


def test_what_a_comparison_found_is_an_event_of_the_claim():
    _, newer = matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    found = events.events(newer).get(action="match")
    assert found.actor is None
    assert found.data["matches"] == 1


def test_a_claim_that_is_edited_while_it_is_compared_is_compared_as_it_stands_then(monkeypatch):
    claim = make.claim("Rents in Dublin went up by 9 per cent.")
    job = jobs.lease("here")
    ada, encoded = make.user("ada"), []

    def edited_meanwhile(texts):
        encoded.append(list(texts))
        if len(encoded) == 1:
            pipeline.edit_claim(claim.pk, {"text": "Wolves killed 4,300 sheep."}, actor=ada)
        return encoding.encode(texts)

    monkeypatch.setattr("claims.pipeline.matching.encode", edited_meanwhile)
    pipeline.match(job)
    assert encoded == [["Rents in Dublin went up by 9 per cent."], ["Wolves killed 4,300 sheep."]]
    assert IndexedClaim.objects.get(claim=claim).revision == 2
    assert not jobs.waiting().exists()


def test_what_the_index_missed_and_the_words_found_has_the_place_that_its_similarity_gives_it():
    near = [(UUID(int=n), -0.6 + n / 100, None) for n in range(1, 51)]
    found_by_words = (UUID(int=99), -0.9, 2)
    hits = similar.hits_of([*near, (UUID(int=1), -0.59, 1), found_by_words])
    assert (hits[0].id, hits[0].similarity, hits[0].text_rank) == (found_by_words[0], 0.9, 2)
    assert [hit.text_rank for hit in hits[:3]] == [2, 1, None]


def test_a_claim_in_another_language_is_found_by_its_words():
    older = make.claim("Ціни на хліб у Києві зросли на 65 відсотків.")
    Claim.objects.filter(pk=older.pk).update(language="uk")
    work()
    vector = encoding.encode(["хліб подорожчав"])[0]
    with transaction.atomic():
        (hit,) = similar.similar(similar.CLAIMS, vector, ["києві", "хліб"])
    assert (hit.id, hit.text_rank) == (older.pk, 1)


@pytest.mark.parametrize("text", ["'''", "\\'\\", "a:* & !b | <-> (c)", "%s %%", "😀 \u202e", "1" * 3000])
def test_no_words_break_the_search(text):
    older = make.claim(text)
    newer = make.claim(f"{text} again")
    work()
    assert IndexedClaim.objects.filter(claim__in=[older, newer]).count() == 2


def test_both_indexes_are_walked_and_no_vector_is_compared_that_is_far():
    """With sequential scans forbidden: with another operator than the index has, PostgreSQL would have to scan all the same."""
    matched("Rents in Dublin went up by 9 per cent.")
    search = similar.search_for(["rent", "dublin"], similar.Frequencies())
    sql, values = similar._statement(similar.CLAIMS, similar.as_vector(encoding.encode(["Rents"])[0]), search)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Index Scan using indexed_claim_near" in plan
    assert "Bitmap Index Scan on indexed_claim_words" in plan
    assert "Seq Scan" not in plan


def test_claims_from_before_there_was_matching_are_compared_when_somebody_asks(uncompared):
    claims = [make.claim("Rents in Dublin went up by 9 per cent."), make.claim("Rents in Dublin rose 9%.")]
    make.fact_check()
    told = [io.StringIO(), io.StringIO()]
    call_command("compare_claims", stdout=told[0])
    work()
    call_command("compare_claims", stdout=told[1])
    assert [said.getvalue() for said in told] == [
        "Queued to be compared: 2.\n",
        "Nothing is left to compare.\n",
    ]
    assert set(IndexedClaim.objects.values_list("claim", flat=True)) == {claim.pk for claim in claims}
    assert len(states()) == 3


LIES = {
    "match_with_one_thing": {"other_claim_id": None},
    "match_with_an_older_claim": {"other_claim_id": "newer"},
    "match_decided_by_somebody": {"state": "confirmed"},
    "match_linked_without_difference": {"differences": [{"code": "numbers"}]},
    "match_similarity_in_range": {"similarity": 2.0},
}


@pytest.mark.parametrize("rule", LIES)
def test_what_must_never_be_false_of_a_match_is_refused_by_the_database(rule):
    _, newer = matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    values = {name: newer.pk if value == "newer" else value for name, value in LIES[rule].items()}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        ClaimMatch.objects.update(**values)
    assert states() == [MatchState.LINKED]


def test_a_pair_has_one_row_whoever_is_compared_last():
    older, _ = matched("Rents in Dublin went up by 9 per cent.", "Rents in Dublin rose 9%.")
    assert older.triage_status == TriageStatus.CANDIDATE
    pipeline.edit_claim(older.pk, {"text": "Rents in Dublin went up by nine per cent."}, actor=make.user("ada"))
    work()
    assert states() == [MatchState.LINKED]
