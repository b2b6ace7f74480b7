"""Endpoints and what was sent to them: read-only, but for what the API's actions do too."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import CodeFilter, RecordAdmin
from factcheck.admin.jobs import describes
from factcheck.errors import Problem
from factcheck.templatetags.desk import badge, moment, spaced
from factcheck.webhooks import endpoints, readers
from factcheck.webhooks.models import SECRETS, DeliveryState, WebhookDelivery, WebhookEndpoint
from factcheck.webhooks.queueing import DELIVER


class _Acting(RecordAdmin):
    def _each(self, request: HttpRequest, queryset: QuerySet[Any], verb: Callable[..., Any], done: str) -> None:
        for row in queryset.order_by("pk")[: self.list_per_page]:
            try:
                verb(row.pk, actor=actor_of(request))
            except Problem as problem:
                self.message_user(request, f"{row}: {problem.detail}", messages.ERROR)
            else:
                self.message_user(request, f"{row}: {done}.", messages.SUCCESS)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(_Acting):
    page_template = "admin/webhooks/webhookendpoint/page.html"
    list_display = ("url", "description", "owner", "state", "failures", "delivered")
    list_select_related = ("owner",)
    ordering = ("-id",)
    actions = ("send_test", "disable", "enable")
    consequences = {
        "send_test": "A message of the type webhook.test is sent to these addresses.",
        "disable": "These endpoints are told nothing more. What waits for them fails, and what happens meanwhile is not told later.",
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookEndpoint]:
        return readers.visible_to(actor_of(request)).select_related("owner").defer(*SECRETS)

    @admin.action(description="Send a test", permissions=["act"])
    def send_test(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._each(request, queryset, endpoints.send_test, "a test is on its way")

    @admin.action(description="Disable", permissions=["act"])
    def disable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._each(request, queryset, endpoints.disable_endpoint, "is told nothing more")

    @admin.action(description="Enable", permissions=["act"])
    def enable(self, request: HttpRequest, queryset: QuerySet[WebhookEndpoint]) -> None:
        self._each(request, queryset, endpoints.enable_endpoint, "is told what happens from now on")

    @admin.display(description="state", ordering="disabled_reason")
    def state(self, endpoint: WebhookEndpoint) -> SafeString:
        return badge(endpoint.disabled_reason or "enabled")

    @admin.display(description="last delivered", ordering="last_delivered_at")
    def delivered(self, endpoint: WebhookEndpoint) -> SafeString:
        return moment(endpoint.last_delivered_at, "never")

    def page_context(self, request: HttpRequest, row: WebhookEndpoint) -> dict[str, Any]:
        return {
            "latest": row.deliveries.select_related("event").order_by("-id")[:20],
            "desk": readers.name_of_desk(actor_of(request), row.desk_id) if row.desk_id else "the whole installation",
        }


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(_Acting):
    page_template = "admin/webhooks/webhookdelivery/page.html"
    list_display = ("event_type", "endpoint", "state_badge", "went_wrong", "made", "next_attempt")
    list_filter = (("state", CodeFilter),)
    list_select_related = ("event", "endpoint")
    ordering = ("-id",)
    actions = ("replay",)
    consequences = {"replay": "These messages are sent again, each under its own id."}

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return readers.deliveries_visible_to(actor_of(request)).select_related("event", "endpoint")

    @admin.action(description="Send again", permissions=["act"])
    def replay(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        self._each(request, queryset, endpoints.replay, "is sent again")

    @admin.display(description="event")
    def event_type(self, delivery: WebhookDelivery) -> str:
        return delivery.event.type

    @admin.display(description="state", ordering="state")
    def state_badge(self, delivery: WebhookDelivery) -> SafeString:
        return badge(delivery.state)

    @admin.display(description="failure", ordering="failure")
    def went_wrong(self, delivery: WebhookDelivery) -> str:
        return spaced(delivery.failure) or "–"

    @admin.display(description="made", ordering="id")
    def made(self, delivery: WebhookDelivery) -> SafeString:
        return moment(delivery.created_at)

    @admin.display(description="next attempt")
    def next_attempt(self, delivery: WebhookDelivery) -> SafeString:
        return moment(delivery.next_attempt_at, "none")

    def page_context(self, request: HttpRequest, row: WebhookDelivery) -> dict[str, Any]:
        return {
            "title": f"{row.event.type} to {row.endpoint}",
            "attempts": row.attempts.all(),
            "is_pending": row.state == DeliveryState.PENDING,
        }


@describes(DELIVER)
def deliveries_of(ids: Collection[UUID]) -> dict[UUID, str]:
    found = WebhookDelivery.objects.filter(pk__in=ids).select_related("event", "endpoint")
    return {
        row.pk: format_html(
            '<a href="{}">{}</a> to {}',
            reverse("admin:webhooks_webhookdelivery_change", args=[row.pk]),
            row.event.type,
            row.endpoint,
        )
        for row in found
    }
