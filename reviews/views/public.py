"""Published fact-checks, for anybody: nobody signs in, and whoever has is shown the same."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.concurrency import tagged
from factcheck.api.filters import refuse_unknown
from factcheck.api.problems import InvalidParameter
from factcheck.api.renderers import dumps
from factcheck.api.typed import ANY_JSON
from factcheck.api.viewsets import DetailViewSet, NestedList, ReadViewSet, ViewSet
from factcheck.errors import FieldError, Problem
from reviews import copies, filters, publication
from reviews.models import FactCheck, FactCheckRevision, Snapshot, Status
from reviews.publication import documents
from reviews.publication.documents import FactCheckDocument
from reviews.serializers.public import (
    PublicFactCheckSerializer,
    PublicRevisionSerializer,
    PublicSnapshotSerializer,
)

PROFILES = tuple(publication.PROFILES)
JSON_LD = {"type": "object", "additionalProperties": {"$ref": f"#/components/schemas/{ANY_JSON}"}}
# Whoever keeps it asks before they show it: what is public is always the latest revision.
KEPT = {"Cache-Control": "public, no-cache"}


class Retracted(Problem):
    """Its ClaimReview was withdrawn for good, which 410 tells those who keep a copy; the fact-check itself says why, with 200."""

    code, status, title = "retracted", 410, "This fact-check was retracted"


class Public:
    """Lists have a tag too, since they are polled by strangers."""

    authentication_classes: Any = ()
    is_polled = True

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = super().list(request, *args, **kwargs)  # type: ignore[misc]
        links = {"Link": page["Link"]} if page.has_header("Link") else {}
        return tagged(request, page.data, headers=KEPT | links)

    def answer(self, row: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        answer: Response = super().answer(row, status, KEPT | (headers or {}))  # type: ignore[misc]
        return answer


class PublicFactCheckViewSet(Public, ReadViewSet):
    """Published fact-checks, each as it stands. Whoever asks for those since the last that they saw sees every change once."""

    queryset = FactCheck.objects.all()
    serializer_class = PublicFactCheckSerializer
    filterset_class = filters.FactCheckFilter
    ordering_fields = {"changed_at": "changed_at"}
    ordering = "changed_at"
    own_problems: ClassVar = {"claim_review": (Retracted,)}

    @extend_schema(
        parameters=[
            OpenApiParameter("profile", enum=PROFILES, default=PROFILES[0], description="Which readers it is for.")
        ],
        responses={200: JSON_LD},
    )
    @action(detail=True, url_path="claim-review")
    def claim_review(self, request: Request, pk: str) -> Response:
        """The latest revision as ClaimReview of schema.org; of what is retracted there is none."""
        refuse_unknown(request, {"profile", "format"})
        profile = publication.PROFILES.get(request.query_params.get("profile") or PROFILES[0])
        if profile is None:
            detail = f"The profiles are: {', '.join(PROFILES)}."
            raise InvalidParameter(detail, errors=[FieldError("invalid", detail, parameter="profile")])
        fact_check = get_object_or_404(self.get_queryset(), pk=pk)
        if fact_check.status is Status.RETRACTED:
            raise Retracted(f"It was retracted: see /api/v1/public/fact-checks/{fact_check.pk}.")
        latest = fact_check.revisions.latest("number")
        return tagged(request, dumps(profile.make(documents.read(latest.content))), headers=KEPT)


class RevisionsOfFactCheck(Public, NestedList):
    """Every revision of a fact-check, the first one first."""

    queryset = FactCheckRevision.objects.all()
    serializer_class = PublicRevisionSerializer
    parent, parent_field = FactCheck, "fact_check"
    ordering_fields = {"number": "number"}
    ordering = "number"


@extend_schema(parameters=[OpenApiParameter("number", int, OpenApiParameter.PATH)])
class RevisionOfFactCheck(Public, DetailViewSet):
    """One revision, byte for byte as it was published."""

    queryset = FactCheckRevision.objects.all()
    lookup_field = "number"

    def get_queryset(self) -> QuerySet[Any]:
        queryset = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return queryset
        return queryset.filter(fact_check=get_object_or_404(FactCheck.objects.only("pk"), pk=self.kwargs["parent"]))

    # The component that `content` of a fact-check is.
    @extend_schema(responses={200: {"$ref": f"#/components/schemas/{FactCheckDocument.__name__}"}})
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """What a revision says. Its `digest` is the SHA-256 of these bytes."""
        return tagged(request, self.get_object().content.encode(), headers=KEPT)


class PublicSnapshotViewSet(ViewSet):
    """Copies of sources that published fact-checks rest on: what they are, not their bytes."""

    queryset = Snapshot.objects.all()
    serializer_class = PublicSnapshotSerializer
    authentication_classes: Any = ()
    lookup_field = "sha256"

    @extend_schema(parameters=[OpenApiParameter("sha256", str, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, sha256: str) -> Response:
        """Enough to compare a file of your own with it, and which fact-checks name it."""
        refuse_unknown(request, {"format"})
        copy = copies.of(sha256)
        if copy is None:
            raise Http404
        return tagged(request, dumps(PublicSnapshotSerializer(copy).data), headers=KEPT)
