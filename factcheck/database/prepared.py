"""Statements that every action asks: written once for the process, planned once by the server for each connection.

Making the SQL of a query anew costs Django more than the server takes to answer it, and the server plans anew what is sent as text. It
is the same query afterwards: what a query set says is said in one place. Where DATABASE_PREPARES is no, the server plans each anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet
from django.db.models.expressions import DatabaseDefault
from psycopg.pq import TransactionStatus

from factcheck.database.base import Connection

M = TypeVar("M", bound=Model)


class _Preparing(psycopg.Cursor[Any]):
    """Django's cursors put the values into the text; this one sends them apart from it."""

    connection: Connection

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        try:
            done = super().execute(query, params, prepare=True, **options)
        except psycopg.errors.FeatureNotSupported as error:
            if error.diag.source_function != "RevalidateCachedQuery":
                raise
            # A migration altered a column since this connection planned it: PostgreSQL keeps to the plan and refuses it for good.
            self.connection.outdate()
            if self.connection.info.transaction_status == TransactionStatus.INERROR:
                raise psycopg.OperationalError("A table was altered under this transaction.") from error
            done = super().execute(query, params, prepare=True, **options)
        if connection.queries_logged:  # Django's log looks there
            text = psycopg.ClientCursor(self.connection).mogrify(query, params)
            self._query: Any = SimpleNamespace(query=text.encode())
        return done


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """As `connection.cursor()`, in the same transaction and counted with the others; what it executes is prepared."""
    ours: Any = connections[DEFAULT_DB_ALIAS]  # `connection` would look it up for each of its attributes
    ours.close_if_health_check_failed()
    ours.ensure_connection()
    with ours.wrap_database_errors:
        raw = _Preparing(ours.connection)
    with ours._prepare_cursor(raw) as wrapped:
        yield wrapped


class Prepared(Generic[M]):
    """A query set of one shape: `make` builds it, once, from stand-ins for its parameters, of the types that are given by name."""

    def __init__(self, make: Callable[..., QuerySet[M, Any]], **parameters: type) -> None:
        self._make, self._parameters = make, parameters

    def rows(self, **values: Any) -> list[Any]:
        """What is selected, as tuples."""
        made = self._made
        with cursor() as asked:
            asked.execute(
                made.sql, [values[made.names[n]] if n in made.names else p for n, p in enumerate(made.params)]
            )
            found = asked.fetchall()
        return list(map(tuple, made.compiler.apply_converters(found, made.converters)) if made.converters else found)

    def objects(self, **values: Any) -> list[M]:
        """What is selected, as the query set would have made it, with its annotations."""
        return [self._made.object_of(row) for row in self.rows(**values)]

    @cached_property
    def _made(self) -> _Made:
        stand_ins = {name: _STAND_INS[kind]() for name, kind in self._parameters.items()}
        query = self._make(**stand_ins).query
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        names = {n: name for name, value in stand_ins.items() for n, param in enumerate(params) if param == value}
        assert set(names.values()) == set(stand_ins), sql
        return _Made(compiler, sql, list(params), names)


class _Made:
    def __init__(self, compiler: Any, sql: str, params: list[Any], names: dict[int, str]) -> None:
        self.compiler, self.sql, self.params, self.names = compiler, sql, params, names
        self.converters = compiler.get_converters([expression for expression, *_ in compiler.select])
        if compiler.klass_info:  # objects, not values
            fields = compiler.klass_info["select_fields"]
            self.model, self.first, self.end = compiler.klass_info["model"], fields[0], fields[-1] + 1
            self.columns = [selected[0].target.attname for selected in compiler.select[self.first : self.end]]
            assert "related_klass_infos" not in compiler.klass_info, "rows of one table"

    def object_of(self, row: Any) -> Any:
        found = self.model.from_db(DEFAULT_DB_ALIAS, self.columns, row[self.first : self.end])
        for name, place in self.compiler.annotation_col_map.items():
            setattr(found, name, row[place])
        return found


# Values that no query says by itself.
_STAND_INS: dict[type, Callable[[], Any]] = {
    UUID: uuid4,
    str: lambda: uuid4().hex,
    int: lambda: 32_000 + uuid4().int % 700,  # of the smallest column
    datetime: lambda: datetime(1, 1, 1, microsecond=uuid4().int % 1_000_000, tzinfo=UTC),
}


def update_of(row: Model, fields: Iterable[str]) -> tuple[str, list[Any]]:
    """The statement that writes these fields of a row, and its values."""
    found: list[Any] = [row._meta.get_field(name) for name in fields]
    columns = ", ".join(f'"{field.column}" = %s' for field in found)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in found]
    return f'UPDATE "{row._meta.db_table}" SET {columns} WHERE id = %s', [*values, row.pk]


def insert(row: Model, *, unique: str = "", replacing: Iterable[str] = ()) -> None:
    """Write a new row, or where there is one with the same `unique` field, these fields of it. No word of the row stands in the
    statement's text, which servers log with an error and show to whoever looks at what they are doing.
    """
    fields: list[Any] = [
        field for field in row._meta.concrete_fields if not isinstance(getattr(row, field.attname), DatabaseDefault)
    ]
    values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
    columns = ", ".join(f'"{field.column}"' for field in fields)
    places = ", ".join(["%s"] * len(fields))
    statement = f'INSERT INTO "{row._meta.db_table}" ({columns}) VALUES ({places})'
    if unique:
        replaced: list[Any] = [row._meta.get_field(name) for name in replacing]
        changes = ", ".join(f'"{field.column}" = EXCLUDED."{field.column}"' for field in replaced)
        key: Any = row._meta.get_field(unique)
        statement += f' ON CONFLICT ("{key.column}") DO UPDATE SET {changes}'
    with cursor() as told:
        told.execute(statement, values)
    row._state.adding = False
