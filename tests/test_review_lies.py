"""What a review must never be, the database itself refuses: whatever shell, page, bulk write or forgotten verb asks for it."""

from __future__ import annotations

import importlib

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from claims import pipeline
from claims.models import Claim
from claims.pipeline.triaging import BulkRefused
from claims.triage import TriageAction
from factcheck.audit import events
from factcheck.errors import ActionNotAllowed
from factcheck.ids import uuid7
from reviews import digests, stages, workflow
from reviews.facts import Stage
from reviews.models import (
    Adjudicator,
    Approval,
    ConflictOfInterest,
    Decision,
    Draft,
    Evidence,
    EvidenceSet,
    FactCheck,
    FactCheckRevision,
    Invalidation,
    Keeping,
    Lead,
    RatingScaleVersion,
    Retraction,
    RetractionProposal,
    Review,
    Round,
    Seat,
    Verdict,
)
from reviews.sealed import SealedVerdict
from reviews.stages import Action
from tests import make, reviewing
from tests.remembering import remembered

never_false = importlib.import_module("reviews.migrations.0002_never_false")
keeping_rules = importlib.import_module("reviews.migrations.0005_keeping_rules")
whoever_has_led = importlib.import_module("reviews.migrations.0007_whoever_has_led")
doubts = importlib.import_module("reviews.migrations.0026_doubts_never_false")
revisions = importlib.import_module("reviews.migrations.0027_revisions_never_false")
revisions_stay = importlib.import_module("reviews.migrations.0024_revisions_stay")
whoever_has_adjudicated = importlib.import_module("reviews.migrations.0019_whoever_has_adjudicated")
INSERT_ONLY = (
    *never_false.INSERT_ONLY, *keeping_rules.INSERT_ONLY, *whoever_has_led.INSERT_ONLY, *whoever_has_adjudicated.INSERT_ONLY,
    *revisions_stay.INSERT_ONLY, *doubts.INSERT_ONLY,
)  # fmt: skip


@pytest.fixture
def room(db):
    return make.newsroom()


@pytest.fixture
def committed_room(committed_database):
    return make.newsroom()


def sql(statement: str, *params) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def end_of_transaction() -> None:
    """What is checked then is checked now."""
    sql("SET CONSTRAINTS ALL IMMEDIATE")
    sql("SET CONSTRAINTS ALL DEFERRED")


def tell(lie, *params) -> None:
    with transaction.atomic():
        sql(lie, *params) if isinstance(lie, str) else lie()
        end_of_transaction()


def is_refused(rule: str, lie, *params) -> None:
    """A statement or a call is refused by this rule, at the latest when its transaction would end, and nothing has changed."""
    end_of_transaction()  # of what the verbs did, which is true
    names = reviewing.tables()
    before = reviewing.snapshot(names)
    with pytest.raises(DatabaseError, match=rule):
        tell(lie, *params)
    assert reviewing.snapshot(names) == before


def copy(row, **changes):
    """Another row like this one but for these columns."""
    fields = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    made = type(row)(**fields | {"id": uuid7()} | changes)
    made.save(force_insert=True)
    return made


# Stages


def test_the_arrows_of_the_database_are_those_of_the_table():
    assert sorted(revisions.ARROWS) == sorted(f"{a}>{b}" for a, b in stages.ARROWS)


@pytest.mark.parametrize("stage", list(Stage))
def test_a_stage_changes_along_arrows_only(room, stage):
    review = reviewing.full_review(room, stage)
    tried = [to for to in Stage if to != stage and (stage, to) not in stages.ARROWS]
    for to in tried:
        is_refused(
            f"does not go from {stage} to {to}", f"UPDATE reviews_review SET stage = '{to}', version = version + 1"
        )
    assert tried
    assert reviewing.at(review).stage == stage


def test_a_stage_that_nobody_knows_is_refused(room):
    make.review(room)
    is_refused("does not go", "UPDATE reviews_review SET stage = 'zebra'")


TAKEN = "UPDATE reviews_review SET stage = 'research', lead_id = %s, lease_until = now() + interval '1 day', version = version + 1"


def test_a_move_without_an_event_is_refused_when_the_transaction_ends(committed_room):
    review = make.review(committed_room)
    with pytest.raises(IntegrityError, match="without an event"), transaction.atomic():
        sql(TAKEN, committed_room.finn.pk)
    assert reviewing.at(review).stage == Stage.QUEUED
    with transaction.atomic():
        sql(TAKEN, committed_room.finn.pk)
        events.record(reviewing.at(review), Action.TAKE, actor=committed_room.finn)
    assert reviewing.at(review).stage == Stage.RESEARCH


def test_a_move_costs_the_same_however_long_the_history_is(committed_room):
    review = make.review(committed_room)

    def events_read(times: int) -> int:
        before = _rows_read("audit_auditevent")
        for _ in range(times):
            workflow.take(review.pk, actor=committed_room.finn)
            workflow.release(review.pk, actor=committed_room.finn, reason="no_time", note="For the others.")
        return _rows_read("audit_auditevent") - before

    first = events_read(5)
    assert 0 < first < events_read(20) == 4 * first
    assert events_read(5) == first


def _rows_read(table: str) -> int:
    sql("SELECT pg_stat_force_next_flush()")
    with connection.cursor() as cursor:
        cursor.execute("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_user_tables WHERE relname = %s", [table])
        return int(cursor.fetchone()[0])


def test_a_review_that_appears_without_an_event_is_refused(committed_room):
    review = make.review(committed_room)
    claim = make.claim("Rents tripled.", actor=committed_room.ada)
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=committed_room.ada)
    with pytest.raises(IntegrityError, match="without an event"), transaction.atomic():
        copy(review, claim_id=claim.pk)
    assert Review.objects.count() == 1


# Each follows an arrow, in the transaction of an event, and lacks the rows that make it true.
MOVES = [
    (Stage.RESEARCH, "stage = 'rating', lease_until = NULL, round_number = 1"),
    (Stage.RATING, "stage = 'drafting'"),
    (Stage.RATING, "stage = 'discussion'"),
    (Stage.DISCUSSION, "stage = 'drafting'"),
    (Stage.ADJUDICATION, "stage = 'drafting'"),
    (Stage.COPY_EDIT, "stage = 'approved'"),
    (Stage.COPY_EDIT, "stage = 'rating'"),
    (Stage.PUBLISHED, "stage = 'retracted'"),
    (Stage.APPROVED, "stage = 'retracted'"),
]


@pytest.mark.parametrize(("stage", "move"), MOVES)
def test_a_review_is_nowhere_without_what_makes_it_be_there(room, stage, move):
    reviewing.full_review(room, stage)
    is_refused("has not what makes it be in", f"UPDATE reviews_review SET {move}, version = version + 1")


def test_an_approval_that_was_taken_back_approves_nothing_later(room):
    review = reviewing.full_review(room, Stage.APPROVED)
    workflow.unapprove(review.pk, actor=room.emil, **reviewing.why(Action.UNAPPROVE))
    is_refused(
        "has not what makes it be in approved", "UPDATE reviews_review SET stage = 'approved', version = version + 1"
    )


@pytest.mark.parametrize(
    ("changes", "refused_by"),
    [
        ({"stage": "research", "lease_until": timezone.now()}, "begins in the queue"),
        ({"stage": "approved", "round_number": 1}, "begins in the queue"),
        ({"stage": "closed", "closed_reason": "other"}, "begins in the queue"),
        ({}, "review_active_once_per_claim"),
    ],
)
def test_a_review_begins_in_the_queue_and_a_claim_has_one(room, changes, refused_by):
    review = make.review(room)
    is_refused(refused_by, lambda: copy(review, lead_id=room.finn.pk if changes else None, **changes))


def test_a_closed_review_is_not_reopened_beside_another(room):
    closed = make.review(room, Stage.CLOSED)
    workflow.open_review(closed.claim_id, room.desk.pk, actor=room.ada)
    is_refused(
        "review_active_once_per_claim",
        "UPDATE reviews_review SET stage = 'queued', closed_reason = '' WHERE id = %s", closed.pk,
    )  # fmt: skip


def test_only_accepted_claims_are_reviewed(room):
    closed = make.review(room, Stage.CLOSED)
    pipeline.triage(closed.claim_id, TriageAction.RESTORE, actor=room.ada)
    is_refused("is not accepted", "UPDATE reviews_review SET stage = 'queued', closed_reason = ''")
    is_refused("is not accepted", lambda: copy(closed, stage="queued", closed_reason=""))


@pytest.mark.parametrize(
    "change",
    ["claim_id = %s", "desk_id = %s", "policy_id = %s", "scale_id = %s", "id = %s"],
)
def test_what_a_review_is_about_never_changes(room, change):
    make.review(room)
    is_refused("never changes", f"UPDATE reviews_review SET {change}", uuid7())


def test_versions_and_rounds_only_rise(room):
    make.review(room, Stage.RATING)
    is_refused("never changes", "UPDATE reviews_review SET version = version - 1")
    is_refused("never changes", "UPDATE reviews_review SET round_number = round_number - 1")


@pytest.mark.parametrize(
    ("stage", "lie", "refused_by"),
    [
        (Stage.RESEARCH, "lead_id = NULL", "review_led_while_at_work"),
        (Stage.QUEUED, "lead_id = updated_by_id", "review_led_while_at_work"),
        (Stage.RESEARCH, "lease_until = NULL", "review_leased_in_research"),
        (Stage.RATING, "lease_until = now()", "review_leased_in_research"),
        (Stage.ADJUDICATION, "adjudicator_id = NULL", "review_adjudicated_by_somebody"),
        (Stage.ADJUDICATION, "adjudicator_id = lead_id", "review_adjudicator_is_not_lead"),
        (Stage.CLOSED, "closed_reason = ''", "review_closed_for_a_reason"),
        (Stage.QUEUED, "closed_reason = 'other'", "review_closed_for_a_reason"),
        (Stage.QUEUED, "risk = 'zebra'", "review_risk_known"),
    ],
)
def test_a_review_is_led_leased_adjudicated_and_closed_as_its_stage_asks(room, stage, lie, refused_by):
    reviewing.full_review(room, stage)
    is_refused(refused_by, f"UPDATE reviews_review SET {lie}")


# What was said stays said


@pytest.fixture
def everything(room):
    """A published review, and one that is adjudicated: with a row in every table."""
    return with_a_row_in_every_table(room)


@remembered
def with_a_row_in_every_table(room):
    make.review(room, Stage.ADJUDICATION, text="Rents fell.")
    make.review(room, Stage.RETRACTED, text="Wages fell.")
    review = reviewing.full_review(room, Stage.RESEARCH)
    reviewing.DO[Action.DECLARE_SEARCH](room, review, room.finn)
    reviewing.DO[Action.KEEP_EVIDENCE](room, review, room.finn)
    reviewing.DO[Action.DECLARE_CONFLICT](room, review, room.ivy)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    for _ in range(2):
        make.approve(room.emil, reviewing.at(review))
        if _ == 0:
            workflow.unapprove(review.pk, actor=room.gwen, **reviewing.why(Action.UNAPPROVE))
    workflow.publish(review.pk, actor=room.emil)
    return reviewing.at(review)


@pytest.mark.parametrize("table", INSERT_ONLY)
def test_what_was_said_stays_said(everything, table):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        assert cursor.fetchone()[0], "there is nothing to refuse"
    is_refused("insert-only", f"UPDATE {table} SET created_at = created_at")
    is_refused("insert-only", f"DELETE FROM {table}")
    is_refused("insert-only", f"TRUNCATE {table} CASCADE")


def test_insert_only_are_the_tables_of_the_design():
    names = (
        "ratingscaleversion",
        "reviewpolicy",
        "conflictofinterest",
        "snapshot",
        "snapshotcheck",
        "keeping",
        "lead",
        "adjudicator",
        "search",
        "evidenceset",
        "verdict",
    )
    assert set(INSERT_ONLY) == {
        f"reviews_{n}"
        for n in (
            *names,
            "decision",
            "approval",
            "invalidation",
            "factcheckrevision",
            "retractionproposal",
            "retraction",
        )
    }


@pytest.mark.parametrize(
    "table", ["reviews_review", "reviews_round", "reviews_seat", "reviews_evidence", "reviews_factcheck"]
)
def test_what_belongs_to_a_review_is_never_deleted(everything, table):
    is_refused("insert-only", f"DELETE FROM {table}")
    is_refused("insert-only", f"TRUNCATE {table} CASCADE")


# Rounds, seats and verdicts


@pytest.mark.parametrize(
    "lie",
    [
        "closed_at = now(), outcome = 'consensus'",
        "closed_at = now(), outcome = 'disagreement'",
        "closed_at = now(), outcome = ''",
        "outcome = 'consensus'",
        "seats_needed = 1",
        "number = 2",
        "seats_needed = 1, closed_at = now(), outcome = 'consensus'",
    ],
)
def test_a_round_is_not_closed_before_all_have_voted_nor_changed_otherwise(room, lie):
    review = make.review(room, Stage.RATING)
    room.vote(review, room.ben)
    is_refused("lacks verdicts|never changed otherwise|round_closed_with_an_outcome", f"UPDATE reviews_round SET {lie}")


def test_a_closed_round_stays_as_it_is(room):
    make.review(room, Stage.DRAFTING)
    for lie in ("closed_at = NULL, outcome = ''", "outcome = 'void'", "closed_at = now()"):
        is_refused("never changed otherwise", f"UPDATE reviews_round SET {lie}")


def test_a_round_begins_open_and_a_review_has_one_at_a_time(room):
    review = make.review(room, Stage.RATING)
    first = Round.objects.get(review=review)
    is_refused("round_open_once", lambda: copy(first, number=2))
    is_refused("begins open", lambda: copy(first, number=2, closed_at=timezone.now(), outcome="consensus"))


def test_a_seat_is_vacated_once_and_never_given_to_somebody_else(room):
    make.review(room, Stage.RATING)
    for lie in (
        f"holder_id = '{room.ivy.pk}'",
        "number = number + 1",
        f"vacated_at = now(), holder_id = '{room.ivy.pk}'",
    ):
        is_refused("never changed otherwise", f"UPDATE reviews_seat SET {lie}")


def test_a_seat_is_held_by_nobody_who_leads_or_has_a_conflict(room):
    review = make.review(room, Stage.RATING)
    for who in (room.ivy, room.holders(review)[1]):
        reviewing.DO[Action.DECLARE_CONFLICT](room, review, who)  # and the second seat stays empty
    seat = Seat.objects.get(vacated_at=None)
    is_refused("may hold no seat", lambda: copy(seat, number=2, holder_id=room.finn.pk))
    is_refused("may hold no seat", lambda: copy(seat, number=2, holder_id=room.ivy.pk))
    is_refused("seat_once_per_person", lambda: copy(seat, number=2))
    is_refused("seat_filled_once", lambda: copy(seat, holder_id=room.dana.pk))


def test_nobody_adjudicates_who_held_a_seat(room):
    make.review(room, Stage.ADJUDICATION)
    is_refused("holds or held a seat", "UPDATE reviews_review SET adjudicator_id = %s", room.ben.pk)


VERDICT = """
INSERT INTO reviews_verdict (
    id, seat_id, author_id, kind, rating, rationale, cites, searches, evidence_digest, claim_revision, scale_id, commitment, salt, created_at
) SELECT %s, seat.id, coalesce(%s, seat.holder_id), %s, 'false', repeat('word ', 10), '{}', '', e.digest, 1, r.scale_id, '', '', now()
FROM reviews_seat seat JOIN reviews_round round ON round.id = seat.round_id JOIN reviews_review r ON r.id = round.review_id
    JOIN reviews_evidenceset e ON e.id = round.evidence_set_id
WHERE seat.number = 1 AND round.number = 1 ORDER BY seat.id LIMIT 1
"""


def test_a_verdict_is_given_by_the_holder_of_the_seat(room):
    make.review(room, Stage.RATING)
    for who in (room.ivy, room.cleo, room.finn, room.emil):
        is_refused("Not this verdict", VERDICT, uuid7(), who.pk, "first")
    is_refused("Not this verdict", VERDICT, uuid7(), None, "revised")
    sql(VERDICT, uuid7(), None, "first")  # and this is the truth


def test_a_verdict_is_given_once_on_the_same_evidence(room):
    review = make.review(room, Stage.RATING)
    room.vote(review, room.ben)
    is_refused("verdict_once", VERDICT, uuid7(), None, "first")


@pytest.mark.parametrize("stage", [Stage.DISCUSSION, Stage.DRAFTING])
def test_no_first_verdict_is_given_in_a_round_that_has_closed(room, stage):
    make.review(room, stage)
    is_refused("Not this verdict", VERDICT, uuid7(), None, "first")


def test_a_verdict_is_revised_once_and_only_where_verdicts_differ(room):
    review = make.review(room, Stage.DISCUSSION)
    workflow.revise_verdict(review.pk, reviewing.judgement(review, "true"), actor=room.ben)
    is_refused("Not this verdict", VERDICT, uuid7(), None, "revised")


@pytest.mark.parametrize("stage", [Stage.RATING, Stage.DRAFTING])
def test_no_verdict_is_revised_in_a_round_that_is_void_or_agreed(room, stage):
    review = make.review(room, stage)
    if stage is Stage.RATING:
        reviewing.DO[Action.REQUEST_EVIDENCE](room, review, room.emil)
    is_refused("Not this verdict", VERDICT, uuid7(), None, "revised")


def test_a_seat_that_was_vacated_has_no_vote(room):
    review = make.review(room, Stage.RATING)
    reviewing.DO[Action.DECLARE_CONFLICT](room, review, room.ben)
    is_refused("Not this verdict", VERDICT, uuid7(), None, "first")


@pytest.mark.parametrize("rationale", ["No.", " " * 60, "x" * 39])
def test_a_verdict_without_a_rationale_is_refused(room, rationale):
    make.review(room, Stage.RATING)
    is_refused(
        "verdict_has_a_rationale", VERDICT.replace("repeat('word ', 10)", f"'{rationale}'"), uuid7(), None, "first"
    )


def test_a_sealed_verdict_is_in_no_view_before_its_round_closed_and_never_in_one_that_is_void(room):
    review = make.review(room, Stage.RATING)
    room.vote(review, room.ben)
    assert not Verdict.objects.exists()
    reviewing.DO[Action.REQUEST_EVIDENCE](room, review, room.emil)
    assert not Verdict.objects.exists()
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who)
    assert [v.seat.round.number for v in Verdict.objects.select_related("seat__round")] == [2, 2]


# Decisions and approvals


def decision_on(review: Review, **fields) -> None:
    round_ = Round.objects.get(review=review)
    values = {
        "review": review, "round": round_, "rating": "false", "basis": "consensus", "evidence_digest": round_.evidence_set.digest,
        "claim_revision": 1, "scale": review.scale,
    }  # fmt: skip
    Decision(**values | fields).save(force_insert=True)


def test_a_decision_needs_a_closed_round(room):
    review = make.review(room, Stage.RATING)
    room.vote(review, room.ben)
    for basis in ("consensus", "discussion"):
        is_refused("led to no such decision", lambda basis=basis: decision_on(review, basis=basis))


def test_a_decision_says_what_the_verdicts_say(room):
    review = make.review(room, Stage.DISCUSSION)
    for basis in ("consensus", "discussion"):
        is_refused("led to no such decision", lambda basis=basis: decision_on(review, basis=basis))
    adjudicated = {"basis": "adjudication", "rationale": make.WHY}
    is_refused("led to no such decision", lambda: decision_on(review, adjudicator=room.dana, **adjudicated))
    workflow.escalate(review.pk, actor=room.emil)
    is_refused("led to no such decision", lambda: decision_on(review, adjudicator=room.emil, **adjudicated))
    words_missing = adjudicated | {"adjudicator": room.dana, "rationale": ""}
    is_refused("decision_adjudicated_by_somebody", lambda: decision_on(review, **words_missing))
    decision_on(review, adjudicator=room.dana, **adjudicated)  # and this is the truth


def test_a_round_leads_to_one_decision(room):
    review = make.review(room, Stage.DRAFTING)
    is_refused("round_id", lambda: decision_on(review))


@pytest.mark.parametrize("name", ["finn", "ben", "cleo", "dana", "gwen"])
def test_nobody_approves_who_took_part(room, name):
    """Finn leads, Gwen has become the author, Ben and Cleo voted, Dana adjudicated."""
    review = make.review(room, Stage.ADJUDICATION)
    reviewing.DO[Action.ADJUDICATE](room, review, room.dana)
    reviewing.fill_in(room, review)
    Draft.objects.filter(review=review).update(author=room.gwen)
    decision, draft = Decision.objects.get(), Draft.objects.get()
    approval = {
        "review": review, "decision": decision, "draft_digest": draft.digest, "evidence_digest": decision.evidence_digest,
    }  # fmt: skip
    approver = getattr(room, name)
    is_refused("took part", lambda: Approval(**approval, approver=approver).save(force_insert=True))


def approval_by(review: Review, approver) -> None:
    seen = reviewing.what_an_editor_sees(review)
    Approval(review=review, approver=approver, decision_id=seen.pop("decision"), **seen).save(force_insert=True)


def test_nobody_approves_who_has_led_it_or_has_written_before(room):
    """Gwen took it over in research for a while, Olga was the author before Finn."""
    olga = make.user("olga", "editor")
    review = reviewing.full_review(room, Stage.RESEARCH)
    reviewing.DO[Action.TAKE_OVER](room, review, room.gwen)
    workflow.assign(
        workflow.release(review.pk, actor=room.gwen, **reviewing.why(Action.RELEASE)).pk, room.finn.pk, actor=room.emil
    )
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(reviewing.at(review)):
        room.vote(review, who)
    for author in (olga, room.finn):
        Draft.objects.filter(review=review).update(author=author)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    for who in (room.gwen, olga):
        is_refused("took part", lambda who=who: approval_by(review, who))
    approval_by(review, room.emil)  # and this is the truth


def test_whoever_leads_is_kept_whatever_gave_it_to_them(room):
    review = reviewing.full_review(room, Stage.RESEARCH)
    sql("UPDATE reviews_review SET lead_id = %s", room.emil.pk)
    led = [lead.user for lead in Lead.objects.filter(review=review).order_by("created_at")]
    assert set(led) == {room.finn, room.emil}
    sql("UPDATE reviews_review SET lead_id = %s", room.finn.pk)
    assert Lead.objects.count() == 2


def test_who_led_before_that_was_kept_is_read_from_the_record(room):
    review = reviewing.full_review(room, Stage.RESEARCH)
    reviewing.DO[Action.TAKE_OVER](room, review, room.gwen)
    workflow.assign(
        workflow.release(review.pk, actor=room.gwen, **reviewing.why(Action.RELEASE)).pk, room.emil.pk, actor=room.ada
    )
    kept = set(Lead.objects.values_list("review", "user"))
    assert kept == {(review.pk, who.pk) for who in (room.finn, room.gwen, room.emil)}
    end_of_transaction()
    sql("ALTER TABLE reviews_lead DISABLE TRIGGER row_is_final")
    sql("DELETE FROM reviews_lead")
    sql(whoever_has_led.FILL)
    assert set(Lead.objects.values_list("review", "user")) == kept


def test_whoever_adjudicates_is_kept_for_each_round_and_read_from_the_record_where_that_was_not_kept(room):
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    workflow.request_evidence(review.pk, actor=room.dana, **reviewing.why(Action.REQUEST_EVIDENCE))
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for number, who in enumerate(room.holders(reviewing.at(review))):
        room.vote(review, who, ("true", "false")[number])
    workflow.escalate(review.pk, actor=room.emil)
    kept = set(Adjudicator.objects.values_list("review", "round_number", "user"))
    assert kept == {(review.pk, 1, room.dana.pk), (review.pk, 2, room.dana.pk)}
    end_of_transaction()
    sql("ALTER TABLE reviews_adjudicator DISABLE TRIGGER row_is_final")
    sql("DELETE FROM reviews_adjudicator")
    sql(whoever_has_adjudicated.FILL)
    assert set(Adjudicator.objects.values_list("review", "round_number", "user")) == kept


def test_where_the_policy_says_so_nobody_approves_what_they_have_changed(db):
    room = make.newsroom(approver_may_edit_draft=False)
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    workflow.edit_draft(review.pk, {"body": "Written anew."}, actor=room.emil)
    is_refused("since it was handed in", lambda: approval_by(review, room.emil))
    approval_by(review, room.gwen)  # and this is the truth


def test_a_text_is_approved_by_nobody_once_its_author_keeps_out(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    reviewing.DO[Action.DECLARE_CONFLICT](room, review, room.finn)
    is_refused("keeps out of it", lambda: approval_by(review, room.gwen))


def test_where_the_lead_may_not_write_their_text_is_approved_by_nobody(db):
    room = make.newsroom(draft_author_may_be_lead=False)
    review = reviewing.full_review(room, Stage.RATING)
    for who in room.holders(review):
        room.vote(review, who)
    sql("UPDATE reviews_draft SET author_id = %s", room.finn.pk)
    is_refused("wrote its text", lambda: approval_by(review, room.gwen))


def test_nobody_approves_who_declared_a_conflict(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    reviewing.DO[Action.DECLARE_CONFLICT](room, review, room.emil)
    is_refused("took part", lambda: approval_by(review, room.emil))


def test_nothing_is_approved_but_the_present_text_and_decision_of_this_review(room):
    other = reviewing.full_review(room, Stage.COPY_EDIT, text="Rents tripled.")
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    seen["decision_id"] = seen.pop("decision")
    foreign = Decision.objects.get(review=other).pk
    for lie in (
        {"draft_digest": "0" * 64},
        {"decision_id": foreign},
        {"decision_id": foreign, "review": make.review(room, text="Wages fell.")},
    ):
        values = {"review": review, "approver": room.emil} | seen | lie
        is_refused("not there", lambda values=values: Approval(**values).save(force_insert=True))


def test_a_round_is_on_evidence_that_was_frozen_for_its_own_review(room):
    foreign = EvidenceSet.objects.get(review=make.review(room, Stage.RATING, text="Rents tripled."))
    review = make.review(room, Stage.DRAFTING)
    end_of_transaction()
    round_ = Round.objects.get(review=review)
    values = {"number": 2, "closed_at": None, "outcome": ""}
    is_refused("evidence of another", lambda: copy(round_, evidence_set_id=foreign.pk, **values))
    copy(round_, **values)  # and this is the truth


def test_a_seat_is_given_in_an_open_round_that_needs_it(room):
    closed, open_ = make.review(room, Stage.DISCUSSION), make.review(room, Stage.RATING, text="Rents tripled.")
    for review, number in ((closed, 1), (open_, 3), (open_, 0)):
        seat = Seat.objects.filter(round__review=review).first()
        is_refused(
            "is closed, or has no seat", lambda seat=seat, n=number: copy(seat, number=n, holder_id=room.emil.pk)
        )


def test_a_verdict_is_on_the_scale_and_the_evidence_of_its_review(room):
    other = make.review(room, Stage.RATING, text="Rents tripled.")
    review = make.review(room, Stage.RATING)
    foreign = EvidenceSet.objects.get(review=other).items[0]["id"]
    room.vote(review, room.holders(review)[0])
    verdict = SealedVerdict.objects.get()
    scale = RatingScaleVersion.objects.create(scale=review.scale.scale, number=2, points=make.POINTS)
    for lie in ({"rating": "no such point"}, {"cites": [foreign]}, {"scale_id": scale.pk}):
        is_refused("Not on the scale", lambda lie=lie: copy(verdict, **{"evidence_digest": "1" * 64} | lie))


def test_a_decision_is_on_the_scale_of_its_review(room):
    review = make.review(room, Stage.ADJUDICATION)
    said = {"basis": "adjudication", "adjudicator": room.dana, "rationale": make.WHY}
    is_refused("has no such rating", lambda: decision_on(review, rating="no such point", **said))


def test_an_approval_is_given_in_copy_edit_on_the_evidence_of_the_decision(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    seen["decision_id"] = seen.pop("decision")
    values = {"review": review, "approver": room.emil} | seen
    is_refused(
        "nothing to be approved", lambda: Approval(**values | {"evidence_digest": "0" * 64}).save(force_insert=True)
    )
    workflow.send_back(review.pk, Stage.DRAFTING, actor=room.gwen, **reviewing.why(Action.SEND_BACK))
    is_refused("nothing to be approved", lambda: Approval(**values).save(force_insert=True))


def test_what_counts_no_more_is_of_its_own_review(room):
    other = reviewing.full_review(room, Stage.APPROVED, text="Rents tripled.")
    review = make.review(room, Stage.RATING)
    subjects = {
        "evidence": other.evidence.first(), "round": other.rounds.first(), "approval": other.approvals.first(),
        "verdict": Verdict.objects.filter(seat__round__review=other).first(),
    }  # fmt: skip
    for kind, subject in subjects.items():
        said = {"subject_type": kind, "subject_id": subject.pk, "reason": "other", "note": "x"}
        is_refused("has no such", lambda said=said: Invalidation(review=review, **said).save(force_insert=True))
        Invalidation(review=other, **said).save(force_insert=True)  # and this is the truth


# Evidence


def test_evidence_is_changed_in_research_only(room):
    review = reviewing.full_review(room, Stage.RATING)
    item = Evidence.objects.filter(review=review).first()
    for lie in (
        "quotation = 'else'",
        "withdrawn_at = now()",
        "stance = 'context'",
        "origin = 'else'",
        "is_confidential = true",
    ):
        is_refused("is frozen", f"UPDATE reviews_evidence SET {lie}")
    is_refused("is frozen", lambda: copy(item))


def test_only_news_of_its_own_page_is_kept_by_somebody_without_a_conflict_once_and_with_words(room):
    review = reviewing.full_review(room, Stage.RATING)
    reviewing.DO[Action.KEEP_EVIDENCE](room, review, room.emil)
    kept, [other, *_] = Keeping.objects.get(), review.evidence.order_by("id")
    news = workflow.record_check(kept.evidence.snapshot, "gone")
    is_refused("not news of its page", lambda: copy(kept, evidence_id=other.pk, finding_id=news.pk))
    for outcome in ("unchanged", "unreachable", "sound", "missing"):
        finding = workflow.record_check(kept.evidence.snapshot, outcome)
        is_refused("not news of its page", lambda finding=finding: copy(kept, finding_id=finding.pk))
    is_refused("keeping_once", lambda: copy(kept))
    is_refused("keeping_says_why", lambda: copy(kept, finding_id=news.pk, note=""))
    reviewing.DO[Action.DECLARE_CONFLICT](room, review, room.gwen)
    is_refused("keeps out", lambda: copy(kept, finding_id=news.pk, kept_by_id=room.gwen.pk))
    copy(kept, finding_id=news.pk)  # and this is the truth


def test_a_frozen_set_has_its_number_once(room):
    make.review(room, Stage.RATING)
    is_refused("evidence_set_number_once", lambda: copy(EvidenceSet.objects.get()))


def test_a_conflict_is_declared_once(room):
    review = make.review(room)
    reviewing.DO[Action.DECLARE_CONFLICT](room, review, room.ivy)
    is_refused("conflict_once", lambda: copy(ConflictOfInterest.objects.get()))


# What is public


@pytest.fixture
def published(room):
    reviewing.full_review(room, Stage.PUBLISHED)
    return FactCheckRevision.objects.get()


@pytest.mark.parametrize(
    ("lie", "refused_by"),
    [
        ("slug = 'else'", "never changes"),
        ("id = gen_random_uuid()", "never changes"),
        ("changed_at = changed_at - interval '1 second'", "never changes"),
        ("changed_at = changed_at", "never changes"),
    ],
)
def test_a_fact_check_stays_what_and_where_it_is(published, lie, refused_by):
    is_refused(refused_by, f"UPDATE reviews_factcheck SET {lie}")


@pytest.mark.parametrize("changes", [{"content": "{}"}, {"digest": "0" * 64}])
def test_a_revision_has_the_digest_of_its_content(published, changes):
    is_refused("is of something else", lambda: copy(published, number=2, **changes))


@pytest.mark.parametrize("number", [0, 1, 3])
def test_revisions_are_numbered_without_a_gap(published, number):
    is_refused("follows none", lambda: copy(published, number=number, changed=["body"]))


def test_nothing_is_published_but_what_is_approved_now(room, published):
    # What was published is no longer approved: another revision needs an approval of its own.
    is_refused("Nobody has approved", lambda: copy(published, number=2, changed=["body"]))
    other = make.review(room, Stage.APPROVED, text="Rents fell.")

    def publish(approval: Approval, **changes) -> None:
        now = timezone.now()
        public = copy(published.fact_check, review_id=other.pk, slug="else", changed_at=now)
        copy(published, fact_check_id=public.pk, approval_id=approval.pk, published_at=now, **changes)
        sql("UPDATE reviews_review SET stage = 'published', version = version + 1 WHERE id = %s", other.pk)
        events.record(reviewing.at(other), "publish", actor=room.emil, data={"revision": 1})

    own = other.approvals.get()
    is_refused("Nobody has approved", lambda: publish(published.approval))
    is_refused("revision_says_what_it_changed", lambda: publish(own, public_note="The year."))
    publish(own)  # and this is the truth
    end_of_transaction()


def test_an_approval_that_was_taken_back_publishes_nothing(room):
    review = make.review(room, Stage.APPROVED)
    [first] = review.approvals.all()
    workflow.unapprove(review.pk, actor=room.gwen, **reviewing.why(Action.UNAPPROVE))
    make.approve(room.gwen, reviewing.at(review))

    def publish() -> None:
        public = FactCheck(review=review, slug="else", changed_at=timezone.now())
        public.save(force_insert=True)
        FactCheckRevision(
            fact_check=public, number=1, content="{}", digest=digests.revision_digest("{}"), approval=first, published_by=room.emil,
            published_at=timezone.now(),
        ).save(force_insert=True)  # fmt: skip

    is_refused("Nobody has approved", publish)


def test_a_stage_and_what_is_public_go_together(room):
    review = make.review(room, Stage.APPROVED)
    is_refused(
        "has not what makes it be in published",
        "UPDATE reviews_review SET stage = 'published', version = version + 1 WHERE id = %s",
        review.pk,
    )
    is_refused(
        "is not published, or says nothing",
        lambda: FactCheck(review=review, slug="else", changed_at=timezone.now()).save(force_insert=True),
    )


def test_a_fact_check_is_retracted_by_two_people_as_they_said_and_for_good(room, published):
    proposal = make.propose(room.emil, reviewing.at(published.fact_check.review))
    values = {"fact_check_id": published.fact_check_id, "proposal_id": proposal.pk, "retracted_at": timezone.now()}

    def retract(proposed_by, retracted_by, **more) -> None:
        said = {"proposed_by": proposed_by, "retracted_by": retracted_by}
        Retraction(**values | said | more).save(force_insert=True)

    is_refused("retracted_by_somebody_else_than_proposed", lambda: retract(room.emil, room.emil))
    is_refused("Nobody has proposed", lambda: retract(room.gwen, room.emil))
    is_refused("did not change when its rows say", lambda: retract(room.emil, room.gwen))

    def retract_at_its_moment() -> None:
        FactCheck.objects.update(changed_at=values["retracted_at"])
        retract(room.emil, room.gwen)

    is_refused("is not retracted", retract_at_its_moment)
    # Another proposal takes its place.
    last = make.propose(room.gwen, reviewing.at(published.fact_check.review))
    is_refused("Nobody has proposed", lambda: retract(room.emil, room.gwen))
    is_refused("proposal_says_why", lambda: copy(last, public_reason=" " * 60))


def test_a_fact_check_moves_and_exports_tell_of_it_only_as_its_rows_say(room, published):
    later = "UPDATE reviews_factcheck SET changed_at = changed_at + interval '1 year'"
    is_refused("did not change when its rows say", later)
    change = "UPDATE reviews_exportelement SET"
    is_refused("says in its version, stays", f"{change} body = 'True.'")
    is_refused("says in its version, stays", f"{change} changed_at = changed_at - interval '1 day'")
    make.propose(room.emil, reviewing.at(published.fact_check.review))
    workflow.retract(published.fact_check.review_id, actor=room.gwen)
    is_refused("which was retracted", f"{change} superseded_at = NULL")
    is_refused("which was retracted", f"{change} superseded_at = now() + interval '1 day'")
    is_refused("did not change when its rows say", later)


def test_a_revision_rates_as_was_decided_and_differs_only_by_a_later_round(room):
    review = reviewing.full_review(room, Stage.UNDER_REVISION)
    [first] = FactCheckRevision.objects.all()
    seen = reviewing.what_an_editor_sees(review)
    seen["decision_id"] = seen.pop("decision")
    approval = Approval(review=review, approver=room.gwen, **seen)
    approval.save(force_insert=True)

    def publish(rating: str, **more) -> None:
        content = first.content.replace('"code":"false"', f'"code":"{rating}"')
        said = {
            "number": 2,
            "kind": "typo",
            "changed": ["body"],
            "approval_id": approval.pk,
            "published_at": timezone.now(),
        }
        copy(first, **said | {"content": content, "digest": digests.revision_digest(content)} | more)

    is_refused("not what was decided", lambda: publish("true"))
    is_refused("Nobody has approved", lambda: publish("false", kind="reverified", public_note="Again."))
    for kind in ("update", "reverified", "zebra", "first"):
        is_refused(
            "revision_says_why|Nobody has approved|not what was decided", lambda kind=kind: publish("false", kind=kind)
        )
    is_refused("did not change when", lambda: publish("false"))


def test_nobody_approves_their_own_edit_of_what_is_public(room):
    review = reviewing.full_review(room, Stage.UNDER_REVISION)
    workflow.edit_draft(review.pk, {"summary": "In short."}, actor=room.gwen)
    is_refused("since it was handed in", lambda: approval_by(review, room.gwen))
    approval_by(review, room.emil)  # and this is the truth


def test_nothing_comes_after_a_retraction(room):
    review = make.review(room, Stage.RETRACTED)
    [revision], [proposal] = FactCheckRevision.objects.all(), RetractionProposal.objects.all()
    is_refused("was retracted", lambda: copy(revision, number=2, kind="typo", changed=["body"]))
    is_refused("is not what is public", lambda: copy(proposal))
    is_refused("unique", lambda: copy(Retraction.objects.get(fact_check__review=review)))


# The claim


def test_a_claim_under_review_stays_accepted(room):
    review = make.review(room)
    is_refused("is under way", "UPDATE claims_claim SET triage_status = 'candidate'")
    names = reviewing.tables()
    before = reviewing.snapshot(names)
    with pytest.raises(ActionNotAllowed, match="A review of this claim is under way: close it first"):
        pipeline.triage(review.claim_id, TriageAction.RESTORE, actor=room.ada)
    assert reviewing.snapshot(names) == before
    workflow.close(review.pk, actor=room.ada, **reviewing.why(Action.CLOSE))
    assert pipeline.triage(review.claim_id, TriageAction.RESTORE, actor=room.ada).triage_status == "candidate"


def test_in_bulk_a_claim_under_review_is_refused_and_the_others_are_not(room):
    review = make.review(room)
    other = make.claim("Rents tripled.", actor=room.ada)
    pipeline.triage(other.pk, TriageAction.ACCEPT, actor=room.ada)
    items = [(claim.pk, claim.version) for claim in Claim.objects.order_by("id")]
    with pytest.raises(BulkRefused):
        pipeline.triage_many(items, TriageAction.RESTORE, actor=room.ada, is_atomic=True)
    refused, restored = pipeline.triage_many(items, TriageAction.RESTORE, actor=room.ada)
    assert isinstance(refused, ActionNotAllowed)
    assert restored.triage_status == "candidate"
    assert Claim.objects.get(pk=review.claim_id).triage_status == "accepted"
