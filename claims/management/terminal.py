"""What a long command shows while it works: one line on a terminal that keeps changing, now and then a line elsewhere."""

from __future__ import annotations

import time
from typing import TextIO

_CLEAR = "\r\x1b[K"


class ProgressLine:
    """Progress on `stream`. `when` is auto (on a terminal only), always or never."""

    def __init__(self, stream: TextIO, when: str) -> None:
        self._stream = stream
        self._is_terminal = stream.isatty()
        self._is_shown = when == "always" or (when == "auto" and self._is_terminal)
        self._every_seconds = 0.1 if self._is_terminal else 2.0
        self._next = 0.0
        self._is_open = False

    def show(self, text: str) -> None:
        now = time.monotonic()
        if not self._is_shown or now < self._next:
            return
        self._next = now + self._every_seconds
        if self._is_terminal:
            self._stream.write(f"{_CLEAR}{text}")
            self._is_open = True
        else:
            self._stream.write(f"{text}\n")
        self._stream.flush()

    def say(self, text: str) -> None:
        """A line that stays, above the changing one."""
        self.clear()
        self._stream.write(f"{text}\n")
        self._stream.flush()

    def clear(self) -> None:
        if self._is_open:
            self._stream.write(_CLEAR)
            self._is_open = False
