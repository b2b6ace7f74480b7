"""The record in the admin: who may read it, how it is searched, and what a claim's page tells of it."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import re2
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from claims import pipeline
from claims.models import Claim
from claims.triage import TriageAction
from factcheck.audit.models import AuditEvent
from factcheck.middleware import on_behalf_of
from tests import make

pytestmark = pytest.mark.django_db

EVENTS = "/admin/audit/auditevent/"


def browser(name: str, *roles: str, **fields: object) -> Client:
    client = Client()
    client.force_login(make.user(name, *roles, is_staff=True, **fields))
    return client


def words(response) -> str:
    return " ".join(html.unescape(re2.sub(r"<[^>]*>", " ", response.content.decode())).split())


@pytest.fixture
def claim():
    ada = make.user("ada", "importer", "triager")
    claim = make.claim("Rents tripled.", actor=ada)
    pipeline.edit_claim(claim.pk, {"claimant": "The bank"}, actor=ada)
    return pipeline.triage(claim.pk, TriageAction.REJECT, actor=ada, reason="opinion", note="A boast.")


@pytest.mark.parametrize(
    ("role", "status"), [("auditor", 200), ("admin", 200), ("triager", 403), ("editor", 403), ("importer", 403)]
)
def test_the_record_is_for_auditors_and_admins(claim, role, status):
    client = browser("zoe", role)
    event = AuditEvent.objects.latest("id")
    for address in (EVENTS, f"{EVENTS}{event.pk}/change/"):
        answer = client.get(address)
        assert answer.status_code == status
        assert ("A boast." in words(answer)) == (status == 200)
    assert ("Audit" in words(client.get("/admin/"))) == (status == 200)


def test_a_superuser_reads_the_record_and_nobody_writes_it(claim):
    client = browser("root", is_superuser=True)
    event = AuditEvent.objects.latest("id")
    before = list(AuditEvent.objects.values_list())
    assert client.get(EVENTS).status_code == 200
    for address in (EVENTS, f"{EVENTS}{event.pk}/change/", f"{EVENTS}add/", f"{EVENTS}{event.pk}/delete/"):
        assert client.post(address, {"note": "x", "post": "yes", "action": "delete_selected"}).status_code == 403
    assert list(AuditEvent.objects.values_list()) == before


def test_events_are_found_by_action_actor_and_subject(claim):
    client = browser("audrey", "auditor")
    kim = make.user("kim", "triager")
    other = make.claim("Prices doubled.", actor=kim)

    def found(**query: str) -> set[tuple[str, str]]:
        page = client.get(EVENTS, query).content.decode()
        listed = re2.findall(r'href="/admin/audit/auditevent/([0-9a-f-]{36})/change/', page)
        return {(event.action, str(event.subject_id)) for event in AuditEvent.objects.filter(pk__in=listed)}

    mine, theirs = str(claim.pk), str(other.pk)
    assert found() == {("create", mine), ("edit", mine), ("reject", mine), ("create", theirs)}
    assert found(action="create") == {("create", mine), ("create", theirs)}
    assert found(actor=str(kim.pk)) == {("create", theirs)}
    assert found(actor="system") == set()
    assert found(actor="nonsense") == set()
    assert found(q=f" {mine} ") == {("create", mine), ("edit", mine), ("reject", mine)}
    assert found(q=str(uuid4())) == set()
    assert found(q="nonsense") == set()


def listed(client: Client, **query: str) -> list[str]:
    page = client.get(EVENTS, query).content.decode()
    return re2.findall(r'href="/admin/audit/auditevent/([0-9a-f-]{36})/change/', page)


def test_events_are_found_by_request_kind_and_day_in_any_combination(claim):
    client = browser("audrey", "auditor")
    with on_behalf_of("wire-7"):
        other = make.claim("Prices doubled.", actor=make.user("kim", "triager"))
    event = AuditEvent.objects.get(subject_id=other.pk)
    today, tomorrow = (f"{event.at + timedelta(days=days):%Y-%m-%d}" for days in (0, 1))
    assert listed(client, request=" wire-7 ") == [str(event.pk)]
    assert listed(client, request="wire") == listed(client, request="-x\0") == []
    assert len(listed(client, kind="claim")) == len(listed(client, kind="claim", since=today, until=today)) == 4
    assert listed(client, kind="job") == listed(client, since=tomorrow) == []
    assert listed(client, until=f"{event.at - timedelta(days=1):%Y-%m-%d}") == []
    assert listed(client, request="wire-7", since=today, action="create", q=str(other.pk)) == [str(event.pk)]
    for nonsense in ("yesterday", "0001-01-01", "9999-12-31"):
        assert listed(client, since=nonsense) == listed(client, until=nonsense) == []
    page = client.get(EVENTS, {"request": 'a"><b>', "kind": "claim"}).content.decode()
    assert 'value="a&quot;&gt;&lt;b&gt;"' in page
    assert '<input type="hidden" name="kind" value="claim">' in page
    assert f'href="{EVENTS}?request=wire-7"' in client.get(f"{EVENTS}{event.pk}/change/").content.decode()


def test_every_search_is_served_by_an_index_among_many_events(claim):
    client, kim = browser("audrey", "auditor"), make.user("kim", "triager")
    with connection.cursor() as cursor:
        cursor.execute(FILL, [kim.pk])
        cursor.execute("ANALYZE audit_auditevent")
    subject = AuditEvent.objects.filter(action="create").latest("id").subject_id
    asked = {
        "": {"audit_auditevent_pkey"},
        "since=2025-01-07&until=2025-01-08": {"audit_auditevent_pkey"},
        "request=r-777": {"audit_event_request"},
        "action=rare": {"audit_event_action"},
        f"actor={kim.pk}": {"audit_event_actor"},
        f"q={subject}": {"audit_event_number_once"},
    }
    assert {query: indexes_used(client, query) for query in asked} == asked
    # That of the kind may come beside it: by what ANALYZE made of the rows that other tests left dead.
    together = indexes_used(client, "action=rare&kind=claim&since=2025-01-07")
    assert {"audit_event_action"} <= together <= {"audit_event_action", "audit_event_number_once"}
    assert len(listed(client, since="2025-01-07", until="2025-01-07")) == 50
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{EVENTS}?action=rare&kind=claim&since=2025-01-07&request=r-700").status_code == 200
    assert len(captured) <= 20


# Twenty thousand events (the plans are those of a hundred thousand), one a minute from the first of January 2025 on, whose keys rise with the time as ours do.
FILL = """
    INSERT INTO audit_auditevent (id, subject_type, subject_id, number, action, actor_id, origin, request_id, reason, note, data, at,
        previous_hash, hash)
    SELECT (lpad(to_hex(1735689600000 + n::bigint * 60000), 12, '0') || '70008000' || lpad(to_hex(n), 12, '0'))::uuid,
        CASE WHEN n %% 3 = 0 THEN 'article' ELSE 'claim' END, gen_random_uuid(), 1, CASE WHEN n %% 1000 = 0 THEN 'rare' ELSE 'edit' END,
        CASE WHEN n %% 500 = 0 THEN %s::uuid END, 'session', CASE WHEN n %% 2 = 0 THEN '-' ELSE 'r-' || n END, '', '', '{}',
        timestamptz '2025-01-01 00:00Z' + n * interval '1 minute', '', ''
    FROM generate_series(1, 20000) n
"""


def indexes_used(client: Client, query: str) -> set[str]:
    """By the statement that finds the keys of a page: which indexes it reads, and every other scan of the events."""
    with CaptureQueriesContext(connection) as captured:
        assert client.get(f"{EVENTS}?{query}").status_code == 200
    [statement] = [
        each["sql"]
        for each in captured
        if each["sql"].endswith("LIMIT 51") and 'SELECT "audit_auditevent"."id"' in each["sql"]
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}")
        plan = cursor.fetchone()[0][0]["Plan"]
    return set(_scans(plan))


def _scans(node: dict[str, Any]) -> Iterator[str]:
    if "Index Name" in node and node["Index Name"].startswith("audit_"):
        yield node["Index Name"]
    elif node.get("Relation Name") == "audit_auditevent" and node["Node Type"] != "Bitmap Heap Scan":
        yield node["Node Type"]
    for child in node.get("Plans", ()):
        yield from _scans(child)


def test_the_list_costs_the_same_for_few_events_and_for_many(claim):
    client = browser("audrey", "auditor")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(EVENTS).status_code == 200
        return len(captured)

    few = queries()
    for n in range(12):
        make.claim(f"Rents rose {n} times.", actor=make.user(f"kim{n}", "triager"))
    assert queries() == few
    assert few <= 20


def test_an_event_says_what_changed_and_leads_to_its_subject(claim):
    event = AuditEvent.objects.get(action="edit")
    page = browser("audrey", "auditor").get(f"{EVENTS}{event.pk}/change/")
    assert "claimant nothing → The bank" in words(page)
    assert f'href="/admin/claims/claim/{claim.pk}/change/"' in page.content.decode()


def test_a_claims_page_tells_its_history(claim):
    page = words(browser("kim", "triager").get(f"/admin/claims/claim/{claim.pk}/change/"))
    history = page[page.index("History") : page.index("Record")]
    assert history.index("Reject by ada") < history.index("Edit by ada") < history.index("Create by ada")
    assert "opinion: A boast." in history
    assert "triage status candidate → rejected" in history
    assert "claimant nothing → The bank" in history


def test_markup_in_an_event_is_text():
    ada = make.user("ada", "importer", "triager")
    claim = make.claim("<img src=x onerror=alert(1)>", actor=ada)
    client = browser("audrey", "auditor")
    event = AuditEvent.objects.get(subject_id=claim.pk)
    Claim.objects.update(claimant="<img src=x onerror=alert(2)>")
    pages = (f"/admin/claims/claim/{claim.pk}/{page}/" for page in ("change", "history"))
    for address in (EVENTS, f"{EVENTS}{event.pk}/change/", *pages):
        assert "<img src=x" not in client.get(address).content.decode()


def test_the_past_of_a_claim_shows_each_row_before_its_change_and_the_event_of_it(claim):
    address = f"/admin/claims/claim/{claim.pk}/history/"
    reader, auditor = browser("kim", "triager"), browser("audrey", "auditor")
    assert f'href="{address}"' in reader.get(f"/admin/claims/claim/{claim.pk}/change/").content.decode()
    page = reader.get(address)
    changed = words(page).split("Claim changed")
    assert len(changed) == 3
    assert "by ada" in changed[1]
    assert "triage status candidate → rejected" in changed[1]
    assert "claimant nothing → The bank" in changed[2]
    assert "text Rents tripled." in changed[2], "the whole row"
    record = "/admin/audit/auditevent/"
    assert record not in page.content.decode()
    assert record in auditor.get(address).content.decode()


def test_the_past_of_an_article_shows_its_earlier_headline():
    article = make.article("Rents tripled.", url="https://wire.example/1", title="Rents rise")
    make.article("Rents tripled twice.", url="https://wire.example/1", title="Rents soar")
    client = browser("kim", "triager")
    address = f"/admin/claims/article/{article.pk}/history/"
    assert f'href="{address}"' in client.get(f"/admin/claims/article/{article.pk}/change/").content.decode()
    assert "title Rents rise → Rents soar" in words(client.get(address))


def test_an_event_shows_the_rows_as_they_were_before(claim):
    event = AuditEvent.objects.get(action="reject")
    page = words(browser("audrey", "auditor").get(f"{EVENTS}{event.pk}/change/"))
    assert "triage status candidate → rejected" in page[page.index("Rows as they were before") :]


def test_the_past_of_a_row_that_is_gone_is_still_there(claim):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM claims_claim WHERE id = %s", [claim.pk])
    client = browser("kim", "triager")
    assert client.get(f"/admin/claims/claim/{claim.pk}/change/").status_code == 404
    page = words(client.get(f"/admin/claims/claim/{claim.pk}/history/"))
    assert "This claim is gone." in page
    assert page.count("Claim deleted") == 1


def test_the_past_is_for_readers_and_of_rows_that_have_one(claim):
    address = f"/admin/claims/claim/{claim.pk}/history/"
    client = browser("kim", "triager")
    assert browser("nora").get(address).status_code == 403
    assert client.post(address).status_code == 403
    assert client.get(f"/admin/claims/claim/{uuid4()}/history/").status_code == 404
    assert client.get("/admin/claims/claim/nonsense/history/").status_code == 400
    assert client.get(f"/admin/factcheck/job/{uuid4()}/history/").status_code == 403


def test_the_past_costs_the_same_for_few_changes_and_for_many(claim):
    client = browser("kim", "triager")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(f"/admin/claims/claim/{claim.pk}/history/").status_code == 200
        return len(captured)

    few = queries()
    for n in range(9):
        pipeline.triage(claim.pk, TriageAction.RESTORE, actor=make.user("kim"))
        pipeline.triage(claim.pk, TriageAction.REJECT, actor=make.user("kim"), reason="opinion", note=f"Boast {n}.")
    assert queries() == few
