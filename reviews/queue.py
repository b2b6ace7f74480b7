"""What waits: questions to the rows, none of which changes any."""

from __future__ import annotations

from django.db.models import QuerySet

from reviews.facts import Stage
from reviews.models import Review


def best_first(reviews: QuerySet[Review]) -> QuerySet[Review]:
    """The queued among these, the one that deserves the next free hour first."""
    return reviews.filter(stage=Stage.QUEUED).order_by("-claim__check_worthiness", "id")
