"""How a profile of ClaimReview is written down as tables, and what of one review breaks them. Plain values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urlsplit

from reviews.publication.documents import FactCheckDocument
from reviews.words import has_words

JSON = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of a profile. `property` is a path: `[]` means each item of an array, `*` each member.

    `holds` is asked of the value (None where it is absent) and of the whole review; not at all where what it is a part of is absent.
    """

    property: str
    name: str
    words: str
    holds: Callable[[Any, JSON], bool]
    is_advice: bool = False  # what breaks it is warned of, and is valid


@dataclass(frozen=True, slots=True)
class Problem:
    property: str
    rule: str
    words: str
    is_warning: bool = False

    def __str__(self) -> str:
        return f"{self.property}: {self.words} ({self.rule})"


@dataclass(frozen=True)
class Profile:
    """`members` are the only ones that the object at a path may have; an object without a row may have any."""

    name: str
    make: Callable[[FactCheckDocument], dict[str, Any]]
    rules: tuple[Rule, ...]
    members: Mapping[str, Collection[str]] = field(default_factory=dict)


def problems(review: JSON, profile: Profile) -> list[Problem]:
    """Whatever is wrong with a ClaimReview, in the order of the profile's table."""
    found = [
        Problem(place, rule.name, rule.words, rule.is_advice)
        for rule in profile.rules
        for place, value in values(review, rule.property)
        if not rule.holds(value, review)
    ]
    return found + [
        Problem(_join(place, member), "unknown_member", "This profile has no such property.")
        for path, members in profile.members.items()
        for place, value in values(review, path)
        for member in (value if isinstance(value, Mapping) else ())
        if member not in members
    ]


def values(review: Any, path: str, place: str = "") -> Iterator[tuple[str, Any]]:
    """What stands at a path, and where exactly."""
    if not path:
        yield place, review
        return
    step, _, rest = path.partition(".")
    if not isinstance(review, Mapping):
        return
    name = step.removesuffix("[]")
    inner = {_join(place, each): review.get(each) for each in (review if name == "*" else [name])}
    if step.endswith("[]"):
        items = inner.popitem()[1]
        there = _join(place, name)
        inner = {f"{there}[{n}]": item for n, item in enumerate(items)} if isinstance(items, list) else {}
    for there, value in inner.items():
        if not rest or value is not None:
            yield from values(value, rest, there)


def _join(place: str, member: str) -> str:
    return f"{place}.{member}" if place else member


# Questions to one value. Each takes the whole review too, like every rule.


def is_text(value: Any, review: JSON) -> bool:
    return isinstance(value, str) and has_words(value)


def is_object(value: Any, review: JSON) -> bool:
    return isinstance(value, Mapping)


def is_array(value: Any, review: JSON) -> bool:
    return isinstance(value, list)


def is_absolute(value: Any, review: JSON) -> bool:
    return bool(host_of(value))


def is_time(value: Any, review: JSON) -> bool:
    return instant_of(value) is not None


def is_day(value: Any, review: JSON) -> bool:
    try:
        return isinstance(value, str) and len(value) == 10 and bool(date.fromisoformat(value))
    except ValueError:
        return False


def is_(wanted: Any) -> Callable[[Any, JSON], bool]:
    return lambda value, review: value == wanted


def optional(holds: Callable[[Any, JSON], bool]) -> Callable[[Any, JSON], bool]:
    return lambda value, review: value is None or holds(value, review)


def at_most(chars: int) -> Callable[[Any, JSON], bool]:
    return lambda value, review: not isinstance(value, str) or len(value) <= chars


def host_of(address: Any) -> str:
    """Of an absolute address on the web; empty for anything else."""
    try:
        parts = urlsplit(address) if isinstance(address, str) else None
    except ValueError:
        return ""
    return parts.hostname or "" if parts and parts.scheme in ("http", "https") else ""


def instant_of(words: Any) -> datetime | None:
    """Of ISO 8601: a day, or a time that says its offset."""
    try:
        found = datetime.fromisoformat(words) if isinstance(words, str) else None
    except ValueError:
        return None
    if found and found.tzinfo is None:
        return found.replace(tzinfo=UTC) if len(words) == 10 else None
    return found
