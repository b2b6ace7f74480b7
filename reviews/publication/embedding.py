"""JSON-LD inside a page: nothing of a claim ends the element that holds it. Plain values."""

from __future__ import annotations

from typing import Any

import orjson

# What HTML could read as an end, a comment or a reference, and the line ends that old scripts know. JSON knows the same by number.
_SPELLED = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def script(review: dict[str, Any]) -> str:
    """The element that a page embeds."""
    return f'<script type="application/ld+json">{orjson.dumps(review).decode().translate(_SPELLED)}</script>'
