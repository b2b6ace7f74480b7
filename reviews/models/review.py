"""The process around one claim."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from claims.models import Claim, Row
from claims.triage import RISK_CHOICES, Risk
from reviews.facts import NOT_AT_WORK, OVER, STAGE_CHOICES, Stage
from reviews.models.desks import Desk, RatingScaleVersion, ReviewPolicy
from reviews.reasons import REASON_CHOICES

LED = [stage for stage in Stage if stage not in (Stage.QUEUED, *OVER)]


class Review(Row):
    """One claim, as it was when the review was opened, on its way through the stages."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    claim_revision = models.PositiveIntegerField(help_text="Of the claim when the review was opened.")
    desk = models.ForeignKey(Desk, on_delete=models.PROTECT, related_name="reviews", db_index=False)
    policy = models.ForeignKey(ReviewPolicy, on_delete=models.PROTECT, related_name="+")
    scale = models.ForeignKey(RatingScaleVersion, on_delete=models.PROTECT, related_name="+")
    risk = models.CharField(max_length=6, choices=RISK_CHOICES, default=Risk.NORMAL)
    stage = models.CharField(max_length=14, choices=STAGE_CHOICES, default=Stage.QUEUED)
    entered_stage_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(null=True, help_text="When this stage is overdue.")
    held_at = models.DateTimeField(null=True, help_text="Since when it is on hold; its clocks stand still.")
    lead = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    lease_until = models.DateTimeField(null=True, help_text="Until when the lead has it for themselves.")
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    handler = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who opened the revision that is under way.",
    )  # fmt: skip
    round_number = models.PositiveSmallIntegerField(default=0, help_text="Of the last round; 0 before the first.")
    single_origin_reason = models.TextField(blank=True, help_text="Why one origin of evidence has to do.")
    numbers_confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+",
        help_text="Who confirmed that numbers of the claim cannot be read.",
    )  # fmt: skip
    numbers_confirmed_revision = models.PositiveIntegerField(null=True, help_text="Of the claim that they had read.")
    closed_reason = models.CharField(max_length=20, choices=REASON_CHOICES, blank=True)
    closed_note = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change but a sealed one.")
    updated_at = models.DateTimeField(db_default=Now())
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["claim"], condition=~Q(stage__in=OVER), name="review_active_once_per_claim"
            ),
            models.CheckConstraint(condition=Q(stage__in=[s.value for s in Stage]), name="review_stage_known"),
            models.CheckConstraint(condition=Q(risk__in=[r.value for r in Risk]), name="review_risk_known"),
            models.CheckConstraint(
                condition=Q(stage__in=LED, lead__isnull=False)
                | Q(stage=Stage.QUEUED, lead__isnull=True)
                | Q(stage__in=OVER),
                name="review_led_while_at_work",
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.RESEARCH, lease_until__isnull=False)
                | (~Q(stage=Stage.RESEARCH) & Q(lease_until__isnull=True)),
                name="review_leased_in_research",
            ),
            models.CheckConstraint(
                condition=~Q(stage=Stage.ADJUDICATION) | Q(adjudicator__isnull=False),
                name="review_adjudicated_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(adjudicator__isnull=True) | Q(lead__isnull=True) | ~Q(adjudicator=F("lead")),
                name="review_adjudicator_is_not_lead",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.UNDER_REVISION, Stage.PUBLISHED])
                | Q(stage=Stage.UNDER_REVISION, handler__isnull=False)
                | Q(stage=Stage.PUBLISHED, handler__isnull=True),
                name="review_revision_handled_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(stage=Stage.CLOSED) ^ Q(closed_reason=""), name="review_closed_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(stage__in=[Stage.QUEUED, Stage.RESEARCH, Stage.CLOSED]) | Q(round_number__gte=1),
                name="review_rated_in_a_round",
            ),
        ]
        indexes = [
            models.Index(fields=["desk", "stage", "-id"], name="review_by_desk"),
            models.Index(fields=["claim", "-id"], name="review_by_claim"),
            models.Index(fields=["lead", "stage"], name="review_by_lead"),
            models.Index(fields=["lease_until"], condition=Q(stage=Stage.RESEARCH), name="review_leases"),
            models.Index(fields=["desk", "-id"], name="review_of_desk"),
            # Most reviews are public or closed in time, and the desk's home counts the others.
            models.Index(fields=["desk", "stage"], condition=~Q(stage__in=NOT_AT_WORK), name="review_at_work"),
            models.Index(fields=["-id"], condition=Q(held_at__isnull=False), name="review_on_hold"),
            models.Index(F("due_at"), F("id"), name="review_by_due"),
            models.Index(F("due_at").desc(nulls_last=True), F("id").desc(), name="review_by_due_down"),
            models.Index(F("updated_at"), F("id"), name="review_by_change"),
        ]

    def __str__(self) -> str:
        return f"review {self.pk} ({self.stage})"

    @property
    def is_on_hold(self) -> bool:
        return self.held_at is not None


class Lead(Row):
    """Somebody who leads a review or has led it. Insert-only; the database writes it whenever a review is given a lead."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="leads", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="lead_once")]

    def __str__(self) -> str:
        return f"{self.user} led {self.review_id}"


class Adjudicator(Row):
    """Somebody who was to decide between the verdicts of a round. Insert-only; the database writes it whenever a review is given one."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="adjudicators", db_index=False)
    round_number = models.PositiveSmallIntegerField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "round_number", "user"], name="adjudicator_once_in_a_round")
        ]

    def __str__(self) -> str:
        return f"{self.user} adjudicates round {self.round_number} of {self.review_id}"


class ConflictOfInterest(Row):
    """Somebody who keeps out of one review, for a reason that the desk may read. Insert-only."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="conflicts", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    note = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["review", "user"], name="conflict_once")]

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}"
