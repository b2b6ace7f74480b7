"""Which files the sources of an import stand for, and what is said of the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from claims.management.exits import usage
from claims.sources.base import Options, Unreadable
from claims.sources.inputs import Skipped, find_sources, is_address

MOST_SKIPPED_NAMES = 20


def files_of(names: list[str], options: Options, errors: Path | None, say: Callable[[str], None]) -> list[str]:
    """The files that these names stand for; `say` is told what is passed over. `errors` is where bad rows will be written.

    Raises Unreadable when there is none, CommandError when `errors` is one of them.
    """
    found = find_sources(names, options.format)
    files = [item for item in found if isinstance(item, str)]
    skipped = [item for item in found if isinstance(item, Skipped)]
    for item in skipped[:MOST_SKIPPED_NAMES]:
        say(f"{item.source}: skipped, {item.detail}")
    if len(skipped) > MOST_SKIPPED_NAMES:
        more = len(skipped) - MOST_SKIPPED_NAMES
        say(f"{more:,} more {'is' if more == 1 else 'are'} skipped")
    if not files:
        raise Unreadable(" ".join(names), "holds no file of a known format; name the files, or say --format")
    if (
        errors
        and errors.exists()
        and any(not is_address(name) and Path(name).exists() and errors.samefile(name) for name in files)
    ):
        raise usage(f"{errors} is one of the sources; write bad rows to another file.")
    return files
