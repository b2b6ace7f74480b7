"""Statements that every action asks: written once for the process, planned once by the server for each connection.

Making the SQL of a query anew costs Django more than the server takes to answer it, and the server plans anew what is sent as text. It
is the same query afterwards: what a query set says is said in one place. Where DATABASE_PREPARES is no, the server plans each anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from types import SimpleNamespace
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.backends.utils import CursorWrapper
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


class _Preparing(psycopg.Cursor[Any]):
    """Django's cursors put the values into the text; this one sends them apart from it."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Any:
        done = super().execute(query, params, prepare=True, **options)
        if connection.queries_logged:  # Django's log looks there
            text = psycopg.ClientCursor(self.connection).mogrify(query, params)
            self._query: Any = SimpleNamespace(query=text.encode())
        return done


@contextmanager
def cursor() -> Iterator[CursorWrapper]:
    """As `connection.cursor()`, in the same transaction and counted with the others; what it executes is prepared."""
    ours: Any = connection
    ours.ensure_connection()
    with ours.wrap_database_errors:
        raw = _Preparing(ours.connection)
    with ours._prepare_cursor(raw) as wrapped:
        yield wrapped


class Prepared(Generic[M]):
    """A query set whose parameters are keys: `make` builds it, once, from stand-ins for them."""

    def __init__(self, make: Callable[..., QuerySet[M, Any]], *names: str) -> None:
        self._make, self._names = make, names

    def rows(self, **keys: UUID) -> list[Any]:
        """What is selected, as tuples."""
        sql, params, stand_ins, convert, _ = self._compiled
        given = {stand_ins[name]: key for name, key in keys.items()}
        with cursor() as asked:
            asked.execute(sql, [given.get(p, p) if isinstance(p, UUID) else p for p in params])
            found: list[Any] = convert(asked.fetchall())
            return found

    def objects(self, **keys: UUID) -> list[M]:
        *_, (model, columns) = self._compiled
        return [model.from_db(DEFAULT_DB_ALIAS, columns, row) for row in self.rows(**keys)]

    @cached_property
    def _compiled(self) -> Any:
        stand_ins = {name: uuid4() for name in self._names}
        query = self._make(**stand_ins).query
        compiler = query.get_compiler(DEFAULT_DB_ALIAS)
        sql, params = compiler.as_sql()
        assert {p for p in params if isinstance(p, UUID)} == set(stand_ins.values()), sql
        selected = [expression for expression, *_ in compiler.select]
        converters = compiler.get_converters(selected)

        def convert(rows: Iterable[Any]) -> list[Any]:
            return list(map(tuple, compiler.apply_converters(rows, converters)) if converters else rows)

        columns = [expression.target.attname for expression in selected if hasattr(expression, "target")]
        return sql, params, stand_ins, convert, (query.model, columns)


def update_of(row: Model, fields: Iterable[str]) -> tuple[str, list[Any]]:
    """The statement that writes these fields of a row, and its values."""
    found: list[Any] = [row._meta.get_field(name) for name in fields]
    columns = ", ".join(f'"{field.column}" = %s' for field in found)
    values = [field.get_db_prep_save(getattr(row, field.attname), connection) for field in found]
    return f'UPDATE "{row._meta.db_table}" SET {columns} WHERE id = %s', [*values, row.pk]
