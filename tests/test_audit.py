"""The record of who did what is complete, in order, and cannot be changed unseen."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from factcheck.accounts.models import User
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


def test_a_chain_written_anew_after_a_checkpoint_is_named(ada):
    record(ada, 1)
    events.fold()
    tamper("DELETE FROM audit_auditevent WHERE subject_id = %s", ada.pk)
    tamper("DELETE FROM audit_chainhead WHERE subject_id = %s", ada.pk)
    record(ada, 1, note="another story")
    assert broken() == [f"user {ada.pk} event 1: it is not the event that a checkpoint has seen"]


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


@pytest.fixture
def ben(ada):
    """After it Ada's chain has five events and Ben's one. Of three checkpoints, the last has seen Ada's fourth and Ben's."""
    ben = make.user("ben")
    record(ada, 2, actor=ada)
    events.fold()
    record(ada)
    events.fold()
    record(ada)
    record(ben)
    events.fold()
    record(ada)
    assert [events.events(person).count() for person in (ada, ben)] == [5, 1]
    assert (Checkpoint.objects.count(), broken()) == (3, [])
    return ben


EVENT = "audit_auditevent WHERE subject_id = 'ADA' AND number ="
CHANGED, MISSING, STRANGE = "its content was changed", "this event is missing", "it does not follow the event before it"
SEEN, SEEN_BY_HEAD = "a checkpoint has seen this event; it is gone", "the chain's head has seen this event; it is gone"
UNTOLD, NO_CHECKPOINT = "the chain's head does not tell of this event", "a checkpoint is missing or was put in"


def with_second(column: str, value: str) -> str:
    return f"UPDATE audit_auditevent SET {column} = {value} WHERE subject_id = 'ADA' AND number = 2"


def with_head(change: str) -> str:
    return f"UPDATE audit_chainhead SET {change} WHERE subject_id = 'ADA'"


def with_checkpoint(column: str, value: str) -> str:
    return f"UPDATE audit_checkpoint SET {column} = {value} WHERE number = 2"


# What is done, each statement to one row -> what is named. ADA and BEN are keys of users.
TAMPERINGS: list[tuple[list[str], list[str]]] = [
    ([with_second("id", "gen_random_uuid()")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("action", "'approve'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("version", "7")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("actor_id", "'BEN'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("actor_id", "NULL")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("origin", "'session'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("request_id", "'x'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("reason", "'other'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("note", "'innocent'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("data", "'{}'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("at", "at - interval '1 microsecond'")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("hash", "repeat('0', 64)")], [f"user ADA event 2: {CHANGED}"]),
    ([with_second("previous_hash", "repeat('0', 64)")], [f"user ADA event 2: {STRANGE}"]),
    ([with_second("number", "9")], [f"user ADA event 2: {MISSING}"]),
    ([with_second("subject_id", "'BEN'")], [f"user ADA event 2: {MISSING}", f"user BEN event 2: {STRANGE}"]),
    ([with_second("subject_type", "'claim'")], [f"claim ADA event 1: {MISSING}", f"user ADA event 2: {MISSING}"]),
    # Events taken out, exchanged and put in
    ([f"DELETE FROM {EVENT} 1"], [f"user ADA event 1: {MISSING}"]),
    ([f"DELETE FROM {EVENT} 3"], [f"user ADA event 3: {MISSING}"]),
    (
        [with_second("number", "9"), "UPDATE audit_auditevent SET number = 2 WHERE subject_id = 'ADA' AND number = 3"],
        [f"user ADA event 2: {STRANGE}"],
    ),
    (
        [
            "INSERT INTO audit_auditevent (id, subject_type, subject_id, number, action, origin, request_id, reason, note, data, at, "
            "previous_hash, hash) SELECT gen_random_uuid(), subject_type, subject_id, 6, action, origin, request_id, reason, note, data, "
            f"at, hash, repeat('0', 64) FROM {EVENT} 5"
        ],
        [f"user ADA event 6: {CHANGED}"],
    ),
    # A tail cut off: before a checkpoint has seen it, after, with its head, and the whole chain
    ([f"DELETE FROM {EVENT} 5"], [f"user ADA event 5: {SEEN_BY_HEAD}"]),
    ([f"DELETE FROM {EVENT} 5", f"DELETE FROM {EVENT} 4"], [f"user ADA event 4: {SEEN}"]),
    (
        [
            f"DELETE FROM {EVENT} 5",
            f"DELETE FROM {EVENT} 4",
            with_head(f"number = 3, hash = (SELECT hash FROM {EVENT} 3)"),
        ],
        [f"user ADA event 4: {SEEN}"],
    ),
    (
        [
            "DELETE FROM audit_auditevent WHERE subject_id = 'BEN'",
            "DELETE FROM audit_chainhead WHERE subject_id = 'BEN'",
        ],
        [f"user BEN event 1: {SEEN}"],
    ),
    # Heads
    (["DELETE FROM audit_chainhead WHERE subject_id = 'ADA'"], [f"user ADA event 5: {UNTOLD}"]),
    ([with_head("number = 4")], [f"user ADA event 5: {UNTOLD}"]),
    ([with_head("number = 6")], [f"user ADA event 6: {SEEN_BY_HEAD}"]),
    ([with_head("hash = repeat('0', 64)")], [f"user ADA event 5: {UNTOLD}"]),
    ([with_head("is_folded = true")], ["checkpoints event 4: it saw the last event of 1 chain; it is gone"]),
    # Checkpoints
    ([with_checkpoint("number", "9")], [f"checkpoints event 2: {NO_CHECKPOINT}"]),
    ([with_checkpoint("at", "at - interval '1 microsecond'")], [f"checkpoints event 2: {CHANGED}"]),
    ([with_checkpoint("heads", "'[]'")], [f"checkpoints event 2: {CHANGED}"]),
    ([with_checkpoint("heads", "'{}'")], [f"checkpoints event 2: {CHANGED}"]),
    ([with_checkpoint("hash", "repeat('0', 64)")], [f"checkpoints event 2: {CHANGED}"]),
    ([with_checkpoint("previous_hash", "repeat('0', 64)")], [f"checkpoints event 2: {NO_CHECKPOINT}"]),
    (["DELETE FROM audit_checkpoint WHERE number = 1"], [f"checkpoints event 1: {NO_CHECKPOINT}"]),
    (["DELETE FROM audit_checkpoint WHERE number = 2"], [f"checkpoints event 2: {NO_CHECKPOINT}"]),
    (["DELETE FROM audit_checkpoint WHERE number = 3"], ["checkpoints event 3: it saw the last event of 1 chain; it is gone"]),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "named"), TAMPERINGS, ids=[" and ".join(done) for done, _ in TAMPERINGS])
def test_whatever_is_done_to_the_record_is_named(ada, ben, statements, named):
    def of_users(text: str) -> str:
        return text.replace("ADA", str(ada.pk)).replace("BEN", str(ben.pk))

    for statement in statements:
        tamper(of_users(statement))
    assert broken() == [of_users(line) for line in named]


def test_twenty_tampered_rows_are_twenty_that_are_named(ada):
    people = [User() for _ in range(20)]
    for person in people:
        record(person, 2)
    for person in people:
        tamper("UPDATE audit_auditevent SET note = 'innocent' WHERE subject_id = %s AND number = 2", person.pk)
    assert set(broken()) == {f"user {person.pk} event 2: its content was changed" for person in people}


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
