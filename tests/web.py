"""A real web server over the test's own database."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest
from django.conf import global_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher

from factcheck.process import kill_group, launch
from tests.services import ROOT, wait_until


@pytest.fixture
def site(committed_database: str, broker: str, tmp_path: Path, settings) -> Iterator[str]:
    """Gunicorn, as it is run everywhere, over the test's own database. The value is its address."""
    settings.PASSWORD_HASHERS = [f"{__name__}.Hashing", *global_settings.PASSWORD_HASHERS]
    with serving(committed_database, broker, tmp_path / "web.log") as web:
        yield web.address


class Hashing(PBKDF2PasswordHasher):
    """Passwords made here are checked there, by the hasher that is used in earnest. Its third of a second is spent once for each."""

    def salt(self) -> str:
        return "salt" * 6

    def encode(self, password: str, salt: str, iterations: int | None = None) -> str:
        return _encoded(password, salt, iterations)


@cache
def _encoded(password: str, salt: str, iterations: int | None) -> str:
    return PBKDF2PasswordHasher().encode(password, salt, iterations)


class Serving(NamedTuple):
    address: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(
    database_url: str, broker_url: str, log: Path, application: str = "factcheck.wsgi", **variables: str
) -> Iterator[Serving]:
    """Gunicorn on a free port, once it answers; `variables` are of its environment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "gunicorn", "--config=python:factcheck.gunicorn", "--no-control-socket"]
    command += [f"--bind=127.0.0.1:{port}", application]
    # Being killed, it leaves its folder of counts behind.
    environment = os.environ | {"DATABASE_URL": database_url, "BROKER_URL": broker_url, "TMPDIR": str(log.parent)}
    environment |= variables

    def answers() -> bool:
        assert server.poll() is None, log.read_text()
        try:
            return urllib.request.urlopen(f"{address}/admin/login/", timeout=5).status == 200
        except OSError:
            return False

    with log.open("wb") as output:
        server = launch(command, dies_by=signal.SIGKILL, cwd=ROOT, env=environment, output=output)
    try:
        wait_until(answers, timeout_seconds=60, what="the web server")
        yield Serving(address, server, log)
    finally:
        kill_group(server)
