"""All pages of fact-checks for crawlers, piece by piece. Plain values.

Source: the protocol of sitemaps.org, which lets one file have 50,000 addresses.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from xml.sax.saxutils import escape

MEDIA_TYPE = "application/xml"
MAX_ADDRESSES = 50_000
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'


def written(pages: Iterable[tuple[str, str]]) -> Iterator[bytes]:
    """Of addresses, and when what stands there last changed."""
    yield f"{_HEAD}<urlset {_NAMESPACE}>\n".encode()
    for address, changed_at in pages:
        yield f"<url><loc>{escape(address)}</loc><lastmod>{escape(changed_at)}</lastmod></url>\n".encode()
    yield b"</urlset>\n"


def index(sitemaps: Iterable[str]) -> bytes:
    """Of the addresses of several files."""
    places = "".join(f"<sitemap><loc>{escape(address)}</loc></sitemap>\n" for address in sitemaps)
    return f"{_HEAD}<sitemapindex {_NAMESPACE}>\n{places}</sitemapindex>\n".encode()
