"""Pages are stored as they were seen, and what later becomes of them is told apart: changed, without the quotation, gone, or corrupted by us."""

from __future__ import annotations

import hashlib
import os
from datetime import timedelta

import pytest
from django.core.files.storage import storages
from django.db import connection
from django.utils import timezone

from factcheck import jobs
from factcheck.audit import events
from factcheck.models import Job
from reviews import attention, evidence, workflow
from reviews.facts import Stage
from reviews.models import Evidence, Review, Snapshot, SnapshotCheck
from reviews.workflow import snapshots
from tests import make
from tests.internet import PUBLIC, response

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder", "uncompared")]

HTML = "Content-Type: text/html; charset=utf-8"
URL = "http://news.example/tables"
PAGE = (
    "<html><body><article><p>{}</p><p>The tables are printed by the ministry every spring.</p></article></body></html>"
)
QUOTED = PAGE.format("The reserve force counts 33,000 people now.").encode()


@pytest.fixture
def room():
    return make.newsroom()


@pytest.fixture
def item(room, internet) -> Evidence:
    """An item of a page, with its snapshot."""
    internet.serve(PUBLIC, 80, response(QUOTED, HTML))
    review = make.review(room, Stage.RESEARCH)
    found = make.evidence(room, review, url=URL, quotation="33,000 people", snapshot_exemption="")
    assert jobs.work("tests")
    found.refresh_from_db()
    assert found.snapshot is not None, Job.objects.latest("id").error
    return found


def path_of(snapshot: Snapshot) -> str:
    return storages["evidence"].path(snapshot.key)


def rechecked(snapshot: Snapshot) -> dict[str, object]:
    jobs.enqueue(snapshots.RECHECK, snapshot.pk)
    assert jobs.work("tests")
    job = Job.objects.latest("id")
    assert job.state == "done", job.error
    return job.result


def test_the_bytes_of_a_snapshot_hash_to_what_is_stored(item):
    snapshot = item.snapshot
    payload = evidence.read_payload(snapshot.key)
    assert payload == QUOTED
    assert hashlib.sha256(payload).hexdigest() == snapshot.sha256
    assert (snapshot.url, snapshot.media_type, snapshot.size_bytes) == (URL, "text/html", len(QUOTED))
    assert "33,000 people" in snapshot.text
    assert hashlib.sha256(snapshot.text.encode()).hexdigest() == snapshot.text_sha256
    assert snapshots.verify(snapshot).outcome == "sound"


def test_which_bytes_were_bound_to_an_item_is_on_the_record_of_its_review(item):
    version = item.review.version
    event = events.events(item.review).last()
    assert (event.action, event.actor, event.origin.split()[0]) == ("edit_evidence", None, "job")
    assert event.data == {"evidence": str(item.pk), "changed": ["snapshot_id"], "sha256": item.snapshot.sha256}
    assert Review.objects.get(pk=item.review_id).version == version == event.version


def test_an_item_with_a_snapshot_lacks_nothing_and_one_without_is_named(room, item):
    assert [fact.lacks for fact in workflow.facts_of(item.review, room.finn).evidence] == [()]
    make.evidence(room, item.review, "supports", "Bank", snapshot_exemption="", locator="")
    facts = workflow.facts_of(item.review, room.finn)
    assert [fact.lacks for fact in facts.evidence] == [(), ("locator", "snapshot")]
    with pytest.raises(workflow.ActionBlocked) as refused:
        workflow.submit_for_rating(item.review_id, actor=room.finn)
    assert [blocker["code"] for blocker in refused.value.extra["blocked_by"]] == ["incomplete_evidence"]
    assert Review.objects.get(pk=item.review_id).stage == Stage.RESEARCH


def test_a_page_that_cannot_be_had_says_why_on_its_item(room, internet):
    internet.serve(PUBLIC, 80, response(status="404 Not Found"))
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review, url=URL, snapshot_exemption="")
    assert jobs.work("tests")
    item.refresh_from_db()
    assert item.snapshot is None
    assert item.snapshot_error == f"{URL}: answered with status 404"


def test_a_page_that_we_failed_to_store_says_so_and_names_none_of_our_parts(room, internet, monkeypatch):
    internet.serve(PUBLIC, 80, response(QUOTED, HTML))
    monkeypatch.setattr(jobs, "MAX_ATTEMPTS", 1)
    monkeypatch.setattr(evidence, "capture", lambda url: {}["zebra"])
    item = make.evidence(room, make.review(room, Stage.RESEARCH), url=URL, snapshot_exemption="")
    assert jobs.work("tests")
    item.refresh_from_db()
    assert item.snapshot_error.startswith("The page could not be stored, for a reason on our side")
    assert "KeyError" not in item.snapshot_error


def test_what_is_quoted_and_does_not_stand_on_the_page_is_a_task_from_the_first_look_on(room, internet):
    internet.serve(PUBLIC, 80, response(QUOTED, HTML))
    item = make.evidence(room, make.review(room, Stage.RESEARCH), url=URL, quotation="44,000", snapshot_exemption="")
    assert jobs.work("tests")
    item.refresh_from_db()
    [check] = item.snapshot.checks.all()
    assert (check.outcome, check.detail) == ("quotation_missing", "not_in_the_capture")
    assert rechecked(item.snapshot) == {"stored": "sound", "live": "quotation_missing"}
    assert list(attention.needing_attention()) == [item]
    workflow.edit_evidence(item.pk, {"quotation": "33,000 people"}, actor=room.finn)
    assert jobs.work("tests")
    assert list(attention.needing_attention()) == []


def test_what_was_quoted_while_the_page_was_fetched_is_looked_for(room, internet, monkeypatch):
    internet.serve(PUBLIC, 80, response(QUOTED, HTML))
    item, capture = (
        make.evidence(room, make.review(room, Stage.RESEARCH), url=URL, snapshot_exemption=""),
        evidence.capture,
    )

    def meanwhile(url):
        captured = capture(url)
        workflow.edit_evidence(item.pk, {"quotation": "44,000 people"}, actor=room.finn)
        return captured

    monkeypatch.setattr(evidence, "capture", meanwhile)
    while jobs.work("tests"):
        pass
    assert list(attention.needing_attention()) == [item]


def test_an_item_whose_address_changed_meanwhile_gets_no_other_pages_snapshot(room, item):
    snapshot = Snapshot(
        url="http://news.example/other",
        taken_at=timezone.now(),
        media_type="text/html",
        size_bytes=1,
        sha256="0" * 64,
        key="x",
    )
    assert workflow.keep_snapshot(item.pk, snapshot, "http://news.example/other") is False
    assert Snapshot.objects.count() == 1


def test_an_address_that_was_changed_while_the_old_one_was_fetched_is_fetched_too(room, item, monkeypatch):
    other, capture = "http://news.example/other", evidence.capture

    def meanwhile(url):
        captured = capture(url)
        if url == URL:
            workflow.edit_evidence(item.pk, {"url": other}, actor=room.finn)
        return captured

    monkeypatch.setattr(evidence, "capture", meanwhile)
    jobs.enqueue(snapshots.SNAPSHOT, item.pk)
    while jobs.work("tests"):
        pass
    item.refresh_from_db()
    assert (item.url, item.snapshot.url) == (other, other)


@pytest.mark.parametrize(
    ("now", "outcome"),
    [
        (response(QUOTED, HTML), "unchanged"),
        (response(PAGE.format("In all, 33,000 people serve, up from 11,000.").encode(), HTML), "text_changed"),
        (response(PAGE.format("The reserve force counts 31,000 people now.").encode(), HTML), "quotation_missing"),
        (response(status="410 Gone"), "gone"),
        (response(status="503 Busy"), "unreachable"),
    ],
)
def test_what_became_of_a_page_is_told_apart_and_makes_no_verdict_stale(item, internet, now, outcome):
    internet.serve(PUBLIC, 80, now)
    assert rechecked(item.snapshot) == {"stored": "sound", "live": outcome}
    assert list(item.snapshot.checks.order_by("id").values_list("outcome", flat=True)) == ["sound", outcome]
    assert workflow.facts_of(item.review, None).evidence[0].is_sound


def test_the_same_change_found_again_is_told_from_the_next(item, internet):
    said = ("31,000 people serve.", "31,000   people serve.", "30,000 people serve.")
    for words in said:
        internet.serve(PUBLIC, 80, response(PAGE.format(words).encode(), HTML))
        assert rechecked(item.snapshot)["live"] == "quotation_missing"
    first, second, third = item.snapshot.checks.filter(outcome="quotation_missing").order_by("id")
    assert len(first.found_sha256) == 64
    assert first.found_sha256 == second.found_sha256 != third.found_sha256


@pytest.mark.parametrize(("damage", "outcome"), [(b"garbage", "corrupt"), (None, "missing")])
def test_stored_bytes_that_were_changed_or_lost_are_found_and_the_live_page_cannot_stand_in_for_them(
    item, damage, outcome
):
    path = path_of(item.snapshot)
    os.chmod(path, 0o600)
    if damage is None:
        os.unlink(path)
    else:
        with open(path, "wb") as file:
            file.write(damage)
    assert rechecked(item.snapshot) == {"stored": outcome, "live": None}
    assert not workflow.facts_of(item.review, None).evidence[0].is_sound


def test_a_verdict_on_bytes_that_fail_their_hash_closes_no_round(room, item):
    review = item.review
    make.evidence(room, review, "supports", "Bank")
    make.evidence(room, review, "refutes", "Court")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    review.refresh_from_db()
    first, second = room.holders(review)
    seen = workflow.my_seat(review, second).tag
    room.vote(review, first)
    assert workflow.verdicts_submitted(review) == 1

    workflow.record_check(item.snapshot, SnapshotCheck.Outcome.CORRUPT)

    assert workflow.verdicts_submitted(review) == 0
    assert workflow.my_seat(review, second).tag != seen
    sound = [i.pk for i in Evidence.objects.filter(review=review).exclude(pk=item.pk)]
    said = workflow.Judgement("false", make.WHY, sound)
    workflow.submit_verdict(review.pk, said, actor=second)
    review.refresh_from_db()
    assert review.stage == Stage.RATING
    workflow.submit_verdict(review.pk, said, actor=first)
    review.refresh_from_db()
    assert review.stage == Stage.DRAFTING


def taken_a_week_ago() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE reviews_snapshot DISABLE TRIGGER row_is_final")
        cursor.execute("UPDATE reviews_snapshot SET taken_at = %s", [timezone.now() - timedelta(days=8)])
        cursor.execute("ALTER TABLE reviews_snapshot ENABLE TRIGGER row_is_final")


def test_what_reviews_rest_on_is_looked_at_again_every_week(item):
    assert snapshots.queue_rechecks() == 0
    taken_a_week_ago()
    assert snapshots.queue_rechecks() == 1
    assert jobs.work("tests")
    assert snapshots.queue_rechecks() == 0


def test_a_site_is_asked_for_one_page_at_a_time_and_for_the_next_when_that_was_answered(room, item, internet):
    internet.names["paper.example"] = internet.names["news.example"]
    addresses = ("http://NEWS.example/2", "http://news.example/3", "http://paper.example/1")
    for address in addresses:
        make.evidence(room, item.review, url=address, snapshot_exemption="")
    for name in (b"one", b"two"):
        make.upload(room, item.review, name)
    while jobs.work("tests"):
        pass
    assert Snapshot.objects.exclude(url="").count() == 4
    taken_a_week_ago()

    def asked() -> list[str]:
        waiting = Job.objects.filter(kind=snapshots.RECHECK, state="queued").values("subject_id")
        return sorted(Snapshot.objects.filter(pk__in=waiting).values_list("url", flat=True))

    assert snapshots.queue_rechecks() == 4
    assert asked() == ["", "", "http://news.example/tables", "http://paper.example/1"]
    assert snapshots.queue_rechecks() == 0
    for address in addresses[:2]:
        while jobs.work("tests"):
            pass
        assert snapshots.queue_rechecks() == 1
        assert asked() == [address]
    while jobs.work("tests"):
        pass
    assert snapshots.queue_rechecks() == 0
