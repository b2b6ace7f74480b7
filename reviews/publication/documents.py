"""What one revision of a fact-check says: all that is public of it, and nothing else. Every format is made of this. Plain values.

Times are RFC 3339 in UTC, days are `YYYY-MM-DD`; an empty text is something that is not known.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import orjson


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who asserted it. `same_as` are pages that say who that is."""

    name: str
    is_body: bool = False  # an office or a company, not a person
    same_as: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClaimMade:
    """`place` and `made_on` are those of its first appearance; `appearances` are addresses."""

    text: str
    speaker: Speaker | None = None
    place: str = ""
    made_on: str = ""
    appearances: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RatingGiven:
    """A point of a scale from 1, the least true, to `best`. What lies on no scale has no `rank`."""

    code: str
    label: str
    explanation: str
    rank: int | None = None
    best: int | None = None


@dataclass(frozen=True, slots=True)
class Publisher:
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Source:
    """Evidence that it rests on, but for what is confidential. `sha256` is of the bytes that we keep."""

    title: str
    publisher: str
    origin: str
    stance: str
    quotation: str
    locator: str
    url: str = ""
    sha256: str = ""


ReplyOutcome = Literal["answered", "declined", "no_answer", "not_asked"]


@dataclass(frozen=True, slots=True)
class Reply:
    """Whom it is about had their say: who was asked, as far as readers are told, when, and what came of it. `text` is what they said for
    readers; `reason` the code of why they were not asked.
    """

    outcome: ReplyOutcome
    addressee: str = ""
    asked_at: str = ""
    answered_at: str = ""
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Correction:
    """What was changed, for readers. `rating_before` and `rating_after` are labels where the rating is another."""

    text: str
    published_at: str
    rating_before: str = ""
    rating_after: str = ""


@dataclass(frozen=True, slots=True)
class FactCheckDocument:
    url: str
    language: str
    headline: str
    summary: str
    body: str
    claim: ClaimMade
    rating: RatingGiven
    publisher: Publisher
    sources: tuple[Source, ...]
    published_at: str
    modified_at: str
    corrections: tuple[Correction, ...] = ()
    replies: tuple[Reply, ...] = ()


@dataclass(frozen=True, slots=True)
class Feed:
    """Of many: who publishes them, when the last of them changed, and under which licence (an address) they may be used.

    `address` is its own; where it `goes_on`, another file of the same has what comes before.
    """

    name: str
    modified_at: str
    license: str = ""
    address: str = ""
    goes_on: bool = False


def canonical(document: FactCheckDocument) -> str:
    """As JSON in one spelling, members sorted and no white space: equal documents are equal byte for byte."""
    return orjson.dumps(asdict(document), option=orjson.OPT_SORT_KEYS).decode()


def read(content: str) -> FactCheckDocument:
    """What `canonical` wrote."""
    told: dict[str, Any] = orjson.loads(content)
    claim = told["claim"]
    speaker = claim["speaker"] and Speaker(**_tuples(claim["speaker"], "same_as"))
    return FactCheckDocument(
        **told
        | {
            "claim": ClaimMade(**_tuples(claim, "appearances") | {"speaker": speaker}),
            "rating": RatingGiven(**told["rating"]),
            "publisher": Publisher(**told["publisher"]),
            "sources": tuple(Source(**source) for source in told["sources"]),
            "corrections": tuple(Correction(**correction) for correction in told["corrections"]),
            "replies": tuple(Reply(**reply) for reply in told.get("replies", ())),  # those of before had none
        }
    )


def _tuples(told: dict[str, Any], name: str) -> dict[str, Any]:
    return told | {name: tuple(told[name])}


def beside(document: FactCheckDocument) -> str:
    """The address that the pages for readers stand below, with no slash at its end; empty where the fact-check is none of ours."""
    place, found, _ = document.url.rpartition("/fact-checks/")
    return place if found else ""


def slug_of(document: FactCheckDocument) -> str:
    """What its address ends with: its own among all fact-checks."""
    return document.url.rpartition("/")[2]


def in_utc(at: datetime) -> str:
    """A moment as documents write it."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def without_nothing(value: Any) -> Any:
    """The same without members that say nothing: what is not known is left out of every format, never null or empty."""
    if isinstance(value, dict):
        said = {name: without_nothing(member) for name, member in value.items()}
        return {name: member for name, member in said.items() if member not in (None, "", [], {})}
    return [without_nothing(item) for item in value] if isinstance(value, list | tuple) else value
