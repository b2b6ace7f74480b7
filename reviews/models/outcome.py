"""What a round leads to: a decision, the text, and somebody else's approval of both."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from claims.models import Row
from factcheck.audit.history import keeps_past
from reviews.models.desks import RatingScaleVersion
from reviews.models.review import Review
from reviews.models.rounds import Round
from reviews.reasons import REASON_CHOICES


class Decision(Row):
    """The rating that a round, a discussion or an adjudication produced. Insert-only."""

    class Basis(models.TextChoices):
        CONSENSUS = "consensus"
        DISCUSSION = "discussion"
        ADJUDICATION = "adjudication"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions", db_index=False)
    round = models.OneToOneField(Round, on_delete=models.PROTECT, related_name="decision")
    rating = models.CharField(max_length=40)
    basis = models.CharField(max_length=12, choices=Basis)
    rationale = models.TextField(blank=True, help_text="The adjudicator's.")
    adjudicator = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    answers = models.JSONField(default=list, help_text="To each dissenting verdict: verdict, answer.")
    evidence_digest = models.CharField(max_length=64)
    claim_revision = models.PositiveIntegerField()
    scale = models.ForeignKey(RatingScaleVersion, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(basis="adjudication", adjudicator__isnull=False) & ~Q(rationale="")
                | Q(basis__in=["consensus", "discussion"], adjudicator__isnull=True, rationale=""),
                name="decision_adjudicated_by_somebody",
            )
        ]
        indexes = [models.Index(fields=["review", "-id"], name="decision_of_review")]

    def __str__(self) -> str:
        return f"{self.rating} ({self.basis})"


@keeps_past("headline", "summary", "rating", "rating_explanation", "body", "author")
class Draft(Row):
    """The public text, until it is published."""

    review = models.OneToOneField(Review, on_delete=models.PROTECT, related_name="draft")
    headline = models.TextField(blank=True)
    summary = models.TextField(blank=True)
    rating = models.CharField(max_length=40, blank=True)
    rating_explanation = models.TextField(blank=True)
    body = models.TextField(blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the text as canonical JSON.")
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.headline


class Approval(Row):
    """One editor's word for one decision, one text and one set of evidence. Insert-only; current while these are."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="approvals", db_index=False)
    approver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="approvals")
    draft_digest = models.CharField(max_length=64)
    evidence_digest = models.CharField(max_length=64)
    publish_at = models.DateTimeField(null=True, help_text="Not to be published before; then it is, by the beat.")
    public_note = models.TextField(blank=True, help_text="What readers are told of the change when that is done.")

    class Meta:
        indexes = [
            models.Index(fields=["review", "-id"], name="approval_of_review"),
            models.Index(fields=["publish_at"], condition=Q(publish_at__isnull=False), name="approval_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.approver} approved {self.review_id}"


class Invalidation(Row):
    """That something no longer counts: a verdict, a round, an approval, an item of evidence. Insert-only; nothing is ever marked."""

    class Subject(models.TextChoices):
        EVIDENCE = "evidence"
        ROUND = "round"
        VERDICT = "verdict"
        APPROVAL = "approval"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="invalidations", db_index=False)
    subject_type = models.CharField(max_length=8, choices=Subject)
    subject_id = models.UUIDField()
    reason = models.CharField(max_length=20, choices=REASON_CHOICES)
    note = models.TextField(blank=True)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subject_type", "subject_id"], name="invalidated_once"),
            models.CheckConstraint(
                condition=Q(subject_type__in=["evidence", "round", "verdict", "approval"]),
                name="invalidation_subject_known",
            ),
        ]
        indexes = [models.Index(fields=["review", "id"], name="invalidation_of_review")]

    def __str__(self) -> str:
        return f"{self.subject_type} {self.subject_id}: {self.reason}"


@keeps_past(
    "public_addressee",
    "answer",
    "public_answer",
    "is_declined",
    "answered_at",
    "waived_reason",
    "waived_note",
    "waived_by",
)
class ReplyRequest(Row):
    """That whom the fact-check is about was asked to answer, by when, and what they said."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="reply_requests", db_index=False)
    addressee = models.CharField(max_length=300, help_text="Whom and where: a name, an office, an address.")
    public_addressee = models.CharField(
        max_length=300, blank=True, help_text="As readers are told who was asked; empty where they are not."
    )
    question = models.TextField(blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, help_text="After it, no answer is an answer.")
    answer = models.TextField(blank=True)
    public_answer = models.TextField(blank=True, help_text="What of the answer is for readers, in their words.")
    is_declined = models.BooleanField(default=False, help_text="They said that they do not answer.")
    answered_at = models.DateTimeField(null=True)
    waived_reason = models.CharField(max_length=20, choices=REASON_CHOICES, blank=True)
    waived_note = models.TextField(blank=True)
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answer="") | (Q(answered_at__isnull=False) & ~Q(answer="")),
                name="reply_has_words",
            ),
            models.CheckConstraint(
                condition=Q(public_answer="", is_declined=False) | Q(answered_at__isnull=False),
                name="reply_told_once_there_is_one",
            ),
            models.CheckConstraint(
                condition=Q(waived_by__isnull=True, waived_reason="")
                | (Q(waived_by__isnull=False) & ~Q(waived_reason="") & ~Q(waived_note="")),
                name="reply_waived_by_somebody_with_words",
            ),
            models.CheckConstraint(
                condition=Q(due_at__isnull=False, due_at__gt=F("created_at")) | Q(waived_by__isnull=False),
                name="reply_due_unless_waived",
            ),
        ]
        indexes = [models.Index(fields=["review", "id"], name="reply_of_review")]

    def __str__(self) -> str:
        return f"{self.addressee}: {self.question[:60]}"
