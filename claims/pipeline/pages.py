"""Pages that were fetched, and why some were not."""

from __future__ import annotations

from collections.abc import Mapping

from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.fetched_page import draft_of_fetched_page
from factcheck.fetch import Fetched, FetchProblem

PAGES = ("text/html", "application/xhtml+xml")


def draft_of_page(
    page: Fetched, options: Options | None = None, place: Place | None = None, stated: Mapping[str, str] | None = None
) -> ArticleDraft | BadRow:
    """See `claims.sources.fetched_page`. Without a `place`, the page's is its address."""
    return draft_of_fetched_page(
        page.body,
        page.url_final,
        fetched_at=page.fetched_at,
        charset=page.encoding,
        options=options,
        place=place,
        stated=stated,
    )


def bad_row_of(problem: FetchProblem, place: Place) -> BadRow:
    """The row whose page could not be had; its code is the problem's."""
    return BadRow(place, "url", problem.code, problem.detail)
