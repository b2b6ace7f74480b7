"""A page that evidence names is stored by a worker, bytes and text, and the item says so or why not."""

from __future__ import annotations

import hashlib

import pytest

from factcheck import jobs
from factcheck.models import Job
from reviews import evidence, workflow
from reviews.facts import Stage
from reviews.models import Snapshot
from tests import make
from tests.api import api
from tests.internet import PUBLIC, response
from tests.pages import HTML, PAGE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder", "uncompared")]

URL = "http://news.example/tables"


@pytest.fixture
def item():
    """An item of evidence that names a page, added over the API, and somebody who reads it."""
    room = make.newsroom()
    review = make.review(room, Stage.RESEARCH)
    client = api(room.finn)
    added = client.post(f"/reviews/{review.pk}/evidence", {"url": URL, "stance": "refutes", "origin": "Ministry"})
    assert (added.status_code, added.json()["snapshot"]) == (201, None)
    return room, client, added["Location"]


def test_a_worker_stores_the_page_and_the_item_has_its_hash(item, internet):
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    _, client, path = item
    assert jobs.work("tests")
    stored = Snapshot.objects.get()
    shown = client.get(path).json()["snapshot"]
    assert (shown["id"], shown["url"], shown["media_type"]) == (str(stored.pk), URL, "text/html")
    assert shown["sha256"] == hashlib.sha256(PAGE).hexdigest()
    assert evidence.read_payload(stored.key) == PAGE
    assert evidence.verify(stored.key, stored.sha256).outcome == "ok"
    assert Job.objects.get(kind="snapshot").result == {"snapshot": str(stored.pk)}


def test_a_page_that_is_not_there_is_said_at_the_item(item, internet):
    internet.serve(PUBLIC, 80, response(b"", status="404 Not Found"))
    _, client, path = item
    assert jobs.work("tests")
    shown = client.get(path).json()
    assert shown["snapshot"] is None
    assert "404" in shown["snapshot_error"]
    assert Job.objects.get(kind="snapshot").state == "failed"


def test_an_item_with_another_address_by_now_is_left_alone(item, internet):
    internet.serve(PUBLIC, 80, response(PAGE, HTML))
    room, client, path = item
    seen = Job.objects.get(kind="snapshot")
    workflow.edit_evidence(seen.subject_id, {"url": f"{URL}/2"}, actor=room.finn)
    assert not workflow.keep_snapshot(seen.subject_id, Snapshot(), URL)
    assert client.get(path).json()["snapshot"] is None
