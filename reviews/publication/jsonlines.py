"""All fact-checks as JSON Lines: one ClaimReview a line, in the profile that is asked for. Plain values."""

from __future__ import annotations

import orjson

from reviews.publication.documents import FactCheckDocument
from reviews.publication.export import Export
from reviews.publication.rules import Profile


def export(profile: Profile) -> Export:
    def line(document: FactCheckDocument) -> str:
        return orjson.dumps(profile.make(document), option=orjson.OPT_APPEND_NEWLINE).decode()

    return Export(
        "feed.jsonl",
        "application/jsonl",
        "JSON Lines: one ClaimReview a line.",
        version=2,
        element=line,
        profile=profile.name,
        is_attachment=True,
    )
