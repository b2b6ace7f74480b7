"""From a file, a folder, a glob or standard input to article drafts. A format is a module here and one line in `FORMATS`."""

from __future__ import annotations

from dataclasses import dataclass

from claims.sources.base import ArticleDraft, BadRow, Options, Place, Reader, Unreadable
from claims.sources.csv_table import read_csv_table
from claims.sources.html_page import draft_of_html, read_html_page
from claims.sources.json_document import read_json_document
from claims.sources.json_lines import read_json_lines
from claims.sources.markdown import read_markdown
from claims.sources.plain_text import read_plain_text
from claims.sources.url_list import read_url_list

__all__ = ["FORMATS", "ArticleDraft", "BadRow", "Format", "Options", "Place", "Unreadable", "draft_of_html"]


@dataclass(frozen=True, slots=True)
class Format:
    """`has_rows` says whether a file holds many articles, so that reading can go on in its middle."""

    name: str
    suffixes: tuple[str, ...]
    has_rows: bool
    read: Reader


FORMATS: dict[str, Format] = {
    format.name: format
    for format in (
        Format("text", (".txt", ".text"), False, read_plain_text),
        Format("markdown", (".md", ".markdown"), False, read_markdown),
        Format("html", (".html", ".htm", ".xhtml"), False, read_html_page),
        Format("json", (".json",), True, read_json_document),
        Format("jsonl", (".jsonl", ".ndjson"), True, read_json_lines),
        Format("csv", (".csv", ".tsv"), True, read_csv_table),
        # Never guessed: nobody wants pages asked for that they did not ask for.
        Format("urls", (), True, read_url_list),
    )
}
