"""All fact-checks as one DataFeed, which Data Commons reads. Plain values, written piece by piece: a feed of any length takes no memory.

Source: schema.org's DataFeed; the fact-check page of Data Commons.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from reviews.publication import schemaorg
from reviews.publication.documents import FactCheckDocument, Feed, without_nothing

MEDIA_TYPE = "application/ld+json"


def written(feed: Feed, documents: Iterable[FactCheckDocument]) -> Iterator[bytes]:
    head = {
        "@context": "https://schema.org",
        "@type": "DataFeed",
        "name": feed.name,
        "dateModified": feed.modified_at,
        "license": feed.license,
    }
    yield orjson.dumps(without_nothing(head)).removesuffix(b"}") + b',"dataFeedElement":['
    separator = b""
    for document in documents:
        yield separator + orjson.dumps(_element(document))
        separator = b","
    yield b"]}"


def _element(document: FactCheckDocument) -> dict[str, object]:
    return {
        "@type": "DataFeedItem",
        "dateCreated": document.published_at,
        "dateModified": document.modified_at,
        "item": [schemaorg.claim_review(document)],
    }
