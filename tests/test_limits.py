"""Nothing waits for ever: statements, locks and idle transactions of every process are bounded."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.services import ROOT

ASK = """
{setup}
from django.db import connection
with connection.cursor() as cursor:
    for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout"):
        cursor.execute("SHOW " + name)
        print(cursor.fetchone()[0])
"""
COMMAND = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'factcheck.settings'; django.setup()"
WEB = "import factcheck.wsgi"
WORKER = f"{COMMAND}; from celery.signals import celeryd_init; celeryd_init.send(sender='test')"


def limits_of(setup: str, database_url: str, **environment: str) -> list[str]:
    run = subprocess.run(
        [sys.executable, "-c", ASK.format(setup=setup)],
        env=os.environ | {"DATABASE_URL": database_url} | environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.split()


def test_a_page_may_take_seconds_a_job_a_minute_and_a_command_what_it_needs(committed_database):
    assert limits_of(WEB, committed_database) == ["5s", "2s", "10s"]
    assert limits_of(WORKER, committed_database) == ["1min", "2s", "10s"]
    assert limits_of(COMMAND, committed_database) == ["0", "2s", "10s"]


def test_the_limit_of_a_page_is_a_setting(committed_database):
    assert limits_of(WEB, committed_database, STATEMENT_TIMEOUT_SECONDS="9")[0] == "9s"
