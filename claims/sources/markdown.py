"""Markdown: one article a file, its fields in front matter if it has any."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import lxml.html
from lxml import etree
from markdown_it import MarkdownIt
from markdown_it.token import Token

from claims.sources.base import ArticleDraft, BadRow, Options, Place
from claims.sources.documents import decoded, one_article
from claims.sources.rows import RowDrafter

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@one_article
def read_markdown(content: bytes, place: Place, options: Options) -> ArticleDraft | BadRow:
    """Markup becomes plain text: what a reader sees, one empty line between blocks, no images.

    The title is that of the front matter, else a heading that opens the text, else the first heading of level 1; a heading
    stays in the text.
    """
    fields, body = split_front_matter(decoded(content).replace("\r\n", "\n"))
    tokens = _PARSER.parse(body)
    drafter = RowDrafter(options)
    row = fields | {"text": "\n\n".join(_blocks(tokens))}
    if not any(fields.get(name) for name in drafter.keys_of(tuple(row)).title):
        row["title"] = _first_heading(tokens)
    return drafter.draft(row, place)


def split_front_matter(source: str) -> tuple[dict[str, str], str]:
    """The `key: value` lines between two lines of dashes at the top, and what is behind them.

    Values are words as written, without surrounding quotation marks; lists and nested values, which only YAML could tell, are
    passed over. Without front matter: no fields, and the whole.
    """
    opening, newline, rest = source.partition("\n")
    if opening.rstrip() != "---" or not newline:
        return {}, source
    fields: dict[str, str] = {}
    lines = rest.split("\n")
    for number, line in enumerate(lines):
        if line.rstrip() in ("---", "..."):
            return fields, "\n".join(lines[number + 1 :])
        key, colon, value = line.partition(":")
        if colon and key == key.strip() and not key.startswith(("-", "#")):
            fields[key] = _unquoted(value.strip())
    return {}, source


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] and value[0] in "\"'":
        return value[1:-1]
    return value


def _first_heading(tokens: Sequence[Token]) -> str:
    for number, token in enumerate(tokens):
        if token.type == "heading_open" and (number == 0 or token.tag == "h1"):
            return _inline(tokens[number + 1])
    return ""


def _blocks(tokens: Sequence[Token]) -> Iterator[str]:
    cells: list[str] | None = None
    for token in tokens:
        block = ""
        if token.type == "tr_open":
            cells = []
        elif token.type == "tr_close":
            block, cells = "\t".join(cells or ()), None
        elif token.type == "inline" and cells is not None:
            cells.append(_inline(token))
        elif token.type == "inline":
            block = _inline(token)
        elif token.type in ("fence", "code_block"):
            block = token.content
        elif token.type == "html_block":
            block = _without_tags(token.content)
        if block.strip():
            yield block.strip()


def _inline(token: Token) -> str:
    """The words of a line of markup. A wrapped line goes on after a space; only a stated break is one."""
    words = {"softbreak": " ", "hardbreak": "\n", "html_inline": "", "image": ""}
    return "".join(words.get(part.type, part.content) for part in token.children or ()).strip()


def _without_tags(markup: str) -> str:
    try:
        tree = lxml.html.fragment_fromstring(markup, create_parent="div")
    except (etree.LxmlError, ValueError):
        return ""
    etree.strip_elements(tree, etree.Comment, "script", "style", with_tail=False)
    return " ".join(str(tree.text_content()).split())
