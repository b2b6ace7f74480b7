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
    """A feed needs a time and an author; where nothing is published there is neither, so it gets the earliest and none."""
    return (
        f'<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns={quoteattr(NAMESPACE)}>'
        f"{_element('title', feed.name or 'Fact-checks')}{_element('id', feed.address)}"
        f"<link rel={quoteattr('self')} href={quoteattr(_writable(feed.address))}/>"
        f"{_element('updated', feed.modified_at or NOTHING_YET)}{_element('rights', feed.license) if feed.license else ''}\n"
    )


def entry(document: FactCheckDocument) -> str:
    publisher = document.publisher
    address, label = quoteattr(_writable(document.url)), quoteattr(_writable(document.rating.label))
    return (
        f"<entry>{_element('title', document.headline)}{_element('id', document.url)}<link href={address}/>"
        f"{_element('published', document.published_at)}{_element('updated', document.modified_at)}"
        f"<author>{_element('name', publisher.name)}{_element('uri', publisher.url)}</author>"
        f"<category term={quoteattr(document.rating.code)} label={label}/>"
        f"{_element('summary', _summary(document))}</entry>\n"
    )


def _summary(document: FactCheckDocument) -> str:
    claim, speaker = document.claim.text, document.claim.speaker
    said = f"{speaker.name}: {claim}" if speaker else claim
    return "\n".join((said, f"{document.rating.label}. {document.rating.explanation}", document.summary))


def _element(name: str, words: str) -> str:
    return f"<{name}>{escape(_writable(words))}</{name}>"


def _writable(words: str) -> str:
    return words.translate(_WRITABLE)


EXPORT = Export(
    "feed.atom",
    "application/atom+xml",
    "An Atom feed.",
    version=1,
    element=entry,
    opening=opening,
    closing=lambda feed, count: "</feed>\n",
)
