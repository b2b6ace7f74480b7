"""Is the process alive, and could it do its work?"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as Late
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from factcheck import workers
from factcheck.api.problems import Later, respond
from factcheck.api.renderers import dumps
from factcheck.celery import app
from factcheck.errors import Problem

LONGEST_CHECK_SECONDS = 2

# Checks run beside the request, so that a hanging service delays the answer by no more than this.
_threads = ThreadPoolExecutor(max_workers=8, thread_name_prefix="readiness")


class NotReady(Problem):
    """`checks` says which part is missing."""

    code, status, title = "not_ready", 503, "Not ready"

    class Extra(Later):
        checks: dict[str, Any]


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is looked at."""
    return HttpResponse(dumps({"status": "alive"}), content_type="application/json")


def readyz(request: HttpRequest) -> HttpResponse:
    """Database, broker, migrations and a worker, each `{is_ok, detail}`; 503 as a problem when one is missing."""
    deadline = time.monotonic() + LONGEST_CHECK_SECONDS
    running = {name: _threads.submit(check) for name, check in CHECKS.items()}
    checks = {name: _outcome(future, deadline) for name, future in running.items()}
    missing = [name for name, check in checks.items() if not check["is_ok"]]
    if missing:
        return respond(
            NotReady(f"Missing: {', '.join(missing)}.", checks=checks, retry_after_seconds=LONGEST_CHECK_SECONDS)
        )
    return HttpResponse(dumps({"status": "ready", "checks": checks}), content_type="application/json")


def _outcome(future: Future[str], deadline: float) -> dict[str, Any]:
    try:
        return {"is_ok": True, "detail": future.result(timeout=max(0, deadline - time.monotonic()))}
    except Late:
        future.cancel()
        return {"is_ok": False, "detail": f"no answer within {LONGEST_CHECK_SECONDS} seconds"}
    except Missing as missing:
        return {"is_ok": False, "detail": str(missing)}
    except Exception as error:
        # The message may hold an address or a user's name; the log has it.
        return {"is_ok": False, "detail": type(error).__name__}


class Missing(Exception):
    """A check looked and did not find what it needs."""


def _in_database(check: Callable[[], str]) -> Callable[[], str]:
    def run() -> str:
        try:
            return check()
        finally:
            connection.close()  # this thread's own

    return run


def _database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version')")
        return f"PostgreSQL {cursor.fetchone()[0]}"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    if waiting := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Missing(f"{len(waiting)} to apply: run manage.py migrate")
    return "all applied"


def _worker() -> str:
    alive = workers.living().count()
    if not alive:
        raise Missing(f"none seen in the last minute: start one with {workers.START}")
    return f"{alive} at work"


def _broker() -> str:
    with app.connection_for_read(connect_timeout=1) as broker:
        broker.ensure_connection(max_retries=1, interval_start=0, interval_step=0, timeout=1)
        return str(broker.transport_cls)


CHECKS: dict[str, Callable[[], str]] = {
    "database": _in_database(_database),
    "migrations": _in_database(_migrations),
    "worker": _in_database(_worker),
    "broker": _broker,
}
