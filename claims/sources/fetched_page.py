"""A page as its server sent it. Its address is what answered, not what the page says: a page may not pass for another site's article."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from lxml import etree

from claims.sources.base import ArticleDraft, BadRow, Options, Place, Refused
from claims.sources.html_metadata import PageMetadata
from claims.sources.html_page import decoded_page, draft_of_html


def draft_of_fetched_page(
    content: bytes, url: str, *, charset: str = "", stated: Mapping[str, str] | None = None
) -> ArticleDraft | BadRow:
    """The article of a page that `url` answered with, in the `charset` that its server named, if any.

    The address that the page gives itself counts where it is of the same host: it leaves out what is only a reader's way there.
    `stated` has our field names and wins over the page.
    """
    place = Place(url, None, len(content))
    try:
        page = decoded_page(content, charset)
    except Refused as refused:
        return BadRow(place, refused.field, refused.code, refused.detail)
    return draft_of_html(page, Options(), place, **{**(stated or {}), "url": _own_address(page, url)})


def _own_address(page: str, url: str) -> str:
    try:
        said = PageMetadata(page, base=url).url()
    except etree.LxmlError:
        return url
    return said if said and urlsplit(said).hostname == urlsplit(url).hostname else url
