"""The only writer of audit events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models, transaction
from django.db.models import QuerySet
from django.utils import timezone

from factcheck.accounts.models import User
from factcheck.audit.chain import GENESIS, checkpoint_hash, event_hash
from factcheck.audit.models import AuditEvent, ChainHead, Checkpoint
from factcheck.audit.origin import current_origin
from factcheck.database import prepared
from factcheck.ids import uuid7
from factcheck.middleware import current_request_id
from factcheck.versions import version_of

Follower = Callable[[models.Model, AuditEvent], None]
_followers: dict[str, Follower] = {}


def follow(subject_type: str, follower: Follower) -> None:
    """Whoever follows subjects of a type is told of every event of theirs, in its transaction."""
    _followers[subject_type] = follower


def record(
    subject: models.Model,
    action: str,
    *,
    actor: User | None = None,
    reason: str = "",
    note: str = "",
    data: dict[str, Any] | None = None,
    saves: Iterable[str] = (),
) -> AuditEvent:
    """Append an event to the subject's chain, in the transaction of the change and under the lock that the verb holds on the row.

    `data` says what changed; `saves` names columns of the subject that are written by the same statement. Raises RuntimeError outside a
    transaction: an event must not outlive a change that failed.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("An audit event is recorded in the transaction of its change.")
    kind = subject._meta.model_name or ""
    number, previous_hash = _head(kind, subject.pk)
    event = AuditEvent(
        id=uuid7(),
        subject_type=kind,
        subject_id=subject.pk,
        number=number + 1,
        action=str(action),
        version=version_of(subject),
        actor=actor,
        origin=current_origin(),
        request_id=current_request_id() or "",
        reason=str(reason),
        note=note,
        data=data or {},
        at=timezone.now(),
        previous_hash=previous_hash,
    )
    event.hash = event_hash(event.previous_hash, content_of(event))
    _append(event, *(prepared.update_of(subject, saves) if saves else ("", [])))
    if follower := _followers.get(kind):
        follower(subject, event)
    return event


def _head(kind: str, subject_id: UUID) -> tuple[int, str]:
    with prepared.cursor() as cursor:
        cursor.execute(
            "SELECT number, hash FROM audit_chainhead WHERE subject_type = %s AND subject_id = %s", [kind, subject_id]
        )
        return cursor.fetchone() or (0, GENESIS)


# Every verb ends with it, so it is one statement. Whoever else had moved the head since would have taken this event's number as well.
_APPEND = """
    WITH {saved}told AS (
        INSERT INTO audit_auditevent (id, subject_type, subject_id, number, action, version, actor_id, origin, request_id, reason, note,
            data, at, previous_hash, hash)
        VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s::jsonb, %s, %s, %s)
    )
    INSERT INTO audit_chainhead (subject_type, subject_id, number, hash, is_folded) VALUES (%s, %s, %s, %s, false)
    ON CONFLICT (subject_type, subject_id) DO UPDATE SET number = EXCLUDED.number, hash = EXCLUDED.hash, is_folded = false
"""


def _append(event: AuditEvent, update: str, values: list[Any]) -> None:
    where: list[Any] = [event.subject_type, event.subject_id, event.number]
    what: list[Any] = [
        event.action,
        event.version,
        event.actor_id,
        event.origin,
        event.request_id,
        event.reason,
        event.note,
    ]
    data = orjson.dumps(event.data).decode()
    told = [event.id, *where, *what, data, event.at, event.previous_hash, event.hash, *where, event.hash]
    with prepared.cursor() as cursor:
        cursor.execute(_APPEND.format(saved=f"saved AS ({update}), " if update else ""), [*values, *told])
    event._state.adding = False


def content_of(event: AuditEvent) -> dict[str, Any]:
    """What an event's hash covers, as JSON values. Events from before the version was kept have none."""
    version = {} if event.version is None else {"version": event.version}
    return version | {
        "id": str(event.id),
        "subject": [event.subject_type, str(event.subject_id), event.number],
        "action": event.action,
        "actor": str(event.actor_id) if event.actor_id else None,
        "origin": event.origin,
        "request_id": event.request_id,
        "reason": event.reason,
        "note": event.note,
        "data": event.data,
        "at": event.at.isoformat(),
    }


def events(subject: models.Model) -> QuerySet[AuditEvent]:
    """The subject's events, first to last."""
    return events_of(subject._meta.model_name or "", subject.pk)


def events_of(subject_type: str, subject_id: UUID) -> QuerySet[AuditEvent]:
    return AuditEvent.objects.filter(subject_type=subject_type, subject_id=subject_id).order_by("number")


def since(subject: models.Model, version: int) -> QuerySet[AuditEvent]:
    """The events that led the subject beyond this version of it."""
    return events(subject).filter(version__gt=version)


def fold() -> Checkpoint | None:
    """Fold the heads that moved since the last checkpoint into a new one; None when none did."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            # Two beats must not fold at once, and the lock goes with the transaction.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('audit checkpoint'))")
        # A head that a verb is moving right now is the next checkpoint's business.
        moved = list(
            ChainHead.objects.select_for_update(skip_locked=True).filter(is_folded=False).order_by("id")[:10_000]
        )
        if not moved:
            return None
        last = Checkpoint.objects.order_by("-number").first()
        heads = [[head.subject_type, str(head.subject_id), head.number, head.hash] for head in moved]
        at, previous = timezone.now(), last.hash if last else GENESIS
        checkpoint = Checkpoint.objects.create(
            number=last.number + 1 if last else 1,
            at=at,
            heads=heads,
            previous_hash=previous,
            hash=checkpoint_hash(previous, at.isoformat(), heads),
        )
        ChainHead.objects.filter(pk__in=[head.pk for head in moved]).update(is_folded=True)
    return checkpoint
