"""Import other organisations' fact-checks, so that what was checked before is offered beside each claim."""

from __future__ import annotations

from argparse import ArgumentParser

from claims.management.command import ImportCommand
from claims.management.fact_checks import FactCheckImport, add_arguments


class Command(ImportCommand):
    help = "Import published fact-checks: ClaimReview as JSON-LD, a line each or in a page, DataFeeds of it, answers of claims:search."
    work = FactCheckImport

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)
