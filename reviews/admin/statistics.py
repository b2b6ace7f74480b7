"""How desks work, as charts with their tables: the numbers are those of the API, of the same reviews."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest

from factcheck.accounts.permissions import actor_of
from factcheck.charts.bars import Chart, bars
from factcheck.templatetags.desk import thousands
from reviews import statistics, workflow
from reviews.filters import SelectionFilter
from reviews.models import Review

GROUPS_SHOWN = 20
COEFFICIENTS = {
    "raw": "Raw agreement",
    "cohen_kappa": "Cohen's kappa",
    "scott_pi": "Scott's pi",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
}
DATES = {"opened_after": "T00:00:00Z", "opened_before": "T00:00:00Z"}


class Table:
    """A chart and what it says, in rows."""

    def __init__(self, title: str, columns: tuple[str, ...], rows: list[tuple[Any, ...]], chart: Chart) -> None:
        self.title, self.columns, self.rows, self.chart = title, columns, rows, chart


def page_of_statistics(request: HttpRequest) -> dict[str, Any]:
    """What the page shows, of the reviews that its reader sees and its form asks for."""
    asked = {name: request.GET.get(name, "") for name in ("desk", "by", *DATES)}
    told = {name: value + DATES.get(name, "") for name, value in asked.items() if value}
    seen = workflow.visible_to(actor_of(request))
    chosen = SelectionFilter(told, queryset=seen, request=request)
    is_valid = chosen.is_valid()
    parameters = {name: value for name, value in told.items() if name != "by"}
    context: dict[str, Any] = {
        "title": "Statistics",
        "asked": asked,
        "desks": workflow.desks_of(actor_of(request)).order_by("name").values_list("pk", "name"),
        "groups": statistics.GROUP_CHOICES,
        "wrong": [] if is_valid else [f"{name}: {' '.join(words)}" for name, words in chosen.errors.items()],
        "exports": [
            (name, f"/api/v1/statistics/{name}?{urlencode(told if name == 'selection.csv' else parameters)}")
            for name in ("verdicts.csv", "stages.csv", "selection.csv")
        ],
    }
    if is_valid:
        reviews = chosen.qs
        context |= {
            "rounds": statistics.rounds_closed(reviews),
            "agreement": list(_agreement(reviews)),
            "tables": [
                _turnaround(reviews),
                _selection(statistics.selection(reviews, chosen.claims, chosen.group), chosen.group),
                _corrections(),
            ],
        }
    return context


def _agreement(reviews: QuerySet[Review]) -> Iterator[Table]:
    for scale, found in statistics.agreement_by_scale(reviews).items():
        each = [(label, getattr(found, name)) for name, label in COEFFICIENTS.items()]
        rows = [(label, _value(one.value, one.reason), one.n_units, one.n_pairs) for label, one in each]
        chart = bars(((label, {"": (one.value, _value(one.value, one.reason))}) for label, one in each), most=1.0)
        yield Table(f"Agreement on {scale}", ("Coefficient", "Value", "Rounds", "Pairs of verdicts"), rows, chart)


def _turnaround(reviews: QuerySet[Review]) -> Table:
    found = {stage: spread for stage, spread in statistics.turnaround(reviews).items() if spread.n}
    rows = [
        (_words(stage), _value(spread.median, spread.reason), _value(spread.p90, spread.reason), spread.n)
        for stage, spread in found.items()
    ]
    chart = bars(
        (
            _words(stage),
            {
                "median": (_shown(spread.median), _value(spread.median, spread.reason)),
                "nine of ten within": (_shown(spread.p90), _value(spread.p90, spread.reason)),
            },
        )
        for stage, spread in found.items()
    )
    return Table("Hours in each stage", ("Stage", "Median", "Nine of ten within", "Times left"), rows, chart)


def _selection(found: tuple[statistics.Selection, ...], by: str) -> Table:
    most = sorted(found, key=lambda one: (-one.chosen.count, -one.found, one.group or ""))[:GROUPS_SHOWN]
    rows = [
        (one.group or "not known", one.found, one.chosen.count, _percent(one.chosen.share, one.chosen.reason))
        for one in most
    ]
    chart = bars(
        (
            one.group or "not known",
            {
                "claims found": (one.found, thousands(one.found)),
                "chosen for review": (one.chosen.count, thousands(one.chosen.count)),
            },
        )
        for one in most
    )
    title = f"Whose claims were chosen, by {by}"
    return Table(title, (by.capitalize(), "Claims found", "Chosen", "Share of what was chosen"), rows, chart)


def _corrections() -> Table:
    clocks = statistics.corrections()
    each = {"acknowledged in time": clocks.acknowledged_in_time, "resolved in time": clocks.resolved_in_time}
    rows = [
        (label.capitalize(), kept.in_time, kept.n, _percent(kept.share, kept.reason)) for label, kept in each.items()
    ]
    chart = bars(
        ((label, {"": (kept.share, _percent(kept.share, kept.reason))}) for label, kept in each.items()), most=1.0
    )
    title = f"Readers' requests for a correction, of all desks: {clocks.received:,}"
    return Table(title, ("What", "In time", "Of", "Share"), rows, chart)


def _shown(hours: float | None) -> float | None:
    """As far as it is said: no bar is longer than its number."""
    return None if hours is None else round(float(hours), 3)


def _value(value: float | None, reason: Any) -> str:
    return _none(reason) if value is None else thousands(float(value))


def _percent(share: float | None, reason: Any) -> str:
    return _none(reason) if share is None else f"{100 * share:.1f} %"


def _none(reason: Any) -> str:
    return _words(reason) if reason == "none_yet" else f"none: {_words(reason)}"


def _words(name: Any) -> str:
    return str(name).replace("_", " ")
