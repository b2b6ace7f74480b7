"""What the headers of tables say, read before anything is imported."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

from claims.sources.base import Options, Unreadable
from claims.sources.csv_table import header_of
from claims.sources.guess import format_by_name
from claims.sources.inputs import STANDARD_INPUT, open_input
from claims.sources.rows import RowDrafter


@dataclass(slots=True)
class Headers:
    """`columns` of all tables among the sources. `unread` leads from columns that stand for no field of ours to the tables that
    have them. `are_all` says whether every source is a table whose header could be read. `standard_input` is to be read instead of
    the one that was given.
    """

    standard_input: BinaryIO
    columns: set[str] = field(default_factory=set)
    unread: dict[tuple[str, ...], list[str]] = field(default_factory=dict)
    are_all: bool = True


def read_headers(sources: Sequence[str], options: Options, standard_input: BinaryIO) -> Headers:
    """The headers of the tables among sources from `find_sources`. What cannot be opened is passed over: reading will say why."""
    headers, drafter = Headers(standard_input), RowDrafter(options)
    for source in sources:
        columns = _columns(source, options, headers) if _may_be_looked_at(source, options) else None
        headers.are_all &= columns is not None
        if columns:
            headers.columns.update(columns)
            read = {name for names in drafter.keys_of(tuple(columns)) for name in names}
            if unread := tuple(column for column in columns if column not in read):
                headers.unread.setdefault(unread, []).append(source)
    return headers


def _may_be_looked_at(source: str, options: Options) -> bool:
    # A folder of pages has nothing to be opened for, and what is read from a pipe is gone.
    format = format_by_name(source) if options.format == "auto" else options.format
    return format in ("csv", "") and (source == STANDARD_INPUT or os.path.isfile(source))


def _columns(source: str, options: Options, headers: Headers) -> list[str] | None:
    try:
        with open_input(source, options, headers.standard_input) as opened:
            if source == STANDARD_INPUT:
                headers.standard_input = opened.stream
            return header_of(opened.head, source) if opened.format.name == "csv" and opened.head else None
    except Unreadable:
        return None
