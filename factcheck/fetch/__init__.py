"""The guarded fetcher: every request that we make to somebody else's server goes through `fetch`.

People and pages give us addresses, and a server inside a newsroom's network can reach what they cannot. So: only http and https,
ports 80 and 443, public addresses. A name is resolved once, all its addresses are checked, and the connection goes to a checked
one; a redirect begins anew. `FETCH_ALLOW` (host:port, empty by default) is the only exception. Source: OWASP ASVS 5.0, 1.3.6.
"""

from __future__ import annotations

import http.client
import zlib
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message

from django.conf import settings

from factcheck.fetch.problems import (
    BadUrl,
    FetchFailed,
    FetchProblem,
    FetchRefused,
    FetchTimedOut,
    FetchTooLarge,
    WrongType,
)
from factcheck.fetch.reaching import addresses_of, failing_as_told, retry_after
from factcheck.fetch.targets import Target, follow, read_target
from factcheck.fetch.wire import Limits, ask

__all__ = [
    "BadUrl", "FetchFailed", "FetchProblem", "FetchRefused", "FetchTimedOut", "FetchTooLarge", "Fetched", "WrongType", "check", "fetch",
    "media_type_and_charset",
]  # fmt: skip

MAX_BYTES = 10 * 1024 * 1024  # saved pages of news sites end at about 5 MiB
TIMEOUT_SECONDS = 20.0  # a third of what a job may take
MAX_REDIRECTS = 5
USER_AGENT = "factcheck (a newsroom's fact-checking desk; fetches the pages that its editors name)"
_REDIRECTS = (301, 302, 303, 307, 308)
_LATER = (429, 503)
_CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Fetched:
    """What an address answered.

    `redirects` are the addresses that it sent us on to, in order, the last of which is `url_final`. `headers` have names in lower
    case, repeated ones joined by ", ". `body` is decompressed. `content_type` is the media type in lower case without parameters,
    `encoding` the charset stated with it; both are "" where the answer does not say.
    """

    url_asked: str
    url_final: str
    redirects: tuple[str, ...]
    status: int
    headers: Mapping[str, str]
    body: bytes
    fetched_at: datetime
    content_type: str
    encoding: str


def check(url: str) -> str:
    """The URL as it would be asked for, without asking anybody. Raises BadUrl, FetchRefused."""
    return read_target(url, settings.FETCH_ALLOW).url


def fetch(
    url: str, *, max_bytes: int = MAX_BYTES, timeout_seconds: float = TIMEOUT_SECONDS, accept: tuple[str, ...] = ()
) -> Fetched:
    """GET a public address, following at most 5 redirects.

    `max_bytes` caps the body before and after decompression, `timeout_seconds` everything together, names and redirects
    included. `accept` lists the media types that are taken, all when empty. Nothing is kept between calls: no cookie, no connection.

    Raises BadUrl, FetchRefused, FetchFailed (also for a status other than 2xx), FetchTimedOut, FetchTooLarge, WrongType.
    """
    limits = Limits(url, timeout_seconds)
    target = read_target(url, settings.FETCH_ALLOW)
    redirects: list[str] = []
    while True:
        with failing_as_told(target), closing(_open(target, limits, accept)) as response:
            if response.status not in _REDIRECTS or "Location" not in response.headers:
                return _read(response, url, target.url, redirects, max_bytes, limits, accept)
            location = response.headers["Location"]
        if len(redirects) == MAX_REDIRECTS:
            raise FetchFailed(target.url, f"redirects more than {MAX_REDIRECTS} times")
        target = follow(target, location, settings.FETCH_ALLOW)
        redirects.append(target.url)


def _open(target: Target, limits: Limits, accept: tuple[str, ...]) -> http.client.HTTPResponse:
    headers = {"User-Agent": USER_AGENT, "Accept": ", ".join(accept) or "*/*", "Accept-Encoding": "gzip"}
    return ask(target, addresses_of(target, limits), headers, limits)


def _read(
    response: http.client.HTTPResponse,
    url: str,
    url_final: str,
    redirects: list[str],
    max_bytes: int,
    limits: Limits,
    accept: tuple[str, ...],
) -> Fetched:
    if not 200 <= response.status < 300:
        raise FetchFailed(
            url_final,
            f"answered with status {response.status}",
            answered=response.status,
            retry_after_seconds=retry_after(response) if response.status in _LATER else None,
        )
    headers: dict[str, str] = {}
    for name, value in response.headers.items():
        name = name.lower()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    content_type, encoding = media_type_and_charset(headers.get("content-type", ""))
    if accept and content_type not in accept:
        raise WrongType(url_final, f"answered with {content_type or 'no media type'}", content_type=content_type)
    body = _body(response, headers.get("content-encoding", ""), url_final, max_bytes, limits)
    return Fetched(
        url, url_final, tuple(redirects), response.status, headers, body, datetime.now(UTC), content_type, encoding
    )


def media_type_and_charset(written: str) -> tuple[str, str]:
    """Of a Content-Type: both in lower case, "" for what it does not say."""
    if not written:
        return "", ""
    message = Message()
    message["Content-Type"] = written
    return message.get_content_type(), message.get_content_charset("")


def _body(response: http.client.HTTPResponse, coding: str, url: str, max_bytes: int, limits: Limits) -> bytes:
    coding = coding.strip().lower()
    if coding not in ("", "identity", "gzip", "x-gzip"):
        raise FetchFailed(url, "answered in a content encoding that was not asked for")
    too_large = FetchTooLarge(url, f"larger than {max_bytes:,} bytes")
    if response.length is not None and response.length > max_bytes:
        raise too_large
    # Twice, for the framing of tiny chunks; what the body itself may hold is counted below.
    limits.allow(2 * max_bytes + _CHUNK_BYTES, "the body")
    decoder = _Gunzip(max_bytes) if "gzip" in coding else None
    body, received = bytearray(), 0
    while chunk := response.read1(_CHUNK_BYTES):
        received += len(chunk)
        body += decoder.feed(chunk) if decoder else chunk
        if received > max_bytes or len(body) > max_bytes:
            raise too_large
    if response.length:
        raise FetchFailed(url, f"the answer ended {response.length:,} bytes early")
    if decoder and not decoder.is_complete:
        raise FetchFailed(url, "the compressed answer ended early")
    return bytes(body)


class _Gunzip:
    """Decompresses to one byte more than `max_bytes` in all and no further, so that a bomb costs no more than a page."""

    def __init__(self, max_bytes: int) -> None:
        self._room = max_bytes + 1
        self._member = zlib.decompressobj(wbits=31)
        self.is_complete = True

    def feed(self, data: bytes) -> bytes:
        out = bytearray()
        while data and self._room:
            if self._member.eof:
                self._member = zlib.decompressobj(wbits=31)
            part = self._member.decompress(data, self._room)
            self._room -= len(part)
            out += part
            data = self._member.unused_data
            self.is_complete = self._member.eof
        return bytes(out)
