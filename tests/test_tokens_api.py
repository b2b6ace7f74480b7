"""People make, rotate and revoke their tokens in a session; nobody learns another person's secret, and no secret is kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.utils import timezone

from factcheck.accounts import tokens
from factcheck.accounts.models import Token, User
from factcheck.api.renderers import dumps
from factcheck.audit import events
from factcheck.audit.models import AuditEvent
from factcheck.audit.verifying import verify
from tests import make
from tests.api import Api, assert_problem, places, signed_in, walk
from tests.test_lists import scans

pytestmark = pytest.mark.django_db

KEY = {"Idempotency-Key": "8e03978e-40d5-43e8-bc93-6894a57f9324"}
NEW = {"name": "feed", "scopes": ["read", "import"]}


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


@pytest.fixture
def boss():
    return make.user("boss", "admin")


@pytest.fixture
def bot():
    return make.user("bot", "importer", is_machine=True)


def bearer(secret: str) -> Api:
    return Api(headers={"Authorization": f"Bearer {secret}"})


def works(secret: str) -> bool:
    return bearer(secret).get("/me").status_code == 200


def told(token: Token) -> list[tuple[str, Any, dict[str, Any]]]:
    return [(event.action, event.actor, event.data) for event in events.events(token)]


def state() -> list[Any]:
    return [*Token.objects.order_by("id").values(), *AuditEvent.objects.order_by("id").values()]


# Making


def test_a_person_makes_a_token_and_is_shown_its_secret_this_once(ada):
    client = signed_in(ada)
    made = client.post("/tokens", NEW)
    assert (made.status_code, made["Cache-Control"]) == (201, "no-store")
    token, body = Token.objects.get(), made.json()
    secret = body.pop("secret")
    assert body == {
        "id": str(token.pk), "name": "feed", "prefix": secret[:10], "scopes": ["read", "import"],
        "owner": {"id": str(ada.pk), "username": "ada"}, "created_at": body["created_at"], "expires_at": None,
        "last_used_at": None, "revoked_at": None, "version": 1,
    }  # fmt: skip
    assert client.get(made["Location"]).json() == body
    assert client.get(made["Location"])["ETag"] == made["ETag"]
    assert client.get("/tokens").json()["results"] == [body]
    assert bearer(secret).get("/me").json()["scopes"] == ["read", "import"]


def test_a_new_token_is_told_with_who_made_it_and_without_its_secret(ada):
    secret = signed_in(ada).post("/tokens", NEW).json()["secret"]
    token = Token.objects.get()
    data = {"owner": "ada", "name": "feed", "scopes": ["read", "import"], "expires_at": None}
    assert told(token) == [("issue", ada, data)]
    assert events.events(token).get().origin == "session"
    assert secret not in str(events.events(token).values())
    events.fold()
    assert list(verify()) == []


@pytest.mark.parametrize(
    ("body", "code", "place"),
    [
        ({"scopes": ["publish"]}, "scope_refused", ("scope_exceeds_owner", "/scopes")),
        ({"scopes": ["fly"]}, "invalid_input", ("invalid_choice", "/scopes/0")),
        ({"scopes": []}, "invalid_input", ("min_length", "/scopes")),
        ({"scopes": ["read"] * 6}, "invalid_input", ("max_length", "/scopes")),
        ({"name": " "}, "invalid_input", ("blank", "/name")),
        ({"name": "x" * 101}, "invalid_input", ("max_length", "/name")),
        ({"expires_at": "2020-01-01T00:00:00Z"}, "invalid_input", ("in_the_past", "/expires_at")),
        ({"expires_at": "soon"}, "invalid_input", ("invalid", "/expires_at")),
        ({"secret": "fc_mine"}, "invalid_input", ("unknown_field", "/secret")),
        ({"prefix": "fc_mine"}, "invalid_input", ("unknown_field", "/prefix")),
    ],
)
def test_a_token_that_may_not_be_is_refused_and_nothing_is_made(ada, body, code, place):
    problem = assert_problem(signed_in(ada).post("/tokens", NEW | body), 422, code)
    assert places(problem) == [place]
    assert state() == []


def test_a_token_asked_for_with_an_end_has_it(ada):
    end = timezone.now() + timedelta(days=90)
    made = signed_in(ada).post("/tokens", NEW | {"expires_at": end.isoformat()}).json()
    assert Token.objects.get().expires_at == end
    assert made["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def test_who_was_demoted_while_asking_gets_no_scope_that_they_lost(ada):
    assert "triage" in ada.scopes
    ada.groups.remove(Group.objects.get(name="triager"))
    with pytest.raises(tokens.ScopeRefused):
        tokens.issue(ada, name="feed", scopes=["triage"], actor=ada)
    assert state() == []


# A token manages none


def test_a_token_neither_sees_nor_makes_nor_changes_tokens(boss):
    token, secret = tokens.issue(boss, name="feed", scopes=["read"])
    client = bearer(secret)
    client.get("/me")
    before = state()
    one = f"/tokens/{token.pk}"
    for method, path in (
        ("GET", "/tokens"), ("POST", "/tokens"), ("GET", one), ("POST", f"{one}/rotate"), ("POST", f"{one}/revoke"),
    ):  # fmt: skip
        response = client.generic(method, path, dumps(NEW), "application/json")
        assert_problem(response, 403, "session_required")
    assert state() == before
    assert works(secret)


def test_a_session_without_its_csrf_token_makes_none(ada):
    client = Api(enforce_csrf_checks=True)
    client.force_login(ada)
    assert_problem(client.post("/tokens", NEW), 403, "csrf_failed")
    assert state() == []


# Rotating


def test_a_rotated_token_has_a_new_secret_and_the_old_one_stops_at_once(ada):
    client = signed_in(ada)
    made = client.post("/tokens", NEW)
    old = made.json()["secret"]
    assert works(old)
    rotated = client.post(f"{made['Location']}/rotate")
    assert (rotated.status_code, rotated["Cache-Control"]) == (200, "no-store")
    body = rotated.json()
    new = body.pop("secret")
    assert (works(old), Token.objects.get().last_used_at) == (False, None)
    assert works(new)
    assert body | {"secret": old} == made.json() | {"prefix": new[:10], "version": 2}
    token = Token.objects.get()
    assert told(token)[1:] == [("rotate", ada, {"prefix": [old[:10], new[:10]]})]
    assert events.events(token).last().version == 2


SOON, LATER = (timezone.now() + timedelta(days=days) for days in (1, 90))


@pytest.mark.parametrize(
    ("body", "end"), [({}, SOON), ({"expires_at": None}, None), ({"expires_at": LATER.isoformat()}, LATER)]
)
def test_a_rotation_keeps_the_end_or_takes_a_new_one(ada, body, end):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"], expires_at=SOON)
    assert signed_in(ada).post(f"/tokens/{token.pk}/rotate", body).status_code == 200
    token.refresh_from_db()
    assert token.expires_at == end
    changed = {"expires_at": [SOON.isoformat(), end and end.isoformat()]} if body else {}
    assert told(token)[-1][2].items() >= changed.items()
    assert ("expires_at" in told(token)[-1][2]) is bool(body)


def test_an_expired_token_is_rotated_only_with_a_new_end(ada):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    Token.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    client, before = signed_in(ada), state()
    problem = assert_problem(client.post(f"/tokens/{token.pk}/rotate"), 422, "invalid_input")
    assert places(problem) == [("in_the_past", "/expires_at")]
    assert state() == before
    assert works(client.post(f"/tokens/{token.pk}/rotate", {"expires_at": None}).json()["secret"])


def test_the_use_of_a_secret_that_is_being_rotated_away_is_not_the_new_ones_first(ada):
    token, secret = tokens.issue(ada, name="feed", scopes=["read"])
    found = tokens.find(secret)
    tokens.rotate(token)
    tokens.record_use(found)
    assert Token.objects.get().last_used_at is None


# Revoking


def test_a_revoked_token_stays_in_the_list_and_works_no_more(ada):
    client = signed_in(ada)
    made = client.post("/tokens", NEW)
    answer = client.post(f"{made['Location']}/revoke")
    assert (answer.status_code, answer.json()["version"]) == (200, 2)
    assert not works(made.json()["secret"])
    assert client.get("/tokens").json()["results"] == [answer.json()]
    token = Token.objects.get()
    assert told(token)[1:] == [("revoke", ada, {"revoked_at": [None, token.revoked_at.isoformat()]})]


def test_revoking_again_changes_nothing_and_a_revoked_token_is_not_rotated(ada):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    client = signed_in(ada)
    first = client.post(f"/tokens/{token.pk}/revoke")
    before = state()
    assert client.post(f"/tokens/{token.pk}/revoke").json() == first.json()
    assert_problem(client.post(f"/tokens/{token.pk}/rotate"), 409, "action_not_allowed")
    assert state() == before


@pytest.mark.parametrize("verb", ["rotate", "revoke"])
def test_who_comes_late_to_a_token_is_told_who_changed_what(ada, boss, verb):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    tokens.revoke(token, actor=boss)
    before = state()
    response = signed_in(ada).post(f"/tokens/{token.pk}/{verb}", headers={"If-Match": '"1"'})
    problem = assert_problem(response, 412, "stale_version")
    assert (problem["current_version"], problem["changed_by"], problem["changed_fields"]) == (2, "boss", ["revoked_at"])
    assert state() == before


# Whose


def test_other_peoples_tokens_are_not_there(ada):
    token, secret = tokens.issue(ada, name="feed", scopes=["read"])
    ben, before = signed_in(make.user("ben", "reviewer")), state()
    assert ben.get("/tokens").json()["results"] == []
    assert ben.get("/tokens?everybody=true").json()["results"] == []
    assert ben.get(f"/tokens?owner={ada.pk}").json()["results"] == []
    assert_problem(ben.get(f"/tokens/{token.pk}"), 404, "not_found")
    for verb in ("rotate", "revoke"):
        assert_problem(ben.post(f"/tokens/{token.pk}/{verb}", headers={"If-Match": '"1"'}), 404, "not_found")
    assert_problem(ben.post("/tokens", NEW | {"owner": str(ada.pk)}), 403, "action_forbidden")
    assert state() == before
    assert works(secret)


def test_who_keeps_the_accounts_sees_and_revokes_everybodys_but_learns_no_persons_secret(ada, boss):
    token, _ = tokens.issue(ada, name="feed", scopes=["read"])
    tokens.issue(boss, name="own", scopes=["read"])
    client = signed_in(boss)

    def listed(query: str) -> list[str]:
        return [row["name"] for row in client.get(f"/tokens{query}").json()["results"]]

    assert (listed(""), listed("?everybody=true"), listed(f"?owner={ada.pk}")) == (["own"], ["own", "feed"], ["feed"])
    before = state()
    assert_problem(client.post(f"/tokens/{token.pk}/rotate"), 403, "action_forbidden")
    assert_problem(client.post("/tokens", NEW | {"owner": str(ada.pk)}), 403, "action_forbidden")
    problem = assert_problem(client.post("/tokens", NEW | {"owner": str(token.pk)}), 422, "invalid_input")
    assert places(problem) == [("unknown_owner", "/owner")]
    assert state() == before
    assert client.post(f"/tokens/{token.pk}/revoke").status_code == 200
    assert told(token)[-1][:2] == ("revoke", boss)


def test_a_machines_tokens_are_made_and_rotated_by_who_keeps_the_accounts(ada, boss, bot):
    client = signed_in(boss)
    made = client.post("/tokens", NEW | {"owner": str(bot.pk)})
    assert bearer(made.json()["secret"]).get("/me").json()["username"] == "bot"
    assert works(client.post(f"{made['Location']}/rotate").json()["secret"])
    assert [event[:2] for event in told(Token.objects.get())] == [("issue", boss), ("rotate", boss)]
    too_much = client.post("/tokens", {"name": "x", "scopes": ["triage"], "owner": str(bot.pk)})
    assert_problem(too_much, 422, "scope_refused")
    assert_problem(signed_in(ada).post("/tokens", NEW | {"owner": str(bot.pk)}), 403, "action_forbidden")
    assert Token.objects.count() == 1


# Lists


def test_tokens_are_listed_page_by_page_and_narrowed_to_those_that_work(ada):
    made = [tokens.issue(ada, name=f"token {n}", scopes=["read"])[0] for n in range(5)]
    tokens.revoke(made[1])
    Token.objects.filter(pk=made[3].pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    client = signed_in(ada)

    def names(query: str) -> list[str]:
        return [row["name"][-1] for page in walk(client, f"/tokens?page_size=2&{query}") for row in page]

    assert names("") == ["4", "3", "2", "1", "0"]
    assert names("is_live=true&ordering=created_at") == ["0", "2", "4"]
    assert names("is_live=false") == ["3", "1"]
    for row in client.get("/tokens").json()["results"]:
        assert client.get(f"/tokens/{row['id']}").json() == row
    assert_problem(client.get("/tokens?everbody=true"), 400, "unknown_parameter")
    assert_problem(client.get("/tokens?ordering=name"), 400, "invalid_parameter")


def test_a_page_of_tokens_is_a_range_of_an_index(ada, boss):
    people = User.objects.bulk_create(User(username=f"person {n}") for n in range(100))
    Token.objects.bulk_create(
        Token(user=people[n % 100], name="feed", prefix="fc_", digest=str(n), scopes=["read"]) for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_token")
    for client, query, index in (
        (signed_in(people[3]), "?", "token_by_owner"),
        (signed_in(boss), f"?owner={people[3].pk}&", "token_by_owner"),
        (signed_in(boss), "?everybody=true&", "accounts_token_pkey"),
        (signed_in(boss), "?everybody=true&ordering=created_at&", "accounts_token_pkey"),
    ):
        first = f"/tokens{query}page_size=5"
        for address in (first, client.get(first).json()["next"]):
            assert scans(client, address, "accounts_token") == {index}, address


# No secret is kept


def everything_stored() -> str:
    """Every row of every table as text; bytes stand there in hexadecimal."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT t::text FROM "{table}" t')
            found += [row for (row,) in cursor.fetchall()]
    return "\n".join(found)


def test_the_database_keeps_no_secret_though_the_requests_had_an_idempotency_key(ada):
    client = signed_in(ada)
    made = client.post("/tokens", NEW, headers=KEY)
    rotated = client.post(f"{made['Location']}/rotate", headers=KEY)
    stored = everything_stored()
    assert b'"name":"feed"'.hex() in stored, "the answers are kept"
    for answer in (made, rotated):
        secret = answer.json()["secret"]
        assert secret not in stored
        assert secret.encode().hex() not in stored


def test_a_repeated_request_for_a_token_acts_once_and_is_answered_without_the_secret(ada):
    client = signed_in(ada)
    first = client.post("/tokens", NEW, headers=KEY)
    again = client.post("/tokens", NEW, headers=KEY)
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json() == first.json() | {"secret": None}
    assert (again["Location"], again["ETag"]) == (first["Location"], first["ETag"])
    assert Token.objects.count() == 1
    # Whose first answer was lost goes on from the replayed one.
    rotate = {"If-Match": again["ETag"]} | KEY
    rotated = client.post(f"{again['Location']}/rotate", headers=rotate)
    assert client.post(f"{again['Location']}/rotate", headers=rotate).json() == rotated.json() | {"secret": None}
    assert works(rotated.json()["secret"])
    assert Token.objects.get().version == 2


def test_without_shown_once_the_secret_would_be_kept(ada, monkeypatch):
    from factcheck.api.tokens import TokenViewSet

    monkeypatch.setattr(TokenViewSet, "shown_once", ())
    secret = signed_in(ada).post("/tokens", NEW, headers=KEY).json()["secret"]
    assert secret.encode().hex() in everything_stored()
