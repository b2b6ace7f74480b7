"""The verbs of those who keep endpoints. Each is one transaction under the endpoint's lock, with its event."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from factcheck import fetch, jobs
from factcheck.accounts.models import User
from factcheck.audit import events
from factcheck.audit.changes import changes, state_of
from factcheck.audit.staleness import check_version
from factcheck.errors import ActionForbidden, ActionNotAllowed, FieldError, InvalidInput, NotFound
from factcheck.fetch.posting import check_receiver
from factcheck.webhooks import readers, signing, types
from factcheck.webhooks.announcing import put_out
from factcheck.webhooks.models import (
    SECRETS,
    STATE,
    DeliveryState,
    DisabledReason,
    WebhookDelivery,
    WebhookEndpoint,
)
from factcheck.webhooks.queueing import DELIVER, go_on, lane_of
from factcheck.webhooks.types import TEST, Audience, Told

OVERLAP_HOURS = 24  # of two secrets, unless somebody says otherwise
LONGEST_OVERLAP_HOURS = 168
BOOKKEEPING = (*SECRETS, *STATE)


def add_endpoint(
    url: str, event_types: Iterable[str], *, actor: User, desk_id: UUID | None = None, description: str = ""
) -> tuple[WebhookEndpoint, str]:
    """A new endpoint and its secret, `whsec_...`, which cannot be read again.

    Raises ActionForbidden, and InvalidInput for an address that nothing is sent to, for types that are unknown or another's to hear, and
    for a desk that the actor does not see.
    """
    _check_keeper(actor)
    if desk_id is not None and not readers.may_see_desk(actor, desk_id):
        detail = "There is no such desk among yours."
        raise InvalidInput(detail, errors=[FieldError("unknown_desk", detail, pointer="/desk")])
    asked = list(dict.fromkeys(event_types))
    _check_types(asked, desk_id)
    made = signing.new_secret()
    now = timezone.now()
    with transaction.atomic():
        endpoint = WebhookEndpoint(
            url=_receiver(url),
            description=description,
            event_types=asked,
            desk_id=desk_id,
            owner=actor,
            secret_salt=made.salt,
            secret_check=made.check,
            secret_at=now,
            updated_at=now,
            updated_by=actor,
        )
        endpoint.save(force_insert=True)
        told = {"url": endpoint.url, "event_types": asked, "desk": str(desk_id) if desk_id else None}
        events.record(endpoint, "create", actor=actor, data=told)
    return WebhookEndpoint.objects.get(pk=endpoint.pk), made.secret


@transaction.atomic
def edit_endpoint(
    endpoint_id: UUID, fields: Mapping[str, Any], *, actor: User, version: int | None = None
) -> WebhookEndpoint:
    """Change `url`, `description` or `event_types`. A new address begins without a past. Raises what `add_endpoint` and `_begin` raise."""
    endpoint = _begin(endpoint_id, actor, version)
    before = state_of(endpoint)
    if "event_types" in fields:
        asked = list(dict.fromkeys(fields["event_types"]))
        _check_types(asked, endpoint.desk_id)
        endpoint.event_types = asked
    endpoint.description = fields.get("description", endpoint.description)
    if "url" in fields and (url := _receiver(fields["url"])) != endpoint.url:
        endpoint.url = url
        _forgive(endpoint)
    return _save(endpoint, before, "edit", actor)


@transaction.atomic
def disable_endpoint(endpoint_id: UUID, *, actor: User, version: int | None = None) -> WebhookEndpoint:
    """Tell it nothing more; what waits is given up. Raises ActionNotAllowed for one that is disabled."""
    endpoint = _begin(endpoint_id, actor, version)
    if endpoint.disabled_reason:
        raise ActionNotAllowed("This endpoint is disabled already.")
    return disable(endpoint, DisabledReason.BY_HAND, actor=actor)


def disable(endpoint: WebhookEndpoint, reason: DisabledReason, *, actor: User | None = None) -> WebhookEndpoint:
    """The endpoint, which is locked, is told nothing more, and whatever waits for it is given up."""
    before = state_of(endpoint)
    endpoint.disabled_reason = reason
    given_up = {"state": DeliveryState.FAILED, "failure": "endpoint_disabled", "ended_at": timezone.now()}
    endpoint.deliveries.filter(state=DeliveryState.PENDING).update(**given_up, next_attempt_at=None)
    go_on(endpoint.pk)  # their jobs find nothing to do
    return _save(endpoint, before, "disable", actor)


@transaction.atomic
def enable_endpoint(endpoint_id: UUID, *, actor: User, version: int | None = None) -> WebhookEndpoint:
    """Tell it of what happens from now on. Whoever enables it answers for it. Raises ActionNotAllowed for one that is enabled."""
    endpoint = _begin(endpoint_id, actor, version)
    if not endpoint.disabled_reason:
        raise ActionNotAllowed("This endpoint is enabled.")
    before = state_of(endpoint)
    endpoint.disabled_reason, endpoint.owner = "", actor
    _forgive(endpoint)
    return _save(endpoint, before, "enable", actor)


@transaction.atomic
def rotate_secret(
    endpoint_id: UUID, *, actor: User, overlap_hours: int = OVERLAP_HOURS, version: int | None = None
) -> tuple[WebhookEndpoint, str]:
    """A new secret. The one before signs too for so many hours; one from before that signs no more."""
    endpoint = _begin(endpoint_id, actor, version)
    before, now, made = state_of(endpoint), timezone.now(), signing.new_secret()
    endpoint.previous_salt, endpoint.previous_check, endpoint.previous_until = "", "", None
    if overlap_hours:
        endpoint.previous_salt, endpoint.previous_check = endpoint.secret_salt, endpoint.secret_check
        endpoint.previous_until = now + timedelta(hours=overlap_hours)
    endpoint.secret_salt, endpoint.secret_check, endpoint.secret_at = made.salt, made.check, now
    return _save(endpoint, before, "rotate_secret", actor), made.secret


@transaction.atomic
def send_test(endpoint_id: UUID, *, actor: User) -> WebhookDelivery:
    """Have an event of the type `webhook.test` sent there, enabled or not."""
    endpoint = _begin(endpoint_id, actor, None)
    event = events.record(endpoint, "send_test", actor=actor)
    told = Told(
        {"endpoint": str(endpoint.pk)}, {"endpoint": f"/api/v1/webhook-endpoints/{endpoint.pk}"}, endpoint.desk_id
    )
    [delivery] = put_out(TEST, told, event, [endpoint.pk])
    return delivery


@transaction.atomic
def replay(delivery_id: UUID, *, actor: User) -> WebhookDelivery:
    """Send it again under its own id, with all attempts; one that waits is sent now. Raises NotFound, ActionForbidden, ActionNotAllowed."""
    found = readers.deliveries_visible_to(actor).filter(pk=delivery_id).first()
    if found is None:
        raise NotFound("There is no such delivery.")
    endpoint = _begin(found.endpoint_id, actor, None)
    delivery = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery_id)
    if endpoint.disabled_reason and delivery.event.type != TEST:
        raise ActionNotAllowed("Its endpoint is disabled: enable that first.")
    begin_again(delivery)
    jobs.enqueue(DELIVER, delivery.pk, lane=lane_of(endpoint.pk))
    jobs.hasten_in(lane_of(endpoint.pk), delivery.pk)
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(resting_until=None)
    events.record(endpoint, "replay", actor=actor, data={"delivery": str(delivery.pk)})
    return delivery


def begin_again(delivery: WebhookDelivery) -> None:
    delivery.state, delivery.tries, delivery.failure = DeliveryState.PENDING, 0, ""
    delivery.next_attempt_at, delivery.ended_at = timezone.now(), None
    delivery.save(update_fields=["state", "tries", "failure", "next_attempt_at", "ended_at"])


def lock(endpoint_id: UUID) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.select_for_update(no_key=True, of=("self",)).select_related("owner", "updated_by")
    return found.get(pk=endpoint_id)


def _begin(endpoint_id: UUID, actor: User, version: int | None) -> WebhookEndpoint:
    """The endpoint under its lock. Raises NotFound for one that the actor does not see, ActionForbidden, StaleVersion."""
    _check_keeper(actor)
    if not readers.visible_to(actor).filter(pk=endpoint_id).exists():
        raise NotFound("There is no such endpoint.")
    endpoint = lock(endpoint_id)
    check_version(endpoint, version)
    return endpoint


def _save(endpoint: WebhookEndpoint, before: dict[str, Any], action: str, actor: User | None) -> WebhookEndpoint:
    changed = {name: value for name, value in changes(before, endpoint).items() if name not in BOOKKEEPING}
    if changed:
        endpoint.version, endpoint.updated_at, endpoint.updated_by = endpoint.version + 1, timezone.now(), actor
        endpoint.save()
        events.record(endpoint, action, actor=actor, data=changed)
    return endpoint


def _forgive(endpoint: WebhookEndpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
    go_on(endpoint.pk)


def _check_keeper(actor: User) -> None:
    if not actor.keeps_accounts:
        raise ActionForbidden("Endpoints are kept by those who keep the accounts.")


def _receiver(url: str) -> str:
    try:
        return check_receiver(url)
    except fetch.FetchProblem as problem:
        raise InvalidInput(
            problem.detail, errors=[FieldError(problem.code, problem.detail, pointer="/url")]
        ) from problem


def _check_types(asked: list[str], desk_id: UUID | None) -> None:
    errors = []
    for number, name in enumerate(asked):
        row = types.find(name)
        if row is None:
            known = ", ".join(each.name for each in types.all_types())
            errors.append(FieldError("unknown_event_type", f"Give any of {known}.", pointer=f"/event_types/{number}"))
        elif row.audience is Audience.DESK and desk_id is None:
            detail = f"{name} is told to endpoints of a desk alone."
            errors.append(FieldError("desk_needed", detail, pointer=f"/event_types/{number}"))
    if not asked:
        errors = [FieldError("required", "Name at least one type of event.", pointer="/event_types")]
    if errors:
        raise InvalidInput(" ".join(error.detail for error in errors), errors=errors)
