"""Whoever may see a review can have the bytes that it rests on, and have them verified."""

from __future__ import annotations

import hashlib
import os
from typing import Any

import pytest
from django.core.files.storage import storages

from factcheck.audit import events
from factcheck.audit import verifying as audit
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Snapshot, SnapshotCheck
from reviews.workflow.evidence import record_check
from tests import make
from tests.api import api, assert_problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder")]

PAYLOAD = b"<html><body><script>alert(1)</script><p>33,000 people serve.</p></body></html>"


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def snapshot(room) -> Snapshot:
    found = make.upload(room, make.review(room, Stage.RESEARCH), PAYLOAD, "tables.html").snapshot
    assert found is not None
    return found


def damage(snapshot: Snapshot, payload: bytes | None) -> None:
    """Other bytes where the snapshot's are, or none."""
    path = storages["evidence"].path(snapshot.key)
    os.unlink(path)
    if payload is not None:
        with open(path, "wb") as file:
            file.write(payload)


def test_a_snapshot_says_what_was_stored_and_what_later_looks_found_newest_first(room, snapshot):
    record_check(snapshot, "sound")
    record_check(snapshot, "unreachable", "status_503")
    shown = api(room.finn).get(f"/snapshots/{snapshot.pk}").json()
    assert [(check["outcome"], check["detail"]) for check in shown.pop("checks")] == [
        ("unreachable", "status_503"), ("sound", ""),
    ]  # fmt: skip
    assert shown.pop("taken_at").endswith("Z")
    assert shown == {
        "id": str(snapshot.pk), "url": "", "url_final": "", "name": "tables.html", "media_type": "text/html",
        "size_bytes": len(PAYLOAD), "sha256": hashlib.sha256(PAYLOAD).hexdigest(), "text_sha256": snapshot.text_sha256,
    }  # fmt: skip


def test_the_bytes_are_those_that_were_stored_and_a_browser_runs_nothing_of_them(room, snapshot):
    answer = api(room.uma).get(f"/snapshots/{snapshot.pk}/content", headers={"Accept": "text/html"})
    assert (answer.status_code, answer.content) == (200, PAYLOAD)
    assert answer["ETag"] == f'"{hashlib.sha256(answer.content).hexdigest()}"' == f'"{snapshot.sha256}"'
    assert answer["Content-Type"] == "text/html"
    assert answer["Content-Disposition"] == 'attachment; filename="tables.html"'
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_whoever_holds_the_bytes_is_not_sent_them_again(room, snapshot):
    client, address = api(room.finn), f"/snapshots/{snapshot.pk}/content"
    again = client.get(address, headers={"If-None-Match": f'"{snapshot.sha256}"'})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", f'"{snapshot.sha256}"')
    assert client.get(address, headers={"If-None-Match": '"another"'}).content == PAYLOAD


@pytest.mark.parametrize(
    ("payload", "code", "outcome", "detail"),
    [(b"garbage", "evidence_corrupt", "corrupt", "record_differs"), (None, "evidence_missing", "missing", "")],
)
def test_bytes_that_were_changed_or_lost_are_told_as_what_they_are_and_never_sent(
    room, snapshot, payload, code, outcome, detail
):
    damage(snapshot, payload)
    client = api(room.finn)
    seen: dict[str, Any]
    for headers in ({}, {"If-None-Match": f'"{snapshot.sha256}"'}):
        assert_problem(client.get(f"/snapshots/{snapshot.pk}/content", headers=headers), 409, code)
    assert not SnapshotCheck.objects.exists(), "to read is not to verify"
    seen = client.post(f"/snapshots/{snapshot.pk}/verify").json()
    assert (seen["outcome"], seen["detail"]) == (outcome, detail)
    assert client.get(f"/snapshots/{snapshot.pk}").json()["checks"] == [seen]


def test_a_record_of_other_bytes_under_the_snapshots_own_address_is_not_sent_either(room, snapshot):
    other = make.upload(room, make.review(room, Stage.RESEARCH, text="Wages fell."), b"31,000 people serve.").snapshot
    mixed = Snapshot(
        taken_at=snapshot.taken_at, media_type="text/html", size_bytes=1, sha256=snapshot.sha256, key=other.key
    )
    review = make.review(room, Stage.RESEARCH, text="Rents fell.")
    workflow.add_evidence(review.pk, {"stance": "context", "origin": "X"}, actor=room.finn, snapshot=mixed)
    client = api(room.finn)
    assert_problem(client.get(f"/snapshots/{mixed.pk}/content"), 409, "evidence_corrupt")
    assert client.post(f"/snapshots/{mixed.pk}/verify").json()["detail"] == "payload_differs"


def test_to_verify_computes_the_hash_now_and_keeps_what_was_found(room, snapshot):
    client = api(room.finn)
    first = client.post(f"/snapshots/{snapshot.pk}/verify")
    assert (first.status_code, first.json()["outcome"]) == (200, "sound")
    damage(snapshot, b"garbage")
    assert client.post(f"/snapshots/{snapshot.pk}/verify").json()["outcome"] == "corrupt"
    kept = SnapshotCheck.objects.filter(snapshot=snapshot).order_by("id")
    assert list(kept.values_list("outcome", flat=True)) == ["sound", "corrupt"]
    review = snapshot.evidence.get().review
    told = [(event.actor, event.data) for event in events.events(review).filter(action="verify_snapshot")]
    assert told == [
        (room.finn, {"snapshot": str(snapshot.pk), "check": str(check.pk), "outcome": check.outcome}) for check in kept
    ]
    assert list(audit.verify()) == []


def test_bytes_that_a_worker_finds_lost_are_on_the_record_of_what_rests_on_them_and_sound_ones_are_not(room, snapshot):
    record_check(snapshot, "sound")
    record_check(snapshot, "missing")
    review = snapshot.evidence.get().review
    [event] = events.events(review).filter(action="verify_snapshot")
    assert (event.actor, event.data["outcome"], event.version) == (None, "missing", review.version)


def test_what_a_round_was_frozen_with_stays_there_for_the_desk_when_the_item_gets_another_address(room, snapshot):
    review, item = snapshot.evidence.get().review, snapshot.evidence.get()
    make.evidence(room, review, "refutes", "Ministry")
    make.evidence(room, review, "supports", "Bank")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    workflow.request_evidence(review.pk, reason="insufficient", note="One table is missing.", actor=room.emil)
    workflow.edit_evidence(item.pk, {"url": "https://example.org/tables"}, actor=room.finn)
    assert not snapshot.evidence.exists()
    for who, status in ((room.finn, 200), (room.uma, 200), (room.zoe, 404)):
        for address in (f"/snapshots/{snapshot.pk}", f"/snapshots/{snapshot.pk}/content"):
            assert api(who).get(address).status_code == status, (who, address)
    before = SnapshotCheck.objects.count()
    assert_problem(api(room.zoe).post(f"/snapshots/{snapshot.pk}/verify"), 404, "not_found")
    assert SnapshotCheck.objects.count() == before
