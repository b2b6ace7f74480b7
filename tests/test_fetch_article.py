"""An article by its address alone: asked for over the API, fetched by a worker, landed like every other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from claims.models import Article, ArticleVersion, ExtractionRun, FailedRow, ImportRun, Outlet
from claims.pipeline import runs
from factcheck import jobs
from factcheck.models import Job
from tests import make
from tests.api import api, assert_problem, places
from tests.internet import PUBLIC, redirect, response
from tests.pages import HTML, PAGE, SAID, page

pytestmark = pytest.mark.django_db

URL = "http://news.example/prices?utm_source=x"


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


def everything() -> list[Any]:
    kinds = (Outlet, Article, ArticleVersion, ExtractionRun, ImportRun, Job)
    return [row for kind in kinds for row in kind.objects.order_by("id").values()]


def ended(ada, response) -> dict[str, Any]:
    """The job of this answer, after a worker has looked once."""
    assert response.status_code == 202, response.content
    assert jobs.work("tests")
    return api(ada).get(response["Location"]).json()


def test_an_address_alone_is_answered_with_the_job_that_will_fetch_it(ada, internet):
    answer = api(ada).post("/articles", {"url": URL})
    body = answer.json()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/jobs/{body['id']}")
    assert (body["kind"], body["state"], body["result"]) == ("fetch_article", "queued", None)
    assert api(ada).get(answer["Location"]).json() == body
    run = ImportRun.objects.get()
    assert (str(run.pk), run.source, run.state, run.started_by) == (body["subject_id"], URL, "running", ada)
    assert (internet.asked, internet.connections, Article.objects.count()) == ([], [], 0)


def test_the_job_names_the_article_that_was_fetched(ada, internet):
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    job = ended(ada, api(ada).post("/articles", {"url": URL}))
    article = Article.objects.get()
    version = article.versions.get()
    assert (job["state"], job["error"]) == ("done", None)
    assert job["result"] == {
        "article": str(article.pk),
        "article_version": str(version.pk),
        "outcome": "created",
        "url_final": URL,
        "redirects": [],
    }
    assert (article.canonical_url, article.title, article.language) == ("http://news.example/prices", "Prices up", "en")
    assert version.text == "\n\n".join(SAID)
    run = ImportRun.objects.get()
    assert (run.state, run.rows, run.created, run.error, version.import_run) == ("done", 1, 1, None, run)
    assert Job.objects.get(kind="extract").state == "queued"


def test_a_page_that_is_fetched_again_is_a_version_only_when_its_text_has_changed(ada, internet):
    first, corrected = response(PAGE, HTML), response(page(*SAID, "Corrected on Tuesday: by 4 per cent."), HTML)
    outcomes = []
    for answer in (first, first, corrected):
        internet.serve(PUBLIC, 80, answer)
        Job.objects.exclude(kind="fetch_article").delete()
        outcomes.append(ended(ada, api(ada).post("/articles", {"url": URL}))["result"]["outcome"])
    assert outcomes == ["created", "unchanged", "versioned"]
    assert [version.number for version in Article.objects.get().versions.all()] == [1, 2]


def test_what_is_said_with_the_address_wins_over_the_page(ada, internet):
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    said = {
        "title": "Ціни",
        "byline": "Gwen Penn",
        "outlet": "Example Wire",
        "published_at": "2025-07-02",
        "language": "uk",
    }
    assert ended(ada, api(ada).post("/articles", {"url": URL} | said))["state"] == "done"
    article = Article.objects.get()
    assert (article.title, article.byline, article.outlet.name, article.language) == (
        "Ціни",
        "Gwen Penn",
        "Example Wire",
        "uk",
    )
    assert article.published_at.isoformat() == "2025-07-02T00:00:00+00:00"


def test_the_charset_that_the_server_names_wins_over_the_page(ada, internet):
    body = page(*SAID, head="<meta charset=utf-8>").decode().encode("cp1251")
    internet.serve(PUBLIC, 80, response(body, "Content-Type: text/html; charset=windows-1251"))
    assert ended(ada, api(ada).post("/articles", {"url": URL}))["state"] == "done"
    assert ArticleVersion.objects.get().text == "\n\n".join(SAID)


@pytest.mark.parametrize(
    ("stated", "known_as"),
    [
        ("/prices-rose", "http://news.example/prices-rose"),
        ("http://news.example/prices-rose", "http://news.example/prices-rose"),
        ("https://another.example/theirs", "http://news.example/prices"),
        ("http://[", "http://news.example/prices"),
    ],
)
def test_a_page_names_its_own_address_but_never_another_sites(ada, internet, stated, known_as):
    internet.serve(PUBLIC, 80, response(page(*SAID, head=f'<link rel="canonical" href="{stated}">'), HTML))
    assert ended(ada, api(ada).post("/articles", {"url": URL}))["state"] == "done"
    assert Article.objects.get().canonical_url == known_as


def test_an_article_is_known_by_the_address_that_answered(ada, internet):
    internet.names["short.example"] = [["93.184.215.15"]]
    internet.serve("93.184.215.15", 80, redirect("http://news.example/prices"))
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    job = ended(ada, api(ada).post("/articles", {"url": "http://short.example/x"}))
    assert job["result"]["redirects"] == ["http://news.example/prices"]
    assert Article.objects.get().canonical_url == "http://news.example/prices"


def test_an_address_that_waits_to_be_fetched_is_not_queued_twice(ada, internet):
    first = api(ada).post("/articles", {"url": URL})
    before = everything()
    second = api(ada).post("/articles", {"url": URL})
    assert (second.status_code, second.json()) == (202, first.json())
    assert everything() == before
    assert api(ada).post("/articles", {"url": URL, "outlet": "Wire"}).json()["id"] != first.json()["id"]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"url": ""}, ("text_or_html", "/text")),
        ({"url": "prices.html"}, ("fetch_bad_url", "/url")),
        ({"url": "file:///etc/passwd"}, ("fetch_bad_url", "/url")),
        ({"url": "http://ann:secret@news.example/"}, ("fetch_bad_url", "/url")),
        ({"url": "http://127.1/"}, ("fetch_bad_url", "/url")),
        ({"url": "http://127.0.0.1:5432/"}, ("fetch_refused", "/url")),
        ({"url": "http://169.254.169.254/latest/meta-data/"}, ("fetch_refused", "/url")),
        ({"url": "http://postgres/"}, ("fetch_refused", "/url")),
        ({"url": URL, "published_at": "July 2"}, ("invalid_date", "/published_at")),
        ({"url": URL, "title": "x" * 1001}, ("too_long", "/title")),
        ({"url": URL, "language": "klingon language"}, ("invalid_language", "/language")),
    ],
)
def test_an_address_that_cannot_be_fetched_is_refused_at_once(ada, internet, body, expected):
    assert places(assert_problem(api(ada).post("/articles", body), 422, "invalid_input")) == [expected]
    assert (everything(), internet.asked, internet.connections) == ([], [], [])


@pytest.mark.parametrize(
    "url",
    [
        None,
        True,
        7,
        1e308,
        " ",
        [URL],
        {"url": URL},
        "🙂" * 3000,
        "http://" + "x" * 20_000,
        "http://\ud83d/",
        "http://a\0b/",
    ],
)
def test_whatever_stands_for_an_address_is_refused_as_a_problem(ada, internet, url):
    refused = api(ada).post("/articles", json.dumps({"url": url}))
    assert_problem(refused, 422, refused.json()["code"])
    assert (everything(), internet.asked) == ([], [])


@pytest.mark.parametrize(
    ("role", "status", "code"), [("triager", 403, "insufficient_scope"), (None, 401, "not_authenticated")]
)
def test_who_may_not_import_has_nothing_fetched(internet, role, status, code):
    client = api(make.user("tom", role) if role else None)
    assert_problem(client.post("/articles", {"url": URL}), status, code)
    assert everything() == []


def test_a_name_that_leads_inside_ends_the_job_without_a_connection(ada, internet):
    internet.names["news.example"] = [["10.0.0.5"]]
    job = ended(ada, api(ada).post("/articles", {"url": URL}))
    assert (job["state"], job["error"]["code"], job["attempts"]) == ("failed", "fetch_refused", 1)
    assert "10.0.0.5" not in job["error"]["detail"]
    run = ImportRun.objects.get()
    assert (run.state, run.error["code"], run.rows) == ("failed", "fetch_refused", 0)
    assert (Article.objects.count(), internet.connections) == (0, [])


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (response(b"<html><body></body></html>", HTML), "no_article"),
        (response(PAGE.replace(b"Nobody", b"\xff"), HTML), "no_article"),
        (response(b"%PDF-1.7", "Content-Type: application/pdf"), "fetch_wrong_type"),
        (response(PAGE, HTML, status="404 Not Found"), "fetch_failed"),
        (response(PAGE, HTML, status="403 Forbidden"), "fetch_failed"),
        (redirect("http://127.0.0.1/"), "fetch_refused"),
        (response(b"", HTML, length=10**10), "fetch_too_large"),
    ],
)
def test_a_page_that_will_never_be_an_article_is_given_up_at_once(ada, internet, answer, code):
    internet.serve(PUBLIC, 80, answer)
    job = ended(ada, api(ada).post("/articles", {"url": URL}))
    assert (job["state"], job["error"]["code"], job["attempts"]) == ("failed", code, 1)
    assert ImportRun.objects.get().state == "failed"
    assert (Article.objects.count(), FailedRow.objects.count()) == (0, 0)


def test_a_server_that_is_down_is_asked_again_later(ada, internet):
    internet.serve(PUBLIC, 80, response(b"", status="503 Busy"))
    job = ended(ada, api(ada).post("/articles", {"url": URL}))
    assert (job["state"], job["error"]["code"]) == ("queued", "fetch_failed")
    assert ImportRun.objects.get().state == "running"
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    Job.objects.update(due_at=Job.objects.get().created_at)
    assert jobs.work("tests")
    assert (Job.objects.get(kind="fetch_article").state, ImportRun.objects.get().state) == ("done", "done")


def test_a_page_that_was_given_up_may_be_tried_again(ada, internet):
    internet.serve(PUBLIC, 80, response(b"", status="404 Not Found"))
    job = ended(ada, api(ada).post("/articles", {"url": URL}))
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    assert api(ada).post(f"/jobs/{job['id']}/retry").status_code == 200
    assert jobs.work("tests")
    run = ImportRun.objects.get()
    assert (run.state, run.error, run.created) == ("done", None, 1)


def test_no_command_takes_a_page_for_the_import_it_should_resume(ada, internet):
    api(ada).post("/articles", {"url": URL})
    assert ImportRun.objects.get().state == "running"
    assert runs.unfinished_run() is None
