"""The copy that we keep of a source: readers can compare their own with it, and learn nothing of what no fact-check names."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

import pytest
from django.test import Client

from reviews import workflow
from reviews.facts import Stage
from reviews.models import Evidence, Review, SnapshotCheck
from tests import make
from tests.api import assert_problem
from tests.test_readers import opened, words

pytestmark = pytest.mark.django_db

BYTES = b"33,000 people serve."
SHA256 = hashlib.sha256(BYTES).hexdigest()
NAME = "list-of-informants.txt"


@pytest.fixture
def room():
    return make.newsroom()


def resting_on_a_file(room, stage: Stage = Stage.PUBLISHED, **fields) -> Review:
    review = make.review(room, Stage.RESEARCH)
    item = make.upload(room, review, BYTES, NAME)
    Evidence.objects.filter(pk=item.pk).update(**fields)
    return make.onwards(room, review, stage)


def test_what_claim_review_names_as_the_archived_copy_is_a_page_that_says_what_we_keep(room, anybody):
    public = resting_on_a_file(room, url="https://ministry.example/tables").fact_check
    review = anybody.get(f"/public/fact-checks/{public.pk}/claim-review").json()
    [address] = [source["archivedAt"] for source in review["citation"] if "archivedAt" in source]
    page = opened(Client(), urlsplit(address).path)
    told = words(page.xpath("//main")[0])
    for each in (
        "Tables",
        "https://ministry.example/tables",
        "text/plain, 20 bytes",
        SHA256,
        "The headline., revision 1",
    ):
        assert each in told
    assert "When it was taken." in told
    [copy] = page.xpath("//link[@rel='alternate'][contains(@href, 'snapshots')]/@href")
    assert copy == f"/api/v1/public/snapshots/{SHA256}"
    # The fact-check's own page leads there too.
    assert f"/snapshots/{SHA256}" in opened(Client(), f"/fact-checks/{public.slug}").xpath("//main//a/@href")


def test_a_copy_as_json_says_the_same_and_names_who_rests_on_it(room, anybody):
    public = resting_on_a_file(room).fact_check
    snapshot = Evidence.objects.exclude(snapshot=None).get().snapshot
    answer = anybody.get(f"/public/snapshots/{SHA256}")
    assert answer.status_code == 200, answer.content
    assert answer.json() == {
        "sha256": SHA256, "title": "Tables", "url": "", "taken_at": f"{snapshot.taken_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "media_type": "text/plain", "size_bytes": 20, "checked_at": None, "is_sound": True,
        "cited_by": [
            {
                "fact_check": str(public.pk), "url": public.revisions.get().document["url"], "headline": "The headline.",
                "status": "published", "revision": 1,
            }
        ],
    }  # fmt: skip
    assert anybody.get(f"/public/snapshots/{SHA256}", headers={"If-None-Match": answer["ETag"]}).status_code == 304
    assert NAME not in answer.content.decode()


def test_readers_are_told_when_the_copy_was_compared_and_that_it_is_damaged(room, anybody):
    resting_on_a_file(room)
    snapshot = Evidence.objects.exclude(snapshot=None).get().snapshot
    told = []
    for outcome in (SnapshotCheck.Outcome.SOUND, SnapshotCheck.Outcome.CORRUPT):
        check = workflow.record_check(snapshot, outcome)
        copy = anybody.get(f"/public/snapshots/{SHA256}").json()
        assert copy["checked_at"] == f"{check.checked_at:%Y-%m-%dT%H:%M:%S.%fZ}"
        told.append((copy["is_sound"], words(opened(Client(), f"/snapshots/{SHA256}"))))
    [(first, sound), (second, damaged)] = told
    assert (first, second) == (True, False)
    assert "nothing has changed" in sound
    assert "our copy is damaged or lost" in damaged


@pytest.mark.parametrize("why", ["not published yet", "confidential", "unheard of"])
def test_of_what_no_fact_check_names_nobody_learns_that_it_is_kept(room, anybody, why):
    if why == "not published yet":
        resting_on_a_file(room, Stage.APPROVED)
    if why == "confidential":
        resting_on_a_file(room, is_confidential=True)
    assert Evidence.objects.filter(snapshot__sha256=SHA256).exists() is (why != "unheard of")
    assert_problem(anybody.get(f"/public/snapshots/{SHA256}"), 404, "not_found")
    assert Client().get(f"/snapshots/{SHA256}").status_code == 404
    assert Client().get("/snapshots/").status_code == 404


def test_a_copy_stays_where_an_earlier_revision_or_a_retraction_leads_to_it(room, anybody):
    review = make.onwards(room, resting_on_a_file(room), Stage.RETRACTED)
    [citing] = anybody.get(f"/public/snapshots/{SHA256}").json()["cited_by"]
    assert (citing["status"], citing["revision"]) == ("retracted", 1)
    assert "retracted since" in words(opened(Client(), f"/snapshots/{SHA256}"))
    assert review.stage == Stage.RETRACTED
