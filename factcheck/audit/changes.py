"""What changed between two states of a row, as an event tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model

# Every change moves these; an event has its own time and actor.
UNTOLD = frozenset({"version", "updated_at", "updated_by_id", "triaged_at", "triaged_by_id"})

State = dict[str, Any]


def state_of(row: Model) -> State:
    """The columns of a row as JSON values, by name."""
    return {
        field.attname: _plain(getattr(row, field.attname)) for field in row._meta.concrete_fields if not field.generated
    }


def changes(before: State, row: Model) -> dict[str, list[Any]]:
    """Field -> [before, after], of what differs from `state_of` taken earlier."""
    after = state_of(row)
    return {name: [before[name], after[name]] for name in after if name not in UNTOLD and before[name] != after[name]}


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, datetime):
        return value.isoformat()
    # Enumerations of strings are strings, and the record must not know more than the database does.
    return str(value) if isinstance(value, str) else value
