"""Many addresses, one after the other, without being a nuisance to anybody's server."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple
from urllib.parse import urlsplit

from factcheck import fetch
from factcheck.fetch import Fetched
from factcheck.fetch.problems import FetchFailed

MAX_AT_ONCE = 4  # hosts; of each host, one page at a time
PAUSE_SECONDS = 1.0  # as long as somebody who clicks through a site
# A server that asks for more than this is left alone for the rest of the import.
PATIENCE_SECONDS = 60.0
ATTEMPTS = 3


class _Host:
    """A queue: whoever came first is served first, which a lock does not promise."""

    def __init__(self) -> None:
        self.free_at = 0.0
        self._queueing = threading.Lock()
        self._last = threading.Event()
        self._last.set()

    def queue_up(self) -> tuple[threading.Event, threading.Event]:
        """What to wait for, and what to set once the next one may come."""
        with self._queueing:
            before, self._last = self._last, threading.Event()
            return before, self._last


class _Turn(NamedTuple):
    host: str
    before: threading.Event
    done: threading.Event


class Courtesy:
    """Fetches for one import. A host is asked for one page at a time, and again only `pause_seconds` after it answered.

    `Retry-After` is obeyed: waited for up to `PATIENCE_SECONDS`, and a host that asks for more is not asked again.
    A redirect counts for the host that sent us on and for the one that answered.
    """

    def __init__(
        self,
        pause_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        self._pause_seconds = PAUSE_SECONDS if pause_seconds is None else pause_seconds
        self._closed = threading.Event()
        self._clock, self._wait = clock, wait or self._closed.wait
        self._few = threading.BoundedSemaphore(MAX_AT_ONCE)
        self._hosts: defaultdict[str, _Host] = defaultdict(_Host)

    def begin(self, url: str, *, accept: tuple[str, ...] = ()) -> Future[Fetched]:
        """`fetch` in a thread of its own, which no end of the process waits for. Pages of one host come in the order of these calls."""
        future: Future[Fetched] = Future()
        try:
            turn = self._queue_up(url)
        except fetch.FetchProblem as problem:
            future.set_exception(problem)
            return future

        def work() -> None:
            try:
                future.set_result(self._fetch(url, accept, turn))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=work, name="fetch", daemon=True).start()
        return future

    def fetch(self, url: str, *, accept: tuple[str, ...] = ()) -> Fetched:
        """`factcheck.fetch.fetch`, when it is this host's turn. Raises what it raises."""
        return self._fetch(url, accept, self._queue_up(url))

    def _queue_up(self, url: str) -> _Turn:
        host = _name(fetch.check(url))
        return _Turn(host, *self._hosts[host].queue_up())

    def _fetch(self, url: str, accept: tuple[str, ...], turn: _Turn) -> Fetched:
        turn.before.wait()
        try:
            for attempt in range(1, ATTEMPTS + 1):
                self._await_turn(turn.host, url)
                try:
                    with self._few:
                        found = fetch.fetch(url, accept=accept)
                except fetch.FetchProblem as problem:
                    seconds = problem.retry_after_seconds if isinstance(problem, FetchFailed) else None
                    self._leave_alone(seconds or 0.0, turn.host, _name(problem.extra["url"]))
                    if seconds is None or seconds > PATIENCE_SECONDS or attempt == ATTEMPTS:
                        raise
                else:
                    self._leave_alone(0.0, turn.host, _name(found.url_final))
                    return found
        finally:
            turn.done.set()
        raise AssertionError

    def close(self) -> None:
        """Nobody is asked any more; what waits for its turn fails."""
        self._closed.set()

    def _await_turn(self, name: str, url: str) -> None:
        seconds = self._hosts[name].free_at - self._clock()
        if seconds > PATIENCE_SECONDS:
            raise FetchFailed(url, f"its server asked to be left alone for another {seconds:,.0f} s")
        if (seconds > 0 and self._wait(seconds)) or self._closed.is_set():
            raise FetchFailed(url, "it is not asked for any more")

    def _leave_alone(self, seconds: float, *names: str) -> None:
        for name in names:
            host = self._hosts[name]
            host.free_at = max(host.free_at, self._clock() + max(seconds, self._pause_seconds))


def _name(url: str) -> str:
    return urlsplit(url).hostname or ""
