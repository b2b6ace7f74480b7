"""Endpoints are kept in a session by those who keep accounts; a secret is shown once; what was sent is there to be read and sent again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from claims import pipeline
from claims.triage import TriageAction
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.models import AuditEvent
from factcheck.ids import uuid7
from factcheck.webhooks import endpoints, types
from factcheck.webhooks.models import WebhookDelivery, WebhookEndpoint
from tests import make
from tests.api import api, assert_problem, places, signed_in, walk
from tests.receiving import OK, URL, failing
from tests.test_fetch import FORBIDDEN, INSIDE, MALFORMED
from tests.webhooks import attempt, keeper, listen

NEW = {"url": URL, "event_types": ["claim.accepted"]}
KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}


@pytest.fixture
def room(db, uncompared) -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def kim(room) -> User:
    return keeper(room)


@pytest.fixture
def client(kim):
    return signed_in(kim)


def accept(room: make.Newsroom, text: str = "Rents tripled.") -> None:
    pipeline.triage(make.claim(text, actor=room.ada).pk, TriageAction.ACCEPT, actor=room.ada)


def state() -> list[Any]:
    return [*WebhookEndpoint.objects.order_by("id").values(), *AuditEvent.objects.order_by("id").values("pk")]


# Making


def test_whoever_makes_an_endpoint_is_shown_its_secret_this_once(client, kim, room, receiver):
    made = client.post("/webhook-endpoints", NEW | {"desk": str(room.desk.pk), "description": "Front page"})
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    body = made.json()
    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert body == {
        "id": body["id"], "url": URL, "description": "Front page", "event_types": ["claim.accepted"], "desk": str(room.desk.pk),
        "owner": {"id": str(kim.pk), "username": "kim"}, "is_enabled": True, "disabled_reason": "",
        "secret_created_at": body["secret_created_at"], "previous_secret_until": None, "failures": 0, "failing_since": None,
        "resting_until": None, "last_delivered_at": None, "created_at": body["created_at"], "updated_at": body["updated_at"], "version": 1,
    }  # fmt: skip
    assert client.get(made["Location"]).json() == body
    assert client.get(made["Location"])["ETag"] == made["ETag"]
    assert client.get("/webhook-endpoints").json()["results"] == [body]
    accept(room)
    attempt()
    assert receiver.messages[0].verify(secret)["type"] == "claim.accepted"


def test_a_repeated_request_makes_no_second_endpoint_and_shows_no_secret(client):
    first, again = (client.post("/webhook-endpoints", NEW, headers=KEY) for _ in range(2))
    assert (first.status_code, again.status_code, again["Idempotency-Replayed"]) == (201, 201, "true")
    assert again.json() == first.json() | {"secret": None}
    assert WebhookEndpoint.objects.count() == 1


def test_nothing_private_or_in_the_clear_is_taken_for_an_address(client, internet):
    before = state()
    payloads = [
        *MALFORMED,
        *FORBIDDEN,
        "http://news.example/hook",
        "https://news.example:8443/",
        "https://ann:secret@news.example/",
    ]
    for url in payloads:
        for asked in {url, url.replace("http://", "https://")} - {"https://news.example/hook"}:
            response = client.post("/webhook-endpoints", NEW | {"url": asked})
            assert response.status_code == 422, (asked, response.content)
    assert state() == before
    assert (internet.asked, internet.connections) == ([], [])


def test_a_name_that_leads_inside_is_found_out_when_something_is_sent(client, room, internet):
    for number, addresses in enumerate(INSIDE):
        internet.names[f"inside{number}.example"] = [addresses]
        assert client.post("/webhook-endpoints", NEW | {"url": f"https://inside{number}.example/"}).status_code == 201
    accept(room)
    assert attempt() == len(INSIDE)
    [*listed] = client.get("/webhook-deliveries").json()["results"]
    assert {attempt["error"] for each in listed for attempt in each["attempts"]} == {"fetch_refused"}
    assert internet.connections == []


@pytest.mark.parametrize(
    ("wrong", "code", "place"),
    [
        ({"event_types": ["claim.eaten"]}, "invalid_choice", "/event_types/0"),
        ({"event_types": ["webhook.test"]}, "invalid_choice", "/event_types/0"),
        ({"event_types": []}, "min_length", "/event_types"),
        ({"event_types": ["review.opened"]}, "desk_needed", "/event_types/0"),
        ({"desk": str(uuid7())}, "unknown_desk", "/desk"),
        ({"url": "http://news.example/"}, "fetch_refused", "/url"),
        ({"secret": "whsec_mine"}, "unknown_field", "/secret"),
    ],
)
def test_what_is_wrong_with_an_endpoint_is_named_by_its_place(client, wrong, code, place):
    response = client.post("/webhook-endpoints", NEW | wrong)
    assert places(assert_problem(response, 422, response.json()["code"])) == [(code, place)]
    assert not WebhookEndpoint.objects.exists()


# Whose they are


def test_endpoints_of_another_desk_are_not_there(client, room, kim):
    stranger = make.user("stranger", "admin")
    endpoint, _ = listen(kim, "review.opened", desk_id=room.desk.pk)
    shared, _ = listen(kim, "claim.accepted")
    delivery = endpoints.send_test(endpoint.pk, actor=kim)
    before = state()
    other = signed_in(stranger, looks_first=False)
    assert [row["id"] for row in other.get("/webhook-endpoints").json()["results"]] == [str(shared.pk)]
    assert other.get("/webhook-deliveries").json()["results"] == []
    address = f"/webhook-endpoints/{endpoint.pk}"
    seen = {"If-Match": '"1"'}
    for response in (
        other.get(address),
        other.get(f"/webhook-deliveries/{delivery.pk}"),
        other.patch(address, {"description": "Mine"}, "application/json", headers=seen),
        *(
            other.post(f"{address}/{verb}", headers=seen)
            for verb in ("disable", "enable", "rotate-secret", "send-test")
        ),
        other.post(f"/webhook-deliveries/{delivery.pk}/replay"),
    ):
        assert_problem(response, 404, "not_found")
    assert state() == before
    assert len(client.get("/webhook-endpoints").json()["results"]) == 2
    events_of = f"/events?subject={endpoint.pk}"
    assert [len(api(who).get(events_of).json()["results"]) for who in (stranger, room.emil)] == [0, 0]
    assert other.get(f"/jobs?kind=deliver_webhook&subject_id={delivery.pk}").json()["results"] == []
    assert len(client.get(f"/jobs?kind=deliver_webhook&subject_id={delivery.pk}").json()["results"]) == 1


def test_an_auditor_reads_and_a_token_changes_nothing(room, kim):
    endpoint, _ = listen(kim, "claim.accepted")
    auditor = api(room.uma)
    assert auditor.get(f"/webhook-endpoints/{endpoint.pk}").status_code == 200
    assert auditor.get("/webhook-deliveries").status_code == 200
    before = state()
    assert_problem(api(kim).post(f"/webhook-endpoints/{endpoint.pk}/disable"), 403, "session_required")
    assert_problem(signed_in(room.uma).post(f"/webhook-endpoints/{endpoint.pk}/disable"), 403, "insufficient_role")
    assert [row for row in state() if "url" in row] == [row for row in before if "url" in row]


# Changing


def test_an_endpoint_is_changed_by_who_has_seen_it(client, kim):
    endpoint, _ = listen(kim, "claim.accepted")
    address = f"/webhook-endpoints/{endpoint.pk}"
    changed = client.patch(
        address, {"event_types": ["import_run.finished"], "description": "Imports"}, "application/json"
    )
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert client.get(address).json() == changed.json()
    told = events.events(endpoint).last()
    assert (told.action, told.actor) == ("edit", kim)
    assert told.data == {"event_types": [["claim.accepted"], ["import_run.finished"]], "description": ["", "Imports"]}
    stale = client.patch(address, {"description": "Late"}, "application/json", headers={"If-Match": '"1"'})
    assert assert_problem(stale, 412, "stale_version")["changed_fields"] == ["description", "event_types"]
    unseen = signed_in(kim, looks_first=False).patch(address, {"description": "Blind"}, "application/json")
    assert_problem(unseen, 428, "precondition_required")
    assert places(client.patch(address, {"is_enabled": False}, "application/json").json()) == [
        ("use_an_action", "/is_enabled")
    ]
    endpoint.refresh_from_db()
    assert (endpoint.description, endpoint.version, endpoint.disabled_reason) == ("Imports", 2, "")


def test_a_new_address_begins_without_a_past_and_what_waits_goes_there(client, kim, room, receiver):
    endpoint, _ = listen(kim, "claim.accepted")
    receiver.answers = [failing(503, "Retry-After: 3600"), OK]
    accept(room)
    attempt()
    address = f"/webhook-endpoints/{endpoint.pk}"
    assert client.get(address).json()["failures"] == 1
    moved = client.patch(address, {"url": f"{URL}/new"}, "application/json").json()
    assert (moved["failures"], moved["failing_since"], moved["resting_until"]) == (0, None, None)
    assert (attempt(), [message.path for message in receiver.messages]) == (1, ["/hook", "/hook/new"])


def test_disabling_and_enabling_are_actions_and_whoever_enables_answers_for_it(client, kim, room):
    endpoint, _ = listen(kim, "claim.accepted")
    address = f"/webhook-endpoints/{endpoint.pk}"
    off = client.post(f"{address}/disable").json()
    assert (off["is_enabled"], off["disabled_reason"], off["version"]) == (False, "by_hand", 2)
    assert_problem(client.post(f"{address}/disable"), 409, "action_not_allowed")
    assert [row["id"] for row in client.get("/webhook-endpoints?is_enabled=false").json()["results"]] == [
        str(endpoint.pk)
    ]
    other = signed_in(make.user("other", "admin"))
    on = other.post(f"{address}/enable").json()
    assert (on["is_enabled"], on["disabled_reason"], on["owner"]["username"], on["version"]) == (True, "", "other", 3)
    assert client.get("/webhook-endpoints?is_enabled=false").json()["results"] == []


def test_a_rotated_secret_is_shown_once_and_named_nowhere(client, kim):
    endpoint, old = listen(kim, "claim.accepted")
    rotated = client.post(f"/webhook-endpoints/{endpoint.pk}/rotate-secret", {"overlap_hours": 2}, headers=KEY)
    body = rotated.json()
    secret = body.pop("secret")
    assert (rotated["Cache-Control"], secret == old, body["version"]) == ("no-store", False, 2)
    until = WebhookEndpoint.objects.get().previous_until
    assert until - WebhookEndpoint.objects.get().secret_at == timedelta(hours=2)
    everywhere = [
        client.get(f"/webhook-endpoints/{endpoint.pk}"),
        client.get("/webhook-endpoints"),
        client.get("/events"),
    ]
    everywhere.append(client.get(f"/events?subject={endpoint.pk}"))
    text = b"".join(response.content for response in everywhere).decode()
    assert "rotate_secret" in text
    for each in (secret, old):
        assert each.removeprefix("whsec_") not in text
    assert "salt" not in text


# What was sent


def test_a_delivery_says_what_was_sent_and_what_came_of_each_attempt(client, kim, room, receiver):
    endpoint, _ = listen(kim, "claim.accepted")
    receiver.answers = [failing(500, body=b"<b>\0\xff" + b"x" * 2000), OK]
    accept(room)
    attempt()
    [listed] = client.get("/webhook-deliveries?state=pending").json()["results"]
    assert client.get(f"/webhook-deliveries/{listed['id']}").json() == listed
    [tried] = listed.pop("attempts")
    assert (tried["number"], tried["status"], tried["error"], len(tried["answer"])) == (1, 500, "", 500)
    assert tried["answer"].startswith("<b>\ufffd\ufffdxxx")
    delivery = WebhookDelivery.objects.get()
    assert listed == {
        "id": str(delivery.pk), "message_id": receiver.messages[0].id, "endpoint": str(endpoint.pk), "event_type": "claim.accepted",
        "occurred_at": receiver.messages[0].told["timestamp"], "state": "pending", "failure": "", "body": receiver.messages[0].body.decode(),
        "created_at": listed["created_at"], "next_attempt_at": listed["next_attempt_at"], "ended_at": None,
    }  # fmt: skip
    again = client.post(f"/webhook-deliveries/{delivery.pk}/replay")
    assert (again.status_code, again.json()["state"]) == (200, "pending")
    attempt()
    ended = client.get(f"/webhook-deliveries/{delivery.pk}").json()
    assert (ended["state"], ended["next_attempt_at"], len(ended["attempts"])) == ("delivered", None, 2)
    assert [message.id for message in receiver.messages] == [ended["message_id"]] * 2


def test_deliveries_are_found_by_endpoint_state_type_time_and_the_id_that_a_receiver_saw(client, kim, room, receiver):
    first, _ = listen(kim, "claim.accepted")
    listen(kim, "claim.accepted")
    for text in ("Rents tripled.", "Wages fell."):
        accept(room, text)
    attempt()
    endpoints.send_test(first.pk, actor=kim)
    message = receiver.messages[0].id
    for query, count in (
        ("", 5), (f"endpoint={first.pk}", 3), ("state=delivered", 4), ("state=pending,failed", 1), ("event_type=webhook.test", 1),
        ("event_type=claim.accepted", 4), (f"message_id={message}", 2), (f"message_id={message}0", 0), ("message_id=x", 0),
        ("created_after=2999-01-01T00:00:00Z", 0), ("created_before=2999-01-01T00:00:00Z", 5),
    ):  # fmt: skip
        assert len(client.get(f"/webhook-deliveries?{query}").json()["results"]) == count, query
    pages = list(walk(client, "/webhook-deliveries?page_size=2"))
    assert [len(page) for page in pages] == [2, 2, 1]
    assert_problem(client.get("/webhook-deliveries?stat=x"), 400, "unknown_parameter")


def test_a_test_answers_at_once_and_names_its_delivery(client, kim, receiver):
    endpoint, _ = listen(kim, "claim.accepted")
    asked = client.post(f"/webhook-endpoints/{endpoint.pk}/send-test", headers={"If-Match": ""})
    assert (asked.status_code, receiver.messages) == (202, [])
    attempt()
    ended = client.get(asked["Location"]).json()
    assert (ended["state"], ended["event_type"], ended["id"]) == ("delivered", "webhook.test", asked.json()["id"])
    assert receiver.told[0]["data"]["endpoint"] == str(endpoint.pk)


def test_the_types_are_listed_for_whoever_reads(room):
    listed = api(room.emil).get("/webhook-event-types").json()
    assert [(row["name"], row["audience"]) for row in listed] == [(row.name, row.audience) for row in types.all_types()]
    assert {row["audience"] for row in listed} == {"public", "installation", "desk"}
