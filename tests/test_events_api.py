"""What has changed since: a poller misses no event and sees none twice, however slowly somebody commits."""

from __future__ import annotations

import threading
from contextlib import closing
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.core import signing
from django.db import connection, connections, transaction

from claims import pipeline
from claims.triage import TriageAction
from factcheck.accounts import people
from factcheck.api.events import settled
from factcheck.audit.models import AuditEvent
from tests import make
from tests.api import Api, api, assert_problem, places


@pytest.fixture
def ada(committed_database):
    return make.user("ada", "importer", "triager")


def poll(client: Api, after: str = "", path: str = "/events?") -> tuple[list[dict[str, Any]], str]:
    """Everything that is there after the cursor, and the cursor behind it."""
    found: list[dict[str, Any]] = []
    for _ in range(100):
        page = client.get(f"{path}after={after}").json()
        found, after = found + page["results"], page["after"]
        if not page["has_more"]:
            return found, after
    raise AssertionError("no end")


def test_an_event_says_who_did_what_to_which_row_and_what_changed(ada):
    claim = make.claim(actor=ada)
    pipeline.triage(claim.pk, TriageAction.REJECT, actor=ada, reason="opinion", note="A boast.")
    created, rejected = poll(api(ada))[0]
    assert (created["action"], rejected["action"], rejected["subject_type"]) == ("create", "reject", "claim")
    assert (rejected["subject_id"], rejected["number"], rejected["version"]) == (str(claim.pk), 2, 2)
    assert rejected["actor"] == {"id": str(ada.pk), "username": "ada"}
    assert (rejected["reason"], rejected["note"]) == ("opinion", "A boast.")
    assert rejected["changes"]["triage_status"] == ["candidate", "rejected"]


def test_who_asks_again_gets_what_is_new_and_304_while_nothing_is(ada):
    client = api(ada)
    make.claim(actor=ada)
    first, after = poll(client)
    assert len(first) == 1
    empty = client.get(f"/events?after={after}")
    assert empty.json() == {"results": [], "after": after, "has_more": False}
    unchanged = client.get(f"/events?after={after}", headers={"If-None-Match": empty["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    make.claim("Another.", actor=ada)
    news = client.get(f"/events?after={after}", headers={"If-None-Match": empty["ETag"]})
    assert [event["changes"]["text"] for event in news.json()["results"]] == ["Another."]


def test_pages_follow_each_other_without_gap_or_repetition(ada):
    for n in range(7):
        make.claim(f"Prices rose {n} times.", actor=ada)
    found, _ = poll(api(ada), path="/events?page_size=3&")
    assert [event["changes"]["text"] for event in found] == [f"Prices rose {n} times." for n in range(7)]


def test_a_claim_tells_its_own_events(ada):
    claim, other = make.claim(actor=ada), make.claim("Another.", actor=ada)
    pipeline.edit_claim(claim.pk, {"claimant": "the bank"}, actor=ada)
    client = api(ada)
    assert [e["action"] for e in poll(client, path=f"/claims/{claim.pk}/events?")[0]] == ["create", "edit"]
    assert [e["action"] for e in poll(client, path=f"/events?subject={other.pk}&")[0]] == ["create"]
    assert_problem(client.get(f"/claims/{ada.pk}/events"), 404, "not_found")


def test_what_happened_to_people_and_tokens_is_for_those_who_audit(ada):
    make.claim(actor=ada)
    with transaction.atomic():
        people.record_saved(ada, None, actor=ada)
    readers = {
        name: api(make.user(name, role)) for name, role in (("gus", "auditor"), ("root", "admin"), ("ben", "reviewer"))
    }
    seen = {name: {event["subject_type"] for event in poll(client)[0]} for name, client in readers.items()}
    assert seen["ben"] == {"claim"}
    assert seen["gus"] >= {"claim", "user", "token"}
    assert seen["root"] >= {"claim", "user", "token"}
    assert poll(readers["ben"], path=f"/events?subject={ada.pk}&")[0] == []
    assert_problem(api(None).get("/events"), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("query", "status", "code", "parameter"),
    [
        ("after=x", 422, "invalid_cursor", "after"),
        ("subject=x", 400, "invalid_parameter", "subject"),
        ("page_size=0", 400, "invalid_parameter", "page_size"),
        ("afer=x", 400, "unknown_parameter", "afer"),
    ],
)
def test_a_wrong_parameter_is_named(db, query, status, code, parameter):
    problem = assert_problem(api(make.user("ada", "triager")).get(f"/events?{query}"), status, code)
    assert [place for _, place in places(problem)] == [parameter]


def test_a_cursor_belongs_to_its_address(ada):
    claim = make.claim(actor=ada)
    _, after = poll(api(ada))
    assert_problem(api(ada).get(f"/claims/{claim.pk}/events?after={after}"), 422, "invalid_cursor")


def test_a_cursor_from_another_life_of_the_database_is_refused_instead_of_showing_nothing_for_ever(ada):
    """A dump restored into a younger server: what it brought stays readable, and whoever was further on begins anew."""
    claim = make.claim(actor=ada)
    event = AuditEvent.objects.get(subject_id=claim.pk)
    cursor = signing.Signer(salt="events /api/v1/events").sign_object([2**40, str(event.pk)])
    assert_problem(api(ada).get(f"/events?after={cursor}"), 422, "invalid_cursor")
    AuditEvent(subject_type="claim", subject_id=claim.pk, number=2, action="edit", at=event.at, transaction=2**40).save(
        force_insert=True
    )
    assert [e["action"] for e in poll(api(ada))[0]] == ["create", "edit"]


# A slow writer


def test_a_poller_misses_no_event_of_a_transaction_that_commits_late(ada):
    """The slow event is made first and seen last: whoever polls by id, or by time, has passed it when it appears."""
    client = api(ada)
    is_written, may_commit = threading.Event(), threading.Event()

    def write_slowly() -> None:
        try:
            with transaction.atomic():
                make.claim("Slow.", actor=ada)
                is_written.set()
                assert may_commit.wait(20)
        finally:
            connections.close_all()

    slow = threading.Thread(target=write_slowly)
    slow.start()
    try:
        assert is_written.wait(10)
        make.claim("Quick.", actor=ada)
        by_id = AuditEvent.objects.filter(subject_type="claim").order_by("id")
        passed = by_id.last().pk
        early, after = poll(client)
    finally:
        may_commit.set()
        slow.join(10)
    make.claim("Afterwards.", actor=ada)
    assert not by_id.filter(pk__gt=passed, data__text="Slow.").exists(), "by id, the slow event would be missed"
    late, _ = poll(client, after)
    assert early == []
    assert [event["changes"]["text"] for event in late] == ["Slow.", "Quick.", "Afterwards."]


def test_writers_of_another_database_hold_nothing_up(ada, committed_database):
    """A role without rights on the server's views is enough to tell them apart."""
    elsewhere = urlsplit(committed_database)._replace(path="/postgres").geturl()
    with psycopg.connect(elsewhere) as other, connection.cursor() as cursor:
        other.execute("SELECT pg_current_xact_id()")
        make.claim(actor=ada)
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM pg_snapshot_xip(pg_current_snapshot())")
        assert cursor.fetchone() == (1,), "the other is not under way"
        cursor.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
        if cursor.fetchone() == (True,):
            cursor.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO pg_signal_backend")
            cursor.execute("SET LOCAL ROLE pg_signal_backend")
        assert settled(AuditEvent.objects.filter(subject_type="claim")).count() == 1
        cursor.execute("ROLLBACK")


@pytest.mark.django_db
def test_a_transaction_sees_its_own_events_whoever_else_has_ended_since():
    ada = make.user("ada", "importer")
    claim = make.claim(actor=ada)
    with closing(connection.copy()) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()")
    assert [event.action for event in settled(AuditEvent.objects.filter(subject_id=claim.pk))] == ["create"]


@pytest.mark.django_db
@pytest.mark.parametrize(("ahead", "seen"), [(0, 0), (1, 1)])
def test_a_standby_shows_nothing_behind_a_transaction_that_still_runs(ahead, seen):
    """Its snapshots, as PostgreSQL makes them: they know of running transactions, but name none."""
    claim = make.claim(actor=make.user("ada", "importer"))
    number = AuditEvent.objects.get(subject_id=claim.pk).transaction
    snapshot = f"{number + ahead}:{number + 1}:"
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            CREATE SCHEMA standby;
            CREATE FUNCTION standby.pg_is_in_recovery() RETURNS boolean LANGUAGE sql AS 'SELECT true';
            CREATE FUNCTION standby.pg_current_snapshot() RETURNS pg_snapshot LANGUAGE sql AS $$SELECT '{snapshot}'::pg_snapshot$$;
            SET LOCAL search_path = standby, pg_catalog, public
            """
        )
    assert settled(AuditEvent.objects.filter(subject_id=claim.pk)).count() == seen


def test_a_poller_among_many_writers_sees_every_event_once(ada):
    client = api(ada)
    done = threading.Event()

    def write(number: int) -> None:
        try:
            for n in range(10):
                with transaction.atomic():
                    make.claim(f"{number}.{n} first", actor=ada)
                    done.wait(0.01 * number)
                    make.claim(f"{number}.{n} second", actor=ada)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    seen: list[str] = []
    after = ""
    while any(writer.is_alive() for writer in writers):
        news, after = poll(client, after)
        seen += [event["id"] for event in news]
    seen += [event["id"] for event in poll(client, after)[0]]
    stored = {str(pk) for pk in AuditEvent.objects.filter(subject_type="claim").values_list("pk", flat=True)}
    assert len(seen) == len(set(seen)) == 80
    assert set(seen) == stored
