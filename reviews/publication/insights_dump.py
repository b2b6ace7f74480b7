"""All fact-checks in the shape of the dump that Fact-Check Insights hands out: strict ClaimReviews, each with an id. Plain values."""

from __future__ import annotations

import orjson

from reviews.publication import insights
from reviews.publication.documents import FactCheckDocument, Feed, slug_of, without_nothing
from reviews.publication.export import Export


def element(document: FactCheckDocument) -> str:
    return orjson.dumps({"id": slug_of(document), **insights.claim_review(document)}).decode()


def closing(feed: Feed, count: int) -> str:
    meta = without_nothing({"retrievedAt": feed.modified_at, "claimReviewCount": count})
    return f'],"meta":{orjson.dumps(meta).decode()}}}'


EXPORT = Export(
    "insights.json",
    "application/json",
    "As the dump of Fact-Check Insights: ClaimReviews of its strict profile, each with an id.",
    version=1,
    element=element,
    opening=lambda feed: '{"claimReviews":[',
    between=",",
    closing=closing,
    is_attachment=True,
)
