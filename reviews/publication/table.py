"""All fact-checks as a table, one a row. Plain values; what a spreadsheet would take for a formula has an apostrophe before it.

Several addresses in a cell have a space between them.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

from reviews.publication.documents import FactCheckDocument, Feed
from reviews.publication.export import Export

FORMULAS = ("=", "+", "-", "@", "\t", "\r")

COLUMNS: dict[str, Callable[[FactCheckDocument], object]] = {
    "url": lambda d: d.url,
    "claim": lambda d: d.claim.text,
    "speaker": lambda d: d.claim.speaker.name if d.claim.speaker else "",
    "claimed_on": lambda d: d.claim.made_on,
    "place": lambda d: d.claim.place,
    "rating": lambda d: d.rating.label,
    "rating_value": lambda d: d.rating.rank or "",
    "best_rating": lambda d: d.rating.best if d.rating.rank else "",
    "worst_rating": lambda d: 1 if d.rating.rank else "",
    "rating_explanation": lambda d: d.rating.explanation,
    "headline": lambda d: d.headline,
    "summary": lambda d: d.summary,
    "language": lambda d: d.language,
    "publisher": lambda d: d.publisher.name,
    "publisher_url": lambda d: d.publisher.url,
    "published_at": lambda d: d.published_at,
    "modified_at": lambda d: d.modified_at,
    "corrections": lambda d: len(d.corrections),
    "appearances": lambda d: " ".join(d.claim.appearances),
    "sources": lambda d: " ".join(dict.fromkeys(source.url for source in d.sources if source.url)),
}


def row(cells: list[object]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([harmless(cell) for cell in cells])
    return written.getvalue()


def harmless(cell: object) -> object:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULAS) else cell


def opening(feed: Feed) -> str:
    """A part that goes on where another broke off is to be put behind it, and has no second head."""
    return "" if feed.goes_on else row(list(COLUMNS))


EXPORT = Export(
    "feed.csv",
    "text/csv",
    "A table, one fact-check a row. A cell that a spreadsheet would take for a formula has an apostrophe before it.",
    version=1,
    element=lambda document: row([told(document) for told in COLUMNS.values()]),
    opening=opening,
    is_attachment=True,
)
