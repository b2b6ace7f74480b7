"""What the words of a claim say when a person wrote them."""

from __future__ import annotations

from claims.extraction.base import as_json
from claims.extraction.reading import read_sentence
from claims.models import Claim


def read_own_words(claim: Claim) -> None:
    """Numbers and times of the claim's own text; their spans count in it, not in an article."""
    found = read_sentence(claim.text, language=claim.language)
    claim.quantities = [as_json(quantity) | {"article_version": None} for quantity in found.quantities]
    claim.time_references = [as_json(time) | {"article_version": None} for time in found.time_references]
    claim.gaps = []
