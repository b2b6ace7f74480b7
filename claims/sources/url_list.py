"""A list of pages: one address a line, with empty lines and comments between them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from claims.sources.base import BadRow, Options, PageAddress, Place
from claims.sources.streams import lines, skip_to

# More than any address that is fetched (`factcheck.fetch`), which says the rest about its form.
MAX_LINE_BYTES = 64 * 1024


def read_url_list(stream: BinaryIO, source: str, options: Options, offset: int = 0) -> Iterator[BadRow | PageAddress]:
    """The addresses, as they stand there; a comment is a line that begins with "#". See `base.Reader`."""
    for line, end, raw in lines(stream, skip_to(stream, offset), offset):
        written = raw.removeprefix(b"\xef\xbb\xbf").strip()
        if not written or written.startswith(b"#"):
            continue
        try:
            if len(written) > MAX_LINE_BYTES:
                yield BadRow(Place(source, line, end), "url", "too_large", "the line is no address: it has no end")
            else:
                url = written.decode()
                yield PageAddress(url, Place(source, line, end, raw, {"url": url}, is_address=True))
        except UnicodeDecodeError as error:
            place = Place(source, line, end, raw)
            yield BadRow(place, "url", "invalid_encoding", f"byte {error.start + 1} of the address is no UTF-8")
