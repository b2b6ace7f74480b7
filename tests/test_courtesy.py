"""Somebody else's server notices us no more than a reader: one page at a time, with pauses, and not when it asks for peace."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from factcheck.fetch import FetchFailed, FetchRefused, fetch
from factcheck.fetch.politely import MAX_AT_ONCE, Courtesy
from tests.internet import PUBLIC, read_head, response
from tests.pages import Site

URL = "http://news.example/a"
OK = response(b"here")


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0
        self.waits: list[float] = []

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return False


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def courtesy(clock) -> Courtesy:
    return Courtesy(1.0, clock, clock.wait)


def busy(*headers: str, status: str = "429 Too Many Requests") -> bytes:
    return response(b"", *headers, status=status)


def test_a_host_is_asked_again_a_second_after_it_answered(internet, clock, courtesy):
    internet.names["other.example"] = [["93.184.215.15"]]
    internet.serve(PUBLIC, 80, Site({"/a": OK}))
    internet.serve("93.184.215.15", 80, OK)

    assert courtesy.fetch(URL).body == b"here"
    courtesy.fetch("http://other.example/")
    assert clock.waits == []
    with pytest.raises(FetchFailed):
        courtesy.fetch("http://news.example/missing")
    clock.now += 0.25
    courtesy.fetch(URL)
    assert clock.waits == [1.0, 0.75]


def test_a_host_is_asked_for_one_page_at_a_time_and_several_hosts_at_once(internet):
    under_way: list[str] = []
    most: list[int] = []
    all_are_here = threading.Barrier(MAX_AT_ONCE, timeout=20)

    def script(connection):
        host = read_head(connection).partition(b"Host: ")[2].split()[0].decode()
        under_way.append(host)
        most.append(under_way.count(host))
        all_are_here.wait()
        under_way.remove(host)
        connection.sendall(OK)

    hosts = [f"paper{n}.example" for n in range(MAX_AT_ONCE)]
    for host in hosts:
        internet.names[host] = [[PUBLIC]]
    internet.serve(PUBLIC, 80, script)
    courtesy = Courtesy(0.0)

    pages = [courtesy.begin(f"http://{host}/{n}") for n in range(3) for host in hosts]

    assert [page.result(20).body for page in pages] == [b"here"] * len(pages)
    assert set(most) == {1}


def test_pages_of_one_host_are_asked_for_in_the_order_of_the_list(internet, monkeypatch):
    paths = [f"/{n}" for n in range(8)]
    site = Site(dict.fromkeys(paths, OK))
    internet.serve(PUBLIC, 80, site)
    courtesy = Courtesy(0.0)
    held: list[threading.Thread] = []
    start = threading.Thread.start
    monkeypatch.setattr(
        threading.Thread, "start", lambda thread: held.append(thread) if thread.name == "fetch" else start(thread)
    )

    pages = [courtesy.begin(f"http://news.example{path}") for path in paths]
    for thread in reversed(held):
        start(thread)

    assert [page.result(20).body for page in pages] == [b"here"] * len(pages)
    assert site.asked == paths


def test_a_server_that_asks_for_patience_gets_it_and_is_asked_again(internet, clock, courtesy):
    site = Site({"/a": busy("Retry-After: 7", status="503 Busy")})
    internet.serve(PUBLIC, 80, site)
    wait = clock.wait

    def recovered(seconds):
        site.answers["/a"] = OK
        return wait(seconds)

    courtesy._wait = recovered
    assert courtesy.fetch(URL).body == b"here"
    assert (clock.waits, site.asked) == ([7.0], ["/a", "/a"])


def test_a_server_that_keeps_asking_is_given_up_after_three_times(internet, clock, courtesy):
    site = Site({"/a": busy("Retry-After: 7")})
    internet.serve(PUBLIC, 80, site)

    with pytest.raises(FetchFailed, match="status 429"):
        courtesy.fetch(URL)
    assert (clock.waits, len(site.asked)) == ([7.0, 7.0], 3)


def test_a_server_that_wants_an_hour_is_not_asked_for_its_other_pages_either(internet, clock, courtesy):
    site = Site({"/a": busy("Retry-After: 3600"), "/b": OK})
    internet.serve(PUBLIC, 80, site)

    with pytest.raises(FetchFailed, match="status 429"):
        courtesy.fetch(URL)
    with pytest.raises(FetchFailed, match=r"/b: its server asked to be left alone for another 3,600 s"):
        courtesy.fetch("http://news.example/b")
    assert (clock.waits, site.asked) == ([], ["/a"])


def test_a_failure_without_a_request_for_patience_is_not_tried_again(internet, clock, courtesy):
    site = Site({"/a": busy(), "/b": busy("Retry-After: 7", status="500 Broken")})
    internet.serve(PUBLIC, 80, site)

    for path in "ab":
        with pytest.raises(FetchFailed):
            courtesy.fetch(f"http://news.example/{path}")
    assert site.asked == ["/a", "/b"]


@pytest.mark.parametrize(
    ("written", "least", "most"),
    [
        ("0", 0, 0),
        ("120", 120, 120),
        ("9" * 4000, 1e8, 1e9),
        pytest.param(format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True), 3000, 3600, id="in an hour"),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_patience_is_asked_for_in_seconds_or_until_a_date(internet, written, least, most):
    internet.serve(PUBLIC, 80, busy(f"Retry-After: {written}"))
    with pytest.raises(FetchFailed) as failed:
        fetch(URL)
    assert least <= failed.value.retry_after_seconds <= most


@pytest.mark.parametrize("written", ["", "soon", "-5", "1.5", "٣", "Wed, 99 Oct 2015 07:28:00 GMT"])
def test_what_says_no_time_asks_for_none(internet, written):
    internet.serve(
        PUBLIC, 80, response(b"", status="429 No").replace(b"\r\n\r\n", f"\r\nRetry-After: {written}\r\n\r\n".encode())
    )
    with pytest.raises(FetchFailed) as failed:
        fetch(URL)
    assert failed.value.retry_after_seconds is None


def test_nobody_is_asked_after_the_end_and_forbidden_addresses_wait_for_no_turn(internet, clock, courtesy):
    site = internet.serve(PUBLIC, 80, OK)
    with pytest.raises(FetchRefused):
        courtesy.fetch("http://127.0.0.1/")
    courtesy.close()
    with pytest.raises(FetchFailed, match="not asked for any more"):
        courtesy.fetch(URL)
    assert (site.requests, clock.waits) == ([], [])
