"""One object as its serializer shows it. To make the serializer, with its fields and with those of all that stands in it, takes longer than
to show the object: each thread makes one of each kind.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any


class _Kept(threading.local):
    def __init__(self) -> None:
        self.serializers: dict[type[Any], Any] = {}


_kept = _Kept()


def shown(kind: type[Any], row: Any, context: Mapping[str, Any]) -> Any:
    """What `kind(row, context=context).data` would be, for serializers whose fields do not depend on the context."""
    serializer = _kept.serializers.get(kind) or _kept.serializers.setdefault(kind, kind())
    serializer._context = context
    try:
        return serializer.to_representation(row)
    finally:
        serializer._context = {}
