"""Accounts in the admin: one rule for who may keep them, and an event for whatever is saved."""

from __future__ import annotations

import html
import re

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from factcheck import routes
from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.accounts.roles import ROLES, SCOPES
from factcheck.audit import events
from factcheck.audit.models import AuditEvent
from factcheck.audit.verifying import verify
from tests import make

pytestmark = pytest.mark.django_db

USERS, TOKENS = "/admin/accounts/user/", "/admin/accounts/token/"
NEW_PASSWORD = "a long phrase 7"


def browser_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def boss() -> User:
    return make.user("boss", "admin", is_staff=True)


def form_of(user: User, **fields: object) -> dict[str, object]:
    return {
        "username": user.username, "first_name": user.first_name, "last_name": user.last_name, "email": user.email,
        "groups": list(user.groups.values_list("pk", flat=True)), "is_active": "on", "is_staff": "",
        "email_notifications": "on",
    } | fields  # fmt: skip


@pytest.mark.parametrize("address", [USERS, TOKENS])
@pytest.mark.parametrize("role", ["auditor", "triager", "editor"])
def test_permissions_ticked_by_hand_open_no_accounts(role, address):
    zoe = make.user("zoe", role, is_staff=True)
    zoe.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    assert browser_of(zoe).get(address).status_code == 403
    assert "Accounts" not in browser_of(zoe).get("/admin/").content.decode()


def test_a_token_is_revoked_by_nobody_with_ticked_permissions_only():
    zoe = make.user("zoe", "auditor", is_staff=True)
    zoe.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts"))
    token, _ = tokens.issue(zoe, name="laptop", scopes=["read"])
    answer = browser_of(zoe).post(TOKENS, {"action": "revoke", "index": "0", "_selected_action": str(token.pk)})
    assert answer.status_code == 403
    assert Token.objects.get().revoked_at is None


def test_a_token_is_revoked_once_that_was_confirmed(boss):
    token, _ = tokens.issue(boss, name="laptop", scopes=["read"])
    browser, press = browser_of(boss), {"action": "revoke", "index": "0", "_selected_action": str(token.pk)}
    assert "for good" in browser.post(TOKENS, press).content.decode()
    assert Token.objects.get().revoked_at is None
    assert "works no more" in browser.post(TOKENS, press | {"confirm": "1"}, follow=True).content.decode()
    assert Token.objects.get().revoked_at is not None
    assert [event.action for event in events.events(token)][-1] == "revoke"


def test_a_tokens_page_shows_no_digest(boss):
    token, secret = tokens.issue(boss, name="laptop", scopes=["read"])
    for address in (TOKENS, f"{TOKENS}{token.pk}/change/"):
        page = browser_of(boss).get(address).content.decode()
        assert "laptop" in page
        assert token.digest not in page
        assert secret not in page


def test_a_changed_account_leaves_what_changed(boss):
    ada = make.user("ada", "importer")
    triager = Group.objects.get(name="triager")
    answer = browser_of(boss).post(
        f"{USERS}{ada.pk}/change/", form_of(ada, email="ada@example.org", groups=[str(triager.pk)])
    )
    assert answer.status_code == 302, answer.content.decode()
    (event,) = events.events(ada)
    assert (event.action, event.actor, event.origin) == ("edit", boss, "admin")
    assert event.data == {"email": ["", "ada@example.org"], "roles": [["importer"], ["triager"]]}
    events.fold()
    assert list(verify()) == []


def test_saving_an_account_as_it_is_leaves_nothing(boss):
    ada = make.user("ada", "importer")
    assert browser_of(boss).post(f"{USERS}{ada.pk}/change/", form_of(ada)).status_code == 302
    assert not events.events(ada).exists()


def test_a_refused_form_leaves_neither_change_nor_event(boss):
    ada = make.user("ada", "importer")
    assert browser_of(boss).post(f"{USERS}{ada.pk}/change/", form_of(ada, email="nonsense")).status_code == 200
    ada.refresh_from_db()
    assert ada.email == ""
    assert not AuditEvent.objects.exists()


def test_a_new_account_is_recorded_without_its_password(boss):
    fields = {"username": "kim", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true"}
    assert browser_of(boss).post(f"{USERS}add/", fields).status_code == 302
    kim = User.objects.get(username="kim")
    (event,) = events.events(kim)
    assert (event.action, event.actor) == ("create", boss)
    assert event.data == {"username": "kim", "is_active": True, "email_notifications": True}


def test_a_password_set_by_another_is_recorded_and_not_told(boss):
    ada = make.user("ada", "importer")
    fields = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD, "usable_password": "true", "set-password": "1"}
    assert browser_of(boss).post(f"{USERS}{ada.pk}/password/", fields).status_code == 302
    ada.refresh_from_db()
    assert ada.check_password(NEW_PASSWORD)
    (event,) = events.events(ada)
    assert (event.action, event.actor, event.data) == ("change_password", boss, {"password": "changed"})


def test_a_password_that_was_refused_is_not_recorded(boss):
    ada = make.user("ada", "importer")
    fields = {"password1": NEW_PASSWORD, "password2": "another", "usable_password": "true", "set-password": "1"}
    assert browser_of(boss).post(f"{USERS}{ada.pk}/password/", fields).status_code == 200
    assert not AuditEvent.objects.exists()
    assert browser_of(boss).get(f"{USERS}nonsense/password/").status_code == 404


def test_ones_own_new_password_is_recorded(boss):
    client = browser_of(boss)
    fields = {"old_password": "secret-1", "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert client.post("/admin/password_change/", fields).status_code == 302
    (event,) = events.events(boss)
    assert (event.action, event.actor, event.data) == ("change_password", boss, {"password": "changed"})
    assert client.get("/admin/").status_code == 200


def test_the_page_of_roles_says_what_the_tables_say_to_everybody_who_may_read():
    zoe = make.user("zoe", "auditor", is_staff=True)
    make.user("kim", "auditor", is_active=False)
    answer = browser_of(zoe).get(f"{USERS}roles/")
    page = html.unescape(answer.content.decode())
    for role in ROLES.values():
        row = re.search(rf'(?s)<th scope="row">{role.name}</th><td>{re.escape(role.description)}</td>(.*?)</tr>', page)
        assert row
        cells = [text == "yes" for text in re.findall(r"<td>(?:<span[^>]*>)?(yes|–)", row[1])]
        assert cells == [scope in role.scopes for scope in SCOPES]
        assert re.search(r'class="number">(\d+)<', row[1])[1] == str(int(role.name == "auditor"))  # type: ignore[index]
    for rows in routes.by_need().values():
        assert all(f"<code>{row}</code>" in page for row in rows[1])
    assert browser_of(zoe).post(f"{USERS}roles/").status_code == 403
    assert browser_of(make.user("nora", is_staff=True)).get(f"{USERS}roles/").status_code == 403


def test_the_page_of_an_account_says_what_roles_are_for_and_not_how_its_password_is_kept(boss):
    ada = make.user("ada", "triager")
    ada.set_password("secret-1")
    ada.save()
    page = browser_of(boss).get(f"{USERS}{ada.pk}/change/").content.decode()
    assert "triager: Decides which claims deserve a review." in page
    assert "<strong>set</strong>" in page
    assert ada.password.split("$")[-1][:6] not in page
    User.objects.filter(pk=ada.pk).update(password="of another program")
    assert "Invalid password format" in browser_of(boss).get(f"{USERS}{ada.pk}/change/").content.decode()
    record = browser_of(boss).get(f"{USERS}{ada.pk}/history/")
    assert (record.status_code, record.headers["Location"]) == (302, f"/admin/audit/auditevent/?q={ada.pk}")


def test_the_list_of_people_says_their_roles_and_desks_in_few_queries(boss):
    make.newsroom()
    browser = browser_of(boss)

    def page() -> str:
        with CaptureQueriesContext(connection) as captured:
            found = browser.get(USERS).content.decode()
        assert len(captured) <= 20
        return found

    row = re.search(r"(?s)<tr>(?:(?!</tr>).)*>finn<.*?</tr>", page())
    assert row
    assert all(
        f'data-label="{name}">{words}</td>' in row[0] for name, words in (("Roles", "researcher"), ("Desks", "Desk"))
    )
    assert f'href="{USERS}roles/"' in page()
