"""Two revisions of a fact-check side by side, as readers have read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reviews.presenting import STANCES
from reviews.publication import documents
from reviews.publication.documents import FactCheckDocument


@dataclass(frozen=True, slots=True)
class Side:
    """A part of what is public, in words, in an earlier revision and in a later one."""

    label: str
    before: str
    after: str

    @property
    def differs(self) -> bool:
        return self.before != self.after


def side_by_side(before: Any, after: Any) -> list[Side]:
    """Of two rows of revisions; all parts, in the order in which readers meet them."""
    then, now = (_in_words(documents.read(row.content)) for row in (before, after))
    return [Side(label, then[label], now[label]) for label in now]


def _in_words(document: FactCheckDocument) -> dict[str, str]:
    rating = document.rating
    sources = [
        ", ".join(filter(None, (s.title or s.url, s.publisher, STANCES.get(s.stance, s.stance), s.quotation)))
        for s in document.sources
    ]
    replies = [", ".join(filter(None, (r.addressee, r.outcome.replace("_", " "), r.text))) for r in document.replies]
    return {
        "Headline": document.headline,
        "Claim": document.claim.text,
        "Claimant": document.claim.speaker.name if document.claim.speaker else "",
        "Rating": rating.label,
        "Explanation of the rating": rating.explanation,
        "Summary": document.summary,
        "Text": document.body,
        "Evidence": "\n".join(sources),
        "What those concerned say": "\n".join(replies),
    }
