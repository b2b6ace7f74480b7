from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone


class SessionStore(db.SessionStore):
    """Django's own, but for keys that it cannot have given out: a quoted cookie may carry NUL, which PostgreSQL refuses as a fault."""

    def _validate_session_key(self, key: Any) -> bool:
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()  # type: ignore[misc]


def forget() -> int:
    """Delete the sessions that ended. Returns how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
