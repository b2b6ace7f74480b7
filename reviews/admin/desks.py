"""Desks, their people, and the versions of policies and scales. A version is never edited: the next one takes its place."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
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
from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import RecordAdmin, identifier
from factcheck.api.parsers import loads
from factcheck.api.problems import Malformed, TooLarge
from factcheck.errors import ActionNotAllowed, InvalidInput, Problem
from factcheck.templatetags.desk import age
from reviews import workflow
from reviews.admin.people import Work, work_of
from reviews.admin.statistics import page_of_statistics
from reviews.facts import OVER, Stage
from reviews.models import Desk, RatingScaleVersion, ReviewPolicy
from reviews.workflow import desks

PEOPLE_OFFERED = 200
VERSIONS_OFFERED = 50


class Undone(Exception):
    """Ends a transaction that only looked what saving would do."""


class _Kept(RecordAdmin):
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


@admin.register(Desk)
class DeskAdmin(_Kept):
    page_template = "admin/reviews/desk/page.html"
    change_list_template = "admin/reviews/desk/change_list.html"
    list_display = ("name", "policy", "scale", "people", "since")
    list_select_related = ("policy", "scale__scale")
    ordering = ("name",)
    add_label = "New desk"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Desk]:
        found = Desk.objects.select_related("policy", "scale__scale").annotate(member_count=Count("memberships"))
        # Whoever keeps the accounts sees who is of which desk, and no review by it.
        return (
            found if self.may_keep(request) else found.filter(pk__in=workflow.desks_of(actor_of(request)).values("pk"))
        )

    def get_urls(self) -> list[URLPattern]:
        statistics = self.admin_site.admin_view(self.statistics)
        return [
            path("statistics/", statistics, name="reviews_desk_statistics"),
            self.own("new-version/", self.new_version, "new_version"),
            self.own("use/", self.use, "use"),
            self.own("people/", self.people_of, "people"),
            *super().get_urls(),
        ]

    def statistics(self, request: HttpRequest) -> HttpResponse:
        return self.render(request, "admin/reviews/desk/statistics.html", None, page_of_statistics(request))

    @admin.display
    def people(self, desk: Any) -> str:
        return f"{desk.member_count:,}"

    @admin.display(description="age", ordering="id")
    def since(self, desk: Desk) -> SafeString:
        return age(desk.created_at)

    def page_context(self, request: HttpRequest, row: Desk) -> dict[str, Any]:
        may_keep = self.may_keep(request)
        members = list(User.objects.with_roles().filter(memberships__desk=row).order_by("username"))
        may_count = workflow.desks_of(actor_of(request)).filter(pk=row.pk).exists()
        work = work_of(row, members) if may_count else Work((), {})
        return {
            "title": row.name,
            "people": [(user, work.by_person.get(user.pk)) for user in members],
            "counts": work.labels,
            "staffing": desks.staffing_of(row, row.policy),
            "may_keep": may_keep,
            "tag": desks.tag_of(row),
            "others": _others(members) if may_keep else [],
            "policies": ReviewPolicy.objects.order_by("name", "-number")[:VERSIONS_OFFERED] if may_keep else [],
            "scales": _scales() if may_keep else [],
            "definition": written(desks.definition_of(row)),
            "asked": "",
        }

    def add_page(self, request: HttpRequest) -> HttpResponse:
        """A desk from the same words that the command reads from a file."""
        first = Desk.objects.select_related("policy", "scale__scale").order_by("id").first()
        typed = line_feeds(request.POST.get("definition", "")) or written(_blank(first))
        context: dict[str, Any] = {"title": "New desk", "definition": typed}
        status = 200
        if request.method == "POST":
            try:
                wanted = read(typed)
                if Desk.objects.filter(name=wanted.get("name", "")).exists():
                    raise InvalidInput(f"There is a desk called {wanted['name']!r}: its page gives it new versions.")
                desk = desks.load_desk(wanted, actor=actor_of(request))
            except InvalidInput as refused:
                context["problem"], status = refused, refused.status
            else:
                self.message_user(request, f"{desk.name} is there: now add its people.", messages.SUCCESS)
                return HttpResponseRedirect(self.page_of(desk.pk))
        answer = self.render(request, "admin/reviews/desk/add.html", None, context)
        answer.status_code = status
        return answer

    def new_version(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The desk's words with something changed: looked at, or saved."""
        row, refusal = self._posted(request, object_id)
        if refusal:
            return refusal
        typed, looks = line_feeds(request.POST.get("definition", "")), "look" in request.POST
        context: dict[str, Any] = {"definition": typed, "asked": "definition"}
        try:
            with self._locked(request, row) as desk:
                wanted = read(typed)
                if wanted.get("name") != desk.name:
                    raise InvalidInput(f"This page is of {desk.name!r}: a desk keeps its name.")
                before = (desk.policy, desk.scale)
                saved = desks.load_desk(wanted, actor=actor_of(request))
                context["outcome"] = [
                    (str(was), str(now), was.pk == now.pk)
                    for was, now in zip(before, (saved.policy, saved.scale), strict=True)
                ]
                context["outcome_staffing"] = desks.staffing_of(saved, saved.policy)
                if looks:
                    raise Undone
        except Undone:
            return self.render(request, self.page_template, row, self.page_context(request, row) | context)
        except (InvalidInput, ActionNotAllowed) as problem:
            return self.refused(request, row, problem, **context)
        self.message_user(request, f"{saved.name} reviews under {saved.policy} on {saved.scale} now.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(row.pk))

    def use(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Versions that are there already, the ones before too: reviews that are open keep theirs."""
        row, refusal = self._posted(request, object_id)
        if refusal:
            return refusal
        policy = get_object_or_404(ReviewPolicy, pk=identifier(request.POST.get("policy", "")))
        scale = get_object_or_404(RatingScaleVersion, pk=identifier(request.POST.get("scale", "")))
        try:
            with self._locked(request, row) as desk:
                desk.policy, desk.scale = policy, scale
                desks.save_desk(desk, members=_members(desk), actor=actor_of(request))
        except (InvalidInput, ActionNotAllowed) as problem:
            return self.refused(request, row, problem)
        self.message_user(request, f"{row.name} reviews under {policy} on {scale} now.", messages.SUCCESS)
        return HttpResponseRedirect(self.page_of(row.pk))

    def people_of(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Somebody joins or leaves; either is taken back by the other."""
        row, refusal = self._posted(request, object_id)
        if refusal:
            return refusal
        joins, leaves = request.POST.get("joins", "").replace("\0", "").strip()[:150], request.POST.get("leaves", "")
        try:
            with self._locked(request, row) as desk:
                user = _person(joins, leaves)
                present = {member.pk: member for member in _members(desk)}
                if not leaves:
                    present[user.pk] = user
                elif present.pop(user.pk, None) is None:
                    raise InvalidInput(f"{user.username} is not of this desk.")
                desks.save_desk(desk, members=list(present.values()), actor=actor_of(request))
        except (InvalidInput, ActionNotAllowed) as problem:
            return self.refused(request, row, problem, asked="people")
        words = f"{user.username} has left {row.name}." if leaves else f"{user.username} is of {row.name} now."
        self.message_user(request, words, messages.SUCCESS)
        return HttpResponseRedirect(f"{self.page_of(row.pk)}#people")

    def _posted(self, request: HttpRequest, object_id: str) -> tuple[Any, HttpResponse | None]:
        if request.method != "POST":
            return None, HttpResponseNotAllowed(["POST"])
        return get_object_or_404(self.get_queryset(request), pk=identifier(object_id)), None

    @contextmanager
    def _locked(self, request: HttpRequest, row: Desk) -> Iterator[Desk]:
        with desks.changing(row.pk, request.POST.get("tag", "")) as desk:
            yield desk


@admin.register(ReviewPolicy)
class ReviewPolicyAdmin(_Kept):
    page_template = "admin/reviews/reviewpolicy/page.html"
    list_display = ("__str__", "seats", "seats_high_risk", "min_origins", "lease_hours", "since")
    ordering = ("-id",)

    def get_urls(self) -> list[URLPattern]:
        return [self.own("new-version/", self.new_version, "new_version"), *super().get_urls()]

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
            "reviews": _reviews_by_stage(request, policy=row),
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
class RatingScaleVersionAdmin(_Kept):
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
            "reviews": _reviews_by_stage(request, scale=row),
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
            label = name.replace("_", " ").capitalize()
            if name == "hours_by_stage":
                for stage in Stage:
                    if stage in OVER and f"hours-{stage}" not in (data or initial or {}):
                        continue  # nothing is overdue there
                    words = f"Hours in {stage.replace('_', ' ')} until it is overdue"
                    self.fields[f"hours-{stage}"] = forms.FloatField(required=False, label=words)
            elif isinstance(field.default, bool):
                self.fields[name] = forms.BooleanField(required=False, label=label, help_text=field.help_text)
            else:
                self.fields[name] = forms.IntegerField(required=False, label=label, help_text=field.help_text)
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
        words = str(ReviewPolicy._meta.get_field(name).help_text)  # type: ignore[union-attr]
        yield name.replace("_", " "), now, before if previous and before != now else "", words


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{stage.replace('_', ' ')} {hours}" for stage, hours in value.items()) or "none"
    return f"{value:,}"


def _reviews_by_stage(request: HttpRequest, **of: Any) -> list[tuple[str, int]]:
    """Of the reviews that the reader sees, how many rest on this version, by stage."""
    found = workflow.visible_to(actor_of(request)).filter(**of).values_list("stage").annotate(n=Count("pk"))
    counts = dict(found.order_by())
    return [(stage.replace("_", " "), counts[stage]) for stage in Stage if stage in counts]


def _members(desk: Desk) -> list[User]:
    return list(User.objects.filter(memberships__desk=desk))


def _others(members: list[User]) -> list[str]:
    names = User.objects.filter(is_active=True, is_machine=False).exclude(pk__in=[user.pk for user in members])
    return list(names.order_by("username").values_list("username", flat=True)[:PEOPLE_OFFERED])


def _person(joins: str, leaves: str) -> User:
    user = User.objects.filter(pk=identifier(leaves)).first() if leaves else User.objects.filter(username=joins).first()
    if user is None:
        raise InvalidInput(f"There is nobody called {joins!r}." if joins else "Say who.")
    return user


def _scales() -> QuerySet[RatingScaleVersion]:
    return RatingScaleVersion.objects.select_related("scale").order_by("scale__name", "-number")[:VERSIONS_OFFERED]


def _blank(like: Desk | None) -> dict[str, Any]:
    """The words of a desk that is there, for one that is not yet."""
    if like is None:
        return {
            "name": "", "publisher_name": "", "publisher_url": "",
            "policy": {"name": "Standard", **desks.numbers_of(ReviewPolicy())}, "scale": {"name": "Truth", "points": []},
        }  # fmt: skip
    return desks.definition_of(like) | {"name": "", "publisher_name": "", "publisher_url": ""}


def read(typed: str, of: type[Any] = dict) -> Any:
    """JSON as somebody typed it, which has to be what the API would read. Raises InvalidInput that says in which line it breaks off."""
    try:
        found = loads(typed.encode())
    except (Malformed, TooLarge) as problem:
        raise InvalidInput(f"This is not JSON that can be kept: {problem.detail}") from None
    if not isinstance(found, of):
        raise InvalidInput("It is a list of points." if of is list else "It is no object, {...}.")
    return found


def written(definition: dict[str, Any]) -> str:
    """JSON for people: a point a line."""
    scale = definition["scale"]
    marker = "@@points@@"
    whole = json.dumps(definition | {"scale": scale | {"points": marker}}, indent=2, ensure_ascii=False)
    return whole.replace(f'"{marker}"', written_points(scale["points"], indent="    "))


def written_points(points: list[dict[str, Any]], indent: str = "") -> str:
    lines = ",\n".join(f"{indent}  {json.dumps(point, ensure_ascii=False)}" for point in points)
    return f"[\n{lines}\n{indent}]" if points else "[]"
