"""The record of who did what is complete, in order, and cannot be changed unseen."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from factcheck.audit import events
from factcheck.audit.chain import GENESIS
from factcheck.audit.models import AuditEvent, ChainHead, Checkpoint
from factcheck.audit.origin import acting_through
from factcheck.audit.verifying import verify
from tests import make


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager")


def record(subject, count: int = 1, **fields) -> list[AuditEvent]:
    return [events.record(subject, "note", data={"n": [n, n + 1]}, **fields) for n in range(count)]


def tamper(statement: str, *params: object) -> None:
    """As somebody who owns the database would: with the triggers off."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement, params)
        assert cursor.rowcount == 1
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def broken() -> list[str]:
    return [str(found) for found in verify()]


def test_events_of_a_subject_are_one_chain(ada):
    first, second = record(ada, 2, actor=ada, reason="other", note="why")
    assert (first.number, first.previous_hash) == (1, GENESIS)
    assert (second.number, second.previous_hash) == (2, first.hash)
    assert [e.pk for e in events.events(ada)] == [first.pk, second.pk]
    assert broken() == []


def test_an_event_names_what_carried_the_will_of_its_actor(ada):
    with acting_through("command import_articles"):
        [event] = record(ada, actor=ada)
    [other] = record(ada)
    assert (event.actor, event.origin) == (ada, "command import_articles")
    assert (other.actor, other.origin) == (None, "system")


def test_an_event_of_a_change_that_failed_does_not_stay(ada):
    def change_and_fail() -> None:
        with transaction.atomic():
            events.record(ada, "note")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert not events.events(ada).exists()
    assert not ChainHead.objects.filter(subject_id=ada.pk).exists()


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_auditevent SET note = 'x'",
        "DELETE FROM audit_auditevent",
        "TRUNCATE audit_auditevent",
        "UPDATE audit_checkpoint SET heads = '[]'",
        "DELETE FROM audit_checkpoint",
        "TRUNCATE audit_checkpoint",
    ],
)
def test_the_database_refuses_every_change_of_the_record(ada, statement):
    record(ada, 2)
    events.fold()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # or TRUNCATE would be refused for another reason
        with pytest.raises(IntegrityError, match="insert-only"), transaction.atomic():
            cursor.execute(statement)
    assert (events.events(ada).count(), Checkpoint.objects.count()) == (2, 1)


def test_two_writers_cannot_both_extend_a_chain(ada):
    [event] = record(ada)
    twin = AuditEvent.objects.get(pk=event.pk)
    twin.pk, twin._state.adding = None, True
    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_changed_event_is_named(ada):
    record(ada, 3)
    tamper("UPDATE audit_auditevent SET note = 'innocent' WHERE subject_id = %s AND number = 2", ada.pk)
    assert broken() == [f"user {ada.pk} event 2: its content was changed"]


def test_an_event_taken_out_of_the_middle_is_named(ada):
    record(ada, 3)
    tamper("DELETE FROM audit_auditevent WHERE subject_id = %s AND number = 2", ada.pk)
    assert broken() == [f"user {ada.pk} event 2: this event is missing"]


def test_a_tail_cut_off_after_a_checkpoint_is_named(ada):
    record(ada, 3)
    events.fold()
    tamper("DELETE FROM audit_auditevent WHERE subject_id = %s AND number = 3", ada.pk)
    assert broken() == [f"user {ada.pk} event 3: a checkpoint has seen this event; it is gone"]


def test_a_chain_written_anew_after_a_checkpoint_is_named(ada):
    record(ada, 1)
    events.fold()
    tamper("DELETE FROM audit_auditevent WHERE subject_id = %s", ada.pk)
    tamper("DELETE FROM audit_chainhead WHERE subject_id = %s", ada.pk)
    record(ada, 1, note="another story")
    assert broken() == [f"user {ada.pk} event 1: it is not the event that a checkpoint has seen"]


def test_a_checkpoint_taken_out_or_changed_is_named(ada):
    for _ in range(3):
        record(ada)
        events.fold()
    with transaction.atomic():
        tamper("UPDATE audit_checkpoint SET heads = '[]' WHERE number = %s", 2)
        assert "checkpoints event 2: its content was changed" in broken()
        transaction.set_rollback(True)
    tamper("DELETE FROM audit_checkpoint WHERE number = %s", 2)
    assert "checkpoints event 2: a checkpoint is missing or was put in" in broken()


def test_a_checkpoint_holds_the_chains_that_grew_and_no_others(ada):
    ben = make.user("ben")
    [one] = record(ada)
    [two] = record(ben)
    checkpoint = events.fold()
    assert {tuple(head) for head in checkpoint.heads} == {
        ("user", str(ada.pk), one.number, one.hash),
        ("user", str(ben.pk), two.number, two.hash),
    }
    assert events.fold() is None
    [three] = record(ben)
    assert events.fold().heads == [["user", str(ben.pk), three.number, three.hash]]


def test_verify_audit_names_the_break_and_fails(ada):
    record(ada, 2)
    out, err = StringIO(), StringIO()
    call_command("verify_audit", stdout=out, stderr=err)
    assert out.getvalue() == ""
    tamper("UPDATE audit_auditevent SET action = 'approve' WHERE subject_id = %s AND number = 1", ada.pk)
    with pytest.raises(SystemExit) as ended:
        call_command("verify_audit", stdout=out, stderr=err)
    assert ended.value.code == 1
    assert f"user {ada.pk} event 1: its content was changed" in out.getvalue()


def test_an_event_outside_the_transaction_of_its_change_is_refused(committed_database):
    ada = make.user("ada")
    with pytest.raises(RuntimeError, match="transaction"):
        events.record(ada, "note")
    assert not events.events(ada).exists()
