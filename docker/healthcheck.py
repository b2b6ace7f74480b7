"""Exits 0 when the web server or the worker of this container lives: `healthcheck.py web`, `healthcheck.py worker`.

Neither starts Django: it is asked every few seconds.
"""

from __future__ import annotations

import http.client
import os
import socket
import sys

STALE_SECONDS = 60  # six heartbeats missed, as factcheck.workers counts


def web() -> bool:
    """/healthz answers here, asked under a name that the server accepts."""
    name = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip().lstrip(".")
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ.get("PORT") or 8000), timeout=3)
    connection.request("GET", "/healthz", headers={"Host": name if name not in ("", "*") else "localhost"})
    return connection.getresponse().status == http.HTTPStatus.OK


def worker() -> bool:
    """The worker of this host told the database lately that it is alive."""
    import psycopg

    query = """
        SELECT FROM factcheck_workerheartbeat
        WHERE starts_with(node, %s) AND seen_at > now() - make_interval(secs => %s)
    """
    with psycopg.connect(os.environ["DATABASE_URL"], connect_timeout=3) as connection:
        return connection.execute(query, [f"celery@{socket.gethostname()}/", STALE_SECONDS]).rowcount > 0


if __name__ == "__main__":
    sys.exit(not {"web": web, "worker": worker}[sys.argv[1]]())
