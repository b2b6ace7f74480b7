"""Nothing waits for ever: statements, locks and idle transactions of every process are bounded."""

from __future__ import annotations

import os
import subprocess
import sys
import time

import pytest
from django.db import OperationalError, connection, transaction

from factcheck.database import base, prepared
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


# A server that hangs keeps no limit: the client counts too


@pytest.fixture
def outage(monkeypatch) -> base.Outage:
    monkeypatch.setattr(base, "outage", base.Outage())
    monkeypatch.setattr(base, "PROBE_SECONDS", 0.2)
    monkeypatch.setattr(base, "AGAIN_SECONDS", 0.2)
    return base.outage


def ask(statement: str = "SELECT 1", make_cursor=connection.cursor) -> int:
    with make_cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


# What a request asks first, who sent it, is prepared.
each_cursor = pytest.mark.parametrize("make_cursor", [connection.cursor, prepared.cursor], ids=["usual", "prepared"])


def hangs(_) -> bool:
    """What `SELECT 1` becomes on a server that stopped answering."""
    try:
        with connection.connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(20)")
    except connection.Database.Error:
        return False
    return True


def test_an_answer_that_does_not_come_is_given_up_and_the_next_connection_is_a_new_one(committed_database, outage):
    ask()
    connection.connection.answer_seconds = 0.2
    started = time.monotonic()
    with pytest.raises(OperationalError, match="answer"), transaction.atomic():
        ask("SELECT pg_sleep(20)")
    assert time.monotonic() - started < 10
    with pytest.raises(OperationalError, match="a moment ago"):
        ask()
    time.sleep(base.AGAIN_SECONDS)
    assert ask() == 1
    assert ask() == 1


@each_cursor
def test_a_kept_connection_to_a_server_that_hangs_costs_its_request_the_time_of_one_question(
    committed_database, outage, monkeypatch, make_cursor
):
    ask()
    connection.health_check_enabled, connection.health_check_done = True, False
    with monkeypatch.context() as frozen:
        frozen.setattr(base.DatabaseWrapper, "is_usable", hangs)
        with pytest.raises(OperationalError, match="no answer from the database"):
            ask(make_cursor=make_cursor)
    with pytest.raises(OperationalError, match="a moment ago"):
        ask(make_cursor=make_cursor)
    time.sleep(base.AGAIN_SECONDS)
    assert ask(make_cursor=make_cursor) == 1


@each_cursor
def test_a_kept_connection_that_was_cut_is_replaced_without_a_word(committed_database, outage, make_cursor):
    ask()
    first = connection.connection
    first.close()
    connection.health_check_enabled, connection.health_check_done = True, False
    assert ask(make_cursor=make_cursor) == 1
    assert connection.connection is not first


def test_one_thread_at_a_time_looks_whether_the_outage_is_over(outage):
    outage.note()
    time.sleep(base.AGAIN_SECONDS)
    with outage.looking(), pytest.raises(OperationalError, match="a moment ago"), outage.looking():
        pytest.fail("two look at once")
    with outage.looking(), outage.looking():
        pass


def test_a_database_that_refuses_is_asked_by_everybody(outage):
    for _ in range(2):
        with pytest.raises(connection.Database.OperationalError, match="refused"), outage.looking():
            raise connection.Database.OperationalError("refused")
