"""The desk in Django's admin: what it shows, what it lets whom do, and that nothing gets round the verbs."""

from __future__ import annotations

import html
import math
from uuid import uuid4

import pytest
import re2
from django.contrib.admin.sites import site
from django.db import connection
from django.template.defaultfilters import floatformat
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from claims import pipeline
from claims.admin.highlighting import Piece, paragraphs
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun, ImportRun
from claims.sources.base import BadRow, Place
from claims.triage import REASON_LABELS, TRANSITIONS, TriageAction
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job, JobState
from reviews.models import Desk, Review
from tests import make

TEXT = (
    "Prices doubled in a year, the central bank said on Monday.\n\n"
    "Exports fell by 40 per cent to 3.2 million tonnes in 2023, according to Reuters."
)
CLAIMS = "/admin/claims/claim/"
ARTICLES = "/admin/claims/article/"
JOBS = "/admin/factcheck/job/"


def person(name: str, *roles: str, **fields: object) -> Client:
    """A signed-in browser of somebody who may open the desk."""
    user = make.user(name, *roles, is_staff=True, **fields)
    if not user.is_staff:
        User.objects.filter(pk=user.pk).update(is_staff=True)
    client = Client()
    client.force_login(User.objects.get(pk=user.pk))
    return client


@pytest.fixture
def ada(db) -> Client:
    return person("ada", "importer", "triager")


@pytest.fixture
def audrey(db) -> Client:
    return person("audrey", "auditor")


def page_of(row: object) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])  # type: ignore[attr-defined]


def text_of(fragment: str) -> str:
    return html.unescape(re2.sub(r"<[^>]*>", "", fragment))


def body(response) -> str:
    return response.content.decode()


def words_of(response) -> str:
    return " ".join(text_of(body(response)).split())


def ticked(*claims: Claim, **fields: object) -> dict[str, object]:
    """The list's form with these rows ticked, as the list showed them."""
    versions = {f"version-{claim.pk}": claim.version for claim in claims}
    return {"index": "0", "_selected_action": [str(claim.pk) for claim in claims], **versions, **fields}


def said(client: Client, response) -> str:
    """The messages on the page after a redirect."""
    assert response.status_code == 302, body(response)
    return text_of(body(client.get(response["Location"])))


def rows() -> dict[str, object]:
    """Everything editorial, to show that nothing moved."""
    return {
        model.__name__: sorted(model.objects.values_list(), key=str)
        for model in (Article, ArticleVersion, Claim, Appearance)
    }


def extracted(text: str = TEXT, **fields: object) -> Article:
    article = make.article(text, **fields)
    assert jobs.work("test") is True
    return article


# Claims in their text (plain values)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], [Piece("abcdef")]),
        ([(0, 6)], [Piece("abcdef", (0,), (0,))]),
        ([(0, 6), (2, 4)], [Piece("ab", (0,), (0,)), Piece("cd", (0, 1), (1,)), Piece("ef", (0,))]),
        ([(2, 4), (0, 6)], [Piece("ab", (1,), (1,)), Piece("cd", (1, 0), (0,)), Piece("ef", (1,))]),
        ([(0, 4), (2, 6)], [Piece("ab", (0,), (0,)), Piece("cd", (0, 1), (1,)), Piece("ef", (1,))]),
        ([(1, 3), (1, 3)], [Piece("a"), Piece("bc", (0, 1), (0, 1)), Piece("def")]),
        ([(0, 3), (3, 6)], [Piece("abc", (0,), (0,)), Piece("def", (1,), (1,))]),
    ],
)
def test_pieces_lie_in_the_same_claims_with_the_shortest_innermost(spans, expected):
    assert paragraphs("abcdef", spans) == [expected]


def test_a_claim_over_two_paragraphs_is_marked_in_both_and_opens_once():
    assert paragraphs("one\n\n\ntwo\nlines", [(0, 9)]) == [
        [Piece("one", (0,), (0,))],
        [Piece("two", (0,)), Piece("\nlines")],
    ]


def test_a_claim_that_begins_between_paragraphs_opens_in_the_next():
    assert paragraphs("one\n\ntwo", [(4, 8)]) == [[Piece("one")], [Piece("two", (0,), (0,))]]


def test_offsets_count_code_points():
    assert paragraphs("😀é x", [(1, 2)]) == [[Piece("😀"), Piece("é", (0,), (0,)), Piece(" x")]]


# The article page


def shown_text(response) -> str:
    article = body(response).split('<article class="article-text"')[1].split(">", 1)[1].split("</article>")[0]
    without_numbers = re2.sub(r'<a class="place[^>]*>\d+</a>', "", article)
    return "\n\n".join(text_of(part.split("</p>")[0]) for part in without_numbers.split("<p>")[1:])


def test_an_article_shows_its_text_unchanged_with_its_claims_marked(ada):
    article = extracted()
    response = ada.get(page_of(article))
    assert shown_text(response) == TEXT
    for appearance in Appearance.objects.all():
        assert f'id="at-{appearance.pk}"' in body(response)
        assert f'<li id="claim-{appearance.claim_id}"' in body(response)
    marked = [text_of(part.split("</mark>")[0].split(">", 1)[1]) for part in body(response).split("<mark")[1:]]
    assert marked == [a.quotation for a in Appearance.objects.order_by("start")]


def test_claims_beside_the_text_are_ordered_by_check_worthiness(ada):
    article = extracted()
    response = ada.get(page_of(article))
    places = [body(response).index(f'id="claim-{claim.pk}"') for claim in Claim.objects.order_by("-check_worthiness")]
    assert len(places) >= 2
    assert places == sorted(places)


def test_a_claim_that_is_asked_for_is_emphasised_and_only_that_one(ada):
    article = extracted()
    claim = Claim.objects.earliest("check_worthiness")
    text = body(ada.get(page_of(article), {"claim": str(claim.pk)}))
    assert text.count("focused") == 3  # its number, its words, its entry
    assert f'<li id="claim-{claim.pk}" class="focused" aria-current="true">' in text


def test_markup_in_an_article_is_text(ada):
    words = '<script>alert(1)</script> <b>Prices</b> & "rents" doubled.'
    article = make.article(words, title="<script>alert(2)</script>")
    version = article.versions.get()
    make.claim("<img src=x>", version_id=version.pk, start=3, end=len(words))
    response = ada.get(page_of(article))
    assert shown_text(response) == words
    assert "<script>alert" not in body(response)
    assert "<img src=x" not in body(response)


def test_nested_and_overlapping_claims_leave_the_text_as_it_is(ada):
    article = make.article("😀 Alpha beta gamma delta.\n\nEpsilon zeta.")
    version = article.versions.get()
    for start, end in ((2, 25), (8, 12), (10, 20), (18, 34), (8, 12)):
        make.claim(version_id=version.pk, start=start, end=end, text=f"{start} to {end}")
    response = ada.get(page_of(article))
    assert shown_text(response) == version.text
    assert body(response).count('<a class="place') == 5


def test_an_older_version_is_shown_when_asked_for(ada):
    article = make.article("The first text.", url="https://example.org/a")
    make.article("The second text.", url="https://example.org/a")
    assert shown_text(ada.get(page_of(article))) == "The second text."
    assert shown_text(ada.get(page_of(article), {"version": "1"})) == "The first text."
    assert ada.get(page_of(article), {"version": "3"}).status_code == 404


def test_an_address_that_is_no_web_address_is_not_linked(ada):
    # No verb stores such an address; a row that came into the database in another way might hold one.
    article = Article.objects.create(canonical_url="javascript:alert(1)", identity="0" * 64)
    real = make.article("Some text.").versions.get()
    ArticleVersion.objects.create(
        article=article, number=1, text=real.text, text_sha256=real.text_sha256, text_fingerprint="0" * 64,
        length=real.length, fetched_at=real.fetched_at,
    )  # fmt: skip
    text = body(ada.get(page_of(article)))
    assert "javascript:alert(1)" in text_of(text)
    assert 'href="javascript' not in text


def test_extract_again_asks_the_verb(ada):
    article = extracted()
    version = article.versions.get()
    address = reverse("admin:claims_article_extract_again", args=[article.pk])
    answer = ada.post(address, {"version": str(version.pk)})
    assert "has read version 1 already: nothing changed" in said(ada, answer)
    ExtractionRun.objects.update(status="failed")
    Job.objects.all().delete()
    answer = ada.post(address, {"version": str(version.pk)})
    assert "Version 1 is queued for extraction." in said(ada, answer)
    assert Job.objects.get(kind="extract").state == JobState.QUEUED
    assert ada.get(address).status_code == 405
    assert ada.post(address, {"version": "x"}).status_code == 400
    assert ada.post(address, {"version": str(uuid4())}).status_code == 404


def test_an_auditor_cannot_extract_again(audrey):
    article = extracted()
    ExtractionRun.objects.update(status="failed")
    Job.objects.all().delete()
    answer = audrey.post(
        reverse("admin:claims_article_extract_again", args=[article.pk]), {"version": str(article.versions.get().pk)}
    )
    assert answer.status_code == 403
    assert "This needs the role triager" in body(answer)
    assert not Job.objects.exists()


@pytest.mark.parametrize("name", ["ada", "root"])
def test_no_form_edits_or_deletes_articles(name, db):
    client = person(name, "triager", is_superuser=name == "root")
    article = extracted()
    before = rows()
    for address in (page_of(article), f"{ARTICLES}add/", f"{ARTICLES}{article.pk}/delete/", ARTICLES):
        answer = client.post(
            address, {"title": "x", "post": "yes", "action": "delete_selected", "_selected_action": str(article.pk)}
        )
        assert answer.status_code == 403, address
    assert rows() == before
    assert not re2.search(r'name="(title|byline|canonical_url)"', body(client.get(page_of(article))))


def test_the_article_list_counts_claims_by_status_and_finds_words_of_titles(ada):
    extracted(title="Prices double", outlet="Example Wire")
    make.article("Another text.", title="Rents fall", outlet="Other Post")
    first, second = Claim.objects.order_by("id")[:2]
    pipeline.triage(first.pk, TriageAction.ACCEPT, actor=make.user("ada"))
    text = body(ada.get(ARTICLES, {"q": "prices"}))
    assert "1 accepted" in text
    assert f"{Claim.objects.count() - 1} candidate" in text
    assert "Rents fall" not in text
    wire = Article.objects.get(title="Prices double").outlet_id
    text = body(ada.get(ARTICLES, {"outlet": str(wire)}))
    assert "Prices double" in text
    assert "Rents fall" not in text
    assert second.triage_status == "candidate"


def test_the_article_list_tells_why_no_claims_are_there(ada):
    def told() -> str:
        row = body(ada.get(ARTICLES)).split('class="field-claims_by_status"')[1].split("</td>")[0]
        return text_of(row.split(">", 1)[1]).strip()

    article = make.article("Nobody at the meeting asked about the weather.")
    assert told() == "waiting to be read"
    job = Job.objects.get(kind="extract")
    jobs.cancel(job.pk, actor=make.user("ada"))
    assert told() == "reading cancelled"
    jobs.retry(job.pk, actor=make.user("ada"))
    assert jobs.work("test") is True
    assert not Claim.objects.exists()
    assert told() == "read, nothing found"
    assert "read, nothing found" in body(ada.get(page_of(article)))
    ExtractionRun.objects.update(status="failed")
    assert told() == "could not be read"
    ExtractionRun.objects.all().delete()
    assert told() == "never queued"


def test_an_article_with_claims_says_that_its_newest_text_is_not_read_yet(ada):
    extracted(url="https://example.org/a")
    assert "waiting to be read" not in body(ada.get(ARTICLES))
    make.article("Another text altogether.", url="https://example.org/a")
    text = body(ada.get(ARTICLES))
    assert "candidate" in text
    assert "waiting to be read" in text


def test_an_article_without_a_title_is_called_by_its_first_words(ada):
    article = extracted("Rents\nin the city tripled in a year, the bank said on Monday. " + "More words. " * 30)
    for address in (
        ARTICLES,
        page_of(article),
        JOBS,
        "/admin/claims/extractionrun/",
        page_of(ExtractionRun.objects.get()),
    ):
        text = text_of(body(ada.get(address)))
        assert "“Rents in the city tripled in a year, the bank said on Monday." in text, address
        assert str(article.pk) not in text, address


# The claim list


def test_the_claim_list_leads_with_the_most_check_worthy_and_says_why(ada):
    extracted()
    by_hand = make.claim("Written by hand.")
    text = body(ada.get(CLAIMS))
    listed = [
        text.index(f'name="version-{claim.pk}"')
        for claim in Claim.objects.order_by("-check_worthiness", "-id").exclude(pk=by_hand.pk)
    ]
    assert listed == sorted(listed)
    assert text.index(f'name="version-{by_hand.pk}"') > listed[-1]
    best = Claim.objects.exclude(check_worthiness=None).latest("check_worthiness")
    for contribution in best.contributions:
        assert html.escape(contribution["name"]) in text


@pytest.mark.parametrize("order", ["2", "-2"])  # the column of the score
def test_a_claim_without_a_score_stands_last_in_either_order(ada, order):
    extracted()
    by_hand = make.claim("Written by hand.")
    text = body(ada.get(CLAIMS, {"o": order}))
    scored = Claim.objects.exclude(pk=by_hand.pk).order_by(("-" if order[0] == "-" else "") + "check_worthiness")
    listed = [text.index(f'name="version-{claim.pk}"') for claim in (*scored, by_hand)]
    assert listed == sorted(listed)


def test_a_long_list_is_counted_to_a_bound_and_every_row_is_reached_page_by_page(ada, monkeypatch):
    monkeypatch.setattr("factcheck.admin.base.COUNTED", 3)
    monkeypatch.setattr("factcheck.admin.base.RecordAdmin.list_per_page", 2)
    made = {str(make.claim(f"Rents rose {n} times.").pk) for n in range(5)}
    assert "Show all" not in body(ada.get(CLAIMS))
    seen, address = [], CLAIMS
    while address:
        text = body(ada.get(address))
        assert "More than 3 claims" in text
        assert text.index("More than 3 claims") < text.index('id="result_list"')
        seen += re2.findall(r'name="version-([^"]+)"', text)
        following = re2.findall(r'href="([^"]+)" rel="next"', text)
        address = f"{CLAIMS}{html.unescape(following[0])}" if following else ""
    assert (len(seen), set(seen)) == (5, made)
    assert "5 to 5" in text
    answer = ada.get(CLAIMS, {"p": "30"})
    assert answer.status_code == 200
    assert "Nothing stands this far down." in body(answer)


@pytest.mark.parametrize("page", ["0", "-1", "x", "99999999999999999999"])
def test_a_page_number_that_is_none_is_no_error(ada, page):
    make.claim()
    assert ada.get(CLAIMS, {"p": page}).status_code == 200


def test_the_claim_list_opens_on_candidates_and_is_one_click_from_all(ada):
    waiting, merged = make.claim("Rents tripled."), make.claim("Rents rose threefold.")
    pipeline.triage(merged.pk, TriageAction.MERGE, actor=make.user("ada"), reason="duplicate", into=waiting.pk)
    text = body(ada.get(CLAIMS))
    assert f'name="version-{waiting.pk}"' in text
    assert f'name="version-{merged.pk}"' not in text
    assert '<a href="?" aria-current="page">Candidate</a>' in text
    assert '<a href="?status=all">All</a>' in text
    text = body(ada.get(CLAIMS, {"status": "all"}))
    assert f'name="version-{merged.pk}"' in text
    assert '<a href="?status=all" aria-current="page">All</a>' in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status": "accepted"}, {"Rents tripled."}),
        ({"score": "none"}, {"Rents tripled.", "The sky is green."}),
        ({"score": "high"}, set()),
        ({"language": "none"}, {"Rents tripled.", "The sky is green."}),
        ({"kind__exact": "number"}, {"The sky is green."}),
        ({"has_number": "yes"}, {"Rents tripled."}),
        ({"has_number": "no"}, {"The sky is green."}),
        ({"outlet": "none"}, {"Rents tripled.", "The sky is green."}),
        ({"outlet": "nonsense"}, set()),
        ({"q": "sky green"}, {"The sky is green."}),
        ({"q": "-sky"}, {"Rents tripled."}),
        ({"q": "' | & !:*"}, set()),
        ({"q": "zebra or " * 15 + "sky"}, {"The sky is green."}),
        ({"q": "zebra or " * 400 + "sky"}, set()),  # seconds of a large table
    ],
)
def test_claims_are_filtered_and_searched(ada, query, found):
    rents = make.claim("Rents tripled.")
    pipeline.triage(rents.pk, TriageAction.ACCEPT, actor=make.user("ada"))
    make.claim("The sky is green.", kind="number")
    text = body(ada.get(CLAIMS, {"status": "all"} | query))
    assert {words for words in ("Rents tripled.", "The sky is green.") if f">{words}</a>" in text} == found


@pytest.mark.parametrize(
    "address",
    [
        CLAIMS,
        ARTICLES,
        JOBS,
        "/admin/claims/earlierfactcheck/",
        "/admin/claims/importrun/",
        "/admin/claims/extractionrun/",
        "/admin/",
    ],
)
def test_a_list_costs_the_same_queries_for_few_rows_and_for_many(ada, address):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert ada.get(address).status_code == 200
        return len(captured)

    extracted()
    few = queries()
    for n in range(12):
        extracted(f"Unemployment rose by {n + 3} per cent in 2022, the agency said.", outlet=f"Outlet {n}")
    assert queries() == few
    assert few <= 20


def test_a_page_costs_at_most_twenty_queries(ada):
    article = extracted()
    claim = Claim.objects.earliest("id")
    for row in (article, claim, ExtractionRun.objects.get(), Job.objects.get(kind="extract")):
        with CaptureQueriesContext(connection) as captured:
            assert ada.get(page_of(row)).status_code == 200
        assert len(captured) <= 20, row


def test_a_list_never_counts_the_whole_table(ada):
    make.claim()
    with CaptureQueriesContext(connection) as captured:
        ada.get(CLAIMS)
    counting = [query["sql"] for query in captured if "COUNT(" in query["sql"].upper()]
    assert counting
    assert all("LIMIT 1001" in sql for sql in counting), counting


# Triage


def test_an_action_first_says_what_it_will_do_and_changes_nothing(ada):
    ready = make.claim("Rents tripled.")
    done = make.claim("Prices doubled.")
    done = pipeline.triage(done.pk, TriageAction.ACCEPT, actor=make.user("ada"))
    before = rows()
    text = text_of(body(ada.post(CLAIMS, ticked(ready, done, action="reject"))))
    assert "1 of 2 claims will become rejected." in " ".join(text.split())
    assert "It is accepted; this takes one that is candidate." in text
    for transition in TRANSITIONS:
        for reason in transition.reasons:
            assert (REASON_LABELS[reason] in text) == (reason in TRANSITIONS[1].reasons)
    assert rows() == before


@pytest.mark.parametrize("name", ["accept", "reject", "defer", "restore", "unmerge"])
def test_each_action_of_the_table_goes_through_its_verb(ada, name):
    actor = make.user("ada")
    claim, target = make.claim("Rents tripled."), make.claim("Rents rose threefold.")
    if name == "restore":
        claim = pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=actor)
    if name == "unmerge":
        claim = pipeline.triage(claim.pk, TriageAction.MERGE, actor=actor, reason="duplicate", into=target.pk)
    reason = {"reject": "opinion", "defer": "no_capacity"}.get(name, "")
    answer = ada.post(CLAIMS, ticked(claim, action=name, confirm="1", reason=reason, note="Because.", risk="high"))
    seen = claim.version
    claim.refresh_from_db()
    expected = {"accept": "accepted", "reject": "rejected", "defer": "deferred"}.get(name, "candidate")
    assert (claim.triage_status, claim.triage_reason, claim.triage_note) == (expected, reason, "Because.")
    assert (claim.triaged_by, claim.version) == (actor, seen + 1)
    assert claim.risk == ("high" if name == "accept" else "normal")
    assert f"now {expected}.Rents tripled." in said(ada, answer)


def test_a_merge_offers_claims_of_the_same_article_and_finds_others_by_words(ada):
    article = make.article("Rents tripled. Rents rose threefold.")
    version = article.versions.get()
    claim = make.claim(version_id=version.pk, start=0, end=14)
    sibling = make.claim(version_id=version.pk, start=15, end=36)
    stranger = make.claim("House prices tripled elsewhere.")
    text = body(ada.post(CLAIMS, ticked(claim, action="merge")))
    assert f'value="{sibling.pk}"' in text
    assert f'value="{stranger.pk}"' not in text
    text = body(ada.post(CLAIMS, ticked(claim, action="merge", look="1", find="elsewhere")))
    assert f'value="{stranger.pk}"' in text
    ada.post(
        CLAIMS,
        ticked(claim, action="merge", confirm="1", into=str(sibling.pk), into_id="", reason="duplicate", note=""),
    )
    claim.refresh_from_db()
    assert (claim.triage_status, claim.merged_into) == ("merged", sibling)


def test_a_merge_takes_the_address_of_a_claims_page(ada):
    claim, target = make.claim("Rents tripled."), make.claim("Rents rose threefold.")
    address = f"http://testserver{page_of(target)}?x=1"
    ada.post(CLAIMS, ticked(claim, action="merge", confirm="1", into_id=address, reason="duplicate"))
    claim.refresh_from_db()
    assert claim.merged_into == target


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"action": "reject"}, "Choose one of these reasons."),
        ({"action": "reject", "reason": "no_capacity"}, "Select a valid choice"),
        ({"action": "reject", "reason": "other"}, "Say what the other reason is."),
        ({"action": "merge", "reason": "duplicate"}, "Name the claim to merge into."),
        ({"action": "merge", "reason": "duplicate", "into_id": "nonsense"}, "neither an id nor the address"),
        (
            {"action": "merge", "reason": "duplicate", "into_id": "00000000-0000-7000-8000-000000000000"},
            "There is no such claim.",
        ),
        ({"action": "accept", "risk": "huge"}, "Select a valid choice"),
    ],
)
def test_what_the_table_asks_for_is_asked_for_and_nothing_happens_without(ada, fields, words):
    claim = make.claim()
    before = rows()
    answer = ada.post(CLAIMS, ticked(claim, confirm="1", note="", **fields))
    assert answer.status_code == 200
    assert words in text_of(body(answer))
    assert rows() == before


def test_a_claim_that_changed_since_the_list_was_shown_is_named_and_left_alone(ada):
    stale, fresh = make.claim("Rents tripled."), make.claim("Prices doubled.")
    seen = ticked(stale, fresh, action="accept")
    pipeline.edit_claim(stale.pk, {"text": "Rents tripled in May."}, actor=make.user("kim", "triager"))
    confirm = text_of(body(ada.post(CLAIMS, seen)))
    assert "You saw version 1; kim changed it since" in confirm
    told = said(ada, ada.post(CLAIMS, seen | {"confirm": "1", "note": ""}))
    assert "Accept: now accepted.Prices doubled." in told
    assert "nothing was changed forRents tripled in May. You saw version 1; kim changed it since" in told
    stale.refresh_from_db()
    fresh.refresh_from_db()
    assert (stale.triage_status, stale.version) == ("candidate", 2)
    assert fresh.triage_status == "accepted"


def test_a_confirmation_without_the_versions_that_were_shown_is_asked_again(ada):
    claim = make.claim()
    answer = ada.post(CLAIMS, {"index": "0", "action": "accept", "_selected_action": str(claim.pk), "confirm": "1"})
    assert answer.status_code == 200
    claim.refresh_from_db()
    assert claim.triage_status == "candidate"


def test_selecting_all_across_pages_acts_on_the_ticked_rows_only(ada):
    ticked_one, other = make.claim("Rents tripled."), make.claim("Prices doubled.")
    ada.post(CLAIMS, ticked(ticked_one, action="accept", confirm="1", select_across="1", note=""))
    other.refresh_from_db()
    assert other.triage_status == "candidate"
    assert Claim.objects.filter(triage_status="accepted").get() == ticked_one


def test_an_id_that_is_none_is_refused(ada):
    assert ada.post(CLAIMS, {"index": "0", "action": "accept", "_selected_action": "1 or 1=1"}).status_code == 400
    told = said(ada, ada.post(CLAIMS, ticked(Claim(text="x"), action="accept", confirm="1", note="")))
    assert "There is no such claim." in told


@pytest.mark.parametrize("role", ["auditor", "importer", "reviewer", "editor", "admin"])
def test_who_may_not_triage_sees_no_action_and_a_forged_one_changes_nothing(role, db):
    client = person("zoe", role)
    claim = make.claim("Rents tripled.")
    before = rows()
    for address in (CLAIMS, page_of(claim)):
        shown = body(client.get(address))
        assert "Rents tripled." in shown
        assert 'name="action"' not in shown
        assert "<textarea" not in shown
    for address, fields in (
        (CLAIMS, ticked(claim, action="accept", confirm="1", note="")),
        (CLAIMS, {"triage_status": "accepted", "_save": "1", "form-TOTAL_FORMS": "1"}),
        (page_of(claim), {"text": "Mine.", "kind": "statement", "claimant": "", "version": "1"}),
        (f"{CLAIMS}add/", {"text": "Mine.", "kind": "statement"}),
        (f"{CLAIMS}{claim.pk}/delete/", {"post": "yes"}),
    ):
        answer = client.post(address, fields)
        assert answer.status_code == 403, address
        if "delete" not in address:
            assert "This needs the role triager" in body(answer), address
    assert rows() == before


def test_model_permissions_ticked_by_hand_give_nothing(audrey):
    from django.contrib.auth.models import Permission

    user = make.user("audrey")
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="claims"))
    claim = make.claim()
    answer = audrey.post(CLAIMS, ticked(claim, action="accept", confirm="1", note=""))
    assert answer.status_code == 403
    claim.refresh_from_db()
    assert claim.triage_status == "candidate"


def test_somebody_without_any_role_sees_nothing(db):
    client = person("nobody")
    claim = make.claim("Rents tripled.")
    for address in (CLAIMS, page_of(claim), ARTICLES, JOBS):
        answer = client.get(address)
        assert answer.status_code == 403
        assert "Rents tripled." not in body(answer)
    assert "Claims" not in body(client.get("/admin/"))


# A claim's page


def edit(claim: Claim, **fields: object) -> dict[str, object]:
    return {"text": claim.text, "kind": claim.kind, "claimant": claim.claimant, "version": claim.version} | fields


def test_a_claims_reasons_add_up_to_its_score(ada):
    extracted()
    claim = Claim.objects.latest("check_worthiness")
    total = math.fsum(part["weight"] for part in claim.contributions)
    assert claim.check_worthiness == pytest.approx(1 / (1 + math.exp(-total)), abs=1e-9)
    text = text_of(body(ada.get(page_of(claim))))
    assert f"Sum{floatformat(total, '3u')}" in text
    assert floatformat(claim.check_worthiness, "3u") in text
    for part in claim.contributions:
        assert f"{'+' if part['weight'] >= 0 else '−'}{floatformat(abs(part['weight']), '3u')}" in text


def test_a_claims_page_shows_where_it_stands_with_the_words_around(ada):
    article = make.article("x" * 300 + " Rents tripled. " + "y" * 300, title="A title")
    claim = make.claim(version_id=article.versions.get().pk, start=301, end=315)
    text = body(ada.get(page_of(claim)))
    assert f"…{'x' * 159} <mark>Rents tripled.</mark> {'y' * 159}…" in text
    place = claim.appearances.get()
    assert f'href="{page_of(article)}?version=1&amp;claim={claim.pk}#at-{place.pk}"' in text


def test_an_edit_goes_through_the_verb(ada):
    claim = make.claim("Rents tripled.")
    answer = ada.post(page_of(claim), edit(claim, text="Rents tripled in May.", claimant="The bank", kind="change"))
    assert "Saved as revision 2." in said(ada, answer)
    claim.refresh_from_db()
    assert (claim.text, claim.claimant, claim.kind) == ("Rents tripled in May.", "The bank", "change")
    assert (claim.revision, claim.version, claim.updated_by) == (2, 2, make.user("ada"))


def test_saving_an_untouched_text_of_two_lines_changes_nothing(ada):
    claim = make.claim("Rents tripled,\nthe bank said.")
    before = rows()
    answer = ada.post(page_of(claim), edit(claim, text=claim.text.replace("\n", "\r\n")))
    assert "Nothing was changed." in said(ada, answer)
    assert rows() == before


def test_a_stale_edit_is_refused_and_what_was_typed_stays_in_the_form(ada):
    claim = make.claim("Rents tripled.")
    pipeline.edit_claim(claim.pk, {"text": "Theirs."}, actor=make.user("kim", "triager"))
    before = rows()
    answer = ada.post(page_of(claim), edit(claim, text="Mine, at length.", claimant="Me"))
    assert answer.status_code == 409
    assert rows() == before
    text = body(answer)
    assert "kim saved version 2" in text
    assert "Mine, at length.</textarea>" in text
    assert 'value="Me"' in text
    assert "Theirs." in text_of(text)
    # Saving again without having chosen is refused again; choosing to save over theirs is not.
    assert ada.post(page_of(claim), edit(claim, text="Mine, at length.")).status_code == 409
    assert '<button class="button default" name="version" value="2">' in text
    ada.post(page_of(claim), edit(claim, text="Mine, at length.", version=["1", "2"]))
    claim.refresh_from_db()
    assert (claim.text, claim.version) == ("Mine, at length.", 3)


def test_what_somebody_else_alone_has_changed_of_a_claim_stands_in_the_form_that_came_too_late(ada):
    claim = make.claim("Rents tripled.")
    page = body(ada.get(page_of(claim)))
    bases = dict(re2.findall(r'name="(base-[a-z]+)" value="([^"]*)"', page))
    assert bases == {"base-text": "Rents tripled.", "base-kind": "statement", "base-claimant": ""}
    pipeline.edit_claim(claim.pk, {"claimant": "The bank"}, actor=make.user("kim", "triager"))
    answer = ada.post(page_of(claim), edit(claim, text="Rents tripled in May.") | bases)
    assert answer.status_code == 409
    assert "Claimant changed by them alone" in words_of(answer)
    assert "Text changed by you alone" in words_of(answer)
    assert 'value="The bank"' in body(answer)


def test_forged_fields_of_a_claim_change_nothing(ada):
    claim = make.claim("Rents tripled.")
    before = rows()
    forged = {
        "triage_status": "accepted",
        "check_worthiness": "1",
        "risk": "high",
        "revision": "9",
        "is_manual": "",
        "merged_into": "",
    }
    ada.post(page_of(claim), edit(claim, **forged))
    assert rows() == before
    for version in ("", "x", "0", "99"):
        assert ada.post(page_of(claim), edit(claim, text="Mine.", version=version)).status_code in (200, 409)
    assert rows() == before


@pytest.mark.parametrize(
    ("fields", "words"), [({"text": "  "}, "This field is required."), ({"kind": "verdict"}, "Select a valid choice")]
)
def test_a_claim_is_not_saved_without_a_text_or_with_an_unknown_kind(ada, fields, words):
    claim = make.claim("Rents tripled.")
    before = rows()
    assert words in body(ada.post(page_of(claim), edit(claim, **fields)))
    assert rows() == before


def test_a_merged_claim_cannot_be_edited_and_what_was_typed_stays(ada):
    claim, target = make.claim("Rents tripled."), make.claim("Rents rose threefold.")
    claim = pipeline.triage(claim.pk, TriageAction.MERGE, actor=make.user("ada"), reason="duplicate", into=target.pk)
    text = body(ada.post(page_of(claim), edit(claim, text="Mine.")))
    assert "A claim that is merged cannot be edited." in text
    assert "Mine.</textarea>" in text
    assert "<textarea" not in body(ada.get(page_of(claim)))


def test_a_claim_is_added_in_free_words(ada):
    answer = ada.post(f"{CLAIMS}add/", {"text": " Rents tripled. ", "kind": "change", "claimant": "The bank"})
    claim = Claim.objects.get()
    assert answer["Location"] == page_of(claim)
    assert (claim.text, claim.kind, claim.claimant, claim.is_manual) == ("Rents tripled.", "change", "The bank", True)
    assert claim.updated_by == make.user("ada")
    assert ada.post(f"{CLAIMS}add/", {"text": " ", "kind": "change"}).status_code == 200
    assert Claim.objects.count() == 1


def test_an_action_taken_on_a_claims_page_leads_back_to_it(ada):
    claim = make.claim()
    assert f'name="back" value="{page_of(claim)}"' in body(ada.get(page_of(claim)))
    answer = ada.post(CLAIMS, ticked(claim, action="accept", confirm="1", note="", back=page_of(claim)))
    assert answer["Location"] == page_of(claim)


def test_claims_are_triaged_from_their_article_and_the_way_back_is_kept(ada):
    article = extracted()
    claim = Claim.objects.latest("check_worthiness")
    back = f"{page_of(article)}?version=1#claim-{claim.pk}"
    entry = body(ada.get(page_of(article))).split(f'<li id="claim-{claim.pk}"')[1].split("</li>")[0]
    assert f'name="back" value="{back}"' in entry
    assert f'name="version-{claim.pk}" value="1"' in entry
    assert re2.findall(r'name="action" value="(\w+)"', entry) == ["accept", "reject", "defer", "merge"]
    confirm = body(ada.post(CLAIMS, ticked(claim, action="accept", back=back)))
    assert f'name="back" value="{back}"' in confirm
    answer = ada.post(CLAIMS, ticked(claim, action="accept", confirm="1", note="", back=back))
    assert answer["Location"] == back
    entry = body(ada.get(page_of(article))).split(f'<li id="claim-{claim.pk}"')[1].split("</li>")[0]
    assert re2.findall(r'name="action" value="(\w+)"', entry) == ["restore"]


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example/admin/", "//elsewhere.example/admin/", "/admin\\\\elsewhere", "/api/"]
)
def test_an_action_leads_back_to_no_place_but_this_admin(ada, back):
    claim = make.claim()
    answer = ada.post(CLAIMS, ticked(claim, action="accept", confirm="1", note="", back=back))
    assert answer["Location"] == CLAIMS


def test_an_auditor_sees_no_triage_buttons_in_an_article(audrey):
    assert 'name="action"' not in body(audrey.get(page_of(extracted())))


# Runs, jobs, workers


def test_an_import_run_shows_its_failed_rows_by_place_and_in_pages(audrey):
    run = pipeline.start_run("feeds/a.jsonl", {"format": "jsonl"}, started_by=make.user("ada", "importer"))
    bad = [
        BadRow(Place("feeds/a.jsonl", n, n * 10, b'{"text": "<b>"}'), "text", "empty_text", f"Row {n} is empty.")
        for n in range(1, 61)
    ]
    pipeline.land_batch(bad, run=run)
    pipeline.finish_run(run)
    text = text_of(body(audrey.get(page_of(run))))
    assert "feeds/a.jsonl:1textempty_textRow 1 is empty." in " ".join(text.split()).replace(" <", "<").replace(
        "> ", ">"
    )
    assert "Row 50 is empty." in text
    assert "Row 51 is empty." not in text
    assert "Page 1 of 2" in text
    second = text_of(body(audrey.get(page_of(run), {"page": "2"})))
    assert "Row 60 is empty." in second
    assert "Row 50 is empty." not in second


def test_a_run_that_refused_rows_says_so_and_offers_them_to_be_mended(audrey):
    options = {
        "format": "auto",
        "map": {},
        "sources": ["-"],
        "folder": "/data",
        "outlet": "",
        "on_duplicate": "version",
    }
    run = pipeline.start_run("-", options, started_by=make.user("ada", "importer"))
    bad = [BadRow(Place("-", n, n * 10, b'{"text": ""}', {"text": ""}), "text", "empty_text", "Empty.") for n in (1, 2)]
    pipeline.land_batch(
        [make.draft("A text."), *bad], run=run, checkpoint={"head_digest": "abc", "offset": 9, "number": 0}
    )
    pipeline.finish_run(run)
    for address in ("/admin/claims/importrun/", page_of(run)):
        text = " ".join(text_of(body(audrey.get(address))).split())
        assert "done, 2 rows failed" in text
        assert "standard input" in text
        for internal in ("head_digest", "offset", "['", "{}", "on_duplicate"):
            assert internal not in text
    address = reverse("admin:claims_importrun_failed_rows", args=[run.pk])
    assert f'href="{address}"' in body(audrey.get(page_of(run)))
    answer = audrey.get(address)
    assert answer["Content-Disposition"] == f'attachment; filename="failed-rows-{run.pk}.jsonl"'
    lines = b"".join(answer.streaming_content).splitlines(keepends=True)
    assert lines == [row.as_line() for row in bad]
    assert audrey.get(reverse("admin:claims_importrun_failed_rows", args=[uuid4()])).status_code == 404
    assert person("nobody").get(address).status_code == 403


def test_a_run_without_failed_rows_is_done_and_offers_no_file(audrey):
    run = pipeline.start_run("api", {})
    pipeline.land_batch([make.draft("A text.")], run=run)
    pipeline.finish_run(run)
    text = body(audrey.get(page_of(run)))
    assert '<span class="badge badge-done">done</span>' in text
    assert "the API" in text
    assert "failed-rows.jsonl" not in text


def test_a_job_names_the_article_it_reads_or_the_address_it_fetches(ada):
    article = make.article(title="Rents triple")
    pipeline.request_article("https://example.org/news", {}, started_by=make.user("ada"))
    text = body(ada.get(JOBS))
    assert f'<a href="{page_of(article)}?version=1">Rents triple</a> (version 1)' in text
    assert ">https://example.org/news</a>" in text
    job = Job.objects.get(kind="extract")
    assert f'<a href="{page_of(article)}?version=1">Rents triple</a>' in body(ada.get(page_of(job)))


def test_jobs_are_retried_and_cancelled_through_their_verbs(ada):
    make.article()
    job = Job.objects.get(kind="extract")
    tick = {"index": "0", "_selected_action": str(job.pk)}
    assert "is cancelled." in said(ada, ada.post(JOBS, tick | {"action": "cancel"}))
    job.refresh_from_db()
    assert job.state == JobState.CANCELLED
    assert "A job that is cancelled cannot be cancelled." in said(ada, ada.post(JOBS, tick | {"action": "cancel"}))
    assert "is queued again." in said(ada, ada.post(JOBS, tick | {"action": "retry"}))
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_an_auditor_cannot_retry_or_cancel(audrey):
    make.article()
    job = Job.objects.get(kind="extract")
    assert 'name="action"' not in body(audrey.get(JOBS))
    answer = audrey.post(JOBS, {"index": "0", "action": "cancel", "_selected_action": str(job.pk)})
    assert answer.status_code == 403
    job.refresh_from_db()
    assert job.state == JobState.QUEUED


def test_the_desk_says_when_no_worker_is_running_and_since_when_work_waits(ada):
    run = ImportRun.objects.create(source="x", source_key="x")
    lists = (
        "/admin/",
        JOBS,
        CLAIMS,
        reverse("admin:claims_importrun_changelist"),
        reverse("admin:claims_extractionrun_changelist"),
    )
    for address in lists:
        assert "No worker is running. Nothing waits" in words_of(ada.get(address))
    make.article()
    pages = [
        page_of(row)
        for row in (run, Article.objects.get(), ExtractionRun.objects.get(), Job.objects.get(kind="extract"))
    ]
    for address in (*lists, *pages):
        assert "No worker is running. Work has been waiting for" in words_of(ada.get(address))
    jobs.worker_started("node@here", 2)
    for address in (*lists, *pages):
        text = body(ada.get(address))
        assert "No worker is running." not in text
        assert "node@here (2 processes" in " ".join(text.split())


# The whole desk


def test_nothing_but_accounts_can_be_deleted_or_added_by_hand(db):
    root = person("root", "admin", "triager", is_superuser=True)
    request = root.get("/admin/").wsgi_request
    for model, model_admin in site._registry.items():
        assert not model_admin.has_delete_permission(request), model
        assert model_admin.has_add_permission(request) == (model in (Claim, Desk, ImportRun, Review, User)), model


def test_no_page_carries_a_script_or_a_style_of_its_own(ada):
    article = extracted()
    claim = Claim.objects.earliest("id")
    run = ImportRun.objects.create(source="x", source_key="x")
    pages = [body(ada.get(address)) for address in ("/admin/", ARTICLES, CLAIMS, JOBS, f"{CLAIMS}add/")]
    pages += [
        body(ada.get(page_of(row)))
        for row in (article, claim, run, ExtractionRun.objects.get(), Job.objects.get(kind="extract"))
    ]
    pages.append(body(ada.post(CLAIMS, ticked(claim, action="merge"))))
    for page in pages:
        assert "<style" not in page
        assert not re2.search(r"<[^>]+\s(style|on\w+)=", page)
        assert not re2.search(r"<script(?:\s+[^>]*)?>[^<]+", page)
        assert "javascript:" not in page
