"""Import other organisations' fact-checks, so that what was checked before is offered beside each claim."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from claims.management.exits import BUSY, EPILOG
from claims.management.fact_checks import FactCheckImport, add_arguments
from claims.management.report import Report
from claims.management.signals import terminable
from claims.pipeline import runs


class Command(BaseCommand):
    help = (
        "Import published fact-checks: ClaimReview as JSON-LD or JSON Lines, DataFeeds of it, answers of claims:search."
    )

    def create_parser(self, *arguments: Any, **named: Any) -> Any:
        parser = super().create_parser(*arguments, **named)
        parser.formatter_class, parser.epilog = RawDescriptionHelpFormatter, EPILOG
        return parser

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *arguments: Any, **said: Any) -> None:
        output, errors = cast(TextIO, self.stdout._out), cast(TextIO, self.stderr._out)
        report = Report(output, errors, progress=said["progress"], is_json=said["json"])
        with terminable() as interruption:
            try:
                code = FactCheckImport(said, report, interruption).go()
            except runs.SourceBusy as error:
                raise CommandError(error.detail, returncode=BUSY) from None
            except DatabaseError as error:
                raise CommandError(f"The database failed: {error}") from error
            finally:
                report.close()
        if code:
            sys.exit(code)
