"""PostgreSQL is killed under writers: what was acknowledged is there, and what was sent again is there once.

DATABASE_KILLS (5) makes it longer.
"""

from __future__ import annotations

import http.client
import itertools
import os
import random
import signal
import threading
import time
from collections import Counter
from pathlib import Path

import orjson
import psycopg

from factcheck import embedded
from tests.e2e.test_up import Up, manage, processes_of, signed_in
from tests.services import wait_until

KILLS = int(os.environ.get("DATABASE_KILLS", "5"))
WRITERS = 6
PAUSE_SECONDS = (3.0, 6.0)  # of writing between two kills


class Writers:
    """Each writes one claim after the other, and sends it again with its key until it is acknowledged."""

    def __init__(self, up: Up, headers: dict[str, str]) -> None:
        self.up, self.headers = up, headers
        self.acknowledged: dict[str, str] = {}
        self.seen: Counter[str] = Counter()
        self.number = itertools.count(1)
        self.is_over = threading.Event()
        self.threads = [threading.Thread(target=self._write) for _ in range(WRITERS)]

    def _write(self) -> None:
        while not self.is_over.is_set():
            text = f"Prices rose by {next(self.number)} per cent."
            while (claim_id := self._send(text)) is None:
                time.sleep(0.2)
            self.acknowledged[claim_id] = text

    def _send(self, text: str) -> str | None:
        key = {"Idempotency-Key": text.replace(" ", "-")}
        try:
            answer = self.up.ask("POST", "/api/v1/claims", {"text": text}, **self.headers, **key)
        except (OSError, http.client.HTTPException) as error:
            self.seen[type(error).__name__] += 1
            return None
        self.seen[str(answer.status)] += 1
        if answer.status == 201:
            claim_id: str = orjson.loads(answer.text)["id"]
            return claim_id
        assert (answer.status, answer.retry_after) in ((503, "2"), (409, "2")), answer
        return None


def test_postgresql_killed_five_times_under_writers_loses_no_acknowledged_write(tmp_path: Path):
    up = Up(tmp_path / "installation", THROTTLE_USER="1000000/60", THROTTLE_WRITES="1000000/60")
    home, chance = up.home, random.Random(11)
    try:
        up.until_ready()
        with psycopg.connect(embedded.database_url(home)) as connection:
            settings = [connection.execute(f"SHOW {name}").fetchone() for name in ("fsync", "synchronous_commit")]
        assert settings == [("on",), ("on",)]
        writers = Writers(up, signed_in(home))
        for thread in writers.threads:
            thread.start()
        try:
            for kill in range(1, KILLS + 1):
                before = len(writers.acknowledged)
                wait_until(lambda before=before: len(writers.acknowledged) > before, timeout_seconds=60, what="writes")
                time.sleep(chance.uniform(*PAUSE_SECONDS))
                # All of them at once: none gets to end in order.
                for pid, command in processes_of(home).items():
                    if "bin/postgres" in command or command.startswith("postgres:"):
                        os.kill(pid, signal.SIGKILL)
                print(f"kill {kill}: {len(writers.acknowledged):,} acknowledged, answers {dict(writers.seen)}")
            before = len(writers.acknowledged)
            wait_until(lambda: len(writers.acknowledged) > before + WRITERS, timeout_seconds=60, what="writes again")
        finally:
            writers.is_over.set()
            for thread in writers.threads:
                thread.join(60)
        with psycopg.connect(embedded.database_url(home)) as connection:
            rows = connection.execute("SELECT id::text, text FROM claims_claim").fetchall()
        manage(home, "verify_audit")  # fails when a chain is broken
        print(
            f"{len(writers.acknowledged):,} acknowledged, {len(rows):,} in the database, answers {dict(writers.seen)}"
        )
        assert not any(thread.is_alive() for thread in writers.threads)
        assert dict(rows) == writers.acknowledged
        assert len(rows) == len(set(writers.acknowledged.values()))
    finally:
        up.end()
