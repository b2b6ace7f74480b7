"""From an address or an upload to a capture. Nothing is stored yet."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from factcheck import fetch
from factcheck.errors import FieldError, InvalidInput
from reviews.evidence.media_types import EXTENSIONS, UNKNOWN, is_script
from reviews.evidence.names import clean_name
from reviews.evidence.reading import OF_A_REQUEST, Reading, extractor, read
from reviews.evidence.records import record_of_response, record_of_upload

MAX_BYTES = 25 * 1024 * 1024  # reports and gazettes with pictures; articles end at about 5 MiB
ACCEPTED = tuple(media_type for media_type in EXTENSIONS if media_type != UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured(Reading):
    """A page or a file as it was at `fetched_at`, when an upload came in.

    `url_asked` and `url_final` are "" for an upload. `name` is one to save the payload under. `record` is the gzipped WARC
    record around it, `extractor` the program that found the text.
    """

    url_asked: str
    url_final: str
    fetched_at: datetime
    name: str
    extractor: str
    record: bytes = field(repr=False)


def capture(url: str) -> Captured:
    """The page as it is now, of whatever type, without its transfer and content codings. Raises fetch.FetchProblem."""
    fetched = fetch.fetch(url, max_bytes=MAX_BYTES)
    reading = read(fetched.body, fetched.content_type, fetched.encoding)
    return _captured(
        reading,
        record=record_of_response(fetched, reading.sha256),
        url_asked=fetched.url_asked,
        url_final=fetched.url_final,
        fetched_at=fetched.fetched_at,
        name=_name_in(fetched.url_final),
    )


def keep_upload(payload: bytes, name: str) -> Captured:
    """A file that somebody uploads, if it is what evidence may be (`ACCEPTED`). Raises InvalidInput."""
    if not payload:
        raise _refused("empty_file", "The file is empty.")
    if len(payload) > MAX_BYTES:
        raise _refused("too_large", f"The file is larger than {MAX_BYTES:,} bytes.")
    if is_script(payload):
        raise _refused("file_type_not_accepted", "The file is a script that a system would run.")
    # Nobody compares an upload with anything later: its bytes are what counts, and whoever sends it waits.
    reading = read(payload, effort=OF_A_REQUEST)
    if reading.media_type not in ACCEPTED:
        raise _refused("file_type_not_accepted", f"By its content, the file is none of {', '.join(ACCEPTED)}.")
    now = datetime.now(UTC)
    record = record_of_upload(payload, reading.media_type, now, reading.sha256)
    return _captured(reading, record=record, url_asked="", url_final="", fetched_at=now, name=name)


def _captured(reading: Reading, *, name: str, **more: Any) -> Captured:
    return Captured(
        payload=reading.payload,
        sha256=reading.sha256,
        media_type=reading.media_type,
        charset=reading.charset,
        text=reading.text,
        text_gap=reading.text_gap,
        name=clean_name(name, reading.media_type),
        extractor=extractor(),
        **more,
    )


def _name_in(url: str) -> str:
    parts = urlsplit(url)
    return unquote(parts.path).rstrip("/").rpartition("/")[2] or parts.hostname or ""


def _refused(code: str, detail: str) -> InvalidInput:
    return InvalidInput(detail, errors=[FieldError(code, detail, pointer="/file")])
