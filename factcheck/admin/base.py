"""Pages that show rows; only verbs change them.

Roles decide what a person may do here, as they do in the API: model permissions that somebody ticked by hand give nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.admin import helpers
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR, ChangeList
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from factcheck import routes
from factcheck.accounts.models import User
from factcheck.accounts.needs import AUDIT, NOT_WRITTEN
from factcheck.accounts.permissions import actor_of, meets
from factcheck.audit.past import Past, past_of
from factcheck.templatetags.desk import spaced

COUNTED = 1000  # rows; a list that holds more says so instead of counting them
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

    def get_filters_params(self, params: Any = None) -> dict[str, list[str]]:
        found: dict[str, list[str]] = super().get_filters_params(params)
        if any("\0" in value for values in found.values() for value in values):
            raise IncorrectLookupParameters  # no column holds it, and PostgreSQL refuses to look
        return found

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
            if (is_tabs(spec) and chosen != ["All"]) or spec.used_parameters:
                words += [f"{spec.title}: {', '.join(chosen)}"] if chosen else []
        return words

    @property
    def is_narrowed(self) -> bool:
        return bool(self.query or self.choices_in_force or self.page_num > 1)

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


class CodeFilter(admin.ChoicesFieldListFilter):
    """By a code, in words: small, as every list and badge has them."""

    def choices(self, changelist: Any) -> Iterator[Any]:
        for number, choice in enumerate(super().choices(changelist)):
            words = str(choice["display"])
            yield {**choice, "display": spaced(words).lower() if number else words}


class TypedFilter(admin.SimpleListFilter):
    """A filter whose value is typed in instead of chosen. A subclass says what it is, and narrows."""

    template = "factcheck/typed_filter.html"
    input_type = "text"
    help_text = ""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "")]  # without any it would not be shown

    def choices(self, changelist: Any) -> Iterator[Any]:
        others = {name: value for name, value in changelist.params.items() if name != self.parameter_name}
        value = self.value() or ""
        without = changelist.get_query_string(remove=[self.parameter_name])
        yield {"selected": bool(value), "query_string": without, "display": value, "others": others}


class ByTable(admin.ModelAdmin):
    """Shows what the tables of access let somebody do. Those refuse by themselves, before a page is asked for (`accounts.gate`)."""

    act_page = "/"  # whose row says who may act on what is shown

    def may(self, request: HttpRequest, method: str, page: str = "/") -> bool:
        """Would they let this request's user do it with a page of this model?"""
        address = f"/admin/{self.opts.app_label}/{self.opts.model_name}{page}"
        return meets(request, routes.need_of_page(method, address))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "GET")

    def has_act_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "POST", self.act_page)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request, "POST", "/add/")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "POST", "/{id}/change/")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.may(request, "POST", "/{id}/delete/")


class RecordAdmin(ByTable):
    """A list and a page of rows that no form here writes.

    A subclass names its `page_template` and fills it through `page_context`. Its rows in the table of access say who may see it, act on
    it (`@admin.action(permissions=["act"])`) and add to it.
    """

    page_template: str
    change_list_template: ClassVar[Any] = "factcheck/change_list.html"
    action_keys: ClassVar[Mapping[str, str]] = {}  # of the buttons above its list
    shows_workers = False  # above its list: is somebody there to do the work?
    # What comes of actions that no other takes back, in words: each is asked for twice.
    consequences: ClassVar[dict[str, str]] = {}
    add_label = ""  # what its button says, where that is not "Add" and its name

    list_per_page = 50
    list_max_show_all = 0
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER

    class Media:
        css = {"all": ("factcheck/admin.css",)}

    # Pages

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return Pages

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        if request.method == "POST":
            for selected in request.POST.getlist(helpers.ACTION_CHECKBOX_NAME):
                identifier(selected)
        title = str(self.opts.verbose_name_plural).capitalize()
        own = {"title": title, "shows_workers": self.shows_workers, "add_label": self.add_label}
        return super().changelist_view(request, own | (extra_context or {}))

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        action = request.POST.get("action", "")
        known = self.get_actions(request).get(action)
        if known is None or action not in self.consequences or "confirm" in request.POST:
            return super().response_action(request, queryset)
        ticked = request.POST.getlist(helpers.ACTION_CHECKBOX_NAME)[: self.list_per_page]
        label = str(known[2])
        context = {
            "title": f"{label}?",
            "action": action,
            "label": label,
            "consequence": self.consequences[action],
            "rows": self.get_queryset(request).filter(pk__in=ticked).order_by("pk"),
        }
        return self.render(request, "factcheck/confirm.html", None, context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if object_id is None:
            return self.add_page(request)
        row = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404(f"There is no {self.opts.verbose_name} {object_id[:60]!r}.")
        return self.page(request, row)

    def add_page(self, request: HttpRequest) -> HttpResponse:
        raise PermissionDenied(NOT_WRITTEN.refusal)

    def page(self, request: HttpRequest, row: Any) -> HttpResponse:
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
        pk = identifier(unquote(object_id))
        row = self.get_object(request, str(pk))
        past = self.past_of(pk, reader=actor_of(request))
        if row is None and not past:
            raise Http404(f"There is no {self.opts.verbose_name} {pk}.")
        context = {"title": f"Past of this {self.opts.verbose_name}", "crumb": "Past", "past": past}
        return self.render(request, "factcheck/past.html", row, context | {"may_audit": meets(request, AUDIT)})

    def past_of(self, pk: UUID, *, reader: User) -> list[Past]:
        return past_of(self.model, pgh_obj=pk, reader=reader)


def identifier(value: str) -> UUID:
    """Raises BadRequest on anything but a UUID."""
    try:
        return UUID(value)
    except ValueError:
        raise BadRequest(f"{value[:60]!r} is not an id.") from None
