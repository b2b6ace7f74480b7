"""What the lists may be filtered by. An index stands behind each that is common; the others narrow an ordered walk."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import QuerySet
from django_filters import filters

from claims.identity import identity_of_url
from claims.matching.decisions import STATE_CHOICES as MATCH_STATE_CHOICES
from claims.models import (
    Appearance,
    Article,
    ArticleVersion,
    Claim,
    ClaimMatch,
    EarlierFactCheck,
    ExtractionRun,
    ImportRun,
    Outlet,
)
from claims.sources.urls import canonical_url
from claims.triage import RISK_CHOICES, STATUS_CHOICES
from factcheck.api.filters import AnyOfChoice, AnyOfText, AnyOfUUID, FilterSet, Instant, TrueOrFalse
from factcheck.api.problems import InvalidParameter
from factcheck.errors import FieldError

# Each word is a range of the index: 600 of them, joined by "or", took three seconds on 100,000 claims.
MAX_SEARCH_WORDS = 32


def _search(column: str) -> Any:
    """Words in any order, "quoted phrases", or, -without: the syntax of web search over one indexed column."""

    def method(self: Any, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        if len(value.split()) > MAX_SEARCH_WORDS:
            detail = f"At most {MAX_SEARCH_WORDS} words."
            raise InvalidParameter(detail, errors=[FieldError("too_many_words", detail, parameter=name)])
        vector = SearchVector(column, config="simple")
        return queryset.annotate(_words=vector).filter(
            _words=SearchQuery(value, config="simple", search_type="websearch")
        )

    return method


class OutletFilter(FilterSet):
    name = filters.CharFilter(lookup_expr="iexact")

    class Meta:
        model = Outlet
        fields = ()


class ArticleFilter(FilterSet):
    outlet = AnyOfUUID(field_name="outlet_id")
    language = AnyOfText(field_name="language")
    url = filters.CharFilter(method="by_url", label="Any spelling of the article's URL.")
    published_after = Instant(field_name="published_at", lookup_expr="gte")
    published_before = Instant(field_name="published_at", lookup_expr="lt")
    fingerprint = filters.CharFilter(method="by_fingerprint", label="Of the normalised text of any version.")
    search = filters.CharFilter(method="by_words", label="Words of the title.")

    by_words = _search("title")

    def by_url(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        try:
            address = canonical_url(value)
        except ValueError:
            return queryset.none()
        # The identity of an article with a URL is made of it, and has the index.
        return queryset.filter(identity=identity_of_url(address))

    def by_fingerprint(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(pk__in=ArticleVersion.objects.filter(text_fingerprint=value).values("article"))

    class Meta:
        model = Article
        fields = ()


class AppearanceFilter(FilterSet):
    claim = AnyOfUUID(field_name="claim_id")
    article_version = AnyOfUUID(field_name="article_version_id")
    article = filters.UUIDFilter(field_name="article_version__article_id")

    class Meta:
        model = Appearance
        fields = ()


class ExtractionRunFilter(FilterSet):
    article_version = AnyOfUUID(field_name="version_id")
    article = filters.UUIDFilter(field_name="version__article_id")
    status = AnyOfChoice(choices=ExtractionRun.Status.choices)

    class Meta:
        model = ExtractionRun
        fields = ()


class ImportRunFilter(FilterSet):
    state = AnyOfChoice(choices=ImportRun.State.choices)

    class Meta:
        model = ImportRun
        fields = ()


class EarlierFactCheckFilter(FilterSet):
    publisher = filters.CharFilter(lookup_expr="iexact")
    language = AnyOfText(field_name="language")
    is_withdrawn = TrueOrFalse(field_name="withdrawn_at", lookup_expr="isnull", exclude=True)
    url = filters.CharFilter(method="by_url", label="Any spelling of the page's address.")

    def by_url(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        try:
            return queryset.filter(url=canonical_url(value))
        except ValueError:
            return queryset.none()

    class Meta:
        model = EarlierFactCheck
        fields = ()


class MatchFilter(FilterSet):
    state = AnyOfChoice(choices=MATCH_STATE_CHOICES)
    claim = AnyOfUUID(field_name="claim_id")
    fact_check = AnyOfUUID(field_name="fact_check_id")
    is_fact_check = TrueOrFalse(field_name="fact_check", lookup_expr="isnull", exclude=True)

    class Meta:
        model = ClaimMatch
        fields = ()


class ClaimFilter(FilterSet):
    article = AnyOfUUID(field_name="article_id")
    outlet = AnyOfUUID(field_name="article__outlet_id")
    status = AnyOfChoice(field_name="triage_status", choices=STATUS_CHOICES)
    kind = AnyOfChoice(choices=Claim.Kind.choices)
    modality = AnyOfChoice(choices=Claim.Modality.choices)
    risk = AnyOfChoice(choices=RISK_CHOICES)
    language = AnyOfText(field_name="language")
    claimant = filters.CharFilter(lookup_expr="iexact")
    has_number = TrueOrFalse()
    is_manual = TrueOrFalse()
    gap = filters.CharFilter(method="by_gap", label="A code among the gaps.")
    check_worthiness_min = filters.NumberFilter(
        field_name="check_worthiness", lookup_expr="gte", min_value=0, max_value=1
    )
    check_worthiness_max = filters.NumberFilter(
        field_name="check_worthiness", lookup_expr="lte", min_value=0, max_value=1
    )
    merged_into = filters.UUIDFilter(field_name="merged_into_id")
    updated_since = Instant(field_name="updated_at", lookup_expr="gte")
    search = filters.CharFilter(method="by_words", label="Words of the claim.")

    by_words = _search("text")

    def by_gap(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return queryset.filter(gaps__contains=[value])

    class Meta:
        model = Claim
        fields = ()
