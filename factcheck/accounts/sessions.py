from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.exceptions import SessionInterrupted
from django.contrib.sessions.models import Session
from django.utils import timezone

from factcheck.database.prepared import Prepared


class SessionStore(db.SessionStore):
    """Django's own, but for what a session that is gone may do, and for keys that it cannot have given out: a quoted cookie may carry
    NUL, which PostgreSQL refuses as a fault.
    """

    def cycle_key(self) -> None:
        # A change of password that overlaps with a sign-out would give the ended session a new key, and so a new life.
        if self.session_key and not self.exists(self.session_key):
            raise SessionInterrupted("The session ended while this was under way.")
        super().cycle_key()

    def _get_session_from_db(self) -> Session | None:
        for session in _LIVE.objects(key=self.session_key, now=timezone.now()):
            return session
        self._session_key = None
        return None

    def _validate_session_key(self, key: Any) -> bool:
        return bool(super()._validate_session_key(key)) and key.isascii() and key.isalnum()  # type: ignore[misc]


# Every request of a browser asks it.
_LIVE = Prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now), key=str, now=datetime)


def forget() -> int:
    """Delete the sessions that ended. Returns how many."""
    return Session.objects.filter(expire_date__lt=timezone.now()).delete()[0]
