"""Rows that count their changes: a number column `version`, raised by every verb that changes the row, under its lock."""

from __future__ import annotations

from django.core.exceptions import FieldDoesNotExist
from django.db.models import IntegerField, Model


def is_versioned(model: type[Model]) -> bool:
    try:
        # A foreign key of that name (a reading's article version) counts nothing.
        return isinstance(model._meta.get_field("version"), IntegerField)
    except FieldDoesNotExist:
        return False


def version_of(row: Model) -> int | None:
    return row.version if is_versioned(type(row)) else None  # type: ignore[attr-defined]
