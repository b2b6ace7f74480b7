"""Plain text: one article a file."""

from __future__ import annotations

from dataclasses import replace

from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.documents import decoded, one_article
from claims.sources.rows import RowDrafter


@one_article
def read_plain_text(content: bytes, place: Place, options: Options) -> ArticleDraft | BadRow:
    """The title is the headline, if the text begins with one (`headline.headline_of`); it stays in the text."""
    return RowDrafter(replace(options, mapping={})).draft({"text": decoded(content)}, place)
