"""One article, however often and in whatever dress it comes; and every state of its text once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, connection

from claims import pipeline
from claims.models import Article, ArticleVersion, ExtractionRun, ImportRun
from claims.pipeline import stored
from claims.pipeline.rows import OnDuplicate, Status
from claims.sources.base import ArticleDraft
from claims.triage import TriageAction
from factcheck.audit import events
from factcheck.audit.chain import digest
from factcheck.models import Job
from tests import make
from tests.importing import running_import, write_rows

URL = "https://www.a.example/2025/tripled"
TEXT = "Troop numbers tripled in a year.\n\nNobody knows why."
CHANGED = "Troop numbers doubled in a year.\n\nNobody knows why."


def draft(text: str = TEXT, url: str = URL, **fields: str) -> ArticleDraft:
    return make.draft(text, url=url, **fields)


def together(*work: Callable[[], object]) -> list[Any]:
    """What each returned or raised, all started at once in threads of their own."""
    results: list[Any] = [None] * len(work)
    barrier = threading.Barrier(len(work))

    def do(number: int) -> None:
        try:
            barrier.wait()
            results[number] = work[number]()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=(number,)) for number in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


# The same article


@pytest.mark.django_db
@pytest.mark.parametrize(
    "again",
    [
        pytest.param(draft(), id="identical"),
        pytest.param(draft(TEXT.replace("\n", "\r\n")), id="line ends of Windows"),
        pytest.param(draft(TEXT.replace(" ", "  ") + "\n\n"), id="double spaces"),
        pytest.param(draft("\ufeff" + TEXT.replace("Troop", "Tro\u00adop")), id="characters that nobody sees"),
        pytest.param(draft(url=f"{URL}?utm_source=mail&fbclid=x"), id="tracking parameters"),
        pytest.param(draft(url=f"{URL}/"), id="a trailing slash"),
        pytest.param(draft(url=f"{URL}#comments".replace("https://www.a", "HTTPS://WWW.A")), id="case and fragment"),
    ],
)
def test_the_same_article_in_another_dress_is_unchanged(again):
    first = pipeline.import_article(draft())

    outcome = pipeline.import_article(again)

    assert (outcome.status, outcome.article_id, outcome.version_id) == (
        Status.UNCHANGED,
        first.article_id,
        first.version_id,
    )
    assert ArticleVersion.objects.get().text == TEXT
    assert (Article.objects.count(), ExtractionRun.objects.count(), Job.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_without_a_url_the_outlet_and_the_text_are_the_identity():
    first = pipeline.import_article(draft(url="", outlet="Example Wire"))

    same = pipeline.import_article(draft(f"  {TEXT} ", url="", outlet="EXAMPLE WIRE"))
    other_paper = pipeline.import_article(draft(url="", outlet="Another Paper"))
    nobody = pipeline.import_article(draft(url=""))

    assert (same.status, same.article_id) == (Status.UNCHANGED, first.article_id)
    assert (other_paper.status, nobody.status) == (Status.CREATED, Status.CREATED)
    assert Article.objects.count() == 3


@pytest.mark.django_db
def test_one_wire_text_under_two_urls_is_two_articles_that_share_a_fingerprint():
    pipeline.land_batch([draft(), draft(url="https://b.example/tripled")])

    assert Article.objects.count() == 2
    assert ArticleVersion.objects.values("text_fingerprint").distinct().count() == 1


@pytest.mark.django_db
def test_within_one_batch_an_article_comes_twice_and_is_one():
    outcomes = pipeline.land_batch([draft(), draft(TEXT + " "), draft(CHANGED), draft()])

    assert [outcome.status for outcome in outcomes] == [
        Status.CREATED,
        Status.UNCHANGED,
        Status.VERSIONED,
        Status.UNCHANGED,
    ]
    assert list(ArticleVersion.objects.order_by("number").values_list("number", "text")) == [(1, TEXT), (2, CHANGED)]


def test_again_after_a_restart_is_the_same_article(committed_database, tmp_path):
    source = write_rows(tmp_path / "a.jsonl", {"url": URL, "text": TEXT})
    for _ in range(2):
        with running_import(committed_database, source) as process:
            process.communicate(timeout=60)
        assert process.returncode == 0

    assert (Article.objects.count(), ArticleVersion.objects.count(), Job.objects.count()) == (1, 1, 1)


# A changed text


@pytest.mark.django_db
def test_a_changed_text_is_a_new_version_with_its_own_extraction():
    first = pipeline.import_article(draft(title="Tripled"))

    outcome = pipeline.import_article(draft(CHANGED, title="Doubled"))

    assert (outcome.status, outcome.article_id) == (Status.VERSIONED, first.article_id)
    versions = ArticleVersion.objects.order_by("number")
    assert [(version.number, version.text) for version in versions] == [(1, TEXT), (2, CHANGED)]
    assert Article.objects.get().title == "Doubled"
    assert {run.version_id for run in ExtractionRun.objects.all()} == {first.version_id, outcome.version_id}


@pytest.mark.django_db
def test_a_file_with_two_states_of_an_article_read_again_changes_nothing():
    (first,) = pipeline.land_batch([draft()])
    pipeline.land_batch([draft(CHANGED)])

    (late,) = pipeline.land_batch([draft()])

    assert (late.status, late.version_id) == (Status.UNCHANGED, first.version_id)
    assert ArticleVersion.objects.count() == 2


@pytest.mark.django_db
def test_what_the_new_text_does_not_say_stays_as_it_was():
    pipeline.import_article(draft(title="Tripled", byline="Ada", language="en"))

    pipeline.import_article(replace(draft(CHANGED, language="uk"), title="", byline=""))

    article = Article.objects.get()
    assert (article.title, article.byline, article.language) == ("Tripled", "Ada", "uk")


@pytest.mark.django_db
@pytest.mark.parametrize(("choice", "status"), [(OnDuplicate.SKIP, Status.SKIPPED), (OnDuplicate.FAIL, Status.FAILED)])
def test_a_changed_text_may_be_left_out(choice, status):
    pipeline.import_article(draft())

    outcomes = pipeline.land_batch([draft(CHANGED), draft(url=f"{URL}-2")], on_duplicate=choice)

    assert [outcome.status for outcome in outcomes] == [status, Status.CREATED]
    assert [version.text for version in Article.objects.get(canonical_url=URL).versions.all()] == [TEXT]


@pytest.mark.django_db
def test_what_people_did_to_the_claims_of_the_older_text_survives_the_newer_one():
    first = pipeline.import_article(draft())
    triager = make.user("ada", "importer", "triager")
    claim = pipeline.add_claim(
        actor=triager, text="Troop numbers tripled.", version_id=first.version_id, start=0, end=32
    )
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=triager, version=claim.version)

    pipeline.import_article(draft(CHANGED))

    claim.refresh_from_db()
    assert (claim.text, claim.triage_status) == ("Troop numbers tripled.", "accepted")
    assert claim.appearances.get().article_version_id == first.version_id


# Two at once


def test_two_imports_of_one_article_at_once_make_one_article(committed_database):
    for n in range(20):
        url = f"{URL}-{n}"
        results = together(*[lambda url=url: pipeline.import_article(draft(url=url))] * 4)
        statuses = sorted(result.status for result in results)
        assert statuses == ["created", "unchanged", "unchanged", "unchanged"], results
        assert len({result.article_id for result in results}) == 1

    assert (Article.objects.count(), ArticleVersion.objects.count(), Job.objects.count()) == (20, 20, 20)


def test_two_batches_with_the_same_articles_in_another_order_wait_for_each_other_and_agree(committed_database):
    drafts = [draft(url=f"{URL}-{n}") for n in range(50)]
    for extra in range(3):
        batch = [draft(url=f"{URL}-{extra}-{n}") for n in range(50)] + drafts
        runs = [ImportRun.objects.create(source_key=f"{extra}{n}" * 32) for n in range(3)]
        orders = [batch, batch[::-1], batch]
        results = together(
            *(
                lambda run=run, order=order: pipeline.land_batch(order, run=run)
                for run, order in zip(runs, orders, strict=True)
            )
        )
        assert not [result for result in results if isinstance(result, Exception)], results

    assert Article.objects.count() == ArticleVersion.objects.count() == ExtractionRun.objects.count() == 200


def test_two_changes_of_one_article_at_once_are_two_versions_in_a_row(committed_database):
    pipeline.import_article(draft())

    for n in range(20):
        results = together(
            *(lambda text=f"{TEXT} State {n}.{m}.": pipeline.import_article(draft(text)) for m in range(3))
        )
        assert [result.status for result in results] == ["versioned"] * 3, results

    assert list(ArticleVersion.objects.order_by("number").values_list("number", flat=True)) == list(range(1, 62))


def test_without_the_unique_identity_two_at_once_would_make_two_articles(committed_database, monkeypatch):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE claims_article DROP CONSTRAINT article_identity_once")
    look_and_wait_for_the_other(monkeypatch, parties=2)

    results = together(*[lambda: pipeline.import_article(draft())] * 2)

    assert [result.status for result in results] == ["created", "created"]
    assert Article.objects.count() == 2


def test_without_the_lock_two_changes_at_once_would_take_the_same_number(committed_database, monkeypatch):
    pipeline.import_article(draft())
    monkeypatch.setattr(stored, "_LOCK", "SELECT %s")
    look_and_wait_for_the_other(monkeypatch, parties=2, looks=2)

    results = together(*(lambda n=n: pipeline.import_article(draft(f"{TEXT} {n}")) for n in range(2)))

    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "Outcome"]
    assert any(isinstance(result, IntegrityError) and "version_number_once" in str(result) for result in results)


def test_with_both_guards_the_same_two_at_once_make_one(committed_database, monkeypatch):
    look_and_wait_for_the_other(monkeypatch, parties=2)

    results = together(*[lambda: pipeline.import_article(draft())] * 2)

    assert sorted(result.status for result in results) == ["created", "unchanged"]
    assert Article.objects.count() == ArticleVersion.objects.count() == 1


def look_and_wait_for_the_other(monkeypatch, *, parties: int, looks: int = 1) -> None:
    """Everybody has looked what is here before anybody goes on: the worst moment, every time."""
    look, barrier, seen = stored.find, threading.Barrier(parties), threading.local()

    def look_and_wait(*arguments, **named):
        found = look(*arguments, **named)
        seen.looks = getattr(seen, "looks", 0) + 1
        if seen.looks <= looks:
            barrier.wait(timeout=10)
        return found

    monkeypatch.setattr(stored, "find", look_and_wait)


@pytest.mark.django_db
def test_a_text_that_goes_back_to_what_it_was_is_the_newest_again():
    for text in ("One.", "Two.", "One."):
        article = make.article(text, url="https://wire.example/back")
    assert list(article.versions.values_list("number", "text")) == [(1, "One."), (2, "Two."), (3, "One.")]


@pytest.mark.django_db
def test_what_is_said_later_about_an_article_fills_what_was_open_and_overwrites_nothing():
    url = "https://wire.example/later"
    make.article("One text.", url=url, byline="A. Writer")
    article = make.article(
        "One text.", url=url, title="A title", byline="B. Other", language="en", outlet="Wire",
        published_at=datetime(2025, 7, 4, tzinfo=UTC),
    )  # fmt: skip
    said = (article.title, article.byline, article.language, article.outlet.name, article.published_at.year)
    assert said == ("A title", "A. Writer", "en", "Wire", 2025)
    assert article.versions.count() == 1
    assert events.events(article).last().data["title"] == ["", digest("A title")]
    article = make.article("Another text.", url=url, title="A new title", outlet="Other")
    assert (article.title, article.outlet.name, article.versions.count()) == ("A new title", "Wire", 2)


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["ΕΘΝΟΣ", "İstanbul Haber", "ДЗЕРКАЛО ТИЖНЯ", "Straße", "Ǆ News"])
def test_an_outlet_is_kept_in_any_script(name):
    article = make.article("One text.", outlet=name)
    assert article.outlet.name == name
    assert make.article("Another text.", outlet=name).outlet == article.outlet
