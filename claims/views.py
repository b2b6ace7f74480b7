"""The API of articles and claims: check the form, call one verb, shape the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, cast
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import filters, forms, pipeline, serializers
from claims.matching.decisions import MatchAction
from claims.models import (
    Appearance,
    Article,
    ArticleVersion,
    Claim,
    ClaimMatch,
    EarlierFactCheck,
    ExtractionRun,
    FailedRow,
    ImportRun,
    Outlet,
)
from claims.pipeline.queueing import EXTRACT
from claims.sources.base import ArticleDraft, BadRow
from claims.sources.payload import draft_of_payload, stated_fields
from claims.triage import TriageAction
from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.api.events import EventsOf
from factcheck.api.jobs import JobSerializer
from factcheck.api.problems import document_of
from factcheck.api.strict import refuse_members
from factcheck.api.viewsets import DetailViewSet, NestedList, ReadViewSet
from factcheck.errors import FieldError, InvalidInput, Problem
from factcheck.fetch import FetchProblem
from factcheck.models import Job, JobState


def _read(form: type[Any], request: Request) -> dict[str, Any]:
    serializer = form(data=request.data)
    serializer.is_valid(raise_exception=True)
    return cast(dict[str, Any], serializer.validated_data)


class OutletViewSet(ReadViewSet):
    """Who printed the articles."""

    queryset = Outlet.objects.all()
    serializer_class = serializers.OutletSerializer
    filterset_class = filters.OutletFilter
    ordering_fields = {"name": "name", "created_at": "id"}
    ordering = "-created_at"


class ArticleViewSet(ReadViewSet):
    """Published texts as they were given to us."""

    queryset = Article.objects.select_related("outlet").prefetch_related(
        Prefetch("versions", ArticleVersion.objects.defer("text").order_by("number"))
    )
    serializer_class = serializers.ArticleSerializer
    filterset_class = filters.ArticleFilter
    ordering_fields = {"published_at": "published_at", "created_at": "id"}
    ordering = "-created_at"

    @extend_schema(
        request=forms.ArticleInputSerializer,
        responses={
            201: serializers.ImportedArticleSerializer,
            200: serializers.ImportedArticleSerializer,
            202: JobSerializer,
        },
    )
    def create(self, request: Request) -> Response:
        """Store an article and queue its extraction. One that is here already, unchanged, is answered with 200.

        A `url` without text and html is fetched: the answer is the job (202), whose `result` will name the article.
        """
        body = _read(forms.ArticleInputSerializer, request)
        if "text" not in body and "html" not in body:
            job = _request_page(body, actor_of(request))
            headers = {"Location": f"/api/v1/jobs/{job.pk}"}
            return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED, headers=headers)
        draft = _draft(body)
        outcome = pipeline.import_article(draft, actor=actor_of(request))
        article = self.get_queryset().get(pk=outcome.article_id)
        job = Job.objects.filter(
            kind=EXTRACT,
            subject_id__in=ExtractionRun.objects.filter(version=outcome.version_id).values("id"),
            state__in=(JobState.QUEUED, JobState.RUNNING),
        ).first()
        article.job = job.pk if job else None  # type: ignore[attr-defined]
        code = status.HTTP_200_OK if outcome.status == "unchanged" else status.HTTP_201_CREATED
        body = serializers.ImportedArticleSerializer(article, context=self.get_serializer_context()).data
        return Response(body, status=code, headers={"Location": f"/api/v1/articles/{article.pk}"})

    @extend_schema(
        request=None,
        responses={202: serializers.QueuedExtractionSerializer, 200: serializers.QueuedExtractionSerializer},
    )
    @action(detail=True, methods=["post"])
    def extract(self, request: Request, pk: str) -> Response:
        """Read the newest version again. With the same extractor version the existing run is answered (200); a failed one is retried."""
        version = self.get_object().versions.order_by("-number").values_list("pk", flat=True)[0]
        refuse_members(request)
        run, job = pipeline.request_extraction(version, actor=actor_of(request))
        run.job = job.pk if job else None  # type: ignore[attr-defined]
        body = serializers.QueuedExtractionSerializer(run).data
        if job is None:
            return Response(body)
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": f"/api/v1/jobs/{job.pk}"})


def _draft(body: dict[str, Any]) -> ArticleDraft:
    draft = draft_of_payload(body)
    if isinstance(draft, BadRow):
        # A page without a text: the fault stands where the page stood.
        field = "html" if draft.field == "text" and "html" in body else draft.field
        raise InvalidInput(errors=[FieldError(draft.code, draft.detail, pointer=f"/{field}")])
    return draft


def _request_page(body: dict[str, Any], actor: User) -> Job:
    stated = stated_fields(body)
    if isinstance(stated, BadRow):
        raise InvalidInput(errors=[FieldError(stated.code, stated.detail, pointer=f"/{stated.field}")])
    try:
        return pipeline.request_article(body["url"], stated, started_by=actor)
    except FetchProblem as refused:
        raise InvalidInput(errors=[FieldError(refused.code, refused.detail, pointer="/url")]) from None


class ArticleVersionsOfArticle(NestedList):
    """The texts of an article, without them."""

    queryset = ArticleVersion.objects.all()
    serializer_class = serializers.ArticleVersionSerializer
    parent, parent_field = Article, "article"
    ordering_fields = {"number": "number"}
    ordering = "-number"


class ArticleVersionViewSet(DetailViewSet):
    """The text as it stood at one fetch."""

    queryset = ArticleVersion.objects.all()
    serializer_class = serializers.ArticleVersionTextSerializer


class AppearanceViewSet(ReadViewSet):
    """Where article versions make claims. Offsets are Unicode code points; JavaScript strings count UTF-16 units."""

    queryset = Appearance.objects.select_related("article_version")
    serializer_class = serializers.AppearanceSerializer
    filterset_class = filters.AppearanceFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class ExtractionRunViewSet(ReadViewSet):
    """Readings of versions by extractors, with what they found."""

    queryset = ExtractionRun.objects.all()
    serializer_class = serializers.ExtractionRunSerializer
    filterset_class = filters.ExtractionRunFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class ImportRunViewSet(ReadViewSet):
    """Imports, with how far they came."""

    queryset = ImportRun.objects.select_related("started_by")
    serializer_class = serializers.ImportRunSerializer
    filterset_class = filters.ImportRunFilter
    ordering_fields = {"created_at": "id"}
    ordering = "-created_at"


class FailedRowsOfImportRun(NestedList):
    """What an import could not take, as it came."""

    queryset = FailedRow.objects.all()
    serializer_class = serializers.FailedRowSerializer
    parent, parent_field = ImportRun, "run"
    ordering_fields = {"created_at": "id"}
    ordering = "created_at"


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
    own_problems = {"bulk": (pipeline.BulkRefused,)}

    def _answer(self, claim_id: UUID) -> Response:
        return self.answer(self.get_queryset().get(pk=claim_id))

    @extend_schema(request=forms.NewClaimSerializer, responses={201: serializers.ClaimSerializer})
    def create(self, request: Request) -> Response:
        """Write a claim by hand, from a span of an article version or in free words."""
        form = _read(forms.NewClaimSerializer, request)
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
        changes = _read(forms.ClaimEditSerializer, request)
        if span := changes.get("span"):
            changes["span"] = {"start": span["start"], "end": span["end"], "quotation": span.get("quote")}
        pipeline.edit_claim(claim.pk, changes, actor=actor_of(request), version=self.version)
        return self._answer(claim.pk)

    def _triage(self, request: Request, verb: TriageAction, form: type[Any]) -> Response:
        claim = self.get_object()
        pipeline.triage(claim.pk, verb, actor=actor_of(request), version=self.version, **_read(form, request))
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
        """Make it a candidate again."""
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
        form = _read(forms.BulkSerializer, request)
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
        form = _read(forms.SplitSerializer, request)
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
        form = _read(forms.NoteSerializer, request)
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


class EventsOfClaim(EventsOf):
    parent = Claim
