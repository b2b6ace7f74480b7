"""Which format a source is in, where nobody says it."""

from __future__ import annotations

import csv
from pathlib import PurePath

import orjson

from claims.sources import FORMATS
from claims.sources.csv_table import DELIMITERS
from claims.sources.rows import ALIASES

_BY_SUFFIX = {suffix: format.name for format in FORMATS.values() for suffix in format.suffixes}


def format_by_name(path: str) -> str:
    """The format that the end of a file's name stands for, also before ".gz"; "" when it stands for none."""
    name = PurePath(path).name.lower().removesuffix(".gz")
    return _BY_SUFFIX.get(PurePath(name).suffix, "")


def format_by_content(head: bytes) -> str:
    """The format that the first 64 KiB look like; text when they look like nothing else."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    first_line = start.partition(b"\n")[0].strip()
    if start.startswith(b"["):
        return "json" if start[1:].lstrip()[:1] in (b"{", b"]") else "text"
    if start.startswith(b"{"):
        return "jsonl" if _is_json(first_line) else "json"
    if start[:14].lower() == b"<!doctype html" or start[:5].lower() == b"<html" or start.startswith(b"<?xml"):
        return "html"
    if first_line == b"---" or start.startswith((b"# ", b"## ")):
        return "markdown"
    return "csv" if _is_header(first_line) else "text"


def _is_json(line: bytes) -> bool:
    try:
        orjson.loads(line)
    except orjson.JSONDecodeError:
        return False
    return True


def _is_header(line: bytes) -> bool:
    """Two column names or more, one of which is a name of the text."""
    try:
        text = line.decode()
        tables = [next(csv.reader([text], delimiter=delimiter), []) for delimiter in DELIMITERS]
    except (UnicodeDecodeError, csv.Error):
        return False
    return any(len(names) > 1 and any(name.strip().lower() in ALIASES["text"] for name in names) for names in tables)
