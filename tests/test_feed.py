"""Everything that is public in one file: valid, whole, as it stood at one moment, and in no more memory however long it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from reviews import feed, publication
from reviews.facts import Stage
from reviews.models import FactCheck, FactCheckRevision
from reviews.publication import documents, jsonlines
from tests import make
from tests.api import Api, api, assert_problem

pytestmark = pytest.mark.django_db

DATAFEED, LINES = "/public/feed.json", "/public/feed.jsonl"
TEXTS = (
    "Prices doubled in a year.", "Prices " + "x" * 293, 'He said "</script>" \\ \u2028 & “this”.', "Ціни зросли вдвічі.", "Nobody knows.",
)  # fmt: skip


@pytest.fixture
def room():
    return make.newsroom()


@pytest.fixture
def anybody() -> Api:
    return api(None)


def publish(room, *texts: str) -> list[FactCheck]:
    verdicts = {"Nobody knows.": ("unverifiable", "unverifiable")}
    return [make.review(room, Stage.PUBLISHED, text=text, verdicts=verdicts.get(text, ())).fact_check for text in texts]


def read(answer: Any) -> bytes:
    assert answer.status_code == 200
    assert answer.streaming
    return b"".join(answer.streaming_content)


def stored() -> list[documents.FactCheckDocument]:
    contents = FactCheckRevision.objects.order_by("fact_check").values_list("content", flat=True)
    return [documents.read(content) for content in contents]


def test_the_datafeed_has_every_fact_check_as_a_valid_claim_review(room, anybody, settings):
    settings.PUBLIC_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
    publish(room, *TEXTS)
    answer = anybody.get(DATAFEED)
    found = json.loads(read(answer))
    schemaorg = publication.PROFILES["schemaorg"]
    assert found == {
        "@context": "https://schema.org",
        "@type": "DataFeed",
        "name": "Example Desk",
        "dateModified": stored()[-1].published_at,
        "license": "https://creativecommons.org/licenses/by/4.0/",
        "dataFeedElement": [
            {
                "@type": "DataFeedItem",
                "dateCreated": document.published_at,
                "dateModified": document.modified_at,
                "item": [schemaorg.make(document)],
            }
            for document in stored()
        ],
    }
    reviews = [review for element in found["dataFeedElement"] for review in element["item"]]
    assert [review["claimReviewed"] for review in reviews] == list(TEXTS)
    assert [
        problem for review in reviews for problem in publication.problems(review, schemaorg) if not problem.is_warning
    ] == []
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/ld+json", "public, no-cache")


@pytest.mark.parametrize("name", publication.PROFILES)
def test_json_lines_have_one_valid_claim_review_a_line_in_the_profile_that_is_asked_for(room, anybody, name):
    publish(room, *TEXTS)
    answer = anybody.get(f"{LINES}?profile={name}")
    lines = [json.loads(line) for line in read(answer).split(b"\n")[:-1]]
    profile = publication.PROFILES[name]
    assert lines == [profile.make(document) for document in stored()]
    assert [
        problem for line in lines for problem in publication.problems(line, profile) if not problem.is_warning
    ] == []
    assert answer["Content-Type"] == "application/jsonl"


def test_without_a_profile_lines_are_those_that_pages_embed(room, anybody):
    publish(room, TEXTS[0])
    assert read(anybody.get(LINES)) == read(anybody.get(f"{LINES}?profile=schemaorg"))


def test_where_nothing_is_public_feeds_are_empty_and_valid(room, anybody):
    make.review(room, Stage.APPROVED)
    assert json.loads(read(anybody.get(DATAFEED)))["dataFeedElement"] == []
    assert read(anybody.get(LINES)) == b""


@pytest.mark.parametrize("path", [DATAFEED, LINES])
def test_whoever_holds_a_feed_is_told_so_until_something_is_published(room, anybody, path):
    publish(room, TEXTS[0])
    first = anybody.get(path)
    read(first)
    again = anybody.get(path, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    publish(room, TEXTS[3])
    assert anybody.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200
    assert len({anybody.get(path + query)["ETag"] for query in ("", "?updated_since=2026-01-01T00:00:00Z")}) == 2


def test_what_has_changed_since_is_all_that_is_sent_again(room, anybody):
    first, second = publish(room, TEXTS[0], TEXTS[3])
    since = f"{first.changed_at:%Y-%m-%dT%H:%M:%S.%fZ}"
    [line] = read(anybody.get(LINES, {"updated_since": since})).splitlines()
    assert json.loads(line)["url"].endswith(second.slug)
    [element] = json.loads(read(anybody.get(DATAFEED, {"updated_since": since})))["dataFeedElement"]
    assert element["item"] == [json.loads(line)]


def test_what_is_not_asked_rightly_is_refused(anybody):
    for path, code in (
        (f"{DATAFEED}?profile=insights", "unknown_parameter"),
        (f"{LINES}?profile=zebra", "invalid_parameter"),
        (f"{LINES}?updated_since=yesterday", "invalid_parameter"),
        (f"{LINES}?zebra=1", "unknown_parameter"),
    ):
        assert_problem(anybody.get(path), 400, code)


def test_a_feed_is_read_in_batches_and_what_is_published_meanwhile_is_in_none(room, anybody, monkeypatch):
    monkeypatch.setattr(feed, "BATCH", 2)
    publish(room, *TEXTS)
    before = stored()
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = anybody.get(LINES)
        first = next(iter(answer.streaming_content))
        assert json.loads(first)["claimReviewed"] == TEXTS[0]
    assert len(asked) == 2  # the moment, and the first batch
    publish(room, "Rents fell.")
    rest = b"".join(answer.streaming_content)
    assert first + rest == b"".join(jsonlines.written(publication.PROFILES["schemaorg"], before))
    assert len(read(anybody.get(LINES)).splitlines()) == len(TEXTS) + 1
