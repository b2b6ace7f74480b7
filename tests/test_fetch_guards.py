"""Every way to have something fetched is guarded: what a list, a row, a page or a name server says leads no import to where we do not go.

`test_fetch.py` shows it of the fetcher; here the same payloads go in where people put addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

import pytest

from claims import pipeline
from claims.models import Article, ImportRun
from factcheck import fetch, jobs
from factcheck.fetch import politely
from factcheck.models import Job
from tests import make
from tests.api import api, assert_problem
from tests.importing import import_articles
from tests.internet import PUBLIC, Internet, read_head, response
from tests.pages import HTML, PAGE
from tests.test_fetch import (
    ABSOLUTE,
    BOMB_BODY,
    BOMB_HEAD,
    CHUNKED,
    FORBIDDEN,
    INSIDE,
    MALFORMED,
    OK,
    dripping,
    endless,
    redirect_raw,
)

pytestmark = pytest.mark.django_db

PAGE_OK = OK + HTML.encode() + b"\r\n"
WITHOUT_MEASURE = [
    response(b"", HTML, length=10**12),
    endless(PAGE_OK + b"\r\n", b"a" * 10_000),
    endless(CHUNKED + HTML.encode() + b"\r\n\r\n", b"400\r\n" + b"a" * 1024 + b"\r\n"),
    endless(OK + b"X: ", b"y" * 10_000),
    response(BOMB_HEAD + BOMB_BODY, HTML, "Content-Encoding: gzip"),
]
WITHOUT_END = [dripping(b"", b""), dripping(OK + b"X: "), dripping(PAGE_OK + b"\r\n")]
REFUSED = {"fetch_bad_url", "fetch_refused"}


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(politely, "PAUSE_SECONDS", 0.0)


def names(internet: Internet) -> list[str]:
    """An address for each of `INSIDE`, with a name that leads there."""
    for number, addresses in enumerate(INSIDE):
        internet.names[f"inside{number}.example"] = [addresses]
    return [f"http://inside{number}.example/" for number in range(len(INSIDE))]


def redirects(internet: Internet) -> list[str]:
    """An address for each payload, which redirects there; a connection to the payload itself would be noted."""
    targets = [*ABSOLUTE, *names(internet)]

    def script(connection):
        path = read_head(connection).split()[1].decode()
        number = path.removeprefix("/to/")
        # A header that a line break has broken may lead to another page of the same site.
        answer = redirect_raw(targets[int(number)]) if number != path else response(b"", status="404 Not Found")
        connection.sendall(answer)

    internet.serve(PUBLIC, 80, script)
    return [f"http://news.example/to/{number}" for number in range(len(targets))]


def only_the_public_one_was_asked(internet: Internet) -> bool:
    return {*internet.connections} == {(PUBLIC, 80)}


# Over the API


@pytest.fixture
def post():
    client = api(make.user("ada", "importer"))
    return lambda url: client.post("/articles", json.dumps({"url": url}))


def fetched(post, urls: Iterable[str]) -> Iterator[Job]:
    """The job of each address, after a worker has looked once."""
    for url in urls:
        answer = post(url)
        assert answer.status_code == 202, (url, answer.content)
        assert jobs.work("tests")
        job = Job.objects.get(pk=answer.json()["id"])
        yield job
        job.delete()


def test_the_api_queues_nothing_for_an_address_that_says_where_it_leads(internet, post):
    for url in MALFORMED + FORBIDDEN:
        refused = post(url)
        assert_problem(refused, 422, "unstorable_text" if "\0" in url or "\ud83d" in url else "invalid_input")
    assert (Job.objects.count(), ImportRun.objects.count(), internet.asked, internet.connections) == (0, 0, [], [])


def test_no_name_leads_a_worker_inside(internet, post):
    ends = {(job.state, job.error["code"], job.attempts) for job in fetched(post, names(internet))}
    assert (ends, internet.connections) == ({("failed", "fetch_refused", 1)}, [])


def test_no_redirect_leads_a_worker_anywhere_else(internet):
    codes = []
    for url in redirects(internet):
        # A worker's part without its log, which takes ten times as long.
        with pytest.raises(fetch.FetchProblem) as refused:
            pipeline.fetch_article(pipeline.request_article(url, {}, started_by=None))
        codes.append(refused.value.code)
    assert {code for code in codes if code != "fetch_failed"} == REFUSED
    assert codes.count("fetch_failed") == sum("\r\n" in url for url in ABSOLUTE)
    assert only_the_public_one_was_asked(internet)
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("scripts", "code", "limit"),
    [(WITHOUT_MEASURE, "fetch_too_large", ("max_bytes", 200_000)), (WITHOUT_END, "fetch_timed_out", ("timeout_seconds", 0.15))],
)  # fmt: skip
def test_no_answer_holds_a_worker_or_an_import_for_ever(internet, post, tmp_path, monkeypatch, scripts, code, limit):
    monkeypatch.setitem(fetch.fetch.__kwdefaults__, *limit)
    for number, script in enumerate(scripts):
        internet.names[f"site{number}.example"] = [[address := f"93.184.216.{number + 1}"]]
        internet.serve(address, 80, script)
    urls = [f"http://site{number}.example/" for number in range(len(scripts))]

    assert [job.error["code"] for job in fetched(post, urls)] == [code] * len(urls)

    (tmp_path / "list").write_text("\n".join(urls))
    done = import_articles(tmp_path / "list", "--format", "urls", "--json")
    assert [row["code"] for row in done.result["bad_rows"]] == [code] * len(urls)
    assert not Article.objects.exists()


# From the command line


def bad_codes(done) -> list[str]:
    assert done.result["created"] == 0, done.output
    assert done.result["rows"] == done.result["failed"]
    # The result names the first hundred.
    return [line.split()[2] for line in done.errors.splitlines() if line.startswith("/") and "/list" in line]


def a_list(path, urls: list[str], *, with_errors: bool = False):
    """As a list; or as the file of --errors, in which an address may hold what a line cannot."""
    if with_errors:
        lines = [json.dumps({"_bad_row": {"fetch": True}, "url": url}) for url in urls]
        (path / "list.jsonl").write_text("\n".join(lines))
        return (path / "list.jsonl", "--json")
    (path / "list").write_text("\n".join(urls))
    return (path / "list", "--format", "urls", "--json")


def test_the_command_asks_nobody_for_an_address_that_says_where_it_leads(internet, tmp_path):
    payloads = [url for url in MALFORMED + FORBIDDEN if "\ud83d" not in url]
    done = import_articles(*a_list(tmp_path, payloads, with_errors=True))
    codes = bad_codes(done)
    assert (len(codes), {*codes}) == (len(payloads), REFUSED)

    plain = [url for url in payloads if url and url.isprintable()]
    codes = bad_codes(import_articles(*a_list(tmp_path, plain)))
    assert (len(codes), {*codes}) == (len(plain), REFUSED)

    sources = [url for url in plain if url.startswith("http") and "://" in url]
    done = import_articles(*sources, "--json")
    assert (done.code, done.result["created"], done.result["failed"]) == (4, 0, len(sources))
    assert (internet.asked, internet.connections) == ([], [])


def test_no_name_leads_the_command_inside(internet, tmp_path):
    urls = names(internet)
    assert bad_codes(import_articles(*a_list(tmp_path, urls))) == ["fetch_refused"] * len(urls)
    done = import_articles(*urls, "--json")
    assert (done.code, done.result["failed"], internet.connections) == (4, len(urls), [])
    assert not any(address in done.errors for addresses in INSIDE for address in addresses if len(address) > 4)


def test_no_redirect_leads_the_command_anywhere_else(internet, tmp_path):
    urls = redirects(internet)
    codes = bad_codes(import_articles(*a_list(tmp_path, urls)))
    assert (len(codes), {*codes}) == (len(urls), REFUSED | {"fetch_failed"})
    done = import_articles(*urls, "--json")
    assert (done.code, done.result["created"], done.result["failed"]) == (4, 0, len(urls))
    assert only_the_public_one_was_asked(internet)


def test_a_name_that_answers_differently_the_second_time_leads_the_command_nowhere(internet, tmp_path):
    internet.names["news.example"] = [[PUBLIC], ["127.0.0.1"]]
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    internet.serve("127.0.0.1", 80, response(PAGE, HTML))
    done = import_articles(*a_list(tmp_path, ["http://news.example/1", "http://news.example/2"]))
    assert (done.result["created"], done.result["failed"]) == (1, 1)
    assert internet.connections == [(PUBLIC, 80)]
