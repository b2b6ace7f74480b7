"""Importing against what the database can do: COPY of the same rows into tables with the same indexes, constraints and triggers.

IMPORT_ARTICLES (20000), IMPORT_ROUNDS (5) and IMPORT_MEMORY_ARTICLES (100000) make it smaller or larger.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from claims.models import Article, ArticleVersion, ImportRun
from tests.bench.texts import write_articles

ARTICLES = int(os.environ.get("IMPORT_ARTICLES", "20000"))
ROUNDS = int(os.environ.get("IMPORT_ROUNDS", "5"))
MEMORY_ARTICLES = int(os.environ.get("IMPORT_MEMORY_ARTICLES", "100000"))
ROOT = Path(__file__).resolve().parents[2]

# Everything that an import writes for each article, in the order in which foreign keys allow it.
TABLES = ("claims_article", "claims_articleversion", "claims_extractionrun", "factcheck_job")


class Copied(NamedTuple):
    statement: str
    types: list[str]
    rows: list[tuple[Any, ...]]


def test_importing_keeps_up_with_copy(committed_database: str, tmp_path: Path) -> None:
    source = tmp_path / "articles.jsonl"
    write_articles(source, ARTICLES)
    _import(source)  # warms both sides up
    _make_twins()
    _let_truncate()

    times: dict[str, list[float]] = {"copy": [], "import": [], "again": []}
    for _ in range(ROUNDS):
        _empty(TABLES)
        times["import"].append(_seconds(_import, source))
        assert ArticleVersion.objects.count() == Article.objects.count() == ARTICLES
        times["again"].append(_seconds(_import, source))
        assert ArticleVersion.objects.count() == ARTICLES
        copies = [_read(table) for table in TABLES]
        _empty([f"twin_{table}" for table in TABLES])
        times["copy"].append(_seconds(_copy, copies))
        assert _count("twin_claims_articleversion") == ARTICLES
        del copies

    print(
        f"\n{ARTICLES:,} articles, {ROUNDS} interleaved rounds: median seconds, and the median of the ratios by round"
    )
    goals, ratios = {"copy": 1.0, "import": 0.55, "again": 0.75}, {}
    for name, goal in goals.items():
        ratios[name] = statistics.median(copy / own for copy, own in zip(times["copy"], times[name], strict=True))
        print(f"  {name:8} {statistics.median(times[name]):7.2f} s   {ratios[name]:5.2f} of COPY   (goal {goal:.2f})")
    assert [name for name, goal in goals.items() if ratios[name] < goal] == []


def test_importing_keeps_memory_flat(committed_database: str, tmp_path: Path) -> None:
    peaks = {}
    for count in (1, MEMORY_ARTICLES):
        source = tmp_path / f"{count}.jsonl"
        write_articles(source, count, seed=count)
        peaks[count] = _peak_megabytes(source, committed_database)
        assert ImportRun.objects.latest("created_at").created == count
    idle, peak = peaks.values()
    print(
        f"\n  one article {idle:.0f} MB, {MEMORY_ARTICLES:,} articles {peak:.0f} MB: {peak - idle:.0f} MB more (goal below 150)"
    )
    assert peak - idle < 150


def _import(source: Path) -> None:
    with open(os.devnull, "w") as nowhere:
        call_command("import_articles", str(source), stdout=nowhere, stderr=nowhere)


def _copy(copies: Iterable[Copied]) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for copied in copies:
            with cursor.copy(copied.statement) as copy:
                copy.set_types(copied.types)
                for row in copied.rows:
                    copy.write_row(row)


def _read(table: str) -> Copied:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum",
            [table],
        )
        columns = cursor.fetchall()
        names = ", ".join(f'"{name}"' for name, _ in columns)
        cursor.execute(f"SELECT {names} FROM {table} ORDER BY id")
        statement = f"COPY twin_{table} ({names}) FROM STDIN (FORMAT BINARY)"
        return Copied(statement, [kind for _, kind in columns], cursor.fetchall())


def _make_twins() -> None:
    """Tables of the same shape, with the same indexes, checks, foreign keys (to the twins, where there are any) and triggers."""
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"CREATE TABLE twin_{table} (LIKE {table} INCLUDING ALL)")
        for table in TABLES:
            cursor.execute(
                "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'",
                [table],
            )
            for (definition,) in cursor.fetchall():
                for referred in TABLES:
                    definition = definition.replace(f"REFERENCES {referred}(", f"REFERENCES twin_{referred}(")
                cursor.execute(f"ALTER TABLE twin_{table} ADD {definition}")
            cursor.execute(
                "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal",
                [table],
            )
            for (definition,) in cursor.fetchall():
                cursor.execute(definition.replace(f" ON public.{table} ", f" ON public.twin_{table} "))


def _let_truncate() -> None:
    """Emptying articles reaches reviews as well, which no one may empty but in a database that is thrown away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'rows_stay'")
        for (table,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER rows_stay")


def _empty(tables: Iterable[str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        # So that no round pays for what the one before left behind.
        cursor.execute("CHECKPOINT")


def _count(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return int(cursor.fetchone()[0])


def _seconds(work: Any, *arguments: Any) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def _peak_megabytes(source: Path, database_url: str) -> float:
    if sys.platform != "linux":
        pytest.skip("reads /proc")
    # Not ru_maxrss: that one begins with what this process had when it forked.
    program = "from manage import main; import atexit; atexit.register(lambda: print(open('/proc/self/status').read())); main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "import_articles", source],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url},
        capture_output=True,
        text=True,
        check=True,
    )
    return int(done.stdout.partition("VmHWM:")[2].split()[0]) / 1024
