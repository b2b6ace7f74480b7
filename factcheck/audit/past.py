"""Past rows for people: what each change made of a row, and the event that says who made it and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Model, Q
from pghistory.core import event_models

from factcheck.accounts.models import User
from factcheck.audit.changes import UNTOLD, State, state_of
from factcheck.audit.models import AuditEvent
from factcheck.audit.readers import visible_to

SHOWN = 50  # of one row's past, and of one transaction's rows of one kind


@dataclass(frozen=True, slots=True)
class Past:
    """A row as it was before one change (after it, for a row that was put in), with what the change made of it.

    `event` is the one of the same transaction that is nearest to the row: its own, that of the article or person it belongs to, or any.
    None says that the row was changed past every verb: by the shell or in the database.
    """

    kind: str
    subject_id: UUID
    change: str  # insert, update or delete
    at: datetime  # when the transaction began
    transaction: int
    row: State
    data: dict[str, list[Any]]
    event: AuditEvent | None


def past_model(model: type[Model]) -> Any:
    """The model of the past rows of `model`; None where none are kept."""
    return getattr(model, "pgh_event_model", None)


def past_of(model: type[Model], *, reader: User | None = None, **where: Any) -> list[Past]:
    """The past rows of `model` that fit, the last one first: `pgh_obj=id` for those of one row. With the events that `reader` may read."""
    kept = past_model(model)
    return _told(kept, list(kept.objects.filter(**where).order_by("-pgh_id")[:SHOWN]), reader)


def past_around(event: AuditEvent, *, reader: User | None = None) -> list[Past]:
    """Every row that was changed in the transaction of this event, as it was before."""
    return [
        past
        for kept in _kept_models()
        for past in _told(
            kept, list(kept.objects.filter(transaction=event.transaction).order_by("pgh_id")[:SHOWN]), reader
        )
    ]


def _kept_models() -> list[Any]:
    return list(event_models())


def _told(kept: Any, rows: Sequence[Any], reader: User | None) -> list[Past]:
    if not rows:
        return []
    model = kept.pgh_tracked_model
    names = [field.attname for field in kept._meta.fields if field.name in {f.name for f in model._meta.fields}]
    ids = {row.pgh_obj_id for row in rows}
    after = {row.pk: state_of(row) for row in model._base_manager.filter(pk__in=ids)}
    events = _events(rows, names, reader)
    told: dict[int, Past] = {}
    first = min(row.pgh_id for row in rows)
    # What a change made of a row is what the next one found.
    for row in kept.objects.filter(pgh_obj__in=ids, pgh_id__gte=first).order_by("-pgh_id"):
        state = {name: value for name, value in state_of(row).items() if name in names}
        then = None if row.pgh_label == "delete" else after.get(row.pgh_obj_id)
        before = None if row.pgh_label == "insert" else state
        told[row.pgh_id] = Past(
            kind=model._meta.model_name,
            subject_id=row.pgh_obj_id,
            change=row.pgh_label,
            at=row.pgh_created_at,
            transaction=row.transaction,
            row=state,
            data=_changes(names, before, state if before is None else then),
            event=events.get(row.pgh_id),
        )
        after[row.pgh_obj_id] = state
    return [told[row.pgh_id] for row in rows]


def _changes(names: Iterable[str], before: State | None, after: State | None) -> dict[str, list[Any]]:
    pairs = {name: [(before or {}).get(name), (after or {}).get(name)] for name in names if name not in UNTOLD}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


def _events(rows: Sequence[Any], names: Sequence[str], reader: User | None) -> dict[int, AuditEvent]:
    own = {
        row.pgh_id: [row.pgh_obj_id, *(getattr(row, name) for name in names if name.endswith("_id"))] for row in rows
    }
    near = Q(subject_id__in={pk for ids in own.values() for pk in ids if isinstance(pk, UUID)})
    readable = visible_to(reader) if reader else AuditEvent.objects.all()
    events = readable.filter(transaction__in={row.transaction for row in rows}).select_related("actor")
    by_subject = {(event.transaction, event.subject_id): event for event in events.filter(near).order_by("-id")}
    any_of = {event.transaction: event for event in events.order_by("transaction", "id").distinct("transaction")}
    found: dict[int, AuditEvent] = {}
    for row in rows:
        subjects = [(row.transaction, pk) for pk in own[row.pgh_id]]
        event = next((by_subject[s] for s in subjects if s in by_subject), any_of.get(row.transaction))
        if event:
            found[row.pgh_id] = event
    return found
