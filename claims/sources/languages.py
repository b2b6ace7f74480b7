"""Language tags as sources write them."""

from __future__ import annotations

from functools import lru_cache

LANGUAGE_TAG_MAX_CHARS = 35


@lru_cache(maxsize=1024)
def language_tag(written: str) -> str:
    """A BCP 47 tag in its usual case (en, en-GB, zh-Hant-TW), or "" for nothing.

    Raises ValueError on what is none: "English" is not translated.
    """
    tag = written.strip().replace("_", "-")
    if not tag:
        return ""
    primary, *others = tag.split("-")
    well_formed = tag.isascii() and all(1 <= len(part) <= 8 and part.isalnum() for part in others)
    if not (well_formed and primary.isalpha() and 2 <= len(primary) <= 3 and len(tag) <= LANGUAGE_TAG_MAX_CHARS):
        raise ValueError(f"{written[:40]!r} is no language tag; write it like en or uk")
    return "-".join([primary.lower(), *(_subtag(part) for part in others)])


def _subtag(part: str) -> str:
    if len(part) == 2:
        return part.upper()
    return part.title() if len(part) == 4 and part.isalpha() else part.lower()
