from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from factcheck.audit.verifying import Verified, verify


class Command(BaseCommand):
    help = "Recompute every audit chain and every checkpoint; name the first break of each. Exit 1 when there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        counted = Verified()
        breaks = list(verify(counted))
        for found in breaks:
            self.stdout.write(str(found))
        summary = f"{counted.events} events, {counted.checkpoints} checkpoints, {len(breaks)} broken chains"
        self.stderr.write(summary)
        if breaks:
            sys.exit(1)
