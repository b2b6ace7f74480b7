"""Endpoints and deliveries in the admin: shown to whom the API shows them, with its actions as buttons."""

from __future__ import annotations

import pytest
from django.test import Client

from factcheck.accounts.models import User
from factcheck.webhooks import endpoints
from factcheck.webhooks.models import WebhookDelivery, WebhookEndpoint
from reviews.models import DeskMembership
from tests import make
from tests.receiving import failing
from tests.webhooks import attempt, listen

ENDPOINTS, DELIVERIES = "/admin/webhooks/webhookendpoint/", "/admin/webhooks/webhookdelivery/"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def room(db, uncompared) -> make.Newsroom:
    return make.newsroom()


@pytest.fixture
def kim(room) -> User:
    kim = make.user("kim", "admin", is_staff=True)
    DeskMembership.objects.create(desk=room.desk, user=kim)
    return kim


def press(client: Client, address: str, name: str, pk: object) -> str:
    """A button, and whatever is asked before it is done."""
    told = {"index": "0", "action": name, "_selected_action": str(pk)}
    page = client.post(address, told, follow=True).content.decode()
    if 'name="confirm"' not in page:
        return page
    return client.post(address, told | {"confirm": "1"}, follow=True).content.decode()


def test_an_endpoint_is_tested_disabled_and_enabled_there(kim, receiver):
    endpoint, secret = listen(kim, "claim.accepted", description="Front page")
    client = browser_of(kim)
    receiver.answers = [failing(500, body=b"<script>alert(1)</script>")]
    assert "Front page: a test is on its way." in press(client, ENDPOINTS, "send_test", endpoint.pk)
    attempt()
    delivery = WebhookDelivery.objects.get()
    page = client.get(f"{DELIVERIES}{delivery.pk}/change/").content.decode()
    assert "status 500" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "Front page: is told nothing more." in press(client, ENDPOINTS, "disable", endpoint.pk)
    assert "Front page: This endpoint is disabled already." in press(client, ENDPOINTS, "disable", endpoint.pk)
    assert WebhookEndpoint.objects.get().disabled_reason == "by_hand"
    assert "what happens from now on" in press(client, ENDPOINTS, "enable", endpoint.pk)
    assert "is sent again" in press(client, DELIVERIES, "replay", delivery.pk)
    delivery.refresh_from_db()
    assert delivery.state == "pending"
    pages = [
        client.get(address).content.decode() for address in (ENDPOINTS, f"{ENDPOINTS}{endpoint.pk}/change/", DELIVERIES)
    ]
    row = WebhookEndpoint.objects.get()
    for hidden in (secret.removeprefix("whsec_"), row.secret_salt, row.secret_check):
        assert not any(hidden in page for page in pages)


def test_what_cannot_be_taken_back_is_asked_for_twice(kim):
    endpoint, _ = listen(kim, "claim.accepted", description="Front page")
    client = browser_of(kim)
    for name, words in (("send_test", "of the type webhook.test is sent"), ("disable", "What waits for them fails")):
        answer = client.post(ENDPOINTS, {"index": "0", "action": name, "_selected_action": str(endpoint.pk)})
        page = answer.content.decode()
        assert (answer.status_code, words in page, "Front page" in page) == (200, True, True)
    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, WebhookDelivery.objects.count()) == ("", 0)
    assert "Front page: a test is on its way." in press(client, ENDPOINTS, "send_test", endpoint.pk)
    delivery = WebhookDelivery.objects.get()
    before = delivery.next_attempt_at
    client.post(DELIVERIES, {"index": "0", "action": "replay", "_selected_action": str(delivery.pk)})
    delivery.refresh_from_db()
    assert delivery.next_attempt_at == before


def test_what_is_another_desks_is_not_shown_and_not_touched(room, kim):
    endpoint, _ = listen(kim, "review.opened", desk_id=room.desk.pk, description="Night page")
    delivery = endpoints.send_test(endpoint.pk, actor=kim)
    other = browser_of(make.user("other", "admin", is_staff=True))
    for address, pk in ((ENDPOINTS, endpoint.pk), (DELIVERIES, delivery.pk)):
        assert "Night page" not in other.get(address).content.decode()
        assert other.get(f"{address}{pk}/change/").status_code == 404
    press(other, ENDPOINTS, "disable", endpoint.pk)
    press(other, DELIVERIES, "replay", delivery.pk)
    endpoint.refresh_from_db()
    assert (endpoint.disabled_reason, endpoint.version) == ("", 1)
    assert "Night page" in browser_of(kim).get(ENDPOINTS).content.decode()


def test_an_auditor_sees_them_without_buttons(room, kim):
    endpoint, _ = listen(kim, "claim.accepted", description="Front page")
    User.objects.filter(pk=room.uma.pk).update(is_staff=True)
    client = browser_of(User.objects.get(pk=room.uma.pk))
    page = client.get(f"{ENDPOINTS}{endpoint.pk}/change/").content.decode()
    assert ("Front page" in page, "Send a test" in page) == (True, False)
    answer = client.post(ENDPOINTS, {"index": "0", "action": "disable", "_selected_action": str(endpoint.pk)})
    endpoint.refresh_from_db()
    assert (answer.status_code, endpoint.disabled_reason) == (403, "")
