"""What commands that import something share: their help, a clock on the database, and an exit code for whatever can go wrong."""

from __future__ import annotations

import sys
from argparse import RawDescriptionHelpFormatter
from typing import Any, Protocol, TextIO, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, ProgrammingError, connection

from claims.management.exits import BUSY, EPILOG, UNREADABLE
from claims.management.report import Report
from claims.management.signals import Interruption, terminable
from claims.pipeline import runs
from claims.sources.base import Unreadable

STATEMENT_TIMEOUT_SECONDS = 60


class Work(Protocol):
    def __call__(self, said: dict[str, Any], report: Report, interruption: Interruption) -> Any:
        """Something whose `go()` does it, and returns the exit code."""


class ImportCommand(BaseCommand):
    work: Work
    requires_system_checks = []

    def create_parser(self, *arguments: Any, **named: Any) -> Any:
        parser = super().create_parser(*arguments, **named)
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
        return parser

    def handle(self, *arguments: Any, **said: Any) -> None:
        output, errors = cast(TextIO, self.stdout._out), cast(TextIO, self.stderr._out)
        report = Report(output, errors, progress=said["progress"], is_json=said["json"])
        with terminable() as interruption:
            try:
                with connection.cursor() as cursor:
                    cursor.execute(f"SET statement_timeout = '{STATEMENT_TIMEOUT_SECONDS}s'")
                code = self.work(said, report, interruption).go()
            except Unreadable as error:
                raise CommandError(str(error), returncode=UNREADABLE) from None
            except runs.SourceBusy as error:
                raise CommandError(error.detail, returncode=BUSY) from None
            except ProgrammingError as error:
                raise CommandError(f"The database does not fit this program; run `migrate`. {error}") from error
            except DatabaseError as error:
                raise CommandError(f"The database failed: {error}") from error
            except KeyboardInterrupt:
                code = interruption.exit_code
            finally:
                report.close()
        if code:
            sys.exit(code)
