"""Articles, their versions and outlets; an article that somebody sends or names by its address."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from claims import filters, forms, pipeline, serializers
from claims.models import (
    Article,
    ArticleVersion,
    ExtractionRun,
    Outlet,
)
from claims.pipeline.queueing import EXTRACT
from claims.sources.base import ArticleDraft, BadRow
from claims.sources.payload import draft_of_payload, stated_fields
from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.api.jobs import JobSerializer
from factcheck.api.strict import read, refuse_members
from factcheck.api.viewsets import DetailViewSet, NestedList, ReadViewSet
from factcheck.errors import FieldError, InvalidInput
from factcheck.fetch import FetchProblem
from factcheck.models import Job, JobState


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
    # What is read again is not overwritten.
    if_match = {"extract": None}
    own_problems = dict.fromkeys(("create", "extract", "withdraw"), (pipeline.ArticleWithdrawn,))

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
        body = read(forms.ArticleInputSerializer, request)
        if "text" not in body and "html" not in body:
            job = _request_page(body, actor_of(request))
            headers = {"Location": f"/api/v1/jobs/{job.pk}"}
            return Response(JobSerializer(job).data, status=status.HTTP_202_ACCEPTED, headers=headers)
        draft = _draft(body)
        outcome = pipeline.import_article(draft, actor=actor_of(request))
        article = self.get_queryset().get(pk=outcome.article_id)
        reading = Job.objects.filter(
            kind=EXTRACT,
            subject_id__in=ExtractionRun.objects.filter(version=outcome.version_id).values("id"),
            state__in=(JobState.QUEUED, JobState.RUNNING),
        ).first()
        article.job = reading.pk if reading else None
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

    @extend_schema(request=forms.WithdrawSerializer)
    @action(detail=True, methods=["post"])
    def withdraw(self, request: Request, pk: str) -> Response:
        """Take the article out, for good: what it says is erased, in every version and quotation. Its address, hashes and claims stay.

        Claims that somebody has worked on keep their words, evidence its quotations. The same article is not taken in again.
        """
        article = self.get_object()
        form = read(forms.WithdrawSerializer, request)
        pipeline.withdraw_article(article.pk, actor=actor_of(request), version=self.version, **form)
        return self.answer(self.get_queryset().get(pk=article.pk))


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
