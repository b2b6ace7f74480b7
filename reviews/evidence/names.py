"""File names from elsewhere, as they may be shown and saved. Plain values."""

from __future__ import annotations

import unicodedata

from reviews.evidence.media_types import EXTENSIONS, UNKNOWN

MAX_NAME_BYTES = 180  # in UTF-8: file systems take 255, and browsers add something to a name that is taken


def clean_name(name: str, media_type: str) -> str:
    """The last part of a path, without what nobody sees or what turns the reading direction, ending as files of its type do."""
    last = name.replace("\\", "/").rstrip("/").rpartition("/")[2]
    seen = "".join(" " if c.isspace() else c for c in last if c.isspace() or unicodedata.category(c)[0] != "C")
    seen = " ".join(unicodedata.normalize("NFC", seen).split()).strip(". ")
    endings = EXTENSIONS.get(media_type, EXTENSIONS[UNKNOWN])
    ending = next((seen[-len(ending) :] for ending in endings if seen.lower().endswith(ending)), "")
    stem = seen.removesuffix(ending).encode()[:MAX_NAME_BYTES].decode(errors="ignore").rstrip(". ")
    return f"{stem or 'evidence'}{ending or endings[0]}"
