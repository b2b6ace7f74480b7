"""Keeps a handful of programs running: passes on what they print, starts again what died, stops all of them in order."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Protocol, Self

from factcheck.embedded import ServiceError
from factcheck.process import kill_group, launch

FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 1, 30
STEADY_SECONDS = 60  # a program that lived this long died for a new reason
POLL_SECONDS = 0.2
STOP_SECONDS = 20  # for all programs together to finish what they have


class Watched(Protocol):
    name: str
    process: subprocess.Popen[bytes] | None

    def start(self) -> None: ...
    def stop(self, *, hurry: bool = False) -> None: ...


class Program:
    """A program of ours whose output is shown."""

    def __init__(self, name: str, command: Sequence[str | Path], *, cwd: Path, pass_fds: Sequence[int] = ()) -> None:
        self.name, self.command, self.cwd, self.pass_fds = name, command, cwd, pass_fds
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = launch(
            self.command,
            dies_by=signal.SIGKILL,
            cwd=self.cwd,
            env=os.environ | {"PYTHONUNBUFFERED": "1"},
            output=subprocess.PIPE,
            pass_fds=self.pass_fds,
        )

    def ask_to_stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)

    def stop(self, *, hurry: bool = False) -> None:
        if self.process is not None:
            kill_group(self.process)


@dataclass
class _Watch:
    one: Watched
    started_at: float
    wait_seconds: int = FIRST_WAIT_SECONDS
    due_at: float | None = None


class Supervisor:
    """Use as a context: inside it SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt, at its end everything is stopped.

    A second signal while things stop makes the rest hurry. Should this process be killed, the kernel ends its children.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self._watches: list[_Watch] = []
        self._outputs = selectors.DefaultSelector()
        self._is_stopping = self._in_hurry = False

    def __enter__(self) -> Self:
        signal.signal(signal.SIGINT, self._on_signal)
        signal.signal(signal.SIGTERM, self._on_signal)
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as `nohup` leaves it
            signal.signal(signal.SIGHUP, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def watch(self, one: Watched) -> None:
        """Start it and keep it running from now on. Raises ServiceError when this first start fails."""
        # Noted first: an interrupt in the middle of the start must find it.
        self._watches.append(_Watch(one, time.monotonic()))
        self._start(one)

    def run(self, until: Callable[[], bool] = lambda: False, *, timeout_seconds: float = float("inf")) -> bool:
        """Look after the programs until `until` holds or the time is over; whether it holds."""
        deadline = time.monotonic() + timeout_seconds
        while not (met := until()) and time.monotonic() < deadline:
            self._pass_on_output(timeout_seconds=POLL_SECONDS)
            for watch in self._watches:
                self._look_after(watch)
        return met

    def _start(self, one: Watched) -> None:
        one.start()
        if one.process is not None and one.process.stdout is not None:
            os.set_blocking(one.process.stdout.fileno(), False)
            self._outputs.register(one.process.stdout, selectors.EVENT_READ, _Lines(one.name))

    def _look_after(self, watch: _Watch) -> None:
        now, process = time.monotonic(), watch.one.process
        if watch.due_at is None:
            status = process.poll() if process is not None else None
            if process is None or status is None:
                return
            kill_group(process)
            if now - watch.started_at > STEADY_SECONDS:
                watch.wait_seconds = FIRST_WAIT_SECONDS
            self.say(f"{watch.one.name} {_ending(status)}. It starts again in {watch.wait_seconds} s.")
        elif now < watch.due_at:
            return
        else:
            try:
                self._start(watch.one)
                watch.started_at, watch.due_at = now, None
                return
            except ServiceError as error:
                self.say(f"{error}\n{watch.one.name} starts again in {watch.wait_seconds} s.")
        watch.due_at = now + watch.wait_seconds
        watch.wait_seconds = min(watch.wait_seconds * 2, LONGEST_WAIT_SECONDS)

    def _pass_on_output(self, *, timeout_seconds: float) -> None:
        for key, _ in self._outputs.select(timeout_seconds):
            chunk = os.read(key.fd, 65536)
            for line in key.data.feed(chunk):
                self.say(line)
            if not chunk:
                self._outputs.unregister(key.fileobj)
                key.fileobj.close()  # type: ignore[union-attr]

    def _stop(self) -> None:
        self._is_stopping = True
        programs = [watch.one for watch in self._watches if isinstance(watch.one, Program)]
        for program in programs:
            program.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS
        while any(program.process and program.process.poll() is None for program in programs):
            if self._in_hurry or time.monotonic() > deadline:
                break
            self._pass_on_output(timeout_seconds=0.1)
        for program in programs:
            program.stop()
        self._pass_on_output(timeout_seconds=0)
        # Services last, and the one that was started first at the very end.
        for watch in reversed(self._watches):
            if watch.one not in programs:
                watch.one.stop(hurry=self._in_hurry)
        self._outputs.close()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self._is_stopping:
            raise KeyboardInterrupt
        self._in_hurry = True


class _Lines:
    """Cuts a stream into lines that begin with the name of their program."""

    def __init__(self, name: str) -> None:
        self.name, self._rest = name, b""

    def feed(self, chunk: bytes) -> list[str]:
        """The lines completed by `chunk`; an empty chunk is the end and completes the last."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        if not chunk and self._rest:
            lines, self._rest = [self._rest], b""
        return [f"{self.name:<10} | {line.decode(errors='replace').rstrip()}" for line in lines]


def _ending(status: int) -> str:
    return f"was killed by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
