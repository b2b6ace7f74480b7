"""One capture as one gzipped WARC/1.1 record, written and read by warcio: a format that outlives this program. Source: ISO 28500:2017."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from typing import NamedTuple

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.statusandheaders import StatusAndHeaders, StatusAndHeadersParserException
from warcio.warcwriter import WARCWriter

from factcheck.fetch import Fetched

# The payload is kept without these codings, so readers must not undo them once more. Named as Common Crawl names them.
_UNDONE = frozenset(["content-encoding", "transfer-encoding", "content-length"])

_PHRASES = {int(status): status.phrase for status in HTTPStatus}

# What warcio and zlib trip over. Not every Exception: a job that is out of time is told so by one.
_TRIPS = (
    ArchiveLoadFailed, StatusAndHeadersParserException, zlib.error, EOFError, ValueError, TypeError, AttributeError, LookupError,
)  # fmt: skip


class Recorded(NamedTuple):
    """`content_type` is what the server, or whoever kept an upload, said of the payload."""

    payload: bytes
    content_type: str


def record_of_response(fetched: Fetched, sha256: str) -> bytes:
    headers = [
        (f"X-Crawler-{name}" if name in _UNDONE else name, " ".join(value.split()))
        for name, value in fetched.headers.items()
    ]
    headers.append(("Content-Length", str(len(fetched.body))))
    http = _AsSent(f"{fetched.status} {_PHRASES.get(fetched.status, '')}", headers, protocol="HTTP/1.1")
    return _written("response", fetched.url_final, fetched.body, fetched.fetched_at, sha256, http=http)


def record_of_upload(payload: bytes, media_type: str, at: datetime, sha256: str) -> bytes:
    """A `resource` named by its own hash, as it has no address. Source: RFC 6920."""
    name = base64.urlsafe_b64encode(bytes.fromhex(sha256)).decode().rstrip("=")
    return _written("resource", f"ni:///sha-256;{name}", payload, at, sha256, media_type=media_type)


def read_record(record: bytes, max_bytes: int) -> Recorded:
    """The only record in there, of `max_bytes` at most. Raises ValueError on whatever else it may be."""
    try:
        for found in ArchiveIterator(BytesIO(_unpacked(record, max_bytes))):
            headers = found.http_headers or found.rec_headers
            # Not its content_stream(), which would undo codings that the server named.
            return Recorded(found.raw_stream.read(), headers.get_header("Content-Type") or "")
    except _TRIPS as error:
        raise ValueError(f"no WARC record: {type(error).__name__}") from error
    raise ValueError("no WARC record: empty")


def _unpacked(record: bytes, max_bytes: int) -> bytes:
    unpacking = zlib.decompressobj(wbits=31)
    unpacked = unpacking.decompress(record, max_bytes)
    if not unpacking.eof or unpacking.unused_data:
        raise ValueError("not one whole record, or a larger one than any that was kept")
    return unpacked


class _AsSent(StatusAndHeaders):
    """warcio takes no letter beyond ASCII in some values; servers send any byte, which http.client reads as Latin-1."""

    def to_ascii_bytes(self, filter_func: Callable[..., object] | None = None) -> bytes:
        return str(self.to_str(filter_func)).encode("latin-1", "replace") + b"\r\n"


def _written(
    kind: str,
    uri: str,
    payload: bytes,
    at: datetime,
    sha256: str,
    *,
    http: StatusAndHeaders | None = None,
    media_type: str = "",
) -> bytes:
    out = BytesIO()
    writer = WARCWriter(out, gzip=True, warc_version="1.1")
    said = {"WARC-Date": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", "WARC-Payload-Digest": f"sha256:{sha256}"}
    writer.write_record(
        writer.create_warc_record(
            uri,
            kind,
            payload=BytesIO(payload),
            length=len(payload),
            http_headers=http,
            warc_content_type=media_type,
            warc_headers_dict=said,
        )
    )
    return out.getvalue()
