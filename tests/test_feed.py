"""Everything that is public in one file, in each format: valid, whole, as it stood at one moment, and in no more memory however long it is.

Whoever breaks off goes on where they were, and whoever comes back is told what has changed, each change once.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from claims.sources.base import BadRow
from claims.sources.fact_checks import read_document, read_lines
from factcheck.api import spreadsheets
from reviews import feed, publication
from reviews.facts import Stage
from reviews.models import ExportElement, FactCheck, FactCheckRevision, RatingScaleVersion, Retraction
from reviews.publication import EXPORTS, PROFILES, atom, documents, embedding, table
from reviews.publication.export import Batch
from reviews.stages import Action
from reviews.tasks import tend
from tests import atom as rfc4287
from tests import make
from tests.api import assert_problem
from tests.claim_reviews import DOCUMENT, but
from tests.reviewing import DO

pytestmark = pytest.mark.django_db

FILES = {export.key: f"/public/{export.key}" for export in EXPORTS}
LINES = "/public/feed.jsonl"
TEXTS = (
    "Prices doubled in a year.", "=Prices " + "x" * 292, 'He said "</script>" \\ \u2028 & “this”.', "Ціни зросли вдвічі.", "Nobody knows.",
)  # fmt: skip


@pytest.fixture
def room():
    return make.newsroom()


def publish(room, *texts: str) -> list[FactCheck]:
    verdicts = {"Nobody knows.": ("unverifiable", "unverifiable")}
    return [make.review(room, Stage.PUBLISHED, text=text, verdicts=verdicts.get(text, ())).fact_check for text in texts]


SEVEN = "Rents rose by half."


def rate_from_one_to_seven(room) -> None:
    points = [{"code": f"r{n}", "label": f"{n} of 7", "rank": n, "polarity": 0} for n in range(1, 8)]
    room.desk.scale = RatingScaleVersion.objects.create(scale=room.desk.scale.scale, number=2, points=points)
    room.desk.save()


def body(answer: Any) -> bytes:
    assert answer.status_code == 200, answer.content
    assert answer.streaming
    return b"".join(answer.streaming_content)


def stored() -> list[documents.FactCheckDocument]:
    contents = FactCheckRevision.objects.order_by("fact_check", "-number").distinct("fact_check")
    return [documents.read(revision.content) for revision in sorted(contents, key=lambda each: each.published_at)]


def cells(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def lines(content: bytes) -> list[Any]:
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


# How an export is read: into what it holds, element by element, and the address of each.
READ: dict[str, Callable[[bytes], list[Any]]] = {
    "feed.json": lambda content: json.loads(content)["dataFeedElement"],
    "feed.jsonl?profile=schemaorg": lines,
    "feed.jsonl?profile=insights": lines,
    "insights.json": lambda content: json.loads(content)["claimReviews"],
    "feed.csv": cells,
    "feed.atom": lambda content: rfc4287.read(content).findall(f"{rfc4287.ATOM}entry"),
}


def address_of(element: Any) -> str:
    if isinstance(element, dict):
        return str((element["item"][0] if "item" in element else element)["url"])
    return rfc4287.text(element, "id")


def reviews_in(key: str, content: bytes) -> list[dict[str, Any]]:
    """The ClaimReviews of an export that holds some."""
    found = READ[key](content)
    if key == "feed.json":
        return [review for element in found for review in element["item"]]
    return [{name: member for name, member in each.items() if name != "id"} for each in found]


# What they hold


def test_every_export_has_every_fact_check_and_their_claim_reviews_are_valid(room, anybody, settings):
    settings.PUBLIC_LICENCE = "https://creativecommons.org/licenses/by/4.0/"
    publish(room, *TEXTS)
    rate_from_one_to_seven(room)
    make.review(room, Stage.PUBLISHED, text=SEVEN, verdicts=("r4", "r4"))
    assert set(READ) == set(FILES)
    answers = {key: anybody.get(path) for key, path in FILES.items()}
    found = {key: body(answer) for key, answer in answers.items()}
    for key, content in found.items():
        assert [address_of(element) for element in READ[key](content)] == [document.url for document in stored()], key
    assert [document.claim.text for document in stored()] == [*TEXTS, SEVEN]
    told = [PROFILES["schemaorg"].make(document)["reviewRating"].get("ratingValue") for document in stored()]
    assert told == [1, 1, 1, 1, None, 4]  # the fifth cannot be known
    profiles = {
        "feed.json": "schemaorg", "insights.json": "insights",
        **{f"feed.jsonl?profile={name}": name for name in PROFILES},
    }  # fmt: skip
    for key, name in profiles.items():
        reviews = reviews_in(key, found[key])
        assert reviews == [PROFILES[name].make(document) for document in stored()]
        wrong = [problem for review in reviews for problem in publication.problems(review, PROFILES[name])]
        assert [problem for problem in wrong if not problem.is_warning] == []
    assert json.loads(found["feed.json"]) == {
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
                "item": [PROFILES["schemaorg"].make(document)],
            }
            for document in stored()
        ],
    }
    dump = json.loads(found["insights.json"])
    assert dump["meta"] == {"retrievedAt": stored()[-1].published_at, "claimReviewCount": len(TEXTS) + 1}
    assert [each["id"] for each in dump["claimReviews"]] == [documents.slug_of(document) for document in stored()]
    assert {answer["Content-Type"] for answer in answers.values()} == {export.media_type for export in EXPORTS}
    assert {answer["Cache-Control"] for answer in answers.values()} == {"public, no-cache"}
    day = FactCheck.last_change().date()
    assert {key: answer.get("Content-Disposition") for key, answer in answers.items()} == {
        "feed.json": None, "feed.atom": None,
        **dict.fromkeys([f"feed.jsonl?profile={name}" for name in PROFILES], f'attachment; filename="fact-checks-{day}.jsonl"'),
        "feed.csv": f'attachment; filename="fact-checks-{day}.csv"',
        "insights.json": f'attachment; filename="fact-checks-{day}.json"',
    }  # fmt: skip


def test_where_nothing_is_public_every_export_is_empty_and_valid(room, anybody):
    make.review(room, Stage.APPROVED)
    for key, path in FILES.items():
        answer = anybody.get(path)
        assert READ[key](body(answer)) == []
        assert "Content-Location" not in answer
    assert body(anybody.get("/public/insights.json")) == b'{"claimReviews":[],"meta":{"claimReviewCount":0}}'


def test_without_a_profile_lines_are_those_that_pages_embed(room, anybody):
    publish(room, TEXTS[0])
    assert body(anybody.get(LINES)) == body(anybody.get(f"{LINES}?profile=schemaorg"))


# Elements of one document


def test_a_cell_that_a_spreadsheet_would_take_for_a_formula_has_an_apostrophe_before_it():
    assert table.FORMULAS == spreadsheets.FORMULAS
    for start in table.FORMULAS:
        words = f"{start}HYPERLINK(1)"
        hostile = but(claim__text=words, headline=words, summary=words, rating__label=words, rating__explanation=words)
        [row] = cells((table.opening(documents.Feed("", "")) + table.EXPORT.element(hostile)).encode())
        for column in ("claim", "headline", "summary", "rating", "rating_explanation"):
            assert row[column] == f"'{words}"
    [row] = cells((table.opening(documents.Feed("", "")) + table.EXPORT.element(DOCUMENT)).encode())
    assert row == {
        "url": "https://desk.example/fact-checks/prices", "claim": "Prices doubled in a year.", "speaker": "Ann Example",
        "claimed_on": "2026-10-01", "place": "Example Wire", "rating": "False", "rating_value": "1", "best_rating": "3",
        "worst_rating": "1", "rating_explanation": "The tables say otherwise.", "headline": "Prices did not double",
        "summary": "They rose by a tenth.", "language": "en", "publisher": "Example Desk", "publisher_url": "https://desk.example/",
        "published_at": "2026-11-01T10:00:00Z", "modified_at": "2026-11-02T09:30:00Z", "corrections": "1",
        "appearances": "https://wire.example/a https://paper.example/b", "sources": "https://ministry.example/t",
    }  # fmt: skip


@pytest.mark.parametrize(
    "words", ["</summary><script>", "a & b ]]> 'c' \"d\"", "bell \x07, \x0b, \uffff", "a\u2028b\nc"]
)
def test_whatever_was_claimed_is_text_in_an_atom_feed(words):
    told = documents.Feed(
        "Desk & co", "2026-11-02T09:30:00Z", "https://l.example/?a&b", "https://desk.example/feed.atom?a&b"
    )
    hostile = but(claim__text=words, headline=words, rating__label=words, publisher__name=words)
    written = b"".join(atom.EXPORT.written(told, [Batch(1, atom.EXPORT.element(hostile).encode())]))
    parsed = rfc4287.read(written)
    [entry] = parsed.findall(f"{rfc4287.ATOM}entry")
    legible = words.replace("\x07", "\ufffd").replace("\x0b", "\ufffd").replace("\uffff", "\ufffd")
    assert rfc4287.text(entry, "title") == legible
    assert rfc4287.text(entry, "summary").startswith(f"Ann Example: {legible}\n")
    assert (rfc4287.text(parsed, "title"), rfc4287.text(parsed, "rights")) == ("Desk & co", "https://l.example/?a&b")
    assert len(list(entry)) == 8


# SHA-256 of the elements of two documents. An element that comes out otherwise needs a higher `version` of its export, or what was
# kept of fact-checks that are public already would be handed out as it was.
MADE = {
    "feed.json": (2, "382f26195e26a17e"),
    "feed.jsonl?profile=schemaorg": (2, "8d0d45b9737e255c"),
    "feed.jsonl?profile=insights": (2, "35d6ad4f847fd3d6"),
    "insights.json": (1, "1b784d924e20a05c"),
    "feed.csv": (1, "b2ce876d5143faf0"),
    "feed.atom": (1, "b9dca74a3ec1c565"),
}


def test_an_export_whose_elements_come_out_otherwise_has_another_version():
    bare = but(claim__speaker=None, claim__made_on="", rating__rank=None, sources=(), corrections=())
    made = {
        export.key: (
            export.version,
            hashlib.sha256((export.element(DOCUMENT) + export.element(bare)).encode()).hexdigest()[:16],
        )
        for export in EXPORTS
    }
    assert made == MADE


# Kept when published


def kept() -> dict[tuple[Any, str], tuple[int, str]]:
    rows = ExportElement.objects.values_list("revision_id", "export", "version", "body")
    return {(revision, export): (version, made) for revision, export, version, made in rows}


def test_what_is_kept_of_a_revision_is_what_each_export_makes_of_it_and_nothing_is_lost_without(room, anybody):
    publish(room, TEXTS[0], TEXTS[4])
    made = {
        (revision.pk, export.key): (export.version, export.element(documents.read(revision.content)))
        for revision in FactCheckRevision.objects.all()
        for export in EXPORTS
    }
    assert kept() == made
    whole = {key: body(anybody.get(path)) for key, path in FILES.items()}
    # As after an update, by which some exports have changed and one has come.
    ExportElement.objects.filter(export="feed.csv").delete()
    ExportElement.objects.exclude(export="feed.json").update(version=0, body="as it was")
    assert {key: body(anybody.get(path)) for key, path in FILES.items()} == whole
    assert (tend()["exported"], tend()["exported"]) == (2, 0)
    assert kept() == made


# As it stood at one moment


def test_an_export_is_read_in_batches_and_what_is_published_meanwhile_is_in_none(room, anybody, monkeypatch):
    monkeypatch.setattr(feed, "SIZE", 2)
    publish(room, *TEXTS[:3])
    before = [PROFILES["schemaorg"].make(document) for document in stored()]
    with CaptureQueriesContext(connection) as asked:
        answer = anybody.get(LINES)
        first = next(iter(answer.streaming_content))
    assert lines(first) == before[:2]
    # The moment, whose they are, whether they are kept, the first batch, and at most the next, which is read while this one is sent.
    assert len(asked) in (4, 5)
    publish(room, "Rents fell.")
    assert lines(first + b"".join(answer.streaming_content)) == before
    assert len(body(anybody.get(LINES)).splitlines()) == 4


def test_whoever_broke_off_goes_on_after_the_last_that_they_have_whatever_was_published_meanwhile(room, anybody):
    publish(room, TEXTS[1], TEXTS[2], TEXTS[4])
    first = {key: anybody.get(path) for key, path in FILES.items()}
    whole = {key: body(answer) for key, answer in first.items()}
    publish(room, "Rents fell.")
    for key in FILES:
        elements = READ[key](whole[key])
        for had, element in enumerate(elements, 1):
            rest = anybody.get(_at(first[key]), {"after": address_of(element)} | _query(first[key]))
            content = body(rest)
            if key.startswith("feed.jsonl"):
                assert b"".join(whole[key].splitlines(keepends=True)[:had]) + content == whole[key]
            elif key == "feed.csv":
                assert content == b"" if had == len(elements) else whole[key].endswith(content)
                assert cells(whole[key].removesuffix(content) + content) == elements
            else:
                there = [address_of(each) for each in READ[key](content)]
                assert there == [address_of(each) for each in elements[had:]]
        # And what has come meanwhile is what has changed since, once.
        since = _query(first[key])["until"]
        later = READ[key](body(anybody.get(f"{FILES[key]}{'&' if '?' in key else '?'}updated_since={since}")))
        assert len(later) == 1
        assert address_of(later[0]) not in whole[key].decode()


def _at(answer: Any) -> str:
    return urlsplit(answer["Content-Location"]).path.removeprefix("/api/v1")


def _query(answer: Any) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["Content-Location"]).query).items()}


def test_whoever_comes_back_with_the_moment_of_what_they_have_sees_each_change_once(room, anybody):
    publish(room, TEXTS[0], TEXTS[3])
    seen, since = [], ""
    for text in ("Rents fell.", "", ""):
        answer = anybody.get(LINES, {"updated_since": since} if since else {})
        seen.append([review["claimReviewed"] for review in lines(body(answer))])
        since = _query(answer)["until"]
        publish(room, *filter(None, [text]))
    assert seen == [[TEXTS[0], TEXTS[3]], ["Rents fell."], []]
    assert _query(anybody.get(LINES, {"until": "2999-01-01T00:00:00Z"}))["until"] == since
    assert body(anybody.get(LINES, {"until": "1999-01-01T00:00:00Z"})) == b""


def test_what_was_retracted_is_in_no_export_not_even_of_a_moment_before_and_the_datafeed_says_so_once(room, anybody):
    first, _ = publish(room, TEXTS[0], TEXTS[3])
    held = {key: anybody.get(path) for key, path in FILES.items()}
    had = {key: READ[key](body(answer)) for key, answer in held.items()}
    DO[Action.PROPOSE_RETRACTION](room, first.review, room.emil)
    DO[Action.RETRACT](room, first.review, room.gwen)
    at = Retraction.objects.get().retracted_at
    address = f"https://desk.example/fact-checks/{first.slug}"
    tombstone = {
        "@type": "DataFeedItem", "url": address, "dateCreated": had["feed.json"][0]["dateCreated"], "dateDeleted": documents.in_utc(at),
    }  # fmt: skip
    for is_kept in (True, False):
        for key in FILES:
            asked = _query(held[key])
            since, own = asked.pop("until"), asked
            is_told = [tombstone] if key == "feed.json" else []
            for query, wanted in (
                ({}, [*had[key][1:], *is_told]),
                ({"until": since}, had[key][1:]),
                ({"until": since, "after": address}, had[key][1:]),
                ({"updated_since": since}, is_told),
                ({"updated_since": documents.in_utc(at + timedelta(seconds=1))}, []),
            ):
                content = body(anybody.get(_at(held[key]), own | query))
                head = table.opening(documents.Feed("", "")).encode() if key == "feed.csv" and "after" in query else b""
                found = READ[key](head + content)
                assert [_same(each) for each in found] == [_same(each) for each in wanted], (is_kept, key, query)
        assert anybody.get(FILES["feed.json"])["ETag"] != held["feed.json"]["ETag"]
        ExportElement.objects.all().delete()
    assert tend()["exported"] == 2
    assert json.loads(body(anybody.get("/public/feed.json")))["dataFeedElement"] == [had["feed.json"][1], tombstone]


def _same(element: Any) -> Any:
    return element if isinstance(element, dict) else address_of(element)


def test_whoever_holds_an_export_is_told_so_until_something_is_published(room, anybody):
    publish(room, TEXTS[0])
    held = {key: anybody.get(path) for key, path in FILES.items()}
    for key, path in FILES.items():
        with CaptureQueriesContext(connection) as asked:
            again = anybody.get(path, headers={"If-None-Match": held[key]["ETag"]})
            head = anybody.head(path)
        assert len(asked) == 4  # the moment, and whose they are; no row
        assert (again.status_code, again.getvalue(), again["ETag"]) == (304, b"", held[key]["ETag"])
        assert (head.status_code, head.getvalue()) == (200, b"")
        own = {"Content-Type", "ETag", "Content-Location", "Content-Disposition", "Content-Length"}
        assert {name: head.get(name) for name in own} == {name: held[key].get(name) for name in own}
    publish(room, TEXTS[3])
    for key, path in FILES.items():
        assert anybody.get(path, headers={"If-None-Match": held[key]["ETag"]}).status_code == 200
    assert len({anybody.get(LINES, query)["ETag"] for query in ({}, {"updated_since": "2026-01-01T00:00:00Z"})}) == 2


def test_what_is_not_asked_rightly_is_refused(room, anybody):
    publish(room, TEXTS[0])
    until = "2999-01-01T00:00:00Z"
    for query, status, code in (
        ("feed.json?profile=insights", 400, "unknown_parameter"),
        ("feed.jsonl?profile=zebra", 400, "invalid_parameter"),
        ("feed.csv?updated_since=yesterday", 400, "invalid_parameter"),
        ("feed.atom?until=tomorrow", 400, "invalid_parameter"),
        ("insights.json?zebra=1", 400, "unknown_parameter"),
        # Without the moment, what has changed since might be left out.
        (f"feed.jsonl?after={stored()[0].url}", 422, "invalid_cursor"),
        (f"feed.jsonl?after=https://desk.example/zebra&until={until}", 422, "invalid_cursor"),
        (f"feed.jsonl?after={stored()[0].url}&until=1999-01-01T00:00:00Z", 422, "invalid_cursor"),
    ):
        assert_problem(anybody.get(f"/public/{query}"), status, code)


# Read by another installation


def test_another_installation_reads_every_export_of_claim_reviews_as_it_was_meant_and_what_was_retracted_as_such(
    room, anybody
):
    publish(room, *TEXTS)
    gone = make.review(room, Stage.RETRACTED, text="Rents fell.").fact_check
    published = stored()
    wanted = [
        (
            document.url,
            "Example Desk",
            " ".join(document.claim.text.split()),
            document.rating.label,
            document.published_at[:10],
        )
        for document in published
        if not document.url.endswith(gone.slug)
    ]
    for key, path in FILES.items():
        if key in ("feed.csv", "feed.atom"):
            continue
        reader = read_lines if key.startswith("feed.jsonl") else read_document
        drafts = list(reader(io.BytesIO(body(anybody.get(path))), key))
        assert not [draft for draft in drafts if isinstance(draft, BadRow)]
        withdrawn = [draft.url for draft in drafts if draft.is_withdrawn]
        assert withdrawn == ([f"https://desk.example/fact-checks/{gone.slug}"] if key == "feed.json" else [])
        standing = [draft for draft in drafts if not draft.is_withdrawn]
        assert [
            (draft.url, draft.publisher, draft.claim_text, draft.rating, str(draft.published_on)) for draft in standing
        ] == wanted
    page = f"<!doctype html><title>t</title>{embedding.script(PROFILES['schemaorg'].make(published[2]))}".encode()
    (draft,) = read_document(io.BytesIO(page), "page.html")
    assert draft.claim_text == wanted[2][2]
