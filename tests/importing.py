"""Runs `import_articles`: in this process, or as one of its own that can be interrupted and killed."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from django.core.management import CommandError, call_command

from claims.models import ArticleVersion, ImportRun

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Done:
    code: int
    output: str
    errors: str

    @property
    def result(self) -> Any:
        return orjson.loads(self.output)


def import_articles(*arguments: object, command: str = "import_articles") -> Done:
    """The command as from the command line, its exit code included; argparse's refusals come as code 2."""
    output, errors = io.StringIO(), io.StringIO()
    code = 0
    try:
        call_command(command, *map(str, arguments), stdout=output, stderr=errors)
    except CommandError as error:
        errors.write(str(error))
        code = 2 if str(error).startswith("Error: ") else error.returncode
    except SystemExit as end:
        code = int(end.code or 0)
    return Done(code, output.getvalue(), errors.getvalue())


@contextmanager
def running_import(
    database_url: str, *arguments: object, stdin: int = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    """The command as a process of its own; it does not outlive the block."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "import_articles", *map(str, arguments)],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": database_url},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def write_rows(path: Path, *rows: object) -> Path:
    """JSONL; bytes are a line as it is."""
    lines = (row if isinstance(row, bytes) else orjson.dumps(row) for row in rows)
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def rows(count: int, *, first: int = 0) -> list[dict[str, str]]:
    return [
        {
            "url": f"https://a.example/{n}",
            "title": f"Story {n}",
            "text": f"Prices rose by {n} per cent. {'More. ' * 20}",
        }
        for n in range(first, first + count)
    ]


def stored() -> set[tuple[str, int, str]]:
    """What is in: which article, which version, which text."""
    return set(ArticleVersion.objects.values_list("article__canonical_url", "number", "text"))


def last_run() -> ImportRun:
    return ImportRun.objects.order_by("-id")[0]
