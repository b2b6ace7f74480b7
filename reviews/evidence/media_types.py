"""What bytes are, by their content. Plain values.

Eight types do not need a library: those there are guess, and what a browser would make of the bytes is a standard.
Source: WHATWG MIME Sniffing, 6.1, 6.2 and 7.1.
"""

from __future__ import annotations

import orjson
import re2

from claims.charsets import encoding_of_mark

UNKNOWN = "application/octet-stream"
HTML, PLAIN, JSON = "text/html", "text/plain", "application/json"

# What each is called when it is saved; the first is added to a name that ends otherwise.
EXTENSIONS = {
    "application/pdf": (".pdf",),
    "image/png": (".png",),
    "image/jpeg": (".jpg", ".jpeg"),
    "image/gif": (".gif",),
    "image/webp": (".webp",),
    HTML: (".html", ".htm", ".xhtml"),
    PLAIN: (".txt", ".md", ".csv", ".log"),
    JSON: (".json",),
    UNKNOWN: (".bin",),
}

_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_SNIFFED_BYTES = 1445
# Bytes that stand in no text of one byte a character, nor in UTF-8.
_BINARY = bytes([*range(0x09), 0x0B, *range(0x0E, 0x1B), *range(0x1C, 0x20)])
_TAG = re2.compile(
    r"(?i)^[\t\n\f\r ]*(?:<(?:!doctype html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\t\n\f\r >]|<!--)"
)
_XHTML = re2.compile(r"(?is)^[\t\n\f\r ]*<\?xml .*<html[\t\n\f\r >]")


def media_type_of(payload: bytes, declared: str = "") -> str:
    """One of `EXTENSIONS`. `declared`, a media type, counts between kinds of text alone: told so, a browser shows any text as a page."""
    for signature, media_type in _SIGNATURES:
        if payload.startswith(signature):
            return media_type
    if payload[:4] == b"RIFF" and payload[8:12] == b"WEBP":
        return "image/webp"
    head = payload[:_SNIFFED_BYTES]
    shown = head.decode(encoding_of_mark(head) or "latin-1", "replace").lstrip("\ufeff")
    if _TAG.match(shown) or _XHTML.match(shown):
        return HTML
    if declared in (HTML, "application/xhtml+xml") and _is_text(head):
        return HTML
    if not _is_text(payload):
        return UNKNOWN
    return JSON if _is_json(payload) else PLAIN


def is_script(payload: bytes) -> bool:
    """Text that a system would run as a program."""
    return payload.removeprefix(b"\xef\xbb\xbf").startswith(b"#!")


def _is_text(payload: bytes) -> bool:
    if encoding_of_mark(payload) == "utf-16":
        # A head may end within a character.
        payload = payload[: len(payload) // 2 * 2].decode("utf-16", "ignore").encode("utf-8", "replace")
    return len(payload.translate(None, delete=_BINARY)) == len(payload)


def _is_json(payload: bytes) -> bool:
    if payload.lstrip(b" \t\r\n")[:1] not in (b"{", b"["):
        return False
    try:
        orjson.loads(payload)
    except orjson.JSONDecodeError:
        return False
    return True
