"""What may be the same as a claim."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import filters, forms, pipeline, serializers
from claims.matching.decisions import MatchAction
from claims.models import (
    Claim,
    ClaimMatch,
    EarlierFactCheck,
)
from factcheck.accounts.permissions import actor_of
from factcheck.api.strict import read
from factcheck.api.viewsets import NestedList, ReadViewSet


class EarlierFactCheckViewSet(ReadViewSet):
    """Published fact-checks, other people's and ours, as far as matching knows them. `import_fact_checks` reads them in."""

    queryset = EarlierFactCheck.objects.all()
    serializer_class = serializers.EarlierFactCheckSerializer
    filterset_class = filters.EarlierFactCheckFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


MATCHES = ClaimMatch.objects.select_related("claim", "other_claim", "fact_check", "decided_by")


class MatchViewSet(ReadViewSet):
    """Claims and what may be the same. A machine suggests, or links what differs in nothing but its form; people confirm and reject."""

    queryset = MATCHES
    serializer_class = serializers.MatchSerializer
    filterset_class = filters.MatchFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"

    def _decide(self, request: Request, verb: MatchAction) -> Response:
        match = self.get_object()
        form = read(forms.NoteSerializer, request)
        pipeline.decide(match.pk, verb, actor=actor_of(request), version=self.version, **form)
        return self.answer(self.get_queryset().get(pk=match.pk))

    @extend_schema(request=forms.NoteSerializer)
    @action(detail=True, methods=["post"])
    def confirm(self, request: Request, pk: str) -> Response:
        """Say that both are the same. Nothing else follows from it: claims are merged, and reviews opened, by their own actions."""
        return self._decide(request, MatchAction.CONFIRM)

    @extend_schema(request=forms.NoteSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Say that they are not the same."""
        return self._decide(request, MatchAction.REJECT)


class MatchesOfClaim(NestedList):
    """What may be the same as this claim, whichever of the two is older; the most similar first."""

    queryset = MATCHES
    serializer_class = serializers.MatchSerializer
    filterset_class = filters.MatchFilter
    parent, parent_field = Claim, "claim"
    ordering_fields = {"similarity": "similarity", "created_at": "id"}
    ordering = "-similarity"

    def rows_of(self, parent: Claim, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(Q(claim=parent.pk) | Q(other_claim=parent.pk))
