#!/usr/bin/env python
"""The command line of the project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
    from django.core.management import execute_from_command_line

    from factcheck.audit.origin import set_origin

    set_origin(f"command {sys.argv[1]}" if len(sys.argv) > 1 else "command")
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
