"""What was asked of an import, as its run keeps it, and as reading and landing take it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from claims.pipeline.bulk import Terms
from claims.pipeline.rows import OnDuplicate
from claims.sources.base import Options

DEFAULTS: dict[str, Any] = {
    "format": "auto",
    "map": {},
    "outlet": "",
    "language": "",
    "default_timezone": "UTC",
    "on_duplicate": OnDuplicate.VERSION.value,
    "extract": True,
    "atomic": False,
}


def options_of(settings: Mapping[str, Any]) -> Options:
    """`settings` as `DEFAULTS` has them. Raises ValueError, see `Options`."""
    return Options(
        format=settings["format"],
        mapping=settings["map"],
        outlet=settings["outlet"],
        language=settings["language"],
        default_timezone=ZoneInfo(settings["default_timezone"]),
    )


def terms_of(settings: Mapping[str, Any], **limits: Any) -> Terms:
    return Terms(
        on_duplicate=OnDuplicate(settings["on_duplicate"]),
        extract=settings["extract"],
        all_or_nothing=settings["atomic"],
        **limits,
    )


def mapping_of(words: str) -> dict[str, str]:
    """`theirs=ours`, one a line. Raises ValueError."""
    found = {}
    for line in filter(None, map(str.strip, words.splitlines())):
        theirs, separator, ours = (part.strip() for part in line.rpartition("="))
        if not (separator and theirs):
            raise ValueError(f"{line!r} is not THEIRS=OURS.")
        found[theirs] = ours
    return found
