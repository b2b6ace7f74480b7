"""Labelled data in JSON Lines: sentences with a label, or documents with the spans of their sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson


class BadRecord(ValueError):
    """Names the file, the line and the field."""


# What check-worthy sentences are labelled in the files that are common.
CHECK_WORTHY = ("CFS", "1", "Yes")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence, its label and what its fields say beyond that, as text."""

    text: str
    label: str
    more: dict[str, str]


def has_spans(file: Path) -> bool:
    """Whether the file is one of sentence spans. Raises BadRecord, OSError."""
    return any("spans" in record for _, record in _records(file))


def sentences(file: Path, *fields: str) -> list[Labelled]:
    """Every line's `text` and `label`, and these fields in `more`. Raises BadRecord, OSError."""
    found = []
    for line, record in _records(file):
        text = _text(file, line, record)
        more = {field: _plain(file, line, record, field) for field in fields}
        found.append(Labelled(text, _plain(file, line, record, "label"), more))
    return found


def positive(file: Path, rows: Sequence[Labelled], asked: str | None = None) -> str:
    """The label of a check-worthy sentence: the one asked for, or the common one. Raises BadRecord unless some have it and some not."""
    labels = {row.label for row in rows}
    found = asked or next((label for label in CHECK_WORTHY if label in labels), None)
    if found is None or found not in labels or len(labels) < 2:
        shown = ", ".join(sorted(labels)[:10])
        raise BadRecord(f"{file}: label: {found or 'none of the common ones'} is not told from others, found {shown}")
    return found


def documents(file: Path) -> list[tuple[str, list[tuple[int, int]]]]:
    """Every line's `text` and `spans`. Raises BadRecord, OSError."""
    return [(_text(file, line, record), _spans(file, line, record)) for line, record in _records(file)]


def _records(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    is_empty = True
    with file.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            is_empty = False
            try:
                record = orjson.loads(line)
            except ValueError as error:
                raise BadRecord(f"{file}, line {number}: no JSON: {error}") from error
            if not isinstance(record, dict):
                raise BadRecord(f"{file}, line {number}: not an object")
            yield number, record
    if is_empty:
        raise BadRecord(f"{file}: no line in it")


def _text(file: Path, line: int, record: dict[str, Any]) -> str:
    text = record.get("text")
    if not isinstance(text, str) or not text.strip():
        raise BadRecord(f"{file}, line {line}: text: expected words, found {text!r}")
    return text


def _plain(file: Path, line: int, record: dict[str, Any], field: str) -> str:
    value = record.get(field)
    if not isinstance(value, str | int):
        raise BadRecord(f"{file}, line {line}: {field}: expected text or a number, found {value!r}")
    return str(value)


def _spans(file: Path, line: int, record: dict[str, Any]) -> list[tuple[int, int]]:
    spans = record.get("spans")
    length = len(record["text"])
    is_fit = isinstance(spans, list) and all(
        isinstance(span, list)
        and len(span) == 2
        and all(isinstance(place, int) for place in span)
        and 0 <= span[0] < span[1] <= length
        for span in spans
    )
    if not is_fit:
        raise BadRecord(f"{file}, line {line}: spans: expected [start, end] within the text, found {str(spans)[:80]}")
    return [(start, end) for start, end in record["spans"]]
