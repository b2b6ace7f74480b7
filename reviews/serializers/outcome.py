"""What a round leads to."""

from __future__ import annotations

from typing import TypedDict
from uuid import UUID

from rest_framework import serializers

from claims.serializers import PersonSerializer
from factcheck.api.typed import TypedJSONField
from reviews.models import Approval, Decision, Draft, ReplyRequest, RetractionProposal
from reviews.reasons import REASON_CHOICES


class AnswerToVerdict(TypedDict):
    """What the adjudicator says to a verdict that said otherwise."""

    verdict: UUID
    answer: str


class DecisionSerializer(serializers.ModelSerializer):
    round = serializers.IntegerField(source="round.number")
    adjudicator = PersonSerializer(allow_null=True)
    answers = TypedJSONField(list[AnswerToVerdict])

    class Meta:
        model = Decision
        fields = (
            "id", "round", "rating", "basis", "rationale", "adjudicator", "answers", "evidence_digest", "claim_revision", "scale",
            "created_at",
        )  # fmt: skip


class ApprovalSerializer(serializers.ModelSerializer):
    approver = PersonSerializer()

    class Meta:
        model = Approval
        fields = (
            "id", "approver", "decision", "draft_digest", "evidence_digest", "publish_at", "public_note", "created_at",
        )  # fmt: skip


class RetractionProposalSerializer(serializers.ModelSerializer):
    revision = serializers.IntegerField(source="revision.number")
    reason = serializers.ChoiceField(choices=REASON_CHOICES)
    proposed_by = PersonSerializer()

    class Meta:
        model = RetractionProposal
        fields = ("id", "revision", "reason", "public_reason", "proposed_by", "created_at")


class DraftSerializer(serializers.ModelSerializer):
    """The public text so far. Its version is the review's."""

    author = PersonSerializer()

    class Meta:
        model = Draft
        fields = ("id", "headline", "summary", "rating", "rating_explanation", "body", "author", "digest", "updated_at")


class ReplyRequestSerializer(serializers.ModelSerializer):
    asked_by = PersonSerializer()
    waived_by = PersonSerializer(allow_null=True)
    waived_reason = serializers.ChoiceField(choices=REASON_CHOICES, allow_blank=True)

    class Meta:
        model = ReplyRequest
        fields = (
            "id", "addressee", "public_addressee", "question", "asked_by", "created_at", "due_at", "answer", "public_answer", "is_declined",
            "answered_at", "waived_reason", "waived_note", "waived_by",
        )  # fmt: skip
