"""What the desk tells of what was done: word by word, and once for what somebody saved while they wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import re2

from reviews import workflow
from reviews.admin import history
from reviews.admin.lists import EVENTS_SHOWN
from reviews.facts import Stage
from tests import make
from tests.test_admin import body, text_of
from tests.test_desk import at_desk, desk_of


def entries_of(page: str) -> list[str]:
    """Each entry in words, the last one first."""
    found = page[page.index(">History</h2>") :].split("<li><p><strong>")[1:]
    return [" ".join(text_of(re2.sub("<(?:li|/strong)>", " ", entry)).split()) for entry in found]


# What an edit changed is found by its transaction, so each is one.
def test_each_sitting_is_one_entry_with_the_words_that_it_changed_and_so_is_each_edit_of_an_item(committed_database):
    room = make.newsroom()
    review = make.review(room, Stage.RESEARCH)
    item = make.evidence(room, review, quotation="Rents rose by a third.")
    workflow.edit_evidence(item.pk, {"quotation": "Rents rose by a fifth.", "is_confidential": True}, actor=room.finn)
    workflow.edit_evidence(item.pk, {"stance": "context"}, actor=room.finn)
    last, first = [
        entry
        for entry in entries_of(body(at_desk(room.finn).get(desk_of(review))))
        if entry.startswith("Edit evidence")
    ]
    assert last.startswith("Edit evidence “Tables” by finn")
    assert last.endswith("stance refutes → context")
    assert "quotation Rents rose by a removed: thirdadded: fifth. is confidential no → yes" in first

    written = make.review(room, Stage.DRAFTING, text="Rents rose.")
    steps = [
        (room.finn, "Rents rose."), (room.finn, "Rents rose by a third."), (room.finn, "Rents rose by a third since 2020."),
        (room.emil, "Rents fell by a third since 2020."), (room.finn, "Rents fell by a fifth since 2020."),
    ]  # fmt: skip
    for who, summary in steps:
        workflow.edit_draft(written.pk, {"summary": summary}, actor=who)
    edits = [
        entry for entry in entries_of(body(at_desk(room.uma).get(desk_of(written)))) if entry.startswith("Edit draft")
    ]
    assert ["by emil" in edit for edit in edits] == [False, True, False]
    assert edits[0].endswith("summary Rents fell by a removed: thirdadded: fifth since 2020.")
    assert edits[1].endswith("summary Rents removed: roseadded: fell by a third since 2020.")
    assert "; 3 times since" in edits[2]
    assert edits[2].endswith("summary nothing → Rents rose by a third since 2020.")


@pytest.mark.django_db
def test_whoever_writes_for_long_pushes_nothing_else_out_of_the_history():
    room = make.newsroom()
    written = make.review(room, Stage.DRAFTING)
    before = entries_of(body(at_desk(room.uma).get(desk_of(written))))
    for number in range(EVENTS_SHOWN + 1):
        workflow.edit_draft(written.pk, {"summary": f"Rents rose {number} times."}, actor=room.finn)
    last, *others = entries_of(body(at_desk(room.uma).get(desk_of(written))))
    assert f"; {EVENTS_SHOWN + 1} times since" in last
    assert [entry.split(" by ")[0] for entry in others] == [entry.split(" by ")[0] for entry in before]


START = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


def event(minutes: int, who: str = "finn", action: str = "edit_draft", **changes: Any) -> dict[str, Any]:
    at = (START + timedelta(minutes=minutes)).isoformat()
    return {"action": action, "actor": {"username": who}, "at": at, "transaction": minutes, "changes": changes}


def shown(*events: dict[str, Any], texts: history.Texts | None = None) -> list[tuple[str, str, int, dict[str, Any]]]:
    """The last one first, as they are given."""
    told = history.folded(history.told(events, texts or {}, {}))
    return [(one.action, one.actor["username"], one.times, one.data) for one in told]


def test_edits_of_one_sitting_are_one_entry_whatever_else_was_done_between_them():
    found = shown(event(29), event(20, action="waive_reply", addressee="The bank"), event(10), event(0))
    assert found == [("edit_draft", "finn", 3, {}), ("waive_reply", "finn", 1, {"addressee": "The bank"})]


def test_another_person_or_a_long_while_begins_another_entry():
    assert [times for _, _, times, _ in shown(event(62), event(31, "emil"), event(30), event(0))] == [1, 1, 2]
    assert [times for _, _, times, _ in shown(event(31), event(0))] == [1, 1]


def test_what_was_changed_and_changed_back_within_a_sitting_was_not_changed():
    texts = {0: {"summary": ["a", "b"], "body": ["x", "y"]}, 10: {"summary": ["b", "a"], "headline": ["", "New"]}}
    assert shown(event(10), event(0), texts=texts) == [
        ("edit_draft", "finn", 2, {"body": ["x", "y"], "headline": ["", "New"]})
    ]


def test_keys_and_hashes_say_nothing_and_names_of_fields_only_where_no_words_are_known():
    hashed = {"draft": ["summary"], "draft_digest": "0" * 64}
    assert shown(event(0, **hashed)) == [("edit_draft", "finn", 1, {"draft": ["summary"]})]
    assert shown(event(0, **hashed), texts={0: {"summary": ["a", "b"]}})[0][3] == {"summary": ["a", "b"]}
