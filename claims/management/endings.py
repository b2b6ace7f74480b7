"""What an import has come to, and the command line with which to go on."""

from __future__ import annotations

import shlex
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from claims.management.report import Found
from claims.management.words import count_of
from claims.models import ImportRun
from claims.pipeline import runs
from claims.pipeline.asked import DEFAULTS
from claims.pipeline.bulk import End, Progress, Terms
from claims.pipeline.rows import Status
from claims.sources import FORMATS
from claims.sources.inputs import STANDARD_INPUT


def error_of(run: ImportRun, end: End, terms: Terms, progress: Progress) -> dict[str, Any] | None:
    bad = f"{progress.counts[Status.FAILED]:,} of {count_of(progress.rows, 'row')}"
    if end is End.NOTHING_LANDED:
        detail = f"Nothing was imported: {bad} could not be taken, and --atomic asks for all or nothing."
    elif end is End.TOO_MANY_ERRORS:
        detail = f"More than {count_of(terms.max_errors or 0, 'bad row')}: "
        detail += "nothing was imported." if terms.all_or_nothing else "the import was stopped."
    else:
        return runs.nothing_was_read(run)
    return {"code": end.value, "detail": detail}


def found_of(run: ImportRun, end: End, progress: Progress) -> Found:
    """What the run has come to. One that was undone counts nothing, but has seen the rows."""
    if end in (End.NOTHING_LANDED, End.TOO_MANY_ERRORS) and run.options.get("atomic"):
        bad = Counter({Status.FAILED: progress.counts[Status.FAILED]})
        return Found(bad, progress.rows, 0, was_undone=True)
    return Found(
        Counter({status: getattr(run, status.value) for status in Status}), run.rows, runs.unreadable_sources(run)
    )


def repair_line(run: ImportRun, errors: Path) -> str:
    """The mapping stands in the file; what else was said for all rows must be said again."""
    words = [Path(sys.argv[0]).name, "import_articles", str(errors)]
    if errors.suffix not in FORMATS["jsonl"].suffixes:
        words += ["--format", "jsonl"]
    for name in ("outlet", "language", "default_timezone"):
        if (value := run.options.get(name, DEFAULTS[name])) != DEFAULTS[name]:
            words += [f"--{name.replace('_', '-')}", value]
    return shlex.join(words)


def resume_line(run: ImportRun) -> str:
    stream = " -" if STANDARD_INPUT in run.options.get("sources", []) else ""
    return f"{Path(sys.argv[0]).name} import_articles{stream} --resume {run.pk}"
