"""From what people confirmed and rejected, matching learns what to offer and what to link; of too little it learns nothing."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from claims.matching import thresholds
from claims.matching.decisions import MatchState
from claims.matching.fusion import fuse
from claims.matching.lexemes import MOST_ROWS, Frequencies, configuration, search_for
from claims.matching.thresholds import DEFAULT, Thresholds, TooFew, learn, state_for
from claims.models import Claim, ClaimMatch, MatchingThresholds
from claims.pipeline.matching import current_thresholds
from factcheck.audit import events
from tests import make

FIFTY = [number / 100 for number in range(40, 90)]


@pytest.mark.parametrize(
    ("similarity", "differs", "state"),
    [
        (0.9, False, "linked"),
        (0.9, True, "suggested"),
        (0.8, False, "suggested"),
        (0.6, True, "suggested"),
        (0.59, False, None),
    ],
)
def test_similarity_offers_and_only_what_differs_in_nothing_is_linked(similarity, differs, state):
    assert state_for(similarity, differs=differs, thresholds=Thresholds(0.6, 0.85)) == state


def test_ninety_five_of_a_hundred_confirmed_ones_are_still_offered():
    learned = learn([number / 100 for number in range(100)], FIFTY, [])
    assert learned.suggest == 0.05


def test_no_link_that_people_rejected_is_made_again():
    assert learn(FIFTY, FIFTY, [0.91, 0.4]).link == 0.92
    assert learn(FIFTY, FIFTY, [0.4]).link == DEFAULT.link
    assert learn(FIFTY, FIFTY, [0.999]).link == 1.0


def test_what_is_linked_is_never_less_similar_than_what_is_offered():
    learned = learn([0.95] * 50, FIFTY, [])
    assert learned == Thresholds(0.95, 0.95)


@pytest.mark.parametrize(("confirmed", "rejected"), [(49, 50), (50, 49), (0, 0)])
def test_of_too_few_decisions_nothing_is_learned(confirmed, rejected):
    with pytest.raises(TooFew, match=f"{confirmed} confirmed and {rejected} rejected"):
        learn([0.7] * confirmed, [0.5] * rejected, [])


# The command


def decided(state: MatchState, similarity: float, number: int) -> None:
    ben = make.user("ben", "triager")
    claim, other = (make.claim(f"Claim {number} {side} of {state}.") for side in "ab")
    ClaimMatch.objects.create(
        claim=max(claim, other, key=lambda c: c.pk), other_claim=min(claim, other, key=lambda c: c.pk), similarity=similarity,
        score=0.03, state=state, decided_by=ben, decided_at=timezone.now(), differences=[{"code": "numbers"}],
    )  # fmt: skip


@pytest.mark.django_db
def test_the_command_says_of_how_many_it_learned_and_the_next_comparison_goes_by_it(uncompared):
    for number in range(50):
        decided(MatchState.CONFIRMED, 0.7, number)
        decided(MatchState.REJECTED, 0.5, number)
    out = io.StringIO()
    call_command("tune_matching", stdout=out)
    assert out.getvalue() == (
        "Of 50 confirmed and 50 rejected matches: offered from 0.700 on (before: 0.550), linked from 0.700 on (before: 0.700).\n"
    )
    assert current_thresholds() == Thresholds(0.7, 0.7)
    told = events.events(MatchingThresholds.objects.get()).get()
    assert (told.action, told.data["suggest"], told.data["confirmed"]) == ("tune", [0.55, 0.7], 50)


@pytest.mark.django_db
def test_what_the_guard_learned_to_tell_apart_since_raises_no_threshold(uncompared, monkeypatch):
    monkeypatch.setattr(thresholds, "MIN_CONFIRMED", 1)
    monkeypatch.setattr(thresholds, "MIN_REJECTED", 1)
    decided(MatchState.CONFIRMED, 0.7, 1)
    decided(MatchState.REJECTED, 0.97, 50)
    ClaimMatch.objects.filter(similarity=0.97).update(differences=[])
    call_command("tune_matching", stdout=io.StringIO())
    assert current_thresholds() == Thresholds(0.7, 0.7)
    Claim.objects.filter(text__startswith="Claim 50").update(text="Claim 50 of rejected.")
    call_command("tune_matching", stdout=io.StringIO())
    assert current_thresholds() == Thresholds(0.7, 0.98)


@pytest.mark.django_db
def test_the_command_refuses_to_learn_of_too_few_and_changes_nothing():
    with pytest.raises(CommandError, match="0 confirmed and 0 rejected"):
        call_command("tune_matching")
    assert current_thresholds() == DEFAULT
    assert not MatchingThresholds.objects.exists()


# The ranking


def test_what_stands_in_both_rankings_stands_before_what_stands_in_one():
    assert [item for item, _ in fuse((1, ["a", "b", "c"]), (1, ["c", "d"]))] == ["c", "a", "b", "d"]
    assert dict(fuse((1, ["a"]), (0.5, ["a"])))["a"] == pytest.approx(1.5 / 6)
    assert fuse((1, []), (1, [])) == []


def test_what_is_first_in_the_ranking_by_meaning_is_not_passed_by_what_is_far_down_in_both():
    middling = [f"m{n}" for n in range(20)]
    (first, _), *_ = fuse((1.0, ["first", *middling]), (0.5, middling[5:]))
    assert first == "first"


def test_the_rarest_words_are_looked_for_until_there_is_too_much_to_look_through():
    known = Frequencies(1_000_000, {"price": 0.01, "dublin": 0.0001, "year": 0.05, "rent": 0.0008}, 0.00005)
    search = search_for(["year", "price", "rent", "dublin", "karsova"], known)
    assert search.query == "'karsova' | 'dublin' | 'rent'"
    assert [weight for _, weight in search.weights] == sorted((w for _, w in search.weights), reverse=True)
    assert sum(known.rows_with(word) for word in ("karsova", "dublin", "rent")) <= MOST_ROWS


def test_words_that_are_all_frequent_are_looked_for_together():
    known = Frequencies(1_000_000, {"price": 0.01, "year": 0.05, "rise": 0.02, "new": 0.1}, 0.00005)
    assert search_for(["new", "year", "price", "rise"], known).query == "'price' & 'rise' & 'year'"
    assert search_for([], known) is None


@pytest.mark.parametrize(
    ("tag", "name"),
    [("", "english"), ("en-GB", "english"), ("pt-BR", "portuguese"), ("uk", "simple"), ("xx", "simple")],
)
def test_a_language_has_its_dictionary_or_none(tag, name):
    assert configuration(tag) == name
