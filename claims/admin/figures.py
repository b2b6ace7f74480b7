"""Quantities and times of a claim in words for people. They come as the JSON that `claims.extraction.base.as_json` makes."""

from __future__ import annotations

from datetime import date
from typing import Any

from factcheck.templatetags.desk import thousands

COMPARATORS = {
    "about": "about ", "at_least": "at least ", "at_most": "at most ", "more_than": "more than ", "less_than": "less than ",
}  # fmt: skip

GAPS = {
    "baseline_missing": "what the change is measured against: the text does not say",
    "baseline_without_number": "what the change is measured against: the text gives words for it, and no number",
    "claimant_unnamed": "who says so: the text gives no name",
    "unresolved_reference": "what a word such as “it” or “they” stands for",
    "year_open": "the year: the words name none, and when the article was published is not known",
}


def gap_in_words(gap: str) -> str:
    return GAPS.get(gap, gap.replace("_", " "))


def understood(quantity: dict[str, Any]) -> str:
    """ "11,000 to 33,000 people", "rents: ×1.09 (9 %)", "more than 40 % of voters"."""
    factor, of = quantity.get("factor"), quantity.get("of")
    if factor is None:
        return _amount(quantity, of) or "not parsed"
    # Without a unit the amount of a change is the factor over again.
    amount = _amount(quantity) if quantity.get("unit") else ""
    return (f"{of}: " if of else "") + f"×{thousands(factor)}" + (f" ({amount})" if amount else "")


def in_short(quantity: dict[str, Any]) -> str:
    """A quantity in the article's words, with what was understood by a word of change."""
    words: str = quantity["span"]["quotation"]
    return f"{words} (×{thousands(quantity['factor'])})" if quantity.get("factor") else words


def _amount(quantity: dict[str, Any], of: str | None = "") -> str:
    value, maximum, unit = (quantity.get(name) for name in ("value", "maximum", "unit"))
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
