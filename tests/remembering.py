"""Rooms and reviews that verbs have made once are put back as the rows that came of it, in a fraction of the time.

What is put back is what the same calls made, in the same order and from the same beginning, earlier in this process; whoever has written
anything else in between has it made anew. Only in transactions that are rolled back, and not in tests that replace a function, with which
something else could come of it; settings that a test replaces count as part of the call.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import pytest
from django.db import connection

P = ParamSpec("P")
T = TypeVar("T")
Calls = tuple[Any, ...]
Counts = dict[str, int]

PLAIN = (str, int, bool, type(None), list, tuple)


class Kept(NamedTuple):
    statements: str
    answer: bytes


class Here(NamedTuple):
    """What has made all that is written in this transaction: these calls, which left so many rows written, within these savepoints."""

    calls: Calls
    written: Counts
    within: tuple[str, ...]


_kept: dict[Calls, Kept] = {}
_tables: list[int] = []
_here: Here | None = None


def _is_replaced() -> bool:
    """What a fixture of more than one test makes outlives them, and is made anew."""
    return True


def _settings() -> str:
    return ""


@pytest.fixture(autouse=True)
def _nothing_was_called(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    global _here, _is_replaced, _settings
    outside = _is_replaced, _settings
    is_committed, has_settings = (name in request.fixturenames for name in ("committed_database", "settings"))
    _is_replaced = lambda: is_committed or bool(monkeypatch._setattr or monkeypatch._setitem)  # noqa: E731
    _settings = lambda: _replaced_in(request.getfixturevalue("settings")) if has_settings else ""  # noqa: E731
    _here = None
    yield
    _here, (_is_replaced, _settings) = None, outside


def _replaced_in(settings: Any) -> str:
    return repr([override.options for override in settings._to_restore])


def remembered(make: Callable[P, T]) -> Callable[P, T]:
    """A function that only writes rows, and whose answer says nothing that the rows and its arguments do not."""

    @wraps(make)
    def answer(*args: P.args, **more: P.kwargs) -> T:
        global _here
        before, said = _present(), _said(f"{make.__module__}.{make.__qualname__}", *args, **more)
        if before is None or said is None:
            _here = None
            return make(*args, **more)
        calls = (*before.calls, said)
        if calls in _kept:
            with connection.cursor() as cursor:
                cursor.execute(_kept[calls].statements)
            made: T = pickle.loads(_kept[calls].answer)
        else:
            made = make(*args, **more)
            _kept[calls] = Kept(_statements(before.written, _written()), pickle.dumps(made))
        _here = Here(calls, _written(), before.within)
        return made

    return answer


def _present() -> Here | None:
    """Where this transaction is, if nobody else has written in it."""
    if not connection.in_atomic_block or _is_replaced():
        return None
    written, within = _written(), tuple(connection.savepoint_ids)
    if _here:
        return _here if (_here.written, _here.within) == (written, within) else None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NULL")
        return Here((), written, within) if cursor.fetchone()[0] else None


def _said(name: str, *args: Any, **more: Any) -> Any:
    """The call as a key, or None where it says more than plain values: rows by their keys."""
    told = [getattr(arg, "pk", getattr(getattr(arg, "desk", None), "pk", arg)) for arg in args]
    is_plain = all(isinstance(value, PLAIN) for value in more.values())
    return (name, *told, repr(sorted(more.items())), _settings()) if is_plain else None


def _written() -> Counts:
    """Of each table of ours: asked by its number, since the view that tells of all costs three times as much, and every call asks twice."""
    with connection.cursor() as cursor:
        if not _tables:
            cursor.execute("SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
            _tables.extend(oid for (oid,) in cursor.fetchall())
        counted = " + ".join(f"pg_stat_get_xact_tuples_{done}(oid)" for done in ("inserted", "updated", "deleted"))
        cursor.execute(
            f"SELECT oid::regclass::text, rows FROM unnest(%s::oid[]) oid, LATERAL (SELECT {counted} AS rows) counted WHERE rows > 0",
            [_tables],
        )
        return dict(cursor.fetchall())


def _statements(before: Counts, after: Counts) -> str:
    """What brings the rows of all tables that were written from then to now. Triggers have done their part when they were written first.
    Events and past rows become those of the present transaction, as triggers want them to be.
    """
    told = ["SET LOCAL session_replication_role = replica"]
    for table in sorted(name for name, count in after.items() if before.get(name) != count):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute"
                " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''",
                [table],
            )
            columns = cursor.fetchone()[0]
            cursor.execute(f"SELECT quote_literal(array_agg(kept)::text) FROM {table} kept")
            rows = cursor.fetchone()[0]
        told.append(f"DELETE FROM {table}")
        if rows is not None:
            values = columns.replace(", transaction", ", pg_current_xact_id()::text::bigint")
            told.append(f"INSERT INTO {table} ({columns}) SELECT {values} FROM unnest({rows}::{table}[])")
    return "; ".join([*told, "SET LOCAL session_replication_role = origin"])
