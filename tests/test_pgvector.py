"""A server that cannot compare vectors is told from one that can before anything is migrated, in words that say what to do."""

from __future__ import annotations

import pytest
from django.core.checks import run_checks
from django.db import connection

from factcheck.checks import check_vectors
from factcheck.database.pgvector import what_is_missing


class Answers:
    """A server of another kind: pgvector is not there to be taken out of ours."""

    def __init__(self, *rows: object) -> None:
        self.rows = list(rows)

    def execute(self, sql: str) -> None:
        pass

    def fetchone(self) -> object:
        return self.rows.pop(0)


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (Answers(("0.8.6",)), ""),
        (Answers(("0.10.0",)), ""),
        (Answers(("0.6.2",)), "0.6.2 is too old"),
        (Answers(None, None), "Install it on the server"),
        (Answers(None, ("0.8.6", True, "factcheck_owner")), "factcheck_owner may not add pgvector to this database"),
        (Answers(None, ("0.8.6", False, "postgres")), ""),
        (Answers(None, ("0.5.1", False, "postgres")), "0.5.1 is too old"),
    ],
)
def test_what_is_wrong_with_a_server_is_said_with_the_way_out(server, words):
    missing = what_is_missing(server)
    assert (words in missing) if words else missing == ""
    assert "superuser" in missing or "server" in missing or not missing


@pytest.mark.django_db
def test_the_server_of_the_tests_is_asked_with_words_that_it_understands():
    with connection.cursor() as cursor:
        cursor.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'")
        assert cursor.fetchone()
        assert what_is_missing(cursor) == ""
    assert run_checks(tags=["database"], databases=["default"]) == []


@pytest.mark.django_db
def test_a_role_that_may_not_add_it_is_told_what_a_superuser_has_to_say():
    with connection.cursor() as cursor:
        cursor.execute("DROP EXTENSION vector CASCADE")
        cursor.execute("CREATE ROLE somebody_else")
        cursor.execute("SET LOCAL ROLE somebody_else")
        assert what_is_missing(cursor).startswith("somebody_else may not add pgvector")
    # Not all checks: another one's question, which this role may not ask, would break the transaction of the test.
    (said,) = check_vectors(None, databases=["default"])
    assert "CREATE EXTENSION vector;" in said.msg
