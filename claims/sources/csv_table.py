"""CSV and its kin: a header, then one article a record, which may span lines."""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from claims.sources.base import MAX_ROW_BYTES, ArticleDraft, BadRow, Options, Place, Refused, Unreadable
from claims.sources.rows import RowDrafter
from claims.sources.streams import lines, skip_to

DELIMITERS = ",;\t|"


def read_csv_table(stream: BinaryIO, source: str, options: Options, offset: int = 0) -> Iterator[ArticleDraft | BadRow]:
    """Articles of a table, one by one. See `base.Reader`.

    The delimiter is the one of `DELIMITERS` that cuts the header into most columns. A record with a stray quotation mark is
    refused alone: reading goes on with the line behind the one where it began.
    Raises Unreadable when no column holds the text, or two have one name.
    """
    header_line = stream.readline(MAX_ROW_BYTES)
    if not header_line:
        return
    delimiter, header = _header(header_line, source)
    drafter = RowDrafter(options)
    if not drafter.keys_of(tuple(header)).text:
        raise Unreadable(
            source, f"no column holds the text (columns: {', '.join(header)}); name it with --map theirs=text"
        )
    offset = max(offset, len(header_line))
    line = skip_to(stream, offset - len(header_line)) + 1
    for record in _Records(_Lines(stream, line, offset), delimiter, has_columns=len(header) > 1):
        place = Place(source, record.line, record.end, record.raw)
        try:
            row = dict(zip(header, _checked(record, len(header)), strict=True))
        except Refused as refused:
            yield drafter.refusal(place, refused.field, refused.code, refused.detail)
        else:
            yield drafter.draft(row, Place(source, record.line, record.end, record.raw, row))


def header_of(head: bytes, source: str) -> list[str]:
    """The names of the columns from the beginning of a table. Raises Unreadable as reading it would."""
    return _header(head[: head.find(b"\n") + 1 or None], source)[1]


def _header(line: bytes, source: str) -> tuple[str, list[str]]:
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Unreadable(source, "the table is in UTF-16; save it as UTF-8")
    try:
        text = line.decode("utf-8-sig")
        cut = [(delimiter, next(csv.reader([text], delimiter=delimiter), [])) for delimiter in DELIMITERS]
    except (UnicodeDecodeError, csv.Error) as error:
        raise Unreadable(source, f"the first line is no header: {error}") from None
    delimiter, columns = max(cut, key=lambda pair: len(pair[1]))
    columns = [column.strip() for column in columns]
    if twice := next((column for column in columns if columns.count(column) > 1), None):
        raise Unreadable(source, f"two columns have the name {twice!r}")
    return delimiter, columns


class _Line(NamedTuple):
    number: int
    end: int
    raw: bytes


class _Record(NamedTuple):
    """`end` is the offset behind it. `error` says why it is no record."""

    line: int
    end: int
    raw: bytes
    values: list[str]
    error: str = ""


def _checked(record: _Record, columns: int) -> list[str]:
    if len(record.raw) > MAX_ROW_BYTES:
        raise Refused("", "too_large", f"the record is longer than {MAX_ROW_BYTES:,} bytes")
    if record.error:
        raise Refused("", "invalid_csv", record.error)
    if not record.raw.isascii():
        try:
            record.raw.decode()
        except UnicodeDecodeError as error:
            raise Refused("", "invalid_encoding", f"byte {error.start + 1} of the record is no UTF-8") from None
    if len(record.values) != columns:
        raise Refused("", "invalid_csv", f"the record has {len(record.values)} columns where the header has {columns}")
    return record.values


class _Lines:
    """What the csv module reads from: decoded lines. Lines may be put back, and are then read again."""

    def __init__(self, stream: BinaryIO, line: int, offset: int) -> None:
        self._lines = (_Line(*line) for line in lines(stream, line, offset))
        self._put_back: deque[_Line] = deque()
        self.taken: list[_Line] = []
        self._taken_bytes = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        if self._taken_bytes > MAX_ROW_BYTES:
            raise csv.Error(f"no end of the record within {MAX_ROW_BYTES:,} bytes")
        line = self._put_back.popleft() if self._put_back else next(self._lines)
        self.taken.append(line)
        self._taken_bytes += len(line.raw)
        return line.raw.decode("utf-8", "surrogateescape")

    def begin(self) -> None:
        self.taken = []
        self._taken_bytes = 0

    def put_back_all_but_first(self) -> int:
        """How many bytes went back."""
        first, *others = self.taken
        self._put_back.extendleft(reversed(others))
        self.taken = [first]
        return self._taken_bytes - len(first.raw)


class _Records:
    # Reading lines again is linear in all but hostile files, in which every line could open a quotation that swallows the rest.
    REREAD_BYTES_PER_BYTE = 4

    def __init__(self, source: _Lines, delimiter: str, has_columns: bool) -> None:
        # The limit is the process's, so it is only ever raised.
        csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_ROW_BYTES))
        self._source = source
        self._reader = csv.reader(source, delimiter=delimiter, strict=True)
        # In a single column any line passes for a record, also one from the middle of a broken one.
        self._may_restart = has_columns

    def __iter__(self) -> Iterator[_Record]:
        source, bytes_read, bytes_reread = self._source, 0, 0
        while True:
            source.begin()
            values, error = [], ""
            try:
                values = next(self._reader)
            except StopIteration:
                return
            except csv.Error as wrong:
                error = f"{wrong}; is a quotation mark missing?"
                if self._may_restart and bytes_reread <= self.REREAD_BYTES_PER_BYTE * bytes_read + MAX_ROW_BYTES:
                    bytes_reread += source.put_back_all_but_first()
            taken = source.taken
            raw = taken[0].raw if len(taken) == 1 else b"".join(line.raw for line in taken)
            bytes_read += len(raw)
            if values or error:
                yield _Record(taken[0].number, taken[-1].end, raw, values, error)
