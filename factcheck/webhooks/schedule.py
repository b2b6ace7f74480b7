"""When something is sent again, and what an answer means. Plain values. Source: the Standard Webhooks specification 1.0."""

from __future__ import annotations

from enum import StrEnum

# Seconds before each attempt; after the last one it is given up, three days after the first.
PAUSES = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.1  # of a pause, so that what failed together does not come back together
LONGEST_RETRY_AFTER_SECONDS = 86_400.0
_LATER = (429, 503)


class Outcome(StrEnum):
    DELIVERED = "delivered"
    FAILED = "failed"
    GONE = "gone"  # nobody is to send there any more
    LATER = "later"  # its server said when
    SILENT = "silent"  # no answer: trying costs somebody's time


def outcome_of(status: int | None, *, has_retry_after: bool = False) -> Outcome:
    """What an attempt came to; no status is no answer. A redirect is none that is followed."""
    if status is None:
        return Outcome.SILENT
    if 200 <= status < 300:
        return Outcome.DELIVERED
    if status == 410:
        return Outcome.GONE
    return Outcome.LATER if status in _LATER and has_retry_after else Outcome.FAILED


def pause_seconds(tries: int, chance: float = 0.0) -> float | None:
    """How long to wait after so many attempts that failed; None: give it up. `chance` is a random number from 0 to 1."""
    return PAUSES[tries] * (1 + JITTER * chance) if tries < len(PAUSES) else None


def rest_seconds(failures: int, retry_after_seconds: float | None) -> float:
    """How long an endpoint is left alone that gave no answer after so many failures one after the other, or that said how long."""
    if retry_after_seconds is not None:
        return min(retry_after_seconds, LONGEST_RETRY_AFTER_SECONDS)
    return float(PAUSES[min(failures, len(PAUSES) - 1)])
