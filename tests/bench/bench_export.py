"""Exports of very many fact-checks against what the database can do: COPY of the same elements, in the same order.

EXPORT_FACT_CHECKS (100000) and EXPORT_ROUNDS (5) make it smaller or larger.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

from reviews.models import FactCheckRevision
from reviews.publication import EXPORTS, Export, documents
from tests.api import Api, api
from tests.bench import fact_checks
from tests.bench.goals import met, size

FACT_CHECKS = size("EXPORT_FACT_CHECKS", 100_000, 200)
ROUNDS = size("EXPORT_ROUNDS", 5, 1)
ROOT = Path(__file__).resolve().parents[2]

GOAL = 0.55  # of the speed of COPY
MOST_MILLISECONDS = 150  # to the first byte
MOST_MEGABYTES = 30

PEERS = {
    "COPY": "COPY (SELECT body FROM reviews_exportelement WHERE export = %s ORDER BY changed_at) TO STDOUT",
    # In whatever order they lie, which no reader could go on from: shown, not promised.
    "COPY in no order": "COPY (SELECT body FROM reviews_exportelement WHERE export = %s) TO STDOUT",
}


def test_exports_keep_up_with_copy_and_begin_at_once(committed_database: str) -> None:
    fact_checks.fill(FACT_CHECKS)
    _is_what_the_formats_make()
    client = api(None)
    _download(client, EXPORTS[0])  # the first request of a process reads its code
    times: dict[tuple[str, str], list[float]] = {}
    firsts: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for export in EXPORTS:
            for name, statement in PEERS.items():
                times.setdefault((export.key, name), []).append(_seconds(_copy, export, statement))
            taken, first = _download(client, export)
            times.setdefault((export.key, "export"), []).append(taken)
            firsts.setdefault(export.key, []).append(first * 1000)

    print(
        f"\n{FACT_CHECKS:,} fact-checks, {ROUNDS} interleaved rounds: median seconds, medians of the ratios by round, milliseconds to the first byte"
    )
    missed = []
    for export in EXPORTS:
        own = times[export.key, "export"]
        ratios = {
            name: statistics.median(copy / taken for copy, taken in zip(times[export.key, name], own, strict=True))
            for name in PEERS
        }
        first = statistics.median(firsts[export.key])
        told = ", ".join(f"{ratio:5.2f} of {name}" for name, ratio in ratios.items())
        print(f"  {export.key:32} {statistics.median(own):6.2f} s   {told}   {first:5.0f} ms")
        if ratios["COPY"] < GOAL or first >= MOST_MILLISECONDS:
            missed.append((export.key, ratios, first))
    print(f"  (goals {GOAL:.2f} and {MOST_MILLISECONDS} ms)")

    peaks = {export.key: _megabytes(export, committed_database) for export in EXPORTS}
    for key, (whole, part) in peaks.items():
        print(f"  {key:32} {whole - part:5.1f} MB more than for one fact-check")
    print(f"  (goal below {MOST_MEGABYTES} MB)")
    met(not missed and all(whole - part < MOST_MEGABYTES for whole, part in peaks.values()), (missed, peaks))


def _is_what_the_formats_make() -> None:
    for revision in FactCheckRevision.objects.order_by("-published_at")[: 2 * fact_checks.KINDS]:
        document = documents.read(revision.content)
        kept = dict(revision.elements.values_list("export", "body"))
        assert kept == {export.key: export.element(document) for export in EXPORTS}


def _seconds(work: Callable[..., Any], *arguments: Any) -> float:
    started = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - started


def _copy(export: Export, statement: str) -> None:
    with connection.cursor() as cursor, cursor.copy(statement, [export.key]) as rows:
        assert sum(1 for _ in rows) == FACT_CHECKS + 1


def _download(client: Api, export: Export) -> tuple[float, float]:
    """The whole request: seconds to its end, and to its first byte."""
    started = time.perf_counter()
    answer = client.get(f"/public/{export.key}")
    assert answer.status_code == 200
    pieces = iter(answer.streaming_content)
    size, first = len(next(pieces)), time.perf_counter() - started
    size += sum(map(len, pieces))
    taken = time.perf_counter() - started
    assert size > FACT_CHECKS * 200
    return taken, first


def _megabytes(export: Export, url: str) -> tuple[float, float]:
    """The peaks of processes that download all of it, and one of it."""
    found = []
    for query in ("", "updated_since=2999-01-01T00:00:00Z"):
        mark = "&" if "?" in export.key else "?"
        code = (
            "import django; django.setup(); from django.test.utils import setup_test_environment; setup_test_environment(); "
            "from tests.api import api; "
            f"answer = api(None).get('/public/{export.key}{mark if query else ''}{query}'); "
            "assert answer.status_code == 200; sum(map(len, answer.streaming_content)); "
            # Not ru_maxrss: that one begins with what this process had when it forked.
            "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
        )
        environment = os.environ | {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "factcheck.settings"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
        )
        found.append(int(done.stdout.split()[-2]) / 1024)
    whole, part = found
    return whole, part
