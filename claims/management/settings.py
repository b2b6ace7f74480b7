"""What an import is begun with, and what it goes on with when it is resumed or its bad rows are tried again."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

from claims.management.exits import usage
from claims.models import ImportRun
from claims.pipeline import asked, runs
from claims.pipeline.asked import DEFAULTS
from claims.pipeline.bulk import Terms
from claims.pipeline.feeds import storable
from claims.sources.base import Options
from claims.sources.inputs import STANDARD_INPUT, is_address


def run_to_resume(said: dict[str, Any], say: Callable[[str], None]) -> ImportRun | None:
    """The run that `--resume` means, if any is meant; `say` is told when there is none and it was not named."""
    wanted, names = said["resume"], said["sources"]
    if wanted is None:
        return None
    if wanted:
        run = run_of(UUID(wanted))
        if runs.QUEUED in run.options:
            raise usage(f"Run {run.pk} is a job's, which goes on with it by itself: look at its page.")
        if run.state == ImportRun.State.DONE:
            raise usage(f"Run {run.pk} is finished: there is nothing to resume.")
        if names and names != [STANDARD_INPUT] and run.source_key != source_key_of(names):
            raise usage(f"Run {run.pk} is one of {run.source}.")
        return run
    if STANDARD_INPUT in names:
        raise usage("Standard input has no name: say --resume RUN.")
    found = runs.unfinished_run(source_key_of(names) if names else None)
    if found is None and not names:
        raise usage("No run was interrupted.")
    if found is None:
        say("No run of these sources was interrupted: starting at their beginning.")
    return found


def run_of(run_id: UUID) -> ImportRun:
    try:
        return ImportRun.objects.get(pk=run_id)
    except ImportRun.DoesNotExist:
        raise usage(f"There is no run {run_id}.") from None


def settings_of(said: dict[str, Any], began: ImportRun | None, *, may_differ: bool) -> dict[str, Any]:
    before = {name: began.options.get(name, default) for name, default in DEFAULTS.items()} if began else DEFAULTS
    now = {name: said[name] for name in DEFAULTS if said[name] is not None}
    if "map" in now:
        now["map"] = dict(now["map"])
    if not may_differ and (other := [name for name in now if now[name] != before[name]]):
        names = ", ".join(f"--{name.replace('_', '-')}" for name in other)
        raise usage(f"A run goes on as it was begun: leave out {names}.")
    return before | now


def options_of(settings: dict[str, Any]) -> Options:
    try:
        return asked.options_of(settings)
    except ValueError as error:
        raise usage(str(error)) from None


def terms_of(settings: dict[str, Any], said: dict[str, Any]) -> Terms:
    return asked.terms_of(settings, batch_rows=said["batch_size"], limit=said["limit"], max_errors=said["max_errors"])


def names_of(said: dict[str, Any], resumed: ImportRun | None) -> list[str]:
    if said["sources"] or resumed is None:
        return list(said["sources"])
    names, folder = resumed.options["sources"], resumed.options["folder"]
    if folder == storable(os.getcwd()):
        return list(names)
    return [name if _is_the_same_anywhere(name) else os.path.join(folder, name) for name in names]


def source_key_of(names: list[str]) -> str:
    """The same for the same files from whatever folder; two streams are never the same."""

    def key(name: str) -> str:
        if name == STANDARD_INPUT:
            return f"- {uuid4()}"
        return storable(name if is_address(name) else os.path.abspath(name))

    return runs.source_key("\0".join(map(key, names)))


def _is_the_same_anywhere(name: str) -> bool:
    return name == STANDARD_INPUT or is_address(name)
