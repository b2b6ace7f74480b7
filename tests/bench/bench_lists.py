"""What a page of 50 claims costs, with article, outlet, appearances and allowed actions, signed in by token, whole requests in process.

By the size of the table (10,000 and 100,000 claims), by the depth of the page (1 and 1,000), and beside the view that one would
usually write: ModelSerializer, select_related and prefetch_related, DRF's CursorPagination and JSONRenderer, over the same rows
and fields. LISTS_CLAIMS (100000) and LISTS_ROUNDS (200) make it smaller or larger.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.db import connections
from django.urls import include, path
from rest_framework.pagination import CursorPagination
from rest_framework.renderers import JSONRenderer
from rest_framework.viewsets import ReadOnlyModelViewSet

from claims.serializers import ClaimSerializer
from claims.views.claims import ClaimViewSet
from factcheck import routes
from factcheck.accounts.needs import READ
from tests import make, rows
from tests.api import Api, api
from tests.bench.goals import met, size
from tests.services import _administer, copy_template_to

LARGE = size("LISTS_CLAIMS", 100_000, 10_000)
SMALL = LARGE // 10
ROUNDS = size("LISTS_ROUNDS", 200, 2)
DEEP_PAGE = min(1000, LARGE // 100)
BEST, NEWEST = "/claims?ordering=-check_worthiness", "/claims?"


class ByKey(CursorPagination):
    page_size = 50
    ordering = "-id"


class UsualView(ReadOnlyModelViewSet):
    queryset = ClaimViewSet.queryset
    serializer_class = ClaimSerializer
    pagination_class = ByKey
    renderer_classes = (JSONRenderer,)
    filter_backends = ()


class UsualViewFastJSON(UsualView):
    """With our renderer, to tell the price of the rows from that of their JSON."""

    renderer_classes = ClaimViewSet.renderer_classes


urlpatterns = [
    path("", include("factcheck.urls")),
    path("usual/claims", UsualView.as_view({"get": "list"})),
    path("usual/fast-json", UsualViewFastJSON.as_view({"get": "list"})),
]
pytestmark = pytest.mark.urls("tests.bench.bench_lists")


@contextmanager
def another_database() -> Iterator[Callable[[], None]]:
    """A second copy of the migrated database. Called, it is the one that requests go to, until the first is put back."""
    first = connections["default"]
    name = f"{first.settings_dict['NAME']}_small"
    copy_template_to(name)
    second = connections.create_connection("default")
    second.settings_dict = first.settings_dict | {"NAME": name}

    def use() -> None:
        connections["default"] = second

    try:
        yield use
    finally:
        second.close()
        connections["default"] = first
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def reader() -> Api:
    client = api(make.user("gus", "auditor"))
    client.get("/me")  # notes that the token was used
    return client


def address_of_page(client: Api, address: str, number: int) -> str:
    """Walks there in long pages, then page by page."""
    address = f"{address}&page_size=200"
    to_skip = (number - 1) * 50
    while to_skip >= 200:
        address, to_skip = client.get(address).json()["next"], to_skip - 200
    address = address.replace("page_size=200", "page_size=50")
    for _ in range(to_skip // 50):
        address = client.get(address).json()["next"]
    return address


def milliseconds(client: Api, address: str) -> float:
    started = time.perf_counter()
    response = client.get(address)
    taken = time.perf_counter() - started
    assert response.status_code == 200
    return taken * 1000


def test_a_page_costs_the_same_in_a_large_table_and_deep_in_it(
    committed_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("/usual/claims", "/usual/fast-json"):
        monkeypatch.setitem(routes.table(), f"GET {address}", READ)
    large = connections["default"]
    rows.fill(LARGE)
    in_large = reader()
    pages = {
        name: (in_large, f"{list_}&page_size=50", address_of_page(in_large, list_, DEEP_PAGE))
        for name, list_ in (("newest first", NEWEST), ("most check-worthy first", BEST))
    }
    usual = {
        "DRF as usual": "http://testserver/usual/claims",
        "DRF as usual, orjson": "http://testserver/usual/fast-json",
    }
    ours = in_large.get(NEWEST).json()["results"]
    assert len(ours) == 50
    for address in usual.values():
        assert in_large.get(address).json()["results"] == ours

    with another_database() as use_small:
        use_small()
        rows.fill(SMALL)
        in_small = reader()
        times: dict[tuple[str, str], list[float]] = {}

        def measure(list_: str, what: str, client: Api, address: str) -> None:
            times.setdefault((list_, what), []).append(milliseconds(client, address))

        for _ in range(ROUNDS):
            use_small()
            for list_, (_client, first, _deep) in pages.items():
                measure(list_, "small", in_small, first)
            connections["default"] = large
            for list_, (client, first, deep) in pages.items():
                measure(list_, "large", client, first)
                measure(list_, "deep", client, deep)
            for name, address in usual.items():
                measure("newest first", name, in_large, address)
            measure("", "nothing", in_large, "/me")

    print(f"\nA page of 50 claims, {ROUNDS} interleaved rounds: median milliseconds of a whole request")
    lines = [
        (list_, what, label)
        for list_ in pages
        for what, label in (
            ("small", f"page 1 of {SMALL:,} claims"),
            ("large", f"page 1 of {LARGE:,} claims"),
            ("deep", f"page {DEEP_PAGE:,} of {LARGE:,} claims"),
        )
    ]
    lines += [("newest first", name, f"{name}: page 1 of {LARGE:,} claims") for name in usual]
    lines += [("", "nothing", "signed in, nothing listed")]
    for list_, what, label in lines:
        print(f"  {list_:24} {label:46} {statistics.median(times[list_, what]):7.2f} ms")

    def ratio(list_: str, over: str, under: str) -> float:
        # Of each round, so that what else the machine does falls on both.
        return statistics.median(a / b for a, b in zip(times[list_, over], times[list_, under], strict=True))

    missed: list[str] = []

    def verdict(label: str, value: float, goal: float, is_met: bool) -> None:
        print(f"  {label:70} {value:5.2f}   (goal {goal:.2f}{'' if is_met else ': missed'})")
        if not is_met:
            missed.append(label)

    for list_ in pages:
        for label, over, under, goal in (
            ("ten times the claims", "large", "small", 1.15),
            ("deep page", "deep", "large", 1.2),
        ):
            value = ratio(list_, over, under)
            verdict(f"{list_}: {label}, times the cost", value, goal, value <= goal)
    for name in usual:
        value = ratio("newest first", name, "large")
        verdict(f"{name}, times our cost", value, 2.0, value >= 2.0)
    met(not missed, missed)
