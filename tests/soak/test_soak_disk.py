"""The disk is full: what cannot be written is refused with 503, what was acknowledged is there, and with room again everything goes on."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import orjson
import psycopg
import pytest

from factcheck import embedded
from tests.e2e.test_up import Answer, Up, assert_out_of_service, manage, processes_of, signed_in
from tests.services import wait_until

DISK_MB = 400
BEFORE, ARTICLES = 20, 200
REFUSALS = 10


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk of its own."""
    if os.geteuid() != 0:
        pytest.skip("mounts a small disk: only as root")
    place = tmp_path / "disk"
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=700", "tmpfs", place], capture_output=True, text=True
    )
    if made.returncode != 0:
        pytest.skip(f"this machine lets root mount nothing: {made.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space left"), filler.open("wb", buffering=0) as file:  # noqa: PT012
        while True:
            file.write(bytes(65_536))
    return filler


def test_a_full_disk_is_out_of_service_and_loses_nothing(disk: Path) -> None:
    up = Up(disk / "installation", THROTTLE_USER="1000000/60", THROTTLE_WRITES="1000000/60")
    acknowledged: dict[str, str] = {}

    def write(number: int) -> Answer:
        text = f"Prices rose by {number} per cent. " + os.urandom(50_000).hex()  # that is not compressed away
        answer = up.ask("POST", "/api/v1/articles", {"text": text}, **headers)
        if answer.status == 201:
            acknowledged[orjson.loads(answer.text)["id"]] = text
        return answer

    try:
        up.until_ready()
        headers = signed_in(up.home)
        web = {pid for pid, command in processes_of(up.home).items() if "gunicorn" in command}
        assert {write(number).status for number in range(BEFORE)} == {201}
        filler = fill(disk)
        answers = []
        for number in range(BEFORE, ARTICLES):
            answers.append(write(number))
            if sum(answer.status == 503 for answer in answers) == REFUSALS:
                break
        told = {status: sum(answer.status == status for answer in answers) for status in {a.status for a in answers}}
        print(f"\non a full disk: {told}, the slowest in {max(answer.seconds for answer in answers):.2f} s")
        assert told.keys() <= {201, 503}
        assert told[503] == REFUSALS
        for answer in answers:
            if answer.status == 503:
                assert_out_of_service(answer)
        assert up.get("/healthz") == 200
        filler.unlink()
        wait_until(lambda: write(ARTICLES).status in (200, 201), timeout_seconds=60, what="room again")
        wait_until(lambda: up.get("/readyz") == 200, timeout_seconds=60, what="/readyz")
        assert web == {pid for pid, command in processes_of(up.home).items() if "gunicorn" in command}
        with psycopg.connect(embedded.database_url(up.home)) as connection:
            stored = dict(connection.execute("SELECT article_id::text, text FROM claims_articleversion").fetchall())
        assert stored == acknowledged
        manage(up.home, "verify_audit")
        print(f"{len(acknowledged)} acknowledged, {len(stored)} there")
    finally:
        up.end()
