"""What readers say is wrong with a fact-check, and what became of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.models import Row
from reviews.corrections import ANSWERED, STATE_CHOICES, RequestState
from reviews.models.publication import FactCheck, FactCheckRevision
from reviews.models.review import Review


class CorrectionRequest(Row):
    """One request. What was asked never changes; only its state, who handles it and the answer do."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="correction_requests", db_index=False)
    fact_check = models.ForeignKey(FactCheck, on_delete=models.PROTECT, related_name="correction_requests")
    revision = models.ForeignKey(
        FactCheckRevision, on_delete=models.PROTECT, related_name="+", help_text="What was public when it came."
    )
    text = models.TextField()
    contact = models.EmailField(blank=True, help_text="Shown to whoever handles it, and told to nobody else.")
    secret_sha256 = models.CharField(max_length=64, help_text="Of the secret in its status address; hex.")
    state = models.CharField(max_length=12, choices=STATE_CHOICES, default=RequestState.RECEIVED)
    handler = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(blank=True, help_text="What whoever asked is told.")
    duplicate_of = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="duplicates")
    acknowledge_due_at = models.DateTimeField()
    answer_due_at = models.DateTimeField()
    acknowledged_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True, help_text="When there first was an answer.")
    resolved_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1, help_text="Raised by every change of the row.")
    updated_at = models.DateTimeField()
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["secret_sha256"], name="correction_request_secret_once"),
            models.CheckConstraint(
                condition=Q(state__in=[state.value for state in RequestState]), name="correction_request_state_known"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="correction_request_says_something"),
            models.CheckConstraint(
                condition=Q(state=RequestState.RECEIVED, handler__isnull=True, acknowledged_at__isnull=True)
                | (~Q(state=RequestState.RECEIVED) & Q(handler__isnull=False, acknowledged_at__isnull=False)),
                name="correction_request_handled_by_somebody",
            ),
            models.CheckConstraint(
                condition=(Q(state__in=[s.value for s in ANSWERED], answered_at__isnull=False) & ~Q(answer=""))
                | (~Q(state__in=[s.value for s in ANSWERED]) & Q(answered_at__isnull=True, answer="")),
                name="correction_request_ends_with_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(state=RequestState.DUPLICATE, duplicate_of__isnull=False)
                | Q(state=RequestState.RESOLVED)
                | (~Q(state=RequestState.DUPLICATE) & Q(duplicate_of__isnull=True)),
                name="correction_request_duplicates_another",
            ),
            models.CheckConstraint(condition=~Q(duplicate_of=F("id")), name="correction_request_not_its_own_duplicate"),
            models.CheckConstraint(
                condition=Q(resolved_at__isnull=False, state=RequestState.RESOLVED)
                | (~Q(state=RequestState.RESOLVED) & Q(resolved_at__isnull=True)),
                name="correction_request_resolved_when",
            ),
        ]
        indexes = [
            models.Index(fields=["review", "-id"], name="correction_request_of_review"),
            models.Index(fields=["answer_due_at", "id"], name="correction_request_by_due"),
            models.Index(F("answer_due_at").desc(), F("id").desc(), name="correction_request_by_due_down"),
        ]

    def __str__(self) -> str:
        return f"{self.fact_check_id}: {self.text[:60]}"
