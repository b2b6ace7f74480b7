"""What a web page states about itself. Nothing is guessed from its words or its address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, tzinfo
from typing import Any
from urllib.parse import urljoin

import lxml.html
import orjson

from claims.sources.dates import parse_published_at
from claims.sources.languages import language_tag
from claims.sources.urls import canonical_url

# By trust: first what is written for machines about this article, in the order in which sites keep it right.
_DATE_PROPERTIES = ("article:published_time", "og:article:published_time", "datepublished")
_DATE_NAMES = (
    "article:published_time",
    "parsely-pub-date",
    "sailthru.date",
    "dc.date.issued",
    "dcterms.issued",
    "citation_publication_date",
    "publish-date",
    "pubdate",
    "date",
)


class PageMetadata:
    """Reads the `<meta>`, `<link>`, JSON-LD and `<time>` elements of a page. `base` completes a relative address; `tree` is the page."""

    def __init__(self, page: str, base: str = "") -> None:
        parser = lxml.html.HTMLParser(encoding="utf-8")
        self.tree = lxml.html.document_fromstring(page.encode(), parser=parser)
        self._base = base
        self._metas: dict[str, str] = {}
        for meta in self.tree.iter("meta"):
            for attribute in ("property", "name", "itemprop"):
                name = (meta.get(attribute) or "").strip().lower()
                if name and meta.get("content"):
                    self._metas.setdefault(name, meta.get("content").strip())

    def site_name(self) -> str:
        return self._metas.get("og:site_name") or self._metas.get("application-name") or ""

    def language(self) -> str:
        """Of the page's root, else of its Open Graph locale; "" when neither is a language tag."""
        for written in (self.tree.get("lang"), self.tree.get("xml:lang"), self._metas.get("og:locale")):
            try:
                if written and (tag := language_tag(written)):
                    return tag
            except ValueError:
                continue
        return ""

    def url(self) -> str:
        """The address the page gives itself, absolute; "" when it gives none that is one."""
        links = (
            link.get("href")
            for link in self.tree.iter("link")
            if "canonical" in (link.get("rel") or "").lower().split()
        )
        for written in (*links, self._metas.get("og:url")):
            try:
                if written:
                    url: str = urljoin(self._base, written.strip())
                    canonical_url(url)
                    return url
            except ValueError:
                continue
        return ""

    def published_at(self, default_timezone: tzinfo) -> datetime | None:
        """The first stated date that can be read."""
        for written in self._stated_dates():
            try:
                return parse_published_at(written, default_timezone)
            except ValueError:
                continue
        return None

    def has_article_body(self) -> bool:
        """Does its linked data hold the text of the article? Then the page may be an empty frame that a script fills."""
        return any(_is_article(thing) and thing.get("articleBody") for thing in self._linked_data())

    def _stated_dates(self) -> Iterator[str]:
        for thing in self._linked_data():
            if isinstance(date := thing.get("datePublished"), str) and _is_article(thing):
                yield date
        yield from (self._metas[name] for name in _DATE_PROPERTIES if name in self._metas)
        for element in self.tree.iterfind(".//*[@itemprop='datePublished']"):
            yield element.get("datetime") or element.get("content") or ""
        yield from (self._metas[name] for name in _DATE_NAMES if name in self._metas)
        times = list(self.tree.iter("time"))
        yield from (time.get("datetime") or "" for time in times if time.get("pubdate") is not None)
        # Several different times belong to comments and other stories as well.
        if len(all_times := {time.get("datetime") for time in times if time.get("datetime")}) == 1:
            yield from all_times

    def _linked_data(self) -> Iterator[dict[str, Any]]:
        for script in self.tree.iter("script"):
            if (script.get("type") or "").strip().lower() != "application/ld+json":
                continue
            try:
                waiting = [orjson.loads(script.text or "")]
            except orjson.JSONDecodeError:
                continue
            while waiting:
                thing = waiting.pop()
                if isinstance(thing, dict):
                    yield thing
                    waiting += reversed(thing.values())
                elif isinstance(thing, list):
                    waiting += reversed(thing)


def _is_article(thing: dict[str, Any]) -> bool:
    types = thing.get("@type")
    names = types if isinstance(types, list) else [types]
    return any(isinstance(name, str) and name.endswith(("Article", "Posting", "Report")) for name in names)
