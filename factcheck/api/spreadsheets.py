"""Tables as CSV, for programs that take a cell for a formula when it looks like one. Source: RFC 4180; OWASP, "CSV Injection"."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

MEDIA_TYPE = "text/csv"
FORMULAS = ("=", "+", "-", "@", "\t", "\r")
CHUNK_CHARS = 64 * 1024


def as_csv(
    columns: Sequence[str], rows: Iterable[Mapping[str, str]], *, numbers: Collection[str] = ()
) -> Iterator[bytes]:
    """A table with its head, in pieces. Whatever a formula would begin with gets an apostrophe before it, but in the columns
    `numbers`, which we write ourselves."""
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row[name] if name in numbers else harmless(row[name]) for name in columns])
        if buffer.tell() >= CHUNK_CHARS:
            yield buffer.getvalue().encode()
            buffer.seek(0)
            buffer.truncate()
    yield buffer.getvalue().encode()


def harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(FORMULAS) else cell
