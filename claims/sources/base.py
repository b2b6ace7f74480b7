"""What every reader takes and gives. Plain values: nothing here knows the database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from dataclasses import field as field_of_dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, BinaryIO, Protocol

import orjson

from claims.sources.languages import language_tag

# A row is one article; the longest we know of are under 1 MiB, so four times that is a broken file, not an article.
MAX_ROW_BYTES = 4 * 1024 * 1024
# A whole document (a page, a text) is read into memory at once; saved pages carry their scripts and images inline.
MAX_DOCUMENT_BYTES = 16 * 1024 * 1024

# The member of a line in an errors file that says what was wrong with the rest of the line.
BAD_ROW_KEY = "_bad_row"


class Unreadable(Exception):
    """A source that gives no rows at all: missing, forbidden, not a table, broken compression. `str()` is fit for the terminal."""

    def __init__(self, source: str, detail: str) -> None:
        super().__init__(f"{source}: {detail}")
        self.source = source
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Place:
    """Where a row stood.

    `source` is the path as given, or "-"; `line` counts from 1 and is None for a whole document. `offset` is the byte offset
    in the (decompressed) file after this row, from which reading may go on. `raw` holds the bytes of the row, empty for a whole
    document and for a row that was too large to keep; `row` its fields once parsed. `is_address` says that the row is nothing but the
    address of a page (`row["url"]`), which is to be fetched.
    """

    source: str
    line: int | None
    offset: int
    raw: bytes = b""
    row: Mapping[str, Any] | None = None
    is_address: bool = False

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """An article as a source gave it, checked for form: nothing about it is guessed from the file's or the import's time.

    `text` is not empty, holds neither NUL nor lone surrogates, and is otherwise untouched. `url` is as given, `canonical_url`
    its normal form (`claims.sources.urls`); both are "" when the source states none. `published_at` is aware and in UTC, or None.
    `outlet_domain` is the stated one, else the host of the URL without "www.". `fetched_at` is set where the article was fetched from
    its address: it is then what stands there now, and not one of its states that somebody kept.
    """

    text: str
    title: str
    url: str
    canonical_url: str
    byline: str
    language: str
    outlet: str
    outlet_domain: str
    published_at: datetime | None
    place: Place
    fetched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was refused. `field` is one of ours ("text", "published_at", ...), or "" when the row as a whole is broken.

    `code` is stable: empty_file, invalid_json, not_an_object, invalid_csv, invalid_encoding, nul_character, too_large, missing_text,
    empty_text, wrong_type, too_long, invalid_date, invalid_url, invalid_language; of a page that could not be had those of
    `factcheck.fetch.problems`. `detail` is a sentence for the person who
    repairs the row. `mapping` is the one under which it was read.
    """

    place: Place
    field: str
    code: str
    detail: str
    mapping: Mapping[str, str] = field_of_dataclass(default_factory=dict)

    @property
    def raw(self) -> bytes:
        return self.place.raw

    def __str__(self) -> str:
        """One line for a terminal, which what stands in the row neither steers nor breaks."""
        line = f"{self.place} {self.field or '-'} {self.code} {self.detail}"
        return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)

    def as_line(self) -> bytes:
        """One line of JSON to repair and feed back through the same importer.

        The row's own fields stay where they were and `_bad_row` stands beside them, with the mapping that they need in
        `_bad_row.map`. With `_bad_row.fetch` the row is the address of a page that is fetched again, unless more than the `url` has
        been written into it since. A row that could not be parsed, or is no object, goes into `_bad_row.raw`, from where the JSONL
        reader takes it up again.
        """
        error: dict[str, Any] = {
            "source": self.place.source,
            "line": self.place.line,
            "field": self.field,
            "code": self.code,
            "detail": self.detail,
        }
        row = {key: value for key, value in (self.place.row or {}).items() if key != BAD_ROW_KEY}
        if self.mapping:
            error["map"] = dict(self.mapping)
        if self.place.is_address:
            error["fetch"] = True
        if not self.place.row and self.place.raw:
            # Bytes that are no UTF-8 become \xNN, which is no JSON: unrepaired, the line is refused again instead of let in garbled.
            error["raw"] = self.place.raw.decode("utf-8", "backslashreplace").rstrip("\r\n")
        return orjson.dumps({BAD_ROW_KEY: error} | row, option=orjson.OPT_APPEND_NEWLINE)


@dataclass(frozen=True, slots=True)
class PageAddress:
    """A row that only names a page. Whoever reads for an import fetches it; here nothing is ever asked for."""

    url: str
    place: Place


class Refused(ValueError):
    """One field of a row, or the row (field ""), is not what it should be. Readers turn it into a `BadRow`."""

    def __init__(self, field: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.field, self.code, self.detail = field, code, detail


FIELDS = (
    "text",
    "title",
    "url",
    "byline",
    "language",
    "outlet",
    "outlet_domain",
    "published_at",
)


@dataclass(frozen=True, slots=True)
class Options:
    """What the person importing says about the sources.

    `mapping` leads from their field name to ours (`{"headline": "title"}`) and wins over the alias table. `outlet` and `language`
    fill rows that state none. `default_timezone` is for dates that name no offset. `base` is the URL against which relative
    article URLs are resolved.

    `seen` gathers the names of the fields that rows turned out to have, so that a mapping from one that none has can be told.

    Raises ValueError on a mapping to a field that is none of `FIELDS`, and on a malformed language tag.
    """

    format: str = "auto"
    mapping: Mapping[str, str] = field_of_dataclass(default_factory=dict)
    outlet: str = ""
    language: str = ""
    default_timezone: tzinfo = UTC
    base: str = ""
    seen: set[str] = field_of_dataclass(default_factory=set, compare=False, repr=False)

    def __post_init__(self) -> None:
        language_tag(self.language)
        for theirs, ours in self.mapping.items():
            if ours not in FIELDS:
                raise ValueError(f"{theirs}={ours}: there is no field {ours!r}; use one of {', '.join(FIELDS)}")


class Reader(Protocol):
    """Reads one format.

    Yields lazily from a binary stream that stands at its beginning; formats made of rows keep memory flat. `offset` is that of
    the last row already taken: reading goes on behind it, with true line numbers. A row that cannot be read is yielded as a
    `BadRow` and stops none of the others. Raises `Unreadable` when no row can be expected at all.
    """

    def __call__(
        self, stream: BinaryIO, source: str, options: Options, offset: int = 0
    ) -> Iterator[ArticleDraft | BadRow | PageAddress]: ...
