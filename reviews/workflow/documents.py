"""What of a review would be published now, as the plain value that every format is made of."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils.text import slugify

from claims.models import Appearance
from reviews import publication
from reviews.models import Decision, Draft, Review
from reviews.publication.documents import (
    ClaimMade,
    FactCheckDocument,
    Publisher,
    RatingGiven,
    Source,
    Speaker,
    in_utc,
)
from reviews.publication.rules import host_of
from reviews.workflow.standing import unsound_of

MAX_SLUG_CHARS = 80


def document_of(review: Review, decision: Decision, draft: Draft, at: datetime) -> FactCheckDocument:
    """As its first revision, published at this time. Nothing of people, notes, or confidential evidence is in it."""
    desk = review.desk
    return FactCheckDocument(
        url=f"{desk.publisher_url.rstrip('/')}/fact-checks/{slug_of(review, draft)}",
        language=review.claim.language,
        headline=draft.headline,
        summary=draft.summary,
        body=draft.body,
        claim=_claim(review),
        rating=_rating(review, decision, draft),
        publisher=Publisher(desk.publisher_name, desk.publisher_url),
        sources=_sources(review, decision),
        published_at=in_utc(at),
        modified_at=in_utc(at),
    )


def problems_of(document: FactCheckDocument) -> tuple[str, ...]:
    """What makes its ClaimReview invalid, in whichever profile; what is only warned of is not among it."""
    found = publication.check(document).values()
    return tuple(dict.fromkeys(str(each) for profile in found for each in profile if not each.is_warning))


def slug_of(review: Review, draft: Draft) -> str:
    """Words for readers, and an end that no other review has. What is published under it keeps it."""
    words = slugify(draft.headline)[:MAX_SLUG_CHARS].strip("-") or "fact-check"
    return f"{words}-{review.pk.hex[-12:]}"


def _claim(review: Review) -> ClaimMade:
    claim = review.claim
    made = Appearance.objects.filter(Q(claim=claim) | Q(claim__merged_into=claim)).order_by("id")
    found = list(made.select_related("article_version__article__outlet"))
    articles = [appearance.article_version.article for appearance in found]
    public = [article for article in articles if article.withdrawn_at is None]
    first = public[0] if public else None
    outlet, when = (first.outlet, first.published_at) if first else (None, None)
    return ClaimMade(
        text=claim.text,
        speaker=_speaker(claim.claimant, [hop for appearance in found for hop in appearance.attribution]),
        place=outlet.name if outlet else "",
        made_on=in_utc(when)[:10] if when else "",
        appearances=tuple(dict.fromkeys(article.canonical_url for article in public if host_of(article.canonical_url))),
    )


def _speaker(name: str, hops: list[dict[str, Any]]) -> Speaker | None:
    is_body = any(hop["name"] == name and hop["role"] == "cited_body" for hop in hops)
    return Speaker(name, is_body) if name else None


def _rating(review: Review, decision: Decision, draft: Draft) -> RatingGiven:
    points = review.scale.points
    [given] = [point for point in points if point["code"] == decision.rating]
    best = max(point["rank"] or 0 for point in points)
    return RatingGiven(given["code"], given["label"], draft.rating_explanation, given["rank"], best)


def _sources(review: Review, decision: Decision) -> tuple[Source, ...]:
    """Of the frozen set, what still counts."""
    unsound = unsound_of(review.pk)
    return tuple(
        Source(
            title=item["title"],
            publisher=item["publisher"],
            origin=item["origin"],
            stance=item["stance"],
            quotation=item["quotation"],
            locator=item["locator"],
            url=item["url"] if host_of(item["url"]) else "",
            sha256=item["sha256"] or "",
        )
        for item in decision.round.evidence_set.items
        if not item["is_confidential"] and UUID(item["id"]) not in unsound
    )
