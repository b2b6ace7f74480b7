"""An article that came as one JSON body over the API: its text, or a page from which the text is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.html_page import draft_of_html
from claims.sources.rows import RowDrafter

PLACE = Place("api", None, 0)
# A page is read while its sender waits. Each tag costs up to 40 microseconds, most of them in trafilatura: one second in all. Articles
# have a thousand or two.
MAX_TAGS = 25_000


def draft_of_payload(body: Mapping[str, Any]) -> ArticleDraft | BadRow:
    """`body` has our field names, and `html` in place of `text` for a page. What it says wins over what the page states."""
    row = {name: value for name, value in body.items() if value not in (None, "")}
    if page := row.pop("html", ""):
        if page.count("<") > MAX_TAGS:
            detail = (
                f"the page has more than {MAX_TAGS:,} tags: send its text, or its address alone, for a worker to read"
            )
            return BadRow(PLACE, "html", "too_large", detail)
        return draft_of_html(page, Options(), PLACE, **row)
    return RowDrafter(Options()).draft(row, PLACE)


def stated_fields(body: Mapping[str, Any]) -> dict[str, str] | BadRow:
    """What a body without a text says of the article whose page is still to be fetched, checked for form."""
    row = {name: value for name, value in body.items() if value not in (None, "") and name != "url"}
    draft = RowDrafter(Options()).draft(row | {"text": "still to come"}, PLACE)
    return draft if isinstance(draft, BadRow) else row
