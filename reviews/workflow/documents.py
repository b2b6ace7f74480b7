"""What of a review would be published now, as the plain value that every format is made of."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Q
from django.utils.text import slugify

from claims.models import Appearance
from reviews import publication
from reviews.models import Decision, Draft, FactCheckRevision, ReplyRequest, Review
from reviews.publication import documents
from reviews.publication.documents import (
    ClaimMade,
    Correction,
    FactCheckDocument,
    Publisher,
    RatingGiven,
    Reply,
    ReplyOutcome,
    Source,
    Speaker,
    in_utc,
)
from reviews.publication.rules import host_of
from reviews.workflow.standing import latest_revision, unsound_of

MAX_SLUG_CHARS = 80


class Known(NamedTuple):
    """What somebody has read of a review already: evidence that counts no more, and what is public."""

    unsound: set[UUID]
    last: FactCheckRevision | None


def document_of(
    review: Review, decision: Decision, draft: Draft, at: datetime, note: str = "", known: Known | None = None
) -> FactCheckDocument:
    """As its next revision, published at this time; `note` is what readers are told of the change. Nothing of people, notes of the desk,
    or confidential evidence is in it.
    """
    desk, rating = review.desk, _rating(review, decision, draft)
    unsound, last = known or Known(unsound_of(review.pk), latest_revision(review))
    before = documents.read(_text_of(last)) if last else None
    slug = last.fact_check.slug if last else slug_of(review, draft)
    return FactCheckDocument(
        url=f"{desk.publisher_url.rstrip('/')}/fact-checks/{slug}",
        language=review.claim.language,
        headline=draft.headline,
        summary=draft.summary,
        body=draft.body,
        claim=_claim(review),
        rating=rating,
        publisher=Publisher(desk.publisher_name, desk.publisher_url),
        sources=_sources(decision, unsound),
        replies=tuple(map(_reply, review.reply_requests.order_by("id"))),
        published_at=before.published_at if before else in_utc(at),
        modified_at=in_utc(at),
        corrections=(*before.corrections, *_correction(before.rating, rating, note, at)) if before else (),
    )


def changed(before: FactCheckDocument, now: FactCheckDocument) -> list[str]:
    """Members that say something else, but for the time of the change itself."""
    names = (field.name for field in fields(FactCheckDocument) if field.name != "modified_at")
    return sorted(name for name in names if getattr(before, name) != getattr(now, name))


def _correction(before: RatingGiven, now: RatingGiven, note: str, at: datetime) -> tuple[Correction, ...]:
    if not note:
        return ()
    ratings = (before.label, now.label) if before.code != now.code else ()
    return (Correction(note, in_utc(at), *ratings),)


def problems_of(document: FactCheckDocument) -> tuple[str, ...]:
    """What makes its ClaimReview invalid, in whichever profile; what is only warned of is not among it."""
    found = publication.check(document).values()
    return tuple(dict.fromkeys(str(each) for profile in found for each in profile if not each.is_warning))


def slug_of(review: Review, draft: Draft) -> str:
    """Words for readers, and an end that no other review has. What is published under it keeps it."""
    parted = draft.headline.replace(".", "-").replace(",", "-")  # 7.2 is not 72
    words = slugify(parted)[:MAX_SLUG_CHARS].strip("-") or "fact-check"
    return f"{words}-{review.pk.hex[-12:]}"


def _text_of(revision: FactCheckRevision) -> str:
    """Read with its fact-check, whose address is asked for next."""
    whole = FactCheckRevision.objects.select_related("fact_check").get(pk=revision.pk)
    revision.content, revision.fact_check = whole.content, whole.fact_check
    return whole.content


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


def _reply(asked: ReplyRequest) -> Reply:
    """As readers are told of it: no address, nor a word that was not meant for them."""
    if asked.waived_by_id:
        return Reply("not_asked", asked.public_addressee, reason=asked.waived_reason)
    outcome: ReplyOutcome = (
        "no_answer" if asked.answered_at is None else "declined" if asked.is_declined else "answered"
    )
    answered_at = in_utc(asked.answered_at) if asked.answered_at else ""
    return Reply(outcome, asked.public_addressee, in_utc(asked.created_at), answered_at, asked.public_answer)


def _sources(decision: Decision, unsound: set[UUID]) -> tuple[Source, ...]:
    """Of the frozen set, what still counts."""
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
