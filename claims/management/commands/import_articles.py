"""Import articles from files, folders, globs and standard input."""

from __future__ import annotations

import os
import shlex
import signal
import sys
import threading
import time
from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO, NoReturn, TextIO, cast
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, ProgrammingError, connection

from claims.management.columns import unknown_columns, unread_columns, unseen_fields
from claims.management.report import Found, Report
from claims.management.words import count_of
from claims.models import ImportRun
from claims.pipeline import runs
from claims.pipeline.bulk import BATCH_ROWS, End, Importer, Progress, Terms
from claims.pipeline.feeds import UNREADABLE as UNREADABLE_SOURCE
from claims.pipeline.feeds import FailedRowFeed, Feed, FileFeed, SourceChanged, storable
from claims.pipeline.rows import OnDuplicate, Status
from claims.sources import FORMATS
from claims.sources.base import FIELDS, Options, Unreadable
from claims.sources.headers import read_headers
from claims.sources.inputs import STANDARD_INPUT, Skipped, find_sources
from factcheck import workers

FAILED, USAGE, BAD_ROWS, UNREADABLE, BUSY = 1, 2, 3, 4, 5
EPILOG = """\
exit codes: 0 good, 1 failed, 2 usage, 3 finished with bad rows, 4 input unreadable,
            5 another run holds this source, 130 interrupted and to be resumed"""

STATEMENT_TIMEOUT_SECONDS = 60
MOST_SKIPPED_NAMES = 20
WAIT_SECONDS = (0.2, 2.0)  # between two looks at the jobs: at first, and at most

# What a run is begun with it goes on with; argparse has no default for these, so that we see what was said.
DEFAULTS: dict[str, Any] = {
    "format": "auto",
    "map": {},
    "outlet": "",
    "language": "",
    "default_timezone": "UTC",
    "on_duplicate": OnDuplicate.VERSION.value,
    "extract": True,
    "atomic": False,
}


def usage(detail: str) -> CommandError:
    return CommandError(detail, returncode=USAGE)


class Command(BaseCommand):
    help = "Import articles. Texts that are here already are skipped, changed ones become new versions."

    def create_parser(self, *arguments: Any, **named: Any) -> Any:
        parser = super().create_parser(*arguments, **named)
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        add = parser.add_argument
        add("sources", nargs="*", metavar="SOURCE", help="file, folder, glob, or - for standard input")
        add("--format", choices=("auto", *FORMATS), help="default: by the name, else by the content")
        add("--map", action="append", type=_mapping, metavar="THEIRS=OURS",
            help=f"which of their fields is which of ours ({', '.join(FIELDS)}); may be repeated")  # fmt: skip
        add("--outlet", type=_outlet, help="who printed the articles that do not say it")
        add("--language", help="of the articles that do not say it, like en or pt-BR")
        add(
            "--default-timezone",
            type=_timezone,
            metavar="ZONE",
            help="of dates without one, like Europe/Kyiv; default: UTC",
        )
        add("--on-duplicate", choices=[choice.value for choice in OnDuplicate],
            help="when an article that is here comes with another text; default: version")  # fmt: skip
        add("--dry-run", action="store_true", help="write nothing, say what would happen")
        add("--limit", type=_at_least(1), metavar="N", help="stop after N rows")
        add("--batch-size", type=_at_least(1), default=BATCH_ROWS, metavar="N",
            help="rows of one transaction; default: %(default)s")  # fmt: skip
        add("--extract", action=BooleanOptionalAction, help="queue what is new to be read for claims; the default")
        add("--wait", action="store_true", help="wait until it has been read")
        add("--resume", nargs="?", const="", metavar="RUN",
            help="go on where this run, or the last one of these sources, was interrupted")  # fmt: skip
        add("--retry-failed", type=_uuid, metavar="RUN", help="import the rows again that this run refused")
        add("--max-errors", type=_at_least(0), metavar="N", help="stop after more than N bad rows")
        add("--atomic", action=BooleanOptionalAction,
            help="all or nothing; bad rows undo it, but for as many as --max-errors allows")  # fmt: skip
        add(
            "--errors", type=Path, metavar="FILE", help="write bad rows to this JSONL file, to be repaired and imported"
        )
        add("--json", action="store_true", help="print the result as JSON")
        add("--progress", choices=("auto", "always", "never"), default="auto",
            help="on standard error; auto: when it is a terminal")  # fmt: skip

    def handle(self, *arguments: Any, **said: Any) -> None:
        # `--resume a.jsonl` names a source, not a run.
        if said["resume"] and not _is_uuid(said["resume"]):
            said["sources"], said["resume"] = [said["resume"], *said["sources"]], ""
        _check(said)
        output, errors = cast(TextIO, self.stdout._out), cast(TextIO, self.stderr._out)
        self.report = Report(output, errors, progress=said["progress"], is_json=said["json"])
        with _terminable() as self.caught:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")
                code = self._handle(said)
            except Unreadable as error:
                raise CommandError(str(error), returncode=UNREADABLE) from None
            except runs.SourceBusy as error:
                raise CommandError(error.detail, returncode=BUSY) from None
            except ProgrammingError as error:
                raise CommandError(f"The database does not fit this program; run `migrate`. {error}") from error
            except DatabaseError as error:
                raise CommandError(f"The database failed: {error}") from error
            except KeyboardInterrupt:
                code = self._interrupted()
            finally:
                self.report.close()
        if code:
            sys.exit(code)

    def _handle(self, said: dict[str, Any]) -> int:
        resumed = self._run_to_resume(said)
        retried = _run(said["retry_failed"]) if said["retry_failed"] else None
        settings = _settings(said, resumed or retried, may_differ=resumed is None)
        options, terms = _options(settings), _terms(settings, said)
        if resumed and "retry_failed" in resumed.options:
            retried = _run(UUID(resumed.options["retry_failed"]))
        feed: Feed
        if retried:
            settings |= {"retry_failed": str(retried.pk)}
            feed, source = FailedRowFeed(retried, options), f"failed rows of {retried.pk}"
            key = runs.source_key(source)
        else:
            names = _names(said, resumed)
            settings |= {"sources": [storable(name) for name in names], "folder": storable(os.getcwd())}
            files = self._files(names, options, said)
            feed = FileFeed(files, options, self._check_columns(files, options))
            source, key = shlex.join(settings["sources"]), _key(names)
        _check_writable(said["errors"])
        if said["dry_run"]:
            return self._look(feed, terms, options)
        run = runs.start_run(source, settings, key=key, resume=resumed)
        return self._import(run, feed, terms, options, said)

    def _run_to_resume(self, said: dict[str, Any]) -> ImportRun | None:
        wanted, names = said["resume"], said["sources"]
        if wanted is None:
            return None
        if wanted:
            run = _run(UUID(wanted))
            if run.state == ImportRun.State.DONE:
                raise usage(f"Run {run.pk} is finished: there is nothing to resume.")
            if names and names != [STANDARD_INPUT] and run.source_key != _key(names):
                raise usage(f"Run {run.pk} is one of {run.source}.")
            return run
        if STANDARD_INPUT in names:
            raise usage("Standard input has no name: say --resume RUN.")
        found = runs.unfinished_run(_key(names) if names else None)
        if found is None and not names:
            raise usage("No run was interrupted.")
        if found is None:
            self.report.line.say("No run of these sources was interrupted: starting at their beginning.")
        return found

    def _files(self, names: list[str], options: Options, said: dict[str, Any]) -> list[str]:
        found = find_sources(names, options.format)
        files = [item for item in found if isinstance(item, str)]
        skipped = [item for item in found if isinstance(item, Skipped)]
        for item in skipped[:MOST_SKIPPED_NAMES]:
            self.report.line.say(f"{item.source}: skipped, {item.detail}")
        if len(skipped) > MOST_SKIPPED_NAMES:
            more = len(skipped) - MOST_SKIPPED_NAMES
            self.report.line.say(f"{more:,} more {'is' if more == 1 else 'are'} skipped")
        if not files:
            raise Unreadable(" ".join(names), "holds no file of a known format; name the files, or say --format")
        errors: Path | None = said["errors"]
        if errors and errors.exists() and any(Path(name).exists() and errors.samefile(name) for name in files):
            raise usage(f"{errors} is one of the sources; write bad rows to another file.")
        return files

    def _check_columns(self, files: list[str], options: Options) -> BinaryIO:
        """Returns the standard input, whole again."""
        headers = read_headers(files, options, sys.stdin.buffer)
        if wrong := "\n".join(unknown_columns(headers, options)):
            raise usage(wrong)
        for sentence in islice(unread_columns(headers), MOST_SKIPPED_NAMES):
            self.report.line.say(storable(sentence))
        return headers.standard_input

    def _look(self, feed: Feed, terms: Terms, options: Options) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SET default_transaction_read_only = on")
        try:
            importer = Importer(feed, terms, None, on_bad=self.report.bad, on_batch=self.report.progress)
            end = importer.go()
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET default_transaction_read_only")
        progress = importer.progress
        self._warn_of_mapping(options, progress)
        self.report.result(None, Found(progress.counts, progress.rows, self.report.unreadable), None)
        return self._code(end, progress.counts[Status.FAILED])

    def _warn_of_mapping(self, options: Options, progress: Progress) -> None:
        if progress.rows:
            for sentence in unseen_fields(options):
                self.report.line.say(sentence)

    def _import(self, run: ImportRun, feed: Feed, terms: Terms, options: Options, said: dict[str, Any]) -> int:
        importer = Importer(feed, terms, run, on_bad=self.report.bad, on_batch=self.report.progress)
        try:
            if said["errors"]:
                self.report.open_file(said["errors"], run.failed_rows.order_by("id").iterator())
            end = importer.go()
        except KeyboardInterrupt:  # a second one, while the first was obeyed
            end = End.INTERRUPTED
        except SourceChanged as error:
            runs.interrupt_run(run)
            detail = f"{error}. Import without --resume: what is in is skipped."
            raise CommandError(detail, returncode=UNREADABLE) from None
        except Exception as error:
            # With the database away there is nobody to tell; the next run of these sources finds out.
            with suppress(DatabaseError):
                run.refresh_from_db()
                runs.finish_run(run, {"code": "import_failed", "detail": f"{type(error).__name__}: {error}"[:2000]})
            self.report.line.say(f"Go on with: {_resume_line(run)}")
            raise
        if end is End.INTERRUPTED:
            runs.interrupt_run(run)
        else:
            runs.finish_run(run, _error(run, end, terms, importer.progress))
        self._warn_of_mapping(options, importer.progress)
        return self._finish(run, end, importer.progress, said)

    def _finish(self, run: ImportRun, end: End, progress: Progress, said: dict[str, Any]) -> int:
        code = self._code(end, run.failed)
        if run.error:
            self.report.line.say(run.error["detail"])
        states = runs.extraction_states(run)
        if states["queued"] and not workers.living().exists():
            self.report.line.say(
                f"No worker is running, so {count_of(states['queued'], 'article')} "
                f"{'waits' if states['queued'] == 1 else 'wait'} to be read for claims. "
                "Start one with: celery -A factcheck worker"
            )
        if said["wait"] and end is End.FINISHED:
            states = self._wait(run, states)
            if states["failed"] or states["cancelled"]:
                code = FAILED
        found = _found(run, end, progress)
        names = ("queued", "done", "failed", "cancelled")
        self.report.result(run, found, {name: states[name] for name in names} if states else None)
        if end is End.INTERRUPTED or (end is End.TOO_MANY_ERRORS and not found.was_undone):
            self.report.line.say(f"Go on with: {_resume_line(run)}")
        elif said["errors"] and run.failed > found.unreadable:
            self.report.line.say(f"Repair the rows in {said['errors']}, then: {_repair_line(run, said['errors'])}")
        return code

    def _wait(self, run: ImportRun, states: Counter[str]) -> Counter[str]:
        seconds, longest = WAIT_SECONDS
        while states["queued"]:
            self.report.waiting(states)
            time.sleep(seconds)
            seconds = min(seconds * 1.5, longest)
            states = runs.extraction_states(run)
        for failed in runs.failed_extractions(run):
            why = (failed.error or {}).get("detail", "")
            self.report.line.say(f"{failed.version.article}: not read for claims: {why}")
        return states

    def _code(self, end: End, failed: int) -> int:
        if end is End.INTERRUPTED:
            return self._interrupted()
        if end is not End.FINISHED:
            return FAILED
        if self.report.unreadable:
            return UNREADABLE
        return BAD_ROWS if failed else 0

    def _interrupted(self) -> int:
        return 128 + (self.caught[0] if self.caught else signal.SIGINT)


def _check(said: dict[str, Any]) -> None:
    if addresses := [name for name in said["sources"] if "://" in name]:
        raise usage(f"{addresses[0]}: addresses are not fetched; save the page and name the file.")
    if said["sources"].count(STANDARD_INPUT) > 1:
        raise usage("Standard input can be read once.")
    if said["retry_failed"] and (said["sources"] or said["resume"] is not None):
        raise usage("--retry-failed takes its rows from the run: no sources and no --resume beside it.")
    if not said["sources"] and said["resume"] is None and not said["retry_failed"]:
        raise usage("Name a file, a folder, a glob, or - for standard input.")
    if said["dry_run"] and (said["wait"] or said["resume"] is not None or said["errors"]):
        raise usage("--dry-run writes nothing: no --wait, --resume or --errors beside it.")
    if said["wait"] and said["extract"] is False:
        raise usage("--no-extract leaves nothing to --wait for.")


def _run(run_id: UUID) -> ImportRun:
    try:
        return ImportRun.objects.get(pk=run_id)
    except ImportRun.DoesNotExist:
        raise usage(f"There is no run {run_id}.") from None


def _settings(said: dict[str, Any], began: ImportRun | None, *, may_differ: bool) -> dict[str, Any]:
    before = {name: began.options.get(name, default) for name, default in DEFAULTS.items()} if began else DEFAULTS
    now = {name: said[name] for name in DEFAULTS if said[name] is not None}
    if "map" in now:
        now["map"] = dict(now["map"])
    if not may_differ and (other := [name for name in now if now[name] != before[name]]):
        names = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise usage(f"A run goes on as it was begun: leave out {names}.")
    return before | now


def _options(settings: dict[str, Any]) -> Options:
    try:
        return Options(
            format=settings["format"],
            mapping=settings["map"],
            outlet=settings["outlet"],
            language=settings["language"],
            default_timezone=ZoneInfo(settings["default_timezone"]),
        )
    except ValueError as error:
        raise usage(str(error)) from None


def _terms(settings: dict[str, Any], said: dict[str, Any]) -> Terms:
    return Terms(
        on_duplicate=OnDuplicate(settings["on_duplicate"]),
        extract=settings["extract"],
        batch_rows=said["batch_size"],
        limit=said["limit"],
        max_errors=said["max_errors"],
        all_or_nothing=settings["atomic"],
    )


def _names(said: dict[str, Any], resumed: ImportRun | None) -> list[str]:
    if said["sources"] or resumed is None:
        return list(said["sources"])
    names, folder = resumed.options["sources"], resumed.options["folder"]
    if folder == storable(os.getcwd()):
        return list(names)
    return [name if name == STANDARD_INPUT else os.path.join(folder, name) for name in names]


def _key(names: list[str]) -> str:
    """The same for the same files from whatever folder; two streams are never the same."""
    parts = [f"- {uuid4()}" if name == STANDARD_INPUT else storable(os.path.abspath(name)) for name in names]
    return runs.source_key("\0".join(parts))


def _error(run: ImportRun, end: End, terms: Terms, progress: Progress) -> dict[str, Any] | None:
    bad = f"{progress.counts[Status.FAILED]:,} of {count_of(progress.rows, 'row')}"
    if end is End.NOTHING_LANDED:
        detail = f"Nothing was imported: {bad} could not be taken, and --atomic asks for all or nothing."
    elif end is End.TOO_MANY_ERRORS:
        detail = f"More than {count_of(terms.max_errors or 0, 'bad row')}: "
        detail += "nothing was imported." if terms.all_or_nothing else "the import was stopped."
    elif run.rows and run.rows == _unreadable(run):
        return {"code": "unreadable", "detail": "Nothing was imported: no source could be read."}
    else:
        return None
    return {"code": end.value, "detail": detail}


def _unreadable(run: ImportRun) -> int:
    return run.failed_rows.filter(code=UNREADABLE_SOURCE).count() if run.failed else 0


def _found(run: ImportRun, end: End, progress: Progress) -> Found:
    """What the run has come to. One that was undone counts nothing, but has seen the rows."""
    if end in (End.NOTHING_LANDED, End.TOO_MANY_ERRORS) and run.options.get("atomic"):
        bad = Counter({Status.FAILED: progress.counts[Status.FAILED]})
        return Found(bad, progress.rows, 0, was_undone=True)
    return Found(Counter({status: getattr(run, status.value) for status in Status}), run.rows, _unreadable(run))


def _check_writable(errors: Path | None) -> None:
    if errors is None:
        return
    try:
        errors.open("ab").close()
    except OSError as error:
        raise usage(f"--errors {errors}: {error.strerror}; name a file that can be written.") from None


def _repair_line(run: ImportRun, errors: Path) -> str:
    """The mapping stands in the file; what else was said for all rows must be said again."""
    words = [Path(sys.argv[0]).name, "import_articles", str(errors)]
    if errors.suffix not in FORMATS["jsonl"].suffixes:
        words += ["--format", "jsonl"]
    for name in ("outlet", "language", "default_timezone"):
        if (value := run.options.get(name, DEFAULTS[name])) != DEFAULTS[name]:
            words += [f"--{name.replace('_', '-')}", value]
    return shlex.join(words)


def _resume_line(run: ImportRun) -> str:
    stream = " -" if STANDARD_INPUT in run.options.get("sources", []) else ""
    return f"{Path(sys.argv[0]).name} import_articles{stream} --resume {run.pk}"


@contextmanager
def _terminable() -> Iterator[list[int]]:
    """SIGTERM interrupts like Ctrl-C. Yields the signals that came."""
    caught: list[int] = []

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        caught.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield caught
    finally:
        signal.signal(signal.SIGTERM, before)


def _mapping(value: str) -> tuple[str, str]:
    theirs, separator, ours = value.rpartition("=")
    if not separator or not theirs or ours not in FIELDS:
        raise ArgumentTypeError(f"{value!r} is not THEIRS=OURS with one of {', '.join(FIELDS)}")
    return theirs, ours


def _outlet(value: str) -> str:
    if not value.strip() or len(value) > 200:
        raise ArgumentTypeError("an outlet's name has 1 to 200 characters")
    return value.strip()


def _timezone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        raise ArgumentTypeError(f"{value!r} is no time zone like Europe/Kyiv") from None


def _at_least(least: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or int(value) < least:
            raise ArgumentTypeError(f"{value!r} is no number from {least}")
        return int(value)

    return parse


def _uuid(value: str) -> UUID:
    if not _is_uuid(value):
        raise ArgumentTypeError(f"{value!r} is no run's id")
    return UUID(value)


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
