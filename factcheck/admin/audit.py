"""Who did what: the audit events, for those who audit. Nobody writes here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import RecordAdmin, TypedFilter
from factcheck.audit.models import AuditEvent
from factcheck.audit.past import past_around
from factcheck.audit.readers import visible_to
from factcheck.ids import first_key_at
from factcheck.templatetags.desk import moment, told

RECENT = 1000  # events among which the actions in use are looked for
ACTORS_SHOWN = 100
FIRST_YEAR, LAST_YEAR = 1971, 9998  # what keys and dates can say


class ActionFilter(admin.SimpleListFilter):
    title = "action"
    parameter_name = "action"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        recent = visible_to(actor_of(request)).order_by("-id").values_list("action", flat=True)[:RECENT]
        return [(action, action.replace("_", " ")) for action in sorted({*recent, self.value() or ""} - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        action = self.value()
        return queryset.filter(action=action) if action else queryset


class KindFilter(admin.SimpleListFilter):
    title = "what was changed"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        recent = visible_to(actor_of(request)).order_by("-id").values_list("subject_type", flat=True)[:RECENT]
        return [(kind, kind_in_words(kind)) for kind in sorted({*recent, self.value() or ""} - {""})]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        kind = self.value()
        return queryset.filter(subject_type=kind) if kind else queryset


class RequestFilter(TypedFilter):
    title = "request"
    parameter_name = "request"
    help_text = "As X-Request-Id, logs and problems name it."

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        wanted = (self.value() or "").strip()
        return queryset.filter(request_id=wanted) if wanted else queryset


class DayFilter(TypedFilter):
    """Events by day, in UTC. Keys rise with time, so their index serves: a minute more than the day is asked of it, for keys that were
    made before a clock was put right.
    """

    input_type = "date"
    slack = timedelta(minutes=1)

    def day(self) -> datetime | None:
        try:
            return datetime.fromisoformat((self.value() or "")[:10]).replace(tzinfo=UTC)
        except ValueError:
            return None


class SinceFilter(DayFilter):
    title = "from this day on"
    parameter_name = "since"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        day = self.day()
        if day is None or day.year < FIRST_YEAR:
            return queryset.none()
        return queryset.filter(at__gte=day, id__gte=first_key_at(day - self.slack))


class UntilFilter(DayFilter):
    title = "to this day"
    parameter_name = "until"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        day = self.day()
        if day is None or not FIRST_YEAR <= day.year <= LAST_YEAR:
            return queryset.none()
        end = day + timedelta(days=1)
        return queryset.filter(at__lt=end, id__lt=first_key_at(end + self.slack))


class ActorFilter(admin.SimpleListFilter):
    title = "actor"
    parameter_name = "actor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        people = User.objects.order_by("username").values_list("id", "username")[:ACTORS_SHOWN]
        return [("system", "the system"), *((str(pk), name) for pk, name in people)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value()
        if value is None:
            return queryset
        if value == "system":
            return queryset.filter(actor=None)
        try:
            return queryset.filter(actor=UUID(value))
        except ValueError:
            return queryset.none()


@admin.register(AuditEvent)
class AuditEventAdmin(RecordAdmin):
    page_template = "admin/audit/auditevent/page.html"
    list_display = ("happened", "did", "subject", "who", "through", "why", "changed")
    list_display_links = ("happened",)
    list_filter = (SinceFilter, UntilFilter, RequestFilter, ActionFilter, KindFilter, ActorFilter)
    list_select_related = ("actor",)
    search_fields = ("subject_id",)
    search_help_text = "The id of what was changed: a claim, an article, a run, a person."
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEvent]:
        return visible_to(actor_of(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        if not search_term.strip():
            return queryset, False
        try:
            subject_id = UUID(search_term.strip())
        except ValueError:
            return queryset.none(), False
        # The index of the chains begins with the type: naming them all lets it be used.
        kinds = {model._meta.model_name for model in apps.get_models()}
        return queryset.filter(subject_type__in=kinds, subject_id=subject_id), False

    @admin.display(description="at", ordering="id")
    def happened(self, event: AuditEvent) -> SafeString:
        return moment(event.at)

    @admin.display(description="action")
    def did(self, event: AuditEvent) -> str:
        return event.action.replace("_", " ")

    @admin.display
    def subject(self, event: AuditEvent) -> SafeString:
        words = f"{kind_in_words(event.subject_type)} …{str(event.subject_id)[-12:]}"
        address = page_of(event.subject_type, event.subject_id)
        return format_html('<a href="{}">{}</a>', address, words) if address else format_html("{}", words)

    @admin.display(description="actor")
    def who(self, event: AuditEvent) -> str:
        return event.actor.get_username() if event.actor else "the system"

    @admin.display(description="origin")
    def through(self, event: AuditEvent) -> str:
        carrier, _, key = event.origin.partition(" ")
        return f"{carrier} …{key[-12:]}" if len(key) > 12 else event.origin

    @admin.display(description="reason")
    def why(self, event: AuditEvent) -> str:
        return ": ".join(filter(None, (event.reason.replace("_", " "), event.note[:200]))) or "–"

    @admin.display
    def changed(self, event: AuditEvent) -> str:
        return ", ".join(change.name for change in told(event.data)) or "–"

    def page_context(self, request: HttpRequest, row: AuditEvent) -> dict[str, Any]:
        return {
            "title": f"{self.did(row).capitalize()}: {kind_in_words(row.subject_type)}",
            "kind": kind_in_words(row.subject_type),
            "subject_page": page_of(row.subject_type, row.subject_id),
            "past": past_around(row, reader=actor_of(request)),
        }


def kind_in_words(subject_type: str) -> str:
    """As the desk calls rows of this type."""
    return _names().get(subject_type, subject_type)


@cache
def _names() -> dict[str, str]:
    return {model._meta.model_name or "": str(model._meta.verbose_name) for model in apps.get_models()}


def page_of(subject_type: str, subject_id: UUID) -> str:
    """The address of the subject's page in this admin; empty where it has none."""
    for model in admin.site._registry:
        if model._meta.model_name == subject_type:
            try:
                return reverse(f"admin:{model._meta.app_label}_{subject_type}_change", args=[subject_id])
            except NoReverseMatch:
                return ""
    return ""
