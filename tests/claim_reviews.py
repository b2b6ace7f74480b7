"""A published fact-check as a plain value, for tests of what is made of it."""

from __future__ import annotations

import dataclasses
from typing import Any

from reviews.publication.documents import (
    ClaimMade,
    Correction,
    FactCheckDocument,
    Publisher,
    RatingGiven,
    Source,
    Speaker,
)

DOCUMENT = FactCheckDocument(
    url="https://desk.example/fact-checks/prices",
    language="en",
    headline="Prices did not double",
    summary="They rose by a tenth.",
    body="The ministry's tables say so.",
    claim=ClaimMade(
        text="Prices doubled in a year.",
        speaker=Speaker("Ann Example"),
        place="Example Wire",
        made_on="2026-10-01",
        appearances=("https://wire.example/a", "https://paper.example/b"),
    ),
    rating=RatingGiven("false", "False", "The tables say otherwise.", rank=1, best=3),
    publisher=Publisher("Example Desk", "https://desk.example/"),
    sources=(
        Source("Tables", "Ministry", "ministry", "refutes", "a tenth", "page 3", "https://ministry.example/t", "0" * 64),
        Source("A letter", "", "bank", "supports", "doubled", "line 1"),  # on no page
    ),
    published_at="2026-11-01T10:00:00Z",
    modified_at="2026-11-02T09:30:00Z",
    corrections=(Correction("The year was wrong.", "2026-11-02T09:30:00Z"),),
)  # fmt: skip


def but(**changes: Any) -> FactCheckDocument:
    """The same with other values; members of a part as `claim__text`."""
    document = DOCUMENT
    for path, value in changes.items():
        part, _, name = path.partition("__")
        made = dataclasses.replace(getattr(document, part), **{name: value}) if name else value
        document = dataclasses.replace(document, **{part: made})
    return document
