"""What hostile requests cost a real web server: each refused within a second, and its memory grows by less than 100 MB.

Every hostile body is sent to every writing operation, one after the other, by somebody who may do everything; then HOSTILE_AT_ONCE
(8, as many as the server has threads) clients send the costliest at once. Memory is the peak of all its processes together.
"""

from __future__ import annotations

import gzip
import socket
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPResponse
from itertools import islice
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from factcheck.accounts.models import User
from tests.api import CSRF_TOKEN, signed_in
from tests.bench.goals import met, size
from tests.test_every_operation import RAW, everything, fill, own_key, writes
from tests.test_every_operation import world as make_world
from tests.web import Serving, serving

AT_ONCE = size("HOSTILE_AT_ONCE", 8, 8)
OPERATIONS = size("HOSTILE_OPERATIONS", 1_000, 3)
MOST_SECONDS = 1.0
MOST_GROWTH_MB = 100


JSON = {"Content-Type": "application/json"}
LARGE = b'{"text": "' + b"a" * 50_000_000 + b'"}'
HUGE = {
    "50 MB": (JSON, LARGE),
    "50 MB in chunks": (JSON | {"Transfer-Encoding": "chunked"}, b"%x\r\n%s\r\n0\r\n\r\n" % (len(LARGE), LARGE)),
    "50 MB of lists": (JSON, b"[" * 50_000_000),
    "a page of 250,000 tags": (JSON, b'{"html": "' + b"<br>" * 250_000 + b'"}'),
    "50 MB of a form": ({"Content-Type": "multipart/form-data; boundary=x"}, LARGE),
    "a bomb of 1 GB": (
        JSON | {"Content-Encoding": "gzip"},
        gzip.compress(bytes(1_000_000_000), compresslevel=1, mtime=0),
    ),
    "a query of 7 kB": (JSON, b"{"),
    "a query of 1 MB": (JSON, b"{"),
    "a header of 7 kB": (JSON | {"If-Match": '"' + "a," * 3_500}, b"{"),
    "a header of 1 MB": (JSON | {"If-Match": "a" * 1_000_000}, b"{"),
    "90 headers of 7 kB": (JSON | {f"X-{n}": "a" * 7_000 for n in range(90)}, b"{"),
    "1,000 headers": (JSON | {f"X-{n}": "a" for n in range(1_000)}, b"{"),
    "a cookie of 7 kB": (JSON | {"Cookie": "a=1;" * 1_700}, b"{"),
}
QUERIES = {"a query of 7 kB": "?" + "a=1&" * 1_750, "a query of 1 MB": "?a=" + "a" * 1_000_000}


class Answer(NamedTuple):
    status: int
    kind: str
    seconds: float


def send(address: str, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    """Reads while it still sends: whoever refuses a large body does not wait for its end."""
    host, port = urlsplit(address).netloc.split(":")
    length = {} if "Transfer-Encoding" in headers else {"Content-Length": str(len(body))}
    fields = {"Host": host, "Connection": "close"} | length | headers
    head = "".join([f"{method} {path} HTTP/1.1\r\n", *(f"{n}: {v}\r\n" for n, v in fields.items()), "\r\n"])
    started = time.monotonic()
    with socket.create_connection((host, int(port)), timeout=30) as connection:

        def write() -> None:
            with suppress(OSError):
                connection.sendall(head.encode() + body)

        writer = Thread(target=write)
        writer.start()
        try:
            response = HTTPResponse(connection)
            response.begin()
            answered = time.monotonic() - started
            kind, content = response.headers.get_content_type(), response.read()
            if kind == "application/problem+json":
                assert orjson.loads(content)["status"] == response.status
            return Answer(response.status, kind, answered)
        finally:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            writer.join()


class Memory:
    """Of a server: all its processes, in MB."""

    def __init__(self, web: Serving) -> None:
        group = web.process.pid  # each of ours leads a group of its own
        self.processes = [p for p in Path("/proc").glob("[0-9]*") if _group_of(p) == group]
        assert len(self.processes) > 2
        for process in self.processes:
            (process / "clear_refs").write_text("5")  # the peak begins anew
        self.before = self._sum("VmRSS:")

    def growth(self) -> tuple[float, float]:
        """At the peak, and what is left of it."""
        return self._sum("VmHWM:") - self.before, self._sum("VmRSS:") - self.before

    def _sum(self, what: str) -> float:
        lines = [line for p in self.processes for line in (p / "status").read_text().splitlines()]
        return sum(int(line.split()[1]) for line in lines if line.startswith(what)) / 1024


def _group_of(process: Path) -> int:
    with suppress(OSError):
        return int((process / "stat").read_text().rpartition(")")[2].split()[2])
    return 0


def everything_hostile(world: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, str], bytes]]:
    """A name, a method, an address, headers and a body: of every writing operation, each broken and each huge one."""
    for path, method, operation in islice(writes(), OPERATIONS):
        address = fill(path, key=own_key(path, world))
        what = [*((name, JSON, body) for name, body in RAW.items()), *((name, *rest) for name, rest in HUGE.items())]
        for name, headers, body in what:
            yield (
                f"{name} to {operation['operationId']}",
                method.upper(),
                address + QUERIES.get(name, ""),
                headers,
                body,
            )


def test_hostile_requests_are_refused_within_a_second_and_cost_little_memory(
    committed_database: str, broker: str, tmp_path: Path
) -> None:
    root = User.objects.create_superuser("root")
    client, world = signed_in(root), make_world.__wrapped__()
    session = {
        "Cookie": "; ".join(f"{name}={cookie.value}" for name, cookie in client.cookies.items()),
        "X-CSRFToken": CSRF_TOKEN,
        "If-Match": '"1"',
    }
    throttled = ("USER", "WRITES", "ANONYMOUS", "CORRECTIONS", "CORRECTIONS_OF_ALL")
    limits = {f"THROTTLE_{what}": "1000000/60" for what in throttled}
    before = everything()
    with serving(committed_database, broker, tmp_path / "web.log", **limits) as web:

        def ask(method: str, address: str, headers: dict[str, str], body: bytes) -> Answer:
            cookies = "; ".join(filter(None, (session["Cookie"], headers.get("Cookie", ""))))
            return send(web.address, method, address, session | headers | {"Cookie": cookies}, body)

        threads = ThreadPoolExecutor(AT_ONCE)
        # Each thread of each process has answered everything once: what that takes is not the price of hostility.
        harmless = [
            (method.upper(), fill(path, key=own_key(path, world)), JSON, b'{"unknown": 1}')
            for path, method, _ in writes()
        ]
        assert {answer.status for answer in threads.map(lambda request: ask(*request), harmless * 20)} == {422}
        memory = Memory(web)
        answers = {name: ask(*request) for name, *request in everything_hostile(world)}
        peak, left = memory.growth()
        slowest = sorted(answers.items(), key=lambda pair: -pair[1].seconds)
        print(f"\n{len(answers):,} hostile requests, one after the other: median {_median(answers):.1f} ms")
        for name, answer in slowest[:5]:
            print(f"  {name:60} {answer.status} {1000 * answer.seconds:7.1f} ms   (goal {1000 * MOST_SECONDS:.0f})")
        print(
            f"  memory of the server, MB: {memory.before:.0f}, {peak:+.0f} at the peak, {left:+.0f} left   (goal +{MOST_GROWTH_MB})"
        )

        costly = [request for name, *request in everything_hostile(world) if name.endswith(" to create_article")]
        together = list(threads.map(lambda request: ask(*request), costly * 10))
        peak, left = memory.growth()
        print(
            f"  after {len(together)} more, {AT_ONCE} at once: {peak:+.0f} at the peak, {left:+.0f} left   (goal +{MOST_GROWTH_MB})"
        )
        log = web.log.read_text()
    assert {(a.kind, 400 <= a.status < 500) for a in [*answers.values(), *together]} == {
        ("application/problem+json", True)
    }
    assert everything() == before
    assert "Traceback" not in log
    met(slowest[0][1].seconds < MOST_SECONDS, slowest[0])
    met(peak < MOST_GROWTH_MB, peak)


def _median(answers: dict[str, Answer]) -> float:
    return 1000 * statistics.median(answer.seconds for answer in answers.values())
