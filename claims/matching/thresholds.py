"""From how similar on a match is offered, and from how similar on it is made without asking.

Similarity says that two claims are about the same, never that they are the same: above the second threshold the guard has to agree.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from claims.matching.decisions import MatchState


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Similarities from 0.0 to 1.0, `suggest <= link`."""

    suggest: float
    link: float


# Chosen on the tables of tests/test_guard.py and a dozen pairs besides, none of tests/data. Below the first, claims are mostly about the
# same thing only. The second is low because the guard decides: near misses are as similar as what is the same, 0.91 and 0.94 in the middle.
DEFAULT = Thresholds(suggest=0.55, link=0.70)

MIN_CONFIRMED, MIN_REJECTED = 50, 50  # a threshold is a quantile: of fewer it is one person's afternoon
KEPT = 0.95  # of what was confirmed is still offered
MARGIN = 0.01


class TooFew(ValueError):
    """There are not enough decisions to learn from. `str()` is fit for the terminal."""


def state_for(similarity: float, *, differs: bool, thresholds: Thresholds) -> MatchState | None:
    """What becomes of a pair that was found; None where it is not worth anybody's time."""
    if similarity >= thresholds.link and not differs:
        return MatchState.LINKED
    return MatchState.SUGGESTED if similarity >= thresholds.suggest else None


def learn(
    confirmed: Sequence[float], rejected: Sequence[float], rejected_by_people_alone: Sequence[float]
) -> Thresholds:
    """The thresholds that people's decisions ask for, from the similarities of what they confirmed and rejected.

    `rejected_by_people_alone` are those in which the guard saw no difference: links that would have been false, so none may lie above
    the second threshold. The first keeps 95 of 100 confirmed ones. Only what was offered was ever decided, so the first can rise by
    itself and comes down by hand. Raises TooFew.
    """
    if len(confirmed) < MIN_CONFIRMED or len(rejected) < MIN_REJECTED:
        raise TooFew(
            f"{len(confirmed)} confirmed and {len(rejected)} rejected matches: at least {MIN_CONFIRMED} and {MIN_REJECTED} are needed."
        )
    suggest = sorted(confirmed)[math.floor((1 - KEPT) * len(confirmed))]
    link = max([suggest, DEFAULT.link, *(similarity + MARGIN for similarity in rejected_by_people_alone)])
    return Thresholds(round(min(max(suggest, 0.0), 1.0), 3), round(min(link, 1.0), 3))
