"""In which encoding a text or a page is, going by what was said of it. Plain values. Never a guess: that garbles names in silence."""

from __future__ import annotations

import codecs

# A page names its encoding within its first 1,024 bytes (HTML standard, 13.2.3.2).
_PRESCAN_BYTES = 1024
# Only what newsrooms' systems write: Python also knows "encodings" that run decompressors or read escapes.
_NAMES = """
    utf-8 ascii cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 iso8859-1 iso8859-2 iso8859-5 iso8859-7
    iso8859-9 iso8859-15 koi8-r koi8-u cp866 gb2312 gbk gb18030 big5 shift_jis euc_jp euc_kr
"""
_ENCODINGS = frozenset(_NAMES.split())
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def encoding_of_mark(content: bytes) -> str:
    """Python's name for the encoding that a byte order mark at the start names, else ""."""
    return next((encoding for mark, encoding in _MARKS if content.startswith(mark)), "")


def encoding_of_page(content: bytes, charset: str = "") -> str:
    """Of a web page without a byte order mark: `charset` is what its server said of it, and wins over what the page says."""
    return encoding_named(charset) or encoding_named(_stated_charset(content)) or "utf-8"


def encoding_named(charset: str) -> str:
    """Python's name for what browsers read under this one; "" for one that is not read here."""
    try:
        encoding = codecs.lookup(charset).name
    except (LookupError, ValueError):
        return ""
    if encoding in ("iso8859-1", "ascii"):
        return "cp1252"  # What browsers read under these names.
    return encoding if encoding in _ENCODINGS else ""


def _stated_charset(content: bytes) -> str:
    head = content[:_PRESCAN_BYTES].lower()
    name = (
        head.partition(b"charset=")[2][:40].strip(b" \"'").replace(b'"', b" ").replace(b"'", b" ").replace(b">", b" ")
    )
    return name.split()[0].decode("ascii", "replace").rstrip("/;") if name.split() else ""
