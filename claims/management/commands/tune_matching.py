"""Learn from how similar on matches are offered, and from how similar on they are linked."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from claims import pipeline
from claims.matching.thresholds import TooFew


class Command(BaseCommand):
    help = "Learn the thresholds of matching from the matches that people confirmed and rejected."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        try:
            learned, before = pipeline.tune()
        except TooFew as few:
            raise CommandError(f"Nothing was changed. {few}") from None
        n = {"confirmed": learned.confirmed, "rejected": learned.rejected}
        if options["json"]:
            told = {"suggest": [before.suggest, learned.suggest], "link": [before.link, learned.link], **n}
            self.stdout.write(json.dumps(told))
            return
        self.stdout.write(
            f"Of {n['confirmed']:,} confirmed and {n['rejected']:,} rejected matches: offered from {learned.suggest:.3f} on "
            f"(before: {before.suggest:.3f}), linked from {learned.link:.3f} on (before: {before.link:.3f})."
        )
