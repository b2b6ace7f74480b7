"""Whatever was corrected or retracted is told in the open: why, the rating before and after, and to whoever polls, each change once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from reviews import feed, workflow
from reviews.facts import Stage
from reviews.models import Change, ExportElement, FactCheck, FactCheckRevision, Retraction
from reviews.publication import EXPORTS, PROFILES, corrections, documents, problems
from reviews.publication.documents import Feed
from reviews.tasks import tend
from tests import atom as rfc4287
from tests import make
from tests.api import Api, assert_problem, walk
from tests.test_revising import EDITED, doubted, publish_minor, verified_again

pytestmark = pytest.mark.django_db

LIST, ATOM, LINES, DATAFEED = (
    "/public/corrections",
    "/public/corrections.atom",
    "/public/feed.jsonl",
    "/public/feed.json",
)


@pytest.fixture
def room():
    return make.newsroom()


def file(anybody: Api, path: str, **query: str) -> bytes:
    answer = anybody.get(path, query)
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def written(at_: Any) -> str:
    return f"{at_:%Y-%m-%dT%H:%M:%S.%fZ}"


class Poller:
    """Asks for what has changed since it last asked, and remembers the moment as each address tells it."""

    def __init__(self, anybody: Api) -> None:
        self.anybody = anybody
        self.since: dict[str, str] = {}

    def lines(self) -> list[tuple[str, int]]:
        return [
            (each["url"], len(each.get("correction", []))) for each in map(json.loads, self._file(LINES).splitlines())
        ]

    def datafeed(self) -> list[tuple[str, bool]]:
        found = json.loads(self._file(DATAFEED))["dataFeedElement"]
        return [(each["url"], True) if "dateDeleted" in each else (each["item"][0]["url"], False) for each in found]

    def list(self, path: str) -> list[dict[str, Any]]:
        found = self.anybody.get(path, {"updated_since": self.since[path]} if path in self.since else {}).json()[
            "results"
        ]
        if found:
            self.since[path] = found[-1]["changed_at"]
        return found

    def _file(self, path: str) -> bytes:
        answer = self.anybody.get(path, {"updated_since": self.since[path]} if path in self.since else {})
        self.since[path] = answer["Content-Location"].partition("until=")[2].replace("%3A", ":")
        return b"".join(answer.streaming_content)


def test_every_change_is_listed_with_why_and_the_rating_before_and_after_and_told_once_everywhere(room, anybody):
    small = doubted(room, body=EDITED)
    again = verified_again(room, "true")
    gone = make.review(room, Stage.PUBLISHED, text="Rents fell.")
    addresses = [documents.read(each.content).url for each in FactCheckRevision.objects.order_by("published_at")]
    poller = Poller(anybody)
    assert poller.lines() == [(address, 0) for address in addresses]
    assert poller.datafeed() == [(address, False) for address in addresses]
    assert len(poller.list("/public/fact-checks")) == 3
    assert poller.list(LIST) == []

    assert publish_minor(room, small, room.gwen).status_code == 200
    workflow.publish(again.pk, public_note="The tables were of 2023.", actor=room.emil)
    assert poller.lines() == [(addresses[0], 1), (addresses[1], 1)]
    assert poller.datafeed() == [(addresses[0], False), (addresses[1], False)]
    proposal = make.propose(room.emil, gone)
    workflow.retract(gone.pk, actor=room.gwen)
    assert poller.lines() == []
    assert poller.datafeed() == [(addresses[2], True)]
    assert [each["status"] for each in poller.list("/public/fact-checks")] == ["published", "published", "retracted"]
    second, third = FactCheckRevision.objects.filter(number=2).order_by("published_at")
    same = {"headline": "The headline.", "publisher": "Example Desk"}
    wanted = [
        same | {
            "fact_check": str(small.fact_check.pk), "url": addresses[0], "kind": "update", "revision": 2,
            "changed_at": written(second.published_at), "changed": ["body", "corrections"], "note": "The year was wrong.",
            "rating_before": "False", "rating_after": "False",
        },
        same | {
            "fact_check": str(again.fact_check.pk), "url": addresses[1], "kind": "reverified", "revision": 2,
            "changed_at": written(third.published_at), "changed": ["corrections", "rating", "sources"],
            "note": "The tables were of 2023.", "rating_before": "False", "rating_after": "True",
        },
        same | {
            "fact_check": str(gone.fact_check.pk), "url": addresses[2], "kind": "retracted", "revision": 1,
            "changed_at": written(Retraction.objects.get().retracted_at), "changed": [], "note": proposal.public_reason,
            "rating_before": "False", "rating_after": "",
        },
    ]  # fmt: skip
    assert poller.list(LIST) == wanted
    for ask in (poller.lines, poller.datafeed, lambda: poller.list("/public/fact-checks"), lambda: poller.list(LIST)):
        assert ask() == []
    pages = walk(anybody, f"{LIST}?page_size=1&ordering=-changed_at")
    assert [each for page in pages for each in page] == wanted[::-1]

    parsed = rfc4287.read(file(anybody, ATOM))
    told = [
        tuple(rfc4287.text(entry, name) for name in ("id", "title", "summary"))
        for entry in parsed.findall(f"{rfc4287.ATOM}entry")
    ]
    assert told == [
        (f"{addresses[2]}#retracted", "Retracted: The headline.", f"{proposal.public_reason}\nIt was rated: False. Nothing of it stands any more."),
        (f"{addresses[1]}#revision-2", "Corrected: The headline.", "The tables were of 2023.\nRated before: False. Now: True."),
        (f"{addresses[0]}#revision-2", "Corrected: The headline.", "The year was wrong.\nRated as before: False."),
    ]  # fmt: skip
    assert rfc4287.text(parsed, "title") == "Corrections: Example Desk"
    since = file(anybody, ATOM, updated_since=written(third.published_at))
    assert len(rfc4287.read(since).findall(f"{rfc4287.ATOM}entry")) == 1


def test_a_corrected_fact_check_says_the_same_in_every_export_whether_its_elements_are_kept_or_made(room, anybody):
    review = verified_again(room, "true")
    other = make.review(room, Stage.PUBLISHED, text="Rents fell.")
    before = anybody.get(LINES)
    had = b"".join(before.streaming_content)
    first = before["Content-Location"].partition("until=")[2].replace("%3A", ":")
    # As after an update: nothing that is kept counts. That the oldest of all is corrected then completes nothing.
    ExportElement.objects.update(version=0, body="as it was")
    workflow.publish(review.pk, public_note="The tables were of 2023.", actor=room.emil)
    [old, now] = [documents.read(revision.content) for revision in review.fact_check.revisions.all()]
    untouched = documents.read(other.fact_check.revisions.get().content)
    [line] = [export.element for export in EXPORTS if export.key == "feed.jsonl?profile=schemaorg"]
    for are_kept in (False, True):
        assert [feed.is_kept(export) for export in EXPORTS] == [are_kept] * len(EXPORTS)
        for export in EXPORTS:
            mark = "&" if "?" in export.key else "?"
            found = file(anybody, f"/public/{export.key}").decode()
            assert export.between.join([export.element(untouched), export.element(now)]) in found
            assert export.element(old) not in found
            assert export.element(old) in file(anybody, f"/public/{export.key}{mark}until={first}").decode()
        assert file(anybody, LINES, until=first) == had
        assert file(anybody, LINES, until=first, after=old.url) == had.splitlines(keepends=True)[1]
        assert file(anybody, LINES, updated_since=first) == line(now).encode()
        assert tend()["exported"] == (0 if are_kept else 2)
    for profile in PROFILES.values():
        assert problems(profile.make(now), profile) == []
    made = PROFILES["schemaorg"].make(now)
    assert made["correction"] == [
        {"@type": "CorrectionComment", "text": "The tables were of 2023.", "datePublished": now.modified_at}
    ]
    assert (made["datePublished"], made["dateModified"]) == (old.published_at, now.modified_at)


def test_corrections_are_read_in_batches_and_conditionally(room, anybody, monkeypatch):
    monkeypatch.setattr(feed, "SIZE", 1)
    for text in ("Rents fell.", "Wages fell.", "Prices fell."):
        make.review(room, Stage.RETRACTED, text=text)
    answer = anybody.get(ATOM)
    rows = list(Change.objects.order_by("-changed_at"))
    told = Feed("Example Desk", documents.in_utc(FactCheck.last_change()), "", f"http://testserver/api/v1{ATOM}")
    assert b"".join(answer.streaming_content) == b"".join(corrections.written(told, map(feed._correction, rows)))
    again = anybody.get(ATOM, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.getvalue()) == (304, b"")
    head = anybody.head(ATOM)
    assert (head.status_code, head.getvalue(), head["ETag"]) == (200, b"", answer["ETag"])


def test_where_nothing_was_corrected_there_is_an_empty_list_and_a_valid_feed(anybody):
    assert anybody.get(LIST).json() == {"results": [], "next": None}
    assert rfc4287.read(file(anybody, ATOM)).findall(f"{rfc4287.ATOM}entry") == []
    for path in (LIST, ATOM):
        assert_problem(anybody.get(path, {"updated_since": "yesterday"}), 400, "invalid_parameter")
        assert_problem(anybody.get(path, {"zebra": "1"}), 400, "unknown_parameter")
