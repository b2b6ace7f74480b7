"""What became of a page since it was captured. Whatever it is, a person decides what it means: a live page makes no verdict stale."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from claims.text import as_read
from factcheck.fetch import FetchFailed, FetchProblem
from reviews.evidence.reading import Reading

Outcome = Literal["unchanged", "text_changed", "quotation_missing", "gone", "unreachable"]

# Not found, gone, and taken down by order: what the server says of the page, rather than of itself or of who asks.
GONE = (404, 410, 451)


class Recheck(NamedTuple):
    """`reason` says more, by a code: why a page is gone or unreachable (`status_404`, `unknown_name`, `fetch_timed_out`), or the
    `TextGap` for which bytes were compared instead of texts. `quotation_occurs` is None where there is no text to look in."""

    outcome: Outcome
    reason: str | None = None
    quotation_occurs: bool | None = None


def compare(before: Reading, quotation: str, now: Reading | FetchProblem) -> Recheck:
    """`before` is the stored capture, read anew by the extractor that read `now`, or every page would change with the program.

    A page is gone when its server or the name servers say so; with any other failure it may be back tomorrow, or be there for
    others, and is only unreachable. A quotation that the capture never held, as when it was read off a picture, is not missing.
    """
    if isinstance(now, FetchProblem):
        return _failed(now)
    found = now.holds(quotation)
    if now.sha256 == before.sha256 or _read_alike(before.text, now.text):
        return Recheck("unchanged", quotation_occurs=found)
    if found is False and before.holds(quotation):
        return Recheck("quotation_missing", now.text_gap, found)
    return Recheck("text_changed", now.text_gap, found)


def look_for(quotations: Iterable[str], stored: Reading) -> Recheck | None:
    """What is to be told of a capture that has not what is quoted from it. None where it has, or has no text to look in."""
    if any(quotation.strip() and stored.holds(quotation) is False for quotation in quotations):
        return Recheck("quotation_missing", "not_in_the_capture", False)
    return None


def _read_alike(before: str | None, now: str | None) -> bool:
    return before is not None and now is not None and as_read(before) == as_read(now)


def _failed(problem: FetchProblem) -> Recheck:
    answered = problem.extra.get("answered")
    if answered is not None:
        return Recheck("gone" if answered in GONE else "unreachable", f"status_{answered}")
    if isinstance(problem, FetchFailed) and problem.is_unknown_name:
        return Recheck("gone", "unknown_name")
    return Recheck("unreachable", problem.code)
