"""Have every claim compared that was not yet."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from claims import pipeline


class Command(BaseCommand):
    help = (
        "Queue claims and fact-checks that are not compared yet: from before there was matching, or of another encoder."
    )

    def handle(self, **options: Any) -> None:
        queued = pipeline.queue_everything_uncompared()
        self.stdout.write(f"Queued to be compared: {queued:,}." if queued else "Nothing is left to compare.")
