"""Articles over the API: sent once or five times, changed, refused, and read again."""

from __future__ import annotations

from typing import Any

import pytest

from claims.models import Article, ArticleVersion, Claim, ExtractionRun, Outlet
from factcheck import jobs
from factcheck.models import Job
from tests import make
from tests.api import api, assert_problem, places

pytestmark = pytest.mark.django_db

TEXT = "Prices rose by 40 per cent last year, the central bank said on Monday.\n\nNobody disagreed. 🙂"
NOBODY = "01890000-0000-7000-8000-000000000000"


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


def everything() -> list[Any]:
    kinds = (Outlet, Article, ArticleVersion, ExtractionRun, Job, Claim)
    return [row for kind in kinds for row in kind.objects.order_by("id").values()]


def test_an_article_is_stored_and_its_reading_queued(ada):
    body = {
        "text": TEXT,
        "title": "Prices — «вгору»",
        "url": "https://Example.org/prices/?utm_source=x",
        "byline": "Gwen Penn",
        "language": "en",
        "outlet": "Example Wire",
        "published_at": "2025-07-02T14:30:00+03:00",
    }
    response = api(ada).post("/articles", body)
    assert response.status_code == 201, response.content
    answer = response.json()
    assert response["Location"] == f"/api/v1/articles/{answer['id']}"
    assert answer["canonical_url"] == "https://example.org/prices"
    assert (answer["title"], answer["byline"], answer["language"]) == ("Prices — «вгору»", "Gwen Penn", "en")
    assert (answer["outlet"]["name"], answer["outlet"]["domain"]) == ("Example Wire", "example.org")
    assert answer["published_at"] == "2025-07-02T11:30:00.000000Z"
    (version,) = answer["versions"]
    assert (version["number"], version["length"]) == (1, len(TEXT))
    job = api(ada).get(f"/jobs/{answer['job']}").json()
    run = ExtractionRun.objects.get(version=version["id"])
    assert (job["kind"], job["state"], job["subject_id"]) == ("extract", "queued", str(run.pk))
    del answer["job"]
    assert api(ada).get(f"/articles/{answer['id']}").json() == answer


def test_what_is_unknown_stays_unknown(ada):
    answer = api(ada).post("/articles", {"text": TEXT}).json()
    assert (answer["outlet"], answer["published_at"], answer["canonical_url"], answer["byline"]) == (None, None, "", "")


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"text": TEXT.replace("\n", "\r\n").replace(" ", "  ")},
        {"url": "https://example.org/prices/?utm_source=newsletter&fbclid=1#top"},
        {"url": "HTTPS://EXAMPLE.org:443/prices/"},
        {"title": "Another headline", "published_at": "2025-01-01", "byline": ""},
    ],
)
def test_an_article_that_is_here_already_is_answered_with_the_one_we_have(ada, again):
    body = {
        "text": TEXT,
        "url": "https://example.org/prices",
        "outlet": "Example Wire",
        "title": "Prices",
        "published_at": "2024-01-01",
    }
    first = api(ada).post("/articles", body)
    before = everything()
    second = api(ada).post("/articles", body | again)
    assert (first.status_code, second.status_code) == (201, 200)
    assert second["Location"] == first["Location"]
    assert second.json() == first.json()
    assert everything() == before


def test_an_article_without_an_address_is_known_by_outlet_and_text(ada):
    first = api(ada).post("/articles", {"text": TEXT, "outlet": "Example Wire"})
    same = api(ada).post("/articles", {"text": f"  {TEXT}\n", "outlet": "EXAMPLE WIRE"})
    elsewhere = api(ada).post("/articles", {"text": TEXT, "outlet": "Another Wire"})
    assert (first.status_code, same.status_code, elsewhere.status_code) == (201, 200, 201)
    assert same.json()["id"] == first.json()["id"] != elsewhere.json()["id"]


def test_an_article_that_was_read_already_has_no_job_left(ada):
    api(ada).post("/articles", {"text": TEXT, "outlet": "Example Wire"})
    assert jobs.work("tests")
    response = api(ada).post("/articles", {"text": TEXT, "outlet": "Example Wire"})
    assert (response.status_code, response.json()["job"]) == (200, None)


def test_a_changed_text_is_a_new_version_of_the_same_article(ada):
    body = {"text": TEXT, "url": "https://example.org/prices"}
    first = api(ada).post("/articles", body).json()
    response = api(ada).post("/articles", body | {"text": TEXT + " Corrected."})
    second = response.json()
    assert (response.status_code, second["id"]) == (201, first["id"])
    assert [v["number"] for v in second["versions"]] == [1, 2]
    assert second["versions"][0] == first["versions"][0]
    assert second["job"] not in (None, first["job"])
    listed = api(ada).get(f"/articles/{first['id']}/versions").json()["results"]
    assert listed == second["versions"][::-1]
    texts = [api(ada).get(f"/article-versions/{v['id']}").json()["text"] for v in second["versions"]]
    assert texts == [TEXT, TEXT + " Corrected."]


SAID = "<p>The bank said on Monday that prices rose by 40 per cent.</p>"


def test_a_page_is_stored_as_its_text(ada):
    page = f"""<!doctype html><html lang="en"><head><title>Prices up | Example Wire</title>
        <meta property="og:title" content="Prices up"><meta property="og:site_name" content="Example Wire">
        <meta property="article:published_time" content="2025-07-02T14:30:00+03:00">
        <link rel="canonical" href="https://example.org/prices"></head>
        <body><nav><a href="/">Home</a></nav><article><h1>Prices up</h1>{SAID * 5}
        </article><script>alert(1)</script></body></html>"""
    response = api(ada).post("/articles", {"html": page})
    assert response.status_code == 201, response.content
    answer = response.json()
    assert (answer["title"], answer["canonical_url"]) == ("Prices up", "https://example.org/prices")
    assert answer["published_at"] == "2025-07-02T11:30:00.000000Z"
    text = api(ada).get(f"/article-versions/{answer['versions'][0]['id']}").json()["text"]
    assert "The bank said on Monday that prices rose by 40 per cent." in text
    assert "<" not in text
    assert "alert" not in text
    assert "Home" not in text


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("text_or_html", "/text")),
        ({"text": TEXT, "html": "<p>a</p>"}, ("text_or_html", "/text")),
        ({"text": ""}, ("blank", "/text")),
        ({"text": " \n\t "}, ("empty_text", "/text")),
        ({"text": None}, ("null", "/text")),
        ({"text": [TEXT]}, ("invalid", "/text")),
        ({"html": "<html><body></body></html>"}, ("empty_text", "/html")),
        ({"html": f"<p>{TEXT}</p>" + "<br>" * 30_000}, ("too_large", "/html")),
        ({"text": TEXT, "url": "prices.html"}, ("invalid_url", "/url")),
        ({"text": TEXT, "url": "javascript:alert(1)"}, ("invalid_url", "/url")),
        ({"text": TEXT, "url": "http://[::1"}, ("invalid_url", "/url")),
        ({"text": TEXT, "published_at": "July 2"}, ("invalid_date", "/published_at")),
        ({"text": TEXT, "published_at": "2025-02-30"}, ("invalid_date", "/published_at")),
        ({"text": TEXT, "published_at": "0001-01-01T00:00:00+14:00"}, ("invalid_date", "/published_at")),
        ({"text": TEXT, "language": "klingon language"}, ("invalid_language", "/language")),
        ({"text": TEXT, "title": "x" * 1001}, ("too_long", "/title")),
        ({"text": TEXT, "byline": "x" * 1001}, ("too_long", "/byline")),
        ({"text": TEXT, "outlet": "x" * 201}, ("too_long", "/outlet")),
        ({"text": TEXT, "titel": "Prices"}, ("unknown_field", "/titel")),
        ({"text": TEXT, "id": NOBODY}, ("unknown_field", "/id")),
        ([TEXT], ("invalid", "")),
    ],
)
def test_an_article_that_cannot_be_taken_is_refused_at_its_place(ada, body, expected):
    assert places(assert_problem(api(ada).post("/articles", body), 422, "invalid_input")) == [expected]
    assert everything() == []


@pytest.mark.parametrize(
    ("raw", "code", "place"),
    [
        (r'{"text": "a\u0000b"}', "nul_character", "/text"),
        (r'{"text": "a", "title": "\ud83d"}', "lone_surrogate", "/title"),
        (r'{"text": "a", "\udc00": ""}', "lone_surrogate", "/?"),
    ],
)
def test_characters_that_cannot_be_stored_are_refused_at_their_place(ada, raw, code, place):
    assert places(assert_problem(api(ada).post("/articles", raw), 422, "unstorable_text")) == [(code, place)]
    assert everything() == []


@pytest.mark.parametrize(
    ("raw", "media_type", "status", "code"),
    [
        ("{", "application/json", 400, "malformed"),
        (" ", "application/json", 400, "malformed"),
        (b'{"text": "\xff"}', "application/json", 400, "malformed"),
        ("[" * 100_000 + "]" * 100_000, "application/json", 400, "malformed"),
        ('{"text": "' + "x" * (5 * 1024 * 1024) + '"}', "application/json", 413, "too_large"),
        ("text=a", "application/x-www-form-urlencoded", 415, "unsupported_media_type"),
        ("a", "text/plain", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_and_stores_nothing(ada, raw, media_type, status, code):
    assert_problem(api(ada).post("/articles", raw, media_type), status, code)
    assert everything() == []


@pytest.mark.parametrize(
    ("role", "status", "code"), [("triager", 403, "insufficient_scope"), (None, 401, "not_authenticated")]
)
def test_who_may_not_import_sends_no_article(role, status, code):
    client = api(make.user("tom", role) if role else None)
    assert_problem(client.post("/articles", {"text": TEXT}), status, code)
    assert everything() == []


# Reading again


def test_a_reading_that_waits_is_answered_with_its_job(ada):
    article = make.article(TEXT)
    response = api(ada).post(f"/articles/{article.pk}/extract")
    assert response.status_code == 202, response.content
    job = Job.objects.get()
    assert response["Location"] == f"/api/v1/jobs/{job.pk}"
    body = response.json()
    assert (body["status"], body["article_version"]) == ("queued", str(article.versions.get().pk))
    assert api(ada).get(response["Location"]).json()["state"] == "queued"
    assert api(ada).post(f"/articles/{article.pk}/extract").json() == body
    assert (ExtractionRun.objects.count(), Job.objects.count()) == (1, 1)


def test_a_reading_that_is_done_is_answered_as_it_is(ada):
    article = make.article(TEXT)
    assert jobs.work("tests")
    before = everything()
    response = api(ada).post(f"/articles/{article.pk}/extract")
    body = response.json()
    assert (response.status_code, body["status"], body["created_claims"]) == (200, "done", Claim.objects.count())
    assert "Location" not in response
    assert body.pop("job") is None
    assert api(ada).get(f"/extraction-runs/{body['id']}").json() == body
    assert everything() == before


def test_the_newest_version_is_the_one_that_is_read_again(ada):
    make.article(TEXT, url="https://example.org/a")
    article = make.article(TEXT + " Corrected.", url="https://example.org/a")
    body = api(ada).post(f"/articles/{article.pk}/extract").json()
    assert body["article_version"] == str(article.versions.get(number=2).pk)


@pytest.mark.parametrize(
    ("role", "status", "code"), [("importer", 403, "insufficient_scope"), (None, 401, "not_authenticated")]
)
def test_who_may_not_triage_does_not_have_an_article_read_again(role, status, code):
    article = make.article(TEXT)
    Job.objects.all().delete()
    before = everything()
    client = api(make.user("ida", role) if role else None)
    assert_problem(client.post(f"/articles/{article.pk}/extract"), status, code)
    assert everything() == before


def test_claims_of_an_article_come_best_first(ada):
    article = make.article(TEXT)
    make.article("Wages fell by 3 per cent in May, the ministry said.")
    assert jobs.work("tests")
    assert jobs.work("tests")
    by_hand = make.claim(actor=ada, version_id=article.versions.get().pk, start=0, end=10)
    rows = api(ada).get(f"/articles/{article.pk}/claims").json()["results"]
    assert {row["article"]["id"] for row in rows} == {str(article.pk)}
    worths = [row["check_worthiness"] for row in rows]
    assert worths == [*sorted((w for w in worths if w is not None), reverse=True), None]
    assert rows[-1]["id"] == str(by_hand.pk)
    assert rows == api(ada).get(f"/claims?article={article.pk}&ordering=-check_worthiness").json()["results"]


@pytest.mark.parametrize(
    "path", ["/articles/{}", "/articles/{}/versions", "/articles/{}/claims", "/article-versions/{}"]
)
@pytest.mark.parametrize("key", [NOBODY, "7", "%00", "..", "ї"])
def test_an_article_that_is_not_here_is_not_found(ada, path, key):
    assert_problem(api(ada).get(path.format(key)), 404, "not_found")
