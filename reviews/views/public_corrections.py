"""Readers say what is wrong, and read what became of it: nobody signs in."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.api.concurrency import tagged
from factcheck.api.filters import refuse_unknown
from factcheck.api.renderers import dumps
from factcheck.api.strict import read
from factcheck.api.throttles import PerCaller, PerCorrectionRequest
from factcheck.api.viewsets import ViewSet
from reviews import forms, statistics, workflow
from reviews.models import CorrectionRequest
from reviews.serializers.public import CorrectionStatisticsSerializer, RequestStatusSerializer, SentRequestSerializer
from reviews.views.public import KEPT


class PublicCorrectionRequestViewSet(ViewSet):
    """For anybody: nobody signs in."""

    queryset = CorrectionRequest.objects.all()
    serializer_class = RequestStatusSerializer
    authentication_classes: Any = ()
    lookup_field = "secret"

    def get_throttles(self) -> list[Any]:
        return [PerCaller(), PerCorrectionRequest()] if self.action == "create" else [PerCaller()]

    @extend_schema(request=forms.PublicCorrectionRequestSerializer, responses={201: SentRequestSerializer})
    def create(self, request: Request) -> Response:
        """Say what is wrong with a fact-check. The answer names the address at which you find what became of it: it is told only here."""
        said = read(forms.PublicCorrectionRequestSerializer, request)
        _, secret = workflow.request_correction(said.pop("fact_check"), **said)
        address = f"/api/v1/public/correction-requests/{secret}"
        told = SentRequestSerializer({"status_address": address}).data
        return Response(
            told, status=status.HTTP_201_CREATED, headers={"Location": address, "Cache-Control": "no-store"}
        )

    @extend_schema(parameters=[OpenApiParameter("secret", str, OpenApiParameter.PATH)])
    def retrieve(self, request: Request, secret: str) -> Response:
        """What became of it."""
        refuse_unknown(request, {"format"})
        found = workflow.request_of(secret)
        return tagged(request, dumps(RequestStatusSerializer(found).data), headers={"Cache-Control": "no-store"})


class PublicStatisticsViewSet(ViewSet):
    """How this installation keeps its word."""

    queryset = CorrectionRequest.objects.all()
    authentication_classes: Any = ()
    pagination_class = None

    @extend_schema(responses=CorrectionStatisticsSerializer)
    @action(detail=False)
    def corrections(self, request: Request) -> Response:
        """How many requests came, and how many were looked into and answered in time."""
        refuse_unknown(request, {"format"})
        body = dumps(CorrectionStatisticsSerializer(statistics.corrections()).data)
        return tagged(request, body, headers=KEPT)
