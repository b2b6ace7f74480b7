"""Readers say what is wrong; somebody who neither led nor approved it looks into it, in time, and tells them what came of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.models import AuditEvent
from factcheck.audit.readers import visible_to
from factcheck.audit.verifying import verify
from factcheck.errors import InvalidInput
from factcheck.notifications.models import Notification
from reviews import corrections, statistics, workflow
from reviews.corrections import RequestAction, RequestState
from reviews.facts import Stage
from reviews.models import CorrectionRequest, DeskMembership
from reviews.stages import Action
from tests import make, reviewing
from tests.api import Api, api, assert_problem, places
from tests.lying import refused
from tests.reviewing import at

pytestmark = pytest.mark.django_db

CONTACT = "reader@example.org"
TEXT = "The table on page 3 says 34,000."
ANSWER = "You are right, and we have corrected it."
SENT = "/public/correction-requests"


class Desk:
    """A desk that has published something, about which a reader has written."""

    def __init__(self) -> None:
        self.room = make.newsroom()
        self.review = make.review(self.room, Stage.PUBLISHED)
        self.public = str(self.review.fact_check.pk)
        sent = Api().post(SENT, {"fact_check": self.public, "text": TEXT, "contact": CONTACT})
        assert sent.status_code == 201, sent.content
        self.status_address = sent.json()["status_address"]
        self.request = CorrectionRequest.objects.get()
        self.path = f"/correction-requests/{self.request.pk}"

    def status(self) -> Any:
        return Api().get(self.status_address).json()

    def act(self, who: User, action: str, **body: Any) -> Any:
        return api(who).post(f"{self.path}/{action}", body)


@pytest.fixture
def desk() -> Desk:
    return Desk()


# Sent by anybody


def test_anybody_asks_for_a_correction_and_reads_what_became_of_it_at_an_address_that_nobody_guesses(desk):
    assert desk.status() == {"state": "received", "answer": ""}
    secret = desk.status_address.rpartition("/")[2]
    assert len(secret) > 40
    assert not AuditEvent.objects.filter(data__icontains=secret).exists()
    assert secret not in str(CorrectionRequest.objects.values().get())
    assert_problem(Api().get(f"{SENT}/{secret[:-1]}x"), 404, "not_found")
    assert desk.act(desk.room.hal, "acknowledge").status_code == 200
    assert (
        desk.act(desk.room.hal, "decline", reason="unsupported", answer="The table is of another year.").status_code
        == 200
    )
    assert desk.status() == {"state": "declined", "answer": "The table is of another year."}


def test_what_nobody_could_work_with_is_refused_and_leaves_nothing(desk):
    for change, place in (
        ({"fact_check": "standard"}, "/fact_check"),
        ({"fact_check": "01890000-0000-7000-8000-000000000000"}, "/fact_check"),
        ({"text": " \u2800 "}, "/text"),
        ({"text": "x" * 5_001}, "/text"),
        ({"contact": "no address"}, "/contact"),
        ({"name": "Rita"}, "/name"),
    ):
        body = {"fact_check": desk.public, "text": TEXT, "contact": CONTACT} | change
        problem = assert_problem(Api().post(SENT, body), 422, "invalid_input")
        assert [error["pointer"] for error in problem["errors"]] == [place]
    assert CorrectionRequest.objects.count() == 1


def test_one_address_asks_so_often_and_all_together_so_often(desk, counting, settings):
    settings.THROTTLE_CORRECTIONS, settings.THROTTLE_CORRECTIONS_OF_ALL = (2, 3600), (3, 3600)
    body = {"fact_check": desk.public, "text": TEXT}

    def from_(address: str) -> list[int]:
        return [Api(REMOTE_ADDR=address).post(SENT, body).status_code for _ in range(3)]

    assert from_("203.0.113.7") == [201, 201, 429]
    assert from_("203.0.113.8") == [201, 429, 429]
    refused = Api(REMOTE_ADDR="203.0.113.9").post(SENT, body)
    assert assert_problem(refused, 429, "throttled")["retry_after_seconds"] <= 3600
    assert '"corrections-of-all"' in refused["RateLimit"]
    assert Api(REMOTE_ADDR="203.0.113.7").get(desk.status_address).status_code == 200
    assert CorrectionRequest.objects.count() == 4


# Handled at the desk


def test_whoever_may_handle_it_is_told_and_nobody_else():
    room = make.newsroom()
    led, other = make.user("ida", "corrections", "researcher"), make.user("jon", "corrections")
    DeskMembership.objects.create(desk=room.desk, user=led)
    DeskMembership.objects.create(desk=room.desk, user=other)
    room.finn = led
    review = make.review(room, Stage.PUBLISHED)
    workflow.declare_conflict(review.pk, actor=other, reason="personal", note="My sister.")
    before = set(Notification.objects.values_list("pk", flat=True))
    Api().post(SENT, {"fact_check": str(review.fact_check.pk), "text": TEXT})
    new = Notification.objects.exclude(pk__in=before)
    assert [(n.user.username, n.kind, n.subject_type) for n in new] == [
        ("hal", "correction_requested", "correctionrequest")
    ]
    assert TEXT not in new.get().words


def test_the_desk_sees_it_others_do_not_and_only_its_handler_learns_who_asked(desk):
    room = desk.room
    for who, contact in ((room.hal, None), (room.finn, None), (room.uma, None)):
        seen = api(who).get(desk.path).json()
        assert (seen["text"], seen["contact"], seen["state"]) == (TEXT, contact, "received")
        assert [row["id"] for row in api(who).get("/correction-requests").json()["results"]] == [str(desk.request.pk)]
    assert_problem(api(room.zoe).get(desk.path), 404, "not_found")
    assert_problem(desk.act(room.zoe, "acknowledge"), 404, "not_found")
    assert api(room.zoe).get("/correction-requests").json()["results"] == []
    assert desk.act(room.hal, "acknowledge").json()["contact"] == CONTACT
    for who in (room.gwen, room.uma, make.user("root", is_superuser=True, is_staff=True)):
        assert api(who).get(desk.path).json()["contact"] is None
        assert CONTACT not in api(who).get("/correction-requests").content.decode()
    for event in AuditEvent.objects.filter(subject_type="correctionrequest"):
        assert CONTACT not in str(event.data) + event.note
        assert TEXT not in str(event.data) + event.note


def allowed(who: User, desk: Desk) -> set[str]:
    return {row["action"] for row in api(who).get(desk.path).json()["allowed_actions"] if row["allowed"]}


def test_the_approver_the_lead_and_whoever_keeps_out_are_refused_as_handlers_also_by_the_database(desk):
    room, review = desk.room, desk.review
    room.finn.groups.add(*room.hal.groups.all())  # the lead handles corrections too
    finn = User.objects.get(pk=room.finn.pk)
    workflow.declare_conflict(review.pk, actor=room.gwen, reason="personal", note="My sister.")
    root = make.user("root", is_superuser=True, is_staff=True)
    for who, code in ((room.emil, "approved_it"), (finn, "led_it"), (room.gwen, "conflicted")):
        problem = assert_problem(desk.act(who, "acknowledge"), 409, "action_blocked")
        assert ([b["code"] for b in problem["blocked_by"]], problem["allowed_actions"]) == ([code], [])
        assert allowed(who, desk) == set()
        assert refused(
            "UPDATE reviews_correctionrequest SET state = 'acknowledged', handler_id = %s, acknowledged_at = now()",
            who.pk,
        )
    assert_problem(desk.act(room.ben, "acknowledge"), 403, "action_forbidden")
    desk.request.refresh_from_db()
    assert (desk.request.state, desk.request.version) == ("received", 1)
    assert events.events(desk.request).count() == 1
    assert (allowed(room.hal, desk), allowed(root, desk)) == ({"acknowledge"}, {"acknowledge"})


def test_a_request_goes_its_way_each_step_an_event_and_every_answer_stays(desk):
    hal = desk.room.hal
    body = {"acknowledge": {}, "accept": {}, "resolve": {"answer": ANSWER}}
    states = [desk.act(hal, action, **body[action]).json()["state"] for action in body]
    assert states == ["acknowledged", "accepted", "resolved"]
    told = [(e.action, e.data.get("state")) for e in events.events(desk.request)]
    assert told == [
        ("receive", None), ("acknowledge", ["received", "acknowledged"]), ("accept", ["acknowledged", "accepted"]),
        ("resolve", ["accepted", "resolved"]),
    ]  # fmt: skip
    assert list(verify()) == []
    assert desk.status() == {"state": "resolved", "answer": ANSWER}
    assert allowed(hal, desk) == set()


def test_nothing_is_declined_without_a_reason_from_the_table_which_is_on_the_record(desk):
    desk.act(desk.room.hal, "acknowledge")
    for wrong in ({}, {"reason": "reader"}):
        assert_problem(desk.act(desk.room.hal, "decline", answer="No.", **wrong), 422, "invalid_input")
    with pytest.raises(InvalidInput):
        workflow.decline(desk.request.pk, reason="", answer="No.", actor=desk.room.hal)
    assert desk.act(desk.room.hal, "decline", reason="unsupported", answer="No.").status_code == 200
    assert events.events(desk.request).last().reason == "unsupported"


def test_another_takes_it_over_and_only_then_answers(desk):
    room = desk.room
    desk.act(room.hal, "acknowledge")
    assert_problem(desk.act(room.gwen, "decline", reason="unsupported", answer="No."), 403, "action_forbidden")
    assert desk.act(room.gwen, "take-over").json()["handler"]["username"] == "gwen"
    assert_problem(desk.act(room.hal, "decline", reason="unsupported", answer="No."), 403, "action_forbidden")
    assert desk.act(room.gwen, "decline", reason="unsupported", answer="No.").status_code == 200


def test_a_duplicate_names_the_other_one_about_the_same_fact_check_and_an_answer_has_words(desk):
    hal, elsewhere = desk.room.hal, make.review(desk.room, Stage.PUBLISHED, text="Wages fell.")
    other, _ = workflow.request_correction(elsewhere.fact_check.pk, text="No.")
    same, _ = workflow.request_correction(desk.review.fact_check.pk, text="Page 3!")
    desk.act(hal, "acknowledge")
    for wrong in (other.pk, desk.request.pk):
        problem = assert_problem(
            desk.act(hal, "mark-duplicate", duplicate_of=str(wrong), answer=ANSWER), 422, "invalid_input"
        )
        assert problem["errors"][0]["code"] == "unknown_request"
    assert_problem(desk.act(hal, "mark-duplicate", duplicate_of=str(same.pk), answer="\u2800"), 422, "invalid_input")
    answer = desk.act(hal, "mark-duplicate", duplicate_of=str(same.pk), answer="Another reader said so too.")
    assert (answer.json()["state"], answer.json()["duplicate_of"]) == ("duplicate", str(same.pk))
    assert desk.act(hal, "resolve", answer=ANSWER).json()["answer"] == f"Another reader said so too.\n\n{ANSWER}"


def test_of_requests_that_say_the_same_one_is_answered_and_all_are_told_what_came_of_it(desk):
    hal, public = desk.room.hal, desk.review.fact_check.pk
    second, third = (workflow.request_correction(public, text=text)[0] for text in ("Page 3!", "Page three."))
    for each in (desk.request, second, third):
        workflow.acknowledge(each.pk, actor=hal)
    workflow.mark_duplicate(third.pk, duplicate_of=second.pk, answer="Said twice.", actor=hal)
    workflow.mark_duplicate(second.pk, duplicate_of=desk.request.pk, answer="Said before.", actor=hal)
    problem = assert_problem(
        desk.act(hal, "mark-duplicate", duplicate_of=str(third.pk), answer="Said before."), 422, "invalid_input"
    )
    assert problem["errors"][0]["code"] == "duplicate_of_its_own"
    workflow.open_revision(desk.review.pk, correction_request=desk.request.pk, actor=hal)
    workflow.dismiss_revision(desk.review.pk, answer=ANSWER, actor=hal, **reviewing.why(Action.DISMISS_REVISION))
    assert set(CorrectionRequest.objects.values_list("state", flat=True)) == {"resolved"}


def test_whoever_may_handle_it_no_more_is_not_told_who_asked(desk):
    hal = desk.room.hal
    assert desk.act(hal, "acknowledge").json()["contact"] == CONTACT
    workflow.declare_conflict(desk.review.pk, actor=hal, reason="personal", note="My sister.")
    assert api(hal).get(desk.path).json()["contact"] is None
    desk.act(desk.room.gwen, "take-over")
    assert api(desk.room.gwen).get(desk.path).json()["contact"] == CONTACT
    desk.room.gwen.groups.set(desk.room.ben.groups.all())
    assert api(User.objects.get(pk=desk.room.gwen.pk)).get(desk.path).json()["contact"] is None


def test_nobody_overwrites_what_they_have_not_seen(desk):
    client = api(desk.room.hal)
    client.looks_first = False
    assert_problem(client.post(f"{desk.path}/acknowledge"), 428, "precondition_required")
    tag = client.get(desk.path)["ETag"]
    desk.act(desk.room.gwen, "acknowledge")
    stale = assert_problem(client.post(f"{desk.path}/take-over", {}, headers={"If-Match": tag}), 412, "stale_version")
    assert (stale["changed_by"], stale["current_version"]) == ("gwen", 2)


# Every arrow, and no other


REACH: dict[RequestState, list[RequestAction]] = {
    RequestState.RECEIVED: [],
    RequestState.ACKNOWLEDGED: [RequestAction.ACKNOWLEDGE],
    RequestState.ACCEPTED: [RequestAction.ACKNOWLEDGE, RequestAction.ACCEPT],
    RequestState.DECLINED: [RequestAction.ACKNOWLEDGE, RequestAction.DECLINE],
    RequestState.DUPLICATE: [RequestAction.ACKNOWLEDGE, RequestAction.MARK_DUPLICATE],
    RequestState.RESOLVED: [RequestAction.ACKNOWLEDGE, RequestAction.ACCEPT, RequestAction.RESOLVE],
}
# The design's words: received -> acknowledged -> accepted | declined | duplicate -> resolved.
DESIGN = {
    ("received", "acknowledge"): "acknowledged", ("acknowledged", "accept"): "accepted", ("acknowledged", "decline"): "declined",
    ("acknowledged", "mark_duplicate"): "duplicate", ("accepted", "resolve"): "resolved", ("declined", "resolve"): "resolved",
    ("duplicate", "resolve"): "resolved",
    **{(state, "take_over"): state for state in ("acknowledged", "accepted", "declined", "duplicate")},
}  # fmt: skip


def test_every_action_leads_from_every_state_where_the_design_says_and_nowhere_else(desk):
    hal, gwen, other = (
        desk.room.hal,
        desk.room.gwen,
        workflow.request_correction(desk.review.fact_check.pk, text="Page 3!")[0],
    )
    verbs: dict[RequestAction, Callable[..., CorrectionRequest]] = {
        RequestAction.ACKNOWLEDGE: workflow.acknowledge, RequestAction.TAKE_OVER: workflow.take_over_request,
        RequestAction.ACCEPT: workflow.accept_request, RequestAction.DECLINE: workflow.decline,
        RequestAction.MARK_DUPLICATE: workflow.mark_duplicate, RequestAction.RESOLVE: workflow.resolve,
    }  # fmt: skip
    words: dict[RequestAction, dict[str, Any]] = {
        RequestAction.DECLINE: {"reason": "unsupported", "answer": "No."}, RequestAction.RESOLVE: {"answer": ANSWER},
        RequestAction.MARK_DUPLICATE: {"answer": "Twice.", "duplicate_of": other.pk},
    }  # fmt: skip

    def do(action: RequestAction, who: User) -> CorrectionRequest:
        return verbs[action](desk.request.pk, actor=who, **words.get(action, {}))

    found, codes = {}, set()
    for state, way in REACH.items():
        for action in RequestAction:
            with transaction.atomic():
                for step in way:
                    do(step, hal)
                try:
                    with transaction.atomic():
                        do(action, gwen if action is RequestAction.TAKE_OVER else hal)
                except workflow.ActionBlocked as blocked:
                    codes |= {(state, b["code"]) for b in blocked.extra["blocked_by"]}
                else:
                    desk.request.refresh_from_db()
                    found[str(state), str(action)] = desk.request.state
                transaction.set_rollback(True)
    assert found == DESIGN
    assert codes == {(state, f"state_is_{state}") for state in RequestState}


def test_what_must_never_be_of_a_request_is_refused_by_the_database(desk):
    hal, change = desk.room.hal, "UPDATE reviews_correctionrequest SET"
    for what in ("text = 'x'", "contact = ''", "secret_sha256 = ''", "answer_due_at = now()"):
        assert refused(f"{change} {what}"), what
    for state in set(RequestState) - {RequestState.RECEIVED}:
        answered = ", answer = 'No.', answered_at = now()" if state in corrections.ANSWERED else ""
        others = f"{answered}, resolved_at = now()" if state == "resolved" else answered
        found = f"{change} state = %s, handler_id = %s, acknowledged_at = now(){others}"
        assert refused(found, state, hal.pk), state  # for want of an arrow, or of an event
    assert refused("DELETE FROM reviews_correctionrequest")
    workflow.acknowledge(desk.request.pk, actor=hal)
    workflow.decline(desk.request.pk, reason="unsupported", actor=hal, answer="No.")
    assert refused(f"{change} answer = 'Yes.'")
    assert refused(f"{change} answer = ''")


# In time


def test_clocks_are_the_policys_and_what_is_late_is_shown(desk):
    took = [desk.request.acknowledge_due_at, desk.request.answer_due_at]
    assert [at - desk.request.updated_at for at in took] == [timedelta(days=3), timedelta(days=14)]
    hal = api(desk.room.hal)

    def overdue() -> list[Any]:
        listed = hal.get("/correction-requests?overdue=true").json()["results"]
        rows = hal.get("/correction-requests").json()["results"]
        return [len(listed), [row["overdue"] for row in rows], hal.get(desk.path).json()["overdue"]]

    assert overdue() == [0, [False], False]
    travel(desk, days=4)
    assert overdue() == [1, [True], True]
    workflow.acknowledge(desk.request.pk, actor=desk.room.hal)
    assert overdue() == [0, [False], False]
    travel(desk, days=11)
    assert overdue() == [1, [True], True]
    workflow.decline(desk.request.pk, reason="unsupported", actor=desk.room.hal, answer="No.")
    assert overdue() == [0, [False], False]


def travel(desk: Desk | None, days: int) -> None:
    """The request came so many days earlier than it did: nothing but the migrating role could say so."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE reviews_correctionrequest DISABLE TRIGGER correction_request_goes_its_way")
        cursor.execute(
            "UPDATE reviews_correctionrequest SET acknowledge_due_at = acknowledge_due_at - %s, answer_due_at = answer_due_at - %s",
            [timedelta(days=days)] * 2,
        )
        cursor.execute("ALTER TABLE reviews_correctionrequest ENABLE TRIGGER correction_request_goes_its_way")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def test_how_many_were_dealt_with_in_time_is_public_with_n(desk):
    address = "/public/statistics/corrections"
    nothing = {"in_time": 0, "n": 0, "share": None, "reason": "none_yet"}
    assert Api().get(address).json() == {"received": 1, "acknowledged_in_time": nothing, "resolved_in_time": nothing}
    travel(desk, days=4)
    soon, _ = workflow.request_correction(desk.review.fact_check.pk, text="Page 3!")
    workflow.acknowledge(soon.pk, actor=desk.room.hal)
    half = {"in_time": 1, "n": 2, "share": 0.5, "reason": None}
    assert Api().get(address).json() == {"received": 2, "acknowledged_in_time": half, "resolved_in_time": nothing}
    workflow.decline(soon.pk, reason="unsupported", actor=desk.room.hal, answer="No.")
    found = statistics.corrections().resolved_in_time
    assert (found.in_time, found.n, found.share) == (1, 1, 1.0)


def test_lists_are_filtered_and_ordered(desk):
    later, _ = workflow.request_correction(desk.review.fact_check.pk, text="Page 3!")
    workflow.acknowledge(later.pk, actor=desk.room.hal)
    hal = api(desk.room.hal)

    def ids(query: str) -> list[str]:
        return [row["id"] for row in hal.get(f"/correction-requests?{query}").json()["results"]]

    first, second = str(desk.request.pk), str(later.pk)
    assert ids("") == [second, first]
    assert ids("ordering=answer_due_at") == [first, second]
    assert (ids("state=received"), ids(f"handler={desk.room.hal.pk}")) == ([first], [second])
    assert ids(f"fact_check={desk.public}&desk={desk.room.desk.pk}&review={desk.review.pk}") == [second, first]
    assert ids(f"updated_since={timezone.now().isoformat().replace('+00:00', 'Z')}") == []


def test_its_history_is_the_desks(desk):
    seen = {
        who.username: [e.action for e in visible_to(who).filter(subject_id=desk.request.pk)]
        for who in (desk.room.hal, desk.room.zoe)
    }
    assert seen == {"hal": ["receive"], "zoe": []}


# With a revision of what is public


def test_the_story_of_a_correction(desk):
    """A reader is right, and the finding itself was wrong: it is verified again, and they are told what came of it."""
    room, path, public = desk.room, f"/reviews/{desk.review.pk}", f"/public/fact-checks/{desk.public}"
    first, before = Api().get(f"{public}/revisions/1"), Api().get(public).json()
    assert_problem(desk.act(room.emil, "acknowledge"), 409, "action_blocked")  # the original approver
    assert desk.act(room.hal, "acknowledge").status_code == 200
    asked = {"correction_request": str(desk.request.pk)}
    assert_problem(api(room.gwen).post(f"{path}/open-revision", asked), 403, "action_forbidden")  # not its handler
    assert_problem(api(room.emil).post(f"{path}/open-revision", asked), 409, "action_blocked")
    assert api(room.hal).post(f"{path}/open-revision", asked).json()["stage"] == "under_revision"
    assert desk.status() == {"state": "accepted", "answer": ""}
    assert Api().get(public).json()["status"] == "under_revision"

    api(room.hal).patch(f"{path}/draft", {"rating": "true", "body": "The tables were of 2023."}, "application/json")
    minor = {"kind": "update", "draft_digest": at(desk.review).draft.digest, "public_note": "The year was wrong."}
    problem = assert_problem(api(room.gwen).post(f"{path}/publish-minor", minor), 409, "action_blocked")
    assert [b["code"] for b in problem["blocked_by"]] == ["rating_changed"]
    assert Api().get(public).json() == before | {"status": "under_revision"}

    assert api(room.gwen).post(f"{path}/reverify", {"reason": "error_found", "note": "See page 3."}).status_code == 200
    make.evidence(room, desk.review, "supports", "Office")
    workflow.submit_for_rating(desk.review.pk, actor=room.finn)
    for who in room.holders(at(desk.review)):
        room.vote(desk.review, who, "true")
    reviewing.fill_in(room, desk.review)
    workflow.submit_draft(desk.review.pk, actor=room.finn)
    make.approve(room.gwen, at(desk.review))
    assert desk.status()["state"] == "accepted"
    published = api(room.gwen).post(f"{path}/publish", {"public_note": ANSWER})
    assert published.json()["stage"] == "published", published.content

    after = Api().get(public).json()
    assert (after["revision"], after["status"], after["content"]["rating"]["code"]) == (2, "published", "true")
    [correction] = after["content"]["corrections"]
    assert (correction["text"], correction["rating_before"], correction["rating_after"]) == (ANSWER, "False", "True")
    assert Api().get(f"{public}/revisions/1").content == first.content
    polled = Api().get("/public/fact-checks", {"updated_since": before["changed_at"]}).json()["results"]
    assert polled == [after]
    assert Api().get("/public/fact-checks", {"updated_since": after["changed_at"]}).json()["results"] == []
    assert desk.status() == {"state": "resolved", "answer": ANSWER}
    told = [(e.action, e.actor and e.actor.username) for e in events.events(desk.request)]
    assert told == [("receive", None), ("acknowledge", "hal"), ("accept", "hal"), ("resolve", "gwen")]
    assert list(verify()) == []


@pytest.mark.parametrize("end", ["publish", "retract"])
def test_a_handler_who_leads_what_it_brings_about_stands_in_the_way_of_nothing_and_handles_it_no_more(desk, end):
    room, path = desk.room, f"/reviews/{desk.review.pk}"
    room.hal.groups.add(*room.finn.groups.all())
    hal = User.objects.get(pk=room.hal.pk)
    opened(desk)
    workflow.reverify(desk.review.pk, reason="error_found", note="See page 3.", actor=room.gwen)
    workflow.release(desk.review.pk, reason="no_time", note="On leave.", actor=room.finn)
    workflow.take(desk.review.pk, actor=hal)
    assert_problem(desk.act(hal, "resolve", answer=ANSWER), 409, "action_blocked")
    if end == "publish":
        workflow.submit_for_rating(desk.review.pk, actor=hal)
        for who in room.holders(at(desk.review)):
            room.vote(desk.review, who, "false")
        workflow.submit_draft(desk.review.pk, actor=hal)
        make.approve(room.gwen, at(desk.review))
    else:
        make.propose(room.emil, desk.review)
    done = api(room.gwen).post(f"{path}/{end}", {"public_note": ANSWER} if end == "publish" else {})
    assert done.status_code == 200, done.content
    assert desk.status()["state"] == "resolved"
    finn = "UPDATE reviews_correctionrequest SET handler_id = %s"
    assert refused(finn, room.finn.pk)


def opened(desk: Desk) -> None:
    workflow.acknowledge(desk.request.pk, actor=desk.room.hal)
    workflow.open_revision(desk.review.pk, correction_request=desk.request.pk, actor=desk.room.hal)


def test_a_revision_that_is_dismissed_answers_whoever_asked_and_those_who_asked_the_same(desk):
    same, _ = workflow.request_correction(desk.review.fact_check.pk, text="Page 3!")
    other, _ = workflow.request_correction(desk.review.fact_check.pk, text="Page 5!")
    opened(desk)
    workflow.acknowledge(same.pk, actor=desk.room.hal)
    workflow.mark_duplicate(
        same.pk, duplicate_of=desk.request.pk, answer="Another reader said so too.", actor=desk.room.hal
    )
    dismiss = {"reason": "unsupported", "note": "Page 3 is of another year.", "answer": "The table is of another year."}
    # What the desk notes for itself is told to nobody.
    without = {name: said for name, said in dismiss.items() if name != "answer"}
    problem = assert_problem(
        api(desk.room.hal).post(f"/reviews/{desk.review.pk}/dismiss-revision", without), 422, "invalid_input"
    )
    assert [error["pointer"] for error in problem["errors"]] == ["/answer"]
    assert (desk.status()["state"], at(desk.review).stage) == ("accepted", Stage.UNDER_REVISION)
    answer = api(desk.room.hal).post(f"/reviews/{desk.review.pk}/dismiss-revision", dismiss)
    assert answer.json()["stage"] == "published", answer.content
    assert desk.status() == {"state": "resolved", "answer": dismiss["answer"]}
    same.refresh_from_db()
    assert (same.state, same.answer) == ("resolved", f"Another reader said so too.\n\n{dismiss['answer']}")
    assert CorrectionRequest.objects.get(pk=other.pk).state == "received"
    event = events.events(desk.review).last()
    assert event.data["requests"] == [str(desk.request.pk), str(same.pk)]


def test_a_small_change_and_a_retraction_answer_too(desk):
    opened(desk)
    workflow.edit_draft(desk.review.pk, {"body": "The body, mended."}, actor=desk.room.hal)
    digest = at(desk.review).draft.digest
    workflow.publish_minor(desk.review.pk, "typo", draft_digest=digest, actor=desk.room.gwen)
    assert desk.status() == {"state": "resolved", "answer": "A slip of the pen was mended."}
    later, _ = workflow.request_correction(desk.review.fact_check.pk, text="All of it is wrong.")
    assert later.revision.number == 2
    assert_problem(api(desk.room.gwen).post(f"/correction-requests/{later.pk}/acknowledge"), 409, "action_blocked")
    workflow.acknowledge(later.pk, actor=desk.room.hal)
    workflow.open_revision(desk.review.pk, correction_request=later.pk, actor=desk.room.hal)
    workflow.propose_retraction(desk.review.pk, reason="error_found", note=make.PUBLIC_REASON, actor=desk.room.emil)
    workflow.retract(desk.review.pk, actor=desk.room.gwen)
    later.refresh_from_db()
    assert (later.state, later.answer) == ("resolved", make.PUBLIC_REASON)


def test_a_revision_is_opened_for_a_request_about_it_or_for_a_reason(desk):
    elsewhere = make.review(desk.room, Stage.PUBLISHED, text="Wages fell.")
    foreign, _ = workflow.request_correction(elsewhere.fact_check.pk, text="No.")
    client, path = api(desk.room.hal), f"/reviews/{desk.review.pk}/open-revision"
    problem = assert_problem(client.post(path, {"correction_request": str(foreign.pk)}), 422, "invalid_input")
    assert places(problem) == [("unknown_request", "/correction_request")]
    assert_problem(client.post(path, {}), 422, "invalid_input")
    problem = assert_problem(client.post(path, {"correction_request": str(desk.request.pk)}), 409, "action_blocked")
    assert [b["code"] for b in problem["blocked_by"]] == ["state_is_received"]
    assert at(desk.review).stage == Stage.PUBLISHED
    desk.act(desk.room.hal, "acknowledge")
    desk.act(desk.room.hal, "accept")
    assert client.post(path, {"correction_request": str(desk.request.pk)}).status_code == 200
