"""What anybody may read, and nothing else: these serializers share no member with those for the desk."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, Exists, OuterRef, Subquery, TextField, Value, When
from django.db.models.functions import Cast
from rest_framework import serializers

from factcheck.api.shape import Instant, Place, PlainJSON
from factcheck.api.typed import TypedJSONField
from reviews.models import (
    Change,
    CorrectionRequest,
    FactCheck,
    FactCheckRevision,
    Retraction,
    Status,
    status_of,
)
from reviews.publication.clocks import KeptInTime
from reviews.publication.documents import FactCheckDocument


def _of_the_latest(at: Place, name: str) -> Subquery:
    revisions = FactCheckRevision.objects.filter(fact_check=OuterRef(at("pk"))).order_by("-number")
    return Subquery(revisions.values(name)[:1])


def _of_the_retraction(at: Place, name: str) -> Subquery:
    return Subquery(Retraction.objects.filter(fact_check=OuterRef(at("pk"))).values(name))


def _while_it_stands(at: Place) -> Case:
    content = Cast(Cast(_of_the_latest(at, "content"), TextField()), PlainJSON())
    is_retracted = Exists(Retraction.objects.filter(fact_check=OuterRef(at("pk"))))
    return Case(When(is_retracted, then=Value(None)), default=content, output_field=PlainJSON())


class PublicFactCheckSerializer(serializers.ModelSerializer):
    """A fact-check as it stands: its latest revision, or that it was retracted and why. Every revision stays under its own address."""

    status = serializers.ChoiceField(choices=Status.choices)
    retracted_at = serializers.DateTimeField(source="end.retracted_at", default=None, allow_null=True)
    retraction_reason = serializers.CharField(source="end.proposal.public_reason", default=None, allow_null=True)
    revision = serializers.IntegerField(
        source="latest.number", help_text="How many there are; the latest has this number."
    )
    digest = serializers.CharField(source="latest.digest", help_text="SHA-256 of the revision's bytes.")
    content = TypedJSONField(
        FactCheckDocument | None, source="said", help_text="Null once it is retracted: it says nothing any more."
    )

    sql = {
        "revision": lambda at: _of_the_latest(at, "number"),
        "digest": lambda at: _of_the_latest(at, "digest"),
        "content": _while_it_stands,
        "status": lambda at: status_of(at("review__stage")),
        "retracted_at": lambda at: Instant(_of_the_retraction(at, "retracted_at")),
        "retraction_reason": lambda at: _of_the_retraction(at, "proposal__public_reason"),
    }

    class Meta:
        model = FactCheck
        fields = (
            "id", "slug", "status", "changed_at", "retracted_at", "retraction_reason", "revision", "digest", "content",
        )  # fmt: skip

    def to_representation(self, fact_check: Any) -> Any:
        fact_check.latest = fact_check.revisions.latest("number")
        fact_check.end = Retraction.objects.filter(fact_check=fact_check).select_related("proposal").first()
        fact_check.said = None if fact_check.end else fact_check.latest.document
        return super().to_representation(fact_check)


class SentRequestSerializer(serializers.Serializer):
    status_address = serializers.CharField(
        help_text="Whoever knows it may read what became of the request. It is told once."
    )


class RequestStatusSerializer(serializers.ModelSerializer):
    """What became of a request, and nothing else of it."""

    answer = serializers.CharField(help_text="Empty before there is one.")

    class Meta:
        model = CorrectionRequest
        fields = ("state", "answer")


class CorrectionStatisticsSerializer(serializers.Serializer):
    received = serializers.IntegerField(help_text="Requests so far.")
    acknowledged_in_time = TypedJSONField(KeptInTime, help_text="That somebody looked into in time.")
    resolved_in_time = TypedJSONField(KeptInTime, help_text="That had an answer in time.")


class CitingSerializer(serializers.Serializer):
    fact_check = serializers.UUIDField(source="fact_check.pk")
    url = serializers.CharField(source="document.url")
    headline = serializers.CharField(source="document.headline")
    status = serializers.ChoiceField(source="fact_check.status", choices=Status.choices)
    revision = serializers.IntegerField(help_text="The last one that names it.")


class PublicSnapshotSerializer(serializers.Serializer):
    """A copy that we keep of a source, but for its bytes: they are somebody else's work."""

    sha256 = serializers.CharField(help_text="Of the bytes, in hexadecimal: `sha256sum` of the same file prints it.")
    title = serializers.CharField(source="source.title")
    url = serializers.CharField(source="source.url", help_text="Empty where it is on no page.")
    taken_at = serializers.DateTimeField(help_text="When these bytes were first met.")
    media_type = serializers.CharField()
    size_bytes = serializers.IntegerField()
    checked_at = serializers.DateTimeField(
        allow_null=True, help_text="When they were last compared with their hash; null if not since they came."
    )
    is_sound = serializers.BooleanField(help_text="False: our copy is damaged or lost.")
    cited_by = CitingSerializer(source="citing", many=True, help_text="Fact-checks that rest on it.")


class PublicRevisionSerializer(serializers.ModelSerializer):
    """One state of a fact-check. What it says stands under its own address, byte for byte."""

    kind = serializers.ChoiceField(choices=FactCheckRevision.Kind.choices)
    changed = serializers.ListField(
        child=serializers.CharField(),
        help_text="Members of the content that say something else than in the one before.",
    )

    class Meta:
        model = FactCheckRevision
        fields = ("number", "kind", "digest", "changed", "public_note", "published_at")


class PublicChangeSerializer(serializers.ModelSerializer):
    """A correction or a retraction: what readers were told of it, and the rating before and after."""

    class Meta:
        model = Change
        fields = (
            "fact_check", "url", "kind", "revision", "changed_at", "changed", "note", "headline", "publisher", "rating_before",
            "rating_after",
        )  # fmt: skip
