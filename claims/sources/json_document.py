"""A JSON file: one object, or a list of objects of any length."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from claims.sources.base import MAX_ROW_BYTES, ArticleDraft, BadRow, Options, PageAddress, Place, Unreadable
from claims.sources.json_lines import json_row
from claims.sources.rows import RowDrafter

_CHUNK_BYTES = 256 * 1024
_BETWEEN_ROWS = b" \t\r\n,"
_NOT_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}[]")


def read_json_document(
    stream: BinaryIO, source: str, options: Options, offset: int = 0
) -> Iterator[ArticleDraft | BadRow | PageAddress]:
    """Articles of a JSON file, one by one with flat memory. See `base.Reader`.

    A row that is broken inside stops none of the others, as long as its quotes and brackets come in pairs.
    """
    drafter = RowDrafter(options)
    rows = _Rows(stream, source)
    for line, end, raw in rows:
        if end <= offset:
            continue
        if len(raw) > MAX_ROW_BYTES:
            yield BadRow(Place(source, line, end), "", "too_large", f"the row is longer than {MAX_ROW_BYTES:,} bytes")
        else:
            yield json_row(raw, source, line, end, drafter)
    if rows.is_cut_off:
        place = Place(source, rows.line, rows.offset)
        yield BadRow(place, "", "invalid_json", "the list is not closed: the file may have been cut off")


class _Rows:
    """Cuts the elements of a list, or one object, out of a stream without parsing them: line, offset behind it, bytes.

    An element that is too long comes cut off, but longer than `MAX_ROW_BYTES`.
    """

    def __init__(self, stream: BinaryIO, source: str) -> None:
        self._stream = stream
        self._source = source
        self._buffer = b""
        self._at = 0  # in the buffer: what stands before it is done with
        self.line = 1
        self.offset = 0
        self.is_cut_off = False

    def __iter__(self) -> Iterator[tuple[int, int, bytes]]:
        first = self._next(_BETWEEN_ROWS + b"\xef\xbb\xbf")
        if first == b"[":
            self.is_cut_off = True
            self._take(1)
        elif first not in (b"{", b""):
            raise Unreadable(self._source, "a JSON file holds one object or a list of objects")
        while byte := self._next(_BETWEEN_ROWS):
            if byte == b"]":
                self.is_cut_off = False
                self._take(1)
                continue
            line = self.line
            raw = self._value() if byte in b"{[" else self._stray()
            yield line, self.offset, raw

    def _next(self, skip: bytes) -> bytes:
        """The first byte that is none of `skip`, not taken yet; empty at the end."""
        while True:
            rest = self._buffer[self._at :].lstrip(skip) if self._at + 1 < len(self._buffer) else b""
            byte = self._buffer[self._at : self._at + 1]
            if byte and byte not in skip:
                return byte
            self._take(len(self._buffer) - self._at - len(rest))
            if not rest and not self._fill():
                return b""

    def _value(self) -> bytes:
        """From the bracket that stands here to the one that closes it, or to the end of the stream."""
        kept, position, depth, in_string = b"", 0, 0, False  # the position counts from self._at
        while True:
            quote = self._buffer.find(b'"', self._at + position)
            stop = len(self._buffer) if quote < 0 else quote
            if not in_string:
                for bracket in self._brackets(self._at + position, stop):
                    depth += 1 if self._buffer[bracket] in b"{[" else -1
                    if depth == 0:
                        return kept + self._take(bracket + 1 - self._at)
            if quote >= 0:
                in_string = not in_string or self._is_escaped(quote)
                position = quote + 1 - self._at
                continue
            position = stop - self._at
            if position > MAX_ROW_BYTES:
                # The backslashes at the end stay: they decide whether the next quote closes the string.
                position = position - len(self._buffer[self._at :].rstrip(b"\\"))
                kept = kept or self._buffer[self._at : self._at + MAX_ROW_BYTES + 1]
                self._take(len(self._buffer) - self._at - position)
            if not self._fill():
                return kept + self._take(len(self._buffer) - self._at)

    def _stray(self) -> bytes:
        ends = [end for bracket in (b"{", b"[", b"]") if (end := self._buffer.find(bracket, self._at + 1)) > 0]
        return self._take(min(ends, default=len(self._buffer)) - self._at)

    def _brackets(self, start: int, stop: int) -> Iterator[int]:
        if self._buffer[start:stop].translate(None, _NOT_BRACKETS):
            yield from (here for here in range(start, stop) if self._buffer[here] in b"{}[]")

    def _is_escaped(self, quote: int) -> bool:
        start = quote
        while start > self._at and self._buffer[start - 1] == 0x5C:
            start -= 1
        return (quote - start) % 2 == 1

    def _take(self, count: int) -> bytes:
        taken = self._buffer[self._at : self._at + count]
        self._at += count
        self.offset += count
        self.line += taken.count(b"\n")
        return taken

    def _fill(self) -> bool:
        chunk = self._stream.read(_CHUNK_BYTES)
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)
