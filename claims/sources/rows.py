"""From the fields of one row, whatever its source calls them, to a draft. JSON, JSONL and CSV share it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urljoin

from claims.sources.base import FIELDS, ArticleDraft, BadRow, Options, Place, Refused
from claims.sources.dates import parse_published_at
from claims.sources.headline import headline_of
from claims.sources.languages import language_tag
from claims.sources.urls import canonical_url

# Names under which the fields are known without a mapping, the likeliest first: where a row has several, the first that holds
# something counts. Compared without case, with "-" and spaces as "_". From schema.org, ninjs, RSS exports, WordPress, Media Cloud.
ALIASES: dict[str, tuple[str, ...]] = {
    "text": (
        "text",
        "body",
        "content",
        "article_body",
        "articlebody",
        "article_text",
        "full_text",
        "fulltext",
        "body_text",
        "maintext",
    ),
    "title": ("title", "headline", "heading"),
    "url": ("canonical_url", "url", "link", "permalink", "article_url", "source_url"),
    "byline": ("byline", "author", "authors", "creator"),
    "language": ("language", "lang", "inlanguage", "language_code"),
    "outlet": ("outlet", "source", "publisher", "publication", "site_name", "sitename", "media_name"),
    "outlet_domain": ("outlet_domain", "source_domain", "domain", "media_url"),
    "published_at": (
        "published_at",
        "published",
        "datepublished",
        "date_published",
        "publish_date",
        "publication_date",
        "pubdate",
        "date",
    ),
}

# Longest values that are what their name says; the columns of the database are no shorter.
MAX_CHARS = {"title": 1000, "byline": 1000, "outlet": 200}

MOST_SEEN_NAMES = 1000


class _Keys(NamedTuple):
    """For each of our fields the keys of a row that may hold it, in order of preference."""

    text: tuple[str, ...]
    title: tuple[str, ...]
    url: tuple[str, ...]
    byline: tuple[str, ...]
    language: tuple[str, ...]
    outlet: tuple[str, ...]
    outlet_domain: tuple[str, ...]
    published_at: tuple[str, ...]


class RowDrafter:
    """Makes drafts of rows under one set of options."""

    def __init__(self, options: Options) -> None:
        self._options = options
        # The rows of one source have few different sets of keys, so names are resolved once for each set.
        self._known: dict[tuple[str, ...], _Keys] = {}

    def draft(self, row: Mapping[str, Any], place: Place) -> ArticleDraft | BadRow:
        try:
            return self._draft(row, place)
        except Refused as refused:
            return self.refusal(place, refused.field, refused.code, refused.detail)

    def refusal(self, place: Place, field: str, code: str, detail: str) -> BadRow:
        return BadRow(place, field, code, detail, self._options.mapping)

    def under(self, mapping: object) -> RowDrafter:
        """A drafter that also knows a mapping from an errors file; what was said of this import wins."""
        known = mapping if isinstance(mapping, dict) else {}
        known = {theirs: ours for theirs, ours in known.items() if ours in FIELDS} | dict(self._options.mapping)
        return self if known == self._options.mapping else RowDrafter(replace(self._options, mapping=known))

    def keys_of(self, names: tuple[str, ...]) -> _Keys:
        """Which of the names of a row's fields, or of a table's columns, stand for which of ours."""
        keys = self._known.get(names)
        if keys is None:
            if len(self._known) >= 1000:
                self._known.clear()
            self._see(names)
            keys = self._known[names] = _resolve(names, self._options.mapping)
        return keys

    def _see(self, names: tuple[str, ...]) -> None:
        mapping, seen = self._options.mapping, self._options.seen
        if mapping:
            # Rows may have names without end; the mapped ones must be among those that are kept.
            seen.update(names if len(seen) < MOST_SEEN_NAMES else (name for name in names if name in mapping))

    def _draft(self, row: Mapping[str, Any], place: Place) -> ArticleDraft:
        options = self._options
        keys = self.keys_of(tuple(row))
        text = _string(row, keys.text, "text")
        if not text or text.isspace():
            raise _without_text(row, keys.text)
        title = _string(row, keys.title, "title").strip() if keys.title else ""
        if "\n" in title:
            title = " ".join(title.split())
        url = _string(row, keys.url, "url").strip() if keys.url else ""
        canonical, host = address_of(url, options.base) if url else ("", "")
        byline = _string(row, keys.byline, "byline").strip() if keys.byline else ""
        language = _string(row, keys.language, "language") if keys.language else ""
        outlet = _string(row, keys.outlet, "outlet").strip() if keys.outlet else ""
        domain = _string(row, keys.outlet_domain, "outlet_domain").strip() if keys.outlet_domain else ""
        return ArticleDraft(
            text=text,
            title=_short(title, "title") or headline_of(text),
            url=url,
            canonical_url=canonical,
            byline=_short(byline, "byline"),
            language=_language(language or options.language),
            outlet=_short(outlet, "outlet") or options.outlet,
            outlet_domain=_domain(domain) if domain else host,
            published_at=self._published_at(row, keys.published_at) if keys.published_at else None,
            place=place,
        )

    def _published_at(self, row: Mapping[str, Any], keys: tuple[str, ...]) -> datetime | None:
        written = _string(row, keys, "published_at")
        if not written or written.isspace():
            return None
        try:
            return parse_published_at(written, self._options.default_timezone)
        except ValueError as error:
            raise Refused("published_at", "invalid_date", str(error)) from None


def _resolve(names: tuple[str, ...], mapping: Mapping[str, str]) -> _Keys:
    found: dict[str, list[str]] = {field: [name for name in names if mapping.get(name) == field] for field in FIELDS}
    spelled: dict[str, list[str]] = {}
    for name in names:
        if name not in mapping:
            spelled.setdefault(name.strip().lower().replace("-", "_").replace(" ", "_"), []).append(name)
    for field, aliases in ALIASES.items():
        for alias in aliases:
            found[field] += spelled.get(alias, [])
    return _Keys(**{field: tuple(keys) for field, keys in found.items()})


def _string(row: Mapping[str, Any], keys: tuple[str, ...], field: str) -> str:
    for key in keys:
        value = row[key]
        if value.__class__ is not str:
            value = _written_out(value, field)
        if "\0" in value:
            value = value.replace("\0", "")
        if not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                detail = f"character {error.start + 1} of {field} is half of a surrogate pair"
                raise Refused(field, "invalid_encoding", detail) from None
        if value:
            return str(value)
    return ""


def _written_out(value: object, field: str) -> str:
    """Names of people and publishers also come as objects with a name, or as lists (schema.org)."""
    if value is None:
        return ""
    if field in ("byline", "outlet"):
        if isinstance(value, dict) and isinstance(name := value.get("name"), str):
            return name
        if isinstance(value, list):
            return ", ".join(part if isinstance(part, str) else _written_out(part, field) for part in value)
    kinds = {bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "an object"}
    raise Refused(field, "wrong_type", f"{field} is {kinds.get(type(value), 'something else')} where text is expected")


def _without_text(row: Mapping[str, Any], keys: tuple[str, ...]) -> Refused:
    if any(row[key] is not None for key in keys):
        return Refused("text", "empty_text", "the text is empty")
    names = ", ".join(list(row)[:10]) or "none"
    return Refused(
        "text", "missing_text", f"no field holds the text (fields: {names[:200]}); name it with --map theirs=text"
    )


def _short(value: str, field: str) -> str:
    if len(value) > MAX_CHARS[field]:
        raise Refused(
            field, "too_long", f"{field} has {len(value):,} characters; at most {MAX_CHARS[field]:,} are taken"
        )
    return value


def address_of(url: str, base: str = "") -> tuple[str, str]:
    """Canonical URL and host. Raises Refused."""
    try:
        canonical = canonical_url(urljoin(base, url) if base else url)
    except ValueError as error:
        raise Refused("url", "invalid_url", f"{url[:100]!r}: {error}") from None
    return canonical, _host_of(canonical)


def _host_of(canonical: str) -> str:
    host = canonical.split("/", 3)[2]
    return host.removeprefix("www.") if host[0] == "[" else host.partition(":")[0].removeprefix("www.")


@lru_cache(maxsize=1024)
def _domain(domain: str) -> str:
    try:
        return _host_of(canonical_url(domain if "://" in domain else f"https://{domain}"))
    except ValueError as error:
        raise Refused("outlet_domain", "invalid_url", f"{domain[:100]!r}: {error}") from None


def _language(written: str) -> str:
    try:
        return language_tag(written)
    except ValueError as error:
        raise Refused("language", "invalid_language", str(error)) from None
