"""Statements that every action asks say what their query sets say, and the server plans them once."""

from __future__ import annotations

from contextlib import nullcontext, suppress
from datetime import datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from django.db import DataError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from claims.models import Claim
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.database import prepared
from factcheck.ids import uuid7
from tests import make

PLANNED = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"


BOTH = 'SELECT "claims_claim"."risk" AS'


def planned(text):
    with connection.cursor() as cursor:
        cursor.execute(PLANNED, [f"%{text}%"])
        return cursor.fetchone()[0]


def name_of(text):
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM pg_prepared_statements WHERE statement LIKE %s", [f"%{text}%"])
        [(name,)] = cursor.fetchall()
        return name


@pytest.mark.django_db
def test_a_prepared_query_finds_what_its_query_set_finds_made_once():
    made = []

    def of(claim):
        made.append(claim)
        return Claim.objects.filter(pk=claim, triage_status="candidate")

    query = prepared.Prepared(of, claim=UUID)
    first, second = make.claim("Prices fell."), make.claim("Prices rose.")
    for claim in (first, second, first):
        [found] = query.objects(claim=claim.pk)
        usual = Claim.objects.get(pk=claim.pk)
        assert {k: v for k, v in vars(found).items() if k != "_state"} == {
            k: v for k, v in vars(usual).items() if k != "_state"
        }
        assert not found._state.adding
    assert query.objects(claim=uuid7()) == []
    assert len(made) == 1


@pytest.mark.django_db
def test_the_server_plans_it_once_unless_it_may_not(monkeypatch):
    query = prepared.Prepared(lambda claim: Claim.objects.filter(pk=claim).values_list("risk", "version"), claim=UUID)
    claim = make.claim("Prices fell.")
    connection.connection.prepare_threshold = None
    assert query.rows(claim=claim.pk) == [("normal", 1)]
    assert planned(BOTH) == 0
    connection.connection.prepare_threshold = 0
    assert query.rows(claim=claim.pk) == query.rows(claim=claim.pk) == [("normal", 1)]
    assert planned(BOTH) == 1


def test_what_was_planned_outlives_refusals(committed_database):
    query = prepared.Prepared(lambda claim: Claim.objects.filter(pk=claim).values_list("risk", "version"), claim=UUID)
    claim = make.claim("Prices fell.")
    connection.connection.prepare_threshold = 0
    for _ in range(2):
        with suppress(ZeroDivisionError), transaction.atomic():
            with suppress(ZeroDivisionError), transaction.atomic():
                assert query.rows(claim=claim.pk) == [("normal", 1)]
                name = name_of(BOTH)
                raise ZeroDivisionError
            assert name_of(BOTH) == name
            raise ZeroDivisionError
        assert query.rows(claim=claim.pk) == [("normal", 1)]
        assert name_of(BOTH) == name


def test_what_fails_the_first_time_leaves_no_plan_behind(committed_database):
    connection.ensure_connection()
    connection.connection.prepare_threshold = 0
    for outside in (nullcontext(), transaction.atomic()):
        with outside:
            for _ in range(3):
                with suppress(DataError), transaction.atomic(), prepared.cursor() as cursor:
                    cursor.execute("SELECT 1 / %s", [0])
            assert planned("SELECT 1 / ") == 0


@pytest.mark.django_db
def test_what_is_annotated_is_there_and_parameters_are_of_several_types():
    ada = make.user("ada", "triager", "importer")
    found = User.objects.find(ada.pk)
    with CaptureQueriesContext(connection) as asked:
        assert (found.username, found.roles) == ("ada", ["importer", "triager"])
    assert len(asked) == 0
    assert User.objects.find(uuid7()) is None
    query = prepared.Prepared(
        lambda name, since: User.objects.filter(username=name, date_joined__gt=since), name=str, since=datetime
    )
    joined = ada.date_joined
    assert query.objects(name="ada", since=joined - timedelta(seconds=1)) == [ada]
    assert query.objects(name="ada", since=joined) == query.objects(name="ben", since=joined) == []


@pytest.mark.django_db
def test_it_is_counted_and_its_errors_are_told_as_those_of_any_other():
    with CaptureQueriesContext(connection) as asked, prepared.cursor() as cursor:
        cursor.execute("SELECT 1 / %s", [2])
    assert [query["sql"] for query in asked] == ["SELECT 1 / 2"]
    with pytest.raises(DataError, match="division by zero"), prepared.cursor() as cursor:
        cursor.execute("SELECT 1 / %s", [0])


@pytest.mark.django_db
def test_an_event_and_what_it_tells_are_one_statement():
    claim = make.claim("Prices fell.")
    claim.risk, claim.version = "high", 2
    with CaptureQueriesContext(connection) as asked:
        events.record(claim, "accept", saves=["risk", "version"])
    assert len([query for query in asked if "UPDATE" in query["sql"]]) == 1
    found = Claim.objects.get(pk=claim.pk)
    assert (found.risk, found.version) == ("high", 2)
    assert events.events(claim).last().version == 2


def test_a_column_that_a_migration_alters_costs_nobody_more_than_another_try(committed_database):
    ada = make.user("ada", "triager")
    assert User.objects.find(ada.pk) == ada
    with psycopg.connect(committed_database, autocommit=True) as migration:
        migration.execute("ALTER TABLE accounts_user ALTER COLUMN password TYPE varchar(200)")
        assert User.objects.find(ada.pk) == User.objects.find(ada.pk) == ada
        migration.execute("ALTER TABLE accounts_user ALTER COLUMN password TYPE varchar(201)")
    with pytest.raises(OperationalError, match="altered"), transaction.atomic():
        User.objects.find(ada.pk)
    with transaction.atomic():
        assert User.objects.find(ada.pk) == ada
