"""Lists of reviews and of their evidence cost the same however many there are, and wherever a page stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from reviews.admin import parts
from reviews.admin.reviews import ready_claims
from tests import make, rows
from tests.api import Api, api
from tests.services import using_a_copy
from tests.test_lists import scans

pytestmark = pytest.mark.django_db

REVIEWS, EVIDENCE = "reviews_review", "reviews_evidence"
GROWING = {REVIEWS, EVIDENCE, "reviews_snapshot", "reviews_snapshotcheck", "claims_claim", "claims_appearance"}


@pytest.fixture(scope="module")
def room(django_db_setup: None, django_db_blocker) -> Iterator[make.Newsroom]:
    """Twenty thousand reviews, two hundred of which are this desk's: in a database that these tests share, and write nothing else into."""
    with django_db_blocker.unblock(), using_a_copy():
        room = make.newsroom()
        with transaction.atomic():
            rows.fill_reviews(20_000, room)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")  # as PostgreSQL does by itself sooner or later: no plan is to hang on when
        yield room


def pages(client: Api, address: str) -> list[str]:
    """The address, and that of the page behind it if there is one."""
    later = client.get(address).json().get("next")
    return [address, later] if later else [address]


def plan_of_everything(client: Api, address: str) -> Iterator[dict[str, Any]]:
    """Every step of every statement of the answer, also of what each of its rows looks up."""

    def steps(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield plan
        for child in plan.get("Plans", ()):
            yield from steps(child)

    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    statements = [query["sql"] for query in queries]
    assert len(statements) <= 3
    assert not [sql for sql in statements if "COUNT(" in sql]
    for sql in statements:
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            yield from steps(cursor.fetchone()[0][0]["Plan"])


def test_every_page_of_reviews_and_of_evidence_is_a_range_of_the_index_of_its_ordering(room):
    expected = {
        "/reviews?": "reviews_review_pkey",
        "/reviews?ordering=created_at": "reviews_review_pkey",
        "/reviews?ordering=-updated_at": "review_by_change",
        "/reviews?ordering=updated_at": "review_by_change",
        "/reviews?ordering=-due_at": "review_by_due_down",
        "/reviews?ordering=due_at": "review_by_due",
        "/reviews?is_on_hold=true&page_size=1": "review_on_hold",
        f"/reviews?desk={room.desk.pk}": "review_of_desk",
        f"/reviews?desk={room.desk.pk}&stage=drafting&page_size=5": "review_by_desk",
        "/evidence?": "reviews_evidence_pkey",
        "/evidence?ordering=-created_at": "reviews_evidence_pkey",
    }
    # The few rows of one desk are found and sorted as fast as the index of an ordering is walked: which it is, chance decides.
    of_a_desk = {address: index for address, index in expected.items() if "desk=" in address}
    for who, wanted in ((room.finn, of_a_desk), (room.uma, expected)):
        client = api(who)
        used = {
            address: [
                scans(client, page, REVIEWS if "/reviews" in address else EVIDENCE) for page in pages(client, address)
            ]
            for address in wanted
        }
        assert used == {address: [{index}] * len(used[address]) for address, index in wanted.items()}, who
        assert {len(found) for found in used.values()} == {2}


def test_no_list_reads_a_table_that_grows_from_one_end_to_the_other(room):
    client = api(room.finn)
    # Not `/evidence?desk=`: of so few rows, a pass over all costs the planner as much as the way by the desk's reviews.
    for address in (
        "/reviews?mine=true", "/reviews?mine=false", "/reviews?stage=queued,research", "/reviews?overdue=true&ordering=due_at", "/queue?",
        f"/reviews?lead={room.finn.pk}", "/evidence?needs_attention=true",
        "/evidence?needs_attention=false",
    ):  # fmt: skip
        for page in pages(client, address):
            steps = list(plan_of_everything(client, page))
            whole = [step for step in steps if step["Node Type"] == "Seq Scan" and step["Relation Name"] in GROWING]
            assert [step["Relation Name"] for step in whole] == [], page


def test_what_needs_attention_is_found_by_what_was_not_as_it_was(room):
    client = api(room.finn)
    assert len(client.get("/evidence?needs_attention=true").json()["results"]) == 2
    steps = list(plan_of_everything(client, "/evidence?needs_attention=true"))
    assert "snapshot_check_not_as_it_was" in {step.get("Index Name") for step in steps}
    read = {step.get("Index Name") for step in steps if step.get("Relation Name") == EVIDENCE}
    assert "evidence_of_review" not in read, "every item of the desk was looked at"


def test_what_the_home_counts_is_found_among_what_is_accepted_and_at_work_alone(room):
    with CaptureQueriesContext(connection) as queries:
        parts.counters(room.finn)
        ready_claims().order_by()[:1001].count()
    with connection.cursor() as cursor:
        told = ""
        for query in queries.captured_queries:
            cursor.execute(f"EXPLAIN {query['sql']}")
            told += "\n".join(line for (line,) in cursor.fetchall())
    assert "claim_accepted" in told
    assert "review_at_work" in told
