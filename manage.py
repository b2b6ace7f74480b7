#!/usr/bin/env python
"""The command line of the project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "factcheck.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
    except ModuleNotFoundError:
        sys.exit("Django is not installed for this Python. `make up` makes .venv: .venv/bin/python manage.py ...")
    from django.core.management import execute_from_command_line
    from django.db import OperationalError

    from factcheck import env
    from factcheck.audit.origin import set_origin

    if sys.argv[1:2] == ["config"]:
        env.problems = []

    set_origin(f"command {sys.argv[1]}" if len(sys.argv) > 1 else "command")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except OperationalError as error:
        if "connection" not in str(error):
            raise
        sys.exit(
            f"The database does not answer: {str(error).splitlines()[0]}\nIs `make up` running? Or set DATABASE_URL."
        )


if __name__ == "__main__":
    main()
