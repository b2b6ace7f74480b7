"""All fact-checks as one DataFeed, which Data Commons reads. Of what was retracted it says that, and nothing else. Plain values.

Source: schema.org's DataFeed; the fact-check page of Data Commons.
"""

from __future__ import annotations

import orjson

from reviews.publication import schemaorg
from reviews.publication.documents import FactCheckDocument, Feed, without_nothing
from reviews.publication.export import Export


def opening(feed: Feed) -> str:
    head = {
        "@context": "https://schema.org",
        "@type": "DataFeed",
        "name": feed.name,
        "dateModified": feed.modified_at,
        "license": feed.license,
    }
    return orjson.dumps(without_nothing(head)).decode().removesuffix("}") + ',"dataFeedElement":['


def element(document: FactCheckDocument) -> str:
    item = {
        "@type": "DataFeedItem",
        "dateCreated": document.published_at,
        "dateModified": document.modified_at,
        "item": [schemaorg.claim_review(document)],
    }
    return orjson.dumps(item).decode()


def tombstone(document: FactCheckDocument, retracted_at: str) -> str:
    item = {
        "@type": "DataFeedItem",
        "url": document.url,
        "dateCreated": document.published_at,
        "dateDeleted": retracted_at,
    }
    return orjson.dumps(item).decode()


EXPORT = Export(
    "feed.json",
    "application/ld+json",
    "A DataFeed of schema.org, its items as ClaimReview.",
    version=2,
    element=element,
    tombstone=tombstone,
    opening=opening,
    between=",",
    closing=lambda feed, count: "]}",
)
