"""Desks and their people."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib import admin, messages
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path
from django.utils.safestring import SafeString

from claims.admin.forms import line_feeds
from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from factcheck.admin.base import identifier
from factcheck.errors import ActionNotAllowed, InvalidInput
from factcheck.templatetags.desk import age
from reviews import workflow
from reviews.admin.definitions import read, written
from reviews.admin.people import Work, work_of
from reviews.admin.statistics import page_of_statistics
from reviews.admin.versions import VERSIONS_OFFERED, Versioned
from reviews.models import Desk, RatingScaleVersion, ReviewPolicy
from reviews.workflow import desks

PEOPLE_OFFERED = 200


class Undone(Exception):
    """Ends a transaction that only looked what saving would do."""


@admin.register(Desk)
class DeskAdmin(Versioned):
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
            "people": [
                (user, list(zip(work.labels, work.by_person.get(user.pk, ()), strict=True))) for user in members
            ],
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
