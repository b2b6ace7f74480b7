"""How stored bytes are handed to a browser, which must show, run and guess nothing of what strangers wrote."""

from __future__ import annotations

from django.utils.http import content_disposition_header

from reviews.evidence.media_types import EXTENSIONS, UNKNOWN
from reviews.evidence.names import clean_name


def safe_headers(media_type: str, name: str) -> dict[str, str]:
    """For the answer that carries the payload. Sources: RFC 6266; Content Security Policy Level 3, 6.3.2."""
    known = media_type if media_type in EXTENSIONS else UNKNOWN
    return {
        "Content-Type": known,
        "Content-Disposition": content_disposition_header(True, clean_name(name, known)) or "attachment",
        "Content-Security-Policy": "sandbox; default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
