"""What the lists can be narrowed by. None of the choices is counted, and none is looked for in the whole table."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from claims.models import Claim, Outlet
from claims.triage import TriageStatus
from factcheck.ids import first_key_at

OUTLETS_SHOWN = 100
RECENT = 1000  # claims among which the languages in use are looked for


class OutletFilter(admin.SimpleListFilter):
    """By outlet: the first hundred by name and the chosen one."""

    title = "outlet"
    parameter_name = "outlet"
    path = "outlet"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        outlets = list(Outlet.objects.order_by("name").values_list("id", "name")[:OUTLETS_SHOWN])
        return [("none", "not known"), *((str(pk), name) for pk, name in outlets)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value == "none":
            return queryset.filter(**{f"{self.path}__isnull": True})
        try:
            return queryset.filter(**{self.path: value})
        except ValidationError:
            return queryset.none()


class ArticleOutletFilter(OutletFilter):
    path = "article__outlet"


class StatusFilter(admin.SimpleListFilter):
    """By where a claim stands in its triage: on what waits for a decision unless something else is asked for."""

    title = "status"
    parameter_name = "status"
    is_tabs = True
    everything = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [*((status.value, status.value.capitalize()) for status in TriageStatus), (self.everything, "All")]

    def value(self) -> str:
        return super().value() or TriageStatus.CANDIDATE.value

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, words in self.lookup_choices:
            given = None if value == TriageStatus.CANDIDATE else value
            address = changelist.get_query_string({self.parameter_name: given})
            yield {"selected": value == self.value(), "query_string": address, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.value() == self.everything else queryset.filter(triage_status=self.value())


class ScoreFilter(admin.SimpleListFilter):
    title = "check-worthiness"
    parameter_name = "score"
    bands = {
        "high": ("0.75 and more", Q(check_worthiness__gte=0.75)),
        "middle": ("0.5 to 0.75", Q(check_worthiness__gte=0.5, check_worthiness__lt=0.75)),
        "low": ("below 0.5", Q(check_worthiness__lt=0.5)),
        "none": ("not scored (by hand)", Q(check_worthiness__isnull=True)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _) in self.bands.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.bands[self.value()][1]) if self.value() in self.bands else queryset  # type: ignore[index]


class NumberFilter(admin.SimpleListFilter):
    title = "a number in it"
    parameter_name = "has_number"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "yes"), ("no", "no")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(has_number=self.value() == "yes") if self.value() in ("yes", "no") else queryset


class WaitingFilter(admin.SimpleListFilter):
    """Since when a claim is here: a range of its key."""

    title = "age"
    parameter_name = "waits"
    spans = {
        "day": ("less than a day", "id__gte", timedelta(days=1)),
        "longer": ("more than a day", "id__lt", timedelta(days=1)),
        "week": ("more than a week", "id__lt", timedelta(days=7)),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(value, words) for value, (words, _, _) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value not in self.spans:
            return queryset
        _, lookup, span = self.spans[value]
        return queryset.filter(**{lookup: first_key_at(timezone.now() - span)})


class LanguageFilter(admin.SimpleListFilter):
    title = "language"
    parameter_name = "language"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        newest = Claim.objects.order_by("-id").values_list("language", flat=True)[:RECENT]
        return [(language or "none", language or "not known") for language in sorted(set(newest))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        language = self.value()
        return queryset.filter(language="" if language == "none" else language) if language else queryset
