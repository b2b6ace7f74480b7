"""What the formats of one article a file share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import BinaryIO

from claims.charsets import encoding_of_mark
from claims.sources.base import MAX_DOCUMENT_BYTES, ArticleDraft, BadRow, Options, Place, Reader, Refused
from claims.sources.streams import read_up_to


def one_article(draft: Callable[[bytes, Place, Options], ArticleDraft | BadRow]) -> Reader:
    """A reader of whole documents from a function that drafts one; it may raise `Refused`."""

    @wraps(draft)
    def read(stream: BinaryIO, source: str, options: Options, offset: int = 0) -> Iterator[ArticleDraft | BadRow]:
        if offset:
            return
        content = read_up_to(stream, MAX_DOCUMENT_BYTES + 1)
        place = Place(source, None, len(content))
        try:
            if len(content) > MAX_DOCUMENT_BYTES:
                raise Refused("text", "too_large", f"the document is larger than {MAX_DOCUMENT_BYTES:,} bytes")
            yield draft(content, place, options)
        except Refused as refused:
            yield BadRow(place, refused.field, refused.code, refused.detail)

    return read


def decoded(content: bytes, encoding: str = "utf-8") -> str:
    """The text of a document: what its byte order mark says, else in `encoding`. Never a guess: that garbles names in silence."""
    encoding = encoding_of_mark(content) or encoding
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        detail = f"byte {error.start + 1} is no {encoding.upper()}; convert the file to UTF-8"
        raise Refused("text", "invalid_encoding", detail) from None
    if "\0" in text:
        raise Refused("text", "nul_character", "the document holds NUL characters: it is no text, or not in UTF-8")
    return text
