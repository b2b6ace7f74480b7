"""ClaimReview as Fact-Check Insights takes it: few members, and every part of a rating a string. Plain values.

Source: the ingest schema of the Duke Reporters' Lab.
"""

from __future__ import annotations

from typing import Any

from reviews.publication import common
from reviews.publication.documents import FactCheckDocument, Speaker, without_nothing
from reviews.publication.rules import JSON, Profile, Rule, is_absolute, is_array, is_day, is_text, optional


def claim_review(document: FactCheckDocument) -> dict[str, Any]:
    claim, rating = document.claim, document.rating
    made: dict[str, Any] = without_nothing(
        {
            "@context": "https://schema.org",
            "@type": "ClaimReview",
            "datePublished": document.published_at[:10],
            "url": document.url,
            "author": {"@type": "Organization", "name": document.publisher.name, "url": document.publisher.url},
            "claimReviewed": claim.text,
            "reviewRating": {
                "@type": "Rating",
                "ratingValue": str(rating.rank or ""),
                "bestRating": str(rating.best or "") if rating.rank else "",
                "worstRating": "1" if rating.rank else "",
                "alternateName": rating.label,
                "ratingExplanation": rating.explanation,
            },
            "itemReviewed": {
                "@type": "Claim",
                "name": claim.place,
                "datePublished": claim.made_on,
                "author": _speaker(claim.speaker) if claim.speaker else None,
                "appearance": [{"@type": "CreativeWork", "url": url} for url in claim.appearances],
            },
        }
    )
    return made


def _speaker(speaker: Speaker) -> dict[str, Any] | None:
    if not speaker.is_body:
        return {"@type": "Person", "name": speaker.name, "sameAs": speaker.same_as}
    # An organisation needs an address here. Without one, none is better than to call an office a person.
    if not speaker.same_as:
        return None
    return {"@type": "Organization", "name": speaker.name, "url": speaker.same_as[0], "sameAs": speaker.same_as}


def is_string(value: Any, _: JSON) -> bool:
    return isinstance(value, str)


def is_digits(value: Any, _: JSON) -> bool:
    return isinstance(value, str) and value.isascii() and value.isdecimal()


def named(author: Any, _: JSON) -> bool:
    return not (isinstance(author, dict) and author.get("@type") == "Person") or bool(author.get("name"))


def addressed(author: Any, review: JSON) -> bool:
    return not (isinstance(author, dict) and author.get("@type") == "Organization") or is_absolute(
        author.get("url"), review
    )


def person_or_organization(kind: Any, _: JSON) -> bool:
    return kind in ("Person", "Organization")


RULES = (
    *common.RULES,
    Rule("reviewRating.*", "string", "Every part of a rating is a string.", is_string),
    *(
        Rule(f"reviewRating.{name}", "digits", "Ratings are whole numbers, written as strings.", optional(is_digits))
        for name in common.NUMBERS
    ),
    Rule("itemReviewed.name", "string", "Name the place where the claim was made, or leave it out.", optional(is_text)),
    Rule("itemReviewed.datePublished", "day", "Say on which day, as YYYY-MM-DD, or leave it out.", optional(is_day)),
    Rule("itemReviewed.author.@type", common.KIND, "It is a Person or an Organization.", person_or_organization),
    Rule("itemReviewed.author", "named", "A person has a name.", named),
    Rule("itemReviewed.author", "addressed", "An organisation has an address.", addressed),
    Rule("itemReviewed.author.sameAs", "array", "Pages about somebody are a list.", optional(is_array)),
)

MEMBERS = {
    "": ("@context", "@type", "datePublished", "url", "author", "claimReviewed", "reviewRating", "itemReviewed"),
    "reviewRating": (
        "@type", "ratingValue", "bestRating", "worstRating", "image", "alternateName", "ratingExplanation",
    ),
}  # fmt: skip

PROFILE = Profile("insights", claim_review, RULES, MEMBERS)
