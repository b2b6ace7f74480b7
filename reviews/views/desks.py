"""Desks, scales, policies, and what waits for a lead."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.permissions import actor_of
from factcheck.api import pagination
from factcheck.api.filters import refuse_unknown
from factcheck.api.problems import InvalidParameter
from factcheck.api.strict import read
from factcheck.api.viewsets import ReadViewSet, ViewSet
from factcheck.errors import FieldError
from reviews import forms, workflow
from reviews.models import Desk, DeskMembership, RatingScale, RatingScaleVersion, Review, ReviewPolicy
from reviews.queue import best_first
from reviews.serializers.desks import DeskSerializer, RatingScaleSerializer, ReviewPolicySerializer
from reviews.serializers.reviews import QueueSerializer, ReviewSerializer
from reviews.views.base import reviews_for


class DeskViewSet(ReadViewSet):
    """Your own desks; all of them for auditors."""

    queryset = Desk.objects.select_related("policy", "scale").prefetch_related(
        Prefetch("memberships", DeskMembership.objects.select_related("user").order_by("pk"))
    )
    serializer_class = DeskSerializer
    ordering_fields = {"name": "name", "created_at": "id"}
    ordering = "created_at"

    def get_queryset(self) -> QuerySet[Desk]:
        desks = super().get_queryset()
        if getattr(self, "swagger_fake_view", False):
            return desks
        return desks.filter(pk__in=workflow.desks_of(actor_of(self.request)).values("pk"))


class RatingScaleViewSet(ReadViewSet):
    """The scales, with every version of them: none ever changes."""

    queryset = RatingScale.objects.prefetch_related(Prefetch("versions", RatingScaleVersion.objects.order_by("pk")))
    serializer_class = RatingScaleSerializer
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"


class ReviewPolicyViewSet(ReadViewSet):
    """The numbers of the process. A review keeps those that it was opened under."""

    queryset = ReviewPolicy.objects.all()
    serializer_class = ReviewPolicySerializer
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"


_DESK = OpenApiParameter("desk", OpenApiTypes.UUID, description="Only of this desk.")
_SIZE = OpenApiParameter(
    "page_size",
    {"type": "integer", "minimum": 1, "maximum": pagination.MAX_PAGE_SIZE, "default": pagination.PAGE_SIZE},
    description="How many.",
)


class QueueViewSet(ViewSet):
    """Queued reviews that are not on hold, best first. It is worked from its top: there is no second page."""

    queryset = Review.objects.all()
    serializer_class = ReviewSerializer
    pagination_class = None
    filter_backends = ()
    own_problems = {"take_next": (workflow.ActionBlocked,)}

    @extend_schema(parameters=[_DESK, _SIZE], responses=QueueSerializer, operation_id="get_queue")
    def best(self, request: Request) -> Response:
        """What waits for somebody to take it, with what speaks for it."""
        refuse_unknown(request, {"desk", "page_size", "format"})
        waiting = reviews_for(self)
        if desk := request.query_params.get("desk"):
            waiting = waiting.filter(desk=_uuid(desk))
        rows = best_first(waiting).select_related("claim", "desk", "lead", "adjudicator")
        shown = list(rows[: pagination.page_size(request)])
        return Response(QueueSerializer({"results": shown}, context=self.get_serializer_context()).data)

    @extend_schema(
        request=forms.NextSerializer, responses={200: ReviewSerializer, 204: None}, operation_id="take_next_review"
    )
    @action(detail=False, methods=["post"], url_path="next")
    def take_next(self, request: Request) -> Response:
        """Take the best queued review of a desk that nobody else is taking at this moment. 204: there is none."""
        review = workflow.take_next(read(forms.NextSerializer, request)["desk"], actor=actor_of(request))
        if review is None:
            return Response(status=status.HTTP_204_NO_CONTENT)
        return self.answer(review, headers={"Location": f"/api/v1/reviews/{review.pk}"})


def _uuid(value: str) -> UUID:
    try:
        return UUID(value)
    except ValueError:
        detail = "Give the id of a desk."
        raise InvalidParameter(detail, errors=[FieldError("invalid", detail, parameter="desk")]) from None
