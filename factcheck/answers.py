"""Answers that are kept for requests that are sent again: `factcheck.api.idempotency` writes them, this forgets some sooner."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

_FORGET = """
    DELETE FROM factcheck_idempotencyrecord WHERE EXISTS (
        SELECT FROM unnest(%s::text[]) key WHERE position(convert_to(key, 'UTF8') IN answer) > 0
    )
"""


def forget_about(ids: Collection[UUID]) -> None:
    """Forget every kept answer that names one of these rows: what they said must not be said again."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [[str(each) for each in ids]])
