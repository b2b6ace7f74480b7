"""What a researcher with a free hour is given."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from claims.models import Claim
from reviews import workflow
from reviews.models import Review
from reviews.priority import priority
from reviews.queue import best_first, contributions_of
from reviews.workflow import opening
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def room():
    return make.newsroom()


def waiting_since(review: Review, hours: float) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE reviews_review SET created_at = %s WHERE id = %s",
            [timezone.now() - timedelta(hours=hours), review.pk],
        )


@pytest.mark.parametrize(
    ("worth", "risk", "hours"), [(None, "normal", 0), (0.9, "normal", 5), (0.1, "high", 200), (1.0, "high", 0.5)]
)
def test_the_database_and_the_table_of_weights_give_one_number(room, worth, risk, hours):
    review = make.review(room)
    Claim.objects.filter(pk=review.claim_id).update(check_worthiness=worth)
    Review.objects.filter(pk=review.pk).update(risk=risk)
    waiting_since(review, hours)

    found = best_first(Review.objects.all()).select_related("claim").get()

    assert found.priority == pytest.approx(priority(worth, risk, 0, hours), abs=1e-4)
    assert sum(part.value for part in contributions_of(found)) == pytest.approx(found.priority, abs=1e-4)
    assert [part.name for part in contributions_of(found)] == ["check_worthiness", "risk", "demand", "age"]


def test_places_of_merged_claims_count_as_demand(room):
    article = make.article(
        "Prices doubled in a year, the bank said. Prices rose by 100 per cent, it said.", outlet="Wire"
    )
    version = article.versions.get()
    claim = make.claim("Prices doubled.", actor=room.ada, version_id=version.pk, start=0, end=15)
    other = make.claim("Prices rose by 100 per cent.", actor=room.ada, version_id=version.pk, start=41, end=69)
    make.pipeline.triage(claim.pk, make.TriageAction.ACCEPT, actor=room.ada)
    workflow.open_review(claim.pk, room.desk.pk, actor=room.ada)
    assert best_first(Review.objects.all()).get().appearances == 1
    make.pipeline.triage(other.pk, make.TriageAction.MERGE, actor=room.ada, reason="same_assertion", into=claim.pk)
    assert best_first(Review.objects.all()).get().appearances == 2


def test_the_best_that_nobody_holds_back_is_handed_out(room):
    plain, risky, held, conflicted = (make.review(room, text=f"Claim {n}.") for n in range(4))
    Review.objects.filter(pk__in=[risky.pk, held.pk, conflicted.pk]).update(risk="high")
    workflow.hold(held.pk, reason="legal", note="The lawyer reads it.", actor=room.emil)
    workflow.declare_conflict(conflicted.pk, reason="personal", note="My sister works there.", actor=room.finn)

    assert [workflow.take_next(room.desk.pk, actor=room.finn).pk for _ in range(2)] == [risky.pk, plain.pk]
    assert workflow.take_next(room.desk.pk, actor=room.finn) is None


def test_an_old_claim_of_no_worth_passes_a_fresh_one_of_the_highest_worth(room):
    old, fresh = make.review(room, text="Old."), make.review(room, text="Fresh.")
    Claim.objects.filter(pk=old.claim_id).update(check_worthiness=0.0)
    Claim.objects.filter(pk=fresh.claim_id).update(check_worthiness=1.0)
    assert [review.pk for review in best_first(Review.objects.all())] == [fresh.pk, old.pk]
    waiting_since(old, 8 * 24)
    assert [review.pk for review in best_first(Review.objects.all())] == [old.pk, fresh.pk]


def test_accepted_claims_get_a_review_by_themselves_where_the_policy_says_so(room):
    claim = make.claim("Accepted.", actor=room.ada)
    make.pipeline.triage(claim.pk, make.TriageAction.ACCEPT, actor=room.ada)
    assert opening.open_accepted() == 0
    make.desk("Eager desk", auto_open=True)
    assert opening.open_accepted() == 1
    assert Review.objects.get(claim=claim).desk.name == "Eager desk"
    assert opening.open_accepted() == 0
