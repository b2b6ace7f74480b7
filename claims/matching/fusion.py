"""Two rankings of the same things made one: what stands high in either stands high, what stands in both stands higher.

Source: reciprocal rank fusion (Cormack, Clarke, Buettcher 2009), with their constant.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

DAMPING = 60  # how little the first places differ from those behind them


def fuse(*rankings: Sequence[T]) -> list[tuple[T, float]]:
    """Everything that stands in one of the rankings, best first, with its score: a sum of 1 / (60 + rank), ranks from 1.

    Ties stand in the order of the first ranking that has them.
    """
    scores: dict[T, float] = {}
    for ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + 1 / (DAMPING + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
