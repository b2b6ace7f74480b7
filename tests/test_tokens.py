"""Tokens of people and machines, their scopes, and the roles that bound them."""

from __future__ import annotations

import hashlib
import re
from datetime import timedelta
from io import StringIO

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from factcheck.accounts import tokens
from factcheck.accounts.groups import ensure_roles
from factcheck.accounts.models import Token, User
from factcheck.accounts.roles import ROLES, SCOPES, scopes_of
from factcheck.accounts.secret_form import is_possible, new_secret
from factcheck.logs import without_secrets
from tests.api import api, assert_problem
from tests.make import user as person

pytestmark = pytest.mark.django_db

ME = "/api/v1/me"


def browser_of(user, *, checks_csrf=False):
    client = Client(enforce_csrf_checks=checks_csrf)
    client.force_login(user)
    return client


@pytest.fixture
def ada():
    return person("ada", "importer", "triager")


def test_every_role_is_a_group_after_migrate():
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


def test_the_groups_have_the_permissions_of_the_table_and_no_others():
    held = {
        group.name: {f"{p.content_type.app_label}.{p.codename}" for p in group.permissions.all()}
        for group in Group.objects.all()
    }
    assert held == {name: set(role.model_permissions) for name, role in ROLES.items()}
    assert held["admin"] == {"accounts.view_user", "accounts.add_user", "accounts.change_user", "accounts.view_token"}


def test_the_next_migrate_puts_a_changed_role_right():
    editor = Group.objects.get(name="editor")
    editor.permissions.add(Permission.objects.get(codename="change_user"))
    Group.objects.get(name="auditor").delete()
    ensure_roles(apps.get_app_config("accounts"))
    assert not editor.permissions.exists()
    assert set(Group.objects.values_list("name", flat=True)) == set(ROLES)


@pytest.mark.parametrize(
    ("roles", "marks", "scopes"),
    [
        ((), {}, set()),
        (("no such role",), {}, set()),
        (("auditor",), {}, {"read"}),
        (("importer", "triager"), {}, {"read", "import", "triage"}),
        (("editor",), {}, {"read", "review", "publish"}),
        (("editor",), {"is_machine": True}, {"read"}),
        (("admin",), {}, {"read"}),
        ((), {"is_superuser": True}, set(SCOPES)),
        ((), {"is_superuser": True, "is_machine": True}, {"read", "import", "triage"}),
    ],
)
def test_the_roles_bound_the_scopes(roles, marks, scopes):
    assert scopes_of(roles, **marks) == scopes


def test_only_the_digest_of_a_secret_is_stored(ada):
    token, secret = tokens.issue(ada, name="feed", scopes=["read"])
    stored = Token.objects.filter(pk=token.pk).values().get()
    assert stored["digest"] == hashlib.sha256(secret.encode()).hexdigest()
    assert stored["prefix"] == secret[:10]
    assert not any(secret in str(value) for value in stored.values())


def test_a_secret_is_known_by_its_form_and_by_the_sum_at_its_end(ada):
    secret = new_secret()
    assert re.fullmatch("fc_[0-9A-Za-z]{46}", secret)
    assert is_possible(secret)
    mistyped = [secret[:n] + ("a" if secret[n] != "a" else "b") + secret[n + 1 :] for n in range(len(secret))]
    assert not [text for text in (*mistyped, secret[:-1], secret + "0", "", "fc_", "fc_\udcff") if is_possible(text)]
    assert without_secrets(f"token {secret}.") == "token fc_[hidden]."


def test_a_secret_from_before_the_sums_still_works_and_what_cannot_be_one_asks_no_database(
    ada, django_assert_num_queries
):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    old = "fc_" + "-_aA0" * 8 + "xyz"
    Token.objects.update(digest=hashlib.sha256(old.encode()).hexdigest())
    assert tokens.find(old) == token
    with django_assert_num_queries(0):
        assert tokens.find("fc_wrong") is None


def test_a_token_speaks_for_its_owner_within_its_scopes(ada):
    answer = api(ada, "read").get(ME).json()
    assert (answer["username"], answer["roles"], answer["scopes"]) == ("ada", ["importer", "triager"], ["read"])
    assert answer["token"]["name"] == "tests"


def test_a_session_may_do_what_the_roles_allow(ada):
    answer = browser_of(ada).get(ME).json()
    assert answer["scopes"] == ["read", "import", "triage"]
    assert answer["token"] is None


@pytest.mark.parametrize(
    ("scopes", "code"), [(["publish"], "scope_exceeds_owner"), (["fly"], "unknown_scope"), ([], "required")]
)
def test_a_token_is_refused_scopes_that_its_owner_does_not_hold(ada, scopes, code):
    with pytest.raises(tokens.ScopeRefused) as refused:
        tokens.issue(ada, name="feed", scopes=scopes)
    assert [error.code for error in refused.value.errors] == [code]
    assert not Token.objects.exists()


def test_the_database_refuses_an_unknown_scope(ada):
    with pytest.raises(IntegrityError, match="token_scopes_are_known"):
        Token.objects.create(user=ada, name="x", prefix="fc_x", digest="x", scopes=["fly"])


def test_a_demotion_takes_the_scope_from_tokens_and_sessions_on_the_next_request(ada):
    by_token, by_session = api(ada), browser_of(ada)
    ada.groups.remove(Group.objects.get(name="triager"))
    assert by_token.get(ME).json()["scopes"] == ["read", "import"]
    assert by_session.get(ME).json()["scopes"] == ["read", "import"]


def test_a_missing_scope_is_403_and_names_it(ada):
    problem = assert_problem(api(ada, "import").get("/api/v1/jobs"), 403, "insufficient_scope")
    assert (problem["required_scopes"], problem["scopes"]) == (["read"], ["import"])


def test_a_user_without_a_role_may_only_ask_who_they_are():
    nobody = browser_of(person("zoe"))
    assert nobody.get(ME).json()["scopes"] == []
    assert_problem(nobody.get("/api/v1/jobs"), 403, "insufficient_scope")


def _revoked(token):
    tokens.revoke(token)


def _expired(token):
    Token.objects.filter(pk=token.pk).update(expires_at=timezone.now() - timedelta(seconds=1))


def _of_an_inactive_owner(token):
    User.objects.filter(pk=token.user_id).update(is_active=False)


@pytest.mark.parametrize("end", [_revoked, _expired, _of_an_inactive_owner])
def test_a_dead_token_is_401_on_the_next_request(ada, end):
    client = api(ada)
    assert client.get(ME).status_code == 200
    end(Token.objects.get())
    response = client.get(ME)
    assert_problem(response, 401, "invalid_token")
    assert response["WWW-Authenticate"] == "Bearer"


def test_revoking_twice_keeps_the_first_time(ada):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    first = tokens.revoke(token).revoked_at
    assert tokens.revoke(token).revoked_at == first


def test_no_sign_in_is_401_and_says_how(client):
    response = client.get(ME)
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"] == "Bearer"


def test_the_last_use_is_written_once_a_minute(ada):
    client = api(ada)
    client.get(ME)
    first = Token.objects.get().last_used_at
    assert timezone.now() - first < timedelta(minutes=1)
    client.get(ME)
    assert Token.objects.get().last_used_at == first
    Token.objects.update(last_used_at=first - timedelta(seconds=61))
    client.get(ME)
    assert Token.objects.get().last_used_at >= first


def test_a_token_and_a_session_cost_two_queries_roles_included(ada):
    for client in (api(ada), browser_of(ada)):
        client.get(ME)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ME).json()["roles"] == ["importer", "triager"]
        signing_in = [query["sql"] for query in queries if "notifications_notification" not in query["sql"]]
        assert len(signing_in) == 2, signing_in


def test_a_machine_account_has_no_password_sign_in(client):
    person("bot", "importer", is_machine=True)
    assert not client.login(username="bot", password="secret-1")
    person("ada", "importer")
    assert client.login(username="ada", password="secret-1")


def test_two_usernames_do_not_differ_in_case_alone(ada):
    with pytest.raises(IntegrityError, match="one_user_per_username"):
        person("Ada")


def test_create_token_prints_the_secret_alone_on_standard_output(ada):
    out, err = StringIO(), StringIO()
    call_command("create_token", "ada", name="feed", scopes="read,import", expires_days=30, stdout=out, stderr=err)
    secret = out.getvalue().removesuffix("\n")
    token = tokens.find(secret)
    assert (token.user, token.name, token.scopes) == (ada, "feed", ["read", "import"])
    assert timedelta(days=29) < token.expires_at - timezone.now() <= timedelta(days=30)
    assert secret not in err.getvalue()


@pytest.mark.parametrize(
    ("user", "scopes", "says"),
    [("eve", "read", "There is no user 'eve'."), ("ada", "publish", "ada does not hold the scope 'publish'.")],
)
def test_create_token_says_why_it_refuses(ada, user, scopes, says):
    with pytest.raises(CommandError, match=says):
        call_command("create_token", user, name="feed", scopes=scopes)
    assert not Token.objects.exists()


USERS = "/admin/accounts/user/"


def test_an_admin_by_role_gives_roles_but_makes_no_superuser():
    boss = browser_of(person("boss", "admin", is_staff=True))
    zoe, root = person("zoe"), person("root", is_superuser=True)
    assert boss.get(USERS).status_code == 200
    form = {"username": "zoe", "groups": Group.objects.get(name="reviewer").pk, "is_active": "on", "is_superuser": "on"}
    assert boss.post(f"{USERS}{zoe.pk}/change/", form).status_code == 302
    zoe = User.objects.get(username="zoe")
    assert (zoe.roles, zoe.is_superuser) == (["reviewer"], False)
    for page in ("change", "password", "delete"):
        assert boss.post(f"{USERS}{root.pk}/{page}/", {"username": "mine"}).status_code == 403
    assert User.objects.filter(username="root").exists()


def test_tokens_are_revoked_in_the_admin_by_those_who_keep_users(ada):
    token, secret = tokens.issue(ada, name="feed", scopes=["read"])
    act = {"action": "revoke", "_selected_action": token.pk}
    page = "/admin/accounts/token/"
    assert browser_of(person("emil", "editor", is_staff=True)).post(page, act).status_code == 403
    assert tokens.find(secret) == token
    boss = browser_of(person("boss", "admin", is_staff=True))
    assert secret not in boss.get(page).content.decode()
    assert boss.post(page, act | {"confirm": "yes"}).status_code == 302
    assert tokens.find(secret) is None
