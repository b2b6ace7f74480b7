from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from textwrap import wrap
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from factcheck import env


class Command(BaseCommand):
    help = (
        "List every environment variable: its default, what it expects, what it does, and whether it is set. "
        "Says everything that stops the start, and exits 1 when there is something."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print a JSON list")

    def handle(self, *args: Any, **options: Any) -> None:
        # The settings, read by now, have declared them all.
        variables = [self._described(variable) for _, variable in sorted(env.VARIABLES.items())]
        if options["json"]:
            self.stdout.write(json.dumps(variables, indent=2))
            self._say_what_is_wrong()
            return
        for variable in variables:
            state = "set" if variable["is_set"] else "not set"
            self.stdout.write(self.style.MIGRATE_HEADING(variable["name"]) + f" ({state})")
            for line in wrap(variable["help"], 96):
                self.stdout.write(f"    {line}")
            self.stdout.write(f"    expects {variable['expects']}; default {variable['default'] or 'nothing'}")
        self._say_what_is_wrong()

    def _say_what_is_wrong(self) -> None:
        for problem in env.problems or ():
            self.stderr.write(problem)
        if env.problems:
            sys.exit(1)

    def _described(self, variable: env.Variable) -> dict[str, Any]:
        # The value of a secret is not printed. Its default may be made of another's, which was set, and names folders at worst then.
        shown = {"default": _without_password(variable.default)} if variable.secret else {}
        return asdict(variable) | shown | {"is_set": bool(os.environ.get(variable.name, "").strip())}


def _without_password(url: str) -> str:
    before, at, host = url.rpartition("@")
    scheme, separator, user = before.partition("://")
    return f"{scheme}{separator}{user.partition(':')[0]}:...{at}{host}" if ":" in user else url
