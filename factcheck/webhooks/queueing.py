"""The jobs that send, and when: an endpoint is sent one thing at a time, and left alone while it rests."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from factcheck import jobs
from factcheck.webhooks.models import DeliveryState, WebhookDelivery

DELIVER = "deliver_webhook"  # the kind of job that sends one


def lane_of(endpoint_id: UUID) -> str:
    return f"webhook {endpoint_id.hex}"


def rest(endpoint_id: UUID, until: datetime) -> None:
    """Nothing that waits is sent before then."""
    jobs.wait_in(lane_of(endpoint_id), until)
    _waiting(endpoint_id).filter(next_attempt_at__lt=until).update(next_attempt_at=until)


def go_on(endpoint_id: UUID) -> None:
    """Whatever waits is sent now."""
    now = timezone.now()
    jobs.hasten_in(lane_of(endpoint_id))
    _waiting(endpoint_id).filter(next_attempt_at__gt=now).update(next_attempt_at=now)


def _waiting(endpoint_id: UUID) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(endpoint=endpoint_id, state=DeliveryState.PENDING)
