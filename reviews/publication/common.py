"""The rules that all profiles share. Plain values.

Sources: schema.org's ClaimReview and Claim; Google's page of structured data for fact checks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from claims.text import sentences
from reviews.publication.rules import (
    JSON,
    Rule,
    at_most,
    host_of,
    instant_of,
    is_,
    is_absolute,
    is_array,
    is_object,
    is_text,
    is_time,
    optional,
)

MAX_SHOWN_CHARS = 75  # of a claim: what readers of the markup show of it
MAX_LABEL_CHARS = 50  # of a rating: a word or a short phrase
NUMBERS = ("ratingValue", "bestRating", "worstRating")


def part(review: JSON, name: str) -> JSON:
    found = review.get(name)
    return found if isinstance(found, Mapping) else {}


def without_the_rating(claim: Any, review: JSON) -> bool:
    """A claim that begins "False: ..." or ends "(false)" tells the rating twice, and matches no other claim."""
    label = str(part(review, "reviewRating").get("alternateName") or "").strip().casefold()
    said = str(claim or "").strip().casefold()
    before = tuple(f"{label}{mark}" for mark in (":", " :", " -", " –", " —"))
    return not label or not (said.startswith(before) or said.endswith((f"({label})", f"[{label}]")))


def on_own_host(url: Any, review: JSON) -> bool:
    own, host = host_of(part(review, "author").get("url")), host_of(url)
    return not own or not host or host == own or host.endswith(f".{own}")


def in_two_sentences(words: Any, review: JSON) -> bool:
    return not isinstance(words, str) or len(sentences(words)) <= 2


def not_before_published(modified: Any, review: JSON) -> bool:
    first, last = instant_of(review.get("datePublished")), instant_of(modified)
    return not (first and last) or last >= first


def numbers_of(rating: JSON) -> dict[str, int]:
    """Those of the three that can be read as whole numbers, whichever type the profile writes them in."""
    said = {name: str(rating[name]) for name in NUMBERS if type(rating.get(name)) in (int, str)}
    return {name: int(words) for name, words in said.items() if words.isascii() and words.removeprefix("-").isdecimal()}


def all_three_or_none(rating: Any, review: JSON) -> bool:
    return not isinstance(rating, Mapping) or sum(rating.get(name) is not None for name in NUMBERS) in (0, 3)


def of_the_scale(holds: Callable[[int, int, int], bool]) -> Callable[[Any, JSON], bool]:
    """Asked of value, best and worst once all three are whole numbers."""

    def ask(_: Any, review: JSON) -> bool:
        numbers = numbers_of(review["reviewRating"])
        return len(numbers) < 3 or holds(*(numbers[name] for name in NUMBERS))

    return ask


REQUIRED, KIND = "required", "kind"

RULES = (
    Rule("@context", "context", "It is https://schema.org.", is_("https://schema.org")),
    Rule("@type", KIND, "It is a ClaimReview.", is_("ClaimReview")),
    Rule("claimReviewed", REQUIRED, "Say which claim was checked.", is_text),
    Rule("claimReviewed", "without_the_rating", "Say the claim without its rating.", without_the_rating),
    Rule(
        "claimReviewed", "short", f"Readers of the markup show {MAX_SHOWN_CHARS} characters.", at_most(MAX_SHOWN_CHARS),
        is_advice=True,
    ),
    Rule("url", "absolute", "Give the whole address of the page.", is_absolute),
    Rule("url", "own_host", "The page is on the publisher's own host.", on_own_host),
    Rule("datePublished", "iso_8601", "Give a day, or a time with its offset.", is_time),
    Rule("author", REQUIRED, "Say who publishes it.", is_object),
    Rule("author.@type", KIND, "The publisher is an Organization.", is_("Organization")),
    Rule("author.url", "absolute", "Give the whole address of the publisher.", is_absolute),
    Rule("reviewRating", REQUIRED, "Say how it was rated.", is_object),
    Rule("reviewRating.@type", KIND, "It is a Rating.", is_("Rating")),
    Rule("reviewRating.alternateName", REQUIRED, "Name the rating.", is_text),
    Rule(
        "reviewRating.alternateName", "short", f"A word or a phrase: {MAX_LABEL_CHARS} characters.", at_most(MAX_LABEL_CHARS),
        is_advice=True,
    ),
    Rule("reviewRating.ratingExplanation", REQUIRED, "Say why, in one or two sentences.", is_text),
    Rule(
        "reviewRating.ratingExplanation", "two_sentences", "One or two sentences are meant.", in_two_sentences, is_advice=True
    ),
    Rule("reviewRating", "all_three_or_none", f"All of {', '.join(NUMBERS)}, or none.", all_three_or_none),
    Rule("reviewRating.worstRating", "from_one", "A scale begins at 1 or above.", of_the_scale(lambda _, __, worst: worst >= 1)),
    Rule(
        "reviewRating.bestRating", "above_worst", "The best is above the worst.", of_the_scale(lambda _, best, worst: best > worst)
    ),
    Rule(
        "reviewRating.ratingValue", "within", "The value lies between worst and best.",
        of_the_scale(lambda value, best, worst: min(best, worst) <= value <= max(best, worst)),
    ),
    Rule("itemReviewed", REQUIRED, "Say what the claim is.", is_object),
    Rule("itemReviewed.@type", KIND, "It is a Claim.", is_("Claim")),
    Rule("itemReviewed.appearance", "array", "Appearances are a list.", optional(is_array)),
    Rule("itemReviewed.appearance[]", "object", "An appearance is an object with an address.", is_object),
    Rule("itemReviewed.appearance[].url", "absolute", "Give the whole address.", is_absolute),
    Rule("itemReviewed.author", "object", "Say who made the claim, or leave it out.", optional(is_object)),
)  # fmt: skip
