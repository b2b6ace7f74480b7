"""What may be said to `import_articles`, and what of it cannot be meant."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, BooleanOptionalAction
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from claims.management.exits import usage
from claims.pipeline.bulk import BATCH_ROWS
from claims.pipeline.rows import OnDuplicate
from claims.sources import FORMATS
from claims.sources.base import FIELDS
from claims.sources.inputs import STANDARD_INPUT, is_address


def add_arguments(parser: ArgumentParser) -> None:
    add = parser.add_argument
    add("sources", nargs="*", metavar="SOURCE", help="file, folder, glob, http(s) address, or - for standard input")
    add("--format", choices=("auto", *FORMATS), help="default: by the name or the server's media type, else by the content; "
        "urls: lists of pages to be fetched, one address a line")  # fmt: skip
    add("--map", action="append", type=_mapping, metavar="THEIRS=OURS",
        help=f"which of their fields is which of ours ({', '.join(FIELDS)}); may be repeated")  # fmt: skip
    add("--outlet", type=_outlet, help="who printed the articles that do not say it")
    add("--language", help="of the articles that do not say it, like en or pt-BR")
    add(
        "--default-timezone",
        type=_timezone,
        metavar="ZONE",
        help="of dates without one, like Europe/Kyiv; default: UTC",
    )
    add("--on-duplicate", choices=[choice.value for choice in OnDuplicate],
        help="when an article that is here comes with another text; default: version")  # fmt: skip
    add("--dry-run", action="store_true", help="write nothing, say what would happen")
    add("--limit", type=at_least(1), metavar="N", help="stop after N rows")
    add("--batch-size", type=at_least(1), default=BATCH_ROWS, metavar="N",
        help="rows of one transaction; default: %(default)s")  # fmt: skip
    add("--extract", action=BooleanOptionalAction, help="queue what is new to be read for claims; the default")
    add("--wait", action="store_true", help="wait until it has been read")
    add("--resume", nargs="?", const="", metavar="RUN",
        help="go on where this run, or the last one of these sources, was interrupted")  # fmt: skip
    add("--retry-failed", type=_uuid, metavar="RUN", help="import the rows again that this run refused")
    add("--max-errors", type=at_least(0), metavar="N", help="stop after more than N bad rows")
    add("--atomic", action=BooleanOptionalAction,
        help="all or nothing; bad rows undo it, but for as many as --max-errors allows")  # fmt: skip
    add("--errors", type=Path, metavar="FILE", help="write bad rows to this JSONL file, to be repaired and imported")
    add("--json", action="store_true", help="print the result as JSON")
    add("--progress", choices=("auto", "always", "never"), default="auto",
        help="on standard error; auto: when it is a terminal")  # fmt: skip


def check(said: dict[str, Any]) -> None:
    """Raises CommandError where the arguments, each fine, make no sense together."""
    # `--resume a.jsonl` names a source, not a run.
    if said["resume"] and not _is_uuid(said["resume"]):
        said["sources"], said["resume"] = [said["resume"], *said["sources"]], ""
    if addresses := [name for name in said["sources"] if "://" in name and not is_address(name)]:
        raise usage(f"{addresses[0]}: only http and https addresses are fetched.")
    if said["sources"].count(STANDARD_INPUT) > 1:
        raise usage("Standard input can be read once.")
    if said["retry_failed"] and (said["sources"] or said["resume"] is not None):
        raise usage("--retry-failed takes its rows from the run: no sources and no --resume beside it.")
    if not said["sources"] and said["resume"] is None and not said["retry_failed"]:
        raise usage("Name a file, a folder, a glob, an http(s) address, or - for standard input.")
    if said["dry_run"] and (said["wait"] or said["resume"] is not None or said["errors"]):
        raise usage("--dry-run writes nothing: no --wait, --resume or --errors beside it.")
    if said["wait"] and said["extract"] is False:
        raise usage("--no-extract leaves nothing to --wait for.")


def check_writable(errors: Path | None) -> None:
    if errors is None:
        return
    try:
        errors.open("ab").close()
    except OSError as error:
        raise usage(f"--errors {errors}: {error.strerror}; name a file that can be written.") from None


def _mapping(value: str) -> tuple[str, str]:
    theirs, separator, ours = value.rpartition("=")
    if not separator or not theirs or ours not in FIELDS:
        raise ArgumentTypeError(f"{value!r} is not THEIRS=OURS with one of {', '.join(FIELDS)}")
    return theirs, ours


def _outlet(value: str) -> str:
    if not value.strip() or len(value) > 200:
        raise ArgumentTypeError("an outlet's name has 1 to 200 characters")
    return value.strip()


def _timezone(value: str) -> str:
    try:
        return ZoneInfo(value).key
    except (KeyError, ValueError, OSError):
        raise ArgumentTypeError(f"{value!r} is no time zone like Europe/Kyiv") from None


def at_least(least: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not value.isdecimal() or int(value) < least:
            raise ArgumentTypeError(f"{value!r} is no number from {least}")
        return int(value)

    return parse


def _uuid(value: str) -> UUID:
    if not _is_uuid(value):
        raise ArgumentTypeError(f"{value!r} is no run's id")
    return UUID(value)


def _is_uuid(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
