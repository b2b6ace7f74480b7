"""The parts that a person's work falls into: the counters of the desk's home, and the tabs above the list of reviews."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Count, Min, Q, QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest

from factcheck.accounts.models import User
from factcheck.accounts.permissions import actor_of
from reviews import workflow
from reviews.facts import NOT_AT_WORK, OVER, Stage
from reviews.models import Review


@dataclass(frozen=True, slots=True)
class Part:
    """`of` says which of the reviews that somebody sees are in it; of all who see them the same, unless it is `own`."""

    name: str
    label: str
    of: Callable[[User], Q]
    is_own: bool = False


def _staged(*stages: Stage) -> Callable[[User], Q]:
    return lambda user: Q(stage__in=stages)


def _judged(user: User) -> Q:
    return Q(pk__in=workflow.to_be_judged_by(user).values("pk"))


PARTS = (
    Part("mine", "Mine", lambda user: Q(lead=user) & ~Q(stage__in=NOT_AT_WORK), is_own=True),
    Part("verdict", "Waiting for your verdict", _judged, is_own=True),
    Part("adjudicate", "For you to decide", lambda user: Q(adjudicator=user, stage=Stage.ADJUDICATION), is_own=True),
    Part("unassigned", "Unassigned", lambda user: Q(stage=Stage.QUEUED, held_at=None)),
    Part("rating", "Being rated", _staged(Stage.RATING)),
    Part("discussion", "In discussion", _staged(Stage.DISCUSSION)),
    Part("approve", "To approve", _staged(Stage.COPY_EDIT)),
    Part("publish", "To publish", _staged(Stage.APPROVED)),
    Part("revision", "In doubt", _staged(Stage.UNDER_REVISION)),
    Part("overdue", "Overdue", lambda user: Q(due_at__lt=Now(), held_at=None) & ~Q(stage__in=OVER)),
    Part("held", "On hold", lambda user: Q(held_at__isnull=False)),
)
BY_NAME = {part.name: part for part in PARTS}


@dataclass(frozen=True, slots=True)
class Counter:
    part: Part
    count: int
    oldest: datetime | None  # since when the one that has waited longest is in its stage


def at_work(reviews: QuerySet[Review]) -> QuerySet[Review]:
    return reviews.exclude(stage__in=NOT_AT_WORK)


def counters(user: User) -> list[Counter]:
    """How many of the reviews that are not over or merely public are in each part, in one query."""
    told: dict[str, Any] = {}
    for part in PARTS:
        told[part.name] = Count("pk", filter=part.of(user))
        told[f"{part.name}_oldest"] = Min("entered_stage_at", filter=part.of(user))
    found = at_work(workflow.visible_to(user)).aggregate(**told)
    return [Counter(part, found[part.name], found[f"{part.name}_oldest"]) for part in PARTS]


class PartFilter(admin.SimpleListFilter):
    title = "part"
    parameter_name = "part"
    is_tabs = True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("", "All"), *((part.name, part.label) for part in PARTS)]

    def choices(self, changelist: Any) -> Iterator[Any]:
        for value, words in self.lookup_choices:
            address = changelist.get_query_string({self.parameter_name: value or None})
            yield {"selected": value == (self.value() or ""), "query_string": address, "display": words}

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        part = BY_NAME.get(self.value() or "")
        return at_work(queryset.filter(part.of(actor_of(request)))) if part else queryset


class DeskFilter(admin.SimpleListFilter):
    """By desk, of those that the reader knows."""

    title = "desk"
    parameter_name = "desk"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        mine = workflow.desks_of(actor_of(request)).order_by("name").values_list("pk", "name")
        return [(str(pk), name) for pk, name in mine]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Review]) -> QuerySet[Review]:
        value = self.value()
        known = {known for known, _ in self.lookup_choices}
        return queryset.filter(desk=UUID(value)) if value in known and value else queryset
