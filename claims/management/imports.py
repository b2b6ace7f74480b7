"""An import from the command line: from what was said to its exit code."""

from __future__ import annotations

import os
import shlex
import time
from collections import Counter
from contextlib import closing, suppress
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError
from django.db import DatabaseError, connection

from claims.management.arguments import check_writable
from claims.management.columns import check_columns, unseen_fields
from claims.management.endings import error_of, found_of, repair_line, resume_line
from claims.management.exits import BAD_ROWS, FAILED, UNREADABLE
from claims.management.files import files_of
from claims.management.report import Found, Report
from claims.management.settings import names_of, options_of, run_of, run_to_resume, settings_of, source_key_of, terms_of
from claims.management.signals import Interruption
from claims.management.words import count_of
from claims.models import ImportRun
from claims.pipeline import runs
from claims.pipeline.bulk import End, Importer, Progress, Terms
from claims.pipeline.feeds import FailedRowFeed, Feed, FileFeed, SourceChanged, storable
from claims.pipeline.page_feed import PageFeed
from claims.pipeline.rows import Status
from claims.sources.base import Options
from factcheck import workers
from factcheck.fetch.politely import Courtesy

WAIT_SECONDS = (0.2, 2.0)  # between two looks at the jobs: at first, and at most


class Import:
    def __init__(self, said: dict[str, Any], report: Report, interruption: Interruption) -> None:
        self.said, self.report, self.interruption = said, report, interruption

    def go(self) -> int:
        """Import, or look what importing would do; returns the exit code.

        Raises CommandError, Unreadable, runs.SourceBusy, KeyboardInterrupt before there is a run, and what a database that is away raises.
        """
        said = self.said
        resumed = run_to_resume(said, self.report.line.say)
        retried = run_of(said["retry_failed"]) if said["retry_failed"] else None
        settings = settings_of(said, resumed or retried, may_differ=resumed is None)
        options, terms = options_of(settings), terms_of(settings, said)
        if resumed and "retry_failed" in resumed.options:
            retried = run_of(UUID(resumed.options["retry_failed"]))
        feed: Feed
        courtesy = Courtesy()
        if retried:
            settings |= {"retry_failed": str(retried.pk)}
            feed, source = FailedRowFeed(retried, options, courtesy), f"failed rows of {retried.pk}"
            key = runs.source_key(source)
        else:
            names = names_of(said, resumed)
            settings |= {"sources": [storable(name) for name in names], "folder": storable(os.getcwd())}
            files = files_of(names, options, said["errors"], self.report.line.say)
            feed = FileFeed(files, options, check_columns(files, options, self.report.line.say), courtesy)
            source, key = shlex.join(settings["sources"]), source_key_of(names)
        check_writable(said["errors"])
        pages = PageFeed(feed, options, courtesy, terms.limit)
        with closing(courtesy):
            if said["dry_run"]:
                return self._look(pages, terms, options)
            run = runs.start_run(source, settings, key=key, resume=resumed)
            return self._import(run, pages, terms, options)

    def _look(self, feed: PageFeed, terms: Terms, options: Options) -> int:
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

    def _import(self, run: ImportRun, feed: PageFeed, terms: Terms, options: Options) -> int:
        importer = Importer(feed, terms, run, on_bad=self.report.bad, on_batch=self.report.progress)
        try:
            if self.said["errors"]:
                self.report.open_file(self.said["errors"], run.failed_rows.order_by("id").iterator())
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
            self.report.line.say(f"Go on with: {resume_line(run)}")
            raise
        if end is End.INTERRUPTED:
            runs.interrupt_run(run)
        else:
            runs.finish_run(run, error_of(run, end, terms, importer.progress))
        self._warn_of_mapping(options, importer.progress)
        return self._finish(run, end, importer.progress)

    def _finish(self, run: ImportRun, end: End, progress: Progress) -> int:
        code = self._code(end, run.failed)
        if run.error:
            self.report.line.say(run.error["detail"])
        states = runs.extraction_states(run)
        if states["queued"] and not workers.living().exists():
            self.report.line.say(
                f"No worker is running, so {count_of(states['queued'], 'article')} "
                f"{'waits' if states['queued'] == 1 else 'wait'} to be read for claims. "
                f"Start one with: {workers.START}"
            )
        if self.said["wait"] and end is End.FINISHED:
            states = self._wait(run, states)
            if states["failed"] or states["cancelled"]:
                code = FAILED
        found = found_of(run, end, progress)
        names = ("queued", "done", "failed", "cancelled")
        self.report.result(run, found, {name: states[name] for name in names} if states else None)
        if end is End.INTERRUPTED or (end is End.TOO_MANY_ERRORS and not found.was_undone):
            self.report.line.say(f"Go on with: {resume_line(run)}")
        elif self.said["errors"] and run.failed > found.unreadable:
            self.report.line.say(
                f"Repair the rows in {self.said['errors']}, then: {repair_line(run, self.said['errors'])}"
            )
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
            return self.interruption.exit_code
        if end is not End.FINISHED:
            return FAILED
        if self.report.unreadable:
            return UNREADABLE
        return BAD_ROWS if failed else 0
