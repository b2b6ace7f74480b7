"""The article that a claim stands in, as the desk shows it: this claim marked, the others underlined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from claims.admin.highlighting import Piece, paragraphs
from claims.models import Appearance

PLACES_SHOWN = 200  # claims of one text that are underlined beside this one


@dataclass(frozen=True, slots=True)
class Mark:
    """A piece of the article, in this review's claim, in another one, or in none."""

    text: str
    is_focused: bool
    opens: bool  # the claim begins here
    other: Any


def marked(ours: Appearance) -> list[list[Mark]]:
    """Its article's paragraphs, cut where claims begin and end."""
    version = ours.article_version
    near = version.appearances.select_related("claim").order_by("start", "end", "id")
    places = list(near.filter(Q(claim__triage_status="accepted") | Q(claim__triage_status="candidate"))[:PLACES_SHOWN])
    # The one that this is about counts, however many there are.
    if ours.pk not in {place.pk for place in places}:
        places.append(ours)
    is_ours = [place.pk == ours.pk for place in places]

    def mark(piece: Piece) -> Mark:
        others = [places[n] for n in piece.inside if not is_ours[n]]
        return Mark(
            piece.text,
            any(is_ours[n] for n in piece.inside),
            any(is_ours[n] for n in piece.opens),
            others[-1].claim if others else None,
        )

    cut = paragraphs(version.text, [(place.start, place.end) for place in places])
    return [[mark(piece) for piece in paragraph] for paragraph in cut]
