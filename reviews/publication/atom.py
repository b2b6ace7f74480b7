"""All fact-checks as an Atom feed, for feed readers. Plain values. Source: RFC 4287."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

from reviews.publication.documents import FactCheckDocument, Feed
from reviews.publication.export import Export

NAMESPACE = "http://www.w3.org/2005/Atom"
# XML 1.0 has no way to write these.
_WRITABLE = dict.fromkeys((*range(9), 0xB, 0xC, *range(0xE, 0x20), 0xFFFE, 0xFFFF), "\ufffd")
NOTHING_YET = "1970-01-01T00:00:00Z"


def opening(feed: Feed) -> str:
    return head(feed, feed.name or "Fact-checks")


def head(feed: Feed, title: str) -> str:
    """A feed needs a time, even where nothing is published; its entries name their authors."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns={quoteattr(NAMESPACE)}>'
        f"{tag('title', title)}{tag('id', feed.address)}<link rel={quoteattr('self')} href={attribute(feed.address)}/>"
        f"{tag('updated', feed.modified_at or NOTHING_YET)}{tag('rights', feed.license) if feed.license else ''}\n"
    )


def closing(feed: Feed, count: int) -> str:
    return "</feed>\n"


def entry(document: FactCheckDocument) -> str:
    publisher = document.publisher
    return (
        f"<entry>{tag('title', document.headline)}{tag('id', document.url)}<link href={attribute(document.url)}/>"
        f"{tag('published', document.published_at)}{tag('updated', document.modified_at)}"
        f"<author>{tag('name', publisher.name)}{tag('uri', publisher.url)}</author>"
        f"<category term={attribute(document.rating.code)} label={attribute(document.rating.label)}/>"
        f"{tag('summary', _summary(document))}</entry>\n"
    )


def _summary(document: FactCheckDocument) -> str:
    claim, speaker = document.claim.text, document.claim.speaker
    said = f"{speaker.name}: {claim}" if speaker else claim
    return "\n".join((said, f"{document.rating.label}. {document.rating.explanation}", document.summary))


def tag(name: str, words: str) -> str:
    return f"<{name}>{escape(words.translate(_WRITABLE))}</{name}>"


def attribute(words: str) -> str:
    return quoteattr(words.translate(_WRITABLE))


EXPORT = Export(
    "feed.atom",
    "application/atom+xml",
    "An Atom feed.",
    version=1,
    element=entry,
    opening=opening,
    closing=closing,
)
