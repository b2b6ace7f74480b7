"""What carries the will of whoever acts: a token, a session, a job or a command. Set at the edge, read by the events."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_origin: ContextVar[str] = ContextVar("origin", default="")


@contextmanager
def acting_through(origin: str) -> Iterator[None]:
    """Within it, events name this origin: `token <id>`, `session`, `job <id>`, `command <name>`."""
    before = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(before)


def set_origin(origin: str) -> None:
    """For the rest of this request: the middleware clears it."""
    _origin.set(origin)


def current_origin() -> str:
    return _origin.get() or "system"
