"""Verdicts under seal, and what is written of them before they are given. `reviews.workflow` alone imports this module: the
architecture test holds it, so that no list, page, export or statistic can hold a sealed row by mistake. Both are written by
`prepared.insert`, so that no log of the database holds a word of them either.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length, Trim
from django.db.models.lookups import GreaterThanOrEqual

from claims.models import Row
from factcheck.ids import uuid7
from reviews.models.rounds import Seat, VerdictRow

MIN_RATIONALE_CHARS = 40  # less is a word, not a reason


class SealedVerdict(VerdictRow):
    """Every verdict, open or not. Insert-only."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)

    class Meta:
        db_table = "reviews_verdict"
        constraints = [
            # One on the same evidence, claim and scale: a fresh one is asked for only when one of these has changed.
            models.UniqueConstraint(
                fields=["seat", "evidence_digest", "claim_revision", "scale"],
                condition=Q(kind="first"),
                name="verdict_once",
            ),
            models.CheckConstraint(condition=Q(kind__in=["first", "revised"]), name="verdict_kind_known"),
            models.CheckConstraint(
                condition=GreaterThanOrEqual(Length(Trim("rationale")), MIN_RATIONALE_CHARS),
                name="verdict_has_a_rationale",
            ),
        ]

    def __str__(self) -> str:
        return f"verdict of seat {self.seat_id}"  # never what it says


class VerdictDraft(Row):
    """What a seat holder has written so far, kept for them alone."""

    seat = models.OneToOneField(Seat, on_delete=models.CASCADE, related_name="+")
    rating = models.CharField(max_length=40, blank=True)
    rationale = models.TextField(blank=True)
    cites = ArrayField(models.UUIDField(), default=list)
    searches = models.TextField(blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "reviews_verdictdraft"

    def __str__(self) -> str:
        return f"draft of seat {self.seat_id}"
