"""Published fact-checks, for anybody: nobody signs in, and whoever has is shown the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.concurrency import is_unchanged, tag_of, tagged
from factcheck.api.filters import refuse_unknown
from factcheck.api.problems import InvalidParameter
from factcheck.api.renderers import dumps
from factcheck.api.typed import ANY_JSON
from factcheck.api.viewsets import DetailViewSet, NestedList, ReadViewSet, ViewSet
from factcheck.errors import FieldError, Problem
from reviews import feed, filters, publication
from reviews.models import FactCheck, FactCheckRevision, Status
from reviews.publication import datafeed, documents, jsonlines
from reviews.publication.documents import FactCheckDocument, Feed, in_utc
from reviews.serializers.public import PublicFactCheckSerializer, PublicRevisionSerializer

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


class FeedViewSet(Public, ViewSet):
    """Everything that is public in one file, as it stood when it was asked for."""

    queryset = FactCheck.objects.all()
    filterset_class = filters.FactCheckFilter
    pagination_class = None

    @extend_schema(
        filters=True, operation_id="export_datafeed",
        responses={(200, datafeed.MEDIA_TYPE): JSON_LD},
    )  # fmt: skip
    def datafeed(self, request: Request) -> HttpResponseBase:
        """A DataFeed of schema.org, its items as ClaimReview."""
        wanted, until = self.filter_queryset(self.get_queryset()), FactCheck.last_change()
        told = Feed(", ".join(feed.publishers()), in_utc(until) if until else "", settings.PUBLIC_LICENCE)
        return self._file(datafeed.MEDIA_TYPE, until, datafeed.written(told, feed.as_of(until, wanted)), told)

    @extend_schema(
        filters=True, operation_id="export_claim_reviews", responses={(200, jsonlines.MEDIA_TYPE): OpenApiTypes.STR}
    )
    def lines(self, request: Request) -> HttpResponseBase:
        """JSON Lines: one ClaimReview a line."""
        wanted, until = self.filter_queryset(self.get_queryset()), FactCheck.last_change()
        profile = publication.PROFILES[request.query_params.get("profile") or PROFILES[0]]
        return self._file(jsonlines.MEDIA_TYPE, until, jsonlines.written(profile, feed.as_of(until, wanted)))

    def _file(self, media_type: str, until: datetime | None, pieces: Iterator[bytes], *known: Any) -> HttpResponseBase:
        # Of what is asked for and of the moment, instead of the bytes, which are not there yet.
        tag = tag_of(repr((self.request.get_full_path(), until, *known)).encode())
        answer: HttpResponseBase = StreamingHttpResponse(pieces, content_type=media_type)
        if is_unchanged(self.request, tag):
            answer = HttpResponse(status=304)
        for name, value in (KEPT | {"ETag": tag}).items():
            answer[name] = value
        return answer


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
