"""What a mapping and the names in the sources have to do with each other, in words for the terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import BinaryIO

from claims.management.exits import usage
from claims.management.words import count_of
from claims.pipeline.feeds import storable
from claims.sources.base import Options
from claims.sources.headers import Headers, read_headers

MOST_UNREAD_COLUMNS = 20  # sets of them, each a line


def check_columns(files: list[str], options: Options, say: Callable[[str], None]) -> BinaryIO:
    """The standard input, whole again; `say` is told of columns that nothing reads. Raises CommandError on a mapping of none."""
    headers = read_headers(files, options, sys.stdin.buffer)
    if wrong := "\n".join(unknown_columns(headers, options)):
        raise usage(wrong)
    for sentence in islice(unread_columns(headers), MOST_UNREAD_COLUMNS):
        say(storable(sentence))
    return headers.standard_input


def unknown_columns(headers: Headers, options: Options) -> Iterator[str]:
    """A sentence for each mapped column that none of the tables has; nothing when some sources are no tables."""
    if headers.are_all:
        there = ", ".join(sorted(headers.columns))
        for theirs, ours in options.mapping.items():
            if theirs not in headers.columns:
                hint = _did_you_mean(theirs, headers.columns)
                yield f"--map {theirs}={ours}: there is no column {theirs!r}{hint}. The columns are: {there}."


def unread_columns(headers: Headers) -> Iterator[str]:
    """For each set of columns that stand for no field of ours, the table that has them."""
    for unread, tables in headers.unread.items():
        others = f" and {count_of(len(tables) - 1, 'other table')}" if len(tables) > 1 else ""
        columns = "column" if len(unread) == 1 else "columns"
        yield f"{tables[0]}{others}: nothing reads the {columns} {', '.join(unread)}"


def unseen_fields(options: Options) -> Iterator[str]:
    """A sentence for each mapped field that no row had that was read."""
    for theirs, ours in options.mapping.items():
        if theirs not in options.seen:
            yield f"--map {theirs}={ours}: no row had a field {theirs!r}{_did_you_mean(theirs, options.seen)}."


def _did_you_mean(name: str, names: Iterable[str]) -> str:
    by_folded = {known.casefold(): known for known in names}
    near = get_close_matches(name.casefold(), by_folded, n=1)
    return f"; did you mean {by_folded[near[0]]!r}?" if near else ""
