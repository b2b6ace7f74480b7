"""The outbox: what is to be told is written in the transaction of the audit event that it tells of. Sending is the jobs' business."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import models
from django.utils import timezone

from factcheck import jobs
from factcheck.audit.models import AuditEvent
from factcheck.database import prepared
from factcheck.webhooks import types
from factcheck.webhooks.models import WebhookDelivery, WebhookEvent
from factcheck.webhooks.queueing import DELIVER, lane_of
from factcheck.webhooks.types import Audience, Told

# An installation's endpoint hears of no desk but what is public; a desk's of no other desk.
_LISTENING = """
    SELECT id FROM webhooks_webhookendpoint
    WHERE disabled_reason = '' AND %s = ANY (event_types)
        AND (%s::uuid IS NULL OR desk_id = %s::uuid OR (desk_id IS NULL AND %s::boolean))
    ORDER BY id
"""


def announce(subject: models.Model, event: AuditEvent) -> None:
    """Write what the table says of an audit event, for every endpoint that listens. With nobody listening it is one question a type."""
    for row in types.of(subject, event):
        told = row.tell(subject, event)
        if told is None:
            continue
        listening = _listening(row.name, told.desk_id, row.audience is Audience.PUBLIC)
        if listening:
            put_out(row.name, told, event, listening)


def _listening(name: str, desk_id: UUID | None, is_public: bool) -> list[UUID]:
    with prepared.cursor() as cursor:
        cursor.execute(_LISTENING, [name, desk_id, desk_id, is_public])
        return [endpoint for (endpoint,) in cursor.fetchall()]


def put_out(name: str, told: Told, event: AuditEvent, endpoints: Collection[UUID]) -> list[WebhookDelivery]:
    """One event with its deliveries and their jobs. Within the transaction of what it tells of."""
    made = WebhookEvent(
        type=name, desk_id=told.desk_id, cause_id=event.pk, body=body_of(name, event.at, told), occurred_at=event.at
    )
    prepared.insert(made)
    now = timezone.now()
    deliveries = [WebhookDelivery(event=made, endpoint_id=endpoint, next_attempt_at=now) for endpoint in endpoints]
    WebhookDelivery.objects.bulk_create(deliveries)
    jobs.enqueue_many(
        DELIVER, [delivery.pk.bytes for delivery in deliveries], lanes=[lane_of(endpoint) for endpoint in endpoints]
    )
    return deliveries


def body_of(name: str, at: datetime, told: Told) -> str:
    data: dict[str, Any] = {**told.data, "links": told.links}
    moment = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return orjson.dumps({"type": name, "timestamp": moment, "data": data}).decode()
