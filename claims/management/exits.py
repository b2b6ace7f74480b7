"""How `import_articles` ends for whoever called it."""

from __future__ import annotations

from django.core.management.base import CommandError

FAILED, USAGE, BAD_ROWS, UNREADABLE, BUSY = 1, 2, 3, 4, 5
EPILOG = """\
exit codes: 0 good, 1 failed, 2 usage, 3 finished with bad rows, 4 input unreadable,
            5 another run holds this source, 130 interrupted and to be resumed"""


def usage(detail: str) -> CommandError:
    return CommandError(detail, returncode=USAGE)
