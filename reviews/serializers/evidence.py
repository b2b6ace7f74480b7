"""What a rating rests on."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django.db.models import Case, Exists, Expression, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Cast
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from claims.serializers import PersonSerializer
from factcheck.api.shape import Place, PlainJSON, as_text
from factcheck.api.typed import TypedJSONField
from reviews.attention import OF_THE_BYTES, OF_THE_PAGE, Outcome, keepings, latest_check
from reviews.facts import SIDE_CHOICES, STANCE_CHOICES, Stance
from reviews.models import Evidence, EvidenceSet, Invalidation, Keeping, Search, Snapshot, SnapshotCheck

MAX_CHECKS = 100  # two years of weekly looks


class SnapshotSerializer(serializers.ModelSerializer):
    class Meta:
        model = Snapshot
        fields: tuple[str, ...] = (
            "id", "url", "url_final", "name", "taken_at", "media_type", "size_bytes", "sha256", "text_sha256",
        )  # fmt: skip


class SnapshotCheckSerializer(serializers.ModelSerializer):
    class Meta:
        model = SnapshotCheck
        fields = ("id", "outcome", "detail", "checked_at")


class CheckedSnapshotSerializer(SnapshotSerializer):
    """What was stored, and what later looks at it found."""

    checks = SnapshotCheckSerializer(
        source="last_checks",
        many=True,
        help_text=f"At the stored bytes and at the live page: the last {MAX_CHECKS}, newest first.",
    )

    class Meta(SnapshotSerializer.Meta):
        fields = (*SnapshotSerializer.Meta.fields, "checks")


def is_void(subject: str, path: str) -> Case:
    """Was this row declared to count no more?"""
    found = Invalidation.objects.filter(subject_type=subject, subject_id=OuterRef(path))
    return Case(When(Exists(found), then=Value(True)), default=Value(False))


def _check(of: tuple[Outcome, ...], at: Place) -> Expression:
    return _first(latest_check(of, OuterRef(at("snapshot"))), SnapshotCheckSerializer)


def _first(rows: QuerySet[Any], serializer: type[serializers.ModelSerializer]) -> Expression:
    item = rows.annotate(_item=as_text(serializer, rows.model)).values("_item")[:1]
    return Cast(Subquery(item), PlainJSON())


def _shown(check: SnapshotCheck | None) -> Any:
    return SnapshotCheckSerializer(check).data if check else None


class KeepingSerializer(serializers.ModelSerializer):
    """Who has seen what became of the page, and kept the item. `finding` is the check that they looked at."""

    kept_by = PersonSerializer()

    class Meta:
        model = Keeping
        fields = ("finding", "kept_by", "reason", "note", "created_at")


class EvidenceSerializer(serializers.ModelSerializer):
    review = serializers.UUIDField(source="review_id")
    stance = serializers.ChoiceField(choices=STANCE_CHOICES)
    snapshot = SnapshotSerializer(allow_null=True)
    added_by = PersonSerializer()
    is_withdrawn = serializers.SerializerMethodField()
    is_unreliable = serializers.SerializerMethodField(help_text="Somebody marked it so: it counts no more.")
    stored_check = serializers.SerializerMethodField(help_text="The last look at the stored bytes.")
    live_check = serializers.SerializerMethodField(help_text="The last look at the live page.")
    kept = serializers.SerializerMethodField(
        help_text="Who keeps it, whatever that look found. Null once the page says something else again."
    )

    sql = {
        "is_withdrawn": lambda at: Case(
            When(**{at("withdrawn_at__isnull"): False}, then=Value(True)), default=Value(False)
        ),
        "is_unreliable": lambda at: is_void("evidence", at("pk")),
        "stored_check": lambda at: _check(OF_THE_BYTES, at),
        "live_check": lambda at: _check(OF_THE_PAGE, at),
        "kept": lambda at: _first(keepings(OuterRef(at("pk"))), KeepingSerializer),
    }

    class Meta:
        model = Evidence
        fields = (
            "id", "review", "url", "title", "publisher", "origin", "stance", "quotation", "locator", "note", "is_confidential", "snapshot",
            "snapshot_exemption", "snapshot_error", "stored_check", "live_check", "kept", "added_by", "is_withdrawn",
            "withdrawn_at", "is_unreliable", "version", "created_at", "updated_at",
        )  # fmt: skip

    def get_is_withdrawn(self, item: Evidence) -> bool:
        return item.withdrawn_at is not None

    def get_is_unreliable(self, item: Evidence) -> bool:
        return Invalidation.objects.filter(subject_type="evidence", subject_id=item.pk).exists()

    @extend_schema_field(SnapshotCheckSerializer(allow_null=True))
    def get_stored_check(self, item: Evidence) -> Any:
        return _shown(latest_check(OF_THE_BYTES, item.snapshot_id).first())

    @extend_schema_field(SnapshotCheckSerializer(allow_null=True))
    def get_live_check(self, item: Evidence) -> Any:
        return _shown(latest_check(OF_THE_PAGE, item.snapshot_id).first())

    @extend_schema_field(KeepingSerializer(allow_null=True))
    def get_kept(self, item: Evidence) -> Any:
        kept = keepings(item).select_related("kept_by").first()
        return KeepingSerializer(kept).data if kept else None


class SearchSerializer(serializers.ModelSerializer):
    side = serializers.ChoiceField(choices=SIDE_CHOICES)
    searched_by = PersonSerializer()

    class Meta:
        model = Search
        fields = ("id", "side", "queries", "places", "note", "searched_by", "created_at")


class FrozenItem(TypedDict):
    """An item of evidence as it stood, with the SHA-256 of the bytes and of the text of its snapshot."""

    id: UUID
    url: str
    title: str
    publisher: str
    origin: str
    stance: Stance
    quotation: str
    locator: str
    note: str
    is_confidential: bool
    snapshot: UUID | None
    snapshot_exemption: str
    sha256: str | None
    text_sha256: str | None


class FrozenSearch(TypedDict):
    """A search without result, as it was signed; `by` is who did."""

    id: UUID
    side: Stance
    queries: list[str]
    places: str
    by: UUID


class EvidenceSetSerializer(serializers.ModelSerializer):
    items = TypedJSONField(list[FrozenItem])
    searches = TypedJSONField(list[FrozenSearch])

    class Meta:
        model = EvidenceSet
        fields = ("id", "number", "items", "searches", "digest", "created_at")
