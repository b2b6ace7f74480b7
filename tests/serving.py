"""A real web server over the test's own database, as it is run everywhere."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from factcheck.process import kill_group, launch
from tests.services import ROOT, wait_until


class Serving(NamedTuple):
    address: str
    process: subprocess.Popen[bytes]
    log: Path


@contextmanager
def serving(database_url: str, broker_url: str, log: Path, **variables: str) -> Iterator[Serving]:
    """Gunicorn on a free port, once it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, config = f"http://127.0.0.1:{port}", "python:factcheck.gunicorn"
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "factcheck.wsgi",
        "--no-control-socket",
        "--config",
        config,
        "--bind",
        f"127.0.0.1:{port}",
    ]
    environment = os.environ | {"DATABASE_URL": database_url, "BROKER_URL": broker_url} | variables

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
