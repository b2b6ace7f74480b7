"""What somebody was told, as a list of their own. Reading it is the API's verb."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from factcheck.accounts.permissions import actor_of
from factcheck.admin.audit import page_of
from factcheck.admin.base import RecordAdmin
from factcheck.admin.jobs import describes
from factcheck.notifications import readers, telling
from factcheck.notifications.models import Notification
from factcheck.templatetags.desk import age, badge


class UnreadFilter(admin.SimpleListFilter):
    title = "what"
    parameter_name = "what"
    is_tabs = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("unread", "Unread")]

    def choices(self, changelist: Any) -> Any:
        for value, words in (("", "All"), *self.lookup_choices):
            address = changelist.get_query_string({self.parameter_name: value or None})
            yield {"selected": value == (self.value() or ""), "query_string": address, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Notification]) -> QuerySet[Notification]:
        return queryset.filter(read_at=None) if self.value() == "unread" else queryset


@admin.register(Notification)
class NotificationAdmin(RecordAdmin):
    """One's own, of what one may see now. Its page is that of what it tells of."""

    list_display = ("told", "standing", "since")
    list_display_links = None
    list_filter = (UnreadFilter,)
    ordering = ("-id",)
    actions = ("read",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notification]:
        return readers.visible_to(actor_of(request))

    def page(self, request: HttpRequest, row: Notification) -> HttpResponse:
        listed = reverse("admin:notifications_notification_changelist")
        return HttpResponseRedirect(page_of(row.subject_type, row.subject_id) or listed)

    @admin.display(description="what you were told")
    def told(self, row: Notification) -> SafeString:
        address = page_of(row.subject_type, row.subject_id)
        return format_html('<a href="{}">{}</a>', address, row.words) if address else format_html("{}", row.words)

    @admin.display(description="state", ordering="read_at")
    def standing(self, row: Notification) -> SafeString:
        return badge("cancelled", "read") if row.read_at else badge("queued", "unread")

    @admin.display(description="age", ordering="id")
    def since(self, row: Notification) -> SafeString:
        return age(row.created_at)

    @admin.action(description="Mark as read", permissions=["act"])
    def read(self, request: HttpRequest, queryset: QuerySet[Notification]) -> None:
        for row in queryset[: self.list_per_page]:
            telling.mark_read(row.pk, user=actor_of(request))
        self.message_user(request, "What was ticked is read.", messages.SUCCESS)


@describes(telling.EMAIL)
def words_of(ids: Collection[UUID]) -> dict[UUID, str]:
    """Shown to whom they are for alone: nobody else sees the job."""
    return dict(Notification.objects.filter(pk__in=ids).values_list("pk", "words"))
