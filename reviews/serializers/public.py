"""What anybody may read, and nothing else: these serializers share no member with those for the desk."""

from __future__ import annotations

from typing import Any

from django.db.models import OuterRef, Subquery, TextField
from django.db.models.functions import Cast
from rest_framework import serializers

from factcheck.api.shape import Place, PlainJSON
from factcheck.api.typed import TypedJSONField
from reviews.models import FactCheck, FactCheckRevision
from reviews.publication.documents import FactCheckDocument


def _of_the_latest(at: Place, name: str) -> Subquery:
    revisions = FactCheckRevision.objects.filter(fact_check=OuterRef(at("pk"))).order_by("-number")
    return Subquery(revisions.values(name)[:1])


class PublicFactCheckSerializer(serializers.ModelSerializer):
    """A fact-check as it stands: its latest revision."""

    revision = serializers.IntegerField(
        source="latest.number", help_text="How many there are; the latest has this number."
    )
    digest = serializers.CharField(source="latest.digest", help_text="SHA-256 of the revision's bytes.")
    content = TypedJSONField(FactCheckDocument, source="latest.document")

    sql = {
        "revision": lambda at: _of_the_latest(at, "number"),
        "digest": lambda at: _of_the_latest(at, "digest"),
        "content": lambda at: Cast(Cast(_of_the_latest(at, "content"), TextField()), PlainJSON()),
    }

    class Meta:
        model = FactCheck
        fields = ("id", "slug", "changed_at", "revision", "digest", "content")

    def to_representation(self, fact_check: Any) -> Any:
        fact_check.latest = fact_check.revisions.latest("number")
        return super().to_representation(fact_check)


class PublicRevisionSerializer(serializers.ModelSerializer):
    """One state of a fact-check. What it says stands under its own address, byte for byte."""

    changed = serializers.ListField(
        child=serializers.CharField(),
        help_text="Members of the content that say something else than in the one before.",
    )

    class Meta:
        model = FactCheckRevision
        fields = ("number", "digest", "changed", "public_note", "published_at")
