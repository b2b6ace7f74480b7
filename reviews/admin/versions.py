"""Policies and rating scales. A version is never edited: the next one takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString

from claims.admin.forms import line_feeds
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import RecordAdmin, identifier
from factcheck.errors import InvalidInput, Problem
from factcheck.templatetags.desk import age, spaced
from reviews import workflow
from reviews.admin.definitions import read, written_points
from reviews.facts import OVER, Stage
from reviews.models import Desk, RatingScaleVersion, ReviewPolicy
from reviews.workflow import desks

VERSIONS_OFFERED = 50
# What a policy's numbers are called here, and what those mean of which its document says nothing.
LABELS = {
    "seats_high_risk": "Seats at high risk",
    "lead_may_hold_seat": "The lead may hold a seat",
    "draft_author_may_be_lead": "The lead may write the draft",
    "approver_may_edit_draft": "Who approves may edit the draft",
    "discussion_rounds": "Rounds of discussion",
    "auto_open": "Reviews open by themselves",
    "min_origins": "Origins at least",
    "both_sides_required": "Both sides are needed",
    "reply_days": "Days for a reply",
    "correction_ack_days": "Days to look into a request",
    "correction_resolve_days": "Days to answer a request",
    "lease_hours": "Hours of a lease",
    "hours_by_stage": "Hours by stage",
}
MEANINGS = {
    "seats_high_risk": "Independent verdicts on a claim of high risk.",
    "lead_may_hold_seat": "Otherwise whoever leads a review gives no verdict in it.",
    "both_sides_required": "Evidence for the claim and against it, or a declared search that found none.",
    "hours_by_stage": "Until a review in that stage is overdue.",
}


class Versioned(RecordAdmin):
    """Rows that whoever keeps the accounts adds to and nobody edits."""

    new_page = "/{id}/new-version/"

    def may_keep(self, request: HttpRequest) -> bool:
        return self.may(request, "POST", self.new_page)

    def own(self, address: str, view: Any, name: str) -> URLPattern:
        route = f"reviews_{self.opts.model_name}_{name}"
        return path(f"<path:object_id>/{address}", self.admin_site.admin_view(view), name=route)

    def page_of(self, pk: UUID) -> str:
        return reverse(f"admin:reviews_{self.opts.model_name}_change", args=[pk])

    def refused(self, request: HttpRequest, row: Any, problem: Problem, **context: Any) -> HttpResponse:
        """The page again, with what was typed and what is wrong with it."""
        shown = self.page_context(request, row) | {"problem": problem} | context
        answer = self.render(request, self.page_template, row, shown)
        answer.status_code = problem.status
        return answer


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(Versioned):
    page_template = "admin/reviews/reviewpolicy/page.html"
    list_display = ("__str__", "seats", "at_high_risk", "origins", "lease", "since")
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern]:
        return [self.own("new-version/", self.new_version, "new_version"), *super().get_urls()]

    @admin.display(description=LABELS["seats_high_risk"], ordering="seats_high_risk")
    def at_high_risk(self, policy: ReviewPolicy) -> str:
        return f"{policy.seats_high_risk:,}"

    @admin.display(description=LABELS["min_origins"], ordering="min_origins")
    def origins(self, policy: ReviewPolicy) -> str:
        return f"{policy.min_origins:,}"

    @admin.display(description=LABELS["lease_hours"], ordering="lease_hours")
    def lease(self, policy: ReviewPolicy) -> str:
        return f"{policy.lease_hours:,}"

    @admin.display(description="age", ordering="id")
    def since(self, policy: ReviewPolicy) -> SafeString:
        return age(policy.created_at)

    def page_context(self, request: HttpRequest, row: ReviewPolicy) -> dict[str, Any]:
        previous = ReviewPolicy.objects.filter(name=row.name, number=row.number - 1).first()
        return {
            "title": str(row),
            "numbers": list(_numbers(row, previous)),
            "previous": previous,
            "versions": ReviewPolicy.objects.filter(name=row.name).order_by("-number")[:VERSIONS_OFFERED],
            "used_by": Desk.objects.filter(policy=row).order_by("name"),
            "reviews": reviews_by_stage(request, policy=row),
            "may_keep": self.may_keep(request),
            "form": PolicyForm(initial=_initial(row)),
        }

    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(ReviewPolicy, pk=identifier(object_id))
        form = PolicyForm(request.POST)
        try:
            if not form.is_valid():
                raise InvalidInput("Not all of these are numbers.")
            policy = desks.add_other_policy(row.name, form.numbers, actor=actor_of(request))
        except InvalidInput as problem:
            form.tell(problem)
            return self.refused(request, row, problem, form=form)
        self.message_user(request, f"{policy} is there. A desk uses it once its page says so.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(policy.pk))


@admin.register(RatingScaleVersion)
class RatingScaleVersionAdmin(Versioned):
    page_template = "admin/reviews/ratingscaleversion/page.html"
    list_display = ("__str__", "labels", "since")
    list_select_related = ("scale",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RatingScaleVersion]:
        return RatingScaleVersion.objects.select_related("scale")

    def get_urls(self) -> list[URLPattern]:
        return [self.own("new-version/", self.new_version, "new_version"), *super().get_urls()]

    @admin.display(description="points")
    def labels(self, version: RatingScaleVersion) -> str:
        return ", ".join(point["label"] for point in version.points)

    @admin.display(description="age", ordering="id")
    def since(self, version: RatingScaleVersion) -> SafeString:
        return age(version.created_at)

    def page_context(self, request: HttpRequest, row: RatingScaleVersion) -> dict[str, Any]:
        return {
            "title": str(row),
            "versions": row.scale.versions.select_related("scale").order_by("-number")[:VERSIONS_OFFERED],
            "used_by": Desk.objects.filter(scale=row).order_by("name"),
            "reviews": reviews_by_stage(request, scale=row),
            "may_keep": self.may_keep(request),
            "points": written_points(row.points),
        }

    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        row = get_object_or_404(self.get_queryset(request), pk=identifier(object_id))
        typed = line_feeds(request.POST.get("points", ""))
        try:
            points = read(typed, of=list)
            version = desks.add_other_scale_version(row.scale.name, points, actor=actor_of(request))
        except InvalidInput as problem:
            return self.refused(request, row, problem, points=typed)
        self.message_user(request, f"{version} is there. A desk uses it once its page says so.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(version.pk))


class PolicyForm(forms.Form):
    """The numbers of a policy; what they may be is looked at by the verb alone."""

    def __init__(self, data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial, label_suffix="")
        for name in desks.NUMBERS:
            field: Any = ReviewPolicy._meta.get_field(name)
            label, words = _label(name), _meaning(name)
            if name == "hours_by_stage":
                for stage in Stage:
                    if stage in OVER and f"hours-{stage}" not in (data or initial or {}):
                        continue  # nothing is overdue there
                    of_stage = f"Hours in {spaced(stage)} until it is overdue"
                    self.fields[f"hours-{stage}"] = forms.FloatField(required=False, label=of_stage)
            elif isinstance(field.default, bool):
                self.fields[name] = forms.BooleanField(required=False, label=label, help_text=words)
            else:
                self.fields[name] = forms.IntegerField(required=False, label=label, help_text=words)
        for field in self.fields.values():
            if isinstance(field, forms.FloatField | forms.IntegerField):
                field.widget.attrs["class"] = "short"

    @property
    def numbers(self) -> dict[str, Any]:
        given = {name: value for name, value in self.cleaned_data.items() if not name.startswith("hours-")}
        hours = {
            name.removeprefix("hours-"): int(value) if value == int(value) else value
            for name, value in self.cleaned_data.items()
            if name.startswith("hours-") and value is not None
        }
        return given | {"hours_by_stage": hours}

    def tell(self, problem: Problem) -> None:
        for error in problem.errors:
            name = (error.pointer or "").removeprefix("/").replace("hours_by_stage/", "hours-")
            if name not in self.errors:
                self.add_error(name if name in self.fields else None, error.detail)
        if not problem.errors and not self.errors:
            self.add_error(None, problem.detail)


def _initial(policy: ReviewPolicy) -> dict[str, Any]:
    return desks.numbers_of(policy) | {f"hours-{stage}": hours for stage, hours in policy.hours_by_stage.items()}


def _numbers(policy: ReviewPolicy, previous: ReviewPolicy | None) -> Iterator[tuple[str, str, str, str]]:
    """Name, value, the value before where it was another, what it means."""
    for name in desks.NUMBERS:
        now, before = (_said(getattr(each, name)) if each else "" for each in (policy, previous))
        yield _label(name), now, before if previous and before != now else "", _meaning(name)


def _label(name: str) -> str:
    return LABELS.get(name, spaced(name).capitalize())


def _meaning(name: str) -> str:
    return MEANINGS.get(name) or str(ReviewPolicy._meta.get_field(name).help_text)  # type: ignore[union-attr]


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{spaced(stage)} {hours}" for stage, hours in value.items()) or "none"
    return f"{value:,}"


def reviews_by_stage(request: HttpRequest, **of: Any) -> list[tuple[str, int]]:
    """Of the reviews that the reader sees, how many rest on this version, by stage."""
    found = workflow.visible_to(actor_of(request)).filter(**of).values_list("stage").annotate(n=Count("pk"))
    counts = dict(found.order_by())
    return [(spaced(stage), counts[stage]) for stage in Stage if stage in counts]
