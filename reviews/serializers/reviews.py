"""A review in a list, and as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Case, Value, When
from django.db.models.functions import Now
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.models import Claim
from claims.serializers import PersonSerializer
from factcheck.accounts.permissions import actor_of, granted_scopes
from factcheck.api.typed import TypedJSONField
from reviews.facts import STAGE_CHOICES
from reviews.models import Desk, FactCheck, Review, Status
from reviews.presenting import present
from reviews.queue import contributions_of
from reviews.reasons import REASON_CHOICES
from reviews.serializers.desks import ReviewPolicySerializer, ScaleVersionSerializer
from reviews.serializers.outcome import ApprovalSerializer, DecisionSerializer, RetractionProposalSerializer
from reviews.serializers.rating import RoundSerializer
from reviews.stages import ACTION_CHOICES
from reviews.workflow.acting import Blocked, policy_of, scale_of


class ClaimOfReviewSerializer(serializers.ModelSerializer):
    class Meta:
        model = Claim
        fields = ("id", "text", "revision")


class DeskOfReviewSerializer(serializers.ModelSerializer):
    class Meta:
        model = Desk
        fields = ("id", "name")


def true_where(*any_of: Mapping[str, Any]) -> Case:
    """For the SQL of a list: whether one of these holds."""
    return Case(*(When(**conditions, then=Value(True)) for conditions in any_of), default=Value(False))


class ReviewItemSerializer(serializers.ModelSerializer):
    claim = ClaimOfReviewSerializer()
    claim_revision = serializers.IntegerField(help_text="Of the claim when the review was opened.")
    desk = DeskOfReviewSerializer()
    stage = serializers.ChoiceField(choices=STAGE_CHOICES, help_text="Only actions change it.")
    is_on_hold = serializers.SerializerMethodField()
    overdue = serializers.SerializerMethodField()
    lead = PersonSerializer(allow_null=True)
    adjudicator = PersonSerializer(allow_null=True)
    closed_reason = serializers.ChoiceField(choices=REASON_CHOICES, allow_blank=True)

    sql = {
        "is_on_hold": lambda at: true_where({at("held_at__isnull"): False}),
        "overdue": lambda at: true_where({at("due_at__lt"): Now(), at("held_at__isnull"): True}),
    }

    class Meta:
        model = Review
        fields: tuple[str, ...] = (
            "id", "claim", "claim_revision", "desk", "risk", "stage", "entered_stage_at", "due_at", "overdue", "is_on_hold", "held_at",
            "lead", "lease_until", "adjudicator", "round_number", "closed_reason", "closed_note", "version", "created_at", "updated_at",
        )  # fmt: skip

    def get_is_on_hold(self, review: Review) -> bool:
        return review.is_on_hold

    def get_overdue(self, review: Review) -> bool:
        """Its clock stands still while it is on hold."""
        return review.due_at is not None and review.due_at < timezone.now() and not review.is_on_hold


class AllowedReviewActionSerializer(serializers.Serializer):
    action = serializers.ChoiceField(choices=ACTION_CHOICES)
    label = serializers.CharField()  # type: ignore[assignment]  # a member of that name
    allowed = serializers.BooleanField()
    blocked_by = TypedJSONField(
        list[Blocked], help_text="`stage_is_...`, `scope_..._missing`, what the person lacks, or what blocks everybody."
    )


class ForApprovalSerializer(serializers.Serializer):
    """What an editor who approves it now has to name."""

    decision = serializers.UUIDField()
    draft_digest = serializers.CharField()
    evidence_digest = serializers.CharField()


class FactCheckOfReviewSerializer(serializers.ModelSerializer):
    status = serializers.ChoiceField(choices=Status.choices, help_text="As readers are told.")

    class Meta:
        model = FactCheck
        fields = ("id", "slug", "status", "changed_at")


class ReviewSerializer(ReviewItemSerializer):
    """A review with what has come of it, and with what you may do now."""

    policy = ReviewPolicySerializer()
    scale = ScaleVersionSerializer()
    numbers_confirmed_by = PersonSerializer(allow_null=True)
    round = RoundSerializer(source="present.round", allow_null=True)
    decision = DecisionSerializer(source="present.decision", allow_null=True, help_text="Null before there is one.")
    for_approval = ForApprovalSerializer(source="present.for_approval", allow_null=True)
    approval = ApprovalSerializer(source="present.approval", allow_null=True)
    fact_check = FactCheckOfReviewSerializer(
        source="present.fact_check", allow_null=True, help_text="What is public of it; null before it is published."
    )
    handler = PersonSerializer(allow_null=True, help_text="Who opened the revision that is under way.")
    retraction_proposal = RetractionProposalSerializer(
        source="present.proposal", allow_null=True, help_text="Of the revision that is public; another editor decides."
    )
    is_stale = serializers.BooleanField(
        source="present.is_stale", help_text="Evidence, claim or scale have changed since the decision."
    )
    allowed_actions = AllowedReviewActionSerializer(source="present.allowed_actions", many=True)

    class Meta(ReviewItemSerializer.Meta):
        fields = (
            *ReviewItemSerializer.Meta.fields, "policy", "scale", "single_origin_reason", "numbers_confirmed_by", "round", "decision",
            "for_approval", "approval", "fact_check", "handler", "retraction_proposal", "is_stale", "allowed_actions",
        )  # fmt: skip

    def to_representation(self, review: Any) -> Any:
        request = self.context["request"]
        review.policy, review.scale = policy_of(review.policy_id), scale_of(review.scale_id)
        review.present = present(review, actor_of(request), granted_scopes(request))
        return super().to_representation(review)


class PriorityPartSerializer(serializers.Serializer):
    name = serializers.CharField()
    value = serializers.FloatField(min_value=0)


class QueuedReviewSerializer(ReviewItemSerializer):
    """A review that waits, and why it stands where it does."""

    priority = serializers.FloatField(help_text="The sum of the contributions.")
    contributions = serializers.SerializerMethodField()

    class Meta(ReviewItemSerializer.Meta):
        fields = (*ReviewItemSerializer.Meta.fields, "priority", "contributions")

    @extend_schema_field(PriorityPartSerializer(many=True))
    def get_contributions(self, review: Review) -> Any:
        return [{"name": part.name, "value": part.value} for part in contributions_of(review)]


class QueueSerializer(serializers.Serializer):
    results = QueuedReviewSerializer(many=True)
