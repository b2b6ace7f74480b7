"""Everybody tries everything, at every stage: what the design lets them is done, and whatever else they try leaves no trace."""

from __future__ import annotations

from contextlib import nullcontext

import pytest
from django.db import transaction

from factcheck.errors import ActionForbidden, InvalidInput, NotFound, Problem
from reviews.facts import OVER, Stage
from reviews.reasons import REASONS
from reviews.stages import Action
from reviews.workflow import ActionBlocked
from tests import make, never, reviewing

pytestmark = pytest.mark.django_db

# The cast: Ada triages, Finn leads and writes, Ben and Cleo hold the seats, Ivy reviews elsewhere, Dana adjudicates, Emil (who approves
# what is approved, and proposes to retract what is under revision) and Gwen edit, Hal handles corrections, Uma audits, Zoe is of another desk, Root is a superuser without any part in the review.
EVERYBODY = "ada finn ben cleo ivy dana emil gwen hal uma root".split()
EDITORS = "emil gwen root"  # Root holds every role, and no relation
OF_THE_LEAD = f"finn {EDITORS}"
BUT_THOSE_WHO_VOTE = f"ada finn ivy dana hal {EDITORS}"

# action | at these stages | who may | who is one who may, but is blocked. Nobody else; and nobody at any other stage.
DESIGN = f"""
open              | closed retracted                                  | ada root       |
take              | queued                                            | finn root      |
assign            | queued                                            | ada {EDITORS}  |
take_over         | research                                          | {EDITORS}      | finn
renew_lease       | research                                          | finn           |
release           | research                                          | {OF_THE_LEAD}  |
add_evidence      | research                                          | finn root      |
edit_evidence     | research                                          | finn root      |
declare_search    | research                                          | finn root      |
confirm_numbers   | research                                          | finn           |
submit_for_rating | research                                          | finn           |
submit_verdict    | rating                                            | ben cleo       |
close_round       | rating                                            |                |
revise_verdict    | discussion                                        | ben cleo       |
settle            | discussion                                        |                |
escalate          | discussion                                        | ben cleo {EDITORS} |
adjudicate        | adjudication                                      | dana           |
request_evidence  | rating discussion                                 | ben cleo {EDITORS} |
request_evidence  | adjudication                                      | ben cleo dana {EDITORS} |
request_evidence  | drafting                                          | {OF_THE_LEAD}  |
replace_seat_holder | rating                                          | {EDITORS}      |
replace_adjudicator | adjudication                                    |                | {EDITORS}
edit_draft        | drafting copy_edit                                | {OF_THE_LEAD}  |
request_reply     | research drafting                                 | finn           |
record_reply      | research rating discussion adjudication drafting  | {OF_THE_LEAD}  |
waive_reply       | research drafting                                 | {OF_THE_LEAD}  |
submit_draft      | drafting                                          | finn           |
send_back         | copy_edit                                         | {EDITORS}      |
approve           | copy_edit                                         | {EDITORS}      |
unapprove         | approved                                          | {EDITORS}      |
publish           | approved                                          | {EDITORS}      |
open_revision     | published                                         | hal {EDITORS}  |
edit_draft        | under_revision                                    | hal {EDITORS}  |
publish_minor     | under_revision                                    | emil gwen root |
reverify          | under_revision                                    | {EDITORS}      |
abandon_reverification | research drafting                            |                | {EDITORS}
dismiss_revision  | under_revision                                    | hal gwen root  | emil
propose_retraction | published under_revision                         | {EDITORS}      |
propose_retraction | queued research rating discussion adjudication drafting copy_edit approved | | {EDITORS}
retract           | queued research rating discussion adjudication drafting copy_edit approved published | | {EDITORS}
retract           | under_revision                                    | gwen root      | emil
mark_unreliable   | research rating discussion adjudication drafting copy_edit approved | {OF_THE_LEAD} |
keep_evidence     | research rating discussion adjudication drafting copy_edit approved | {OF_THE_LEAD} |
declare_conflict  | queued research rating discussion adjudication drafting copy_edit approved published under_revision | {" ".join(EVERYBODY)} |
fill_seat         | rating                                            |                |
comment           | queued research discussion adjudication drafting copy_edit approved published under_revision retracted closed | {BUT_THOSE_WHO_VOTE} ben cleo |
comment           | rating                                            | {BUT_THOSE_WHO_VOTE} | ben cleo
hold              | research rating discussion adjudication drafting copy_edit approved published under_revision | {OF_THE_LEAD} |
hold              | queued                                            | {EDITORS}      |
resume            | research rating discussion adjudication drafting copy_edit approved published under_revision | | {OF_THE_LEAD}
resume            | queued                                            |                | {EDITORS}
close             | queued research                                   | ada {EDITORS}  |
close             | discussion adjudication                           | {EDITORS}      |
reopen            | closed                                            | {EDITORS}      |
"""
CELLS: dict[tuple[str, str], dict[str, type | None]] = {}
for line in DESIGN.strip().splitlines():
    [action], at, who, blocked = [cell.split() for cell in line.split("|")]
    for stage in at:
        assert (stage, action) not in CELLS
        CELLS[stage, action] = dict.fromkeys(who) | dict.fromkeys(blocked, ActionBlocked)


def expected(stage: Stage, action: Action, name: str) -> type | None:
    """The refusal, or None where it is done."""
    if name == "zoe":
        return InvalidInput if action is Action.OPEN else NotFound  # her input names a desk that is none of hers
    if action is Action.OPEN and stage not in OVER:
        return ActionBlocked if name in ("ada", "root") else ActionForbidden  # one review of a claim at a time
    if (stage, action) not in CELLS:
        return ActionBlocked
    return CELLS[stage, action].get(name, ActionForbidden)


@pytest.fixture
def room():
    with reviewing.without_alternatives():
        yield make.newsroom()


@pytest.mark.parametrize("stage", list(Stage))
def test_whoever_may_does_and_whoever_may_not_leaves_no_trace(room, stage):
    people = room.people()
    review = reviewing.full_review(room, stage)
    assert stage not in (Stage.RATING, Stage.DISCUSSION) or room.holders(review) == [room.ben, room.cleo]
    names = reviewing.tables()
    before, written = reviewing.snapshot(names), never.Written(names)
    wrong, done = [], 0
    for action in Action:
        for name in (*EVERYBODY, "zoe"):
            refusal = expected(stage, action, name)
            found, rows = None, written()
            try:
                with transaction.atomic() if refusal is None else nullcontext():
                    reviewing.DO[action](room, review, people[name])
                    done += 1
                    transaction.set_rollback(refusal is None)
            except Problem as problem:
                found = type(problem)
            if found is not refusal:
                wrong.append((action, name, found))
            # To count what was written costs a hundredth of a look at every row.
            if refusal and written() != rows:
                wrong.append((action, name, "was refused and had written something"))
    assert reviewing.snapshot(names) == before
    assert wrong == []
    assert done == sum(list(cells.values()).count(None) for (at, _), cells in CELLS.items() if at == stage) > 0


@pytest.mark.parametrize("stage", [stage for stage in Stage if stage not in OVER])
def test_on_hold_nothing_can_be_done_but_resume_it_end_it_declare_a_conflict_and_talk(room, stage):
    people = room.people()
    review = reviewing.full_review(room, stage)
    reviewing.DO[Action.HOLD](room, review, room.gwen)
    names = reviewing.tables()
    before = reviewing.snapshot(names)
    free = {
        Action.RESUME, Action.CLOSE, Action.DECLARE_CONFLICT, Action.COMMENT, Action.PROPOSE_RETRACTION, Action.RETRACT,
    }  # fmt: skip
    done, refused = set(), {}
    for action, name in [(action, name) for (at, action), cells in CELLS.items() if at == stage for name in cells]:
        try:
            with transaction.atomic():
                reviewing.DO[Action(action)](room, reviewing.at(review), people[name])
                done.add(action)
                transaction.set_rollback(True)
        except ActionBlocked as problem:
            refused[action] = [blocker["code"] for blocker in problem.extra["blocked_by"]]
    able = {action: CELLS[stage, action].values() for action in free if (stage, action) in CELLS}
    assert done == {action for action, who in able.items() if None in who or action is Action.RESUME}
    by_the_hold = {
        action: ["on_hold"] for (at, action), cells in CELLS.items() if at == stage and cells and action not in free
    }
    nothing_public = {"propose_retraction": ["not_public"], "retract": ["not_public", "nothing_proposed"]}
    by_others = {
        Stage.RATING: nothing_public | {"comment": ["votes_sealed"]},
        Stage.PUBLISHED: {"retract": ["nothing_proposed"]},
        Stage.UNDER_REVISION: {"retract": ["proposed_it"]},
    }
    assert refused == by_the_hold | by_others.get(stage, nothing_public)
    assert reviewing.snapshot(names) == before


AT = {action: stage for stage, action in reversed(list(CELLS)) if CELLS[stage, action]}
BY = {action: next(iter(CELLS[stage, action])) for action, stage in AT.items()}


@pytest.mark.parametrize("action", sorted(REASONS))
def test_whoever_stops_sends_back_or_waives_must_say_why_by_code_and_in_words(room, action, monkeypatch):
    is_of_a_second_time = action == Action.ABANDON_REVERIFICATION
    review = reviewing.full_review(room, Stage.UNDER_REVISION if is_of_a_second_time else Stage(AT[action]))
    if is_of_a_second_time:
        reviewing.DO[Action.REVERIFY](room, review, room.gwen)
    if action == Action.REPLACE_ADJUDICATOR:
        make.DeskMembership.objects.create(desk=room.desk, user=make.user("olga", "adjudicator"))
    if action == Action.RESUME:
        reviewing.DO[Action.HOLD](room, review, room.gwen)
    who = getattr(room, BY[action])
    names = reviewing.tables()
    before, written = reviewing.snapshot(names), never.Written(names)
    rows = written()
    known = REASONS[action][0]
    for reason, note, codes in [
        ("", "", ["reason_needed", "note_needed"]),
        ("", "Because.", ["reason_needed"]),
        ("zebra", "Because.", ["reason_needed"]),
        (known, "", ["note_needed"]),
        (known, " \n\t", ["note_needed"]),
        (known, "\u200b\u2800", ["note_needed"]),
    ]:
        monkeypatch.setattr(reviewing, "why", lambda _, reason=reason, note=note: {"reason": reason, "note": note})
        with pytest.raises(InvalidInput) as refusal:
            reviewing.DO[Action(action)](room, reviewing.at(review), who)
        assert [error.code for error in refusal.value.errors] == codes
        assert written() == rows
    assert reviewing.snapshot(names) == before
    monkeypatch.undo()
    reviewing.DO[Action(action)](room, reviewing.at(review), who)
    assert reviewing.snapshot(names) != before
