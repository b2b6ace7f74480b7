"""Claims, where articles make them, and triage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import filters, forms, pipeline, serializers
from claims.models import (
    Appearance,
    Article,
    Claim,
)
from claims.triage import TriageAction
from factcheck.accounts.permissions import actor_of
from factcheck.api.events import EventsOf
from factcheck.api.problems import document_of
from factcheck.api.strict import read
from factcheck.api.viewsets import NestedList, ReadViewSet
from factcheck.errors import InvalidInput, Problem


class AppearanceViewSet(ReadViewSet):
    """Where article versions make claims. Offsets are Unicode code points; JavaScript strings count UTF-16 units."""

    queryset = Appearance.objects.select_related("article_version")
    serializer_class = serializers.AppearanceSerializer
    filterset_class = filters.AppearanceFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class ClaimViewSet(ReadViewSet):
    """Checkable assertions. Their status changes only through the actions."""

    queryset = Claim.objects.select_related("article__outlet", "triaged_by").prefetch_related(
        Prefetch(
            "appearances",
            Appearance.objects.select_related("article_version").defer("article_version__text").order_by("id"),
        )
    )
    serializer_class = serializers.ClaimSerializer
    filterset_class = filters.ClaimFilter
    ordering_fields = {"check_worthiness": "check_worthiness", "created_at": "id", "updated_at": "updated_at"}
    ordering = "-created_at"
    own_problems = {
        "bulk": (pipeline.BulkRefused,),
        **dict.fromkeys(("create", "partial_update"), (pipeline.ArticleWithdrawn,)),
    }

    def _answer(self, claim_id: UUID) -> Response:
        return self.answer(self.get_queryset().get(pk=claim_id))

    @extend_schema(request=forms.NewClaimSerializer, responses={201: serializers.ClaimSerializer})
    def create(self, request: Request) -> Response:
        """Write a claim by hand, from a span of an article version or in free words."""
        form = read(forms.NewClaimSerializer, request)
        span = form.pop("span", {})
        claim = pipeline.add_claim(
            actor=actor_of(request),
            version_id=form.pop("article_version", None),
            start=span.get("start"),
            end=span.get("end"),
            quotation=span.get("quote"),
            **form,
        )
        location = {"Location": f"/api/v1/claims/{claim.pk}"}
        return self.answer(self.get_queryset().get(pk=claim.pk), status.HTTP_201_CREATED, location)

    @extend_schema(request=forms.ClaimEditSerializer, responses=serializers.ClaimSerializer)
    def partial_update(self, request: Request, pk: str) -> Response:
        """Edit text, span, kind or claimant. What was edited by hand survives every later extraction."""
        claim = self.get_object()
        changes = read(forms.ClaimEditSerializer, request)
        if span := changes.get("span"):
            changes["span"] = {"start": span["start"], "end": span["end"], "quotation": span.get("quote")}
        pipeline.edit_claim(claim.pk, changes, actor=actor_of(request), version=self.version)
        return self._answer(claim.pk)

    def _triage(self, request: Request, verb: TriageAction, form: type[Any]) -> Response:
        claim = self.get_object()
        pipeline.triage(claim.pk, verb, actor=actor_of(request), version=self.version, **read(form, request))
        return self._answer(claim.pk)

    @extend_schema(request=forms.AcceptSerializer)
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, pk: str) -> Response:
        """Take the claim on: it waits for a review."""
        return self._triage(request, TriageAction.ACCEPT, forms.AcceptSerializer)

    @extend_schema(request=forms.ReasonSerializer)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, pk: str) -> Response:
        """Leave the claim unchecked, with a reason."""
        return self._triage(request, TriageAction.REJECT, forms.ReasonSerializer)

    @extend_schema(request=forms.ReasonSerializer)
    @action(detail=True, methods=["post"])
    def defer(self, request: Request, pk: str) -> Response:
        """Put the claim off, with a reason."""
        return self._triage(request, TriageAction.DEFER, forms.ReasonSerializer)

    @extend_schema(request=forms.NoteSerializer)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, pk: str) -> Response:
        """Make it a candidate again, at the risk that it had before it was accepted."""
        return self._triage(request, TriageAction.RESTORE, forms.NoteSerializer)

    @extend_schema(request=forms.MergeSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, pk: str) -> Response:
        """Say that another claim is the same assertion; that one stays."""
        return self._triage(request, TriageAction.MERGE, forms.MergeSerializer)

    @extend_schema(request=forms.NoteSerializer)
    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, pk: str) -> Response:
        """Undo a merge."""
        return self._triage(request, TriageAction.UNMERGE, forms.NoteSerializer)

    @extend_schema(request=forms.BulkSerializer, responses=serializers.BulkAnswerSerializer, filters=False)
    @action(detail=False, methods=["post"], pagination_class=None)
    def bulk(self, request: Request) -> Response:
        """Take one action on up to 200 claims, each at the version that you saw.

        The answer has a claim or a problem for each. With `atomic` one refusal leaves all as they are, and the answer is 409.
        """
        form = read(forms.BulkSerializer, request)
        items = [(item["id"], item["version"]) for item in form["items"]]
        try:
            outcomes = pipeline.triage_many(
                items, form["action"], actor=actor_of(request), is_atomic=form["atomic"], **form["params"]
            )
        except pipeline.BulkRefused as refused:
            refused.extra["results"] = self._results(items, refused.outcomes, told_claims={})
            raise
        except InvalidInput as refused:
            # What the verb says of the action's own body stands one level deeper in this one.
            raise InvalidInput(errors=[replace(e, pointer=f"/params{e.pointer}") for e in refused.errors]) from None
        claims = self.get_queryset().in_bulk([claim_id for claim_id, _ in items])
        told_claims = {pk: self.get_serializer(claim).data for pk, claim in claims.items()}
        return Response({"results": self._results(items, outcomes, told_claims)})

    def _results(
        self, items: list[tuple[UUID, int]], outcomes: Sequence[Claim | Problem], told_claims: dict[UUID, Any]
    ) -> list[dict[str, Any]]:
        results = []
        for (claim_id, _), outcome in zip(items, outcomes, strict=True):
            is_refused = isinstance(outcome, Problem)
            told = document_of(self.in_our_words(outcome)) if isinstance(outcome, Problem) else None
            claim = None if is_refused else told_claims.get(claim_id)
            results.append({"id": str(claim_id), "claim": claim, "problem": told})
        return results

    @extend_schema(
        request=forms.SplitSerializer, responses={200: serializers.ClaimSerializer(many=True)}, filters=False
    )
    @action(detail=True, methods=["post"], pagination_class=None)
    def split(self, request: Request, pk: str) -> Response:
        """Make claims of their own of several propositions. Answers with all of them, this claim first."""
        claim = self.get_object()
        form = read(forms.SplitSerializer, request)
        parts = pipeline.split(claim.pk, actor=actor_of(request), version=self.version, **form)
        order = [part.pk for part in parts]
        rows = sorted(self.get_queryset().filter(pk__in=order), key=lambda part: order.index(part.pk))
        return Response(self.get_serializer(rows, many=True).data)


class ClaimsOfArticle(NestedList):
    """The claims that were found first in this article, best first."""

    queryset = Claim.objects.all()
    serializer_class = serializers.ClaimSerializer
    filterset_class = filters.ClaimFilter
    parent, parent_field = Article, "article"
    ordering_fields = {"check_worthiness": "check_worthiness", "created_at": "id"}
    ordering = "-check_worthiness"


class AppearancesOfClaim(NestedList):
    """Where article versions make this claim, with what stands around it."""

    queryset = Appearance.objects.select_related("article_version")
    serializer_class = serializers.AppearanceSerializer
    parent, parent_field = Claim, "claim"
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"


class EventsOfClaim(EventsOf):
    parent = Claim
