"""Readers' requests for a correction, as the desk handles them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from factcheck.accounts.permissions import actor_of
from factcheck.api.strict import read
from factcheck.api.viewsets import ReadViewSet
from reviews import filters, forms, workflow
from reviews.models import CorrectionRequest
from reviews.serializers.corrections import CorrectionRequestItemSerializer, CorrectionRequestSerializer
from reviews.views.reviews import takes

SHOWN_WITH = ("review__desk", "fact_check", "revision", "handler")


class CorrectionRequestViewSet(ReadViewSet):
    """What readers say is wrong with what your desks have published. Whoever led or approved it handles none of it."""

    queryset = CorrectionRequest.objects.all()
    serializer_class = CorrectionRequestSerializer
    filterset_class = filters.CorrectionRequestFilter
    ordering_fields = {"created_at": "id", "answer_due_at": "answer_due_at"}
    ordering = "-created_at"
    own_problems = dict.fromkeys(
        ("acknowledge", "take_over", "accept", "decline", "mark_duplicate", "resolve"), (workflow.ActionBlocked,)
    )

    def get_queryset(self) -> QuerySet[CorrectionRequest]:
        if getattr(self, "swagger_fake_view", False):
            return CorrectionRequest.objects.none()
        return workflow.requests_visible_to(actor_of(self.request)).select_related(*SHOWN_WITH)

    def get_serializer_class(self) -> Any:
        return CorrectionRequestItemSerializer if self.action == "list" else CorrectionRequestSerializer

    def _act(self, verb: Callable[..., Any], form: Any = None) -> Response:
        found = self.get_object()
        verb(found.pk, actor=actor_of(self.request), version=self.version, **read(form, self.request))
        return self.answer(self.get_queryset().get(pk=found.pk))

    @takes(None)
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Look into it: you are its handler then, and are shown how to reach whoever asked."""
        return self._act(workflow.acknowledge)

    @takes(None)
    def take_over(self, request: Request, pk: str) -> Response:
        """Handle it in somebody's place."""
        return self._act(workflow.take_over_request)

    @takes(None)
    def accept(self, request: Request, pk: str) -> Response:
        """Something has to be corrected."""
        return self._act(workflow.accept_request)

    @takes(forms.RequestDeclineSerializer)
    def decline(self, request: Request, pk: str) -> Response:
        """Nothing has to be corrected. The answer says why."""
        return self._act(workflow.decline, forms.RequestDeclineSerializer)

    @takes(forms.RequestDuplicateSerializer)
    def mark_duplicate(self, request: Request, pk: str) -> Response:
        """Another request about this fact-check says the same."""
        return self._act(workflow.mark_duplicate, forms.RequestDuplicateSerializer)

    @takes(forms.RequestAnswerSerializer)
    def resolve(self, request: Request, pk: str) -> Response:
        """Say what came of it. What was answered before stays, and this comes below."""
        return self._act(workflow.resolve, forms.RequestAnswerSerializer)
