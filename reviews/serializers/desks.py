"""Who reviews, on which scale, under which numbers."""

from __future__ import annotations

from typing import TypedDict

from rest_framework import serializers

from factcheck.api.typed import TypedJSONField
from reviews.models import Desk, DeskMembership, RatingScale, RatingScaleVersion, ReviewPolicy


class ScalePoint(TypedDict):
    """`rank` 1 is the least true; null for what lies on no scale. `polarity` is from -1 to 1."""

    code: str
    label: str
    rank: int | None
    polarity: float


class ScaleVersionSerializer(serializers.ModelSerializer):
    points = TypedJSONField(list[ScalePoint])

    class Meta:
        model = RatingScaleVersion
        fields = ("id", "number", "points")


class RatingScaleSerializer(serializers.ModelSerializer):
    versions = ScaleVersionSerializer(many=True)

    class Meta:
        model = RatingScale
        fields = ("id", "name", "versions")


class ReviewPolicySerializer(serializers.ModelSerializer):
    hours_by_stage = TypedJSONField(dict[str, float], help_text="Stage -> hours until it is overdue.")

    class Meta:
        model = ReviewPolicy
        fields = (
            "id", "name", "number", "seats", "seats_high_risk", "lead_may_hold_seat", "draft_author_may_be_lead", "approver_may_edit_draft",
            "auto_open", "discussion_rounds", "min_origins", "both_sides_required", "reply_days", "correction_ack_days",
            "correction_resolve_days", "lease_hours", "hours_by_stage",
        )  # fmt: skip


class DeskMemberSerializer(serializers.ModelSerializer):
    id = serializers.UUIDField(source="user_id")
    username = serializers.CharField(source="user.username")

    class Meta:
        model = DeskMembership
        fields = ("id", "username")


class DeskSerializer(serializers.ModelSerializer):
    """`policy` and `scale` are those under which reviews are opened now; a review keeps its own."""

    policy = ReviewPolicySerializer()
    scale = ScaleVersionSerializer()
    members = DeskMemberSerializer(source="memberships", many=True)

    class Meta:
        model = Desk
        fields = ("id", "name", "publisher_name", "publisher_url", "policy", "scale", "members")
