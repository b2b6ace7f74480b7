"""Numbers in sentences."""

from __future__ import annotations


def count_of(number: int, noun: str) -> str:
    """`1 row`, `2,000 rows`, for nouns that only take an s."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
