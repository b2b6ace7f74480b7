"""Pages that show rows; only verbs change them.

Roles decide what a person may do here, as they do in the API: model permissions that somebody ticked by hand give nothing.
"""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from factcheck.accounts.roles import ROLES
from factcheck.audit.past import Past, past_model, past_of

COUNTED = 1000  # rows; a list that holds more says so instead of counting them
AUDITORS = ("auditor", "admin")  # who may read the record
LAST_PAGE = 100_000  # so that no address asks for a number beyond the database's own


class Pages(ChangeList):
    """One page after the other, however many rows there are: none of them is counted beyond COUNTED.

    What has no value stands at the end of a falling order too, which is also how the indexes are.
    """

    is_cut: bool  # more rows than were counted
    has_next: bool

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        nullable = {f"-{field.name}" for field in self.lookup_opts.concrete_fields if field.null}
        ordering = super().get_ordering(request, queryset)
        return [F(name[1:]).desc(nulls_last=True) if name in nullable else name for name in ordering]

    def get_results(self, request: HttpRequest) -> None:
        self.page_num = min(max(self.page_num, 1), LAST_PAGE)
        skipped = (self.page_num - 1) * self.list_per_page
        # The keys alone first: far down the list that is a walk along an index, not through the rows.
        keys = list(self.queryset.values_list("pk", flat=True)[skipped : skipped + self.list_per_page + 1])
        self.has_next = len(keys) > self.list_per_page and self.page_num < LAST_PAGE
        self.result_list = list(self.queryset.filter(pk__in=keys[: self.list_per_page])) if keys else []
        counted = self.queryset.order_by()[: COUNTED + 1].count()
        self.is_cut, self.result_count = counted > COUNTED, min(counted, COUNTED)
        self.full_result_count, self.show_full_result_count, self.show_admin_actions = None, False, True
        self.can_show_all, self.multi_page, self.show_all = False, self.has_next or self.page_num > 1, False
        self.first_row, self.last_row = skipped + 1, skipped + len(self.result_list)

    # For the template

    @property
    def tabs(self) -> list[Any]:
        """The choices of the filter that stands above the list as one row of links, where it has one."""
        return [choice for spec in self.filter_specs if is_tabs(spec) for choice in spec.choices(self)]

    @property
    def tabs_title(self) -> str:
        return next((str(spec.title) for spec in self.filter_specs if is_tabs(spec)), "")

    @property
    def has_side_filters(self) -> bool:
        return any(not is_tabs(spec) for spec in self.filter_specs)

    @property
    def choices_in_force(self) -> list[str]:
        """What the list is narrowed by, in words."""
        words = []
        for spec in self.filter_specs:
            chosen = [str(choice["display"]) for choice in spec.choices(self) if choice["selected"]]
            if is_tabs(spec) or spec.used_parameters:
                words += [f"{spec.title}: {', '.join(chosen)}"] if chosen else []
        return words

    @property
    def next_page(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num + 1})

    @property
    def previous_page(self) -> str:
        return self.get_query_string({PAGE_VAR: self.page_num - 1} if self.page_num > 2 else {})

    @property
    def first_page(self) -> str:
        return self.get_query_string()

    @property
    def without_words(self) -> str:
        return self.get_query_string(remove=[SEARCH_VAR])


def is_tabs(spec: Any) -> bool:
    return getattr(spec, "is_tabs", False)


class RecordAdmin(admin.ModelAdmin):
    """A list and a page of rows that no form here writes.

    A subclass names its `page_template` and fills it through `page_context`; `scope_to_act` is the scope its actions
    ask for (`@admin.action(permissions=["act"])`). Adding, editing and deleting are refused unless it says otherwise.
    """

    page_template: str
    change_list_template: ClassVar[Any] = "factcheck/change_list.html"
    shows_workers = False  # above its list: is somebody there to do the work?
    scope_to_act = "triage"

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

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
        return Pages

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            if not self.actions:
                raise PermissionDenied("This list is read-only. Nothing was changed.")
            self.must_act(request)
            for selected in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME):
                identifier(selected)
        title = str(self.opts.verbose_name_plural).capitalize()
        return super().changelist_view(
            request, {"title": title, "shows_workers": self.shows_workers} | (extra_context or {})
        )

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
            "title": str(row or self.opts.verbose_name),
            "opts": self.opts,
            "media": self.media,
            "original": row,
            "may_act": self.has_act_permission(request),
        }
        return TemplateResponse(request, template, shared | context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The rows as they were before each change. A row that is gone has a history too."""
        if not self.has_view_permission(request):
            raise PermissionDenied("Your roles do not let you read this.")
        if past_model(self.model) is None:
            raise PermissionDenied("No past rows are kept of this kind.")
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("This page is read-only. Nothing was changed.")
        pk = identifier(unquote(object_id))
        row = self.get_object(request, str(pk))
        past = self.past_of(pk)
        if row is None and not past:
            raise Http404(f"There is no {self.opts.verbose_name} {pk}.")
        context = {"title": f"Past of this {self.opts.verbose_name}", "crumb": "Past", "past": past}
        return self.render(request, "factcheck/past.html", row, context | {"may_audit": has_role(request, *AUDITORS)})

    def past_of(self, pk: UUID) -> list[Past]:
        return past_of(self.model, pgh_obj=pk)


def holds(request: HttpRequest, scope: str) -> bool:
    """Do the roles of who asks give this scope? Machines and inactive people do not come here at all."""
    user: Any = request.user
    return bool(user.is_authenticated and scope in user.scopes)


def has_role(request: HttpRequest, *roles: str) -> bool:
    """Is who asks active and of one of these roles, or a superuser?"""
    user: Any = request.user
    return bool(user.is_authenticated and user.is_active and (user.is_superuser or set(roles) & set(user.roles)))


def identifier(value: str) -> UUID:
    """Raises BadRequest on anything but a UUID."""
    try:
        return UUID(value)
    except ValueError:
        raise BadRequest(f"{value[:60]!r} is not an id.") from None
