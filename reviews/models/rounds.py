"""A vote on a frozen set of evidence, and its seats."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from claims.models import Row
from reviews.models.desks import RatingScaleVersion
from reviews.models.evidence import EvidenceSet
from reviews.models.review import Review


class Round(Row):
    class Outcome(models.TextChoices):
        CONSENSUS = "consensus"
        DISAGREEMENT = "disagreement"
        VOID = "void", "ended before all had voted: its verdicts stay sealed for good"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="rounds", db_index=False)
    number = models.PositiveSmallIntegerField()
    evidence_set = models.ForeignKey(EvidenceSet, on_delete=models.PROTECT, related_name="rounds")
    seats_needed = models.PositiveSmallIntegerField()
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=12, choices=Outcome, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "number"], name="round_number_once"),
            models.UniqueConstraint(fields=["review"], condition=Q(closed_at__isnull=True), name="round_open_once"),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, outcome="")
                | Q(closed_at__isnull=False, outcome__in=["consensus", "disagreement", "void"]),
                name="round_closed_with_an_outcome",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} round {self.number}"


class Seat(Row):
    """A place in a round. Vacated by a conflict of interest, another takes its number."""

    round = models.ForeignKey(Round, on_delete=models.PROTECT, related_name="seats", db_index=False)
    number = models.PositiveSmallIntegerField()
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="seats")
    vacated_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(
                fields=["round", "number"], condition=Q(vacated_at__isnull=True), name="seat_filled_once"
            ),
            models.UniqueConstraint(fields=["round", "holder"], name="seat_once_per_person"),
        ]

    def __str__(self) -> str:
        return f"seat {self.number} of {self.round_id}"


class VerdictRow(models.Model):
    """The columns of a verdict, for the table that the workflow writes and for the view that everybody else reads."""

    class Kind(models.TextChoices):
        FIRST = "first", "sealed until the round closed; the only one that statistics use"
        REVISED = "revised", "given in the discussion"

    id = models.UUIDField(primary_key=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    rating = models.CharField(max_length=40)
    rationale = models.TextField()
    cites = ArrayField(models.UUIDField(), default=list, help_text="Evidence of the frozen set.")
    searches = models.TextField(
        blank=True, help_text="What was searched, where the rating is that nothing can be known."
    )
    evidence_digest = models.CharField(max_length=64, help_text="Of the evidence that it was given on.")
    claim_revision = models.PositiveIntegerField()
    scale = models.ForeignKey(RatingScaleVersion, on_delete=models.PROTECT, related_name="+")
    commitment = models.CharField(
        max_length=64,
        help_text="SHA-256 of the verdict and of its salt: in the record while it is sealed, and proof afterwards.",
    )
    salt = models.CharField(
        max_length=32, help_text="Without it, one of five ratings would be guessed from the commitment."
    )

    class Meta:
        abstract = True


class Verdict(VerdictRow):
    """A verdict whose round has closed. A view of the database: a sealed one is not in it, whoever asks."""

    class Meta:
        managed = False
        db_table = "reviews_openverdict"
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.author}: {self.rating}"
