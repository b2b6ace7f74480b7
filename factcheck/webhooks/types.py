"""The table of event types: each app adds rows for what its audit events mean outside. `announcing` reads it, and nothing else announces.

A row names the kind of subject and the action whose audit event it tells of, and makes ids and links of it: whoever wants to know
more asks the API, with their own rights. The body says nothing that whoever may have it could not see by then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db import models

from factcheck.audit.models import AuditEvent

TEST = "webhook.test"


class Audience(StrEnum):
    PUBLIC = "public"  # what anybody may read: all endpoints of the installation, and those of its own desk
    INSTALLATION = "installation"  # of no desk: all endpoints
    DESK = "desk"  # endpoints of its own desk alone


AUDIENCE_CHOICES = [(audience.value, audience.value) for audience in Audience]


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one event. `desk_id` is whose it is, None for what belongs to no desk."""

    data: dict[str, Any]
    links: dict[str, str]
    desk_id: UUID | None = None


Tell = Callable[[Any, AuditEvent], Told | None]


@dataclass(frozen=True, slots=True)
class EventType:
    """`actions` are those whose events it may tell of, all of the subject's when empty; `tell` answers None for one that it does not."""

    name: str
    description: str
    audience: Audience
    subject_type: str
    actions: tuple[str, ...]
    tell: Tell


_types: dict[str, EventType] = {}
MESSAGE = "msg_"


def message_id_of(event_id: UUID) -> str:
    """What the header `webhook-id` says."""
    return f"{MESSAGE}{event_id.hex}"


def event_id_of(message_id: str) -> UUID | None:
    """The event of a header; None where it is none of ours."""
    try:
        found = UUID(message_id.removeprefix(MESSAGE))
    except ValueError:
        return None
    return found if message_id_of(found) == message_id else None


def add(*rows: EventType) -> None:
    """An app's rows. Raises ValueError for a name that is taken."""
    from factcheck.audit import events
    from factcheck.webhooks.announcing import announce

    for row in rows:
        if row.name in _types or row.name == TEST:
            raise ValueError(f"There are two event types {row.name}.")
        _types[row.name] = row
        events.follow(row.subject_type, announce)


def all_types() -> list[EventType]:
    return [_types[name] for name in sorted(_types)]


def choices() -> list[tuple[str, str]]:
    """What may be subscribed to. Complete once all apps are ready."""
    return [(name, name) for name in sorted(_types)]


def sent_choices() -> list[tuple[str, str]]:
    """What may be sent."""
    return [*choices(), (TEST, TEST)]


def find(name: str) -> EventType | None:
    return _types.get(name)


def of(subject: models.Model, event: AuditEvent) -> list[EventType]:
    """The rows that may tell of this event."""
    return [
        row
        for row in _types.values()
        if row.subject_type == event.subject_type and (not row.actions or event.action in row.actions)
    ]


_TOLD_TO = {
    Audience.PUBLIC: "every endpoint of the installation, and those of its own desk",
    Audience.INSTALLATION: "every endpoint",
    Audience.DESK: "endpoints of that desk",
}


def as_markdown() -> str:
    """The table of the README."""
    rows = [f"| `{row.name}` | {row.description} | {_TOLD_TO[row.audience]} |" for row in all_types()]
    return "\n".join(["| event type | what happened | told to |", "| --- | --- | --- |", *rows])
