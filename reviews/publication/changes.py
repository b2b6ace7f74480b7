"""What one revision says otherwise than the one before, as readers are shown it. Plain values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reviews.publication.documents import FactCheckDocument

# What is short enough to stand side by side. Of the rest, pages lead to both revisions.
SHORT: dict[str, Callable[[FactCheckDocument], str]] = {
    "Rating": lambda said: said.rating.label,
    "Why": lambda said: said.rating.explanation,
    "Headline": lambda said: said.headline,
    "Claim": lambda said: said.claim.text,
    "Said by": lambda said: said.claim.speaker.name if said.claim.speaker else "",
    "In short": lambda said: said.summary,
}


@dataclass(frozen=True, slots=True)
class Difference:
    name: str
    before: str
    after: str


def differences(before: FactCheckDocument, after: FactCheckDocument) -> tuple[Difference, ...]:
    told = (Difference(name, of(before), of(after)) for name, of in SHORT.items())
    return tuple(each for each in told if each.before != each.after)
