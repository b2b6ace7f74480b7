"""Rounds, verdicts that are open, and one's own seat. No serializer here reads a sealed row: one's own comes from `workflow.my_seat`."""

from __future__ import annotations

from django.db.models import Case, Value, When
from rest_framework import serializers

from claims.serializers import PersonSerializer
from reviews.models import Round, Seat, Verdict
from reviews.serializers.evidence import EvidenceSetSerializer, is_void


class FilledSeatSerializer(serializers.ModelSerializer):
    holder = PersonSerializer()

    class Meta:
        model = Seat
        fields = ("number", "holder")


class RoundSerializer(serializers.ModelSerializer):
    """The last round. Of its verdicts nothing but their number is told while it is open."""

    evidence_set = serializers.UUIDField(source="evidence_set_id")
    evidence_digest = serializers.CharField(source="evidence_set.digest")
    seats = FilledSeatSerializer(source="filled", many=True, help_text="Who holds them, not who has voted.")
    verdicts_submitted = serializers.IntegerField(min_value=0)

    class Meta:
        model = Round
        fields = (
            "id", "number", "evidence_set", "evidence_digest", "seats_needed", "seats", "verdicts_submitted", "created_at", "closed_at",
            "outcome",
        )  # fmt: skip


class RoundOfVerdictSerializer(serializers.ModelSerializer):
    class Meta:
        model = Round
        fields = ("id", "number", "closed_at", "outcome")


class VerdictSerializer(serializers.ModelSerializer):
    """A verdict of a closed round. `commitment` was in the record while it was sealed: with `salt` anybody can compute it again."""

    round = RoundOfVerdictSerializer(source="seat.round")
    seat = serializers.IntegerField(source="seat.number")
    author = PersonSerializer()
    is_invalidated = serializers.BooleanField(read_only=True, help_text="It, or its whole round, counts no more.")

    sql = {
        "is_invalidated": lambda at: Case(
            When(is_void("verdict", at("pk")), then=Value(True)),
            When(is_void("round", at("seat__round__pk")), then=Value(True)),
            default=Value(False),
        )
    }

    class Meta:
        model = Verdict
        fields = (
            "id", "round", "seat", "author", "kind", "rating", "rationale", "cites", "searches", "is_invalidated", "evidence_digest",
            "claim_revision", "scale", "commitment", "salt", "created_at",
        )  # fmt: skip


class OwnDraftSerializer(serializers.Serializer):
    """What you have written so far. Nobody else sees it, nor that there is something."""

    rating = serializers.CharField(allow_blank=True)
    rationale = serializers.CharField(allow_blank=True)
    cites = serializers.ListField(child=serializers.UUIDField())
    searches = serializers.CharField(allow_blank=True)
    updated_at = serializers.DateTimeField()


class OwnVerdictSerializer(serializers.Serializer):
    """Your verdict that counts, sealed or not."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Verdict.Kind.choices)
    rating = serializers.CharField()
    rationale = serializers.CharField()
    cites = serializers.ListField(child=serializers.UUIDField())
    searches = serializers.CharField(allow_blank=True)
    created_at = serializers.DateTimeField()


class MySeatSerializer(serializers.Serializer):
    """Your own seat. `tag` is what a verdict is given on: evidence, claim and scale; it is the part of the ETag before the dot."""

    id = serializers.UUIDField(source="seat.pk")
    number = serializers.IntegerField(source="seat.number")
    round = serializers.IntegerField(source="round.number")
    tag = serializers.CharField()
    evidence_set = EvidenceSetSerializer(source="round.evidence_set")
    verdict = OwnVerdictSerializer(allow_null=True)
    draft = OwnDraftSerializer(allow_null=True)


class SubmittedSerializer(serializers.Serializer):
    """How many verdicts are in; nothing of what they say."""

    submitted = serializers.IntegerField(min_value=0)
    needed = serializers.IntegerField(min_value=1)
    closed = serializers.BooleanField(help_text="That was the last one: the verdicts are open.")
