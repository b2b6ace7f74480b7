"""JSON Lines: one object a line. The format for volume, and the one in which refused rows come back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from claims.sources.base import BAD_ROW_KEY, MAX_ROW_BYTES, ArticleDraft, BadRow, Options, PageAddress, Place
from claims.sources.rows import RowDrafter
from claims.sources.streams import lines, skip_to


def read_json_lines(
    stream: BinaryIO, source: str, options: Options, offset: int = 0
) -> Iterator[ArticleDraft | BadRow | PageAddress]:
    """Articles of a JSONL stream, one by one; empty lines are skipped. See `base.Reader`."""
    drafter = RowDrafter(options)
    first_line = skip_to(stream, offset)
    for line, end, raw in lines(stream, first_line, offset):
        if len(raw) > MAX_ROW_BYTES:
            yield BadRow(Place(source, line, end), "", "too_large", f"the line is longer than {MAX_ROW_BYTES:,} bytes")
        elif not raw.isspace():
            yield json_row(raw, source, line, end, drafter)


def json_row(raw: bytes, source: str, line: int, end: int, drafter: RowDrafter) -> ArticleDraft | BadRow | PageAddress:
    """The draft of one JSON object, or why there is none."""
    if raw.startswith(b"\xef\xbb\xbf"):
        raw = raw[3:]
    try:
        row = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return drafter.refusal(Place(source, line, end, raw), "", *_what_is_wrong(raw, error))
    if row.__class__ is not dict:
        return drafter.refusal(Place(source, line, end, raw), "", "not_an_object", "a row is a JSON object: {...}")
    if BAD_ROW_KEY not in row:
        return drafter.draft(row, Place(source, line, end, raw, row))
    return _again(row, raw, source, line, end, drafter)


def _what_is_wrong(raw: bytes, error: orjson.JSONDecodeError) -> tuple[str, str]:
    try:
        raw.decode()
    except UnicodeDecodeError as wrong:
        return "invalid_encoding", f"byte {wrong.start + 1} of the row is no UTF-8"
    if "surrogate" in error.msg:
        return "invalid_encoding", f"character {error.pos + 1} is half of a surrogate pair"
    return "invalid_json", f"{error.msg} at character {error.pos + 1}"


def _again(
    row: dict[str, Any], raw: bytes, source: str, line: int, end: int, drafter: RowDrafter
) -> ArticleDraft | BadRow | PageAddress:
    """A line of an errors file, which may have been repaired since."""
    bad_row = row.pop(BAD_ROW_KEY)
    if not isinstance(bad_row, dict):
        bad_row = {}
    drafter = drafter.under(bad_row.get("map"))
    if bad_row.get("fetch") is True and list(row) == ["url"] and isinstance(url := row["url"], str):
        return PageAddress(url, Place(source, line, end, raw, row, is_address=True))
    if row:
        return drafter.draft(row, Place(source, line, end, raw, row))
    kept = bad_row.get("raw")
    kept = kept.encode() if isinstance(kept, str) else b""
    # A line of an errors file within one is not taken up: it could hold another.
    if kept and BAD_ROW_KEY.encode() not in kept:
        return json_row(kept, source, line, end, drafter)
    detail = f"the row that was refused is not kept here; repair it at its source, {bad_row.get('source')}"
    return drafter.refusal(Place(source, line, end, kept, row), "text", "missing_text", detail)
