"""The main job in one command: services, migrations, demo data, then web, worker and beat until Ctrl-C."""

from __future__ import annotations

import errno
import http.client
import io
import os
import signal
import socket
import sys
from argparse import ArgumentParser
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import BaseCommand, CommandError, call_command, get_commands
from django.db import OperationalError, connections

from factcheck import embedded
from factcheck.embedded import Postgres, Service, ServiceError, Valkey
from factcheck.process import bind_to_parent, wait_until
from factcheck.supervisor import Program, Supervisor

READY_SECONDS = 60
# The web processes of a killed predecessor notice within a second that they are alone, and let go of the port.
PORT_WAIT_SECONDS = 5


class Command(BaseCommand):
    help = "Run everything: the services of the data folder (or your own), migrations, demo data, web, worker and beat."
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default=settings.WEB_HOST, help="Address to listen on.")
        parser.add_argument("--port", default=str(settings.PORT), help="Port to listen on; 0 takes a free one.")
        parser.add_argument(
            "--with-parent", action="store_true", help="Stop when the process that started this one ends."
        )

    def handle(self, *args: Any, host: str, port: str, with_parent: bool, **options: Any) -> None:
        if with_parent:
            bind_to_parent(signal.SIGTERM)
        try:
            with embedded.hold(settings.DATA_FOLDER) as left_properly:
                listener = _listen(host, port, wait_seconds=0 if left_properly else PORT_WAIT_SECONDS)
                with listener, Supervisor(self._say) as supervisor:
                    with suppress(KeyboardInterrupt):
                        self._run(supervisor, listener)
                    self._say("\nStopping ...")
                self._say("Stopped. The data is kept." if _services() else "Stopped.")
        except ServiceError as error:
            raise CommandError(str(error)) from None

    def _run(self, supervisor: Supervisor, listener: socket.socket) -> None:
        for service in _services():
            self._say(f"Starting {service.name} ...")
            supervisor.watch(service)
        self._say("Migrating the database ...")
        try:
            call_command("migrate", interactive=False, verbosity=0)
        except OperationalError as error:
            raise ServiceError(f"The database cannot be used: {error}") from None
        logins = self._load_demo()
        connections.close_all()  # nothing of this process waits in the database while the others work

        for program in _programs(listener):
            self._say(f"Starting {program.name} ...")
            supervisor.watch(program)
        # Asking for readiness before the web answers at all would only fill its log with refusals.
        supervisor.run(until=lambda: _answers(listener, "/healthz"), timeout_seconds=READY_SECONDS)
        if supervisor.run(until=lambda: _answers(listener, "/readyz"), timeout_seconds=READY_SECONDS):
            self._say(_welcome(listener, logins))
        else:
            self._say(f"Not ready after {READY_SECONDS} s. What is missing: {_address(listener)}/readyz")
        supervisor.run()

    def _load_demo(self) -> str:
        if not settings.DEMO or "load_demo" not in get_commands():
            return ""
        self._say("Loading the demo data ...")
        printed = io.StringIO()
        call_command("load_demo", stdout=printed)
        return printed.getvalue()

    def _say(self, text: str) -> None:
        # The terminal may be gone: that is when a hang-up arrives, and everything must still be stopped.
        with suppress(OSError, ValueError):
            self.stdout.write(text)
            self.stdout.flush()


def _services() -> list[Service]:
    home = settings.DATA_FOLDER
    services: list[Service] = []
    if not os.environ.get("DATABASE_URL"):
        services.append(Postgres(home))
    if not os.environ.get("BROKER_URL"):
        services.append(Valkey(home))
    return services


def _programs(listener: socket.socket) -> list[Program]:
    # The socket is ours and lives on while the web process is started anew: its port cannot be lost to somebody else.
    web = ["gunicorn", "--config=python:factcheck.gunicorn", f"--bind=fd://{listener.fileno()}", "--no-control-socket"]
    web += ["factcheck.wsgi:application"]
    celery = ["celery", "--quiet", "--app=factcheck"]
    worker = [*celery, "worker", "--loglevel=INFO", "--without-gossip", "--without-mingle"]
    beat = [*celery, "beat", "--loglevel=WARNING", f"--schedule={settings.DATA_FOLDER / 'beat-schedule'}"]
    # As root Celery warns at each start; whoever runs this as root knows.
    python = [sys.executable, "-W", "ignore:You're running the worker with superuser", "-m"]
    return [
        Program("worker", [*python, *worker], cwd=settings.BASE_DIR),
        Program("beat", [*python, *beat], cwd=settings.BASE_DIR),
        Program("web", [*python, *web], cwd=settings.BASE_DIR, pass_fds=[listener.fileno()]),
    ]


def _listen(host: str, port: str, *, wait_seconds: float) -> socket.socket:
    """The socket of the web process. Raises ServiceError in plain words, above all when the port is taken."""
    if not port.isdecimal() or int(port) > 65535:
        raise ServiceError(f"PORT must be a number from 0 to 65535; got {port!r}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    problem = OSError()
    made: list[socket.socket] = []

    def attempt() -> bool:
        nonlocal problem
        try:
            made.append(socket.create_server((host, int(port)), family=family, backlog=128))
        except OSError as error:
            problem = error
        return bool(made) or problem.errno != errno.EADDRINUSE

    wait_until(attempt, timeout_seconds=wait_seconds)
    if made:
        return made[0]
    if problem.errno == errno.EADDRINUSE:
        raise ServiceError(
            f"Port {port} on {host} is taken by another program. Choose another one: make up PORT={int(port) + 1}"
        )
    raise ServiceError(f"Cannot listen on port {port} of {host}: {problem.strerror}.")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _answers(listener: socket.socket, path: str) -> bool:
    connection = http.client.HTTPConnection(_address(listener).removeprefix("http://"), timeout=2)
    try:
        connection.request("GET", path, headers={"Host": "localhost"})
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _welcome(listener: socket.socket, logins: str) -> str:
    address, manage = _address(listener), Path(sys.argv[0]).name
    return f"""
Ready.

  Admin      {address}/admin/
  Readers    {address}/fact-checks
  API        {address}/api/v1/docs
  Import     {Path(sys.executable)} {manage} import_articles FILE ...

{logins}
{f"The data is in {settings.DATA_FOLDER}. " if _services() else ""}Ctrl-C stops everything{" and keeps it" if _services() else ""}.
"""
