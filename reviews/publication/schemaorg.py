"""ClaimReview as schema.org has it, with all that its readers take: the profile that pages embed and feeds carry. Plain values."""

from __future__ import annotations

from typing import Any

from reviews.publication import common
from reviews.publication.documents import FactCheckDocument, Speaker, beside, without_nothing
from reviews.publication.rules import (
    Profile,
    Rule,
    is_,
    is_absolute,
    is_array,
    is_object,
    is_text,
    is_time,
    optional,
)


def claim_review(document: FactCheckDocument) -> dict[str, Any]:
    """A claim without a known speaker has no author, a rating on no scale none of the three numbers."""
    claim, rating, place = document.claim, document.rating, beside(document)
    made: dict[str, Any] = without_nothing(
        {
            "@context": "https://schema.org",
            "@type": "ClaimReview",
            "@id": f"{document.url}#claim-review",
            "url": document.url,
            "headline": document.headline,
            "inLanguage": document.language,
            "datePublished": document.published_at,
            "dateModified": document.modified_at,
            "author": _publisher(document),
            "claimReviewed": claim.text,
            "itemReviewed": {
                "@type": "Claim",
                "@id": f"{document.url}#claim",
                "author": _speaker(claim.speaker) if claim.speaker else None,
                "datePublished": claim.made_on,
                "appearance": [{"@type": "CreativeWork", "url": url} for url in claim.appearances],
            },
            "reviewRating": {
                "@type": "Rating",
                "ratingValue": rating.rank,
                "bestRating": rating.best if rating.rank else None,
                "worstRating": 1 if rating.rank else None,
                "alternateName": rating.label,
                "ratingExplanation": rating.explanation,
            },
            "citation": [
                {
                    "@type": "CreativeWork",
                    "name": source.title,
                    "url": source.url,
                    "publisher": source.publisher and {"@type": "Organization", "name": source.publisher},
                    "archivedAt": f"{place}/snapshots/{source.sha256}" if place and source.sha256 else None,
                }
                for source in document.sources
                if source.url
            ],
            "correction": [
                {"@type": "CorrectionComment", "text": correction.text, "datePublished": correction.published_at}
                for correction in document.corrections
            ],
        }
    )
    return made


def _publisher(document: FactCheckDocument) -> dict[str, Any]:
    """With the pages that stand beside the fact-check's own, where it is one of ours."""
    place = beside(document)
    pages = {"correctionsPolicy": f"{place}/corrections", "publishingPrinciples": f"{place}/methodology"}
    author = {"@type": "Organization", "name": document.publisher.name, "url": document.publisher.url}
    return author | pages if place else author


def _speaker(speaker: Speaker) -> dict[str, Any]:
    kind = "Organization" if speaker.is_body else "Person"
    return {"@type": kind, "name": speaker.name, "sameAs": speaker.same_as}


def is_whole(value: Any, _: Any) -> bool:
    return type(value) is int  # True is one of Python's


RULES = (
    *common.RULES,
    Rule("@id", common.REQUIRED, "Give it an address of its own.", is_absolute),
    Rule("headline", common.REQUIRED, "Give it a headline.", is_text),
    Rule("inLanguage", "text", "Name the language by its tag.", optional(is_text)),
    Rule("dateModified", "iso_8601", "Give a day, or a time with its offset.", is_time),
    Rule("dateModified", "after_published", "Nothing is modified before it is published.", common.not_before_published),
    Rule("expires", "iso_8601", "Give a day, or a time with its offset.", optional(is_time)),
    Rule("author.name", common.REQUIRED, "Name the publisher.", is_text),
    *(
        Rule(f"author.{page}", "absolute", "Give the whole address.", optional(is_absolute))
        for page in ("correctionsPolicy", "publishingPrinciples")
    ),
    *(
        Rule(f"reviewRating.{name}", "whole_number", "Ratings are whole numbers.", optional(is_whole))
        for name in common.NUMBERS
    ),
    Rule("itemReviewed.@id", common.REQUIRED, "Give the claim an address of its own.", is_absolute),
    Rule("itemReviewed.author.name", common.REQUIRED, "Name who made the claim, or leave it out.", is_text),
    Rule("itemReviewed.datePublished", "iso_8601", "Say when the claim was made, or leave it out.", optional(is_time)),
    Rule("citation", "array", "Sources are a list.", optional(is_array)),
    Rule("citation[]", "object", "A source is an object with an address.", is_object),
    Rule("citation[].@type", common.KIND, "A source is a CreativeWork.", is_("CreativeWork")),
    Rule("citation[].url", "absolute", "Give the whole address.", is_absolute),
    Rule("citation[].archivedAt", "absolute", "Give the whole address of the copy.", optional(is_absolute)),
    Rule("correction", "array", "Corrections are a list.", optional(is_array)),
    Rule("correction[]", "object", "A correction is an object with words.", is_object),
    Rule("correction[].@type", common.KIND, "It is a CorrectionComment.", is_("CorrectionComment")),
    Rule("correction[].text", common.REQUIRED, "Say what was corrected.", is_text),
    Rule("correction[].datePublished", "iso_8601", "Say when.", is_time),
)

PROFILE = Profile("schemaorg", claim_review, RULES)
