"""When verdicts agree. Plain values; which numbers are asked for stands in `ReviewPolicy`."""

from __future__ import annotations

from collections.abc import Sequence


def settle(ratings: Sequence[str]) -> str | None:
    """The rating that all have given, or None. Nothing is averaged: two neighbours on a scale are a disagreement.

    Source: EFCSN code of standards, two assessors who work independently.
    """
    return ratings[0] if ratings and len(set(ratings)) == 1 else None
