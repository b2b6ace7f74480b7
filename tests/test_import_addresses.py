"""Articles by their addresses from the command line: named one by one, or in a list."""

from __future__ import annotations

import gzip
import io
import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from claims.models import Article, ArticleVersion, FailedRow, ImportRun
from claims.pipeline import bulk, page_feed
from factcheck.audit import events
from factcheck.fetch import politely
from factcheck.models import Job
from tests.importing import import_articles, last_run, rows
from tests.internet import PUBLIC, redirect, response
from tests.pages import HTML, PAGE, SAID, Site, page, story

pytestmark = pytest.mark.django_db

URL = "http://news.example/prices?utm_source=x"


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch):
    monkeypatch.setattr(politely, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def site(internet) -> Site:
    """Five stories at news.example, /1 to /5."""
    site = Site({f"/{n}": story(n) for n in range(1, 6)})
    internet.serve(PUBLIC, 80, site)
    return site


def addresses(path: Path, *lines: object) -> Path:
    path.write_text(
        "".join(f"http://news.example/{line}\n" if isinstance(line, int) else f"{line}\n" for line in lines)
    )
    return path


def known_as() -> list[str]:
    return sorted(Article.objects.values_list("canonical_url", flat=True))


def bad_rows(done) -> list[tuple[Any, ...]]:
    return [(row["source"], row["line"], row["field"], row["code"]) for row in done.result["bad_rows"]]


# One address


def test_an_address_is_fetched_and_known_by_where_it_led_with_what_its_page_says(internet):
    internet.names["short.example"] = [["93.184.215.15"]]
    internet.serve("93.184.215.15", 80, redirect(URL))
    head = (
        '<meta property="og:site_name" content="Example Wire"><meta name="author" content="Gwen Penn">'
        '<meta property="article:published_time" content="2025-07-02T09:00:00Z">'
    )
    server = internet.serve(PUBLIC, 80, response(page(*SAID, head=head), HTML))

    done = import_articles("http://short.example/x", "--json")

    assert (done.code, done.result["created"]) == (0, 1)
    article = Article.objects.get()
    assert (article.canonical_url, article.title, article.byline, article.outlet.name, article.language) == (
        "http://news.example/prices", "Prices up", "Gwen Penn", "Example Wire", "en",
    )  # fmt: skip
    assert article.published_at.isoformat() == "2025-07-02T09:00:00+00:00"
    version = article.versions.get()
    run = last_run()
    assert (version.text, run.source, run.state) == ("\n\n".join(SAID), "http://short.example/x", "done")
    assert run.created_at <= version.fetched_at <= run.finished_at
    assert Job.objects.get().kind == "extract"
    assert b"\r\nUser-Agent: factcheck " in server.requests[0]


def test_what_a_page_leaves_open_is_filled_from_the_options(internet):
    internet.serve(PUBLIC, 80, response(page(*SAID).replace(b" lang=en", b""), HTML))
    assert import_articles(URL, "--outlet", "De Krant", "--language", "nl").code == 0
    article = Article.objects.get()
    assert (article.outlet.name, article.language) == ("De Krant", "nl")


ROWS = [row | {"url": f"/{n}"} for n, row in enumerate(rows(2), 1)]
JSONL = b"".join(orjson.dumps(row) + b"\n" for row in ROWS)
TABLE = b"url,text\n/1,Prices rose.\n/2,Prices fell.\n"
BOTH = ["http://news.example/1", "http://news.example/2"]


@pytest.mark.parametrize(
    ("path", "media_type", "body", "found"),
    [
        ("/feed", "application/x-ndjson", JSONL, BOTH),
        ("/feed", "application/jsonl; charset=utf-8", JSONL, BOTH),
        ("/feed.jsonl", "text/plain", JSONL, BOTH),
        ("/feed.jsonl?v=2", "application/octet-stream", JSONL, BOTH),
        ("/feed.jsonl.gz", "application/gzip", gzip.compress(JSONL, mtime=0), BOTH),
        ("/feed", "text/plain", JSONL, BOTH),
        ("/feed", "application/json", orjson.dumps(ROWS), BOTH),
        ("/feed", "text/csv", TABLE, BOTH),
        ("/feed.csv", "text/plain", TABLE, BOTH),
        ("/story.txt", "text/plain", b"Prices rose.\n\nBy a lot.", ["http://news.example/story.txt"]),
        ("/story", "text/markdown", b"---\nurl: http://theirs.example/x\n---\n# Prices\n\nUp.", ["http://news.example/story"]),
    ],
)  # fmt: skip
def test_what_is_no_page_is_read_as_what_its_media_type_or_its_name_says(internet, path, media_type, body, found):
    internet.serve(PUBLIC, 80, response(body, f"Content-Type: {media_type}"))
    done = import_articles(f"http://news.example{path}")
    assert (done.code, known_as()) == (0, found), done.errors


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (response(b"%PDF-1.7", "Content-Type: application/pdf"), "answered with application/pdf"),
        (response(b"\x00\x01", "Content-Type: application/octet-stream"), "its name tells no format; say --format"),
        (response(b"", status="404 Not Found"), "answered with status 404"),
        (redirect("http://127.0.0.1/"), "http://127.0.0.1/: the address is not public"),
        (response(b"", HTML, length=10**10), "larger than 10,485,760 bytes"),
        (
            response(gzip.compress(b"a" * 11_000_000, mtime=0), "Content-Type: application/gzip"),
            "larger than 10,485,760 bytes",
        ),
        (response(gzip.compress(b"a" * 999, mtime=0)[:-9], "Content-Type: application/gzip"), "ended before"),
        (response(b"name,age\nAda,7\n", "Content-Type: text/csv"), "no column holds the text"),
    ],
)
def test_an_address_with_nothing_to_read_is_unreadable_like_a_file_and_stops_none_of_the_others(
    internet, tmp_path, answer, said
):
    internet.serve(PUBLIC, 80, Site({"/x": answer}))
    (tmp_path / "a.txt").write_text("Prices rose.")

    done = import_articles("http://news.example/x", tmp_path / "a.txt", "--json")

    assert (done.code, done.result["created"], done.result["failed"]) == (4, 1, 1)
    assert bad_rows(done) == [("http://news.example/x", None, "", "unreadable")]
    assert f"http://news.example/x - unreadable {said}" in done.errors or said in done.errors


def test_a_page_without_an_article_is_a_bad_row_that_can_be_tried_again(internet, tmp_path):
    site = Site({"/x": response(b"<html><body></body></html>", HTML)})
    internet.serve(PUBLIC, 80, site)
    done = import_articles("http://news.example/x", "--errors", tmp_path / "bad.jsonl", "--json")
    assert (done.code, bad_rows(done)) == (3, [("http://news.example/x", None, "text", "empty_text")])
    run = last_run()

    site.answers["/x"] = response(PAGE, HTML)
    assert import_articles("--retry-failed", run.pk, "--json").result["created"] == 1
    assert import_articles(tmp_path / "bad.jsonl", "--json").result["unchanged"] == 1


def test_what_is_said_of_the_format_wins_over_the_server(internet):
    internet.serve(PUBLIC, 80, response(PAGE, "Content-Type: application/octet-stream"))
    assert import_articles("http://news.example/1", "--format", "html").code == 0
    assert known_as() == ["http://news.example/1"]


@pytest.mark.parametrize("address", ["ftp://news.example/a", "file:///etc/passwd"])
def test_other_addresses_are_a_wrong_use(internet, address):
    done = import_articles(address)
    assert (done.code, "only http and https addresses are fetched" in done.errors) == (2, True)
    assert (internet.asked, ImportRun.objects.count()) == ([], 0)


def test_an_address_is_the_same_source_in_every_folder(site, tmp_path, monkeypatch):
    import_articles("http://news.example/1", "http://news.example/2", "--limit", 1)
    ImportRun.objects.update(state="interrupted")
    monkeypatch.chdir(tmp_path)

    done = import_articles("--resume", last_run().pk, "--json")

    assert (done.code, done.result["rows"], done.result["created"]) == (0, 2, 2)
    assert site.asked == ["/1", "/2"]


def test_a_page_that_went_back_to_what_it_said_before_has_a_third_version_and_a_dry_run_knows_it(site):
    address = "http://news.example/1"
    for number in (1, 2, 1):
        site.answers["/1"] = story(number)
        foretold = import_articles(address, "--dry-run", "--json").result
        done = import_articles(address, "--json").result
        assert [done[name] for name in ("created", "versioned")] == [
            foretold[name] for name in ("created", "versioned")
        ]
    first, second, third = ArticleVersion.objects.order_by("number")
    assert (first.text, first.text != second.text) == (third.text, True)
    assert import_articles(address, "--json").result["unchanged"] == 1


# A list of them


def test_a_list_of_addresses_is_fetched_and_what_cannot_be_had_is_named_by_its_line(internet, tmp_path):
    internet.names["inside.example"] = [["10.0.0.5"]]
    site = Site({"/1": story(1), "/2": story(2), "/pdf": response(b"%PDF", "Content-Type: application/pdf"),
                 "/empty": response(b"<html></html>", HTML), "/huge": response(b"", HTML, length=10**10)})  # fmt: skip
    internet.serve(PUBLIC, 80, site)
    path = addresses(
        tmp_path / "list.txt",
        "\ufeff# The desk's list", "", 1, "   # of today", "  http://news.example/2?utm_source=x  ", "http://news.example/pdf",
        "news.example/3", "http://inside.example/", "http://nobody.example/", "http://news.example/missing",
        "http://news.example/empty", "http://news.example/huge", "http://10.0.0.5/",
    )  # fmt: skip
    site.answers["/2?utm_source=x"] = site.answers["/2"]

    done = import_articles(path, "--format", "urls", "--json")

    assert (done.code, known_as()) == (3, ["http://news.example/1", "http://news.example/2"])
    assert bad_rows(done) == [
        (str(path), 6, "url", "fetch_wrong_type"),
        (str(path), 7, "url", "fetch_bad_url"),
        (str(path), 8, "url", "fetch_refused"),
        (str(path), 9, "url", "fetch_failed"),
        (str(path), 10, "url", "fetch_failed"),
        (str(path), 11, "text", "empty_text"),
        (str(path), 12, "url", "fetch_too_large"),
        (str(path), 13, "url", "fetch_refused"),
    ]
    assert f"{path}:10 url fetch_failed http://news.example/missing: answered with status 404\n" in done.errors
    assert "10.0.0.5" not in done.result["bad_rows"][2]["detail"]
    assert {*internet.connections} == {(PUBLIC, 80)}


def test_pages_that_could_not_be_had_are_fed_back_as_they_are_mended_or_written_out(site, tmp_path):
    path, errors = addresses(tmp_path / "list", 1, 7, 8, 9, 7), tmp_path / "bad.jsonl"
    done = import_articles(path, "--format", "urls", "--errors", errors)
    assert (done.code, f"import_articles {errors}\n" in done.errors) == (3, True)
    assert [orjson.loads(line)["_bad_row"]["line"] for line in errors.read_bytes().splitlines()] == [2, 3, 4, 5]
    assert FailedRow.objects.count() == 4
    run = last_run()

    # As it is, the file is fetched again, and what fails again comes out as it went in.
    again = tmp_path / "again.jsonl"
    assert import_articles(errors, "--errors", again, "--json").result["failed"] == 4
    assert [orjson.loads(line)["url"] for line in again.read_bytes().splitlines()] == [
        f"http://news.example/{n}" for n in (7, 8, 9, 7)
    ]

    site.answers["/7"] = story(7)
    there, wrong, lost, twice = map(orjson.loads, errors.read_bytes().splitlines())
    wrong["url"] = "http://news.example/2"
    lost |= {"text": "Copied from the paper.", "title": "Prices"}
    mended = tmp_path / "mended.jsonl"
    mended.write_bytes(b"\n".join(map(orjson.dumps, (there, wrong, lost, twice))))
    done = import_articles(mended, "--json")
    assert (done.code, done.result["created"], done.result["unchanged"]) == (0, 3, 1)
    assert known_as() == [f"http://news.example/{n}" for n in (1, 2, 7, 9)]
    assert ArticleVersion.objects.get(article__canonical_url__endswith="/9").text == "Copied from the paper."

    site.answers["/8"] = story(8)
    retried = import_articles("--retry-failed", run.pk, "--json")
    assert (retried.result["created"], bad_rows(retried)) == (1, [(str(path), 4, "url", "fetch_failed")])


def test_a_page_that_changed_and_may_not_is_fed_back_as_an_address(site, tmp_path):
    import_articles("http://news.example/1")
    site.answers["/1"] = story(9)
    path, errors = addresses(tmp_path / "list", 1), tmp_path / "bad.jsonl"
    done = import_articles(path, "--format", "urls", "--on-duplicate", "fail", "--errors", errors, "--json")
    assert (done.code, bad_rows(done)) == (3, [(str(path), 1, "text", "article_changed")])
    assert import_articles(errors, "--json").result["versioned"] == 1


def test_an_ordinary_row_with_nothing_but_its_address_is_not_fetched(internet, tmp_path):
    (tmp_path / "a.jsonl").write_text('{"url": "http://news.example/1"}\n')
    done = import_articles(tmp_path / "a.jsonl", "--json")
    assert (done.code, done.result["bad_rows"][0]["code"]) == (3, "missing_text")
    assert internet.asked == []


@pytest.mark.parametrize("line", [b"http://news.example/\xff", b"http://news.example/" + b"a" * 70_000])
def test_a_line_that_is_no_address_is_a_bad_row(internet, tmp_path, line):
    (tmp_path / "list").write_bytes(line + b"\n")
    done = import_articles(tmp_path / "list", "--format", "urls", "--json")
    assert (done.code, done.result["bad_rows"][0]["field"], internet.asked) == (3, "url", [])


def test_a_dry_run_fetches_and_writes_nothing(site, tmp_path):
    path = addresses(tmp_path / "list", 1, 1, 7)
    done = import_articles(path, "--format", "urls", "--dry-run", "--json").result
    assert (done["created"], done["unchanged"], done["failed"]) == (1, 1, 1)
    assert (Article.objects.count(), ImportRun.objects.count()) == (0, 0)
    assert site.asked == ["/1", "/1", "/7"]


def test_not_one_page_more_is_asked_for_than_is_wanted(site, tmp_path):
    done = import_articles(addresses(tmp_path / "list", 1, 2, 3, 4), "--format", "urls", "--limit", 2, "--json")
    assert (done.result["created"], site.asked) == (2, ["/1", "/2"])


def test_too_many_pages_that_cannot_be_had_stop_the_import(site, tmp_path):
    path = addresses(tmp_path / "list", 1, 7, 8, *[2] * 40)
    done = import_articles(path, "--format", "urls", "--max-errors", 1, "--json")
    assert (done.code, done.result["rows"], done.result["created"]) == (1, 3, 1)
    assert done.result["error"]["code"] == "too_many_errors"
    assert len(site.asked) < 30


def test_pages_come_in_the_order_of_the_list_however_long_each_takes(internet, tmp_path):
    third_was_asked = threading.Event()

    class Slow(dict):
        def get(self, path, default=None):
            if path == "/2":
                third_was_asked.set()
            if path == "/0":
                assert third_was_asked.wait(20)
            return self[path]

    internet.serve(PUBLIC, 80, Site(Slow({f"/{n}": story(n) for n in range(8)})))
    for n in range(8):
        internet.names[f"paper{n}.example"] = [[PUBLIC]]
    path = addresses(tmp_path / "list", *(f"http://paper{n}.example/{n}" for n in range(8)))
    assert import_articles(path, "--format", "urls").code == 0
    stored = ArticleVersion.objects.order_by("id").values_list("article__canonical_url", flat=True)
    assert list(stored) == [f"http://paper{n}.example/{n}" for n in range(8)]


# Interrupted and resumed


def test_ctrl_c_keeps_what_was_taken_and_resuming_asks_only_for_the_rest(site, tmp_path, monkeypatch):
    monkeypatch.setattr(page_feed, "AHEAD", 2)
    path = addresses(tmp_path / "list", 1, 2, 3, 4, 5)
    answers = dict(site.answers)

    class Interrupting(dict):
        def get(self, path, default=None):
            if path == "/4":
                site.answers = answers
                os.kill(os.getpid(), signal.SIGINT)
            return answers[path]

    site.answers = Interrupting()
    done = import_articles(path, "--format", "urls", "--json")
    run = last_run()
    assert (done.code, run.state) == (130, "interrupted")
    assert f"import_articles --resume {run.pk}" in done.errors
    landed = run.rows
    assert 2 <= landed == run.created == run.checkpoint["line"] <= 3

    site.asked.clear()
    done = import_articles("--resume", run.pk, "--json")
    assert (done.code, done.result["rows"], done.result["created"]) == (0, 5, 5)
    wanted, asked = {f"/{n}" for n in range(landed + 1, 6)}, Counter(site.asked)
    assert asked.keys() == wanted
    assert asked.total() - len(wanted) < page_feed.AHEAD  # what was under way when it was interrupted may come late


def test_a_list_on_standard_input_is_resumed_without_asking_again_for_what_is_here(site, tmp_path, monkeypatch):
    def give(path: Path) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes())))

    give(addresses(tmp_path / "list", 1, 7, 2, 3))
    assert import_articles("-", "--format", "urls", "--limit", 2).code == 3
    ImportRun.objects.update(state="interrupted")
    site.asked.clear()

    give(tmp_path / "list")
    done = import_articles("-", "--resume", last_run().pk, "--json")

    assert (done.result["rows"], done.result["created"], done.result["failed"]) == (4, 3, 1)
    assert site.asked == ["/2", "/3"]


def test_what_comes_slowly_does_not_wait_for_a_full_batch(site, tmp_path, monkeypatch):
    monkeypatch.setattr(bulk, "BATCH_SECONDS", -1.0)
    import_articles(addresses(tmp_path / "list", 1, 2, 3), "--format", "urls")
    assert last_run().rows == 3
    batches = events.events(last_run()).filter(action="import_batch")
    assert [event.data["rows"] for event in batches] == [1, 1, 1]
