"""What readers see: a page for each fact-check at the address that its ClaimReview names, made of what was published and nothing else."""

from __future__ import annotations

import json
from functools import reduce
from urllib.parse import urlsplit

import lxml.html
import pytest
from django.db import OperationalError
from django.test import Client

from factcheck.accounts.needs import ANYBODY
from reviews import access, publication, workflow
from reviews.facts import Stage
from reviews.models import Desk, FactCheck
from reviews.publication import EXPORTS, documents, markup, method, sitemap
from reviews.publication.changes import differences
from reviews.readers import PAGE_SIZE
from reviews.stages import Action
from tests import make, reviewing
from tests.api import assert_problem
from tests.claim_reviews import DOCUMENT, but
from tests.e2e.payloads import PAYLOADS
from tests.reviewing import DO, why
from tests.test_public_api import MARK, kept_by, keys_of_the_desk, marked_review, published
from tests.test_revising import EDITED, doubted, verified_again

pytestmark = pytest.mark.django_db

HTML = {"Accept": "text/html"}


@pytest.fixture
def room():
    return make.newsroom()


@pytest.fixture
def reader() -> Client:
    return Client(raise_request_exception=False, headers=HTML)


def path_of(public: FactCheck) -> str:
    return f"/fact-checks/{public.slug}"


def opened(reader: Client, path: str, status: int = 200) -> lxml.html.HtmlElement:
    answer = reader.get(path)
    assert answer.status_code == status, path
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    return lxml.html.fromstring(answer.content)


def words(page: lxml.html.HtmlElement) -> str:
    return " ".join(page.text_content().split())


def test_the_page_is_where_the_claim_review_says_and_tells_all_of_the_revision(room, reader):
    public = published(room, claimant="Ann Example")
    document = documents.read(public.revisions.get().content)
    page = opened(reader, urlsplit(document.url).path)
    told = words(page.xpath("//main")[0])
    sources = [
        part for source in document.sources for part in (source.title, source.quotation, source.locator, source.origin)
    ]
    said = ("headline", "summary", "body")
    for each in (document.claim.text, "Ann Example", document.rating.label, document.rating.explanation, *sources):
        assert each in told
    assert [name for name in said if getattr(document, name) not in told] == []
    assert "1 on a scale from 1, the least true, to 3, the most true." in told
    assert "Speaks against the claim" in told
    assert "Supports the claim" in told
    assert public.revisions.get().digest in told
    assert page.xpath("//link[@rel='canonical']/@href") == [document.url]
    assert page.xpath("//h1/text()") == [document.headline]


def test_the_page_embeds_its_claim_review_and_nothing_that_runs(room, reader):
    public = published(room, 'He said "</script><script>alert(1)</script>" & more.')
    page = opened(reader, path_of(public))
    [script] = page.xpath("//script")
    assert script.get("type") == "application/ld+json"
    [profile, *_] = publication.PROFILES.values()
    assert json.loads(script.text) == profile.make(documents.read(public.revisions.get().content))
    policy = reader.get(path_of(public))["Content-Security-Policy"]
    assert "script-src 'none'; style-src 'self'; " in policy
    assert page.xpath("//@style | //style | //@*[starts-with(name(), 'on')]") == []


def test_a_page_names_its_other_forms_which_are_there(room, reader):
    page = opened(reader, path_of(published(room)))
    others = page.xpath("//link[@rel='alternate']")
    assert {each.name for each in EXPORTS} <= {other.get("href").rpartition("/")[2] for other in others}
    for other in others:
        answer = reader.get(other.get("href"), headers={"Accept": "*/*"})
        assert answer.status_code == 200
        assert answer["Content-Type"].partition(";")[0] == other.get("type"), other.get("href")


@pytest.mark.parametrize(
    ("language", "told", "direction", "has_ours"),
    [("uk", "uk", None, True), ("ar", "ar", "rtl", True), (None, "en", None, False), ("en-GB", "en-GB", None, False)],
)  # fmt: skip
def test_a_page_is_in_the_language_of_its_fact_check_and_says_where_it_is_not(
    room, reader, language, told, direction, has_ours
):
    text = "Prices doubled in a year."
    version = make.article(text, language=language).versions.get() if language else None
    fields = {"version_id": version.pk, "start": 0, "end": 13} if version else {}
    page = opened(reader, path_of(published(room, text, **fields)))
    assert (page.get("lang"), page.get("dir")) == (told, direction)
    assert bool(page.xpath("//header[@lang='en']")) is has_ours


def test_a_revision_has_a_page_that_leads_to_the_one_that_stands(room, reader):
    public = published(room)
    page = opened(reader, f"{path_of(public)}/revisions/1")
    assert "This is revision 1, which stands now." in words(page)
    assert page.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert page.xpath("//link[@rel='canonical']/@href") == [documents.read(public.revisions.get().content).url]
    assert page.xpath("//script") == []
    for number in (0, 2, 10**30):
        assert "Not found" in words(opened(reader, f"{path_of(public)}/revisions/{number}", 404))


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/no/thing", "/x%00y", "/x/revisions/zebra"])
def test_what_is_not_there_is_said_on_a_page_and_to_programs_as_a_problem(reader, path):
    if path:
        page = opened(reader, f"/fact-checks{path}", 404)
        assert page.xpath("//h1/text()") == ["Not found"]
        assert_problem(reader.get(f"/fact-checks{path}", headers={"Accept": "application/json"}), 404, "not_found")
    answer = reader.post(f"/fact-checks{path}")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")
    assert_problem(
        reader.post(f"/fact-checks{path}", headers={"Accept": "application/json"}), 405, "method_not_allowed"
    )


def test_addresses_of_the_api_answer_with_problems_whoever_asks(reader):
    assert_problem(reader.get("/api/v1/public/fact-checks/zebra"), 406, "not_acceptable")
    accepts = {"Accept": "text/html, */*;q=0.8"}
    for path in ("/api/v1/public/fact-checks/zebra", "/api/v1/nope", "/nope"):
        assert_problem(reader.get(path, headers=accepts), 404, "not_found")


def test_a_database_that_is_away_is_said_on_a_page_that_may_be_asked_for_again(room, reader, monkeypatch):
    def away(*args):
        raise OperationalError("gone")

    monkeypatch.setattr("reviews.readers.latest", away)
    answer = reader.get("/fact-checks")
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "2", "private, no-cache")
    assert lxml.html.fromstring(answer.content).xpath("//h1/text()") == ["Out of service for a moment"]
    assert_problem(reader.get("/fact-checks", headers={"Accept": "application/json"}), 503, "unavailable")


def retracted(room, text: str = "Prices doubled in a year.") -> FactCheck:
    return make.review(room, Stage.RETRACTED, text=text).fact_check


def test_what_is_doubted_stays_as_it_was_with_a_notice(room, reader):
    public = published(room)
    before = words(opened(reader, path_of(public)))
    DO[Action.OPEN_REVISION](room, public.review, room.hal)
    page = opened(reader, path_of(public))
    notice = words(page.xpath("//p[@class='notice']")[0])
    assert notice.startswith("We are looking at this fact-check again.")
    assert words(page).replace(notice, "").split() == before.split()
    assert len(page.xpath("//script[@type='application/ld+json']")) == 1
    assert "looking at this fact-check again" in words(opened(reader, f"{path_of(public)}/revisions/1"))


def test_of_what_was_retracted_a_page_is_left_that_says_why_and_rates_nothing(room, reader):
    public = retracted(room)
    document = documents.read(public.revisions.get().content)
    page = opened(reader, path_of(public))
    told = words(page)
    assert page.xpath("//h1/text()") == ["This fact-check was retracted"]
    assert make.PUBLIC_REASON in told
    assert page.xpath("//s/text()") == [document.headline]
    assert [words for words in (document.rating.explanation, document.body, document.summary) if words in told] == []
    assert "Our rating" not in told
    assert "stands now" not in told
    assert page.xpath("//script") == []
    assert page.xpath("//meta[@name='robots']") == []
    assert page.xpath("//link[@rel='canonical']/@href") == [document.url]
    for other in page.xpath("//link[@rel='alternate']/@href"):
        assert reader.get(other, headers={"Accept": "*/*"}).status_code == 200, other
    # What it said is the past, and says so.
    past = opened(reader, f"{path_of(public)}/revisions/1")
    assert "nothing of it stands any more" in words(past)
    assert document.body in words(past)
    assert past.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert past.xpath("//script") == []
    # Crawlers are told of the change; nobody is led to it as to one that stands.
    assert document.url in reader.get("/sitemap.xml").getvalue().decode()
    assert public.slug not in reader.get("/fact-checks").content.decode()


def test_every_retraction_is_among_the_corrections(room, reader, monkeypatch):
    assert "Nothing has been corrected yet." in words(opened(reader, "/corrections"))
    monkeypatch.setattr("reviews.readers.PAGE_SIZE", 2)
    made = [retracted(room, f"Rents in street {number} doubled.") for number in range(3)]
    published(room)
    page = opened(reader, "/corrections")
    assert page.xpath("//li//h2/a/@href") == [path_of(public) for public in made[:0:-1]]
    told = words(page.xpath("//main//li")[0])
    assert told.startswith("Retracted")
    assert make.PUBLIC_REASON in told
    [older] = page.xpath("//a[@rel='next']/@href")
    assert opened(reader, f"/corrections{older}").xpath("//li//h2/a/@href") == [path_of(made[0])]
    assert "Nothing was corrected before that." in words(opened(reader, "/corrections?before=2000-01-01T00:00:00Z"))
    for before in ("zebra", "2026-01-01T00:00:00", "2026-01-01"):
        opened(reader, f"/corrections?before={before}", 404)


def corrected(room, kind: str = "update", note: str = "The year was wrong.", **edit) -> FactCheck:
    review = doubted(room, **edit or {"headline": "Prices did not double", "body": EDITED})
    draft = reviewing.at(review).draft
    workflow.publish_minor(review.pk, kind, draft_digest=draft.digest, public_note=note, actor=room.gwen)
    return review.fact_check


def test_a_correction_is_told_on_the_page_and_what_it_said_before_is_kept_beside_it(room, reader):
    public = corrected(room)
    first, second = (documents.read(each.content) for each in public.revisions.all())
    page = opened(reader, path_of(public))
    assert page.xpath("//h1/text()") == ["Prices did not double"]
    [versions] = page.xpath("//section[@class='versions']")
    told = [words(item) for item in versions.xpath(".//li")]
    assert [each.partition(",")[0] for each in told] == ["Revision 2", "Revision 1"]
    assert "Updated: the headline and the text. The year was wrong." in told[0]
    assert versions.xpath(".//a/@href")[1] == f"{path_of(public)}/revisions/1"
    assert json.loads(page.xpath("//script")[0].text)["correction"][0]["text"] == "The year was wrong."
    # The one before says that it is.
    past = opened(reader, f"{path_of(public)}/revisions/1")
    assert past.xpath("//h1/text()") == [first.headline]
    assert "This is an earlier version, which no longer stands." in words(past)
    assert past.xpath("//p[@class='notice']/a/@href") == [path_of(public)]
    assert past.xpath("//meta[@name='robots']/@content") == ["noindex"]
    assert past.xpath("//link[@rel='canonical']/@href") == [second.url]
    assert past.xpath("//script") == []


def test_every_correction_stands_with_what_it_said_before_and_says_now(room, reader):
    public = corrected(room)
    slip = corrected(room, "typo", "", body="The body, spelled rightly.")
    again = verified_again(room, "true")
    workflow.publish(again.pk, public_note="The bank found an error in its tables.", actor=room.gwen)
    page = opened(reader, "/corrections")
    assert page.xpath("//li//h2/a/@href") == [path_of(each) for each in (again.fact_check, slip, public)]
    checked, mended, updated = (words(item) for item in page.xpath("//main/ol/li"))
    assert checked.startswith("Checked again")
    assert "RatingBefore FalseNow True" in checked
    assert "The bank found an error in its tables." in checked
    assert mended.startswith("A slip was mended")
    assert "Before" not in mended
    assert "Changed: the text." in mended
    assert updated.startswith("Updated")
    assert "The year was wrong." in updated
    assert page.xpath("//li[3]//del/text()") == ["The headline."]
    assert page.xpath("//li[3]//ins/text()") == ["Prices did not double"]
    for link in page.xpath("//main//li//p/a/@href"):
        opened(reader, link)


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({}, []),
        ({"headline": "Other"}, [("Headline", DOCUMENT.headline, "Other")]),
        ({"rating__label": "True", "rating__explanation": "So."}, [("Rating", "False", "True"), ("Why", DOCUMENT.rating.explanation, "So.")]),
        ({"claim__speaker": None}, [("Said by", "Ann Example", "")]),
        ({"claim__text": "Rents.", "summary": "Short.", "body": "Long."}, [("Claim", DOCUMENT.claim.text, "Rents."), ("In short", DOCUMENT.summary, "Short.")]),
    ],
)  # fmt: skip
def test_what_is_short_stands_side_by_side_where_it_differs(changed, told):
    assert [(each.name, each.before, each.after) for each in differences(DOCUMENT, but(**changed))] == told


@pytest.mark.parametrize("stage", [Stage.COPY_EDIT, Stage.APPROVED])
def test_nothing_is_shown_of_a_review_that_is_not_published(room, reader, stage):
    review = reviewing.full_review(room, stage)
    assert "Nothing has been published yet." in words(opened(reader, "/fact-checks"))
    assert review.claim.text not in words(opened(reader, "/fact-checks"))
    assert "<url>" not in reader.get("/sitemap.xml").getvalue().decode()


def test_the_newest_stand_first_and_older_ones_a_page_further(room, reader, monkeypatch):
    monkeypatch.setattr("reviews.readers.PAGE_SIZE", 2)
    made = [published(room, f"Rents in street {number} doubled.") for number in range(5)]
    seen, path = [], "/fact-checks"
    while path:
        page = opened(reader, path)
        seen += page.xpath("//li//h2/a/@href")
        older = page.xpath("//a[@rel='next']/@href")
        path = f"/fact-checks{older[0]}" if older else ""
    assert seen == [path_of(public) for public in made[::-1]]
    assert PAGE_SIZE == 20
    assert "Nothing older was published." in words(
        opened(reader, "/fact-checks?before=00000000-0000-7000-8000-000000000000")
    )
    opened(reader, "/fact-checks?before=zebra", 404)


@pytest.mark.parametrize(
    "path", ["/fact-checks", "/fact-checks/{slug}", "/fact-checks/{slug}/revisions/1", "/sitemap.xml", "/robots.txt"]
)
def test_whoever_holds_a_page_already_is_told_so_and_everybody_may_keep_it(room, reader, path):
    address = path.format(slug=published(room).slug)
    first = reader.get(address)
    assert (first.status_code, first["Cache-Control"]) == (200, "public, no-cache")
    assert "Vary" not in first.headers
    assert not first.cookies
    again = reader.get(address, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    published(room, "Rents doubled in a year.")
    after = reader.get(address, headers={"If-None-Match": first["ETag"]})
    assert after.status_code == (200 if path in ("/fact-checks", "/sitemap.xml") else 304)


@pytest.mark.parametrize(
    ("path", "count"),
    [("/fact-checks", 1), ("/fact-checks/{slug}", 2), ("/fact-checks/{slug}/revisions/1", 2), ("/sitemap.xml", 4), ("/corrections", 4)],
)  # fmt: skip
def test_a_page_asks_as_often_however_much_there_is(room, reader, path, count, django_assert_num_queries):
    public = published(room)
    for text in ("Rents doubled in a year.", "Rents fell."):
        retracted(room, text)
    with django_assert_num_queries(count):
        assert reader.get(path.format(slug=public.slug)).getvalue()


def every_page(public: FactCheck) -> list[str]:
    """Of the tables of access, so that none is forgotten."""
    public_rows = [row for row, need in access.ROUTES.items() if row.startswith("* /") and need is ANYBODY]
    rows = [row.removeprefix("* ") for row in public_rows if "{rest}" not in row]
    _, secret = workflow.request_correction(public.pk, text=f"It is a {MARK}.", contact=f"{MARK}@reader.example")
    known = {
        "checks/{id}": f"checks/{public.slug}", "requests/{id}": f"requests/{secret}", "snapshots/{id}": f"snapshots/{kept_by(public)}", "{id}": "1",
    }  # fmt: skip
    return [reduce(lambda path, part: path.replace(*part), known.items(), row) for row in rows]


def test_nothing_that_the_desk_wrote_for_itself_and_no_key_of_its_rows_is_on_any_page(room, reader):
    review = marked_review(room)
    keys = keys_of_the_desk()
    assert str(review.pk) in keys
    pages = every_page(review.fact_check)
    assert len(pages) >= 8
    mark = {"note": f"It is a {MARK}."}

    def sweep() -> None:
        for path in pages:
            answer = reader.get(path)
            assert answer.status_code == 200, path
            told = answer.getvalue().decode() + str(answer.headers)
            assert MARK not in told, path
            assert not [key for key in keys if key in told or key.replace("-", "") in told], path

    sweep()
    workflow.open_revision(review.pk, actor=room.hal, **why(Action.OPEN_REVISION) | mark)
    sweep()
    workflow.propose_retraction(
        review.pk, actor=room.emil, **why(Action.PROPOSE_RETRACTION) | {"note": f"{MARK} {make.PUBLIC_REASON}"}
    )
    sweep()  # a proposal is nobody's business yet
    make.propose(room.emil, review)
    workflow.retract(review.pk, actor=room.gwen)
    sweep()


def hostile(room) -> FactCheck:
    """One whose claim, speaker, draft and evidence are all payloads."""
    payload = "\n\n".join(PAYLOADS)
    review = make.review(room, Stage.RESEARCH, text=payload[:2000], claimant=PAYLOADS[10])
    for n, stance in enumerate(("refutes", "supports", "context")):
        make.evidence(
            room,
            review,
            stance,
            f"{n} {PAYLOADS[n]}"[:100],
            title=PAYLOADS[n + 3],
            quotation=payload[:3000],
            locator=PAYLOADS[n],
            publisher=PAYLOADS[n + 7],
        )
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.edit_draft(
        review.pk, {"headline": PAYLOADS[2], "summary": payload[:5000], "body": payload}, actor=room.finn
    )
    workflow.submit_draft(review.pk, actor=room.finn)
    make.approve(room.emil, reviewing.at(review))
    workflow.publish(review.pk, actor=room.gwen)
    return reviewing.at(review).fact_check


def test_whatever_text_is_published_no_page_takes_it_for_its_own(room, reader):
    public = hostile(room)
    harmless = opened(reader, path_of(published(room)))
    for path in (path_of(public), "/fact-checks"):
        page = opened(reader, path)
        assert len(page.xpath("//script")) == (path != "/fact-checks")
        known = {element.tag for element in harmless.iter()} | {
            "ul",
            "li",
            "strong",
            "em",
            "code",
            "pre",
            "hr",
            "h3",
            "h4",
            "nav",
            "q",
            "br",
        }
        assert {element.tag for element in page.iter() if isinstance(element.tag, str)} <= known, path
        assert page.xpath("//@style | //style | //@*[starts-with(name(), 'on')]") == []
        hosts = {urlsplit(link).scheme for link in page.xpath("//a/@href") if not link.startswith(("/", "#", "?"))}
        assert hosts <= {"https", "http"}


@pytest.mark.parametrize(
    ("body", "html"),
    [
        ("One.\n\nTwo *here*, **there**.", "<p>One.</p>\n<p>Two <em>here</em>, <strong>there</strong>.</p>\n"),
        ("# Most\n\n### Less\n\n# Again", "<h3>Most</h3>\n<h4>Less</h4>\n<h3>Again</h3>\n"),
        ("###### Deep\n\n###### Deeper\n\n###### x\n\n###### y\n\n###### z", "<h3>Deep</h3>\n<h4>Deeper</h4>\n<h5>x</h5>\n<h6>y</h6>\n<h6>z</h6>\n"),
        ("[a](https://a.example/?b=1&c)", '<p><a href="https://a.example/?b=1&amp;c">a</a></p>\n'),
        ("[a](javascript:alert(1)) [b](/c) [d](//e.example) <mailto:f@g.example>", "<p>[a](javascript:alert(1)) [b](/c) [d](//e.example) &lt;mailto:f@g.example&gt;</p>\n"),
        ("![a](https://a.example/b.png)", '<p>!<a href="https://a.example/b.png">a</a></p>\n'),
        ("<b onclick=x>a</b>\n\n<script>\nx\n</script>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>\n<p>&lt;script&gt;\nx\n&lt;/script&gt;</p>\n"),
        ("a & b < c > \"d\" &amp; &lt;", "<p>a &amp; b &lt; c &gt; &quot;d&quot; &amp; &lt;</p>\n"),
        ("", ""),
    ],
)  # fmt: skip
def test_a_body_is_formatted_and_does_nothing(body, html):
    assert markup.html(body) == html


def test_the_sitemap_names_every_page_once_with_its_last_change(room, reader, monkeypatch):
    made = [published(room, f"Rents in street {number} doubled.") for number in range(5)]
    listed = [
        f"<url><loc>{documents.read(public.revisions.get().content).url}</loc><lastmod>{documents.in_utc(public.changed_at)}</lastmod></url>"
        for public in made
    ]
    whole = reader.get("/sitemap.xml")
    assert whole["Content-Type"] == "application/xml"
    assert whole.getvalue().decode().splitlines()[2:-1] == listed
    # More than one file may hold.
    for module in ("reviews.readers", "reviews.publication.sitemap"):
        monkeypatch.setattr(f"{module}.MAX_ADDRESSES", 2)
    monkeypatch.setattr("reviews.readers.BATCH", 1)
    index = lxml.html.fromstring(reader.get("/sitemap.xml").content)
    places = [place.text for place in index.iter("loc")]
    assert places == [f"http://testserver/sitemap-{number}.xml" for number in (1, 2, 3)]
    parts = [reader.get(place).getvalue().decode().splitlines()[2:-1] for place in places]
    assert parts == [listed[:2], listed[2:4], listed[4:]]
    for number in (0, 4, 10**20):
        assert reader.get(f"/sitemap-{number}.xml").status_code == 404
    assert sitemap.MAX_ADDRESSES == 2


# How we work


def test_every_stage_is_told_in_a_sentence(reader):
    assert list(method.STEPS) == list(Stage)
    told = words(opened(reader, "/methodology"))
    assert [stage for stage, sentence in method.STEPS.items() if sentence not in told] == []
    assert "Nothing has been published yet." in told


def test_the_rules_and_ratings_are_those_of_the_desks_that_have_published(room, reader):
    published(room)
    make.desk("A desk that is still silent")
    Desk.objects.filter(pk=room.desk.pk).update(publisher_name="Example <b>Desk</b>")
    page = opened(reader, "/methodology")
    told = words(page)
    assert page.xpath("//h2/text()") == ["From a claim to a fact-check", "Example <b>Desk</b>", "How far we agree"]
    assert (
        "2 people rate each claim, 3 where much depends on it. Whoever collected the evidence is none of them." in told
    )
    assert "at least 2 independent origins" in told
    assert "There is evidence for and against the claim" in told
    assert "has 3 days to reply" in told
    assert "may be changed once." in told
    for point in make.POINTS:
        place = f"{point['rank']} on the scale" if point["rank"] else "on no scale"
        assert f"{point['label']}{place}" in told


def test_agreement_is_told_with_its_number_and_not_at_all_of_a_few(
    room, reader, monkeypatch, django_assert_num_queries
):
    for text, verdicts in (("Rents fell.", ("false", "false")), ("Rents rose.", ("true", "true"))):
        published(room, text, verdicts=verdicts)
    told = words(opened(reader, "/methodology"))
    assert "Same ratingNot told: fewer than 20 claims say nothing (claims: 2, pairs: 2)" in told
    monkeypatch.setattr("reviews.agreement.MIN_UNITS", 2)
    with django_assert_num_queries(2):
        told = words(opened(reader, "/methodology"))
    assert "Same rating100% of pairs (claims: 2, pairs: 2)" in told
    assert "Beyond chance1.00 (Krippendorff's alpha for ranks; claims: 2)" in told
    make.review(room, Stage.DISCUSSION, text="Wages fell.")  # of which nothing is public
    assert words(opened(reader, "/methodology")) == told


def test_robots_are_led_to_the_sitemap_and_away_from_the_desk(reader):
    told = reader.get("/robots.txt").content.decode()
    assert told.splitlines() == [
        "User-agent: *", "Allow: /api/v1/public/", "Disallow: /api/", "Disallow: /admin/", "", "Sitemap: http://testserver/sitemap.xml",
    ]  # fmt: skip
