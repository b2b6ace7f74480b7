"""Walking a list page by page meets every row once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import path
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from factcheck.accounts.models import User
from factcheck.api.shape import ShapedListMixin
from tests.api import assert_problem

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.test_pagination")]

START = datetime(2026, 7, 2, tzinfo=UTC)
ORDERINGS = ["username", "last_login", "first_name", "is_machine", "id"]


class _Person(serializers.ModelSerializer):
    class Meta:
        model = User
        fields = ("id", "username", "first_name", "last_login", "is_machine")


class _View:
    queryset = User.objects.all()
    serializer_class = _Person
    permission_classes = (AllowAny,)
    authentication_classes = ()
    ordering_fields = {name: name for name in ORDERINGS} | {"signed_in_at": "last_login"}
    ordering = "-last_login"


class People(_View, ShapedListMixin, GenericViewSet):
    pass


class PeopleAsModels(_View, ReadOnlyModelViewSet):
    pass


class PeopleById(People):
    ordering = "id"
    ordering_fields = None


urlpatterns = [
    path("people", People.as_view({"get": "list"}, detail=False)),
    path("others", People.as_view({"get": "list"}, detail=False)),
    path("people-as-models", PeopleAsModels.as_view({"get": "list"}, detail=False)),
    path("people-by-id", PeopleById.as_view({"get": "list"}, detail=False)),
]


def get(address="/people"):
    return Client().get(address)


def body(response):
    assert response.status_code == 200, response.content
    return response.json()


def walk(address):
    """The rows of all pages, following `next`."""
    rows = []
    while address:
        page = body(get(address))
        rows += page["results"]
        address = page["next"]
        assert len(rows) < 1000
    return rows


def add(username, minutes=None, **fields):
    return User.objects.create(
        username=username, last_login=None if minutes is None else START + timedelta(minutes=minutes), **fields
    )


@pytest.fixture
def people():
    """23 people: 7 last_logins shared by three each or null, names shared by eight, one of them empty."""
    return [
        add(f"p{n:02}", None if n % 4 == 3 else n % 7, first_name=("", "Ben", "Übel")[n % 3], is_machine=n % 2 == 0)
        for n in range(23)
    ]


def _sorted(rows, key, is_descending):
    with_value = [row for row in rows if row[key] is not None]
    without = [row for row in rows if row[key] is None]
    return [
        *sorted(with_value, key=lambda row: (row[key], row["id"]), reverse=is_descending),
        *sorted(without, key=lambda row: row["id"], reverse=is_descending),
    ]


@pytest.mark.parametrize("people_list", ["people", "people-as-models"])
@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("key", ORDERINGS)
def test_a_walk_meets_every_row_once_in_order_with_ties_and_nulls_last(people, key, sign, people_list):
    rows = walk(f"/{people_list}?ordering={sign}{key}&page_size=4")
    everything = body(get("/people?page_size=200"))["results"]
    assert len(everything) == 23
    assert rows == _sorted(everything, key, bool(sign))


@pytest.mark.parametrize("sign", ["", "-"])
@pytest.mark.parametrize("page_size", [1, 2, 3, 5, 6, 17, 18, 22, 23, 24])
def test_the_border_to_the_nulls_may_fall_anywhere_in_a_page(people, sign, page_size):
    rows = walk(f"/people?ordering={sign}last_login&page_size={page_size}")
    assert len(rows) == len({row["id"] for row in rows}) == 23
    assert [row["last_login"] is None for row in rows] == [False] * 18 + [True] * 5


@pytest.mark.parametrize("ordering", ["last_login", "-last_login", "-first_name", "id", "-id"])
def test_rows_inserted_during_a_walk_make_it_miss_and_repeat_none_of_the_others(people, ordering):
    rows, pages, address = [], 0, f"/people?ordering={ordering}&page_size=5"
    while address:
        page = body(get(address))
        rows += page["results"]
        address = page["next"]
        pages += 1
        # Some land behind the walk and are not met, some before it and are: there the walk has to come to its end.
        if pages < 8:
            add(f"tied{pages}", (None, 0, 3, 6)[pages % 4], first_name=("", "Ben")[pages % 2])
            add(f"outside{pages}", -pages, first_name="Zoe")
        assert pages < 20
    ids = [row["id"] for row in rows]
    assert len(ids) == len(set(ids))
    assert {str(person.pk) for person in people} <= set(ids)


@pytest.mark.parametrize("ordering", ["username", "-last_login", "last_login", "-id"])
def test_every_page_costs_one_query_and_none_of_them_counts(people, ordering):
    address = f"/people?ordering={ordering}&page_size=4"
    while address:
        with CaptureQueriesContext(connection) as queries:
            page = body(get(address))
        assert len(queries) == 1
        assert "COUNT(" not in queries[0]["sql"]
        address = page["next"]


def test_a_page_has_its_rows_and_the_way_to_the_next(people):
    response = get("/people?page_size=20")
    page = body(response)
    assert list(page) == ["results", "next"]
    assert page["next"].startswith("http://testserver/people?cursor=")
    assert "page_size=20" in page["next"]
    assert response["Link"] == f'<{page["next"]}>; rel="next"'
    last = get(page["next"])
    assert len(body(last)["results"]) == 3
    assert body(last)["next"] is None
    assert "Link" not in last


def test_an_empty_list_is_one_page():
    assert body(get()) == {"results": [], "next": None}


def test_a_page_has_50_rows_unless_told(people):
    User.objects.bulk_create(User(username=f"more{n}") for n in range(30))
    assert len(body(get())["results"]) == 50


def test_the_exact_count_is_given_on_request_whatever_the_page(people):
    first = body(get("/people?count=exact&page_size=20"))
    assert first["count"] == 23
    assert body(get(first["next"]))["count"] == 23


def test_the_order_of_the_view_holds_when_none_is_asked_for(people):
    assert body(get())["results"] == body(get("/people?ordering=-last_login"))["results"]
    assert [row["username"] for row in walk("/people-by-id?page_size=9")] == [f"p{n:02}" for n in range(23)]


@pytest.mark.parametrize(
    ("parameter", "value", "code", "says"),
    [
        ("page_size", "0", "invalid_parameter", "from 1 to 200"),
        ("page_size", "201", "invalid_parameter", "from 1 to 200"),
        ("page_size", "-1", "invalid_parameter", "from 1 to 200"),
        ("page_size", "²", "invalid_parameter", "from 1 to 200"),
        ("page_size", "9" * 5000, "invalid_parameter", "from 1 to 200"),
        ("ordering", "usrname", "invalid_parameter", "Did you mean 'username'?"),
        ("ordering", "password", "invalid_parameter", "Not ordered by 'password'"),
        ("ordering", "--id", "invalid_parameter", "Not ordered by '-id'"),
        ("count", "yes", "invalid_parameter", "exact"),
    ],
)
def test_a_wrong_parameter_is_400_and_named(people, parameter, value, code, says):
    problem = assert_problem(get(f"/people?{parameter}={quote(value)}"), 400, code)
    (error,) = problem["errors"]
    assert (error["code"], error["parameter"]) == (code, parameter)
    assert says in error["detail"]


@pytest.mark.parametrize("cursor", ["x", "WyJpZCIsbnVsbCwiIl0:aaaa", "\0"])
def test_a_cursor_that_was_not_given_out_is_422(people, cursor):
    problem = assert_problem(get(f"/people?cursor={quote(cursor)}"), 422, "invalid_cursor")
    (error,) = problem["errors"]
    assert (error["code"], error["parameter"]) == ("invalid_cursor", "cursor")
    assert "not given out" in error["detail"]


@pytest.mark.parametrize("change", [("ordering=-last_login", "ordering=last_login"), ("/people?", "/others?")])
def test_a_cursor_belongs_to_its_list_and_ordering(people, change):
    address = body(get("/people?ordering=-last_login&page_size=5"))["next"]
    assert change[0] in address
    assert_problem(get(address.replace(*change)), 422, "invalid_cursor")


def _plan(address):
    with CaptureQueriesContext(connection) as queries:
        body(get(address))
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (COSTS OFF) " + queries[0]["sql"])
        return "\n".join(line for (line,) in cursor.fetchall())


@pytest.mark.parametrize(
    ("ordering", "columns"),
    [
        ("first_name", "first_name, id"),
        ("-first_name", "first_name, id"),
        ("-last_login", "last_login DESC NULLS LAST, id DESC"),
        ("last_login", "last_login, id"),
    ],
)
def test_a_page_anywhere_is_a_range_of_the_index_that_its_ordering_asks_for(ordering, columns):
    User.objects.bulk_create(
        User(
            username=f"u{n:05}",
            first_name=f"{n % 40:02}",
            last_login=None if n % 5 == 0 else START + timedelta(minutes=n % 1500),
        )
        for n in range(6000)
    )
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX by_ordering ON accounts_user ({columns})")
        cursor.execute("ANALYZE accounts_user")
    first = f"/people?ordering={ordering}"
    second = body(get(first))["next"]
    for address in (first, second):
        plan = _plan(address)
        assert "by_ordering on accounts_user" in plan, plan
        # Merging two sorted ranges is no sort.
        assert "Sort" not in plan.replace("Sort Key", "").replace("Presorted", ""), plan
        assert "Seq Scan" not in plan, plan
        assert "Filter" not in plan, plan
    assert "Index Cond" in _plan(second)
