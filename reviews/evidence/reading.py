"""What bytes say: their type, and the text to compare and to search. The same bytes read the same, as long as the extractor is the same."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Literal, NamedTuple

from lxml import etree

from claims.charsets import encoding_named, encoding_of_mark, encoding_of_page
from claims.text import as_read, normalise_text
from reviews.evidence.media_types import HTML, JSON, PLAIN, media_type_of
from reviews.evidence.quoting import occurs

TextGap = Literal["no_text_in_media_type", "no_text_found", "unknown_encoding", "unreadable", "too_large"]


class Effort(NamedTuple):
    """Up to which size a page is read for its text. A tag costs up to 40 microseconds and a MiB up to a quarter of a second."""

    max_tags: int
    max_bytes: int


OF_A_JOB = Effort(500_000, 25 * 1024 * 1024)  # 20 seconds, a third of what a job has
OF_A_REQUEST = Effort(25_000, 2 * 1024 * 1024)  # one second

# A page may have a broken letter or two; with more of them, what it says of its encoding is wrong.
MAX_BROKEN_SHARE = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """`media_type` is what the payload is, whatever its server or its name say of it; `charset` what was said of its encoding, or "".

    Of `text` and `text_gap`, which says why there is no text, one is None. `sha256` is the payload's in hex.
    """

    payload: bytes = field(repr=False)
    sha256: str
    media_type: str
    charset: str
    text: str | None
    text_gap: TextGap | None

    @property
    def text_sha256(self) -> str | None:
        """Of the text in UTF-8. Comparable only with one that the same extractor found."""
        return None if self.text is None else hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def said_sha256(self) -> str:
        """Of what a reader reads, or of the bytes where there is no text: equal for pages that say the same."""
        return self.sha256 if self.text is None else hashlib.sha256(as_read(self.text).encode()).hexdigest()

    def holds(self, quotation: str) -> bool | None:
        """Whether it stands in the text, or in a caption or a box beside it. None where nobody could tell."""
        if self.text_gap not in (None, "no_text_found"):
            return None
        return occurs(quotation, self.text or "") or (self.media_type == HTML and occurs(quotation, _all_of(self)))


def read(payload: bytes, declared: str = "", charset: str = "", effort: Effort = OF_A_JOB) -> Reading:
    """`declared` and `charset` are what the server said of it. A page that is larger than the effort has no text."""
    media_type = media_type_of(payload, declared)
    text, gap = _text_of(payload, media_type, charset, effort)
    sha256 = hashlib.sha256(payload).hexdigest()
    return Reading(payload=payload, sha256=sha256, media_type=media_type, charset=charset, text=text, text_gap=gap)


def extractor() -> str:
    """Which program finds the text. With another one, a text may differ though the page does not."""
    return f"trafilatura {version('trafilatura')}"


def _text_of(payload: bytes, media_type: str, charset: str, effort: Effort) -> tuple[str | None, TextGap | None]:
    """Of a page its main text, so that advertisements and the headlines of the day are no changes; all of it where there is none."""
    if media_type not in (HTML, PLAIN, JSON):
        return None, "no_text_in_media_type"
    if media_type == HTML and (len(payload) > effort.max_bytes or payload.count(b"<") > effort.max_tags):
        return None, "too_large"
    written = _decoded(payload, media_type, charset)
    if written is None:
        return None, "unknown_encoding"
    try:
        text = (_main_text(written) or _whole_text(written)) if media_type == HTML else written
    except _Unreadable:
        return None, "unreadable"
    return (text, None) if text.strip() else (None, "no_text_found")


def _decoded(payload: bytes, media_type: str, charset: str) -> str | None:
    stated = encoding_of_page(payload, charset) if media_type == HTML else encoding_named(charset)
    text = payload.decode(encoding_of_mark(payload) or stated or "utf-8", "replace")
    return normalise_text(text) if text.count("\ufffd") <= MAX_BROKEN_SHARE * len(text) else None


def _all_of(reading: Reading) -> str:
    try:
        return _whole_text(_decoded(reading.payload, reading.media_type, reading.charset) or "")
    except _Unreadable:
        return ""


class _Unreadable(Exception):
    pass


# What lxml and trafilatura trip over. Not every Exception: a job that is out of time is told so by one.
_TRIPS = (etree.LxmlError, ValueError, TypeError, AttributeError, LookupError, RecursionError)


def _main_text(page: str) -> str:
    # Half a second to import.
    import trafilatura

    try:
        found = trafilatura.bare_extraction(page, include_comments=False)
        return normalise_text(getattr(found, "text", None) or "")
    except _TRIPS as error:
        raise _Unreadable from error


def _whole_text(page: str) -> str:
    """Everything that a reader of the page may see, in footers and boxes too: trafilatura's own notion leaves those out."""
    import trafilatura

    try:
        tree = trafilatura.load_html(page)
        if tree is None:
            return ""
        etree.strip_elements(tree, "script", "style", "template", etree.Comment, with_tail=False)
        return normalise_text(trafilatura.html2txt(tree, clean=False))
    except _TRIPS as error:
        raise _Unreadable from error
