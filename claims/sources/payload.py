"""An article that came as one JSON body over the API: its text, or a page from which the text is taken."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.html_page import read_html_page
from claims.sources.rows import RowDrafter

PLACE = Place("api", None, 0)
_OF_PAGE = ("text", "title", "url", "byline", "language", "outlet", "published_at")


def draft_of_payload(body: Mapping[str, Any]) -> ArticleDraft | BadRow:
    """`body` has our field names, and `html` in place of `text` for a page. What it says wins over what the page states."""
    row = {name: value for name, value in body.items() if value not in (None, "")}
    if "html" in row:
        page = row.pop("html").encode("utf-8", "replace")
        found = next(read_html_page(io.BytesIO(b"\xef\xbb\xbf" + page), PLACE.source, Options()))
        if isinstance(found, BadRow):
            return found
        stated = {name: getattr(found, name) for name in _OF_PAGE}
        if found.published_at:
            stated["published_at"] = found.published_at.isoformat()
        row = {name: value for name, value in stated.items() if value} | row
    return RowDrafter(Options()).draft(row, PLACE)
