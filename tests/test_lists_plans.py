"""Every page of a list of claims or articles is found by the index of its ordering, however many there are and wherever it stands."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection, transaction

from claims.models import Article
from tests import make, rows
from tests.api import Api, api
from tests.services import using_a_copy
from tests.test_lists import scans

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def many(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """Five thousand claims, in tables that these tests share: what other tests rolled back lies about in theirs, and plans hang on it."""
    with django_db_blocker.unblock(), using_a_copy():
        with transaction.atomic():
            rows.fill(5000)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        yield


@pytest.fixture
def reader() -> Api:
    return api(make.user("gus", "auditor"))


def test_every_page_of_a_list_is_a_range_of_one_index_wherever_it_stands(reader):
    expected = {
        "/claims?": "claims_claim_pkey",
        "/claims?ordering=created_at": "claims_claim_pkey",
        "/claims?ordering=-check_worthiness": "claim_by_worth",
        "/claims?ordering=check_worthiness": "claim_by_worth_up",
        "/claims?ordering=-updated_at": "claim_by_change",
        "/claims?ordering=updated_at": "claim_by_change",
        "/claims?status=accepted&ordering=-check_worthiness&page_size=5": "claim_by_status",
        "/articles?": "claims_article_pkey",
        "/articles?ordering=created_at": "claims_article_pkey",
        "/articles?ordering=-published_at": "article_published",
        "/articles?ordering=published_at": "article_published_up",
    }
    used: dict[str, list[set[str]]] = {}
    for address in expected:
        table = "claims_article" if address.startswith("/articles?") else "claims_claim"
        first = reader.get(address)
        used[address] = [scans(reader, address, table)]
        later = first.json()["next"]
        used[address].append(scans(reader, later, table))
    assert used == {address: [{index}, {index}] for address, index in expected.items()}


def test_claims_of_one_article_are_found_by_its_index(reader):
    article = Article.objects.order_by("id")[77]
    for address in (f"/claims?article={article.pk}&ordering=-check_worthiness", f"/articles/{article.pk}/claims"):
        # Sorting its ten rows may be cheaper than reading them in order.
        assert scans(reader, address, "claims_claim") - {"Sort"} == {"claim_by_article"}


def test_a_search_and_an_address_are_looked_up_in_their_indexes(reader):
    for search in ("4711", "w15000", "zzz"):
        for ordering in ("-created_at", "-check_worthiness"):
            address = f"/claims?search={search}&ordering={ordering}"
            assert "Bitmap Heap Scan" in scans(reader, address, "claims_claim"), address
    assert "Bitmap Heap Scan" in scans(reader, "/articles?search=411", "claims_article")
    for query in ("url=https://outlet.example/77", f"fingerprint={'0' * 64}"):
        assert "Seq Scan" not in scans(reader, f"/articles?{query}", "claims_article"), query


def test_a_walk_through_the_nulls_stays_in_the_index(reader):
    for ordering, index in (("-check_worthiness", "claim_by_worth"), ("check_worthiness", "claim_by_worth_up")):
        address = f"/claims?ordering={ordering}&page_size=200"
        for _ in range(23):  # 4,500 have a score
            address = reader.get(address).json()["next"]
        address = address.replace("page_size=200", "page_size=20")
        assert {c["check_worthiness"] for c in reader.get(address).json()["results"]} == {None}
        assert scans(reader, address, "claims_claim") == {index}
