"""What was stored of the pages and files that evidence names, for whoever wants to see it for themselves."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils.cache import patch_vary_headers
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.permissions import actor_of
from factcheck.api.concurrency import is_unchanged
from factcheck.api.negotiation import OneFormat
from factcheck.api.strict import refuse_members
from factcheck.api.viewsets import DetailViewSet
from reviews import evidence
from reviews.models import Snapshot
from reviews.serializers.evidence import MAX_CHECKS, CheckedSnapshotSerializer, SnapshotCheckSerializer
from reviews.workflow import snapshots


class SnapshotViewSet(DetailViewSet):
    """Bytes as they were, of a review of your desks."""

    queryset = Snapshot.objects.all()
    serializer_class = CheckedSnapshotSerializer
    own_problems: ClassVar = {"content": (evidence.EvidenceMissing, evidence.EvidenceCorrupt)}
    tagged = ("content",)

    def get_queryset(self) -> QuerySet[Snapshot]:
        if getattr(self, "swagger_fake_view", False):
            return Snapshot.objects.none()
        return snapshots.visible_to(actor_of(self.request))

    def get_object(self) -> Any:
        snapshot = super().get_object()
        snapshot.last_checks = snapshot.checks.order_by("-id")[:MAX_CHECKS]
        return snapshot

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY})
    @action(detail=True, content_negotiation_class=OneFormat)
    def content(self, request: Request, pk: str) -> HttpResponse:
        """The bytes, under their own media type, to save and not to show. The ETag is their SHA-256."""
        snapshot = self.get_object()
        payload, headers = snapshots.read_payload(snapshot), evidence.safe_headers(snapshot.media_type, snapshot.name)
        tag = f'"{snapshot.sha256}"'
        answer = HttpResponse(status=304) if is_unchanged(request, tag) else HttpResponse(payload)
        for name, value in (headers | {"ETag": tag}).items():
            answer[name] = value
        patch_vary_headers(answer, ("Authorization", "Cookie"))
        return answer

    @extend_schema(request=None, responses=SnapshotCheckSerializer)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, pk: str) -> Response:
        """Compute the hash of the stored bytes again, and keep what was found. Bytes that fail it make what rests on them stale."""
        snapshot = self.get_object()
        refuse_members(request)
        return Response(SnapshotCheckSerializer(snapshots.verify(snapshot, actor=actor_of(request))).data)
