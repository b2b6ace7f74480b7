from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from factcheck import security
from factcheck.accounts.permissions import MeetsNeed
from factcheck.api.problems import catalogue


class ProblemKindSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()


class Problems(APIView):
    authentication_classes = ()

    @extend_schema(operation_id="list_problems", responses=ProblemKindSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Every code that a problem document of this installation may carry."""
        return Response([{"code": kind.code, "status": kind.status, "title": kind.title} for kind in catalogue()])


class Document(SpectacularAPIView):
    authentication_classes = ()
    permission_classes = (MeetsNeed,)


class _Page(APIView):
    """Scripts of others that write styles into their page, which our own pages do not."""

    authentication_classes = ()
    permission_classes = (MeetsNeed,)
    policy: security.Policy = {**security.PAGES, "style-src": "'self' 'unsafe-inline'"}

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        answer = super().finalize_response(request, response, *args, **kwargs)
        answer[security.POLICY_HEADER] = security.written(self.policy)
        return answer


class Reference(_Page, SpectacularRedocView):
    """For reading. Its search runs in a worker that the script makes of itself."""

    policy = {**_Page.policy, "worker-src": "blob:"}
    template_name = "factcheck/redoc.html"


class TryOut(_Page, SpectacularSwaggerSplitView):
    """For trying requests out, with the session of this browser or a token."""

    template_name = "factcheck/swagger.html"
