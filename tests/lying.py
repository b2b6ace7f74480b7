"""Statements that say what must never be, past every verb."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, connection, transaction


def refused(statement: str, *params: Any) -> bool:
    """Whether the database refuses it, at the latest when its transaction would end."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement, params)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    except IntegrityError:
        return True
    return False
