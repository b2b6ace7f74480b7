"""Import articles from files, folders, globs and standard input."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from claims.management.arguments import add_arguments, check
from claims.management.command import ImportCommand
from claims.management.imports import Import


class Command(ImportCommand):
    help = "Import articles. Texts that are here already are skipped, changed ones become new versions."
    work = Import

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *arguments: Any, **said: Any) -> None:
        check(said)
        super().handle(*arguments, **said)
