"""Two rankings of the same things made one: what stands high in either stands high, what stands in both stands higher.

Source: reciprocal rank fusion (Cormack, Clarke, Buettcher 2009). Their constant of 60 hardly tells first from fiftieth places, so that
among few claims whatever stands in both rankings somewhere comes before what is first in one.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

T = TypeVar("T", bound=Hashable)

# Chosen on tests/data/paraphrases_dev.tsv.
DAMPING = 5  # how little the first places differ from those behind them
MEANING, WORDS = 1.0, 0.5  # what a place is worth in the ranking by vectors, and in that by shared words


def fuse(*rankings: tuple[float, Sequence[T]]) -> list[tuple[T, float]]:
    """Everything that stands in one of the rankings, best first, with its score: the sum of weight / (5 + rank), ranks from 1.

    Each ranking comes with its weight. Ties stand in the order of the first ranking that has them.
    """
    scores: dict[T, float] = {}
    for weight, ranking in rankings:
        for rank, item in enumerate(ranking, start=1):
            scores[item] = scores.get(item, 0.0) + weight / (DAMPING + rank)
    return sorted(scores.items(), key=lambda pair: -pair[1])
