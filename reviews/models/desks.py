"""Who reviews, on which scale, under which numbers. Scale versions and policies never change: a new one takes their place."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.models import Row


class RatingScale(Row):
    name = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.name


class RatingScaleVersion(Row):
    """The points of a scale as they stood when a review was opened. Immutable in the database itself."""

    scale = models.ForeignKey(RatingScale, on_delete=models.PROTECT, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    points = models.JSONField(
        help_text="code, label, rank (1 is the least true; null for what is on no scale, such as unverifiable), polarity (-1 to 1)."
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["scale", "number"], name="scale_version_number_once")]

    def __str__(self) -> str:
        return f"{self.scale} {self.number}"


class ReviewPolicy(Row):
    """The numbers of the process. Immutable in the database itself; a review keeps the one that it was opened under."""

    name = models.CharField(max_length=100)
    number = models.PositiveIntegerField(default=1)
    seats = models.PositiveSmallIntegerField(default=2, help_text="Independent verdicts of a round.")
    seats_high_risk = models.PositiveSmallIntegerField(default=3)
    lead_may_hold_seat = models.BooleanField(default=False)
    draft_author_may_be_lead = models.BooleanField(
        default=True, help_text="Otherwise somebody else writes the text, who took no part in the finding."
    )
    approver_may_edit_draft = models.BooleanField(
        default=True, help_text="Otherwise an editor who has changed a text since it was handed in does not approve it."
    )
    discussion_rounds = models.PositiveSmallIntegerField(
        default=1, help_text="How often each verdict may be revised in a discussion."
    )
    auto_open = models.BooleanField(default=False, help_text="Accepted claims get a review without anybody asking.")
    min_origins = models.PositiveSmallIntegerField(default=2, help_text="Independent origins of evidence.")
    both_sides_required = models.BooleanField(default=True)
    reply_days = models.PositiveSmallIntegerField(default=3, help_text="Days to answer a request for a reply.")
    correction_ack_days = models.PositiveSmallIntegerField(
        default=3, help_text="Days until somebody looks into a reader's request for a correction."
    )
    correction_resolve_days = models.PositiveSmallIntegerField(default=14, help_text="Days until it has an answer.")
    lease_hours = models.PositiveSmallIntegerField(default=72, help_text="Hours that a lead has before others may.")
    hours_by_stage = models.JSONField(default=dict, help_text="Stage -> hours until it is overdue.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["name", "number"], name="policy_number_once"),
            models.CheckConstraint(condition=Q(seats__gte=2, seats_high_risk__gte=2), name="policy_two_seats_at_least"),
            models.CheckConstraint(condition=Q(min_origins__gte=1), name="policy_one_origin_at_least"),
            models.CheckConstraint(
                condition=Q(correction_ack_days__gte=1, correction_resolve_days__gte=F("correction_ack_days")),
                name="policy_correction_days_in_order",
            ),
            models.CheckConstraint(condition=Q(lease_hours__gte=1), name="policy_lease_at_least_an_hour"),
            models.CheckConstraint(condition=Q(discussion_rounds__gte=1), name="policy_one_discussion_round_at_least"),
        ]
        verbose_name_plural = "review policies"

    def __str__(self) -> str:
        return f"{self.name} {self.number}"


class Desk(Row):
    """Whoever works together. A review belongs to one desk and is not there for people of others."""

    name = models.CharField(max_length=100, unique=True)
    publisher_name = models.CharField(
        max_length=200, blank=True, help_text="As its fact-checks name who publishes them."
    )
    publisher_url = models.URLField(blank=True)
    policy = models.ForeignKey(ReviewPolicy, on_delete=models.PROTECT, related_name="+")
    scale = models.ForeignKey(RatingScaleVersion, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.name


class DeskMembership(Row):
    desk = models.ForeignKey(Desk, on_delete=models.CASCADE, related_name="memberships", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["desk", "user"], name="membership_once")]

    def __str__(self) -> str:
        return f"{self.user} of {self.desk}"
