from __future__ import annotations

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from factcheck import jobs, workers
from factcheck.celery import app


class Command(BaseCommand):
    help = (
        "Do once, in this process, everything that beat has done from time to time: give back what vanished workers held, wake "
        "workers, fold the record, forget what is old. For cron where no beat runs, and for emergencies. Exit 1 when a part failed."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        app.loader.import_default_modules()
        done: dict[str, Any] = {}
        failed: dict[str, str] = {}
        for name, entry in settings.CELERY_BEAT_SCHEDULE.items():
            try:
                done[name] = app.tasks[str(entry["task"])]()
            except Exception as error:  # one part that cannot be done must not keep the others from being done
                failed[name] = f"{type(error).__name__}: {error}".strip()
        # With the database away nothing was done, and there is nothing to count.
        left = {"waiting": jobs.waiting().count(), "workers": workers.living().count()} if done else {}
        if options["json"]:
            self.stdout.write(json.dumps({"done": done, "failed": failed, **left}, indent=2))
        else:
            for name, counts in done.items():
                self.stdout.write(f"{name:13}{', '.join(f'{what} {count}' for what, count in counts.items())}")
            for name, why in failed.items():
                self.stderr.write(f"{name:13}failed: {why}")
        if left and left["waiting"] and not left["workers"]:
            waiting = "1 job waits" if left["waiting"] == 1 else f"{left['waiting']:,} jobs wait"
            self.stderr.write(f"No worker is running, and {waiting}. Start one with: {workers.START}")
        if failed:
            sys.exit(1)
