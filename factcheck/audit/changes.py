"""What changed between two states of a row, as an event tells it."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID

from django.db.models import Model

# Every change moves these; an event has its own time and actor.
UNTOLD = frozenset({"version", "updated_at", "updated_by_id", "triaged_at", "triaged_by_id"})

State = dict[str, Any]


def state_of(row: Model) -> State:
    """The columns of a row as JSON values, by name."""
    return {name: _plain(getattr(row, name)) for name in _columns(type(row))}


def changes(before: State, row: Model) -> dict[str, list[Any]]:
    """Field -> [before, after], of what differs from `state_of` taken earlier."""
    after = state_of(row)
    return {name: [before[name], after[name]] for name in after if name not in UNTOLD and before[name] != after[name]}


@cache
def _columns(model: type[Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if not field.generated)


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date):  # every datetime is one
        return value.isoformat()
    # Enumerations of strings are strings, and the record must not know more than the database does.
    return str(value) if isinstance(value, str) else value
