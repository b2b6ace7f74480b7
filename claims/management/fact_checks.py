"""An import of fact-checks from the command line: from what was said to its exit code."""

from __future__ import annotations

import shlex
import sys
import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from claims.management.arguments import at_least, check_writable
from claims.management.exits import BAD_ROWS, FAILED, UNREADABLE, usage
from claims.management.report import Report
from claims.management.settings import source_key_of
from claims.management.signals import Interruption
from claims.management.words import count_of
from claims.models import ImportRun
from claims.pipeline import runs
from claims.pipeline.fact_checks import preview_fact_checks, record_fact_checks
from claims.pipeline.feeds import storable
from claims.pipeline.rows import Status
from claims.pipeline.runs import UNREADABLE as UNREADABLE_SOURCE
from claims.sources import FORMATS
from claims.sources.base import BadRow, Options, Place, Unreadable
from claims.sources.fact_checks import FactCheckDraft, read_document, read_lines
from claims.sources.inputs import STANDARD_INPUT, open_input
from factcheck import workers

Item = FactCheckDraft | BadRow
BATCH_ROWS = 500
LABELS = {Status.CREATED: "new", Status.VERSIONED: "changed", Status.UNCHANGED: "unchanged", Status.FAILED: "bad"}


def add_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "files",
        nargs="+",
        metavar="FILE",
        help="JSON, JSON Lines or a page that embeds it, .gz too; - for standard input",
    )
    add("--dry-run", action="store_true", help="write nothing, say what would happen")
    add("--limit", type=at_least(1), metavar="N", help="stop after N rows")
    add("--max-errors", type=at_least(0), metavar="N", help="stop after more than N bad rows")
    add("--errors", type=Path, metavar="FILE", help="write bad rows to this JSONL file, to be repaired and imported")
    add("--json", action="store_true", help="print the result as JSON")
    add("--progress", choices=("auto", "always", "never"), default="auto",
        help="on standard error; auto: when it is a terminal")  # fmt: skip


class FactCheckImport:
    def __init__(self, said: dict[str, Any], report: Report, interruption: Interruption) -> None:
        self.said, self.report, self.interruption = said, report, interruption
        self.counts: Counter[Status] = Counter()
        self.unreadable = 0
        self._started = time.monotonic()

    def go(self) -> int:
        """Import, or look what importing would do; returns the exit code. Raises CommandError, runs.SourceBusy."""
        names = self.said["files"]
        if names.count(STANDARD_INPUT) > 1:
            raise usage("Standard input can be read once.")
        if self.said["dry_run"] and self.said["errors"]:
            raise usage("--dry-run writes nothing: no --errors beside it.")
        check_writable(self.said["errors"])
        if self.said["dry_run"]:
            return self._look(names)
        options = {runs.FACT_CHECKS: True, "sources": [storable(name) for name in names]}
        source = shlex.join(options["sources"])  # type: ignore[arg-type]
        run = runs.start_run(source, options, key=source_key_of(["fact-checks", *names]))
        return self._import(run, names)

    def _look(self, names: list[str]) -> int:
        seen: set[str] = set()
        for batch in self._batches(names):
            self._count(batch, preview_fact_checks([i for i in batch if isinstance(i, FactCheckDraft)], seen))
        self._say(None)
        return self._code()

    def _import(self, run: ImportRun, names: list[str]) -> int:
        if self.said["errors"]:
            self.report.open_file(self.said["errors"], ())
        try:
            for batch in self._batches(names):
                self._count(batch, record_fact_checks(batch, run))
                if self._too_many():
                    break
        except KeyboardInterrupt:
            # Whatever has landed is found unchanged the next time.
            runs.interrupt_run(run)
            self._say(run)
            self.report.line.say("Say the same again to go on: what is in is passed over.")
            return self.interruption.exit_code
        except Exception as error:
            runs.finish_run(run, {"code": "import_failed", "detail": f"{type(error).__name__}: {error}"[:2000]})
            raise
        runs.finish_run(run, self._error())
        if run.error:
            self.report.line.say(run.error["detail"])
        if self.counts[Status.CREATED] and not workers.living().exists():
            self.report.line.say(f"No worker is running, so nothing is compared yet. Start one with: {workers.START}")
        self._say(run)
        if self.said["errors"] and self.counts[Status.FAILED] > self.unreadable:
            again = shlex.join([Path(sys.argv[0]).name, "import_fact_checks", str(self.said["errors"])])
            self.report.line.say(f"Repair the rows in {self.said['errors']}, then: {again}")
        return self._code()

    def _batches(self, names: list[str]) -> Iterator[list[Item]]:
        rows = islice(self._rows(names), self.said["limit"])
        while batch := list(islice(rows, BATCH_ROWS)):
            yield batch

    def _rows(self, names: Iterable[str]) -> Iterator[Item]:
        for name in names:
            try:
                with open_input(name, Options(), sys.stdin.buffer) as opened:
                    if not opened.head:
                        yield BadRow(Place(storable(name), None, 0), "", "empty_file", "there is nothing in it")
                        continue
                    is_lines = opened.format is FORMATS["jsonl"] or name.endswith(FORMATS["jsonl"].suffixes)
                    yield from (read_lines if is_lines else read_document)(opened.stream, storable(name))
            except Unreadable as error:
                yield BadRow(Place(storable(name), None, 0), "", UNREADABLE_SOURCE, error.detail)

    def _count(self, batch: list[Item], outcomes: Iterable[Any]) -> None:
        bad = [item for item in batch if isinstance(item, BadRow)]
        self.counts += Counter(outcome.status for outcome in outcomes)
        self.counts[Status.FAILED] += len(bad)
        self.unreadable += sum(row.code == UNREADABLE_SOURCE for row in bad)
        if bad:
            self.report.bad(bad)
        self.report.line.show(f"{count_of(self.counts.total(), 'row')}; {self._words()}")

    def _too_many(self) -> bool:
        most = self.said["max_errors"]
        return most is not None and self.counts[Status.FAILED] > most

    def _error(self) -> dict[str, Any] | None:
        if self._too_many():
            bad = count_of(self.said["max_errors"], "bad row")
            return {"code": "too_many_errors", "detail": f"More than {bad}: the import was stopped."}
        if self.unreadable and self.unreadable == self.counts.total():
            return {"code": "unreadable", "detail": "Nothing was imported: no source could be read."}
        return None

    def _code(self) -> int:
        if self._too_many():
            return FAILED
        return UNREADABLE if self.unreadable else BAD_ROWS if self.counts[Status.FAILED] else 0

    def _words(self) -> str:
        return ", ".join(f"{self.counts[status]:,} {label}" for status, label in LABELS.items())

    def _say(self, run: ImportRun | None) -> None:
        self.report.line.clear()
        if not self.said["json"]:
            would = "" if run else "Nothing is written. It would be: "
            self.report.write(f"{would}{count_of(self.counts.total(), 'row')}: {self._words()}.\n")
            return
        names = ("source", "line", "field", "code", "detail")
        told = {
            "run": str(run.pk) if run else None,
            "state": run.state if run else "dry_run",
            "rows": self.counts.total(),
            **{label: self.counts[status] for status, label in LABELS.items()},
            "bad_rows": [
                dict(zip(names, (row.place.source, row.place.line, row.field, row.code, row.detail), strict=True))
                for row in self.report.bad_rows
            ],
            "error": run.error if run else None,
            "seconds": round(time.monotonic() - self._started, 3),
        }
        self.report.write(orjson.dumps(told).decode() + "\n")
