"""Many addresses, one after the other, without being a nuisance to anybody's server."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future
from urllib.parse import urlsplit

from factcheck import fetch
from factcheck.fetch.problems import FetchFailed

MAX_AT_ONCE = 4  # hosts; of each host, one page at a time
PAUSE_SECONDS = 1.0  # as long as somebody who clicks through a site
# A server that asks for more than this is left alone for the rest of the import.
PATIENCE_SECONDS = 60.0
ATTEMPTS = 3


class _Host:
    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.free_at = 0.0


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

    def begin(self, url: str, *, accept: tuple[str, ...] = ()) -> Future[fetch.Fetched]:
        """`fetch` in a thread of its own, which no end of the process waits for."""
        future: Future[fetch.Fetched] = Future()

        def work() -> None:
            try:
                future.set_result(self.fetch(url, accept=accept))
            except BaseException as error:
                future.set_exception(error)

        threading.Thread(target=work, name="fetch", daemon=True).start()
        return future

    def fetch(self, url: str, *, accept: tuple[str, ...] = ()) -> fetch.Fetched:
        """`factcheck.fetch.fetch`, when it is this host's turn. Raises what it raises."""
        asked = _name(fetch.check(url))
        with self._hosts[asked].turn:
            for attempt in range(1, ATTEMPTS + 1):
                self._await_turn(asked, url)
                try:
                    with self._few:
                        found = fetch.fetch(url, accept=accept)
                except fetch.FetchProblem as problem:
                    seconds = problem.retry_after_seconds if isinstance(problem, FetchFailed) else None
                    self._leave_alone(seconds or 0.0, asked, _name(problem.extra["url"]))
                    if seconds is None or seconds > PATIENCE_SECONDS or attempt == ATTEMPTS:
                        raise
                else:
                    self._leave_alone(0.0, asked, _name(found.url_final))
                    return found
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
