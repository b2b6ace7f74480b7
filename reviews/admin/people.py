"""What the people of a desk have done of late. Of verdicts only those of closed rounds: who has voted in an open one is sealed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, QuerySet
from django.utils import timezone

from factcheck.accounts.admin import desks_are_named
from factcheck.accounts.models import User
from factcheck.ids import first_key_at
from reviews.facts import NOT_AT_WORK
from reviews.models import Approval, Desk, DeskMembership, Evidence, Review, Verdict

DAYS = 30


@dataclass(frozen=True, slots=True)
class Work:
    """By person, a number for each of `labels`."""

    labels: tuple[str, ...]
    by_person: dict[UUID, list[int]]


def work_of(desk: Desk, people: Collection[User]) -> Work:
    since = timezone.now() - timedelta(days=DAYS)
    recent: dict[str, Any] = {"pk__gte": first_key_at(since)}
    counted: dict[str, tuple[QuerySet[Any], str]] = {
        "leads now": (Review.objects.filter(desk=desk).exclude(stage__in=NOT_AT_WORK), "lead"),
        "evidence": (Evidence.objects.filter(review__desk=desk, **recent), "added_by"),
        "verdicts": (Verdict.objects.filter(seat__round__review__desk=desk, **recent), "author"),
        "approvals": (Approval.objects.filter(review__desk=desk, **recent), "approver"),
    }
    numbers: dict[UUID, list[int]] = {user.pk: [] for user in people}
    for rows, column in counted.values():
        of_them = rows.filter(**{f"{column}__in": list(numbers)}).order_by().values_list(column)
        found = dict(of_them.annotate(n=Count("pk")))
        for user_id, row in numbers.items():
            row.append(found.get(user_id, 0))
    return Work(tuple(counted), numbers)


@desks_are_named
def desks_of_people(ids: Collection[UUID]) -> dict[UUID, str]:
    names: defaultdict[UUID, list[str]] = defaultdict(list)
    of_them = DeskMembership.objects.filter(user__in=ids).order_by("desk__name")
    for user_id, name in of_them.values_list("user", "desk__name"):
        names[user_id].append(name)
    return {user_id: ", ".join(found) for user_id, found in names.items()}
