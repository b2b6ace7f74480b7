"""An article that was wrongly imported, or is challenged, is taken out: what it said is gone everywhere, and that it was here is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from claims import pipeline
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun, FailedRow, ImportRun
from claims.pipeline.rows import OnDuplicate, Status
from claims.sources.base import Place
from claims.triage import TriageAction
from claims.withdrawal import ERASED_TEXT
from factcheck import routes
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.audit.models import AuditEvent
from factcheck.audit.verifying import verify
from factcheck.errors import InvalidInput
from factcheck.models import Job
from reviews import workflow
from reviews.facts import Stage
from tests import make
from tests.api import Api, api, assert_problem, signed_in
from tests.comparing import work
from tests.lying import refused

pytestmark = pytest.mark.django_db

MARK = "quodlibetan"
URL = "https://paper.example/quod"
FIRST = f"The {MARK} exports fell by 40 per cent in 2023, the ministry said.\n\nPrices rose by 9 per cent, a {MARK} report says."
SECOND = f"{FIRST}\n\nWages fell by 3 per cent in 2024, according to the {MARK} bank, which counts them every year since then."
WHY = {"reason": "legal", "note": "A court has ordered it."}


class World:
    """An article with two texts, whose words stand wherever the product writes them; one of its claims is under review in our own words."""

    def __init__(self) -> None:
        self.ada, self.admin = make.user("ada", "importer", "triager"), make.user("kim", "admin", is_staff=True)
        body = {"text": FIRST, "title": f"The {MARK} report", "byline": f"A. {MARK}", "url": URL, "outlet": "Wire"}
        sent = api(self.ada).post("/articles", body, headers={"Idempotency-Key": "one"})
        assert sent.status_code == 201
        self.article = Article.objects.get()
        work()
        pipeline.import_article(make.draft(SECOND, title=f"The {MARK} report, again", url=URL), actor=self.ada)
        work()
        run = pipeline.start_run("feed.jsonl", {}, started_by=self.ada)
        changed = make.draft(FIRST + " More.", url=URL)
        place = Place("feed.jsonl", 1, 0, row={"url": URL, "text": changed.text})
        pipeline.land_batch([replace(changed, place=place)], run=run, on_duplicate=OnDuplicate.FAIL)
        pipeline.land_batch([make.draft("Another text.", url=URL + "-2")], run=run)
        pipeline.finish_run(run)
        first, second, *_ = Claim.objects.filter(article=self.article).order_by("id")
        self.kept, self.untouched = first, second
        pipeline.edit_claim(first.pk, {"text": "Exports fell by 40 per cent."}, actor=self.ada)
        place = first.appearances.order_by("-article_version__number", "id").first()
        pipeline.edit_claim(first.pk, {"span": {"start": place.start, "end": place.end - 1}}, actor=self.ada)
        pipeline.triage(first.pk, TriageAction.ACCEPT, actor=self.ada)
        work()

    def withdraw(self) -> None:
        pipeline.withdraw_article(self.article.pk, actor=self.admin, **WHY)
        self.article.refresh_from_db()


@pytest.fixture
def world() -> World:
    return World()


ABOUT_NO_ROW = ("/readyz", "/metrics", "/schema", "/docs", "/try", "/delete/", "/add/")


def keys() -> dict[str, list[Any]]:
    """Every row that an address may name, by the step before it."""
    found: dict[str, Any] = {
        "articles": Article, "article-versions": ArticleVersion, "claims": Claim, "appearances": Appearance,
        "extraction-runs": ExtractionRun, "import-runs": ImportRun, "jobs": Job, "auditevent": AuditEvent,
    }  # fmt: skip
    pages = {
        "article": "articles",
        "claim": "claims",
        "extractionrun": "extraction-runs",
        "importrun": "import-runs",
        "job": "jobs",
    }
    rows = {name: list(model.objects.values_list("pk", flat=True)) for name, model in found.items()}
    return rows | {page: rows[name] for page, name in pages.items()}


def addresses() -> Iterator[str]:
    """Every address that can be read, of every row here."""
    known = keys()
    for route in routes.walk():
        if route.method != "GET" or "{rest}" in route.address or route.address.endswith(ABOUT_NO_ROW):
            continue
        kind = route.address.partition("/{id}")[0].rpartition("/")[2]
        for key in known.get(kind, []) if "{id}" in route.address else [""]:
            yield route.address.replace("{id}", str(key), 1)


def found_at(client: Api, asked: Iterable[str]) -> set[str]:
    told = set()
    for address in asked:
        response = client.get(f"http://testserver{address}")
        assert response.status_code < 500, address
        if MARK in response.getvalue().decode():
            told.add(address)
    return told


def tables_with(*words: str) -> set[str]:
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            like = [f"%{each}%" for word in words for each in (word, word.lower(), word.encode().hex())]
            cursor.execute(f'SELECT count(*) FROM "{table}" row WHERE row::text LIKE ANY (%s)', [like])
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def test_no_word_of_it_is_in_any_answer_any_page_or_any_table(world):
    client = signed_in(User.objects.create_superuser("root"))
    article, version = world.article, world.article.versions.latest("number")
    known = {
        f"/api/v1/articles/{article.pk}", f"/api/v1/article-versions/{version.pk}", "/api/v1/claims", "/api/v1/appearances",
        f"/admin/claims/article/{article.pk}/history/", f"/admin/claims/claim/{world.untouched.pk}/change/",
    }  # fmt: skip
    assert known < set(addresses())
    assert found_at(client, known) == known
    assert {
        "claims_article", "claims_articleversion", "claims_claim", "claims_appearance", "claims_pastarticle", "claims_pastappearance",
        "claims_failedrow", "claims_indexedclaim", "factcheck_idempotencyrecord",
    } <= tables_with(MARK)  # fmt: skip
    world.withdraw()
    assert found_at(client, addresses()) == set()
    assert tables_with(MARK) == set()


def test_what_stays_is_that_it_was_here_its_hashes_what_people_made_of_it_and_who_took_it_out(world):
    def lasting() -> list[Any]:
        versions = world.article.versions.values_list(
            "number", "text_sha256", "text_fingerprint", "length", "fetched_at"
        )
        return [
            list(versions),
            events.events(world.article).first().hash,
            world.article.canonical_url,
            world.article.outlet_id,
        ]

    before, claims = lasting(), Claim.objects.count()
    world.withdraw()
    assert (lasting(), Claim.objects.count()) == (before, claims)
    kept = Claim.objects.get(pk=world.kept.pk)
    assert (kept.text, kept.triage_status) == ("Exports fell by 40 per cent.", "accepted")
    erased = Claim.objects.get(pk=world.untouched.pk)
    assert (erased.text, erased.triage_status, erased.revision) == (
        ERASED_TEXT,
        "superseded",
        world.untouched.revision + 1,
    )
    event = events.events(world.article).last()
    assert (event.action, event.actor, event.reason, event.note) == ("withdraw", world.admin, "legal", WHY["note"])
    assert [sha for _, sha in event.data["versions"]] == [sha for _, sha, *_ in before[0]]
    assert list(verify()) == []


def test_an_admin_takes_it_out_over_the_api_in_a_session_and_nobody_else_does(world):
    path = f"/articles/{world.article.pk}"
    seen = signed_in(world.admin).get(path)
    headers = {"If-Match": seen["ETag"]}
    assert_problem(api(world.admin).post(f"{path}/withdraw", WHY, headers=headers), 403, "session_required")
    assert_problem(signed_in(world.ada).post(f"{path}/withdraw", WHY, headers=headers), 403, "insufficient_role")
    client = signed_in(world.admin, looks_first=False)
    assert_problem(client.post(f"{path}/withdraw", WHY), 428, "precondition_required")
    assert_problem(
        client.post(f"{path}/withdraw", {"reason": "legal", "note": " "}, headers=headers), 422, "invalid_input"
    )
    assert_problem(client.post(f"{path}/withdraw", WHY, headers={"If-Match": '"1"'}), 412, "stale_version")
    assert tables_with(MARK) >= {"claims_articleversion"}
    answer = client.post(f"{path}/withdraw", WHY, headers=headers)
    body = answer.json()
    assert (answer.status_code, body["title"], body["byline"], body["withdrawn_reason"]) == (200, "", "", "legal")
    assert (body["canonical_url"], body["version"]) == (URL, seen.json()["version"] + 1)
    text = client.get(f"/article-versions/{body['versions'][0]['id']}").json()
    assert (text["text"], text["length"]) == ("", len(FIRST))
    again = client.post(f"{path}/withdraw", WHY, headers={"If-Match": answer["ETag"]})
    assert assert_problem(again, 409, "article_withdrawn")["article"] == str(world.article.pk)


def test_it_does_not_come_back_by_any_way_in_and_who_sends_it_is_told(world):
    world.withdraw()
    rows = ArticleVersion.objects.count()
    client = api(world.ada)
    for body in (
        {"text": FIRST, "url": URL},
        {"text": "Quite another text.", "url": f"{URL}?utm_source=x"},
        {"url": URL},
    ):
        assert_problem(client.post("/articles", body), 409, "article_withdrawn")
    repeated = client.post(
        "/articles",
        {"text": FIRST, "title": f"The {MARK} report", "byline": f"A. {MARK}", "url": URL, "outlet": "Wire"},
        headers={"Idempotency-Key": "one"},
    )
    assert_problem(repeated, 409, "article_withdrawn")
    run = pipeline.start_run("again.jsonl", {}, started_by=world.ada)
    [refused] = pipeline.land_batch([make.draft(FIRST, url=URL, title=f"{MARK}")], run=run)
    pipeline.finish_run(run)
    assert refused.status == Status.FAILED
    row = FailedRow.objects.get(run=run)
    assert (row.code, row.detail) == ("article_withdrawn", f"article {world.article.pk} was withdrawn")
    version = world.article.versions.latest("number")
    assert_problem(client.post(f"/articles/{world.article.pk}/extract"), 409, "article_withdrawn")
    span = {"article_version": str(version.pk), "span": {"start": 0, "end": 7}}
    assert_problem(client.post("/claims", span), 409, "article_withdrawn")
    assert ArticleVersion.objects.count() == rows
    assert tables_with(MARK) == set()
    # The same text under another address is another article, as everywhere.
    assert client.post("/articles", {"text": FIRST, "url": "https://other.example/quod"}).status_code == 201


def test_a_reading_under_way_when_it_is_taken_out_leaves_nothing(monkeypatch):
    admin = make.user("kim", "admin")
    article = make.article(FIRST, url=URL)
    read = pipeline.extracting._document

    def meanwhile(version: ArticleVersion) -> Any:
        found = read(version)
        pipeline.withdraw_article(article.pk, actor=admin, **WHY)
        return found

    monkeypatch.setattr("claims.pipeline.extracting._document", meanwhile)
    [job] = work()
    assert job.result == {"withdrawn": True}
    assert (Claim.objects.count(), ExtractionRun.objects.get().status) == (0, "failed")


def test_what_a_review_has_quoted_as_evidence_is_not_the_articles_and_a_place_in_its_text_is(world):
    room = make.newsroom()
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review, quotation=f"the {MARK} ministry said")
    version = make.article(FIRST, url="https://paper.example/other").versions.get()
    found = make.claim("Exports fell.", actor=room.ada, version_id=version.pk, start=0, end=20)
    pipeline.triage(found.pk, TriageAction.ACCEPT, actor=room.ada)
    other = workflow.open_review(found.pk, room.desk.pk, actor=room.ada)
    place = workflow.Anchor(article_version=version.pk, start=0, end=20)
    said = workflow.comment(other.pk, "Look.", actor=room.finn, anchor=place)
    assert said.quote == FIRST[:20]
    unsaid = "UPDATE reviews_comment SET quote = '' WHERE id = %s"
    assert refused(unsaid, said.pk)
    pipeline.withdraw_article(version.article_id, actor=world.admin, **WHY)
    item.refresh_from_db()
    said.refresh_from_db()
    assert (item.quotation, said.text, said.quote) == (f"the {MARK} ministry said", "Look.", "")
    with pytest.raises(InvalidInput):
        workflow.comment(other.pk, "Look again.", actor=room.finn, anchor=place)


def test_what_must_never_be_of_a_withdrawn_article_is_refused_by_the_database(world):
    article, version = world.article.pk, world.article.versions.latest("number")
    now, place = timezone.now(), Appearance.objects.filter(article_version=version).latest("id")
    gone = "UPDATE claims_articleversion SET text = '' WHERE id = %s"
    assert refused(gone, version.pk)
    assert refused("UPDATE claims_appearance SET quotation = '' WHERE id = %s", place.pk)
    assert refused("UPDATE claims_pastarticle SET title = '', byline = '' WHERE pgh_obj_id = %s", article)
    half = (
        "UPDATE claims_article SET withdrawn_at = %s, withdrawn_reason = 'legal', title = '', byline = '' WHERE id = %s"
    )
    assert refused(half, now, article)  # its texts are left
    world.withdraw()
    assert refused("UPDATE claims_article SET title = 'x' WHERE id = %s", article)
    assert refused("UPDATE claims_article SET withdrawn_at = NULL, withdrawn_reason = '' WHERE id = %s", article)
    assert refused("UPDATE claims_articleversion SET text = %s WHERE id = %s", SECOND, version.pk)
    assert refused("UPDATE claims_articleversion SET length = 1 WHERE id = %s", version.pk)
    assert refused("UPDATE claims_appearance SET quotation = 'x', \"end\" = start + 1 WHERE id = %s", place.pk)
    assert refused("UPDATE claims_pastarticle SET title = 'x' WHERE pgh_obj_id = %s", article)
    assert refused("DELETE FROM claims_pastarticle WHERE pgh_obj_id = %s", article)
    copied = "INSERT INTO claims_articleversion (id, article_id, number, text, text_sha256, text_fingerprint, length, fetched_at)"
    again = f"{copied} SELECT gen_random_uuid(), article_id, 9, 'x', encode(sha256('x'), 'hex'), '', 1, now() FROM claims_articleversion"
    assert refused(f"{again} WHERE id = %s", version.pk)


def test_a_shell_that_reads_the_row_finds_no_text(world):
    world.withdraw()
    assert set(ArticleVersion.objects.filter(article=world.article).values_list("text", flat=True)) == {""}
    assert ArticleVersion.objects.filter(article=world.article, length=F("length")).count() == 2


def test_events_tell_the_words_of_an_article_by_their_hash_alone_since_no_event_can_be_unsaid():
    ada = make.user("ada", "importer")
    article = make.article("One text.", url=URL)
    pipeline.import_article(make.draft("One text.", url=URL, title=f"{MARK} late", language="en"), actor=ada)
    event = events.events(article).last()
    assert event.data == {"title": ["", digest(f"{MARK} late")], "language": ["", "en"]}
    pipeline.request_article("https://paper.example/next", {"title": f"{MARK} next"}, started_by=ada)
    assert tables_with(MARK) == {"claims_article", "claims_importrun"}
