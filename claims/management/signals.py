"""What interrupts a command."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn


@dataclass(slots=True)
class Interruption:
    """`signal` is the first one that came, Ctrl-C's when none was seen."""

    signal: int = 0

    @property
    def exit_code(self) -> int:
        return 128 + (self.signal or signal.SIGINT)


@contextmanager
def terminable() -> Iterator[Interruption]:
    """SIGTERM interrupts like Ctrl-C."""
    interruption = Interruption()

    def interrupt(number: int, frame: FrameType | None) -> NoReturn:
        interruption.signal = interruption.signal or number
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield interruption
        return
    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield interruption
    finally:
        signal.signal(signal.SIGTERM, before)
