"""Is the record whole? Recomputes every chain and every checkpoint and names what does not agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from factcheck.audit.chain import GENESIS, checkpoint_hash, event_hash
from factcheck.audit.events import content_of
from factcheck.audit.models import AuditEvent, Checkpoint

Subject = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Break:
    """The first place of a chain that does not agree: of a subject's chain, or of the checkpoints'."""

    chain: str
    number: int
    detail: str

    def __str__(self) -> str:
        return f"{self.chain} event {self.number}: {self.detail}"


@dataclass(slots=True)
class Verified:
    events: int = 0
    checkpoints: int = 0


def verify(counted: Verified | None = None) -> Iterator[Break]:
    """Every chain's first break, in one pass with flat memory but for one hash per subject named by a checkpoint."""
    counted = counted or Verified()
    named: set[str] = set()
    for found in _breaks(counted):
        # What stands later in a chain agrees with nothing once its first break is known.
        if found.chain not in named:
            named.add(found.chain)
            yield found


def _breaks(counted: Verified) -> Iterator[Break]:
    expected: dict[Subject, list[tuple[int, str]]] = {}
    yield from _checkpoints(expected, counted)
    yield from _events(expected, counted)
    for (kind, pk), heads in expected.items():
        number, _ = heads[0]
        yield Break(f"{kind} {pk}", number, "a checkpoint has seen this event; it is gone")
    yield from _heads()


def _checkpoints(expected: dict[Subject, list[tuple[int, str]]], counted: Verified) -> Iterator[Break]:
    previous = GENESIS
    for number, checkpoint in enumerate(Checkpoint.objects.order_by("number").iterator(), 1):
        counted.checkpoints += 1
        if checkpoint.number != number or checkpoint.previous_hash != previous:
            yield Break("checkpoints", number, "a checkpoint is missing or was put in")
            return
        if checkpoint.hash != checkpoint_hash(previous, checkpoint.at.isoformat(), checkpoint.heads):
            yield Break("checkpoints", number, "its content was changed")
            return
        previous = checkpoint.hash
        for kind, pk, event_number, event_hash_seen in checkpoint.heads:
            expected.setdefault((kind, pk), []).append((event_number, event_hash_seen))


def _events(expected: dict[Subject, list[tuple[int, str]]], counted: Verified) -> Iterator[Break]:
    subject: Subject | None = None
    previous, number, is_broken = GENESIS, 0, False
    ordered = AuditEvent.objects.order_by("subject_type", "subject_id", "number")
    for event in ordered.iterator():
        counted.events += 1
        if (event.subject_type, str(event.subject_id)) != subject:
            subject = (event.subject_type, str(event.subject_id))
            previous, number, is_broken = GENESIS, 0, False
        if is_broken:
            continue
        number += 1
        if found := _break(event, number, previous, expected.get(subject, [])):
            is_broken = True
            expected.pop(subject, None)
            yield found
            continue
        previous = event.hash
        seen = expected.get(subject)
        if seen and seen[0][0] == number:
            seen.pop(0)
            if not seen:
                del expected[subject]


# Each in one statement, which sees one moment: events and checkpoints are being written meanwhile.
_LAST_EVENTS = """
    SELECT coalesce(h.subject_type, e.subject_type), coalesce(h.subject_id, e.subject_id), h.number, e.number
    FROM audit_chainhead h FULL JOIN (
        SELECT DISTINCT ON (subject_type, subject_id) subject_type, subject_id, number, hash FROM audit_auditevent
        ORDER BY subject_type, subject_id, number DESC
    ) e USING (subject_type, subject_id)
    WHERE (h.number, h.hash) IS DISTINCT FROM (e.number, e.hash)
    ORDER BY 1, 2
"""
_UNSEEN = """
    SELECT count(*) FROM audit_chainhead h
    JOIN audit_auditevent e USING (subject_type, subject_id, number, hash)
    WHERE h.is_folded AND NOT EXISTS (
        SELECT FROM audit_checkpoint c, jsonb_array_elements(CASE jsonb_typeof(c.heads) WHEN 'array' THEN c.heads ELSE '[]' END) seen
        WHERE seen ->> 3 = h.hash
    )
"""


def _heads() -> Iterator[Break]:
    """Heads are no evidence by themselves, but whoever cuts off a tail leaves one that says more than the events do."""
    with connection.cursor() as cursor:
        cursor.execute(_LAST_EVENTS)
        for kind, pk, head, last in cursor.fetchall():
            if last is None or (head is not None and head > last):
                yield Break(f"{kind} {pk}", (last or 0) + 1, "the chain's head has seen this event; it is gone")
            else:
                yield Break(f"{kind} {pk}", last, "the chain's head does not tell of this event")
        cursor.execute(_UNSEEN)
        [count] = cursor.fetchone()
    if count:
        number = Checkpoint.objects.count() + 1
        yield Break(
            "checkpoints", number, f"it saw the last event of {count} chain{'s' if count > 1 else ''}; it is gone"
        )


def _break(event: AuditEvent, number: int, previous: str, seen: list[tuple[int, str]]) -> Break | None:
    chain = f"{event.subject_type} {event.subject_id}"
    if event.number != number:
        return Break(chain, number, "this event is missing")
    if event.previous_hash != previous:
        return Break(chain, number, "it does not follow the event before it")
    if event.hash != event_hash(previous, content_of(event)):
        return Break(chain, number, "its content was changed")
    if seen and seen[0][0] == number and seen[0][1] != event.hash:
        return Break(chain, number, "it is not the event that a checkpoint has seen")
    return None
