"""A reader's request for a correction: as the desk sees it, and as whoever asked does."""

from __future__ import annotations

from typing import Any

from django.db.models.functions import Now
from django.utils import timezone
from rest_framework import serializers

from claims.serializers import PersonSerializer
from factcheck.accounts.permissions import actor_of, granted_scopes
from factcheck.api.typed import TypedJSONField
from reviews.access import REQUEST_NEED
from reviews.corrections import ACTION_CHOICES, HANDLERS, STATE_CHOICES, TRANSITIONS, RequestState
from reviews.models import CorrectionRequest, FactCheck
from reviews.serializers.reviews import DeskOfReviewSerializer, true_where
from reviews.workflow.acting import Blocked
from reviews.workflow.corrections import facts_of_request, why_not

_LOOKED_INTO = (RequestState.ACKNOWLEDGED, RequestState.ACCEPTED)


class FactCheckOfRequestSerializer(serializers.ModelSerializer):
    class Meta:
        model = FactCheck
        fields = ("id", "slug")


class CorrectionRequestItemSerializer(serializers.ModelSerializer):
    review = serializers.UUIDField(source="review_id")
    desk = DeskOfReviewSerializer(source="review.desk")
    fact_check = FactCheckOfRequestSerializer()
    revision = serializers.IntegerField(source="revision.number", help_text="What was public when it came.")
    state = serializers.ChoiceField(choices=STATE_CHOICES, help_text="Only actions change it.")
    handler = PersonSerializer(allow_null=True)
    answer = serializers.CharField(help_text="What whoever asked is told; empty before there is any.")
    duplicate_of = serializers.UUIDField(source="duplicate_of_id", allow_null=True)
    overdue = serializers.SerializerMethodField(help_text="Nobody looks into it, or it has no answer, past its time.")

    sql = {
        "overdue": lambda at: true_where(
            {at("state"): RequestState.RECEIVED, at("acknowledge_due_at__lt"): Now()},
            {at("state__in"): _LOOKED_INTO, at("answer_due_at__lt"): Now()},
        )
    }

    class Meta:
        model = CorrectionRequest
        fields: tuple[str, ...] = (
            "id", "review", "desk", "fact_check", "revision", "text", "state", "handler", "answer", "duplicate_of", "acknowledge_due_at",
            "answer_due_at", "overdue", "acknowledged_at", "answered_at", "resolved_at", "version", "created_at", "updated_at",
        )  # fmt: skip

    def get_overdue(self, request: CorrectionRequest) -> bool:
        due_at = {
            RequestState.RECEIVED: request.acknowledge_due_at,
            **dict.fromkeys(_LOOKED_INTO, request.answer_due_at),
        }.get(RequestState(request.state))
        return due_at is not None and due_at < timezone.now()


class AllowedRequestActionSerializer(serializers.Serializer):
    action = serializers.ChoiceField(choices=ACTION_CHOICES)
    label = serializers.CharField()  # type: ignore[assignment]  # a member of that name
    allowed = serializers.BooleanField()
    blocked_by = TypedJSONField(
        list[Blocked], help_text="`state_is_...`, `scope_..._missing`, what the person lacks, or what keeps them out."
    )


class CorrectionRequestSerializer(CorrectionRequestItemSerializer):
    """A request with what you may do now."""

    contact = serializers.CharField(
        source="told_contact",
        allow_null=True,
        help_text="An e-mail address, or empty. Null for whoever does not handle it.",
    )
    allowed_actions = AllowedRequestActionSerializer(source="now_allowed", many=True)

    class Meta(CorrectionRequestItemSerializer.Meta):
        fields = (*CorrectionRequestItemSerializer.Meta.fields, "contact", "allowed_actions")

    def to_representation(self, request: Any) -> Any:
        reader, scopes = actor_of(self.context["request"]), granted_scopes(self.context["request"])
        facts = facts_of_request(request, reader)
        missing = [] if set(REQUEST_NEED.scopes) & scopes else list(REQUEST_NEED.scopes)
        lacking = [Blocked(code=f"scope_{scope}_missing", words=f"This needs the scope {scope}.") for scope in missing]
        request.now_allowed = [
            {"action": row.action, "label": row.label, "allowed": not blockers, "blocked_by": blockers}
            for row in TRANSITIONS
            for blockers in [lacking + why_not(row, facts)]
        ]
        # Whoever may handle it no more has no reason to write to anybody.
        handles = facts.is_handler and facts.roles & HANDLERS and not facts.is_conflicted
        request.told_contact = request.contact if handles else None
        return super().to_representation(request)
