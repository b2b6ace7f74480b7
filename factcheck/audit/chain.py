"""What an event's hash is. Plain values: a stranger can recompute a chain from its export and this page."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson

# The hash before the first event of a subject and before the first checkpoint.
GENESIS = "0" * 64


def digest(value: Any) -> str:
    """SHA-256 (hex) of a JSON value in one spelling: members sorted, no white space, UTF-8."""
    return hashlib.sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def event_hash(previous_hash: str, content: Mapping[str, Any]) -> str:
    """The hash of an event: over its content and the hash of the event before it of the same subject."""
    return digest([previous_hash, content])


def checkpoint_hash(previous_hash: str, at: str, heads: list[list[Any]]) -> str:
    """The hash of a checkpoint: over the one before it, its time and the heads `[subject type, subject id, number, hash]` it saw."""
    return digest([previous_hash, at, heads])
