"""What became of the pages and bytes that reviews rest on is a list of tasks for their desk."""

from __future__ import annotations

from typing import Any

import pytest

from reviews import workflow
from reviews.facts import Stage
from reviews.models import Evidence, Review, SnapshotCheck
from tests import make
from tests.api import Api, api, assert_problem, walk

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("evidence_folder")]

TASKS = "/evidence?needs_attention=true"


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
    for outcome in outcomes:
        workflow.record_check(item.snapshot, outcome)


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
