"""Quantities and times of a claim in words for people. They come as the JSON that `claims.extraction.base.as_json` makes."""

from __future__ import annotations

from datetime import date
from typing import Any

from factcheck.templatetags.desk import thousands

COMPARATORS = {
    "about": "about ", "at_least": "at least ", "at_most": "at most ", "more_than": "more than ", "less_than": "less than ",
}  # fmt: skip


def understood(quantity: dict[str, Any]) -> str:
    """ "11,000 to 33,000 people", "×1.09 (9 %)", "more than 40 % of voters"."""
    factor, amount = quantity.get("factor"), _amount(quantity)
    if factor is None:
        return amount or "not parsed"
    times = f"×{thousands(factor)}"
    return f"{times} ({amount})" if amount else times


def in_short(quantity: dict[str, Any]) -> str:
    """A quantity in the article's words, with what was understood by a word of change."""
    words: str = quantity["span"]["quotation"]
    return f"{words} (×{thousands(quantity['factor'])})" if quantity.get("factor") else words


def _amount(quantity: dict[str, Any]) -> str:
    value, maximum, unit, of = (quantity.get(name) for name in ("value", "maximum", "unit", "of"))
    if value is None:
        return ""
    number = thousands(value) if maximum is None else f"{thousands(value)} to {thousands(maximum)}"
    words = COMPARATORS.get(quantity.get("comparator") or "", "") + number + (f" {unit}" if unit else "")
    if not of or of == unit:
        return words
    # A bare number counts things; a measure or a share is of something.
    return f"{words} of {of}" if unit or quantity.get("form") in ("percentage", "money") else f"{words} {of}"


def when(time: dict[str, Any]) -> str:
    """ "2021", "July 2021", "2 July 2021", "1 July 2021 to 3 August 2021"; "year open" where the words name none."""
    if not time.get("start_on"):
        return "year open" if time.get("precision") else "not a date"
    start = date.fromisoformat(time["start_on"])
    end = date.fromisoformat(time.get("end_on") or time["start_on"])
    form = {"year": "%Y", "month": "%B %Y"}.get(time.get("precision", ""), "%-d %B %Y")
    first, last = start.strftime(form), end.strftime(form)
    return first if first == last else f"{first} to {last}"


def how_known(time: dict[str, Any]) -> str:
    if time.get("is_resolved"):
        return "the year follows from the publication date"
    if time.get("start_on"):
        return "the text says so"
    return "the words name no year, and when the article was published is not known"
