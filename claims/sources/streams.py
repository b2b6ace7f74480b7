"""Bytes of a source, with flat memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Protocol

from claims.sources.base import MAX_ROW_BYTES

_CHUNK_BYTES = 1024 * 1024


class Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


def read_up_to(stream: Readable, count: int) -> bytes:
    """`count` bytes, fewer only at the end: a pipe gives what it has, not what was asked for."""
    parts: list[bytes] = []
    while count > 0 and (part := stream.read(count)):
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def skip_to(stream: BinaryIO, offset: int) -> int:
    """Move a stream from its beginning to `offset`; the number of the line that begins there, from 1."""
    line = 1
    while offset > 0 and (part := stream.read(min(offset, _CHUNK_BYTES))):
        offset -= len(part)
        line += part.count(b"\n")
    return line


def lines(stream: BinaryIO, line: int, offset: int) -> Iterator[tuple[int, int, bytes]]:
    """Number, offset behind it, and bytes of each line; one that is too long comes cut off, longer than `MAX_ROW_BYTES`."""
    readline = stream.readline
    while raw := readline(MAX_ROW_BYTES + 1):
        offset += len(raw)
        if len(raw) > MAX_ROW_BYTES:
            rest = raw
            while not rest.endswith(b"\n") and (rest := readline(_CHUNK_BYTES)):
                offset += len(rest)
        yield line, offset, raw
        line += 1
