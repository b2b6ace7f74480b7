"""`import_fact_checks`: what others have checked is read from the shapes in which it is passed on, once, and is offered beside each claim."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from typing import Any

import orjson
import pytest

from claims.matching.decisions import MatchState
from claims.models import ClaimMatch, EarlierFactCheck, FailedRow, ImportRun, IndexedFactCheck
from claims.sources.base import BadRow, Unreadable
from claims.sources.fact_checks import FactCheckDraft, read_document, read_lines
from factcheck.audit import events
from reviews.publication import embedding
from tests import make
from tests.comparing import work
from tests.importing import Done, import_articles, write_rows

REVIEW: dict[str, Any] = {
    "@context": "https://schema.org",
    "@type": "ClaimReview",
    "url": "https://Checks.example/reserve?utm_source=feed",
    "author": {"@type": "Organization", "name": "Example Checks", "url": "https://checks.example"},
    "claimReviewed": "Karsova's reserve force has tripled since 2021.",
    "datePublished": "2025-07-04",
    "inLanguage": "en",
    "itemReviewed": {"@type": "Claim", "author": {"@type": "Person", "name": "Ilse Trandafir"}},
    "reviewRating": {"alternateName": "Mostly true", "ratingValue": 4, "bestRating": 5, "worstRating": 1},
}
OTHER = REVIEW | {"url": "https://checks.example/rents", "claimReviewed": "Rents in Dublin went up by 9 per cent."}
SEARCH = {
    "text": "Wolves killed 4,300 sheep.",
    "claimant": "A hunter",
    "claimDate": "2024-01-01T00:00:00Z",
    "claimReview": [
        {"publisher": {"name": "Fact Desk", "site": "desk.example"}, "url": "https://desk.example/wolves", "reviewDate": "2024-02-01T10:00:00Z", "textualRating": "False", "languageCode": "en"},
        {"publisher": {"site": "other.example"}, "url": "https://other.example/wolves", "textualRating": "Falsch", "languageCode": "de"},
    ],
}  # fmt: skip
WITHDRAWN = {"@type": "DataFeedItem", "url": "https://checks.example/rents", "dateDeleted": "2025-08-01"}


def document(value: object) -> list[FactCheckDraft | BadRow]:
    return list(read_document(io.BytesIO(orjson.dumps(value)), "feed.json"))


def import_fact_checks(*arguments: object) -> Done:
    return import_articles(*arguments, command="import_fact_checks")


@pytest.mark.parametrize(
    "value",
    [
        REVIEW,
        [REVIEW],
        {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, REVIEW, {"@type": "Organization", "name": "E"}]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": [REVIEW]}]},
        {"@type": "DataFeed", "dataFeedElement": [{"@type": "DataFeedItem", "item": REVIEW}]},
        {"claimReviews": [REVIEW | {"id": "7"}], "meta": {"claimReviewCount": 1}},
        REVIEW | {"@type": ["http://schema.org/ClaimReview"], "author": [REVIEW["author"]], "itemReviewed": [REVIEW["itemReviewed"]]},
    ],
)  # fmt: skip
def test_every_shape_of_a_claim_review_gives_the_same_fact_check(value):
    (draft,) = document(value)
    assert isinstance(draft, FactCheckDraft), draft
    assert (draft.url, draft.publisher, draft.claim_text) == (
        "https://checks.example/reserve", "Example Checks", "Karsova's reserve force has tripled since 2021.",
    )  # fmt: skip
    assert (draft.claimant, draft.rating, draft.published_on, draft.language) == (
        "Ilse Trandafir", "Mostly true", date(2025, 7, 4), "en",
    )  # fmt: skip


def test_an_answer_of_claims_search_gives_one_for_each_review():
    first, second = document({"claims": [SEARCH], "nextPageToken": "x"})
    assert (first.publisher, first.rating, first.published_on) == ("Fact Desk", "False", date(2024, 2, 1))
    assert (second.publisher, second.rating, second.published_on, second.language) == (
        "other.example",
        "Falsch",
        None,
        "de",
    )


@pytest.mark.parametrize(
    "said", [["en"], {"@type": "Language", "name": "English", "alternateName": "en"}, [{"name": "en"}, "de"]]
)
def test_a_language_is_a_tag_or_an_object_that_has_one(said):
    (draft,) = document(REVIEW | {"inLanguage": said})
    assert draft.language == "en"


def test_a_rating_without_a_word_is_its_number_and_the_best_one():
    (draft,) = document(REVIEW | {"reviewRating": {"ratingValue": "2", "bestRating": 5}})
    assert draft.rating == "2 of 5"


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"claimReviewed": " "}, "claim_text", "missing_claim_text"),
        ({"claimReviewed": 7}, "claim_text", "wrong_type"),
        ({"claimReviewed": "x" * 10_001}, "claim_text", "too_long"),
        ({"url": None}, "url", "missing_url"),
        ({"url": "ftp://checks.example"}, "url", "invalid_url"),
        ({"author": None}, "publisher", "missing_publisher"),
        ({"reviewRating": {"ratingValue": 2}}, "rating", "missing_rating"),
        ({"reviewRating": None}, "rating", "missing_rating"),
        ({"datePublished": "yesterday"}, "published_on", "invalid_date"),
        ({"datePublished": "0001-01-01"}, "published_on", "invalid_date"),
        ({"inLanguage": "English"}, "language", "invalid_language"),
    ],
)
def test_a_row_that_lacks_something_is_named_by_its_place_field_and_code(changed, field, code):
    (bad,) = document({"dataFeedElement": [{"item": REVIEW | changed}]})
    assert isinstance(bad, BadRow)
    assert (str(bad.place), bad.field, bad.code) == ("feed.json#/dataFeedElement/0", field, code)


@pytest.mark.parametrize(
    "value", [7, None, "x", [], {}, [[1]], {"claims": [{"claimReview": [None, 7]}]}, {"@graph": [None]}, {"item": [3]}]
)
def test_whatever_else_is_json_is_refused_row_by_row_and_breaks_nothing(value):
    assert all(isinstance(row, BadRow) for row in document(value))


def test_a_page_gives_the_claim_reviews_that_it_embeds_and_names_what_it_cannot_read():
    hostile = REVIEW | {"claimReviewed": 'He said "</script>" & left.'}
    scripts = [
        embedding.script(hostile),
        '<script type="application/ld+json">{</script>',
        embedding.script({"@type": "WebPage"}),
    ]
    page = f"<!doctype html><meta charset=utf-8><title>Київ</title><script>1</script>{''.join(scripts)}<p>Text".encode()
    first, second = read_document(io.BytesIO(page), "page.html")
    assert isinstance(first, FactCheckDraft)
    assert (first.claim_text, str(first.place)) == (hostile["claimReviewed"], "page.html#/0")
    assert isinstance(second, BadRow)
    assert (str(second.place), second.code) == ("page.html#/1", "invalid_json")
    for raw in (b"<html><p>Nothing", b"<", b"<!-- -->", b"{"):
        with pytest.raises(Unreadable):
            list(read_document(io.BytesIO(raw), "page.html"))


@pytest.mark.parametrize("item", [None, [], REVIEW, [REVIEW], [{"@type": "ClaimReview", "url": REVIEW["url"]}]])
def test_an_element_that_was_deleted_is_withdrawn_whatever_else_it_still_says(item):
    element = {"@type": "DataFeedItem", "dateDeleted": "2025-08-01", "item": item}
    element |= {} if item else {"url": REVIEW["url"]}
    (draft,) = document({"@type": "DataFeed", "dataFeedElement": [element]})
    assert isinstance(draft, FactCheckDraft)
    assert (draft.url, draft.is_withdrawn) == ("https://checks.example/reserve", True)


def test_lines_keep_their_numbers_and_a_broken_one_stops_no_other():
    raw = b"\n".join([orjson.dumps(REVIEW), b"{", b"", orjson.dumps(SEARCH), b"7"])
    found = list(read_lines(io.BytesIO(raw), "feed.jsonl"))
    assert [(type(row).__name__, row.place.line) for row in found] == [
        ("FactCheckDraft", 1), ("BadRow", 2), ("FactCheckDraft", 4), ("FactCheckDraft", 4), ("BadRow", 5),
    ]  # fmt: skip


# The command


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    return write_rows(tmp_path / "feed.jsonl", REVIEW, OTHER, SEARCH)


@pytest.mark.django_db
def test_an_import_is_idempotent_and_says_what_it_did(feed):
    done = import_fact_checks(feed)
    assert (done.code, done.output) == (0, "4 rows: 4 new, 0 changed, 0 unchanged, 0 bad.\n")
    again = import_fact_checks(feed, "--json")
    assert {name: again.result[name] for name in ("state", "rows", "new", "changed", "unchanged", "bad")} == {
        "state": "done", "rows": 4, "new": 0, "changed": 0, "unchanged": 4, "bad": 0,
    }  # fmt: skip
    assert EarlierFactCheck.objects.count() == 4
    assert [run.state for run in ImportRun.objects.all()] == ["done", "done"]


@pytest.mark.django_db
def test_a_dry_run_says_the_same_and_writes_nothing(feed):
    done = import_fact_checks(feed, "--dry-run")
    assert (done.code, done.output) == (
        0,
        "Nothing is written. It would be: 4 rows: 4 new, 0 changed, 0 unchanged, 0 bad.\n",
    )
    assert not EarlierFactCheck.objects.exists()
    assert not ImportRun.objects.exists()


@pytest.mark.django_db
def test_a_changed_rating_updates_the_row_and_is_an_event(feed, tmp_path):
    import_fact_checks(feed)
    changed = write_rows(
        tmp_path / "b.jsonl", REVIEW | {"reviewRating": {"alternateName": "False"}, "datePublished": "2025-07-05"}
    )
    assert import_fact_checks(changed).output == "1 row: 0 new, 1 changed, 0 unchanged, 0 bad.\n"
    row = EarlierFactCheck.objects.get(url="https://checks.example/reserve")
    assert (row.rating, row.version) == ("False", 2)
    told = events.events(row).get()
    assert (told.action, told.data["rating"], told.data["published_on"]) == (
        "update", ["Mostly true", "False"], ["2025-07-04", "2025-07-05"],
    )  # fmt: skip


@pytest.mark.django_db
def test_bad_rows_end_with_code_3_stand_in_the_run_and_come_back_repaired(tmp_path):
    feed = write_rows(tmp_path / "feed.jsonl", REVIEW, OTHER | {"claimReviewed": ""}, b"{")
    errors = tmp_path / "errors.jsonl"
    done = import_fact_checks(feed, "--errors", errors)
    assert done.code == 3
    assert f"{feed}:2 claim_text missing_claim_text" in done.errors
    assert list(FailedRow.objects.order_by("line").values_list("line", "code")) == [
        (2, "missing_claim_text"),
        (3, "invalid_json"),
    ]
    kept = [orjson.loads(line) for line in errors.read_bytes().splitlines()]
    kept[0]["claimReviewed"] = OTHER["claimReviewed"]
    repaired = write_rows(tmp_path / "repaired.jsonl", kept[0])
    assert import_fact_checks(repaired).output == "1 row: 1 new, 0 changed, 0 unchanged, 0 bad.\n"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("missing.json",), 4),
        (("{feed}", "--max-errors", "0"), 1),
        (("-", "-"), 2),
        (("{feed}", "--dry-run", "--errors", "x"), 2),
        ((), 2),
    ],
)
def test_exit_codes_are_those_of_the_import_of_articles(tmp_path, arguments, code):
    feed = write_rows(tmp_path / "feed.jsonl", b"{", REVIEW)
    assert import_fact_checks(*(str(a).format(feed=feed) for a in arguments)).code == code


@pytest.mark.django_db
def test_what_was_checked_before_is_offered_beside_a_claim_whichever_came_first(tmp_path):
    early = make.claim("Karsova's reserve force has doubled since 2021.")
    work()
    import_fact_checks(write_rows(tmp_path / "feed.jsonl", REVIEW))
    work()
    late = make.claim("The reserve force of Karsova has tripled since 2021.")
    work()
    row = EarlierFactCheck.objects.get()
    found = {match.claim_id: match for match in row.matches.all()}
    assert set(found) == {early.pk, late.pk}
    assert found[early.pk].state == MatchState.SUGGESTED
    assert found[early.pk].differences == [{"code": "numbers", "ours": ["doubled"], "theirs": ["tripled"]}]
    assert IndexedFactCheck.objects.count() == 1


@pytest.mark.django_db
def test_a_fact_check_that_was_taken_back_is_kept_and_offered_no_more(feed, tmp_path):
    make.claim("Rents in Dublin rose 9%.")
    import_fact_checks(feed)
    work()
    assert ClaimMatch.objects.count() == 1
    gone = tmp_path / "gone.json"
    gone.write_bytes(orjson.dumps({"@type": "DataFeed", "dataFeedElement": [WITHDRAWN]}))
    assert import_fact_checks(gone).output == "1 row: 0 new, 1 changed, 0 unchanged, 0 bad.\n"
    work()
    assert EarlierFactCheck.objects.get(url=WITHDRAWN["url"]).withdrawn_at is not None
    make.claim("The rents in Dublin rose by nine per cent.")
    work()
    assert not ClaimMatch.objects.filter(fact_check__isnull=False).exists()
    assert import_fact_checks(gone).output == "1 row: 0 new, 0 changed, 1 unchanged, 0 bad.\n"
