"""Nobody overwrites what they have not seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from factcheck.audit import events
from factcheck.errors import StaleVersion


def check_version(row: Any, version: int | None, untold: Collection[str] = ()) -> None:
    """Raise StaleVersion when the row, which is locked, has moved since somebody saw it at `version`; None compares nothing.

    It tells who changed it last, and which fields its own events name since: without those `untold`, which follow from others.
    """
    if version is None or row.version == version:
        return
    raise StaleVersion(
        f"You saw version {version}; it is at version {row.version} now.",
        current_version=row.version,
        changed_at=row.updated_at,
        changed_by=row.updated_by.get_username() if row.updated_by else None,
        changed_fields=sorted({name for event in events.since(row, version) for name in event.data} - set(untold)),
    )
