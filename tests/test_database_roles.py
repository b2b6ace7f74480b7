"""In production the application's role serves, another owns: nothing that the application may say to the database unmakes the record."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, connections, transaction
from pghistory.core import event_models

from claims import pipeline
from claims.models import Claim
from claims.triage import TriageAction
from factcheck import embedded, jobs
from factcheck.accounts import tokens
from factcheck.audit import events
from factcheck.audit.models import AuditEvent, Checkpoint
from factcheck.audit.verifying import verify
from tests import make

ROOT = Path(__file__).resolve().parent.parent
INSERT_ONLY = ("audit_auditevent", "audit_checkpoint", "claims_pastclaim", "accounts_pastmembership")
# What the application may not say: -> the words with which the database refuses.
REFUSED = {
    **{f"UPDATE {table} SET {column} = {column}": "insert-only" for table, column in zip(INSERT_ONLY, ("note", "at", "text", "id"), strict=True)},
    **{f"DELETE FROM {table}": "insert-only" for table in INSERT_ONLY},
    **{f"TRUNCATE {table}": "permission denied" for table in INSERT_ONLY},
    **{f"ALTER TABLE {table} DISABLE TRIGGER ALL": "must be owner" for table in (*INSERT_ONLY, "claims_claim")},
    **{f"DROP TABLE {table}": "must be owner" for table in INSERT_ONLY},
    "DROP TRIGGER event_is_final ON audit_auditevent": "must be owner",
    "CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'": "permission denied",
    "DROP FUNCTION audit_refuse() CASCADE": "must be owner",
    "SET session_replication_role = replica": "permission denied",
    "CREATE TEMPORARY TABLE claims_pastclaim (id uuid)": "permission denied",
    "CREATE SCHEMA elsewhere": "permission denied",
    "SET ROLE factcheck_owner": "permission denied",
}  # fmt: skip


def make_roles(database: str) -> None:
    """As the image of PostgreSQL does."""
    environment = {
        "PATH": f"{embedded._postgres_binary('psql').parent}:{os.environ['PATH']}",
        "PGHOST": str(embedded.socket_folder()),
        "DATABASE_NAME": database,
        "DATABASE_PASSWORD": "letters1",
        "DATABASE_OWNER_PASSWORD": "letters2",
    }
    done = subprocess.run(["sh", ROOT / "docker" / "database.sh"], env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@contextmanager
def connected_as(role: str, database: str = "") -> Iterator[None]:
    before = dict(connection.settings_dict)
    connections.close_all()
    connection.settings_dict |= {"USER": role, "NAME": database or before["NAME"]}
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict |= before


def say(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def parted(committed_database) -> None:
    """A database of which the application owned everything, before its roles were parted."""
    if os.environ.get("DATABASE_URL"):
        pytest.skip("makes roles: only where the whole PostgreSQL is thrown away")
    name = connection.settings_dict["NAME"]
    say("DO $$ BEGIN IF to_regrole('factcheck') IS NULL THEN CREATE ROLE factcheck LOGIN; END IF; END $$")
    say("""
        DO $$ DECLARE one record; BEGIN
            FOR one IN SELECT oid::regclass AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' LOOP
                EXECUTE format('ALTER TABLE %s OWNER TO factcheck', one.name);
            END LOOP;
            FOR one IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
                EXECUTE format('ALTER FUNCTION %s OWNER TO factcheck', one.name);
            END LOOP;
        END $$
    """)
    connections.close_all()
    make_roles(name)


def work_as_people_do() -> Claim:
    ada = make.user("ada", "importer", "triager")
    make.article("Exports fell by 40 per cent in 2023, the ministry said.", outlet="Wire")
    assert jobs.work("test") is True
    claim = Claim.objects.get()
    pipeline.edit_claim(claim.pk, {"claimant": "The ministry"}, actor=ada)
    tokens.revoke(tokens.issue(ada, name="laptop", scopes=["read"])[0])
    assert events.fold() is not None
    return pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=ada)


def test_nothing_that_the_application_may_say_unmakes_the_record(parted):
    def record() -> list[Any]:
        return [list(model.objects.order_by("pk").values_list()) for model in (AuditEvent, Checkpoint, *event_models())]

    with connected_as("factcheck"):
        work_as_people_do()
        before = record()
        assert all(before[:2])
        for statement, words in REFUSED.items():
            with pytest.raises(DatabaseError, match=words), transaction.atomic():
                say(statement)
        assert record() == before
        assert list(verify()) == []


@pytest.mark.parametrize("suffix", ["", "_new"])
def test_what_the_owner_adds_later_is_served_by_the_application_and_stays_the_owners(parted, suffix):
    """Also in a database that the script makes; where there is one, running it again does no harm."""
    name = connection.settings_dict["NAME"] + suffix
    make_roles(name)
    try:
        with connected_as("factcheck_owner", name):
            say("CREATE TABLE later (id bigint GENERATED BY DEFAULT AS IDENTITY, word text)")
            if not suffix:
                call_command("migrate", verbosity=0)
        with connected_as("factcheck", name):
            for statement in (
                "INSERT INTO later (word) VALUES ('one')",
                "UPDATE later SET word = 'two'",
                "DELETE FROM later",
            ):
                say(statement)
            with pytest.raises(DatabaseError, match="must be owner"):
                say("DROP TABLE later")
    finally:
        if suffix:
            say(f'DROP DATABASE "{name}"')
