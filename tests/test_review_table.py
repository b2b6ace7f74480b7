"""Who may do what with a review, at which stage, and what blocks it: the table's cells, against a copy of the design written out here."""

from __future__ import annotations

import dataclasses
from itertools import product

import pytest

from factcheck.accounts.roles import ROLES
from reviews import guards, stages
from reviews.facts import Actor, EvidenceFact, Facts, Relation, RoundFact, Stage, Stance
from reviews.reasons import REASONS, SYSTEM_REASONS, TAKE_OVER_REASONS, Reason
from reviews.stages import TRANSITIONS, Action

# action | at these stages | to these | who: roles, and in brackets relations, whose holder needs one of the roles after the colon too.
# Transcribed from the design, not computed: whatever is not here, nobody may.
DESIGN = """
open              | -                                                                | queued                     | triager system
take              | queued                                                           | research                   | researcher
assign            | queued                                                           | research                   | triager editor
take_over         | research                                                         | -                          | researcher editor
renew_lease       | research                                                         | -                          | [lead]
release           | research                                                         | queued                     | [lead] editor system
add_evidence      | research                                                         | -                          | [lead] researcher
edit_evidence     | research                                                         | -                          | [lead] researcher
declare_search    | research                                                         | -                          | [lead] researcher
confirm_numbers   | research                                                         | -                          | [lead]
submit_for_rating | research                                                         | rating                     | [lead]
submit_verdict    | rating                                                           | -                          | [seat_holder]
close_round       | rating                                                           | drafting discussion        | system
revise_verdict    | discussion                                                       | -                          | [seat_holder]
settle            | discussion                                                       | drafting                   | system
escalate          | discussion                                                       | adjudication               | [seat_holder] editor system
adjudicate        | adjudication                                                     | drafting                   | [adjudicator]
request_evidence  | rating discussion adjudication                                   | research                   | [seat_holder] [adjudicator] editor
request_evidence  | drafting                                                         | research                   | [draft_author] editor
replace_seat_holder | rating                                                         | -                          | editor
replace_adjudicator | adjudication                                                   | -                          | editor system
edit_draft        | drafting copy_edit                                               | -                          | [draft_author] editor
request_reply     | research drafting                                                | -                          | [lead] [draft_author]
record_reply      | research rating discussion adjudication drafting                 | -                          | [lead] [draft_author] editor
waive_reply       | research drafting                                                | -                          | [lead] [draft_author] editor
submit_draft      | drafting                                                         | copy_edit                  | [draft_author]
send_back         | copy_edit                                                        | drafting research rating   | editor
approve           | copy_edit                                                        | approved                   | editor
unapprove         | approved                                                         | copy_edit                  | editor system
publish           | approved                                                         | published                  | editor system
open_revision     | published                                                        | under_revision             | corrections editor
edit_draft        | under_revision                                                   | -                          | corrections editor
publish_minor     | under_revision                                                   | published                  | editor
reverify          | under_revision                                                   | research                   | editor
abandon_reverification | research drafting                                           | under_revision             | editor
dismiss_revision  | under_revision                                                   | published                  | [handler] editor
propose_retraction | queued research rating discussion adjudication drafting copy_edit approved published under_revision | - | editor
retract           | queued research rating discussion adjudication drafting copy_edit approved published under_revision | retracted | editor
mark_unreliable   | research rating discussion adjudication drafting copy_edit approved | -                       | [lead] editor
keep_evidence     | research                                                         | -                          | [lead] researcher editor
keep_evidence     | rating discussion adjudication drafting copy_edit approved       | -                          | [lead] editor
declare_conflict  | queued rating discussion adjudication drafting copy_edit approved published under_revision | -          | anybody
declare_conflict  | research                                                         | research queued            | anybody
fill_seat         | rating                                                           | -                          | system
comment           | queued research rating discussion adjudication drafting copy_edit approved published under_revision retracted closed | - | triager researcher reviewer adjudicator editor corrections
hold              | queued research rating discussion adjudication drafting copy_edit approved published under_revision | -                | [lead] editor
resume            | queued research rating discussion adjudication drafting copy_edit approved published under_revision | -                | [lead] editor
close             | queued research                                                  | closed                     | triager editor
close             | discussion adjudication                                          | closed                     | editor
reopen            | closed                                                           | queued                     | editor
"""
# Whoever lost the role that a relation was given for lost the right with it.
ROLES_OF_RELATION = {
    "lead": {"researcher", "editor"},
    "seat_holder": {"reviewer"},
    "adjudicator": {"adjudicator"},
    "draft_author": {"researcher", "editor"},
    "handler": {"corrections", "editor"},
}

ROWS = [[cell.strip().split() for cell in line.split("|")] for line in DESIGN.strip().splitlines()]
WHO = {(stage, action): who for [action], at, _, who in ROWS for stage in at}
TO = {(stage, action): set(to) - {"-"} for [action], at, to, _ in ROWS for stage in at}
ARROWS = {(stage, to) for (stage, _), tos in TO.items() for to in tos if stage not in ("-", to)}


def may(who: list[str], roles: set[str], relations: set[str]) -> bool:
    return "anybody" in who or any(
        name in roles or (name.strip("[]") in relations and roles & ROLES_OF_RELATION.get(name.strip("[]"), set()))
        for name in who
    )


ROLE_SETS = [set[str](), *({role} for role in ROLES), set(ROLES)]
RELATION_SETS = [set[str](), *({str(relation)} for relation in Relation)]


@pytest.mark.parametrize("stage", list(Stage))
def test_every_cell_of_stage_action_role_and_relation_is_as_the_design_has_it(stage):
    wrong, right = [], 0
    for action, roles, relations in product(Action, ROLE_SETS, RELATION_SETS):
        actor = Actor(roles=frozenset(roles), relations=frozenset(map(Relation, relations)))
        row = stages.find(stage, action)
        answered = row is not None and not row.lacks(Facts(stage, actor))
        expected = (stage, action) in WHO and may(WHO[stage, action], roles, relations)
        right += expected
        if answered != expected:
            wrong.append((str(action), roles, relations))
    assert wrong == []
    assert right, "nobody may do anything here: the check has gone blind"


def test_the_table_has_the_rows_of_the_design_and_no_others():
    assert {(s, row.action) for row in TRANSITIONS for s in row.from_stages} == {key for key in WHO if key[0] != "-"}
    assert {row.action for row in TRANSITIONS} == set(Action) == {action for _, action in WHO}


def test_every_row_leads_where_the_design_says():
    assert {
        (stage, row.action): set(row.to_stages) for row in TRANSITIONS for stage in row.from_stages or ("-",)
    } == TO  # fmt: skip


def test_the_arrows_are_those_of_the_design():
    assert set(stages.ARROWS) == ARROWS


def test_the_system_takes_only_what_follows_by_itself():
    alone = {row.action for row in TRANSITIONS if row.may_system}
    assert alone == {action for (_, action), who in WHO.items() if "system" in who}
    assert {row.action for row in TRANSITIONS if not row.may} == {"close_round", "settle", "fill_seat"}


def test_an_action_has_one_row_at_a_stage():
    keys = [(stage, row.action) for row in TRANSITIONS for stage in row.from_stages]
    assert len(keys) == len(set(keys))


def test_whoever_lacks_a_right_is_told_what():
    facts = Facts(Stage.QUEUED, Actor(roles=frozenset({"reviewer"})))
    assert stages.find(Stage.QUEUED, Action.TAKE).lacks(facts) == ("role_researcher_missing",)
    at_rating = Facts(Stage.RATING, Actor(roles=frozenset({"reviewer"})))
    assert stages.find(Stage.RATING, Action.SUBMIT_VERDICT).lacks(at_rating) == ("not_the_seat_holder",)
    assert stages.find(Stage.RATING, Action.CLOSE_ROUND).lacks(at_rating) == ("system_only",)


# Guards. `fine` is a review that nothing blocks; each row changes one thing of it.

EDITOR = Actor(roles=frozenset({"editor"}))
BOTH_SIDES = (EvidenceFact(Stance.REFUTES, "ministry"), EvidenceFact(Stance.SUPPORTS, "bank"))
ONE_SIDE = (EvidenceFact(Stance.REFUTES, "ministry"), EvidenceFact(Stance.REFUTES, "bank"))
FINE = Facts(
    Stage.COPY_EDIT,
    EDITOR,
    is_on_hold=True,  # of all guards only `not_on_hold` asks; a hold itself is asked for before any guard
    lease_is_over=True,
    evidence=BOTH_SIDES,
    round=RoundFact(number=1, seats=2, verdicts=2, ratings=("false", "false")),
)
LEAD = Actor(roles=frozenset({"researcher"}), relations=frozenset({Relation.LEAD}))


def but(**changes) -> Facts:
    return dataclasses.replace(FINE, **changes)


def round_but(**changes) -> Facts:
    return but(round=dataclasses.replace(FINE.round, **changes))


BLOCKED = [
    (guards.conflicted, but(actor=Actor(is_conflicted=True))),
    (guards.involved, but(actor=Actor(took_part_as=frozenset({Relation.LEAD})))),
    (guards.involved, but(actor=Actor(took_part_as=frozenset({Relation.SEAT_HOLDER})))),
    (guards.involved, but(actor=Actor(took_part_as=frozenset({Relation.ADJUDICATOR})))),
    (guards.involved, but(actor=Actor(took_part_as=frozenset({Relation.DRAFT_AUTHOR})))),
    (guards.edited_it, but(actor=Actor(has_edited=True), approver_may_edit_draft=False)),
    (guards.claim_not_accepted, but(claim_is_accepted=False)),
    (guards.reviewed_elsewhere, but(has_other_review=True)),
    (guards.leads_already, but(actor=LEAD)),
    (guards.lease_runs, but(lease_is_over=False)),
    (guards.lease_runs, but(lease_is_over=False, actor=Actor(roles=frozenset({"researcher"})), has_reason=True)),
    (guards.too_few_origins, but(evidence=())),
    (guards.too_few_origins, but(evidence=BOTH_SIDES[:1])),
    (guards.too_few_origins, but(min_origins=3)),
    (guards.too_few_origins, but(evidence=tuple(EvidenceFact(s, "wire") for s in ("refutes", "refutes", "supports")))),
    (guards.too_few_origins, but(evidence=(BOTH_SIDES[0], EvidenceFact(Stance.SUPPORTS, "bank", is_sound=False)))),
    (guards.too_few_origins, but(evidence=(BOTH_SIDES[0], EvidenceFact(Stance.CONTEXT, "bank")))),
    (guards.too_few_origins, but(evidence=BOTH_SIDES[:1], single_origin_reason=" \n")),
    # A reason why one origin has to do is none for having none.
    (guards.too_few_origins, but(evidence=(), single_origin_reason="Only the ministry counts them.")),
    (guards.no_news, but(has_news=False)),
    (guards.one_sided, but(evidence=ONE_SIDE)),
    (guards.one_sided, but(evidence=(), searched=frozenset({Stance.REFUTES}))),
    (guards.one_sided, but(evidence=(BOTH_SIDES[0], EvidenceFact(Stance.SUPPORTS, "bank", is_sound=False)))),
    (guards.incomplete_evidence, but(evidence=(*BOTH_SIDES, EvidenceFact(Stance.CONTEXT, "x", lacks=("locator",))))),
    (guards.unread_numbers, but(unread_numbers=1)),
    (guards.unstaffable, but(shortage="editor: 0 of 1 found")),
    (guards.no_adjudicator, but(has_adjudicator=False)),
    (guards.nobody_to_seat, but(has_substitute=False)),
    (guards.too_many_rounds, round_but(number=5)),
    (guards.verdict_given, round_but(own_is_given=True)),
    (guards.judged_already, dataclasses.replace(round_but(own_is_given=True), stage=Stage.RATING)),
    (guards.verdicts_missing, round_but(verdicts=1)),
    (guards.votes_sealed, dataclasses.replace(round_but(has_sat=True), stage=Stage.RATING)),
    (guards.revised_already, round_but(own_revisions=1)),
    (guards.verdicts_differ, round_but(ratings=("false", "true"))),
    (guards.verdicts_differ, round_but(ratings=None)),
    (guards.verdicts_differ, round_but(ratings=())),
    (guards.stale, but(is_stale=True)),
    (guards.author_conflicted, but(author_keeps_out=True)),
    (guards.draft_incomplete, but(draft_lacks=("headline",))),
    (guards.draft_contradicts, but(draft_rating_matches=False)),
    (guards.reply_open, but(reply="open")),
    (guards.reply_open, but(reply="not_sought")),
    (guards.approval_gone, but(approval_counts=False)),
    (guards.not_due, but(is_due=False)),
    (guards.claim_review_invalid, but(claim_review_problems=("url: Give the whole address of the page. (absolute)",))),
    (guards.not_public, FINE),
    (guards.public_already, but(is_public=True)),
    (guards.own_work, but(actor=Actor(relations=frozenset({Relation.APPROVER})))),
    (guards.own_work, but(actor=LEAD)),
    (guards.own_edit, but(actor=Actor(has_edited=True))),
    (guards.nothing_changed, but(is_changed=False)),
    (guards.rating_changed, but(draft_rating_matches=False)),
    (guards.nothing_proposed, but(is_retraction_proposed=False)),
    (guards.proposed_it, but(actor=Actor(has_proposed=True))),
    (guards.not_on_hold, but(is_on_hold=False)),
]  # fmt: skip
NOT_BLOCKED = [
    (guards.not_public, but(is_public=True)),
    (guards.own_work, but(actor=Actor(relations=frozenset({Relation.HANDLER})))),
    (guards.lease_runs, but(lease_is_over=False, has_reason=True)),  # an editor
    (guards.too_few_origins, but(evidence=BOTH_SIDES[:1], single_origin_reason="Only the ministry counts them.")),
    (guards.one_sided, but(evidence=BOTH_SIDES[:1], searched=frozenset({Stance.SUPPORTS}))),
    (guards.one_sided, but(evidence=ONE_SIDE, both_sides_required=False)),
    # It is not in the set.
    (
        guards.incomplete_evidence,
        but(evidence=(EvidenceFact(Stance.CONTEXT, "x", lacks=("locator",), is_sound=False),)),
    ),
    (guards.too_many_rounds, round_but(number=4)),
    (guards.too_many_rounds, dataclasses.replace(round_but(number=6), rounds_before=2)),
    (guards.edited_it, but(actor=Actor(has_edited=True))),
    (guards.edited_it, but(approver_may_edit_draft=False)),
    (guards.revised_already, dataclasses.replace(round_but(own_revisions=1), discussion_rounds=2)),
    # Nothing is sealed any more, or nothing of theirs.
    (guards.votes_sealed, dataclasses.replace(round_but(has_sat=True), stage=Stage.DISCUSSION)),
    (guards.votes_sealed, dataclasses.replace(FINE, stage=Stage.RATING)),
    # In the discussion all have judged: there it keeps nobody from asking for more.
    (guards.judged_already, dataclasses.replace(round_but(own_is_given=True), stage=Stage.DISCUSSION)),
]


@pytest.mark.parametrize(("guard", "facts"), BLOCKED)
def test_a_guard_blocks_what_it_is_for_and_says_so(guard, facts):
    blocker = guard(facts)
    assert blocker is not None
    assert blocker.code == {"judged_already": "verdict_given"}.get(guard.__name__, guard.__name__)
    assert blocker.words.endswith(".") or guard is guards.unstaffable


@pytest.mark.parametrize(
    ("guard", "facts"), [*NOT_BLOCKED, *((guard, FINE) for guard in dict(BLOCKED) if guard is not guards.not_public)]
)
def test_a_guard_blocks_nothing_else(guard, facts):
    assert guard(facts) is None


def test_every_guard_of_the_table_is_among_these():
    assert {guard for row in TRANSITIONS for guard in row.unless} == {guard for guard, _ in BLOCKED}


@pytest.mark.parametrize(("guard", "facts"), BLOCKED)
def test_a_guard_alone_blocks_every_action_that_names_it(guard, facts):
    named = [row for row in TRANSITIONS if guard in row.unless]
    assert named
    for row in named:
        if guard is guards.judged_already and Stage.RATING not in row.from_stages:
            continue
        facts = dataclasses.replace(facts, is_on_hold=guard is not guards.not_on_hold and row.on_hold)
        assert guard(facts) in row.blocked_by(facts), row.action


# What must not be done without: design, invariants 3, 5, 7, 13 and the column "refused unless".
NEEDED = """
take              conflicted claim_not_accepted
take_over         conflicted leads_already lease_runs
add_evidence      conflicted
edit_evidence     conflicted
declare_search    conflicted
submit_for_rating conflicted claim_not_accepted too_few_origins one_sided incomplete_evidence unread_numbers unstaffable too_many_rounds
submit_verdict    conflicted verdict_given
close_round       verdicts_missing
comment           votes_sealed
record_reply      votes_sealed
hold              votes_sealed
revise_verdict    conflicted revised_already
settle            verdicts_differ
escalate          no_adjudicator
adjudicate        conflicted
request_evidence  conflicted
request_evidence@rating       conflicted judged_already
replace_seat_holder conflicted votes_sealed nobody_to_seat
replace_adjudicator conflicted no_adjudicator
edit_draft        conflicted
waive_reply       conflicted
send_back         conflicted
mark_unreliable   conflicted votes_sealed
keep_evidence     conflicted no_news
renew_lease       conflicted
confirm_numbers   conflicted
submit_draft      conflicted draft_incomplete draft_contradicts reply_open stale claim_review_invalid
approve           conflicted involved edited_it stale author_conflicted draft_incomplete draft_contradicts too_few_origins one_sided
publish           conflicted approval_gone not_due stale author_conflicted draft_incomplete draft_contradicts too_few_origins one_sided claim_review_invalid
open_revision     conflicted
dismiss_revision  conflicted own_work
publish_minor     involved conflicted own_edit nothing_changed rating_changed stale author_conflicted draft_incomplete too_few_origins one_sided claim_review_invalid
reverify          conflicted
abandon_reverification not_public conflicted
propose_retraction not_public conflicted votes_sealed
retract           not_public conflicted nothing_proposed proposed_it
close             public_already
reopen            claim_not_accepted reviewed_elsewhere
resume            not_on_hold votes_sealed
"""


@pytest.mark.parametrize("line", NEEDED.strip().splitlines())
def test_an_action_asks_the_guards_of_the_design(line):
    where, *names = line.split()
    action, _, stage = where.partition("@")
    rows = [row for row in TRANSITIONS if row.action == action and (not stage or stage in row.from_stages)]
    assert rows
    for row in rows:
        assert set(names) <= {guard.__name__ for guard in row.unless}


def test_a_stale_review_without_another_round_can_still_be_ended_from_every_stage():
    used_up = dataclasses.replace(
        FINE, is_on_hold=False, is_stale=True, round=dataclasses.replace(FINE.round, number=5)
    )
    ends = {Stage.CLOSED, Stage.PUBLISHED, Stage.RETRACTED}  # what is stale gets nowhere near the second
    for _ in Stage:
        ends |= {
            stage
            for row in TRANSITIONS
            for stage in row.from_stages
            if ends & set(row.to_stages) and not row.blocked_by(dataclasses.replace(used_up, stage=stage))
        }
    assert ends == set(Stage)


def test_a_hold_blocks_everything_but_resuming_closing_declaring_a_conflict_and_talking():
    free = {
        row.action
        for row in TRANSITIONS
        if not row.blocked_by(dataclasses.replace(FINE, actor=Actor(), is_public=row.action is not Action.CLOSE))
    }
    assert free == {
        Action.RESUME, Action.CLOSE, Action.DECLARE_CONFLICT, Action.COMMENT, Action.PROPOSE_RETRACTION, Action.RETRACT,
    }  # fmt: skip
    held = [row.blocked_by(FINE) for row in TRANSITIONS if row.action not in free]
    assert held == [(guards.ON_HOLD,)] * len(held)


def test_what_is_allowed_is_what_is_neither_lacked_nor_blocked():
    lead = Facts(Stage.RESEARCH, LEAD, evidence=BOTH_SIDES)
    assert Action.SUBMIT_FOR_RATING in stages.allowed(lead)
    assert Action.SUBMIT_FOR_RATING not in stages.allowed(dataclasses.replace(lead, evidence=ONE_SIDE))
    on_hold = stages.allowed(dataclasses.replace(lead, is_on_hold=True))
    assert on_hold == (Action.DECLARE_CONFLICT, Action.COMMENT, Action.RESUME)
    assert stages.allowed(Facts(Stage.CLOSED, LEAD)) == (Action.COMMENT,)


# Reasons: whoever stops, sends back or waives says why (invariant 12).

SAY_WHY = {
    "release", "request_evidence", "replace_seat_holder", "replace_adjudicator", "waive_reply", "send_back", "unapprove", "mark_unreliable", "keep_evidence", "declare_conflict", "hold",
    "resume", "close", "reopen", "open_revision", "dismiss_revision", "propose_retraction", "reverify",
    "abandon_reverification",
}  # fmt: skip


def test_the_actions_of_the_design_need_a_reason_and_no_others():
    assert {str(row.action) for row in TRANSITIONS if row.reasons} == set(REASONS) == SAY_WHY


def test_every_reason_is_one_of_some_action_or_of_the_system():
    used = {reason for reasons in REASONS.values() for reason in reasons} | {*SYSTEM_REASONS, *TAKE_OVER_REASONS}
    assert used == set(Reason)
    assert all(reasons[-1] is Reason.OTHER for reasons in REASONS.values())
