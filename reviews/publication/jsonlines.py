"""All fact-checks as JSON Lines: one ClaimReview a line, in the profile that is asked for. Plain values, written piece by piece."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import orjson

from reviews.publication.documents import FactCheckDocument
from reviews.publication.rules import Profile

MEDIA_TYPE = "application/jsonl"


def written(profile: Profile, documents: Iterable[FactCheckDocument]) -> Iterator[bytes]:
    for document in documents:
        yield orjson.dumps(profile.make(document), option=orjson.OPT_APPEND_NEWLINE)
