"""Pages that show rows; only verbs change them.

Roles decide what a person may do here, as they do in the API: model permissions that somebody ticked by hand give nothing.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from factcheck.accounts.roles import ROLES

COUNTED = 1000  # rows; beyond them people narrow the list instead of leafing through it


class BoundedPaginator(Paginator):
    """Counts no further than COUNTED rows, so that a page costs the same however long the table is."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return rows.order_by()[:COUNTED].count() if isinstance(rows, QuerySet) else len(rows)

    @property
    def is_cut(self) -> bool:
        return self.count == COUNTED


class UnknownLast(ChangeList):
    """What has no value stands at the end of a falling order too, which is also how the indexes are."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        nullable = {f"-{field.name}" for field in self.lookup_opts.concrete_fields if field.null}
        ordering = super().get_ordering(request, queryset)
        return [F(name[1:]).desc(nulls_last=True) if name in nullable else name for name in ordering]


class RecordAdmin(admin.ModelAdmin):
    """A list and a page of rows that no form here writes.

    A subclass names its `page_template` and fills it through `page_context`; `scope_to_act` is the scope its actions
    ask for (`@admin.action(permissions=["act"])`). Adding, editing and deleting are refused unless it says otherwise.
    """

    page_template: str
    scope_to_act = "triage"

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = BoundedPaginator

    class Media:
        css = {"all": ("factcheck/admin.css",)}

    # Who may what

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return holds(request, "read")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return holds(request, self.scope_to_act)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def must_act(self, request: HttpRequest) -> None:
        """Raises PermissionDenied, in words that the page of the refusal shows."""
        if not self.has_act_permission(request):
            roles = " or ".join(name for name, role in ROLES.items() if self.scope_to_act in role.scopes)
            raise PermissionDenied(f"This needs the role {roles}. Nothing was changed.")

    # Pages

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return UnknownLast

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            if not self.actions:
                raise PermissionDenied("This list is read-only. Nothing was changed.")
            self.must_act(request)
            for selected in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME):
                identifier(selected)
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(request, {"title": title} | (extra_context or {}))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied("Your roles do not let you read this.")
        if object_id is None:
            return self.add_page(request)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id[:60]!r}.")
        return self.page(request, row)

    def add_page(self, request: HttpRequest) -> HttpResponse:
        raise PermissionDenied("Rows of this kind are not written by hand.")

    def page(self, request: HttpRequest, row: Any) -> HttpResponse:
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("This page is read-only. Nothing was changed.")
        return self.render(request, self.page_template, row, self.page_context(request, row))

    def page_context(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        return {}

    def render(
        self, request: HttpRequest, template: str, row: Model | None, context: dict[str, Any]
    ) -> TemplateResponse:
        request.current_app = self.admin_site.name
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "media": self.media,
            "original": row,
            "may_act": self.has_act_permission(request),
        }
        return TemplateResponse(request, template, shared | context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        raise PermissionDenied("The admin keeps no log of its own: the page shows who changed the row last.")


def holds(request: HttpRequest, scope: str) -> bool:
    """Do the roles of who asks give this scope? Machines and inactive people do not come here at all."""
    user: Any = request.user
    return bool(user.is_authenticated and scope in user.scopes)


def identifier(value: str) -> UUID:
    """Raises BadRequest on anything but a UUID."""
    try:
        return UUID(value)
    except ValueError:
        raise BadRequest(f"{value[:60]!r} is not an id.") from None
