"""An article that came as one JSON body over the API: its text, or a page from which the text is taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.html_page import draft_of_html
from claims.sources.rows import RowDrafter

PLACE = Place("api", None, 0)
# Taking the text out of a page costs up to a quarter of a millisecond for each tag, and somebody waits for the answer. Long live blogs
# have half as many.
MAX_TAGS = 30_000


def draft_of_payload(body: Mapping[str, Any]) -> ArticleDraft | BadRow:
    """`body` has our field names, and `html` in place of `text` for a page. What it says wins over what the page states."""
    row = {name: value for name, value in body.items() if value not in (None, "")}
    if "html" in row:
        if row["html"].count("<") > MAX_TAGS:
            detail = (
                f"a page has at most {MAX_TAGS:,} tags here; import a longer one with the command, or by its address"
            )
            return BadRow(PLACE, "text", "too_large", detail)
        return draft_of_html(row.pop("html"), Options(), PLACE, **row)
    return RowDrafter(Options()).draft(row, PLACE)


def stated_fields(body: Mapping[str, Any]) -> dict[str, str] | BadRow:
    """What a body without a text says of the article whose page is still to be fetched, checked for form."""
    row = {name: value for name, value in body.items() if value not in (None, "") and name != "url"}
    draft = RowDrafter(Options()).draft(row | {"text": "still to come"}, PLACE)
    return draft if isinstance(draft, BadRow) else row
