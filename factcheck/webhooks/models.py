"""Who is told of what happens, what they are told, and how that went."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from factcheck.audit.history import keeps_past
from factcheck.ids import uuid7
from factcheck.webhooks.types import message_id_of

SECRETS = ("secret_salt", "secret_check", "previous_salt", "previous_check")
# What deliveries do to it, which nobody decides.
STATE = ("failures", "failing_since", "resting_until", "last_delivered_at")


class DisabledReason(models.TextChoices):
    BY_HAND = "by_hand"
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # for days
    OWNER_LEFT = "owner_left"  # whoever answered for it may do so no more


@keeps_past(
    "url", "description", "event_types", "desk_id", "owner", "disabled_reason", "secret_at", "previous_until", exclude=(*SECRETS, *STATE)
)  # fmt: skip
class WebhookEndpoint(models.Model):
    """An address that is told of events. Written by `webhooks.endpoints`, and by `webhooks.delivering` as to how it fares."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    url = models.CharField(max_length=2000)
    description = models.CharField(max_length=200, blank=True)
    event_types = ArrayField(models.CharField(max_length=60))
    desk_id = models.UUIDField(null=True, help_text="Of one desk; null: of the whole installation.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who answers for it; without their right it is told nothing.",
    )
    disabled_reason = models.CharField(max_length=10, blank=True, choices=DisabledReason)
    # A secret follows from its salt and the installation's key: nothing that stands here signs anything.
    secret_salt = models.CharField(max_length=64)
    secret_check = models.CharField(max_length=64)
    secret_at = models.DateTimeField()
    previous_salt = models.CharField(max_length=64, blank=True)
    previous_check = models.CharField(max_length=64, blank=True)
    previous_until = models.DateTimeField(null=True, help_text="Until then the secret before signs too.")
    failures = models.PositiveIntegerField(default=0, help_text="Attempts that failed since the last one that did not.")
    failing_since = models.DateTimeField(null=True)
    resting_until = models.DateTimeField(null=True, help_text="Nothing is sent before then.")
    last_delivered_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(event_types__len__gte=1), name="webhook_endpoint_has_types"),
            models.CheckConstraint(
                condition=Q(disabled_reason__in=["", *DisabledReason.values]), name="webhook_endpoint_reason_known"
            ),
            models.CheckConstraint(
                condition=Q(previous_salt="", previous_check="", previous_until__isnull=True)
                | (~Q(previous_salt="") & ~Q(previous_check="") & Q(previous_until__isnull=False)),
                name="webhook_endpoint_previous_secret_whole",
            ),
            models.CheckConstraint(
                condition=Q(failures=0) ^ Q(failing_since__isnull=False), name="webhook_endpoint_failing_since"
            ),
        ]

    def __str__(self) -> str:
        return self.description or self.url


class WebhookEvent(models.Model):
    """What is told, byte for byte: every attempt sends the same. Insert-only in the database itself."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    type = models.CharField(max_length=60)
    desk_id = models.UUIDField(null=True, help_text="Whose it is; null: of the whole installation.")
    cause_id = models.UUIDField(help_text="The audit event that it tells of.")
    body = models.TextField(help_text="As it is sent and signed.")
    occurred_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cause_id", "type"], name="webhook_event_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.message_id}"

    @property
    def message_id(self) -> str:
        return message_id_of(self.pk)


class DeliveryState(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class WebhookDelivery(models.Model):
    """One event for one endpoint: pending until it was taken or given up. Its job sends it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    event = models.ForeignKey(WebhookEvent, on_delete=models.CASCADE, related_name="deliveries")
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries", db_index=False)
    state = models.CharField(max_length=10, choices=DeliveryState, default=DeliveryState.PENDING)
    tries = models.PositiveSmallIntegerField(default=0, help_text="Attempts since it was asked for.")
    next_attempt_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=40, blank=True, help_text="Why it was given up.")
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(fields=["event", "endpoint"], name="webhook_delivery_once"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="webhook_delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING, ended_at__isnull=True, next_attempt_at__isnull=False)
                | (~Q(state=DeliveryState.PENDING) & Q(ended_at__isnull=False, next_attempt_at__isnull=True)),
                name="webhook_delivery_ended_or_due",
            ),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.FAILED) ^ Q(failure=""), name="webhook_delivery_failed_why"
            ),
        ]
        indexes = [
            models.Index(fields=["endpoint", "id"], name="webhook_delivery_of"),
            models.Index(fields=["state", "id"], name="webhook_delivery_by_state"),
            models.Index(fields=["ended_at"], condition=Q(ended_at__isnull=False), name="webhook_delivery_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.event} ({self.state})"


class WebhookAttempt(models.Model):
    """One request and what came of it. Insert-only in the database itself."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.CASCADE, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="Of the delivery's attempts, from 1.")
    at = models.DateTimeField()
    seconds = models.FloatField()
    status = models.PositiveSmallIntegerField(null=True, help_text="Of the answer; null: there was none.")
    error = models.CharField(max_length=40, blank=True, help_text="The code of why there was no answer.")
    detail = models.CharField(max_length=500, blank=True)
    answer = models.TextField(blank=True, help_text="The beginning of what was answered.")

    class Meta:
        ordering = ("number",)
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="webhook_attempt_number_once"),
            models.CheckConstraint(
                condition=Q(status__isnull=False) ^ ~Q(error=""), name="webhook_attempt_answered_or_not"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.status or self.error}"
