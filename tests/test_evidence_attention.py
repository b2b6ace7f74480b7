"""What became of the pages and bytes that reviews rest on is a list of tasks for their desk."""

from __future__ import annotations

from typing import Any

import pytest

from factcheck.audit import events
from reviews import workflow
from reviews.facts import Stage
from reviews.models import Evidence, Keeping, Review, Snapshot, SnapshotCheck
from tests import make, reviewing
from tests.api import Api, api, assert_problem, walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder")]

TASKS = "/evidence?needs_attention=true"
NOBODY = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def review(room) -> Review:
    return make.review(room, Stage.RESEARCH)


@pytest.fixture
def item(room, review) -> Evidence:
    return make.upload(room, review)


def found(item: Evidence, *outcomes: str) -> None:
    """Later looks; `text_changed:2` found another text than `text_changed:1`."""
    for outcome in outcomes:
        kind, _, text = outcome.partition(":")
        workflow.record_check(item.snapshot, kind, found_sha256=text)


def keep(client: Api, item: Evidence, **changes: Any) -> Any:
    """As somebody does who has just looked at it."""
    address = f"/evidence/{item.pk}"
    seen = client.get(address)
    last = seen.json()["live_check"] or {"id": NOBODY}
    body = {"finding": last["id"], "reason": "unrelated", "note": "They moved the menu."} | changes
    return client.post(f"{address}/keep", body, headers={"If-Match": seen["ETag"]})


def listed(client: Api, address: str = TASKS) -> list[str]:
    return [row["id"] for page in walk(client, address) for row in page]


@pytest.mark.parametrize(
    ("outcomes", "is_task"),
    [
        ((), False),
        (("sound", "unchanged"), False),
        (("sound", "text_changed"), True),
        (("sound", "quotation_missing"), True),
        (("sound", "gone"), True),
        (("sound", "unreachable"), False),
        (("corrupt",), True),
        (("missing",), True),
        (("gone", "sound", "unchanged"), False),
        (("gone", "sound"), True),
        (("gone", "sound", "unreachable"), False),
        (("corrupt", "sound"), False),
        (("corrupt", "unchanged"), True),
    ],
)
def test_the_last_look_at_the_bytes_and_the_last_at_the_page_say_whether_somebody_has_to_see_to_it(
    room, item, outcomes, is_task
):
    found(item, *outcomes)
    client = api(room.finn)
    assert listed(client) == ([str(item.pk)] if is_task else [])
    assert listed(client, "/evidence?needs_attention=false") == ([] if is_task else [str(item.pk)])


def test_a_task_comes_with_the_checks_that_make_it_one_and_is_what_the_item_answers(room, item):
    found(item, "sound", "gone")
    client = api(room.uma)
    [task] = client.get(TASKS).json()["results"]
    shown: dict[str, Any] = {
        kind: SnapshotCheck.objects.get(outcome=outcome)
        for kind, outcome in (("stored_check", "sound"), ("live_check", "gone"))
    }
    assert {kind: (task[kind]["id"], task[kind]["outcome"]) for kind in shown} == {
        kind: (str(check.pk), check.outcome) for kind, check in shown.items()
    }
    assert task == client.get(f"/evidence/{item.pk}").json()
    assert client.get(f"/reviews/{item.review_id}/evidence").json()["results"] == [task]


def test_an_item_without_a_snapshot_or_a_look_at_it_says_so_in_lists_and_alone(room, item):
    bare = make.evidence(room, item.review)
    client = api(room.finn)
    for row in client.get("/evidence").json()["results"]:
        assert (row["stored_check"], row["live_check"]) == (None, None)
        assert row == client.get(f"/evidence/{row['id']}").json()
    assert listed(client, "/evidence") == [str(item.pk), str(bare.pk)]


def test_what_nobody_uses_any_more_is_no_task(room, review, item):
    withdrawn, marked, other = (make.upload(room, review, name.encode()) for name in ("one", "two", "three"))
    closed = make.upload(room, make.review(room, Stage.RESEARCH, text="Wages fell."))
    for each in (item, withdrawn, marked, other, closed):
        found(each, "corrupt")
    workflow.edit_evidence(withdrawn.pk, {}, actor=room.finn, is_withdrawn=True)
    workflow.mark_unreliable(marked.pk, actor=room.finn, reason="forged", note="It is.")
    workflow.edit_evidence(other.pk, {"url": "https://example.org/tables"}, actor=room.finn)
    workflow.close(closed.review_id, actor=room.emil, reason="no_capacity", note="Nobody has the time.")
    assert listed(api(room.finn)) == [str(item.pk)]


def test_the_tasks_are_those_of_ones_own_desks_and_may_be_one_desks_only(room, item):
    found(item, "gone")
    uma, own = api(room.uma), str(room.desk.pk)
    assert listed(api(room.zoe)) == listed(api(room.zoe), "/evidence") == []
    assert listed(api(room.zoe), f"{TASKS}&desk={own}") == []
    assert listed(uma, f"{TASKS}&desk={own}") == listed(uma) == [str(item.pk)]
    assert listed(uma, f"{TASKS}&desk={room.zoe.pk}") == []
    assert_problem(uma.get("/evidence?needs_attention=yes"), 400, "invalid_parameter")
    assert_problem(uma.get("/evidence?need_attention=true"), 400, "unknown_parameter")


# What a person has seen and kept


def test_whoever_has_seen_what_became_of_a_page_may_keep_the_item_and_says_why(room, item):
    found(item, "sound", "quotation_missing:1")
    client = api(room.finn)
    answer = keep(client, item)
    assert answer.status_code == 200
    kept = answer.json()["kept"]
    finding = SnapshotCheck.objects.get(outcome="quotation_missing")
    assert kept == {
        "finding": str(finding.pk), "kept_by": {"id": str(room.finn.pk), "username": "finn"}, "reason": "unrelated",
        "note": "They moved the menu.", "created_at": kept["created_at"],
    }  # fmt: skip
    assert listed(client) == []
    [shown] = client.get("/evidence").json()["results"]
    assert shown == answer.json() == client.get(f"/evidence/{item.pk}").json()
    event = events.events(item.review).last()
    assert (event.action, event.actor, event.reason, event.note) == (
        "keep_evidence", room.finn, "unrelated", "They moved the menu.",
    )  # fmt: skip
    assert event.data == {"evidence": str(item.pk), "finding": str(finding.pk), "outcome": "quotation_missing"}


@pytest.mark.parametrize(
    ("later", "is_task"),
    [
        (("text_changed:1",), False),
        (("sound", "text_changed:1", "unreachable", "text_changed:1"), False),
        (("unchanged", "text_changed:1"), False),
        (("unchanged",), False),
        (("text_changed:2",), True),
        (("quotation_missing:1",), True),
        (("gone",), True),
        (("gone", "unreachable"), False),
        (("corrupt",), True),
    ],
)
def test_only_what_somebody_has_not_seen_yet_is_a_task_again(room, item, later, is_task):
    found(item, "text_changed:1")
    client = api(room.emil)
    assert keep(client, item).status_code == 200
    found(item, *later)
    assert listed(client) == ([str(item.pk)] if is_task else [])
    is_covered = SnapshotCheck.objects.exclude(outcome__in=["sound", "corrupt"]).latest("id").outcome == "text_changed"
    kept = client.get(f"/evidence/{item.pk}").json()["kept"]
    assert (kept is not None) == (is_covered and later != ("text_changed:2",))


def test_what_was_kept_in_spite_of_one_page_says_nothing_of_the_next(room, item):
    found(item, "text_changed:1")
    keep(api(room.finn), item)
    other = make.upload(room, item.review, b"33,001 people serve.")
    assert workflow.keep_snapshot(item.pk, Snapshot(**_columns(other.snapshot)), item.url)
    item.refresh_from_db()
    found(item, "text_changed:1")
    assert listed(api(room.finn)) == [str(item.pk)]


def _columns(snapshot: Snapshot) -> dict[str, Any]:
    names = ("taken_at", "media_type", "size_bytes", "sha256", "text", "key")
    return {name: getattr(snapshot, name) for name in names}


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        ((), "no_news"),
        (("sound", "unchanged"), "no_news"),
        (("gone", "unchanged"), "no_news"),
        (("unreachable",), "no_news"),
        (("corrupt",), "bytes_unsound"),
        (("gone", "missing"), "bytes_unsound"),
    ],
)
def test_nothing_is_kept_but_what_became_of_the_page_and_never_bytes_that_are_lost(room, item, outcomes, code):
    found(item, *outcomes)
    found(make.upload(room, item.review, b"one"), "gone")  # which might be kept
    refused_by(code, api(room.emil), item)


def test_what_counts_no_more_or_was_kept_already_is_not_kept(room, review, item):
    withdrawn, marked = (make.upload(room, review, name.encode()) for name in ("one", "two"))
    for each in (item, withdrawn, marked):
        found(each, "gone")
    workflow.edit_evidence(withdrawn.pk, {}, actor=room.finn, is_withdrawn=True)
    workflow.mark_unreliable(marked.pk, actor=room.finn, reason="forged", note="It is.")
    client = api(room.finn)
    assert keep(client, item).status_code == 200
    found(make.upload(room, review, b"three"), "gone")  # which might be kept
    for each, code in ((withdrawn, "not_in_use"), (marked, "not_in_use"), (item, "kept_already")):
        refused_by(code, client, each)


def test_keeping_is_offered_while_a_page_has_changed_that_nobody_has_kept(room, item):
    client = api(room.finn)

    def codes() -> list[str]:
        told = client.get(f"/reviews/{item.review_id}").json()["allowed_actions"]
        return [b["code"] for each in told if each["action"] == "keep_evidence" for b in each["blocked_by"]]

    assert codes() == ["no_news"]
    found(item, "text_changed:1")
    assert codes() == []
    assert keep(client, item).status_code == 200
    assert codes() == ["no_news"]
    found(item, "text_changed:2")
    assert codes() == []
    found(item, "corrupt")
    assert codes() == ["no_news"]


def refused_by(code: str, client: Api, item: Evidence) -> None:
    names = reviewing.tables()
    before = reviewing.snapshot(names)
    problem = assert_problem(keep(client, item), 409, "action_blocked")
    assert [blocker["code"] for blocker in problem["blocked_by"]] == [code]
    assert reviewing.snapshot(names) == before


def test_whoever_looked_at_an_older_finding_is_told_to_look_again(room, item):
    found(item, "text_changed:1")
    seen = str(SnapshotCheck.objects.latest("id").pk)
    found(item, "quotation_missing:2")
    client = api(room.finn)
    problem = assert_problem(keep(client, item, finding=seen), 422, "invalid_input")
    assert [(error["code"], error["pointer"]) for error in problem["errors"]] == [("not_the_present_one", "/finding")]
    assert not Keeping.objects.exists()
    assert listed(client) == [str(item.pk)]
