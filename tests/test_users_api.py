"""The directory of who works here: names and roles for everybody who may read, and nothing else of a person."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group
from django.db import connection

from factcheck.accounts.models import User
from tests import make
from tests.api import api, assert_problem, signed_in, walk
from tests.test_lists import scans

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager", first_name="Ada", last_name="Lovelace", email="ada@example.org")


@pytest.fixture
def ben():
    return make.user("ben", "reviewer", email="ben@example.org")


def test_the_directory_tells_names_and_roles(ada, ben):
    ada.groups.add(Group.objects.create(name="choir"))
    people = api(ben).get("/users").json()["results"]
    assert people[0] == {
        "id": str(ada.pk), "username": "ada", "name": "Ada Lovelace", "email": None, "roles": ["importer", "triager"],
        "is_machine": False, "is_active": True,
    }  # fmt: skip
    assert [person["username"] for person in people] == ["ada", "ben"]
    assert api(ada).get("/me").json()["roles"] == ["importer", "triager"]


def test_addresses_are_for_oneself_and_those_who_keep_the_accounts(ada, ben):
    boss = make.user("boss", "admin", email="boss@example.org")
    everybody = {"ada": "ada@example.org", "ben": "ben@example.org", "boss": "boss@example.org"}
    seen = {
        ada: {"ada": "ada@example.org", "ben": None, "boss": None},
        make.user("gus", "auditor"): {"ada": None, "ben": None, "boss": None, "gus": ""},
        boss: everybody | {"gus": ""},
    }
    for reader, expected in seen.items():
        for client in (api(reader), signed_in(reader)):
            rows = client.get("/users").json()["results"]
            told = {row["username"]: row["email"] for row in rows}
            assert {name: told[name] for name in expected} == expected
            assert [client.get(f"/users/{row['id']}").json() for row in rows] == rows


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("role=reviewer", ["ben"]),
        ("role=importer,triager", ["ada", "bot"]),
        ("is_active=false", ["zoe"]),
        ("is_machine=true", ["bot"]),
        ("is_machine=false&is_active=true&ordering=-username", ["gus", "ben", "ada"]),
        ("username=ADA", ["ada"]),
        ("role=auditor&is_active=false", []),
    ],
)
def test_people_are_narrowed(ada, ben, query, expected):
    make.user("bot", "importer", is_machine=True)
    make.user("zoe", is_active=False)
    client = api(make.user("gus", "auditor"))
    pages = walk(client, f"/users?{query}&page_size=2")
    assert [person["username"] for page in pages for person in page] == expected


def test_a_page_of_the_directory_is_a_range_of_an_index(ben):
    User.objects.bulk_create(User(username=f"person {n:04}") for n in range(3000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")
        # With so few people, walking along the other index costs the planner as little: this is about what the list's own one can do.
        cursor.execute("SET LOCAL enable_incremental_sort = off")
    client = api(ben)
    for query in ("page_size=200", "page_size=200&ordering=-username"):
        first = deep = f"/users?{query}"
        for _ in range(10):
            deep = client.get(deep).json()["next"]
        for address in (first, deep):
            assert scans(client, address, "accounts_user") == {"user_by_username"}


@pytest.mark.parametrize("query", ["role=boss", "is_active=yes", "email=ada@example.org", "ordering=email"])
def test_a_wrong_filter_is_refused(ada, query):
    assert api(ada).get(f"/users?{query}").status_code == 400


def test_nobody_is_changed_here_and_who_may_not_read_sees_nobody(ada):
    client = signed_in(ada)
    for method in ("post", "put", "patch", "delete"):
        for path in ("/users", f"/users/{ada.pk}"):
            assert_problem(client.generic(method.upper(), path, "{}", "application/json"), 405, "method_not_allowed")
    assert_problem(api(ada, "import").get("/users"), 403, "insufficient_scope")
    assert_problem(signed_in(make.user("zoe")).get("/users"), 403, "insufficient_scope")
    assert User.objects.get(username="ada").email == "ada@example.org"
