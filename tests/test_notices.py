"""Who is told of what in a review: the table, against a copy of the design, and what people then read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from claims import pipeline
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.notifications.models import Notification
from reviews import notices, workflow
from reviews.facts import Stage
from reviews.models import DeskMembership, Review, SnapshotCheck
from reviews.notices import NOTICES, Notice, Party
from reviews.stages import Action, find
from reviews.workflow.conflicts import refill_seats
from reviews.workflow.evidence import record_check
from reviews.workflow.opening import release_expired
from reviews.workflow.rating import escalate_overdue
from reviews.workflow.telling import tell_of_edited_claims
from tests import make, reviewing
from tests.reviewing import DO, at, why

pytestmark = pytest.mark.django_db
A = Action


@pytest.fixture
def room() -> make.Newsroom:
    return make.newsroom()


class Told:
    """What is told from here on."""

    def __init__(self) -> None:
        self.before = set(Notification.objects.values_list("pk", flat=True))

    @property
    def rows(self) -> list[Notification]:
        return list(Notification.objects.exclude(pk__in=self.before).select_related("user").order_by("id"))

    @property
    def now(self) -> set[tuple[str, str]]:
        """(username, kind) of each."""
        found = [(row.user.username, row.kind) for row in self.rows]
        assert len(set(found)) == len(found), found
        return set(found)


# Action -> the stage in which it is taken, by whom, and who is told what then. Whatever is not here tells nobody.
DESIGN: list[tuple[Action, Stage, str, set[tuple[str, str]]]] = [
    (A.TAKE, Stage.QUEUED, "finn", set()),
    (A.ASSIGN, Stage.QUEUED, "ada", {("finn", "assigned")}),
    (A.TAKE_OVER, Stage.RESEARCH, "emil", {("finn", "taken_over")}),
    (A.RENEW_LEASE, Stage.RESEARCH, "finn", set()),
    (A.RELEASE, Stage.RESEARCH, "finn", set()),
    (A.RELEASE, Stage.RESEARCH, "emil", {("finn", "released")}),
    (A.ADD_EVIDENCE, Stage.RESEARCH, "finn", set()),
    (A.EDIT_EVIDENCE, Stage.RESEARCH, "finn", set()),
    (A.DECLARE_SEARCH, Stage.RESEARCH, "finn", set()),
    (A.CONFIRM_NUMBERS, Stage.RESEARCH, "finn", set()),
    (A.SUBMIT_FOR_RATING, Stage.RESEARCH, "finn", {("ben", "seat_given"), ("cleo", "seat_given")}),
    (A.SUBMIT_VERDICT, Stage.RATING, "ben", set()),
    (A.REQUEST_EVIDENCE, Stage.RATING, "ben", {("finn", "evidence_asked"), ("cleo", "round_void")}),
    (A.REQUEST_EVIDENCE, Stage.DISCUSSION, "emil", {("finn", "evidence_asked")}),
    (A.ESCALATE, Stage.DISCUSSION, "ben", {("dana", "adjudication_asked")}),
    (A.ADJUDICATE, Stage.ADJUDICATION, "dana", {("finn", "decided")}),
    (A.REVISE_VERDICT, Stage.DISCUSSION, "cleo", {("finn", "decided")}),  # and with that all say the same
    (A.REPLACE_SEAT_HOLDER, Stage.RATING, "emil", {("ben", "replaced"), ("ivy", "seat_given")}),
    (A.EDIT_DRAFT, Stage.DRAFTING, "emil", set()),
    (A.REQUEST_REPLY, Stage.RESEARCH, "finn", set()),
    (A.WAIVE_REPLY, Stage.DRAFTING, "emil", set()),
    (A.SUBMIT_DRAFT, Stage.DRAFTING, "finn", {("emil", "approval_asked"), ("gwen", "approval_asked")}),
    (A.SEND_BACK, Stage.COPY_EDIT, "emil", {("finn", "sent_back")}),
    (A.APPROVE, Stage.COPY_EDIT, "gwen", {("finn", "approved")}),
    (A.UNAPPROVE, Stage.APPROVED, "gwen", {("finn", "unapproved")}),
    (A.PUBLISH, Stage.APPROVED, "gwen", {("finn", "published")}),
    (A.OPEN_REVISION, Stage.PUBLISHED, "hal", {("emil", "doubted"), ("finn", "doubted")}),
    (A.DISMISS_REVISION, Stage.UNDER_REVISION, "gwen", {("hal", "stands"), ("emil", "stands"), ("finn", "stands")}),
    (A.PUBLISH_MINOR, Stage.UNDER_REVISION, "gwen", {("hal", "published"), ("finn", "published")}),
    (A.REVERIFY, Stage.UNDER_REVISION, "gwen", {("emil", "reverified"), ("finn", "reverified")}),
    (A.PROPOSE_RETRACTION, Stage.PUBLISHED, "gwen", {("emil", "retraction_proposed")}),
    (A.RETRACT, Stage.UNDER_REVISION, "gwen", {("hal", "retracted"), ("emil", "retracted"), ("finn", "retracted")}),
    (A.MARK_UNRELIABLE, Stage.RESEARCH, "emil", {("finn", "evidence_unreliable")}),
    (A.MARK_UNRELIABLE, Stage.RATING, "finn", {("ben", "verdict_stale"), ("cleo", "verdict_stale")}),
    (A.MARK_UNRELIABLE, Stage.APPROVED, "emil", {("finn", "evidence_unreliable"), ("finn", "unapproved")}),
    (A.DECLARE_CONFLICT, Stage.RESEARCH, "finn", set()),
    (A.DECLARE_CONFLICT, Stage.RATING, "ben", {("ivy", "seat_given")}),
    (A.HOLD, Stage.QUEUED, "emil", set()),
    (A.HOLD, Stage.RESEARCH, "emil", {("finn", "held")}),
    (A.HOLD, Stage.RATING, "emil", {("finn", "held"), ("ben", "held"), ("cleo", "held")}),
    (A.HOLD, Stage.ADJUDICATION, "finn", {("ben", "held"), ("cleo", "held"), ("dana", "held")}),
    (A.HOLD, Stage.COPY_EDIT, "emil", {("finn", "held")}),
    (A.CLOSE, Stage.QUEUED, "ada", set()),
    (A.CLOSE, Stage.RESEARCH, "ada", {("finn", "closed")}),
    (A.CLOSE, Stage.ADJUDICATION, "emil", {("finn", "closed"), ("ben", "closed"), ("cleo", "closed"), ("dana", "closed")}),
    (A.REOPEN, Stage.CLOSED, "emil", set()),  # it was given back before it was closed: nobody led it
    (A.COMMENT, Stage.RESEARCH, "finn", set()),  # Finn names himself
    (A.COMMENT, Stage.RESEARCH, "emil", {("finn", "named")}),
]  # fmt: skip


@pytest.mark.parametrize(("action", "stage", "who", "expected"), DESIGN)
def test_an_action_tells_whom_the_design_names_and_nobody_else(room, action, stage, who, expected):
    review = reviewing.full_review(room, stage)
    told = Told()
    DO[action](room, review, room.people()[who])
    assert told.now == expected
    event = events.events(review)
    for row in told.rows:
        assert (row.subject_type, row.subject_id, row.read_at) == ("review", review.pk, None)
        assert event.filter(pk=row.cause_id).exists()
        assert review.claim.text in row.words
        assert "{" not in row.words


def test_every_row_of_the_table_is_one_that_the_process_can_come_to():
    for row in NOTICES:
        froms = [stage for stage in Stage if find(stage, row.action)]
        assert froms, row
        assert set(row.before) <= set(froms), row
        reached = {to for stage in froms for to in (find(stage, row.action).to_stages or (stage,))}
        assert set(row.after) <= reached, row


def test_every_row_has_words_for_whoever_may_do_it():
    by_itself = {A.CLOSE_ROUND, A.SETTLE, A.FILL_SEAT}
    for row in NOTICES:
        transitions = [found for stage in Stage if (found := find(stage, row.action))]
        if any(found.may_system for found in transitions):
            assert row.by_system or "{who}" not in row.words, row
        else:
            assert not row.by_system, row
        assert row.action not in by_itself or "{who}" not in row.words
        assert row.words.endswith("{claim}"), row
        assert len(row.kind) <= 40


def test_kinds_are_known_beforehand():
    assert {row.kind for row in NOTICES} < set(notices.KINDS)
    assert len(set(notices.KINDS)) == len(notices.KINDS)


def test_a_sentence_is_one_line_and_not_endless():
    words = notices.say("Look: {claim}", "Prices\r\nBcc: all@example.org\u2028" + "x" * 500)
    assert words.startswith("Look: Prices Bcc: all@example.org x")
    assert words.splitlines() == [words]
    assert len(words) == len("Look: ") + notices.MAX_CLAIM_CHARS
    assert notices.say("{claim}", "{who} {0} %s") == "{who} {0} %s"


# What follows by itself


def test_a_lease_that_ends_tells_who_had_it(room):
    review = make.review(room, Stage.RESEARCH)
    Review.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    told = Told()
    assert release_expired() == 1
    [row] = told.rows
    assert (row.user, row.kind, row.words) == (
        room.finn, "released", f"Your lease has ended, and this is back in the queue: {review.claim.text}",
    )  # fmt: skip


def test_a_round_that_closes_tells_its_holders_that_they_differ_and_an_author_that_it_is_decided(room):
    disputed, agreed = make.review(room, Stage.RATING), make.review(room, Stage.RATING, text="Wages fell.")
    told = Told()
    for review, ratings in ((disputed, ("true", "false")), (agreed, ("false", "false"))):
        holders = room.holders(review)
        room.vote(review, holders[0], ratings[0])
        assert [row for row in told.rows if row.subject_id == review.pk] == []
        room.vote(review, holders[1], ratings[1])
    by_review = {
        review.pk: {(row.user.username, row.kind) for row in told.rows if row.subject_id == review.pk}
        for review in (disputed, agreed)
    }
    names = {who.username for who in room.holders(disputed)}
    assert by_review[disputed.pk] == {(name, "verdicts_differ") for name in {*names, "finn"}}
    assert by_review[agreed.pk] == {("finn", "decided")}


def test_a_discussion_that_takes_too_long_tells_the_adjudicator(room):
    make.review(room, Stage.DISCUSSION)
    Review.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    told = Told()
    assert escalate_overdue() == 1
    assert told.now == {("dana", "adjudication_asked")}
    assert "took too long" in told.rows[0].words


def test_whoever_takes_an_empty_seat_later_is_told(room):
    review = make.review(room, Stage.RATING)
    DeskMembership.objects.filter(user=room.ivy).delete()
    told = Told()
    workflow.declare_conflict(review.pk, actor=room.holders(review)[0], **why(A.DECLARE_CONFLICT))
    assert told.now == set()
    DeskMembership.objects.create(desk=room.desk, user=room.ivy)
    assert refill_seats() == 1
    assert told.now == {("ivy", "seat_given")}


def test_an_adjudicator_with_a_conflict_is_followed_by_one_who_is_told(room):
    olga = make.user("olga", "adjudicator")
    DeskMembership.objects.create(desk=room.desk, user=olga)
    review = make.review(room, Stage.ADJUDICATION)
    leaving, next_one = (room.dana, olga) if review.adjudicator_id == room.dana.pk else (olga, room.dana)
    told = Told()
    workflow.declare_conflict(review.pk, actor=leaving, **why(A.DECLARE_CONFLICT))
    assert told.now == {(next_one.username, "adjudication_asked")}


def test_a_new_round_on_the_same_evidence_tells_its_holders(room):
    review = make.review(room, Stage.COPY_EDIT)
    told = Told()
    workflow.send_back(review.pk, Stage.RATING, actor=room.emil, **why(A.SEND_BACK))
    holders = {who.username for who in room.holders(at(review))}
    assert told.now == {("finn", "sent_back"), *((name, "seat_given") for name in holders)}


def test_editors_who_took_part_or_keep_out_are_not_asked_to_approve(room):
    review = make.review(room, Stage.DRAFTING)
    reviewing.fill_in(room, review)
    workflow.declare_conflict(review.pk, actor=room.gwen, **why(A.DECLARE_CONFLICT))
    make.user("dana", "editor")  # who might adjudicate, and has not
    make.user(room.holders(review)[0].username, "editor")
    told = Told()
    workflow.submit_draft(review.pk, actor=room.finn)
    assert told.now == {("emil", "approval_asked"), ("dana", "approval_asked")}


def test_a_claim_that_is_edited_is_told_to_all_who_judge_it_once_of_each_edit(room):
    review = make.review(room, Stage.RATING)
    voter, other = room.holders(review)
    room.vote(review, voter)
    told = Told()
    assert tell_of_edited_claims() == 0
    pipeline.edit_claim(review.claim_id, {"text": "Prices tripled in a year."}, actor=room.ada)
    for news in (2, 0):
        assert tell_of_edited_claims() == news
        assert told.now == {(voter.username, "verdict_stale"), (other.username, "verdict_stale")}
    pipeline.edit_claim(review.claim_id, {"text": "Prices rose fourfold in a year."}, actor=room.ada)
    assert tell_of_edited_claims() == 2
    assert len(told.rows) == 4


def test_an_edit_of_before_the_round_is_no_news(room):
    review = make.review(room, Stage.RESEARCH)
    pipeline.edit_claim(review.claim_id, {"text": "Prices tripled in a year."}, actor=room.ada)
    make.evidence(room, review)
    make.evidence(room, review, "supports", "Bank")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert tell_of_edited_claims() == 0


Outcome = SnapshotCheck.Outcome


def test_a_look_that_finds_something_new_is_told_to_the_lead_once(room):
    review = make.review(room, Stage.RESEARCH)
    snapshot = make.upload(room, review).snapshot
    told = Told()
    for outcome in (Outcome.SOUND, Outcome.UNCHANGED, Outcome.UNREACHABLE):
        record_check(snapshot, outcome)
    assert told.now == set()
    for outcome in (Outcome.TEXT_CHANGED, Outcome.SOUND, Outcome.UNREACHABLE, Outcome.TEXT_CHANGED):
        record_check(snapshot, outcome)
    assert told.now == {("finn", "evidence_needs_attention")}
    assert told.rows[0].words == f"Evidence was looked at again (text changed): {review.claim.text}"
    record_check(snapshot, Outcome.GONE)
    assert len(told.rows) == 2


def test_bytes_that_fail_are_told_to_all_who_judge_them(room):
    review = make.review(room, Stage.RESEARCH)
    snapshot = make.upload(room, review).snapshot
    make.evidence(room, review)
    make.evidence(room, review, "supports", "Bank")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    room.vote(review, room.ben)
    told = Told()
    record_check(snapshot, Outcome.CORRUPT)
    assert told.now == {("finn", "evidence_needs_attention"), ("ben", "verdict_stale"), ("cleo", "verdict_stale")}


def test_whoever_looked_themselves_is_not_told(room):
    review = make.review(room, Stage.RESEARCH)
    snapshot = make.upload(room, review).snapshot
    told = Told()
    record_check(snapshot, Outcome.CORRUPT, actor=room.finn)
    assert told.now == set()


def test_evidence_that_counts_no_more_is_no_task(room):
    review = make.review(room, Stage.RESEARCH)
    item = make.upload(room, review)
    workflow.mark_unreliable(item.pk, actor=room.finn, **why(A.MARK_UNRELIABLE))
    told = Told()
    record_check(item.snapshot, Outcome.GONE)
    assert told.now == set()


# Comments


@pytest.mark.parametrize("stage", [Stage.RATING, Stage.ADJUDICATION])
def test_whoever_judges_what_is_verified_again_is_told_that_it_was_retracted(room, stage):
    review = make.review(room, Stage.UNDER_REVISION)
    reviewing.DO[A.REVERIFY](room, review, room.emil)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    holders = room.holders(reviewing.at(review))
    if stage is Stage.ADJUDICATION:
        for who, rating in zip(holders, ("true", "false"), strict=True):
            room.vote(review, who, rating)
        workflow.escalate(review.pk, actor=holders[0])
    make.propose(room.emil, review)
    before = set(Notification.objects.values_list("pk", flat=True))
    workflow.retract(review.pk, actor=room.gwen)
    told = set(Notification.objects.exclude(pk__in=before).values_list("user__username", "kind"))
    also = [room.dana] if stage is Stage.ADJUDICATION else []
    assert {(who.username, "retracted") for who in [*holders, *also]} <= told


def test_whoever_is_answered_or_named_is_told_once(room):
    review = make.review(room)
    first = workflow.comment(review.pk, "Which year?", actor=room.emil)
    told = Told()
    workflow.comment(review.pk, "2024, @emil, @ada and @finn.", actor=room.finn, reply_to=first.pk)
    assert told.now == {("emil", "answered"), ("ada", "named")}
    assert {row.words for row in told.rows} == {
        f"finn answered your comment: {review.claim.text}", f"finn names you in a comment: {review.claim.text}",
    }  # fmt: skip


# What it costs


def statements(do: Any) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        do()
    return [query["sql"] for query in queries]


def test_what_tells_nobody_costs_nothing(room, monkeypatch):
    review = make.review(room)
    finn = User.objects.with_roles().get(pk=room.finn.pk)

    def walk() -> list[str]:
        return statements(lambda: (DO[A.TAKE](room, review, finn), DO[A.RELEASE](room, review, finn)))

    walk()
    telling = walk()
    monkeypatch.setattr("reviews.workflow.acting.tell", lambda act, event: None)
    assert len(telling) == len(walk())
    assert not [sql for sql in telling if "notifications_" in sql]


def test_a_party_is_whom_the_table_can_name():
    assert {row.to for row in NOTICES} == set(Party)
    assert isinstance(NOTICES[0], Notice)
