"""The backend that `DATABASES` names. Django looks for it under this name.

`statement_timeout` is kept by the server. One that hangs (its disk, its machine, the network) keeps nothing, and libpq would wait
for it until somebody restarts us. So the client counts too: seconds for what it asks, one second for whether the connection that it
has kept is still good. After an outage one thread at a time looks whether it is over, and the others are told at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from psycopg._preparing import Prepare, PrepareManager
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus

RV = TypeVar("RV")

PROBE_SECONDS = 1.0  # for the `SELECT 1` that begins a request
CTRL_C_SECONDS = 0.1  # between two looks for an interrupt: psycopg's own
AGAIN_SECONDS = 2.0  # between two looks at a server that did not answer


class Plans(PrepareManager):
    """Keeps what was planned through a rollback. psycopg forgets all of it then, since tables may have come and gone: but a refusal is a
    rollback too, and tables change under a migration alone, after which what is outdated says so itself."""

    is_outdated = False

    def clear(self) -> bool:
        if not self.is_outdated:
            return False
        self.is_outdated = False
        return super().clear()

    def validate(self, key: Any, prep: Prepare, name: bytes, results: Sequence[Any]) -> None:
        super().validate(key, prep, name, results)
        if prep is Prepare.SHOULD and key not in self._names:
            # What fails the first time is forgotten here and kept by the server, which a rollback does not tell any more.
            self._to_flush.append(name)


class Connection(psycopg.Connection[Any]):
    """Gives up what takes longer than `answer_seconds`: then it is closed and `is_hung`. None waits for ever."""

    answer_seconds: float | None = None
    is_hung = False

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._prepared: Plans = Plans()

    def outdate(self) -> None:
        """Forget what was planned: at once, or where the transaction has failed, when it is rolled back."""
        self._prepared.is_outdated = True
        if self.info.transaction_status != TransactionStatus.INERROR:
            self.execute("DEALLOCATE ALL")

    def wait(self, gen: PQGen[RV], interval: float = CTRL_C_SECONDS, timeout: float | None = None) -> RV:
        if timeout is not None or self.answer_seconds is None:
            return super().wait(gen, interval, timeout)
        started = time.monotonic()
        try:
            return super().wait(gen, interval, self.answer_seconds)
        except psycopg.OperationalError:
            if time.monotonic() - started < self.answer_seconds:
                raise
            self.is_hung = True
            outage.note()
            # What the server makes of it is unknown, and its answer would be taken for that to another question.
            self.close()
            raise psycopg.OperationalError(f"no answer from the database in {self.answer_seconds:g} s") from None


class Outage:
    """What this process knows about a server that does not answer."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_again_at = 0.0

    def note(self) -> None:
        with self._lock:
            self._asked_again_at = time.monotonic() + AGAIN_SECONDS

    @contextmanager
    def looking(self) -> Iterator[None]:
        """Around an attempt to connect. Raises OperationalError while another one has just failed, or is under way."""
        with self._lock:
            now = time.monotonic()
            if now < self._asked_again_at:
                raise OperationalError("no connection: the database did not answer a moment ago")
            was_away = self._asked_again_at > 0
            if was_away:
                self._asked_again_at = now + 2 * AGAIN_SECONDS
        try:
            yield
        except psycopg.errors.ConnectionTimeout:
            self.note()
            raise
        except psycopg.Error:
            # It refuses: that is an answer, and costs nobody any time.
            self.over()
            raise
        if was_away:
            self.over()

    def over(self) -> None:
        with self._lock:
            self._asked_again_at = 0.0


outage = Outage()


class DatabaseWrapper(base.DatabaseWrapper):
    answer_seconds: float | None = None
    health_check_enabled: bool
    health_check_done: bool

    def get_connection_params(self) -> dict[str, Any]:
        params = super().get_connection_params()
        self.answer_seconds = params.pop("answer_seconds", None)
        return params

    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        self.isolation_level = IsolationLevel.READ_COMMITTED
        with outage.looking():
            connection = Connection.connect(**conn_params)
        connection.answer_seconds = self.answer_seconds
        return connection

    def close_if_health_check_failed(self) -> None:
        """As Django's; but where the server hangs, a new connection would only wait once more."""
        connection = self.connection
        if connection is None or not self.health_check_enabled or self.health_check_done:
            return
        connection.answer_seconds = PROBE_SECONDS
        is_usable = self.is_usable()
        connection.answer_seconds = self.answer_seconds
        self.health_check_done = True
        if not is_usable:
            self.close()
        if connection.is_hung:
            raise OperationalError(f"no answer from the database in {PROBE_SECONDS:g} s")
