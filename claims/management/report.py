"""What an import says: progress and bad rows to standard error, its result to standard output, bad rows to a file."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import orjson

from claims.management.terminal import ProgressLine
from claims.management.words import count_of
from claims.models import FailedRow, ImportRun
from claims.pipeline.bulk import Progress
from claims.pipeline.rows import Status
from claims.pipeline.runs import UNREADABLE
from claims.sources.base import BadRow

# A result is read whole; the file of --errors and the run itself hold every bad row.
MOST_BAD_ROWS_IN_RESULT = 100

LABELS = {
    Status.CREATED: "new",
    Status.VERSIONED: "new versions",
    Status.UNCHANGED: "unchanged",
    Status.SKIPPED: "skipped",
    Status.FAILED: "bad",
}


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the rows. Sources that could not be read count among the bad rows; `was_undone` when all that was new is out again."""

    counts: Counter[Status]
    rows: int
    unreadable: int
    was_undone: bool = False

    def __str__(self) -> str:
        counts = Counter(self.counts)
        counts[Status.FAILED] -= self.unreadable
        said = f"{count_of(self.rows - self.unreadable, 'row')}: {_words(counts)}"
        if self.unreadable:
            said += f"; {count_of(self.unreadable, 'source')} could not be read"
        return f"{said}; nothing was imported" if self.was_undone else said


class Report:
    def __init__(self, output: TextIO, errors: TextIO, *, progress: str, is_json: bool) -> None:
        self.bad_rows: list[BadRow] = []
        self.unreadable = 0
        self.line = ProgressLine(errors, progress)
        self._output, self._is_json = output, is_json
        self._file: BinaryIO | None = None
        self._started = time.monotonic()

    def open_file(self, path: Path, earlier: Iterable[FailedRow]) -> None:
        """Bad rows go to this file from now on, behind those that the run had before it was interrupted."""
        self._file = path.open("wb")
        for row in earlier:
            self._file.write(row.raw.encode())
        self._file.flush()

    def close(self) -> None:
        self.line.clear()
        if self._file:
            self._file.close()

    def write(self, result: str) -> None:
        self._output.write(result)

    def bad(self, rows: list[BadRow]) -> None:
        self.bad_rows += rows[: MOST_BAD_ROWS_IN_RESULT - len(self.bad_rows)]
        self.unreadable += sum(row.code == UNREADABLE for row in rows)
        for row in rows:
            self.line.say(str(row))
        if self._file:
            self._file.writelines(row.as_line() for row in rows)
            self._file.flush()

    def progress(self, progress: Progress) -> None:
        seconds = max(time.monotonic() - self._started, 0.001)
        share = "" if progress.fraction is None else f" ({progress.fraction:.0%})"
        self.line.show(
            f"{progress.source}{share}: {count_of(progress.rows, 'row')}, {progress.rows / seconds:,.0f} a second; "
            f"{_words(progress.counts)}"
        )

    def waiting(self, states: Counter[str]) -> None:
        total = states.total()
        self.line.show(f"{total - states['queued']:,} of {count_of(total, 'article')} read for claims")

    def result(self, run: ImportRun | None, found: Found, extractions: dict[str, int] | None) -> None:
        """The last word; without a run it is what a dry run found."""
        self.line.clear()
        if self._is_json:
            self._output.write(orjson.dumps(self._as_json(run, found, extractions)).decode() + "\n")
            return
        would = "" if run else "Nothing is written. It would be: "
        self._output.write(f"{would}{found}.\n")
        if run:
            self._output.write(f"Run {run.pk}: {run.state}.\n")
        if extractions:
            waits = f"{extractions['queued']:,} wait" if extractions["queued"] else "none waits"
            self._output.write(
                f"Claims: {count_of(extractions['done'], 'article')} read, {waits}, {extractions['failed']:,} failed.\n"
            )

    def _as_json(self, run: ImportRun | None, found: Found, extractions: dict[str, int] | None) -> dict[str, Any]:
        return {
            "run": str(run.pk) if run else None,
            "state": run.state if run else "dry_run",
            "rows": found.rows,
            **{status.value: found.counts[status] for status in Status},
            "bad_rows": self._bad_rows(run),
            "extractions": extractions,
            "error": run.error if run else None,
            "seconds": round(time.monotonic() - self._started, 3),
        }

    def _bad_rows(self, run: ImportRun | None) -> list[dict[str, Any]]:
        names = ("source", "line", "field", "code", "detail")
        # Those from before an interruption are known to the run alone; those of an import that was undone to us alone.
        if run and run.failed:
            return list(run.failed_rows.order_by("id").values(*names)[:MOST_BAD_ROWS_IN_RESULT])
        return [
            dict(zip(names, (row.place.source, row.place.line, row.field, row.code, row.detail), strict=True))
            for row in self.bad_rows
        ]


def _words(counts: Counter[Status]) -> str:
    return ", ".join(f"{counts[status]:,} {label}" for status, label in LABELS.items())
