"""Where the rows of an import come from, each with the words in which a checkpoint names its place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, BinaryIO, NamedTuple, Protocol

import orjson

from claims.models import FailedRow, ImportRun
from claims.pipeline.addresses import open_address
from claims.pipeline.runs import UNREADABLE
from claims.sources import FORMATS
from claims.sources.base import BAD_ROW_KEY, ArticleDraft, BadRow, Options, PageAddress, Place, Unreadable
from claims.sources.inputs import HEAD_BYTES, STANDARD_INPUT, Input, is_address, open_input
from factcheck.fetch.politely import Courtesy

Item = ArticleDraft | BadRow
Checkpoint = dict[str, Any]


class SourceChanged(Exception):
    """The sources are not those in which the run stopped: its checkpoint means nothing in them. `str()` is fit for the terminal."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What rows of one source share. `is_repeat`: these rows were taken already, as far as can be told without looking."""

    where: Checkpoint
    size_bytes: int | None = None
    is_repeat: bool = False

    def checkpoint(self, place: Place) -> Checkpoint:
        return self.where | {"offset": place.offset, "line": place.line}


class Fed(NamedTuple):
    item: Item | PageAddress
    origin: Origin


class Feed(Protocol):
    """Addresses among its rows are still to be fetched: see `page_feed`."""

    reads_database: bool

    def rows(self, checkpoint: Checkpoint) -> Iterator[Fed]:
        """The rows behind the checkpoint, one by one. Raises SourceChanged before the first."""
        ...


class FileFeed:
    """Files, addresses and standard input, one after the other. One that cannot be read is a bad row and stops none of the others.

    Files go on at the byte offset; a stream may be made anew, in another order, so it is read from its beginning.
    """

    reads_database = False

    def __init__(self, sources: Sequence[str], options: Options, standard_input: BinaryIO, courtesy: Courtesy) -> None:
        self._sources, self._options, self._standard_input = sources, options, standard_input
        self._courtesy = courtesy

    def rows(self, checkpoint: Checkpoint) -> Iterator[Fed]:
        start = checkpoint.get("number", 0)
        if checkpoint and (start > len(self._sources) or self._where(start)["source"] != checkpoint["source"]):
            raise SourceChanged("these are not the files among which the run stopped")
        for number in range(start, len(self._sources)):
            source = self._sources[number]
            try:
                yield from self._rows_of(number, checkpoint if number == start else {})
            except Unreadable as error:
                bad = BadRow(Place(storable(source), None, 0), "", UNREADABLE, error.detail)
                yield Fed(bad, Origin(self._where(number + 1)))

    def _rows_of(self, number: int, checkpoint: Checkpoint) -> Iterator[Fed]:
        source, offset = self._sources[number], checkpoint.get("offset", 0)
        with self._open(source) as opened:
            # Only as far as there was anything then: a file may have grown since, and it still is that file.
            if checkpoint.get("head_digest") not in (
                None,
                opened.head_digest(checkpoint.get("head_bytes", HEAD_BYTES)),
            ):
                raise SourceChanged(f"{source} no longer begins as it did when the run stopped in it")
            if opened.size_bytes is not None and offset > opened.size_bytes:
                raise SourceChanged(f"{source} is shorter than it was when the run stopped in it")
            head = {"head_digest": opened.head_digest(), "head_bytes": len(opened.head)}
            origin = Origin(self._where(number) | head, opened.size_bytes)
            repeat = replace(origin, is_repeat=True)
            repeated = offset if source == STANDARD_INPUT else 0
            named = replace(opened, source=storable(source))
            # Of a stream only the beginning is known to be the same: its pages are here, and are not asked for again.
            known = min(repeated, checkpoint.get("head_bytes", 0))
            for item in named.articles(self._options, offset - repeated):
                if isinstance(item, PageAddress) and item.place.offset <= known:
                    continue
                if not item.place.offset:  # there is nothing behind an empty file
                    yield Fed(item, Origin(self._where(number + 1)))
                else:
                    yield Fed(item, repeat if item.place.offset <= repeated else origin)

    def _open(self, source: str) -> AbstractContextManager[Input]:
        return _open(source, self._options, self._standard_input, self._courtesy)

    def _where(self, number: int) -> Checkpoint:
        """The beginning of a source; behind the last one it has no name."""
        return {"number": number, "source": storable(self._sources[number]) if number < len(self._sources) else ""}


class FailedRowFeed:
    """The rows that an earlier run refused, at the places where they stood then. A whole document is read again from its file."""

    reads_database = True

    def __init__(self, run: ImportRun, options: Options, courtesy: Courtesy) -> None:
        self._run, self._options, self._courtesy = run, options, courtesy

    def rows(self, checkpoint: Checkpoint) -> Iterator[Fed]:
        failed = FailedRow.objects.filter(run=self._run).order_by("id")
        last = checkpoint.get("failed_row")
        # Page by page: a cursor held open would not outlive the transactions in between.
        while page := list((failed.filter(id__gt=last) if last else failed)[:100]):
            for row in page:
                for item in self._again(row):
                    place = replace(item.place, source=row.source, line=row.line, offset=0)
                    yield Fed(replace(item, place=place), Origin({"failed_row": str(row.id)}))
            last = page[-1].id

    def _again(self, row: FailedRow) -> Iterator[Item | PageAddress]:
        kept = orjson.loads(row.raw)
        if row.line is None and list(kept) == [BAD_ROW_KEY] and "raw" not in kept[BAD_ROW_KEY]:
            try:
                with self._open(row.source) as opened:
                    yield from opened.articles(self._options)
            except Unreadable as error:
                yield BadRow(Place(row.source, None, 0), "", UNREADABLE, error.detail)
        else:
            yield from FORMATS["jsonl"].read(BytesIO(row.raw.encode()), row.source, self._options)

    def _open(self, source: str) -> AbstractContextManager[Input]:
        return _open(source, self._options, BytesIO(), self._courtesy)


def _open(source: str, options: Options, standard_input: BinaryIO, courtesy: Courtesy) -> AbstractContextManager[Input]:
    if is_address(source):
        return nullcontext(open_address(source, options, courtesy))
    return open_input(source, options, standard_input)


def storable(path: str) -> str:
    """A path for the database: bytes that are no UTF-8 are written out."""
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
