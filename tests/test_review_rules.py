"""The rules of the review process, one story each."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from claims import pipeline
from claims.models import Claim
from claims.triage import TriageAction
from factcheck.audit import events
from factcheck.audit.readers import visible_to
from factcheck.audit.verifying import verify
from factcheck.errors import ActionForbidden, InvalidInput, NotFound, StaleVersion
from reviews import digests, workflow
from reviews.facts import Stage
from reviews.models import (
    Decision,
    DeskMembership,
    Draft,
    EvidenceSet,
    Invalidation,
    Review,
    Round,
    Seat,
    Snapshot,
    SnapshotCheck,
    Verdict,
)
from reviews.stages import Action, allowed
from reviews.tasks import tend
from reviews.workflow import ActionBlocked, reading
from reviews.workflow.conflicts import refill_seats
from reviews.workflow.opening import release_expired
from reviews.workflow.rating import escalate_overdue
from tests import make, reviewing
from tests.reviewing import at, why


@pytest.fixture
def room(db):
    return make.newsroom()


def blockers(call) -> list[str]:
    """The codes that block the call, which leaves no trace."""
    names = reviewing.tables()
    before = reviewing.snapshot(names)
    with pytest.raises(ActionBlocked) as refusal:
        call()
    assert reviewing.snapshot(names) == before
    return [blocker["code"] for blocker in refusal.value.extra["blocked_by"]]


def may(review, who) -> set[str]:
    return set(allowed(workflow.facts_of(at(review), who)))


def told(review, action) -> dict:
    return events.events(review).filter(action=action).last().data


def conflict(review, who):
    return workflow.declare_conflict(review.pk, actor=who, **why(Action.DECLARE_CONFLICT))


def remove(room, *people) -> None:
    DeskMembership.objects.filter(desk=room.desk, user__in=people).delete()


# Evidence


def test_three_outlets_with_one_origin_are_one_origin(room):
    review = make.review(room, Stage.RESEARCH)
    for stance, outlet in (("refutes", "Herald"), ("refutes", "Post"), ("supports", "Mail")):
        make.evidence(room, review, stance, " The Wire" if outlet == "Mail" else "the wire", publisher=outlet)
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["too_few_origins"]


@pytest.mark.parametrize("typed", ["The  Wire", "the\u00a0wire", "The\u200b Wire", "THE WIRE\u2060"])
def test_one_origin_typed_in_two_ways_is_one_origin(room, typed):
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, "refutes", "The Wire")
    make.evidence(room, review, "supports", typed)
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["too_few_origins"]


def test_an_origin_that_nobody_can_read_is_none(room):
    with pytest.raises(InvalidInput) as refusal:
        make.evidence(room, make.review(room, Stage.RESEARCH), "refutes", "\u200b \u2060")
    assert [(e.code, e.pointer) for e in refusal.value.errors] == [("required", "/origin")]


def test_a_written_reason_for_one_origin_lets_it_pass_and_stays_visible(room):
    review = make.review(room, Stage.RESEARCH)
    for stance in ("refutes", "supports"):
        make.evidence(room, review, stance, "the wire")
    reason = "Nobody else was in the room."
    workflow.submit_for_rating(review.pk, actor=room.finn, single_origin_reason=reason)
    assert at(review).single_origin_reason == reason
    assert told(review, "submit_for_rating")["single_origin_reason"] == reason
    workflow.request_evidence(review.pk, actor=room.emil, **why(Action.REQUEST_EVIDENCE))
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert told(review, "submit_for_rating")["single_origin_reason"] == reason
    assert list(verify()) == []


def test_a_declared_search_counts_as_the_side_that_it_found_nothing_for(room):
    review = make.review(room, Stage.RESEARCH)
    for origin in ("Ministry", "Bank"):
        make.evidence(room, review, "refutes", origin)
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["one_sided"]
    search = reviewing.DO[Action.DECLARE_SEARCH](room, review, room.finn)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    frozen = EvidenceSet.objects.get(review=review)
    assert frozen.searches == [
        {"id": str(search.pk), "side": "supports", "queries": ["prices doubled"], "places": "archives", "by": str(room.finn.pk)}
    ]  # fmt: skip
    assert frozen.digest == digests.evidence_digest(frozen.items, frozen.searches)


def test_the_digest_of_a_frozen_set_covers_every_member_of_its_items(room):
    """Computed by a stranger, from what the set shows."""
    reviewing.full_review(room, Stage.RATING)
    frozen = EvidenceSet.objects.get()
    shown = {"items": frozen.items, "searches": frozen.searches}
    written = json.dumps(shown, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(written.encode()).hexdigest() == frozen.digest
    assert {"id", "quotation", "locator", "stance", "origin", "sha256", "text_sha256"} < set(frozen.items[0])


@pytest.mark.parametrize("lack", ["quotation", "locator", "snapshot_exemption"])
def test_evidence_that_lacks_something_is_not_handed_to_the_reviewers(room, lack):
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review, "refutes", "Ministry")
    make.evidence(room, review, "supports", "Bank", **{lack: ""})
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["incomplete_evidence"]


def test_evidence_that_was_marked_unreliable_in_research_is_not_in_the_set_whatever_it_lacks(room):
    review = make.review(room, Stage.RESEARCH)
    kept = [make.evidence(room, review, *item) for item in (("refutes", "Ministry"), ("supports", "Bank"))]
    forged = make.evidence(room, review, "refutes", "Office", locator="")
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["incomplete_evidence"]
    workflow.mark_unreliable(forged.pk, actor=room.finn, reason="forged", note="It is.")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert [row["id"] for row in EvidenceSet.objects.get(review=review).items] == [str(item.pk) for item in kept]


def test_evidence_that_was_withdrawn_is_not_in_the_set_and_counts_for_nothing(room):
    review = make.review(room, Stage.RESEARCH)
    kept = make.evidence(room, review, "refutes", "Ministry")
    item = make.evidence(room, review, "supports", "Bank")
    workflow.edit_evidence(item.pk, {}, is_withdrawn=True, actor=room.finn)
    refused = blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn))
    assert refused == ["too_few_origins", "one_sided"]
    make.evidence(room, review, "supports", "Office")
    workflow.submit_for_rating(review.pk, actor=room.finn)
    frozen = [row["id"] for row in EvidenceSet.objects.get(review=review).items]
    assert str(kept.pk) in frozen
    assert str(item.pk) not in frozen


def test_numbers_without_a_value_are_confirmed_for_the_claim_as_it_stands_and_again_once_it_is_edited(room):
    review = make.review(room, Stage.RESEARCH, text="The army has 33,000 soldiers.")
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, stance, origin)

    def unread() -> None:
        quantities = [quantity | {"value": None, "factor": None} for quantity in review.claim.quantities]
        assert quantities
        Claim.objects.filter(pk=review.claim_id).update(quantities=quantities)

    def refused() -> list[str]:
        return blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn))

    unread()
    assert refused() == ["unread_numbers"]
    workflow.confirm_numbers(review.pk, actor=room.finn)
    pipeline.edit_claim(review.claim_id, {"text": "The army has 34,000 soldiers."}, actor=room.ada)
    unread()
    assert refused() == ["unread_numbers"]
    workflow.confirm_numbers(review.pk, actor=room.finn)
    assert workflow.submit_for_rating(review.pk, actor=room.finn).stage == Stage.RATING


# What goes stale


@pytest.fixture
def rating(room):
    """A round in which Ben has voted. Three items of evidence, so that two remain."""
    review = reviewing.full_review(room, Stage.RATING)
    room.vote(review, room.ben)
    return at(review)


def make_unreliable(room, review):
    return reviewing.DO[Action.MARK_UNRELIABLE](room, review, room.gwen)


def make_corrupt(room, review):
    """Somebody broke the stored bytes of an item."""
    item = review.evidence.order_by("id").first()
    return workflow.record_check(item.snapshot, SnapshotCheck.Outcome.CORRUPT)


def edit_claim(room, review):
    pipeline.edit_claim(review.claim_id, {"text": "Prices tripled in a year."}, actor=room.ada)


@pytest.mark.parametrize("change", [make_unreliable, edit_claim])
def test_a_verdict_on_what_has_changed_since_does_not_count_and_a_fresh_one_is_asked_for(room, rating, change):
    tags = {who: workflow.my_seat(rating, who).tag for who in (room.ben, room.cleo)}
    change(room, rating)
    for who, tag in tags.items():
        assert workflow.my_seat(at(rating), who).tag != tag
    assert workflow.verdicts_submitted(at(rating)) == 0
    assert workflow.my_seat(at(rating), room.ben).verdict is None
    assert Action.SUBMIT_VERDICT in may(rating, room.ben)
    sound = reviewing.judgement(rating).cites[1:]
    said = workflow.Judgement("false", make.WHY, sound)
    with pytest.raises(StaleVersion):
        workflow.submit_verdict(rating.pk, said, actor=room.cleo, tag=tags[room.cleo])
    workflow.submit_verdict(rating.pk, said, actor=room.cleo)
    assert at(rating).stage == Stage.RATING
    assert not Verdict.objects.exists()
    workflow.submit_verdict(rating.pk, said, actor=room.ben)
    assert at(rating).stage == Stage.DRAFTING
    decision = Decision.objects.get(review=rating)
    assert (decision.evidence_digest != decision.round.evidence_set.digest) == (change is make_unreliable)
    assert decision.claim_revision == at(rating).claim.revision


def test_whoever_gives_a_fresh_verdict_still_counts_once(room, rating):
    edit_claim(room, rating)
    room.vote(rating, room.ben)
    assert (at(rating).stage, workflow.verdicts_submitted(at(rating))) == (Stage.RATING, 1)
    room.vote(rating, room.cleo)
    assert at(rating).stage == Stage.DRAFTING


def test_evidence_marked_unreliable_is_cited_no_more(room, rating):
    make_unreliable(room, rating)
    with pytest.raises(InvalidInput) as refusal:
        room.vote(rating, room.cleo)
    assert [(e.code, e.pointer) for e in refusal.value.errors] == [("not_reliable", "/cites/0")]


@pytest.fixture
def stored(room):
    """A snapshot of the first of three items."""
    kept = Snapshot(
        url="https://ministry.example/", taken_at=timezone.now(), media_type="text/html", size_bytes=5, sha256="0" * 64, key="k",
    )  # fmt: skip
    review = make.review(room, Stage.RESEARCH)
    fields = reviewing.ITEM | {"stance": "refutes", "origin": "Ministry"}
    workflow.add_evidence(review.pk, fields, actor=room.finn, snapshot=kept)
    for stance, origin in (("supports", "Bank"), ("refutes", "Office")):
        make.evidence(room, review, stance, origin)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    return at(review)


def test_a_verdict_on_bytes_that_fail_their_hash_closes_no_round_until_they_are_sound_again(room, stored):
    room.vote(stored, room.ben)
    make_corrupt(room, stored)
    workflow.submit_verdict(
        stored.pk, workflow.Judgement("false", make.WHY, reviewing.judgement(stored).cites[1:]), actor=room.cleo
    )
    assert at(stored).stage == Stage.RATING
    workflow.record_check(stored.evidence.first().snapshot, SnapshotCheck.Outcome.SOUND)
    # Ben's counts again, and what Cleo said without that item does not.
    assert workflow.verdicts_submitted(at(stored)) == 1
    room.vote(stored, room.cleo)
    assert at(stored).stage == Stage.DRAFTING


def test_a_live_page_that_changed_makes_nothing_stale(room, stored):
    tag = workflow.my_seat(stored, room.ben).tag
    workflow.record_check(stored.evidence.first().snapshot, SnapshotCheck.Outcome.QUOTATION_MISSING)
    assert workflow.my_seat(at(stored), room.ben).tag == tag


def to_approval(room, review):
    for who in room.holders(at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    return make.approve(room.emil, at(review))


def has_fallen(review) -> bool:
    """Back in copy edit by the system, its approval invalidated, and not to be approved again."""
    last = events.events(review).last()
    assert (last.action, last.actor, last.reason) == ("unapprove", None, "changed")
    assert Invalidation.objects.filter(subject_type="approval", subject_id=review.approvals.last().pk).exists()
    assert list(verify()) == []
    return at(review).stage == Stage.COPY_EDIT


@pytest.mark.parametrize("change", [make_unreliable, make_corrupt])
def test_an_approval_of_evidence_that_no_longer_counts_falls(room, stored, change):
    to_approval(room, stored)
    change(room, stored)
    assert has_fallen(stored)
    seen = reviewing.what_an_editor_sees(stored)
    assert blockers(lambda: workflow.approve(stored.pk, actor=room.gwen, **seen)) == ["stale"]


def test_the_approval_of_a_claim_that_was_edited_falls_as_soon_as_the_beat_looks(room, stored):
    to_approval(room, stored)
    assert tend()["unapproved"] == 0
    edit_claim(room, stored)
    assert tend()["unapproved"] == 1
    assert has_fallen(stored)
    assert tend()["unapproved"] == 0


def test_what_happened_while_an_approved_review_was_on_hold_counts_when_it_is_resumed(room, stored):
    to_approval(room, stored)
    workflow.hold(stored.pk, actor=room.emil, **why(Action.HOLD))
    make_corrupt(room, stored)
    assert at(stored).stage == Stage.APPROVED
    assert workflow.resume(stored.pk, actor=room.emil, **why(Action.RESUME)).stage == Stage.COPY_EDIT
    assert has_fallen(stored)


def test_nobody_writes_up_a_finding_that_went_stale_but_it_can_be_researched_again(room, stored):
    for who in room.holders(stored):
        room.vote(stored, who)
    reviewing.fill_in(room, stored)
    make_corrupt(room, stored)
    assert blockers(lambda: workflow.submit_draft(stored.pk, actor=room.finn)) == ["stale"]
    workflow.request_evidence(stored.pk, actor=room.finn, **why(Action.REQUEST_EVIDENCE))
    assert at(stored).stage == Stage.RESEARCH


def test_an_edited_draft_is_not_approved_by_whoever_read_it_before(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    seen = reviewing.what_an_editor_sees(review)
    workflow.edit_draft(review.pk, {"summary": "Else."}, actor=room.gwen)
    with pytest.raises(InvalidInput) as refusal:
        workflow.approve(review.pk, actor=room.emil, **seen)
    assert [(e.code, e.pointer) for e in refusal.value.errors] == [("not_the_present_one", "/draft_digest")]
    assert not review.approvals.exists()
    make.approve(room.emil, at(review))
    workflow.unapprove(review.pk, actor=room.gwen, **why(Action.UNAPPROVE))
    assert review.approvals.count() == Invalidation.objects.filter(subject_type="approval").count() == 1


# Conflicts of interest


def test_a_conflict_keeps_somebody_from_being_given_a_review(room):
    review = make.review(room)
    conflict(review, room.finn)
    assert blockers(lambda: workflow.take(review.pk, actor=room.finn)) == ["conflicted"]
    assert workflow.take_next(room.desk.pk, actor=room.finn) is None
    with pytest.raises(InvalidInput) as refusal:
        workflow.assign(review.pk, room.finn.pk, actor=room.ada)
    assert [(e.code, e.pointer) for e in refusal.value.errors] == [("conflicted", "/to")]


def test_a_conflict_keeps_somebody_from_being_seated(room):
    review = reviewing.full_review(room, Stage.RESEARCH)
    conflict(review, room.ben)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert room.holders(at(review)) == [room.cleo, room.ivy]


def test_a_seat_holder_with_a_conflict_is_replaced_and_their_verdict_counts_no_more(room, rating):
    conflict(rating, room.ben)
    assert set(room.holders(at(rating))) == {room.cleo, room.ivy}
    assert workflow.verdicts_submitted(at(rating)) == 0
    with pytest.raises(ActionForbidden):
        room.vote(rating, room.ben)
    room.vote(rating, room.cleo, "false")
    assert at(rating).stage == Stage.RATING
    room.vote(rating, room.ivy, "false")
    assert at(rating).stage == Stage.DRAFTING
    assert not workflow.facts_of(at(rating), room.emil).is_stale


def test_a_seat_that_nobody_can_take_stays_empty_until_somebody_can(room, rating):
    remove(room, room.ivy)
    conflict(rating, room.ben)
    assert room.holders(at(rating)) == [room.cleo]
    room.vote(rating, room.cleo)
    assert at(rating).stage == Stage.RATING
    assert refill_seats() == 0
    DeskMembership.objects.create(desk=room.desk, user=room.ivy)
    assert refill_seats() == 1
    room.vote(rating, room.ivy)
    assert at(rating).stage == Stage.DRAFTING


# Who votes says nothing else


def test_whoever_votes_says_nothing_as_a_reason_either_while_the_round_is_open(db):
    room = make.newsroom(lead_may_hold_seat=True)
    remove(room, room.ivy, room.cleo)
    room.finn = make.user("finn", "reviewer", "editor")
    review = reviewing.full_review(room, Stage.RATING)
    assert room.holders(review) == [room.ben, room.finn]
    for action in (Action.HOLD, Action.MARK_UNRELIABLE, Action.KEEP_EVIDENCE, Action.RECORD_REPLY):
        assert blockers(lambda action=action: reviewing.DO[action](room, review, room.finn)) == ["votes_sealed"]
    reviewing.DO[Action.HOLD](room, review, room.emil)
    assert blockers(lambda: reviewing.DO[Action.RESUME](room, review, room.finn)) == ["votes_sealed"]
    reviewing.DO[Action.RESUME](room, review, room.emil)
    for who in room.holders(review):
        room.vote(review, who)
    assert {Action.HOLD, Action.MARK_UNRELIABLE, Action.RECORD_REPLY} <= may(review, room.finn)


@pytest.mark.parametrize("ends", ["closed", "void"])
def test_what_a_voter_says_of_a_conflict_is_read_when_the_round_has_ended(room, rating, ends):
    words = "I rated it as false, and own the bank."
    workflow.declare_conflict(rating.pk, actor=room.ben, reason="financial", note=words)
    event = events.events(rating).last()
    assert (event.reason, event.note) == ("financial", "")
    on_the_record = str(list(events.events(rating).values()))
    # Nor what anybody could compute of words that they guess.
    for guessed in (words, hashlib.sha256(words.encode()).hexdigest(), digests.commitment({"note": words}, "")):
        assert guessed not in on_the_record
    salted = events.events(Seat.objects.get(holder=room.ben)).filter(action="declare_conflict")
    assert not visible_to(room.emil).filter(pk__in=salted).exists()
    if ends == "void":
        reviewing.DO[Action.REQUEST_EVIDENCE](room, rating, room.emil)
        assert told(rating, "request_evidence")["conflicts"] == {str(room.ben.pk): words}
    else:
        for who in room.holders(at(rating)):
            room.vote(rating, who)
        assert told(rating, "close_round")["conflicts"] == {str(room.ben.pk): words}
    [opened] = visible_to(room.emil).filter(pk__in=salted)
    assert event.data["commitment"] == digests.commitment({"note": words}, opened.data["salt"])
    assert list(verify()) == []


def test_what_others_say_of_a_conflict_is_read_at_once(room, rating):
    workflow.declare_conflict(rating.pk, actor=room.ivy, reason="financial", note="I own the bank.")
    assert events.events(rating).last().note == "I own the bank."
    for who in room.holders(at(rating)):
        if who != room.ben:
            room.vote(rating, who)
    assert "conflicts" not in told(rating, "close_round")


# Who does not answer


def add(room, name, *roles):
    who = make.user(name, *roles)
    DeskMembership.objects.create(desk=room.desk, user=who)
    return who


def leave(room, who, how) -> None:
    if how == "switched off":
        type(who).objects.filter(pk=who.pk).update(is_active=False)
    elif how == "off the desk":
        remove(room, who)
    else:
        who.groups.clear()


WAYS_TO_LEAVE = ["switched off", "off the desk", "without the role"]


def test_an_editor_gives_the_seat_of_whoever_does_not_vote_to_somebody_else(room, rating):
    workflow.replace_seat_holder(rating.pk, seat=2, actor=room.emil, reason="absent", note="On leave.")
    assert room.holders(at(rating)) == [room.ben, room.ivy]
    event = events.events(rating).last()
    assert (event.action, event.actor, event.reason, event.note) == (
        "replace_seat_holder", room.emil, "absent", "On leave.",
    )  # fmt: skip
    assert event.data == {"seat": 2, "replaced": [str(room.cleo.pk)], "seated": {"2": str(room.ivy.pk)}}
    for call in (
        lambda: room.vote(rating, room.cleo),
        lambda: workflow.comment(rating.pk, "I would have said so.", actor=room.cleo),
    ):
        with pytest.raises((ActionForbidden, ActionBlocked)):
            call()
    room.vote(rating, room.ivy)
    assert at(rating).stage == Stage.DRAFTING
    assert not workflow.facts_of(at(rating), room.emil).is_stale


def test_the_seat_that_an_editor_asks_for_is_filled_before_one_that_is_empty(room, rating):
    remove(room, room.ivy)
    conflict(rating, room.ben)
    olga = add(room, "olga", "reviewer")  # alone, for two seats
    workflow.replace_seat_holder(rating.pk, seat=2, actor=room.emil, reason="absent", note="On leave.")
    assert list(Seat.objects.filter(round__review=rating, vacated_at=None).values_list("number", "holder")) == [
        (2, olga.pk)
    ]
    assert told(rating, "replace_seat_holder")["seated"] == {"2": str(olga.pk)}


def test_a_seat_is_given_away_without_saying_whether_its_holder_has_voted(room, rating):
    add(room, "olga", "reviewer")
    for seat in (1, 2):  # Ben has voted
        workflow.replace_seat_holder(rating.pk, seat=seat, actor=room.emil, reason="absent", note="On leave.")
    assert {room.ben, room.cleo}.isdisjoint(room.holders(at(rating)))
    assert workflow.verdicts_submitted(at(rating)) == 0
    again = lambda: workflow.replace_seat_holder(  # noqa: E731
        rating.pk, seat=1, actor=room.emil, reason="absent", note="On leave."
    )
    assert blockers(again) == ["nobody_to_seat"]


def test_whoever_votes_gives_no_seat_away_and_there_are_no_others_than_the_rounds(room, rating):
    room.ben.groups.add(*room.emil.groups.all())
    ask = {"actor": make.user("ben"), "reason": "absent", "note": "On leave."}
    assert blockers(lambda: workflow.replace_seat_holder(rating.pk, seat=2, **ask)) == ["votes_sealed"]
    with pytest.raises(InvalidInput) as refusal:
        workflow.replace_seat_holder(rating.pk, seat=3, **ask | {"actor": room.emil})
    assert [(e.code, e.pointer) for e in refusal.value.errors] == [("unknown_seat", "/seat")]
    assert room.holders(at(rating)) == [room.ben, room.cleo]


@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_whoever_can_vote_no_more_is_replaced_by_the_beat_unless_they_have_voted(room, rating, how):
    add(room, "olga", "reviewer")
    assert tend()["seated"] == 0
    for who in (room.ben, room.cleo):
        leave(room, who, how)
    assert tend()["seated"] == 1
    assert room.holders(at(rating)) == [room.ben, room.ivy]
    event = events.events(rating).last()
    assert (event.action, event.actor) == ("fill_seat", None)
    assert event.data == {"replaced": [str(room.cleo.pk)], "seated": {"2": str(room.ivy.pk)}}
    assert tend()["seated"] == 0
    room.vote(rating, room.ivy)
    assert at(rating).stage == Stage.DRAFTING


def test_whoever_left_keeps_a_seat_that_nobody_else_can_take(room, rating):
    remove(room, room.ivy, room.cleo)
    assert tend()["seated"] == 0
    assert room.holders(at(rating)) == [room.ben, room.cleo]
    DeskMembership.objects.create(desk=room.desk, user=room.cleo)
    room.vote(rating, room.cleo)
    assert at(rating).stage == Stage.DRAFTING


def test_an_editor_has_somebody_else_adjudicate_who_was_not_asked_before(room):
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    replace = lambda: workflow.replace_adjudicator(  # noqa: E731
        review.pk, actor=room.emil, reason="absent", note="On leave."
    )
    assert blockers(replace) == ["no_adjudicator"]
    olga = add(room, "olga", "adjudicator", "editor")
    replace()
    assert at(review).adjudicator == olga
    assert told(review, "replace_adjudicator") == {
        "adjudicator_id": [str(room.dana.pk), str(olga.pk)], "replaced": [str(room.dana.pk)],
    }  # fmt: skip
    assert blockers(replace) == ["no_adjudicator"]
    with pytest.raises(ActionForbidden):
        reviewing.DO[Action.ADJUDICATE](room, review, room.dana)
    reviewing.DO[Action.ADJUDICATE](room, review, olga)
    assert at(review).stage == Stage.DRAFTING


@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_an_adjudicator_who_left_is_replaced_by_the_beat_where_there_is_another(room, how):
    review, held = (make.review(room, Stage.ADJUDICATION, text=text) for text in ("Rents fell.", "Rents rose."))
    workflow.hold(held.pk, actor=room.emil, **why(Action.HOLD))
    leave(room, room.dana, how)
    assert tend()["seated"] == 0
    olga = add(room, "olga", "adjudicator")
    assert tend()["seated"] == 1
    assert (at(review).adjudicator, at(held).adjudicator) == (olga, room.dana)
    last = events.events(review).last()
    assert (last.action, last.actor, last.reason) == ("replace_adjudicator", None, "absent")
    assert list(verify()) == []


def test_an_adjudicator_with_a_conflict_is_replaced_by_the_beat_as_soon_as_there_is_another(room):
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    conflict(review, room.dana)
    assert (tend()["seated"], at(review).adjudicator) == (0, room.dana)
    olga = add(room, "olga", "adjudicator")
    assert (tend()["seated"], at(review).adjudicator) == (1, olga)
    assert events.events(review).last().reason == "conflict"


@pytest.mark.parametrize(
    ("stage", "action"), [(Stage.DISCUSSION, Action.ESCALATE), (Stage.ADJUDICATION, Action.REPLACE_ADJUDICATOR)]
)
def test_an_adjudicator_who_leaves_after_the_guard_has_asked_is_found_missing(room, monkeypatch, stage, action):
    review = reviewing.full_review(room, stage)
    add(room, "olga", "adjudicator")
    guard = reading.ReadFacts.has_adjudicator.func

    def and_leave(facts) -> bool:
        found = guard(facts)
        DeskMembership.objects.filter(user__groups__name="adjudicator").delete()
        return found

    monkeypatch.setattr(reading.ReadFacts, "has_adjudicator", property(and_leave))
    with pytest.raises(ActionBlocked) as refusal:
        reviewing.DO[action](room, review, room.emil)
    assert [blocker["code"] for blocker in refusal.value.extra["blocked_by"]] == ["no_adjudicator"]


@pytest.mark.parametrize("how", WAYS_TO_LEAVE)
def test_the_next_editor_who_edits_becomes_the_author_once_the_author_has_left(room, how):
    review = reviewing.full_review(room, Stage.DRAFTING)
    workflow.edit_draft(review.pk, {"body": "A comma, more."}, actor=room.gwen)
    assert Draft.objects.get(review=review).author == room.finn
    leave(room, room.finn, how)
    workflow.edit_draft(review.pk, {"body": "A comma, less."}, actor=room.gwen)
    assert Draft.objects.get(review=review).author == room.gwen
    assert workflow.submit_draft(review.pk, actor=room.gwen).stage == Stage.COPY_EDIT


def test_a_verdict_of_somebody_with_a_conflict_settles_no_discussion(room):
    review = reviewing.full_review(room, Stage.DISCUSSION)  # Ben: false, Cleo: true
    conflict(review, room.ben)
    workflow.revise_verdict(review.pk, reviewing.judgement(review, "false"), actor=room.cleo)
    assert at(review).stage == Stage.DISCUSSION
    workflow.escalate(review.pk, actor=room.emil)
    workflow.adjudicate(review.pk, rating="false", rationale=make.WHY, answers={}, actor=room.dana)
    assert not workflow.facts_of(at(review), room.gwen).is_stale


def test_an_adjudicator_with_a_conflict_is_replaced_where_there_is_another(room):
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    olga = make.user("olga", "adjudicator")
    DeskMembership.objects.create(desk=room.desk, user=olga)
    conflict(review, room.dana)
    assert at(review).adjudicator == olga
    conflict(review, olga)
    assert Action.ADJUDICATE not in may(review, olga) | may(review, room.dana)
    assert {Action.REQUEST_EVIDENCE, Action.CLOSE} <= may(review, room.emil)


@pytest.mark.parametrize("name", ["ben", "cleo"])
def test_a_decision_goes_stale_when_somebody_who_made_it_declares_a_conflict(room, name):
    review = reviewing.full_review(room, Stage.APPROVED)
    conflict(review, room.ivy)
    assert at(review).stage == Stage.APPROVED
    assert conflict(review, getattr(room, name)).stage == Stage.COPY_EDIT
    assert has_fallen(review)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.gwen, **seen)) == ["stale"]


def test_an_adjudication_goes_stale_when_the_adjudicator_declares_a_conflict(room):
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    reviewing.DO[Action.ADJUDICATE](room, review, room.dana)
    conflict(review, room.ben)
    assert not workflow.facts_of(at(review), room.emil).is_stale
    conflict(review, room.dana)
    assert workflow.facts_of(at(review), room.emil).is_stale


def test_an_approval_falls_when_whoever_gave_it_declares_a_conflict_also_on_hold(room):
    review = reviewing.full_review(room, Stage.APPROVED)
    workflow.hold(review.pk, actor=room.gwen, **why(Action.HOLD))
    conflict(review, room.emil)
    assert at(review).stage == Stage.APPROVED
    workflow.resume(review.pk, actor=room.gwen, **why(Action.RESUME))
    assert (at(review).stage, has_fallen(review)) == (Stage.COPY_EDIT, True)
    with pytest.raises(ActionBlocked):
        make.approve(room.emil, at(review))
    make.approve(room.gwen, at(review))
    conflict(review, room.gwen)
    assert has_fallen(review)


def test_a_lead_who_declares_a_conflict_in_research_gives_the_review_back_with_its_evidence(room):
    review = reviewing.full_review(room, Stage.RESEARCH)
    assert conflict(review, room.finn).stage == Stage.QUEUED
    review = at(review)
    assert (review.lead, review.lease_until, review.evidence.count()) == (None, None, 4)
    assert told(review, "declare_conflict")["stage"] == ["research", "queued"]
    olga = make.user("olga", "researcher")
    DeskMembership.objects.create(desk=room.desk, user=olga)
    assert workflow.take(review.pk, actor=olga).lead == olga


def test_somebody_else_writes_on_when_the_lead_declares_a_conflict_later(room):
    review = reviewing.full_review(room, Stage.DRAFTING)
    conflict(review, room.finn)
    for call in (
        lambda: workflow.edit_draft(review.pk, {"body": "Mine."}, actor=room.finn),
        lambda: workflow.submit_draft(review.pk, actor=room.finn),
        lambda: make_unreliable_by(room.finn, review),
    ):
        assert blockers(call) == ["conflicted"]
    workflow.edit_draft(review.pk, {"body": "Written anew."}, actor=room.gwen)
    assert Draft.objects.get(review=review).author == room.gwen
    assert workflow.submit_draft(review.pk, actor=room.gwen).stage == Stage.COPY_EDIT
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.gwen, **seen)) == ["involved"]
    assert make.approve(room.emil, at(review)).stage == Stage.APPROVED


def make_unreliable_by(who, review):
    workflow.mark_unreliable(review.evidence.first().pk, actor=who, **why(Action.MARK_UNRELIABLE))


def test_a_text_is_not_approved_once_its_author_keeps_out_until_somebody_else_has_written_it(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    conflict(review, room.finn)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.emil, **seen)) == ["author_conflicted"]
    workflow.edit_draft(review.pk, {"body": "Written anew."}, actor=room.gwen)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.gwen, **seen)) == ["involved"]
    assert make.approve(room.emil, at(review)).stage == Stage.APPROVED


def test_an_approval_falls_when_whoever_wrote_the_text_declares_a_conflict(room):
    review = reviewing.full_review(room, Stage.APPROVED)
    assert conflict(review, room.finn).stage == Stage.COPY_EDIT
    assert has_fallen(review)


def test_a_review_that_comes_back_to_a_lead_with_a_conflict_is_anybodys(room):
    review = reviewing.full_review(room, Stage.RATING)
    conflict(review, room.finn)
    workflow.request_evidence(review.pk, actor=room.emil, **why(Action.REQUEST_EVIDENCE))
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["conflicted"]
    olga = make.user("olga", "researcher")
    DeskMembership.objects.create(desk=room.desk, user=olga)
    assert workflow.take_over(review.pk, actor=olga).lead == olga


# Who writes


@pytest.fixture
def apart(db):
    """A desk whose leads do not write; Olga researches there too."""
    room = make.newsroom(draft_author_may_be_lead=False)
    DeskMembership.objects.create(desk=room.desk, user=make.user("olga", "researcher"))
    return room


def write(review, who) -> None:
    text = {name: f"The {name}." for name in make.DRAFT_FIELDS} | {"rating": review.decisions.latest("id").rating}
    workflow.edit_draft(review.pk, text, actor=who)


def test_where_the_lead_may_not_write_somebody_who_took_no_part_does(apart):
    review = reviewing.full_review(apart, Stage.DISCUSSION)
    workflow.escalate(review.pk, actor=apart.emil)
    reviewing.DO[Action.ADJUDICATE](apart, at(review), apart.dana)
    assert Draft.objects.get(review=review).author == apart.emil  # the least load, and Gwen can approve
    assert told(review, "adjudicate")["author"] == str(apart.emil.pk)
    assert {Action.EDIT_DRAFT, Action.SUBMIT_DRAFT}.isdisjoint(may(review, apart.finn))
    with pytest.raises(ActionForbidden, match="not_the_draft_author"):
        workflow.submit_draft(review.pk, actor=apart.finn)
    write(review, apart.emil)
    workflow.submit_draft(review.pk, actor=apart.emil)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=apart.emil, **seen)) == ["involved"]
    assert make.approve(apart.gwen, at(review)).stage == Stage.APPROVED


def test_the_author_writes_on_after_another_round(apart):
    remove(apart, apart.emil)
    review = reviewing.full_review(apart, Stage.RATING)
    olga = make.user("olga")
    for _ in range(2):
        for who in apart.holders(at(review)):
            apart.vote(review, who)
        # Gwen, the only editor who is left, approves.
        assert Draft.objects.get(review=review).author == olga
        if _ == 0:
            DeskMembership.objects.create(desk=apart.desk, user=apart.emil)
            write(review, olga)
            workflow.submit_draft(review.pk, actor=olga)
            workflow.send_back(review.pk, Stage.RATING, actor=apart.gwen, **why(Action.SEND_BACK))


def test_a_desk_that_lacks_somebody_who_writes_hands_nothing_to_the_reviewers(apart):
    remove(apart, apart.emil, make.user("olga"))
    review = reviewing.full_review(apart, Stage.RESEARCH)
    with pytest.raises(ActionBlocked, match="editor: 0 of 1 found"):
        workflow.submit_for_rating(review.pk, actor=apart.finn)
    DeskMembership.objects.create(desk=apart.desk, user=make.user("olga"))
    assert workflow.submit_for_rating(review.pk, actor=apart.finn).stage == Stage.RATING


def test_where_nobody_is_left_to_write_the_next_editor_who_edits_becomes_the_author(apart):
    review = reviewing.full_review(apart, Stage.RATING)
    remove(apart, apart.emil, apart.gwen, make.user("olga"))
    for who in apart.holders(review):
        apart.vote(review, who)
    assert Draft.objects.get(review=review).author == apart.finn
    assert Action.SUBMIT_DRAFT not in may(review, apart.finn)
    for who in (apart.emil, apart.gwen):
        DeskMembership.objects.create(desk=apart.desk, user=who)
    write(review, apart.gwen)
    assert Draft.objects.get(review=review).author == apart.gwen
    assert workflow.submit_draft(review.pk, actor=apart.gwen).stage == Stage.COPY_EDIT


def test_an_editor_approves_a_text_that_they_have_copy_edited(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    workflow.edit_draft(review.pk, {"body": "Written anew."}, actor=room.emil)
    assert make.approve(room.emil, at(review)).stage == Stage.APPROVED


def test_where_the_policy_says_so_nobody_approves_what_they_have_changed_since_it_was_handed_in(db):
    room = make.newsroom(approver_may_edit_draft=False)
    review = reviewing.full_review(room, Stage.DRAFTING)
    workflow.edit_draft(review.pk, {"body": "A comma, more."}, actor=room.gwen)
    workflow.submit_draft(review.pk, actor=room.finn)  # who has read that
    workflow.edit_draft(review.pk, {"body": "Written anew."}, actor=room.emil)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.emil, **seen)) == ["edited_it"]
    assert make.approve(room.gwen, at(review)).stage == Stage.APPROVED


# Clocks


def test_what_was_left_lying_returns_to_the_queue_with_its_evidence(room):
    review, other = (reviewing.full_review(room, Stage.RESEARCH, text=text) for text in ("Rents fell.", "Rents rose."))
    Review.objects.filter(pk=review.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert release_expired() == 1
    assert (at(review).stage, at(review).lead, review.evidence.count()) == (Stage.QUEUED, None, 4)
    last = events.events(review).last()
    assert (last.action, last.actor, last.reason) == ("release", None, "lease_expired")
    assert at(other).stage == Stage.RESEARCH


def test_a_lease_that_runs_is_ended_by_an_editor_with_a_reason_only(room):
    review = make.review(room, Stage.RESEARCH)
    olga = make.user("olga", "researcher")
    DeskMembership.objects.create(desk=room.desk, user=olga)
    assert blockers(lambda: workflow.take_over(review.pk, actor=olga)) == ["lease_runs"]
    assert blockers(lambda: workflow.take_over(review.pk, actor=olga, reason="absent", note="Away.")) == ["lease_runs"]
    assert blockers(lambda: workflow.take_over(review.pk, actor=room.emil)) == ["lease_runs"]
    with pytest.raises(InvalidInput):
        workflow.take_over(review.pk, actor=room.emil, reason="zebra", note="Away.")
    with pytest.raises(InvalidInput):
        workflow.take_over(review.pk, actor=room.emil, reason="absent")
    assert workflow.take_over(review.pk, actor=room.emil, reason="absent", note="Away.").lead == room.emil
    Review.objects.filter(pk=review.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert workflow.take_over(review.pk, actor=olga).lead == olga


def test_on_hold_the_clocks_stand_still(db):
    room = make.newsroom(hours_by_stage={"queued": 1, "research": 10, "discussion": 1})
    assert make.review(room, text="Rents fell.").due_at is not None
    review = make.review(room, Stage.RESEARCH)
    due, lease = review.due_at, review.lease_until
    workflow.hold(review.pk, actor=room.finn, **why(Action.HOLD))
    long_ago = timezone.now() - timedelta(days=30)
    Review.objects.filter(pk=review.pk).update(
        entered_stage_at=long_ago, held_at=long_ago, lease_until=timezone.now() - timedelta(days=1)
    )
    assert release_expired() == 0
    Review.objects.filter(pk=review.pk).update(lease_until=lease)
    workflow.resume(review.pk, actor=room.emil, **why(Action.RESUME))
    stood = timezone.now() - long_ago
    for before, after in ((due, at(review).due_at), (lease, at(review).lease_until)):
        assert timedelta(0) <= stood - (after - before) < timedelta(minutes=1)


def test_a_stage_that_was_entered_on_hold_is_not_given_the_time_before_it(db):
    room = make.newsroom(hours_by_stage={"queued": 1, "research": 10})
    review = make.review(room, Stage.RESEARCH)
    workflow.hold(review.pk, actor=room.finn, **why(Action.HOLD))
    Review.objects.filter(pk=review.pk).update(held_at=timezone.now() - timedelta(days=30))
    conflict(review, room.finn)
    due = at(review, Stage.QUEUED).due_at
    workflow.resume(review.pk, actor=room.emil, **why(Action.RESUME))
    assert timedelta(0) <= at(review).due_at - due < timedelta(minutes=1)


def test_a_discussion_that_took_too_long_goes_to_an_adjudicator_unless_it_is_on_hold(db):
    room = make.newsroom(hours_by_stage={"discussion": 1})
    review, held = (make.review(room, Stage.DISCUSSION, text=text) for text in ("Rents fell.", "Rents rose."))
    workflow.hold(held.pk, actor=room.emil, **why(Action.HOLD))
    assert escalate_overdue() == 0
    Review.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert escalate_overdue() == 1
    assert (at(review).stage, at(review).adjudicator) == (Stage.ADJUDICATION, room.dana)
    assert at(held).stage == Stage.DISCUSSION


# From verdicts to a decision


def test_equal_ratings_skip_the_discussion(room):
    review = make.review(room, Stage.DRAFTING)
    assert reviewing.stages_told(review)[-2:] == ["rating", "drafting"]
    assert Decision.objects.get(review=review).basis == "consensus"


def test_a_verdict_is_revised_once_and_agreement_settles_it_by_itself(room):
    review = make.review(room, Stage.DISCUSSION)  # Ben: true, Cleo: false
    workflow.revise_verdict(review.pk, reviewing.judgement(review, "mixed"), actor=room.ben)
    assert at(review).stage == Stage.DISCUSSION
    again = reviewing.judgement(review, "false")
    assert blockers(lambda: workflow.revise_verdict(review.pk, again, actor=room.ben)) == ["revised_already"]
    workflow.revise_verdict(review.pk, reviewing.judgement(review, "mixed"), actor=room.cleo)
    decision = Decision.objects.get(review=review)
    assert (at(review).stage, decision.rating, decision.basis) == (Stage.DRAFTING, "mixed", "discussion")
    firsts = Verdict.objects.filter(kind="first").order_by("id")
    assert [(v.author, v.rating) for v in firsts] == [(room.ben, "true"), (room.cleo, "false")]


def test_where_the_policy_has_two_rounds_of_discussion_a_verdict_is_revised_twice_and_the_last_counts(db):
    room = make.newsroom(discussion_rounds=2)
    review = make.review(room, Stage.DISCUSSION)  # Ben: true, Cleo: false
    for rating in ("mixed", "true"):
        workflow.revise_verdict(review.pk, reviewing.judgement(review, rating), actor=room.ben)
    again = reviewing.judgement(review, "false")
    assert blockers(lambda: workflow.revise_verdict(review.pk, again, actor=room.ben)) == ["revised_already"]
    workflow.revise_verdict(review.pk, reviewing.judgement(review, "mixed"), actor=room.cleo)
    assert at(review).stage == Stage.DISCUSSION
    workflow.revise_verdict(review.pk, reviewing.judgement(review, "true"), actor=room.cleo)
    assert (at(review).stage, Decision.objects.get(review=review).rating) == (Stage.DRAFTING, "true")


def test_an_adjudicator_answers_each_dissenting_verdict_and_no_other(room):
    review = make.review(room, Stage.ADJUDICATION)  # Ben: true, Cleo: false
    ben, cleo = Verdict.objects.order_by("id")
    for answers, codes in [
        ({}, ["answer_missing"]),
        ({ben.pk: " "}, ["answer_missing"]),
        ({ben.pk: "Because.", cleo.pk: "Because."}, ["answer_to_nobody"]),
    ]:
        with pytest.raises(InvalidInput) as refusal:
            workflow.adjudicate(review.pk, rating="false", rationale=make.WHY, answers=answers, actor=room.dana)
        assert [error.code for error in refusal.value.errors] == codes
    both = {ben.pk: "Because.", cleo.pk: "Because."}
    workflow.adjudicate(review.pk, rating="mixed", rationale=make.WHY, answers=both, actor=room.dana)
    decision = Decision.objects.get(review=review)
    assert (decision.basis, decision.adjudicator, decision.rating) == ("adjudication", room.dana, "mixed")
    assert {row["verdict"] for row in decision.answers} == {str(ben.pk), str(cleo.pk)}


@pytest.mark.parametrize("change", [make_unreliable, edit_claim])
def test_dissent_that_went_stale_is_answered_all_the_same(room, change):
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    change(room, review)
    with pytest.raises(InvalidInput) as refusal:
        workflow.adjudicate(review.pk, rating="false", rationale=make.WHY, answers={}, actor=room.dana)
    assert [error.code for error in refusal.value.errors] == ["answer_missing"]


def test_a_request_for_evidence_voids_the_round_and_what_was_said_stays_sealed_for_good(room, rating):
    workflow.request_evidence(rating.pk, actor=room.cleo, **why(Action.REQUEST_EVIDENCE))
    round_ = Round.objects.get(review=rating)
    assert (at(rating).stage, round_.outcome) == (Stage.RESEARCH, "void")
    assert Invalidation.objects.get(subject_type="round").subject_id == round_.pk
    workflow.submit_for_rating(rating.pk, actor=room.finn)
    for who in room.holders(at(rating)):
        room.vote(rating, who, "true")
    assert at(rating).stage == Stage.DRAFTING
    assert set(Verdict.objects.values_list("seat__round__number", "rating")) == {(2, "true")}


def test_whoever_has_voted_does_not_undo_the_round(room, rating):
    ask = why(Action.REQUEST_EVIDENCE)
    assert blockers(lambda: workflow.request_evidence(rating.pk, actor=room.ben, **ask)) == ["verdict_given"]
    # Not as an editor either.
    room.ben.groups.add(*room.emil.groups.all())
    ben = make.user("ben")
    assert blockers(lambda: workflow.request_evidence(rating.pk, actor=ben, **ask)) == ["verdict_given"]
    # Nor once the seat is somebody else's.
    workflow.replace_seat_holder(rating.pk, seat=1, actor=room.emil, reason="absent", note="On leave.")
    assert blockers(lambda: workflow.request_evidence(rating.pk, actor=ben, **ask)) == ["verdict_given"]
    workflow.request_evidence(rating.pk, actor=room.cleo, **ask)  # who has not voted


def test_there_are_five_rounds_at_most(room):
    review = reviewing.full_review(room, Stage.RATING)
    for number in range(2, 6):
        workflow.request_evidence(review.pk, actor=room.emil, **why(Action.REQUEST_EVIDENCE))
        workflow.submit_for_rating(review.pk, actor=room.finn)
        assert at(review).round_number == number
    assert Action.REQUEST_EVIDENCE in may(review, room.emil)  # or nobody could end a round that nobody can staff
    for who in room.holders(at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    assert {Action.SUBMIT_DRAFT, Action.REQUEST_EVIDENCE} <= may(
        review, room.finn
    )  # the one is blocked once it is stale
    workflow.submit_draft(review.pk, actor=room.finn)
    back = why(Action.SEND_BACK)
    to_rating = lambda: workflow.send_back(review.pk, Stage.RATING, actor=room.emil, **back)  # noqa: E731
    assert blockers(to_rating) == ["too_many_rounds"]
    workflow.send_back(review.pk, Stage.RESEARCH, actor=room.emil, **back)
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["too_many_rounds"]
    assert workflow.close(review.pk, actor=room.ada, **why(Action.CLOSE)).stage == Stage.CLOSED


def test_a_review_is_sent_back_to_be_rated_again_on_what_still_counts(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    item = make_unreliable(room, review)
    workflow.send_back(review.pk, Stage.RATING, actor=room.emil, **why(Action.SEND_BACK))
    review = at(review)
    assert (review.stage, review.round_number) == (Stage.RATING, 2)
    assert str(item.pk) not in [row["id"] for row in EvidenceSet.objects.latest("number").items]
    assert Invalidation.objects.filter(subject_type="round", subject_id=Round.objects.get(number=1).pk).exists()


def test_whoever_leaves_between_the_question_and_the_seats_makes_a_refusal_and_no_error(room, monkeypatch):
    review = make.review(room, Stage.RESEARCH)
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, stance, origin)
    asked = reading.shortage_of

    def then_leave(review):
        answer = asked(review)
        remove(room, room.ben, room.cleo)
        return answer

    monkeypatch.setattr(reading, "shortage_of", then_leave)
    with pytest.raises(ActionBlocked) as refusal:
        workflow.submit_for_rating(review.pk, actor=room.finn)
    assert [blocker["code"] for blocker in refusal.value.extra["blocked_by"]] == ["unstaffable"]
    assert (at(review).stage, at(review).round_number) == (Stage.RESEARCH, 0)


def test_nothing_is_sent_back_to_a_desk_that_cannot_rate_it(room):
    review = reviewing.full_review(room, Stage.COPY_EDIT)
    remove(room, room.ivy, room.cleo)
    back = why(Action.SEND_BACK)
    to_rating = lambda: workflow.send_back(review.pk, Stage.RATING, actor=room.emil, **back)  # noqa: E731
    assert blockers(to_rating) == ["unstaffable"]


# Who may


@pytest.mark.parametrize("part", ["lead", "seat holder", "adjudicator"])
def test_a_superuser_who_took_part_does_not_approve(db, part):
    room = make.newsroom()
    name = {"lead": "finn", "seat holder": "ben", "adjudicator": "dana"}[part]
    who = make.user(name)
    who.is_superuser = who.is_staff = True
    who.save()
    setattr(room, name, make.user(name))
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    reviewing.DO[Action.ADJUDICATE](room, review, room.dana)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    seen = reviewing.what_an_editor_sees(review)
    approver = getattr(room, name)
    assert approver.is_superuser
    assert "involved" in blockers(lambda: workflow.approve(review.pk, actor=approver, **seen))


def test_a_superuser_gives_no_verdict_without_a_seat_and_adjudicates_nothing_that_is_not_theirs(room):
    root = room.people()["root"]
    with pytest.raises(ActionForbidden, match="not_the_seat_holder"):
        room.vote(reviewing.full_review(room, Stage.RATING), root)
    review = reviewing.full_review(room, Stage.ADJUDICATION, text="Rents fell.")
    with pytest.raises(ActionForbidden, match="not_the_adjudicator"):
        reviewing.DO[Action.ADJUDICATE](room, review, root)


def test_whoever_sat_in_an_earlier_round_does_not_approve(room):
    """Emil, who is a reviewer too, sits in the first round, which is void."""
    room.emil = make.user("emil", "reviewer")
    remove(room, room.ivy, room.cleo)
    review = reviewing.full_review(room, Stage.RATING)
    assert room.emil in room.holders(review)
    workflow.request_evidence(review.pk, actor=room.gwen, **why(Action.REQUEST_EVIDENCE))
    for who in (room.ivy, room.cleo):
        DeskMembership.objects.create(desk=room.desk, user=who)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert room.emil not in room.holders(at(review))
    for who in room.holders(at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.emil, **seen)) == ["involved"]


def test_an_adjudicator_who_asked_for_evidence_instead_does_not_approve_and_judges_again_only_where_nobody_else_can(
    room,
):
    room.dana = make.user("dana", "reviewer", "editor")
    review = reviewing.full_review(room, Stage.ADJUDICATION)
    DeskMembership.objects.create(desk=room.desk, user=make.user("olga", "adjudicator"))
    assert room.dana not in room.holders(review)
    workflow.request_evidence(review.pk, actor=room.dana, **why(Action.REQUEST_EVIDENCE))
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert room.dana not in room.holders(at(review))
    for who in room.holders(at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=room.dana, **seen)) == ["involved"]
    assert make.approve(room.emil, at(review)).stage == Stage.APPROVED


@pytest.mark.parametrize("how", ["taken over", "lease expired", "given back"])
def test_whoever_has_led_it_for_a_while_does_not_approve(room, how):
    """Gwen, who is a researcher too, leads first and Finn in her place."""
    gwen = make.user("gwen", "researcher")
    review = make.review(room)
    workflow.take(review.pk, actor=gwen)
    make.evidence(replace(room, finn=gwen), review, "refutes", "Ministry")
    if how == "taken over":
        reviewing.DO[Action.TAKE_OVER](room, review, room.emil)
    elif how == "given back":
        workflow.release(review.pk, actor=gwen, **why(Action.RELEASE))
    else:
        Review.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        assert release_expired() == 1
    if how == "taken over":
        workflow.release(review.pk, actor=room.emil, **why(Action.RELEASE))
    workflow.take(review.pk, actor=room.finn)
    make.evidence(room, review, "supports", "Bank")
    olga = make.user("olga", "editor")
    DeskMembership.objects.create(desk=room.desk, user=olga)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    for who in room.holders(at(review)):
        room.vote(review, who)
    reviewing.fill_in(room, review)
    workflow.submit_draft(review.pk, actor=room.finn)
    seen = reviewing.what_an_editor_sees(review)
    assert blockers(lambda: workflow.approve(review.pk, actor=gwen, **seen)) == ["involved"]
    assert make.approve(olga, at(review)).stage == Stage.APPROVED


def test_a_review_whose_only_other_editor_has_led_it_is_not_handed_to_the_reviewers(room):
    remove(room, room.emil)
    gwen = make.user("gwen", "researcher")
    review = make.review(room)
    workflow.take(review.pk, actor=gwen)
    workflow.release(review.pk, actor=gwen, **why(Action.RELEASE))
    workflow.take(review.pk, actor=room.finn)
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, stance, origin)
    assert blockers(lambda: workflow.submit_for_rating(review.pk, actor=room.finn)) == ["unstaffable"]
    DeskMembership.objects.create(desk=room.desk, user=room.emil)
    assert workflow.submit_for_rating(review.pk, actor=room.finn).stage == Stage.RATING


def test_a_role_that_was_taken_away_ends_what_it_was_needed_for(room):
    review = reviewing.full_review(room, Stage.RATING)
    room.ben.groups.clear()
    with pytest.raises(ActionForbidden, match="role_reviewer_missing"):
        room.vote(review, make.user("ben"))


def test_a_claim_that_is_no_longer_accepted_is_not_reopened(room):
    review = make.review(room, Stage.CLOSED)
    pipeline.triage(review.claim_id, TriageAction.RESTORE, actor=room.ada)
    again = why(Action.REOPEN)
    assert blockers(lambda: workflow.reopen(review.pk, actor=room.emil, **again)) == ["claim_not_accepted"]


def test_a_review_is_not_reopened_beside_another_of_its_claim(room):
    review = make.review(room, Stage.CLOSED)
    workflow.open_review(review.claim_id, room.desk.pk, actor=room.ada)
    again = why(Action.REOPEN)
    assert blockers(lambda: workflow.reopen(review.pk, actor=room.emil, **again)) == ["reviewed_elsewhere"]


def test_high_risk_takes_more_seats(room):
    room.emil = make.user("emil", "reviewer")
    claim = make.claim(actor=room.ada)
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=room.ada, risk="high")
    review = workflow.open_review(claim.pk, room.desk.pk, actor=room.ada)
    workflow.take(review.pk, actor=room.finn)
    for stance, origin in (("refutes", "Ministry"), ("supports", "Bank")):
        make.evidence(room, review, stance, origin)
    workflow.submit_for_rating(review.pk, actor=room.finn)
    assert Seat.objects.filter(round__review=review).count() == 3


def test_a_stale_version_is_refused_and_tells_what_changed(room):
    review = make.review(room, Stage.RESEARCH)
    make.evidence(room, review)
    with pytest.raises(StaleVersion) as refusal:
        workflow.renew_lease(review.pk, actor=room.finn, version=review.version)
    assert refusal.value.extra["current_version"] == review.version + 1
    assert refusal.value.extra["changed_by"] == "finn"


def test_a_verdict_changes_nothing_that_others_see_but_the_count(room):
    review = reviewing.full_review(room, Stage.RATING)
    names = [
        name for name in reviewing.tables() if name not in ("audit_auditevent", "audit_chainhead", "reviews_verdict")
    ]
    before, number = reviewing.snapshot(names), events.events(review).count()
    room.vote(review, room.ben)
    assert reviewing.snapshot(names) == before
    assert events.events(review).count() == number
    assert workflow.verdicts_submitted(at(review)) == 1


# What a verdict must say, and who may know of it


@pytest.mark.parametrize(
    ("said", "codes"),
    [
        ({"rating": "zebra"}, ["unknown_rating"]),
        ({"rating": ""}, ["unknown_rating"]),
        ({"rationale": "No."}, ["too_short"]),
        ({"rationale": " " * 60}, ["too_short"]),
        ({"rationale": "\u200b" * 60}, ["too_short"]),
        ({"rationale": "\u2800\u3164" * 30}, ["too_short"]),
        ({"rationale": "False." + " " * 60 + "."}, ["too_short"]),
        ({"rating": "unverifiable", "searches": "\u2060\u3164"}, ["searches_needed"]),
        ({"cites": ()}, ["evidence_needed"]),
        ({"rating": "unverifiable"}, ["searches_needed"]),
        ({"rating": "zebra", "rationale": "", "cites": ()}, ["unknown_rating", "too_short", "evidence_needed"]),
    ],
)
def test_a_verdict_says_a_point_of_the_scale_why_and_on_what(room, said, codes):
    review = reviewing.full_review(room, Stage.RATING)
    names = reviewing.tables()
    before = reviewing.snapshot(names)
    judged = dataclasses.replace(reviewing.judgement(review), **said)
    with pytest.raises(InvalidInput) as refusal:
        workflow.submit_verdict(review.pk, judged, actor=room.ben)
    assert [error.code for error in refusal.value.errors] == codes
    assert reviewing.snapshot(names) == before


def test_a_verdict_cites_the_frozen_set_and_nothing_else(room):
    other = reviewing.full_review(room, Stage.RATING, text="Rents fell.")
    review = reviewing.full_review(room, Stage.RATING)
    foreign = reviewing.judgement(other).cites
    with pytest.raises(InvalidInput) as refusal:
        workflow.submit_verdict(review.pk, workflow.Judgement("false", make.WHY, foreign), actor=room.ben)
    assert [error.code for error in refusal.value.errors] == ["not_in_the_set"] * 4


def test_what_somebody_has_written_so_far_is_theirs_alone_and_leaves_no_trace(room):
    review = reviewing.full_review(room, Stage.RATING)
    names = [name for name in reviewing.tables() if name != "reviews_verdictdraft"]
    before = reviewing.snapshot(names)
    workflow.save_verdict_draft(review, {"rationale": "Perhaps."}, actor=room.ben)
    workflow.save_verdict_draft(review, {"rating": "true"}, actor=room.ben)
    assert reviewing.snapshot(names) == before
    kept = workflow.my_seat(review, room.ben).draft
    assert (kept.rationale, kept.rating) == ("Perhaps.", "true")
    assert workflow.my_seat(review, room.cleo).draft is None
    for who in (room.ivy, room.emil, room.uma, room.people()["root"]):
        with pytest.raises(NotFound):
            workflow.my_seat(review, who)
        with pytest.raises(NotFound):
            workflow.save_verdict_draft(review, {"rationale": "Mine."}, actor=who)
    room.vote(review, room.ben)
    assert workflow.my_seat(review, room.ben).draft is None


def test_an_opened_verdict_is_the_one_that_was_sealed(room):
    review = make.review(room, Stage.DISCUSSION)
    for verdict in Verdict.objects.all():
        said = {
            "seat": str(verdict.seat_id), "kind": "first", "rating": verdict.rating, "rationale": verdict.rationale,
            "cites": sorted(map(str, verdict.cites)), "searches": verdict.searches, "evidence_digest": verdict.evidence_digest,
            "claim_revision": verdict.claim_revision, "scale": str(verdict.scale_id),
        }  # fmt: skip
        bound = events.events(Seat.objects.get(pk=verdict.seat_id)).get().data["commitment"]
        assert bound == verdict.commitment == digests.commitment(said, verdict.salt)
        assert bound != digests.commitment(said | {"rating": "mixed"}, verdict.salt)
    assert review.stage == Stage.DISCUSSION


def test_nobody_takes_from_the_queue_of_a_desk_that_is_not_theirs(room):
    review = make.review(room)
    with pytest.raises(InvalidInput):
        workflow.take_next(room.desk.pk, actor=room.zoe)
    assert at(review).stage == Stage.QUEUED


def test_what_they_answer_later_comes_below_what_they_answered_first_which_stays(room):
    review = make.review(room, Stage.RESEARCH)
    asked = workflow.request_reply(review.pk, addressee="The ministry", question="Why?", actor=room.finn)
    first = workflow.record_reply(review.pk, asked.pk, answer="No comment.", actor=room.finn)
    second = workflow.record_reply(review.pk, asked.pk, answer="It was a misprint.", actor=room.emil)
    assert second.answer == "No comment.\n\nIt was a misprint."
    assert second.answered_at == first.answered_at
    with pytest.raises(InvalidInput):
        workflow.record_reply(review.pk, asked.pk, answer="\u200b\u3164", actor=room.emil)
    assert review.reply_requests.get().answer == second.answer


def test_a_request_for_a_reply_runs_out_and_then_no_answer_is_an_answer(room):
    review = reviewing.full_review(room, Stage.DRAFTING)
    workflow.request_reply(review.pk, addressee="The bank", question="Why?", actor=room.finn)
    reviewing.fill_in(room, review)
    assert blockers(lambda: workflow.submit_draft(review.pk, actor=room.finn)) == ["reply_open"]
    request = review.reply_requests.latest("id")
    assert timedelta(days=2) < request.due_at - timezone.now() <= timedelta(days=3)
    type(request).objects.filter(pk=request.pk).update(
        created_at=timezone.now() - timedelta(days=4), due_at=timezone.now()
    )
    assert workflow.submit_draft(review.pk, actor=room.finn).stage == Stage.COPY_EDIT
