"""What the desk's pages cost by the size of the tables: every list and page of the admin at 100,000 claims (with as many events, and
matches, reviews and jobs in proportion) against a tenth of them; whole requests in process, in interleaved rounds.

DESK_CLAIMS (100000) and DESK_ROUNDS (20) make it smaller or larger.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from uuid import UUID

from django.contrib import admin
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims.models import Article, Claim, Outlet
from factcheck.accounts.models import User
from reviews.admin.parts import PARTS
from reviews.models import Desk, RatingScaleVersion, Review, ReviewPolicy
from tests import make, rows
from tests.bench.bench_lists import another_database
from tests.bench.goals import met, size

LARGE = size("DESK_CLAIMS", 100_000, 10_000)
SMALL = LARGE // 10
ROUNDS = size("DESK_ROUNDS", 20, 1)
GOAL = 1.3
QUERIES = 20
OWN = (Desk, ReviewPolicy, RatingScaleVersion)
FIRST = "first"
ROOT = UUID(int=7)  # the same in both databases, as all keys of `rows` are

CLAIMS, ARTICLES, REVIEWS = "/admin/claims/claim/", "/admin/claims/article/", "/admin/reviews/review/"


def filled(claims: int) -> tuple[Client, Client]:
    """Root, who sees everything, and Finn, who sees one desk."""
    room = make.newsroom()
    rows.fill_desk(claims, room)
    root = User.objects.create_superuser("root", password=None, pk=ROOT)
    User.objects.filter(pk=room.finn.pk).update(is_staff=True)
    clients = []
    for user in (root, room.finn):
        client = Client()
        client.force_login(User.objects.get(pk=user.pk))
        clients.append(client)
    return clients[0], clients[1]


def addresses() -> Iterator[str]:
    """Of the database in use: the home, every list in each of its ways, and a page of each kind of row."""
    yield "/admin/"
    outlet, claim = Outlet.objects.earliest("id"), Claim.objects.exclude(article=None).order_by("id")[70]
    for query in (
        "", "status=all", "status=accepted", "score=high", "score=none", "has_number=yes", "waits=longer", "language=en", f"outlet={outlet.pk}",
        "kind__exact=change", "risk__exact=high", "q=prices+report", "q=4711", "o=-5", "o=2", "p=20", f"article__id__exact={claim.article_id}&status=all",
    ):  # fmt: skip
        yield f"{CLAIMS}?{query}"
    for query in (f"outlet={outlet.pk}", "q=prices", "o=3", "o=-3", "p=20"):
        yield f"{ARTICLES}?{query}"
    for query in (
        *(f"part={part.name}" for part in PARTS),
        "stage__exact=rating",
        "risk__exact=high",
        "o=2",
        "o=-4",
        "o=6",
        "p=20",
    ):
        yield f"{REVIEWS}?{query}"
    yield f"{REVIEWS}add/"
    yield f"{CLAIMS}add/"
    for query in ("action=accept", "actor=system", f"q={claim.pk}", "p=20"):
        yield f"/admin/audit/auditevent/?{query}"
    for query in ("state__exact=done", "state__exact=failed", "o=3"):
        yield f"/admin/factcheck/job/?{query}"
    for model in admin.site._registry:
        kind = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        yield kind
        found = {
            Claim: claim,
            Article: claim.article,
            Review: Review.objects.filter(claim=claim).first(),
            User: User.objects.get(username="root"),
        }
        row = found.get(model) or model._default_manager.order_by("pk").first()
        if row is not None:
            yield f"{kind}{FIRST if model in OWN else row.pk}/change/"


def here(address: str) -> str:
    """The address in the database that is asked: some rows have another key in each."""
    for model in OWN:
        if f"/{model._meta.model_name}/{FIRST}/" in address:
            return address.replace(FIRST, str(model._default_manager.order_by("pk").values_list("pk", flat=True)[0]))
    return address


def measured(client: Client, address: str) -> tuple[float, int]:
    """Milliseconds, and how many rows of tables the page has."""
    address = here(address)
    started = time.perf_counter()
    response = client.get(address)
    taken = time.perf_counter() - started
    assert response.status_code == 200, (address, response.status_code)
    return taken * 1000, response.content.count(b"<tr")


def test_no_page_of_the_desk_costs_more_where_there_is_more(committed_database: str) -> None:
    large = connections["default"]
    of_large = filled(LARGE)
    pages = [("root", address) for address in addresses()] + [
        ("finn", address) for address in ("/admin/", REVIEWS, f"{REVIEWS}?part=unassigned", CLAIMS)
    ]
    dear: list[str] = []
    for who, address in pages:
        client = of_large[who == "finn"]
        path = here(address)
        client.get(path)
        with CaptureQueriesContext(connection) as asked:
            client.get(path)
        if len(asked) > QUERIES:
            dear.append(f"{address}: {len(asked)} queries")

    times: dict[tuple[str, str], list[tuple[float, float]]] = {page: [] for page in pages}
    fuller: dict[tuple[str, str], bool] = {}  # pages that show more rows, and may cost more for that
    with another_database() as use_small:
        use_small()
        of_small = filled(SMALL)
        for _ in range(ROUNDS):
            for who, address in pages:
                use_small()
                small, few = measured(of_small[who == "finn"], address)
                connections["default"] = large
                many, lines = measured(of_large[who == "finn"], address)
                times[who, address].append((many, small))
                fuller[who, address] = lines > few

    print(
        f"\nThe desk's pages at {LARGE:,} claims and at {SMALL:,}: median milliseconds of {ROUNDS} interleaved rounds"
    )
    missed = dear
    for (who, address), told in times.items():
        # Of each round, so that what else the machine does falls on both.
        ratio = statistics.median(many / few for many, few in told)
        many, few = (statistics.median(each) for each in zip(*told, strict=True))
        is_met = ratio <= GOAL or fuller[who, address]
        print(
            f"  {who:5} {address[:90]:90} {many:8.1f} {few:8.1f}  {ratio:5.2f}{'' if is_met else '  missed'}{'  shows more rows' * fuller[who, address]}"
        )
        if not is_met:
            missed.append(f"{who} {address}: {ratio:.2f}")
    met(not missed, missed)
