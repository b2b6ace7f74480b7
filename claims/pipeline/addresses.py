"""Addresses among the sources of an import: what stands there is fetched, and read as the format that it is in."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO
from urllib.parse import urlsplit

from claims.pipeline.pages import PAGES, draft_of_page
from claims.sources import FORMATS, Format
from claims.sources.base import ArticleDraft, BadRow, Options, PageAddress, Place, Unreadable
from claims.sources.fetched_page import at_address
from claims.sources.guess import format_by_content, format_by_name
from claims.sources.inputs import HEAD_BYTES, Input
from claims.sources.streams import read_up_to
from factcheck.fetch import MAX_BYTES, Fetched, FetchProblem
from factcheck.fetch.politely import Courtesy

# What servers call our formats. Under the other names they send files of any kind: there the suffix decides, of a text the content.
_BY_TYPE = {
    **dict.fromkeys(PAGES, "html"),
    "application/json": "json",
    "application/jsonl": "jsonl",
    "application/jsonlines": "jsonl",
    "application/x-jsonlines": "jsonl",
    "application/x-ndjson": "jsonl",
    "application/ndjson": "jsonl",
    "text/csv": "csv",
    "application/csv": "csv",
    "text/tab-separated-values": "csv",
    "text/markdown": "markdown",
}
_TEXT = "text/plain"
_ANY = (_TEXT, "application/octet-stream", "binary/octet-stream", "application/gzip", "application/x-gzip")
_GZIP = b"\x1f\x8b"


def open_address(url: str, options: Options, courtesy: Courtesy) -> Input:
    """What the address answers with, as a source like any other. At most 10 MiB, decompressed.

    Raises Unreadable: it was refused, did not answer, or with something else than articles.
    """
    try:
        found = courtesy.fetch(url, accept=() if options.format != "auto" else (*_BY_TYPE, *_ANY))
    except FetchProblem as problem:
        raise Unreadable(url, problem.detail.removeprefix(f"{url}: ")) from problem
    body = _unpacked(found, url)
    format = _read_at(found, FORMATS[_format_of(found, body, options, url)])
    return Input(url, format, body[:HEAD_BYTES], len(body), BytesIO(body))


def _unpacked(found: Fetched, url: str) -> bytes:
    if not found.body.startswith(_GZIP):
        return found.body
    try:
        body = read_up_to(gzip.GzipFile(fileobj=BytesIO(found.body)), MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(url, str(error) or type(error).__name__) from error
    if len(body) > MAX_BYTES:
        raise Unreadable(url, f"larger than {MAX_BYTES:,} bytes")
    return body


def _format_of(found: Fetched, body: bytes, options: Options, url: str) -> str:
    if options.format != "auto":
        return options.format
    if name := _BY_TYPE.get(found.content_type):
        return name
    for address in (found.url_final, url):
        if name := format_by_name(urlsplit(address).path):
            return name
    if found.content_type == _TEXT:
        return format_by_content(body[:HEAD_BYTES])
    raise Unreadable(url, f"answered with {found.content_type}, and its name tells no format; say --format")


def _read_at(found: Fetched, format: Format) -> Format:
    """The format as it is read at this address: a whole document is known by it, and rows may name theirs by what follows it."""

    def read_page(
        stream: BinaryIO, source: str, options: Options, offset: int = 0
    ) -> Iterator[ArticleDraft | BadRow | PageAddress]:
        if not offset:
            # Nothing lies behind it: resumed, the import goes on with the next source and does not ask for this one again.
            place = Place(source, None, 0, row={"url": source}, is_address=True)
            yield draft_of_page(replace(found, body=stream.read()), options, place)

    def read(
        stream: BinaryIO, source: str, options: Options, offset: int = 0
    ) -> Iterator[ArticleDraft | BadRow | PageAddress]:
        for item in format.read(stream, source, replace(options, base=found.url_final), offset):
            if not format.has_rows:
                item = replace(item, place=replace(item.place, offset=0))
                if isinstance(item, ArticleDraft):
                    item = at_address(item, found.url_final, found.fetched_at)
            yield item

    return replace(format, read=read_page if format.name == "html" else read)
