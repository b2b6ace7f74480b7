"""Which queued review is next: a sum of four named contributions. Plain values; the queue's SQL is written from the same constants.

The unit is the whole range of check-worthiness. Age grows equally for everybody, so two waiting reviews never change places:
whoever sorts by everything else less `AGE_PER_HOUR` x the time of opening needs no clock.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from claims.triage import Risk

# Per unit of check-worthiness, which runs from 0 to 1: it is the measure of the others.
WORTH = 1.0

# A claim written by hand has no score. Somebody found it worth writing down: it is neither punished nor put first.
WORTH_IF_UNKNOWN = 0.5

# High risk, a person's judgement at triage, weighs as much as half the range of a machine's score.
RISK: Mapping[str, float] = {Risk.NORMAL: 0.0, Risk.HIGH: 0.5}

# Per ln(1 + appearances): every doubling adds at most 0.07, so that ten papers with one wire count little more than five.
DEMAND = 0.1

# Further appearances count no more: a wire story in every paper must not outweigh everything else. 0.46 at most.
MOST_APPEARANCES = 99

# A claim of no worth passes a fresh one of the highest worth when it has waited longer than this.
DAYS_TO_PASS_WORTH = 7
AGE_PER_HOUR = WORTH / (DAYS_TO_PASS_WORTH * 24)


@dataclass(frozen=True, slots=True)
class Contribution:
    name: str
    value: float


def contributions(
    check_worthiness: float | None, risk: str, appearances: int, waiting_hours: float
) -> tuple[Contribution, ...]:
    """What speaks for this review, always all four in this order and none below zero; its priority is their sum.

    `check_worthiness` is from 0 to 1, or None where no extractor scored the claim; `risk` is a key of RISK; `appearances` are of
    the claim in articles, 0 for one without an article; `waiting_hours` are since the review was opened, less those on hold.
    More of any of them never lowers the sum.
    Nothing waits for ever: after two weeks a review goes before every fresh one, whatever that is (1 + 0.5 + 0.46 in 13.7 days).
    """
    worth = WORTH_IF_UNKNOWN if check_worthiness is None else check_worthiness
    return (
        Contribution("check_worthiness", WORTH * worth),
        Contribution("risk", RISK[risk]),
        Contribution("demand", DEMAND * math.log(1 + min(appearances, MOST_APPEARANCES))),
        Contribution("age", AGE_PER_HOUR * waiting_hours),
    )


def priority(check_worthiness: float | None, risk: str, appearances: int, waiting_hours: float) -> float:
    """The sum of `contributions`; the highest is next."""
    return math.fsum(part.value for part in contributions(check_worthiness, risk, appearances, waiting_hours))
