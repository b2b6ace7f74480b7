"""What happens is told to whoever asked for it: written with the change, signed, sent again until it is taken, and to nobody else."""

from __future__ import annotations

import base64
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction
from django.test import override_settings
from django.utils import timezone
from standardwebhooks import WebhookVerificationError

from claims import pipeline
from claims.triage import TriageAction
from factcheck import jobs, logs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.errors import ActionForbidden, ActionNotAllowed, InvalidInput, NotFound
from factcheck.ids import uuid7
from factcheck.models import Job, JobState
from factcheck.notifications import readers as notifications
from factcheck.webhooks import delivering, endpoints, schedule, types
from factcheck.webhooks.models import (
    DeliveryState,
    DisabledReason,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from factcheck.webhooks.queueing import DELIVER
from factcheck.webhooks.schedule import PAUSES, Outcome
from reviews import workflow
from reviews.facts import Stage
from reviews.models import DeskMembership
from reviews.stages import Action
from tests import make
from tests.api import api
from tests.internet import redirect
from tests.receiving import OK, URL, failing
from tests.reviewing import DO
from tests.test_revising import EDITED, verified_again
from tests.webhooks import attempt, hurry, keeper, listen, pause

PUBLISHED, MOVED, OPENED = "fact_check.published", "review.stage_changed", "review.opened"
REVISED, DOUBTED, UPHELD, RETRACTED = (f"fact_check.{end}" for end in ("revised", "doubted", "upheld", "retracted"))
ACCEPTED, EXTRACTED, FINISHED = "claim.accepted", "article.extracted", "import_run.finished"
WITHDRAWN, ASKED = "article.withdrawn", "correction_request.received"
TOOK_SECONDS = 10  # at most, an attempt on a busy machine


@pytest.fixture
def room(db, uncompared) -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def kim(room) -> User:
    return keeper(room)


def accept(text: str = "Rents tripled.", actor: User | None = None) -> Any:
    """Something happens that endpoints of the installation may hear of."""
    ada = actor or make.user("ada", "importer", "triager")
    return pipeline.triage(make.claim(text, actor=ada).pk, TriageAction.ACCEPT, actor=ada)


def the_delivery() -> WebhookDelivery:
    return WebhookDelivery.objects.get()


# What is told


def test_who_asked_for_it_is_told_by_ids_and_links_and_the_reference_library_verifies_it(kim, receiver):
    _, secret = listen(kim, ACCEPTED)
    claim = accept()
    assert attempt() == 1
    [message] = receiver.messages
    told = message.verify(secret)
    event = events.events(claim).get(action="accept")
    assert told == {
        "type": "claim.accepted",
        "timestamp": event.at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "data": {"claim": str(claim.pk), "article": None, "links": {"claim": f"/api/v1/claims/{claim.pk}"}},
    }
    assert (message.id, message.headers["content-type"]) == (WebhookEvent.objects.get().message_id, "application/json")
    assert the_delivery().state == DeliveryState.DELIVERED


def test_what_was_changed_on_the_way_or_signed_by_another_is_not_verified(kim, receiver):
    _, secret = listen(kim, ACCEPTED)
    accept()
    attempt()
    [message] = receiver.messages
    other = f"whsec_{base64.b64encode(b'x' * 32).decode()}"
    with pytest.raises(WebhookVerificationError):
        message.verify(other)
    message.body += b" "
    with pytest.raises(WebhookVerificationError):
        message.verify(secret)


def test_nobody_is_told_what_they_did_not_ask_for(kim, receiver):
    listen(kim, FINISHED)
    accept()
    assert (WebhookEvent.objects.count(), attempt(), receiver.messages) == (0, 0, [])


def test_what_happened_before_an_endpoint_was_there_is_not_told_to_it(kim, receiver):
    accept()
    listen(kim, ACCEPTED)
    assert attempt() == 0


def test_one_event_has_one_id_for_all_who_are_told(kim, receiver):
    for _ in range(3):
        listen(kim, ACCEPTED)
    accept()
    assert attempt() == 3
    assert len({message.id for message in receiver.messages}) == 1


def test_from_import_to_publication_each_step_is_told_where_it_belongs(room, kim, receiver):
    every = [row.name for row in types.all_types()]
    listen(kim, *every, desk_id=room.desk.pk)
    article = make.article("Prices rose by 40 per cent last year, the bank said.")
    assert jobs.work("tests")
    run = pipeline.start_run("feed.jsonl", {}, started_by=room.ada)
    pipeline.finish_run(run)
    review = make.review(room, Stage.PUBLISHED)
    attempt()
    told = [(each["type"], each["data"]) for each in receiver.told]
    first = dict(reversed(told))
    assert [name for name, _ in told if name != MOVED] == [EXTRACTED, FINISHED, ACCEPTED, OPENED, PUBLISHED]
    stages = [(data["from_stage"], data["stage"]) for name, data in told if name == MOVED]
    assert stages == [
        ("queued", "research"), ("research", "rating"), ("rating", "drafting"), ("drafting", "copy_edit"), ("copy_edit", "approved"),
        ("approved", "published"),
    ]  # fmt: skip
    public = f"/api/v1/public/fact-checks/{review.fact_check.pk}"
    assert first[PUBLISHED] == {
        "fact_check": str(review.fact_check.pk), "revision": 1, "links": {"fact_check": public, "revision": f"{public}/revisions/1"},
    }  # fmt: skip
    assert first[EXTRACTED]["article"] == str(article.pk)
    assert first[FINISHED] == {
        "import_run": str(run.pk), "state": "done", "links": {"import_run": f"/api/v1/import-runs/{run.pk}"},
    }  # fmt: skip


def test_doubts_and_retractions_are_told_to_whom_publications_are(room, kim, receiver):
    public = [row.name for row in types.all_types() if row.audience is types.Audience.PUBLIC]
    listen(kim, *public)
    review = make.review(room, Stage.UNDER_REVISION)
    DO[Action.DISMISS_REVISION](room, review, room.hal)
    make.propose(room.emil, review)
    workflow.retract(review.pk, actor=room.gwen)
    attempt()
    fact_check = str(review.fact_check.pk)
    links = {"fact_check": f"/api/v1/public/fact-checks/{fact_check}"}
    told = [(each["type"], each["data"]) for each in receiver.told[1:]]
    assert receiver.told[0]["type"] == PUBLISHED
    assert told == [(name, {"fact_check": fact_check, "links": links}) for name in (DOUBTED, UPHELD, RETRACTED)]


def test_each_further_revision_is_told_with_the_number_that_readers_see(room, kim, receiver):
    listen(kim, PUBLISHED, REVISED)
    review = verified_again(room, "true")
    workflow.publish(review.pk, public_note="The tables were of 2023.", actor=room.emil)
    DO[Action.OPEN_REVISION](room, review, room.hal)
    workflow.edit_draft(review.pk, {"body": EDITED}, actor=room.hal)
    DO[Action.PUBLISH_MINOR](room, review, room.gwen)
    attempt()
    told = [(each["type"], each["data"]["revision"]) for each in receiver.told]
    assert told == [(PUBLISHED, 1), (REVISED, 2), (REVISED, 3)]
    links = receiver.told[-1]["data"]["links"]
    anybody = api(None)
    assert anybody.get(links["fact_check"]).json()["revision"] == 3
    assert anybody.get(links["revision"]).json()["body"] == EDITED


def test_what_a_reader_asks_is_told_to_its_desk_without_their_words_or_address(room, kim, receiver):
    review = make.review(room, Stage.PUBLISHED)
    listen(kim, ASKED, desk_id=room.desk.pk)
    asked, _ = workflow.request_correction(
        review.fact_check.pk, text="Marker says otherwise.", contact="ann@example.org"
    )
    attempt()
    links = {
        "correction_request": f"/api/v1/correction-requests/{asked.pk}",
        "fact_check": f"/api/v1/public/fact-checks/{review.fact_check.pk}",
    }
    told = {"correction_request": str(asked.pk), "fact_check": str(review.fact_check.pk), "links": links}
    assert [each["data"] for each in receiver.told] == [told]


def test_that_an_article_was_taken_out_is_told_without_what_it_said(room, kim, receiver):
    article = make.article("Prices rose by 40 per cent last year, the bank said.", title="Marker")
    listen(kim, WITHDRAWN)
    pipeline.withdraw_article(article.pk, reason="legal", note="Marker.", actor=kim)
    attempt()
    links = {"article": f"/api/v1/articles/{article.pk}"}
    assert [each["data"] for each in receiver.told] == [{"article": str(article.pk), "links": links}]


def test_of_an_open_round_nothing_is_told(room, kim, receiver):
    review = make.review(room, Stage.RATING)
    listen(kim, *(row.name for row in types.all_types()), desk_id=room.desk.pk)
    first, *others = room.holders(review)
    room.vote(review, first, "true")
    workflow.save_verdict_draft(review, {"rationale": "Words."}, actor=others[0])
    assert WebhookEvent.objects.count() == 0
    for who in others:
        room.vote(review, who, "false")
    [event] = WebhookEvent.objects.all()
    assert '"from_stage":"rating","stage":"discussion"' in event.body


def test_an_event_says_nothing_but_ids_links_and_states(room, kim):
    listen(kim, *(row.name for row in types.all_types()), desk_id=room.desk.pk)
    make.review(room, Stage.PUBLISHED, text="Rents fell, said Marker.")
    bodies = "".join(WebhookEvent.objects.values_list("body", flat=True))
    assert "Marker" not in bodies
    assert not any(str(who.pk) in bodies for who in room.people().values())


def test_every_type_tells_of_something_that_there_is():
    kinds = {model._meta.model_name for model in apps.get_models()}
    assert {row.subject_type for row in types.all_types()} <= kinds


def test_every_type_has_a_name_a_sentence_and_an_audience():
    for row in types.all_types():
        assert row.name.count(".") == 1
        assert row.description.endswith(".") or ":" in row.description
    assert {row.name: row.audience.value for row in types.all_types()} == {
        EXTRACTED: "installation", WITHDRAWN: "installation", ACCEPTED: "installation", FINISHED: "installation", PUBLISHED: "public", REVISED: "public",
        ASKED: "desk", DOUBTED: "public", UPHELD: "public", RETRACTED: "public", OPENED: "desk", MOVED: "desk",
    }  # fmt: skip


# To whom


def test_a_desk_is_told_of_its_own_reviews_alone_and_the_installation_of_what_is_public(room, kim, receiver, internet):
    zoe = room.zoe
    zoe.groups.add(*make.user("keeper", "admin").groups.all())
    zoe = User.objects.get(pk=zoe.pk)
    other = DeskMembership.objects.get(user=zoe).desk
    listen(kim, PUBLISHED, OPENED, MOVED, desk_id=room.desk.pk, url=f"{URL}/own")
    listen(zoe, PUBLISHED, OPENED, MOVED, desk_id=other.pk, url=f"{URL}/other")
    listen(kim, PUBLISHED, url=f"{URL}/all")
    make.review(room, Stage.PUBLISHED)
    attempt()
    by_path = {
        path: {m.told["type"] for m in receiver.messages if m.path == path}
        for path in ("/hook/own", "/hook/other", "/hook/all")
    }
    assert by_path == {"/hook/own": {PUBLISHED, OPENED, MOVED}, "/hook/other": set(), "/hook/all": {PUBLISHED}}


def test_what_is_told_of_nobodys_desk_is_told_to_every_endpoint(room, kim, receiver):
    listen(kim, ACCEPTED, desk_id=room.desk.pk)
    listen(kim, ACCEPTED)
    accept()
    assert attempt() == 2


def test_the_whole_installation_cannot_ask_for_what_is_a_desks(kim):
    with pytest.raises(InvalidInput) as refused:
        listen(kim, PUBLISHED, MOVED)
    assert [(error.code, error.pointer) for error in refused.value.errors] == [("desk_needed", "/event_types/1")]
    assert not WebhookEndpoint.objects.exists()


def test_an_endpoint_is_told_nothing_once_its_owner_may_not_answer_for_it(room, kim, receiver):
    endpoint, _ = listen(kim, ACCEPTED, MOVED, desk_id=room.desk.pk)
    keeper = make.user("keeper", "admin")
    DeskMembership.objects.create(desk=room.desk, user=keeper)
    accept()
    DeskMembership.objects.get(user=kim).delete()
    assert (attempt(), receiver.messages) == (1, [])
    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, the_delivery().failure) == (DisabledReason.OWNER_LEFT, "endpoint_disabled")
    assert notifications.visible_to(keeper).get().kind == "webhook_disabled"
    endpoints.enable_endpoint(endpoint.pk, actor=keeper)
    accept("Wages fell.")
    assert attempt() == 1
    assert len(receiver.messages) == 1


@pytest.mark.parametrize("lost", ["role", "account"])
def test_an_endpoint_of_the_installation_ends_with_its_owners_role_or_account(kim, receiver, lost):
    listen(kim, ACCEPTED)
    accept()
    if lost == "role":
        kim.groups.clear()
    else:
        User.objects.filter(pk=kim.pk).update(is_active=False)
    attempt()
    assert (receiver.messages, WebhookEndpoint.objects.get().disabled_reason) == ([], DisabledReason.OWNER_LEFT)


# With the change, or not at all


def test_a_change_that_is_taken_back_is_told_to_nobody(committed_database):
    make.user("ada", "importer", "triager")
    kim = make.user("kim", "admin")
    listen(kim, ACCEPTED)
    with transaction.atomic():
        accept()
        assert WebhookDelivery.objects.count() == 1
        transaction.set_rollback(True)
    assert (WebhookEvent.objects.count(), WebhookDelivery.objects.count()) == (0, 0)
    assert not Job.objects.filter(kind=DELIVER).exists()
    accept()
    assert (WebhookEvent.objects.count(), Job.objects.filter(kind=DELIVER, state="queued").count()) == (1, 1)


def test_what_was_announced_and_tried_is_never_changed(kim, receiver):
    listen(kim, ACCEPTED)
    accept()
    attempt()
    for statement in (
        "UPDATE webhooks_webhookevent SET body = '{}'",
        "UPDATE webhooks_webhookattempt SET status = 500",
    ):
        with pytest.raises(DatabaseError, match="insert-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    assert (WebhookAttempt.objects.get().status, WebhookEvent.objects.get().body[:9]) == (200, '{"type":"')


# Again and again


def test_two_failures_and_then_an_answer_are_one_delivery_under_one_id(kim, receiver):
    _, secret = listen(kim, ACCEPTED)
    receiver.answers = [failing(), failing(), OK]
    accept()
    for _ in range(3):
        assert attempt() == 1
        hurry()
    assert attempt() == 0
    assert len({message.id for message in receiver.messages}) == 1
    assert len({message.body for message in receiver.messages}) == 1
    assert [message.verify(secret)["type"] for message in receiver.messages] == [ACCEPTED] * 3
    delivery = the_delivery()
    assert (delivery.state, delivery.failure, delivery.next_attempt_at) == (DeliveryState.DELIVERED, "", None)
    assert list(delivery.attempts.values_list("number", "status", "answer")) == [
        (1, 500, "no"), (2, 500, "no"), (3, 200, "thanks"),
    ]  # fmt: skip
    assert Job.objects.get(kind=DELIVER).result == {"delivered": True}


def test_each_pause_is_that_of_the_specification_and_after_the_last_it_is_given_up(kim, receiver):
    listen(kim, ACCEPTED)
    receiver.answers = [failing()]
    accept()
    pauses = []
    for _ in PAUSES[1:]:
        assert attempt() == 1
        pauses.append(pause())
        hurry()
    assert attempt() == 1
    for found, wanted in zip(pauses, PAUSES[1:], strict=True):
        assert wanted <= found < wanted * 1.1 + TOOK_SECONDS
    assert attempt() == 0
    delivery = the_delivery()
    assert (delivery.state, delivery.failure, delivery.attempts.count()) == ("failed", "answered_500", 10)
    job = Job.objects.get(kind=DELIVER)
    assert (job.state, job.result) == (JobState.DONE, {"delivered": False})


@pytest.mark.parametrize(
    ("status", "has_retry_after", "outcome"),
    [
        (200, False, "delivered"), (204, False, "delivered"), (299, True, "delivered"), (199, False, "failed"), (301, False, "failed"),
        (308, True, "failed"), (400, False, "failed"), (404, False, "failed"), (410, False, "gone"), (410, True, "gone"),
        (429, True, "later"), (429, False, "failed"), (500, True, "failed"), (503, True, "later"), (503, False, "failed"),
        (None, False, "silent"),
    ],
)  # fmt: skip
def test_what_an_answer_means(status, has_retry_after, outcome):
    assert schedule.outcome_of(status, has_retry_after=has_retry_after) == Outcome(outcome)


def test_pauses_have_jitter_and_an_end():
    assert [schedule.pause_seconds(tries) for tries in range(11)] == [*map(float, PAUSES), None]
    assert schedule.pause_seconds(1, 1.0) == 5.5
    assert [schedule.rest_seconds(n, None) for n in (1, 2, 9, 99)] == [5.0, 300.0, 86_400.0, 86_400.0]
    assert [schedule.rest_seconds(1, asked) for asked in (0.0, 7.5, 1e9)] == [0.0, 7.5, 86_400.0]


def test_a_server_that_says_when_is_sent_nothing_before(kim, receiver):
    endpoint, _ = listen(kim, ACCEPTED)
    receiver.answers = [failing(429, "Retry-After: 120"), OK]
    accept()
    attempt()
    assert 120 <= pause() < 120 + TOOK_SECONDS
    accept("Wages fell.")
    assert attempt() == 1
    assert len(receiver.messages) == 1
    endpoint.refresh_from_db()
    assert set(Job.objects.filter(kind=DELIVER).values_list("due_at", flat=True)) == {endpoint.resting_until}
    assert set(WebhookDelivery.objects.values_list("next_attempt_at", flat=True)) == {endpoint.resting_until}
    hurry()
    assert attempt() == 2
    assert [delivery.state for delivery in WebhookDelivery.objects.all()] == ["delivered"] * 2


def test_a_redirect_is_not_followed_and_counts_as_a_failure(kim, receiver, internet):
    listen(kim, ACCEPTED)
    receiver.answers = [redirect("https://news.example/elsewhere", "307 Temporary Redirect")]
    accept()
    attempt()
    assert ([message.path for message in receiver.messages], the_delivery().attempts.get().status) == (["/hook"], 307)


def test_a_name_that_leads_inside_by_now_is_not_sent_to(kim, receiver, internet):
    listen(kim, ACCEPTED)
    internet.names["news.example"] = [["127.0.0.1"]]
    accept()
    attempt()
    tried = the_delivery().attempts.get()
    assert (tried.status, tried.error, tried.detail) == (
        None,
        "fetch_refused",
        "the name leads to an address that is not public",
    )
    assert (internet.connections, receiver.messages) == ([], [])


# Endpoints that are gone, silent or failing


def test_410_disables_the_endpoint_and_its_owner_is_told(room, kim, receiver):
    endpoint, _ = listen(kim, ACCEPTED, description="Front page")
    receiver.answers = [failing(410)]
    accept()
    accept("Wages fell.")
    attempt()
    assert len(receiver.messages) == 1
    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, endpoint.version) == ("gone", 2)
    assert set(WebhookDelivery.objects.values_list("state", "failure")) == {("failed", "endpoint_disabled")}
    accept("Prices fell.")
    assert (attempt(), WebhookEvent.objects.count()) == (0, 2)
    [told] = notifications.visible_to(kim)
    assert told.words == "A webhook endpoint was disabled, since its server says that it is gone (410): Front page"
    assert events.events(endpoint).last().data == {"disabled_reason": ["", "gone"]}


def test_what_nothing_reaches_for_days_is_disabled_and_its_owner_is_told(kim, receiver, settings):
    endpoint, _ = listen(kim, ACCEPTED)
    receiver.answers = [failing()]
    accept()
    attempt()
    hurry()
    almost, over = (timezone.now() - timedelta(days=5, minutes=minutes) for minutes in (-5, 5))
    WebhookEndpoint.objects.update(failing_since=almost)
    attempt()
    endpoint.refresh_from_db()
    assert endpoint.disabled_reason == ""
    hurry()
    WebhookEndpoint.objects.update(failing_since=over)
    attempt()
    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, the_delivery().failure) == ("failing", "endpoint_disabled")
    assert "nothing has reached it for days" in notifications.visible_to(kim).get().words


def hangs_up(connection) -> None:
    """Without a word."""


def test_an_endpoint_that_hangs_is_left_alone_as_a_whole_and_others_are_not(kim, receiver, settings, internet):
    settings.WEBHOOK_TIMEOUT_SECONDS = 1.0
    internet.names["slow.example"] = [["93.184.216.9"]]
    slow = _Slow()
    internet.serve("93.184.216.9", 443, slow)
    listen(kim, ACCEPTED, url="https://slow.example/hook")
    listen(kim, ACCEPTED)
    for number in range(5):
        accept(f"Rents rose by {number + 2} per cent.")
    attempt()
    assert (slow.count, len(receiver.messages)) == (1, 5)
    hung = WebhookEndpoint.objects.get(url="https://slow.example/hook")
    assert (hung.failures, WebhookAttempt.objects.filter(delivery__endpoint=hung).get().error) == (1, "fetch_timed_out")
    waiting = hung.deliveries.filter(state="pending")
    assert {delivery.next_attempt_at >= hung.resting_until for delivery in waiting} == {True}
    hurry()
    attempt()
    hung.refresh_from_db()
    assert (slow.count, hung.failures) == (2, 2)
    last = WebhookAttempt.objects.filter(delivery__endpoint=hung).latest("at")
    assert 300 <= (hung.resting_until - last.at).total_seconds() < 300 + TOOK_SECONDS


class _Slow:
    """A server that takes connections and says nothing."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, connection) -> None:
        self.count += 1
        while connection.recv(4096):
            pass


def test_whatever_waited_goes_at_once_when_the_endpoint_answers_again(kim, receiver):
    endpoint, _ = listen(kim, ACCEPTED)
    receiver.answers = [hangs_up, OK]
    for number in range(3):
        accept(f"Rents rose by {number + 2} per cent.")
    attempt()
    assert (len(receiver.messages), attempt()) == (1, 0)
    endpoints.send_test(endpoint.pk, actor=kim)
    assert attempt() == 4
    assert set(WebhookDelivery.objects.values_list("state", flat=True)) == {"delivered"}
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.failing_since, endpoint.resting_until) == (0, None, None)


# Keeping endpoints


def test_a_disabled_endpoint_is_told_nothing_and_an_enabled_one_what_happens_from_then_on(kim, receiver):
    endpoint, _ = listen(kim, ACCEPTED)
    accept()
    endpoints.disable_endpoint(endpoint.pk, actor=kim)
    accept("Wages fell.")
    attempt()
    assert (receiver.messages, the_delivery().failure) == ([], "endpoint_disabled")
    with pytest.raises(ActionNotAllowed):
        endpoints.disable_endpoint(endpoint.pk, actor=kim)
    endpoints.enable_endpoint(endpoint.pk, actor=kim)
    with pytest.raises(ActionNotAllowed):
        endpoints.enable_endpoint(endpoint.pk, actor=kim)
    accept("Prices fell.")
    assert (attempt(), len(receiver.messages)) == (1, 1)


def test_what_was_given_up_is_sent_again_under_its_id_when_somebody_asks(kim, receiver):
    endpoint, secret = listen(kim, ACCEPTED)
    accept()
    endpoints.disable_endpoint(endpoint.pk, actor=kim)
    attempt()
    with pytest.raises(ActionNotAllowed):
        endpoints.replay(the_delivery().pk, actor=kim)
    assert the_delivery().state == "failed"
    endpoints.enable_endpoint(endpoint.pk, actor=kim)
    for _ in range(2):
        endpoints.replay(the_delivery().pk, actor=kim)
        attempt()
    assert [message.id for message in receiver.messages] == [WebhookEvent.objects.get().message_id] * 2
    assert [message.verify(secret)["type"] for message in receiver.messages] == [ACCEPTED] * 2
    delivery = the_delivery()
    assert (delivery.state, list(delivery.attempts.values_list("number", flat=True))) == ("delivered", [1, 2])
    assert [event.data for event in events.events(endpoint).filter(action="replay")] == [
        {"delivery": str(delivery.pk)}
    ] * 2


def test_what_waits_is_sent_at_once_when_somebody_asks(kim, receiver):
    listen(kim, ACCEPTED)
    receiver.answers = [failing(), OK]
    accept()
    attempt()
    endpoints.replay(the_delivery().pk, actor=kim)
    assert (attempt(), the_delivery().state) == (1, "delivered")


def test_a_test_is_sent_once_enabled_or_not(kim, receiver):
    endpoint, secret = listen(kim, ACCEPTED)
    endpoints.disable_endpoint(endpoint.pk, actor=kim)
    receiver.answers = [failing(), OK]
    for state in ("failed", "delivered"):
        delivery = endpoints.send_test(endpoint.pk, actor=kim)
        assert attempt() == 1
        delivery.refresh_from_db()
        assert delivery.state == state
    assert [message.verify(secret)["type"] for message in receiver.messages] == ["webhook.test"] * 2


def test_nothing_but_a_known_type_can_be_asked_for(kim):
    for asked, code in (
        ([], "required"),
        (["claim.eaten"], "unknown_event_type"),
        (["webhook.test"], "unknown_event_type"),
    ):
        with pytest.raises(InvalidInput) as refused:
            listen(kim, *asked)
        assert [error.code for error in refused.value.errors] == [code]
    assert not WebhookEndpoint.objects.exists()


def test_two_types_of_one_name_are_an_error_at_start():
    for name in (ACCEPTED, types.TEST):
        row = types.EventType(name, "Again.", types.Audience.PUBLIC, "claim", (), lambda subject, event: None)
        with pytest.raises(ValueError, match="two event types"):
            types.add(row)


def test_only_who_keeps_accounts_and_sees_the_desk_keeps_an_endpoint(room, kim):
    endpoint, _ = listen(kim, MOVED, desk_id=room.desk.pk)
    stranger = make.user("stranger", "admin")
    before = WebhookEndpoint.objects.values().get()
    verbs = [
        lambda who: endpoints.edit_endpoint(endpoint.pk, {"description": "Mine"}, actor=who),
        lambda who: endpoints.disable_endpoint(endpoint.pk, actor=who),
        lambda who: endpoints.rotate_secret(endpoint.pk, actor=who),
        lambda who: endpoints.send_test(endpoint.pk, actor=who),
    ]
    for verb in verbs:
        with pytest.raises(NotFound):
            verb(stranger)
        for who in (room.emil, room.uma):
            with pytest.raises(ActionForbidden):
                verb(who)
    with pytest.raises(InvalidInput, match="no such desk"):
        listen(stranger, MOVED, desk_id=room.desk.pk)
    with pytest.raises(InvalidInput, match="no such desk"):
        listen(kim, MOVED, desk_id=uuid7())
    assert WebhookEndpoint.objects.values().get() == before


# Secrets


def test_for_a_while_both_secrets_sign_and_then_the_new_one_alone(kim, receiver):
    endpoint, old = listen(kim, ACCEPTED)
    _, new = endpoints.rotate_secret(endpoint.pk, actor=kim, overlap_hours=2)
    assert old != new
    accept()
    attempt()
    assert [receiver.messages[-1].verify(secret)["type"] for secret in (old, new)] == [ACCEPTED] * 2
    WebhookEndpoint.objects.update(previous_until=timezone.now())
    accept("Wages fell.")
    attempt()
    with pytest.raises(WebhookVerificationError):
        receiver.messages[-1].verify(old)
    assert receiver.messages[-1].verify(new)["type"] == ACCEPTED


def test_a_secret_that_leaked_signs_no_more_at_once(kim, receiver):
    endpoint, old = listen(kim, ACCEPTED)
    _, new = endpoints.rotate_secret(endpoint.pk, actor=kim, overlap_hours=0)
    accept()
    attempt()
    [message] = receiver.messages
    with pytest.raises(WebhookVerificationError):
        message.verify(old)
    assert message.headers["webhook-signature"].count("v1,") == 1
    assert message.verify(new)["type"] == ACCEPTED


def test_nothing_that_is_stored_signs_anything(kim, receiver):
    endpoint, secret = listen(kim, ACCEPTED)
    endpoints.rotate_secret(endpoint.pk, actor=kim)
    accept()
    attempt()
    with connection.cursor() as cursor:
        rows = []
        for table in connection.introspection.table_names():
            cursor.execute(f'SELECT to_jsonb(found)::text FROM "{table}" found')
            rows += [row for (row,) in cursor.fetchall()]
    stored = "".join(rows)
    assert str(endpoint.pk) in stored
    assert secret not in stored
    assert secret.removeprefix("whsec_") not in stored
    assert base64.b64decode(secret.removeprefix("whsec_")).hex() not in stored


def test_a_secret_outlives_a_change_of_the_installations_key_that_is_told_of_it(kim, receiver, settings):
    _, secret = listen(kim, ACCEPTED)
    before = settings.SECRET_KEY
    with override_settings(SECRET_KEY="another key " * 4, SECRET_KEY_FALLBACKS=[before]):
        accept()
        attempt()
        assert receiver.messages[-1].verify(secret)["type"] == ACCEPTED
    with override_settings(SECRET_KEY="another key " * 4, SECRET_KEY_FALLBACKS=[]):
        accept("Wages fell.")
        attempt()
    assert len(receiver.messages) == 1
    assert WebhookDelivery.objects.latest("id").attempts.get().error == "secret_lost"


def test_no_line_of_the_log_has_a_secret_or_an_address_that_holds_one(kim, receiver, caplog):
    caplog.set_level(logging.DEBUG)
    _, secret = listen(kim, ACCEPTED, url="https://news.example/hook?key=hidden-in-the-address")
    receiver.answers = [failing(), hangs_up, OK]
    accept()
    for _ in range(3):
        attempt()
        hurry()
    assert len(receiver.messages) == 3
    assert secret not in caplog.text
    assert "hidden-in-the-address" not in caplog.text
    assert logs.without_secrets(f"signed with {secret}, it says") == "signed with whsec_[hidden], it says"
    assert "hidden-in" not in "".join(WebhookAttempt.objects.values_list("detail", flat=True))


# The job


def test_a_job_that_is_cancelled_or_breaks_gives_its_delivery_up_and_takes_it_up_when_retried(
    kim, receiver, monkeypatch
):
    listen(kim, ACCEPTED)
    accept()
    job = Job.objects.get(kind=DELIVER)
    jobs.cancel(job.pk, actor=kim)
    assert (the_delivery().state, the_delivery().failure) == ("failed", "cancelled")
    jobs.retry(job.pk, actor=kim)
    assert the_delivery().state == "pending"
    with monkeypatch.context() as broken:
        broken.setattr(delivering, "send", lambda *_: 1 / 0)
        for _ in range(jobs.MAX_ATTEMPTS):
            hurry()
            attempt()
    assert (the_delivery().state, the_delivery().failure) == ("failed", "job_failed")
    jobs.retry(job.pk, actor=kim)
    attempt()
    assert the_delivery().state == "delivered"


def test_a_worker_that_dies_between_sending_and_the_commit_sends_again_under_the_same_id(kim, receiver, monkeypatch):
    listen(kim, ACCEPTED)
    accept()
    Job.objects.exclude(kind=DELIVER).delete()
    job = jobs.lease("killed")

    def dies(*_: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as killed:
        killed.setattr(delivering, "_settle", dies)
        with pytest.raises(SystemExit), transaction.atomic():
            delivering.deliver(job)
    assert (len(receiver.messages), the_delivery().state, the_delivery().attempts.count()) == (1, "pending", 0)
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.sweep()["returned"] == 1
    assert attempt() == 1
    assert len({message.id for message in receiver.messages}) == 1
    assert (len(receiver.messages), the_delivery().state, the_delivery().attempts.count()) == (2, "delivered", 1)


def test_a_worker_that_was_taken_for_dead_changes_nothing_when_it_comes_back(kim, receiver):
    listen(kim, ACCEPTED)
    receiver.answers = [failing(), OK]
    accept()
    Job.objects.exclude(kind=DELIVER).delete()
    slow = jobs.lease("slow")
    Job.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    jobs.sweep()
    jobs._do(slow)
    assert (the_delivery().state, the_delivery().attempts.count()) == ("pending", 0)
    attempt()
    assert the_delivery().state == "delivered"


def test_old_deliveries_are_forgotten_with_their_events_attempts_and_jobs(kim, receiver, settings):
    listen(kim, ACCEPTED)
    for number in range(3):
        accept(f"Rents rose by {number + 2} per cent.")
    attempt()
    accept("Wages fell.")  # this one waits, however old it is
    old = timezone.now() - timedelta(days=settings.WEBHOOK_KEPT_DAYS + 1)
    first, second, _, waiting = WebhookDelivery.objects.order_by("id")
    WebhookDelivery.objects.filter(pk__in=[first.pk, second.pk]).update(ended_at=old)
    Job.objects.filter(subject_id__in=[first.pk, second.pk]).update(finished_at=old)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE webhooks_webhookevent DISABLE TRIGGER webhook_event_stays")
    WebhookEvent.objects.update(occurred_at=old)
    assert delivering.forget() == 2
    assert WebhookDelivery.objects.count() == WebhookEvent.objects.count() == 2
    assert (WebhookAttempt.objects.count(), Job.objects.filter(kind=DELIVER).count()) == (1, 2)
    assert WebhookDelivery.objects.filter(pk=waiting.pk).exists()
