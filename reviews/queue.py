"""What waits, best first: a question to the rows, in the database's own words for `reviews.priority`."""

from __future__ import annotations

from django.db.models import (
    Case,
    Expression,
    F,
    FloatField,
    Func,
    IntegerField,
    OuterRef,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, Extract, Least, Ln, Now
from django.utils import timezone

from claims.models import Appearance
from reviews import priority
from reviews.facts import Stage
from reviews.models import Review
from reviews.priority import Contribution

SECONDS_PER_HOUR = 3600


def best_first(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """The queued among these that are not on hold, the one that deserves the next free hour first.

    Each has its `priority` as of now and its `appearances`, from which `contributions_of` tells why.
    """
    waiting = reviews.filter(stage=Stage.QUEUED, held_at=None)
    return waiting.annotate(appearances=_appearances()).annotate(priority=_priority()).order_by("-priority", "id")


def contributions_of(review: Review) -> tuple[Contribution, ...]:
    """Why a review that came from `best_first` stands where it does."""
    waited = timezone.now() - review.created_at
    return priority.contributions(
        review.claim.check_worthiness,
        review.risk,
        review.appearances,  # type: ignore[attr-defined]  # annotated
        waited.total_seconds() / SECONDS_PER_HOUR,
    )


def _appearances() -> Expression:
    """In how many places articles make the claim, or one that was merged into it."""
    # One condition with an "or" would read every appearance there is, for each review.
    return _count(claim=OuterRef("claim")) + _count(claim__merged_into=OuterRef("claim"))


def _count(**made: OuterRef) -> Subquery:
    number = Appearance.objects.filter(**made).order_by().annotate(number=Func(F("id"), function="count"))
    return Subquery(number.values("number"), output_field=IntegerField())


def _priority() -> Expression:
    worth = Coalesce(F("claim__check_worthiness"), Value(priority.WORTH_IF_UNKNOWN))
    risks = [When(risk=risk.value, then=Value(weight)) for risk, weight in priority.RISK.items()]  # type: ignore[attr-defined]
    demand = Ln(Cast(Least(F("appearances"), priority.MOST_APPEARANCES) + 1, FloatField()))
    hours = Extract(Now() - F("created_at"), "epoch") / Value(float(SECONDS_PER_HOUR))
    return Cast(
        Value(priority.WORTH) * worth
        + Case(*risks, output_field=FloatField())
        + Value(priority.DEMAND) * demand
        + Cast(hours, FloatField()) * Value(priority.AGE_PER_HOUR),
        FloatField(),
    )
