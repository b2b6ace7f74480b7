"""From a text to the claims worth checking. A new extractor is a module here and one line in the registry."""

from __future__ import annotations

from claims.extraction.base import Extractor
from claims.extraction.rules import Rules

EXTRACTORS: dict[str, Extractor] = {extractor.name: extractor for extractor in (Rules(),)}
DEFAULT = Rules.name


def get(name: str = DEFAULT) -> Extractor:
    """The extractor of that name. Raises KeyError when there is none."""
    return EXTRACTORS[name]
