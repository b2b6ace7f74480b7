"""Statistics use sealed first verdicts of closed rounds, always say of how many, and say nothing rather than something wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from claims.models import Claim
from reviews import statistics, workflow
from reviews.agreement import Reason, agreement_of_rows
from reviews.facts import Stage
from reviews.models import Review
from tests import make, reviewing

pytestmark = pytest.mark.django_db


@pytest.fixture
def room():
    return make.newsroom()


def rows():
    return [(row.round, row.seat, row.rating, row.rank) for row in statistics.verdict_rows(Review.objects.all())]


def test_an_open_round_and_a_void_one_are_in_no_statistic(room):
    review = make.review(room, Stage.RATING)
    first, second = room.holders(review)
    room.vote(review, first, "true")
    assert rows() == []
    workflow.request_evidence(review.pk, reason="insufficient", note="One table is missing.", actor=second)
    assert rows() == []
    assert statistics.rounds_closed(Review.objects.all()) == 0


def test_what_was_said_after_the_discussion_changes_no_statistic(room):
    review = make.review(room, Stage.DISCUSSION)
    first = room.holders(review)[0]
    before = rows()
    assert [row[2:] for row in before] == [("true", 3), ("false", 1)]
    said = workflow.Judgement("false", make.WHY, [review.evidence.first().pk])
    workflow.revise_verdict(review.pk, said, actor=first)
    assert Review.objects.get().stage == Stage.DRAFTING
    assert rows() == before


def test_the_verdict_that_closed_the_round_counts_and_not_a_later_one_on_what_was_true_for_a_while(room):
    """Ben and Cleo judge anew while stored bytes are taken for lost; when they are found again, what Ben said first counts."""
    review = make.review(room, Stage.RESEARCH)
    stored = reviewing.page_that_changed(room, review).snapshot
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, stance, origin)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    first, second = room.holders(reviewing.at(review))
    room.vote(review, first, "true")
    workflow.record_check(stored, "missing")
    sound = reviewing.judgement(review).cites[1:]
    workflow.submit_verdict(review.pk, workflow.Judgement("mixed", make.WHY, sound), actor=first)
    workflow.record_check(stored, "sound")
    room.vote(review, second, "true")
    assert reviewing.at(review).stage == Stage.DRAFTING
    assert [row[2:] for row in rows()] == [("true", 3), ("true", 3)]


def test_a_rating_off_the_scale_has_no_rank(room):
    review = make.review(room, Stage.RATING)
    for who in room.holders(review):
        room.vote(review, who, "unverifiable")
    assert [row[2:] for row in rows()] == [("unverifiable", None)] * 2


def test_with_fewer_than_twenty_rounds_a_coefficient_is_null_with_its_reason(room):
    make.review(room, Stage.DISCUSSION, text="One.")
    [(scale, found)] = statistics.agreement_by_scale(Review.objects.all()).items()
    assert scale == "Truth 1"
    assert (found.raw.value, found.raw.n_units, found.raw.reason) == (None, 1, Reason.TOO_FEW)
    assert (found.alpha_ordinal.value, found.cohen_kappa.value) == (None, None)


def test_the_export_gives_the_same_numbers(room):
    for number in range(3):
        make.review(room, Stage.DISCUSSION if number else Stage.DRAFTING, text=f"Claim {number}.")
    exported = [row.as_strings() for row in statistics.verdict_rows(Review.objects.all())]
    assert len(exported) == 6
    assert agreement_of_rows(exported) == statistics.agreement_by_scale(Review.objects.all())["Truth 1"]


def test_turnaround_is_the_time_from_entering_a_stage_to_leaving_it(room):
    review = make.review(room, Stage.RATING)
    start = datetime(2026, 3, 1, tzinfo=UTC)
    entered = {"open": start, "take": start + timedelta(hours=5), "submit_for_rating": start + timedelta(hours=29)}
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no table is altered while rules of it wait
        cursor.execute("ALTER TABLE audit_auditevent DISABLE TRIGGER event_is_final")
        for action, at in entered.items():
            cursor.execute(
                "UPDATE audit_auditevent SET at = %s WHERE subject_id = %s AND action = %s", [at, review.pk, action]
            )
        cursor.execute("ALTER TABLE audit_auditevent ENABLE TRIGGER event_is_final")
    found = statistics.turnaround(Review.objects.all())
    assert (found[Stage.QUEUED].median, found[Stage.QUEUED].n) == (5.0, 1)
    assert (found[Stage.RESEARCH].median, found[Stage.RESEARCH].p90, found[Stage.RESEARCH].reason) == (
        24.0,
        None,
        Reason.TOO_FEW,
    )
    assert (found[Stage.RATING].median, found[Stage.RATING].n) == (None, 0)


def test_selection_says_what_was_chosen_of_what_was_found(room):
    make.claim("Rents rose.", actor=room.ada, claimant="The landlords")
    make.review(room, text="Wages rose.", claimant="The ministry")
    make.review(room, text="Wages fell.", claimant="The union")
    make.claim("Wages stood.", actor=room.ada, claimant="The union")
    found = {
        item.group: (item.found, item.chosen.count, item.chosen.n, item.chosen.share)
        for item in statistics.selection(Review.objects.all(), Claim.objects.all(), "claimant")
    }
    assert found == {"The ministry": (1, 1, 2, None), "The union": (2, 1, 2, None), "The landlords": (1, 0, 2, None)}
    assert [item.group for item in statistics.selection(Review.objects.all(), Claim.objects.all(), "outlet")] == [None]
