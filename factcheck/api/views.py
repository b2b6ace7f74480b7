from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from factcheck.api.problems import catalogue


class ProblemKindSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()


class Problems(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(operation_id="list_problems", responses=ProblemKindSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every code that a problem document of this installation may carry."""
        return Response([{"code": kind.code, "status": kind.status, "title": kind.title} for kind in catalogue()])


class Document(SpectacularAPIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)


class _OwnAssetsOnly(APIView):
    """Redoc's script asks a foreign host for its maker's logo; the browser is told to ask nobody but us."""

    policy = (
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer["Content-Security-Policy"] = self.policy
        return answer


class Reference(_OwnAssetsOnly, SpectacularRedocView):
    """For reading."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    template_name = "factcheck/redoc.html"


class TryOut(_OwnAssetsOnly, SpectacularSwaggerSplitView):
    """For trying requests out, with the session of this browser or a token."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    template_name = "factcheck/swagger.html"
