"""What an extractor is and what it returns. Plain values; offsets are Unicode code points into the article's text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, Protocol

Form = Literal[
    "number",
    "range",
    "ratio",
    "multiple",
    "percentage",
    "percentage_points",
    "ordinal",
    "money",
    "vague",
    "change",
    "superlative",
]
Comparator = Literal["equal", "about", "at_least", "at_most", "more_than", "less_than", "between"]
Direction = Literal["up", "down", ""]
Role = Literal["speaker", "cited_body", "reporter"]
SpeechForm = Literal["direct", "indirect"]
Precision = Literal["day", "month", "year", "range", ""]
Gap = Literal["unresolved_reference", "claimant_unnamed", "baseline_without_number", "baseline_missing", "year_open"]
Kind = Literal["change", "number", "statement"]
Modality = Literal["asserted", "forecast", "conditional", "denied"]


@dataclass(frozen=True, slots=True)
class Document:
    """The text to read, as stored: `title` may also stand in `text` (as its first line); `published_at` is None when unknown."""

    text: str
    title: str = ""
    language: str = ""
    outlet: str = ""
    published_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """`text[start:end] == quotation`, always."""

    start: int
    end: int
    quotation: str


@dataclass(frozen=True, slots=True)
class Baseline:
    """What a change is measured against. `has_number` is False for words such as "earlier assessments"."""

    words: str
    value: float | None = None
    has_number: bool = False
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Quantity:
    """One number of a claim.

    `form` is one of number, range, ratio, multiple, percentage, percentage_points, ordinal, money, vague, change, superlative.
    `value` is in `unit` (None when it could not be parsed); `maximum` closes a range; `factor` is new/old for a relative
    change (tripled: 3.0; fell by 40 %: 0.6). `parts` are the pieces of `span` that carry meaning: the word of change, the
    amount, the number without its comparator. `comparator` is one of equal, about, at_least, at_most, more_than, less_than, between.
    `direction` is up, down or "" for changes.
    """

    span: Span
    form: Form
    value: float | None = None
    maximum: float | None = None
    unit: str = ""
    comparator: Comparator = "equal"
    factor: float | None = None
    direction: Direction = ""
    of: str = ""
    baseline: Baseline | None = None
    period: str = ""
    parts: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of the attribution chain, from the origin towards this article. `role` is speaker, cited_body or reporter."""

    name: str
    role: Role
    cue: str
    speech: SpeechForm = "indirect"
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class TimeReference:
    """When the claim says it happened. `words` are kept; dates only when known or resolved against the publication date.

    `precision` is day, month, year, range or "" ; `is_resolved` is True when the year came from the publication date.
    `start_on` and `end_on` are None where the year is open.
    """

    words: str
    span: Span
    precision: Precision = ""
    start_on: date | None = None
    end_on: date | None = None
    is_resolved: bool = False


@dataclass(frozen=True, slots=True)
class Contribution:
    """One addend of the score's log-odds. The score is the logistic function of the sum of all of them."""

    name: str
    weight: float
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A claim that an extractor proposes. `text` stands alone; `span` is the exact place in the article."""

    text: str
    span: Span
    kind: Kind
    check_worthiness: float
    contributions: tuple[Contribution, ...]
    rank_in_article: int
    claimant: str = ""
    modality: Modality = "asserted"
    attribution: tuple[Hop, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    time_references: tuple[TimeReference, ...] = ()
    entities: tuple[str, ...] = ()
    gaps: tuple[Gap, ...] = ()
    language: str = ""


class Extractor(Protocol):
    """Reads a document and proposes claims, best first. Pure: same document, same candidates, alone or among others.

    `name` and `version` identify it in ExtractionRun.
    """

    name: str
    version: str

    def extract(self, document: Document) -> list[Candidate]: ...


def as_json(value: Any) -> Any:
    """Dataclasses of this module as JSON values: dates as ISO strings, tuples as lists."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_json(getattr(value, name)) for name in value.__dataclass_fields__}
    return value
