"""Small pieces of the desk's pages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django import template

from claims.models import Claim, ImportRun
from claims.triage import TriageStatus
from factcheck.accounts.needs import READ, REVIEW, TRIAGE
from factcheck.accounts.permissions import actor_of, meets
from factcheck.charts.columns import Chart, chart
from factcheck.notifications import readers
from reviews import workflow
from reviews.admin.parts import counters
from reviews.admin.reviews import ready_claims
from reviews.corrections import ANSWERED
from reviews.flow import MOST as MOST_OF_A_DAY
from reviews.flow import flow
from reviews.presenting import STANCES

register = template.Library()

IMPORTS_SHOWN = 5
MOST = 1000  # claims, or requests, that are counted


@register.inclusion_tag("admin/reviews/counters.html", takes_context=True)
def desk_home(context: Any) -> dict[str, Any]:
    """What waits, and for whom."""
    request = context["request"]
    reader = actor_of(request)
    desks = list(workflow.desks_of(reader).order_by("name").values_list("pk", "name"))
    reads = meets(request, READ)
    requests = workflow.requests_visible_to(reader).exclude(state__in=ANSWERED).order_by()
    waiting = Claim.objects.filter(triage_status=TriageStatus.CANDIDATE).order_by()
    return {
        "request": request,
        "csrf_token": context.get("csrf_token"),
        "counters": counters(reader),
        "ready": ready_claims().order_by()[: MOST + 1].count() if meets(request, TRIAGE) else None,
        "candidates": waiting[: MOST + 1].count() if reads else None,
        "unread": readers.unread(reader),
        "most_unread": readers.MAX_COUNTED,
        "requests": requests[: MOST + 1].count(),
        "charts": charts([pk for pk, _ in desks]) if reads else [],
        "most": MOST,
        "desks": desks if meets(request, REVIEW) and "researcher" in reader.roles else [],
        "imports": ImportRun.objects.order_by("-id")[:IMPORTS_SHOWN] if reads else None,
    }


def charts(desks: Collection[UUID]) -> list[Chart]:
    """What comes in and what goes out, of claims and of the reviews of these desks."""
    days = flow(desks)

    def of(title: str, **series: str) -> Chart:
        groups = [(f"{day.on:%-d %b}", [getattr(day, name) for name in series]) for day in days]
        return chart(title, list(series.values()), groups, most=MOST_OF_A_DAY, named=3)

    return [of("Claims", claims="came in", decided="decided"), of("Reviews", opened="opened", published="published")]


@register.filter
def instant(told: str | datetime) -> datetime:
    """A moment as the API writes it."""
    return told if isinstance(told, datetime) else datetime.fromisoformat(told)


@register.filter
def is_web(address: str) -> bool:
    """An address of another scheme is shown, never linked."""
    return address.startswith(("http://", "https://"))


@register.filter
def of(told: Mapping[str, Any], key: str) -> Any:
    return told.get(key, "")


@register.filter
def label_in(code: str, labels: Mapping[str, str]) -> str:
    """A rating in the words of its scale."""
    return labels.get(code, code)


@register.filter
def stance(code: str) -> str:
    return STANCES.get(code, code)


@register.filter
def as_lines(made: Any) -> str:
    return orjson.dumps(made, option=orjson.OPT_INDENT_2).decode()
