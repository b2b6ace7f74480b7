"""A page as its server sent it. Its address is what answered, not what the page says: a page may not pass for another site's article."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import urlsplit

from lxml import etree

from claims.sources.base import ArticleDraft, BadRow, Options, Place, Refused
from claims.sources.html_metadata import PageMetadata
from claims.sources.html_page import decoded_page, draft_of_html
from claims.sources.rows import address_of


def draft_of_fetched_page(
    content: bytes,
    url: str,
    *,
    fetched_at: datetime,
    charset: str = "",
    options: Options | None = None,
    place: Place | None = None,
    stated: Mapping[str, str] | None = None,
) -> ArticleDraft | BadRow:
    """The article of a page that `url` answered with, in the `charset` that its server named, if any.

    The address that the page gives itself counts where it is of the same host: it leaves out what is only a reader's way there.
    `options` fill what the page leaves open; `stated` has our field names and wins over the page.
    """
    place = place or Place(url, None, len(content))
    try:
        page = decoded_page(content, charset)
    except Refused as refused:
        return BadRow(place, refused.field, refused.code, refused.detail)
    stated = {**(stated or {}), "url": _own_address(page, url)}
    draft = draft_of_html(page, options or Options(), place, **stated)
    return draft if isinstance(draft, BadRow) else replace(draft, fetched_at=fetched_at)


def at_address(draft: ArticleDraft, url: str, fetched_at: datetime) -> ArticleDraft | BadRow:
    """A text that `url` answered with and that is no page: it is known by that address, whatever it says."""
    try:
        canonical, host = address_of(url)
    except Refused as refused:
        return BadRow(draft.place, refused.field, refused.code, refused.detail)
    return replace(draft, url=url, canonical_url=canonical, outlet_domain=host, fetched_at=fetched_at)


def _own_address(page: str, url: str) -> str:
    try:
        said = PageMetadata(page, base=url).url()
    except etree.LxmlError:
        return url
    return said if said and urlsplit(said).hostname == urlsplit(url).hostname else url
