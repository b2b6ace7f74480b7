"""Sending one event to one endpoint: what its job does, attempt after attempt, and what an answer changes.

A worker that dies between sending and the commit sends again, under the same id: at least once, never certainly once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import random
from typing import TypedDict

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from factcheck import fetch, jobs
from factcheck.accounts.models import User
from factcheck.accounts.roles import KEEPER
from factcheck.audit import events
from factcheck.fetch.posting import MAX_ANSWER_BYTES, post
from factcheck.models import Job
from factcheck.notifications.telling import Message, notify
from factcheck.webhooks import readers, signing
from factcheck.webhooks.endpoints import begin_again, disable, lock
from factcheck.webhooks.models import (
    DeliveryState,
    DisabledReason,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
)
from factcheck.webhooks.queueing import DELIVER, go_on, rest
from factcheck.webhooks.schedule import Outcome, outcome_of, pause_seconds, rest_seconds
from factcheck.webhooks.types import TEST

USER_AGENT = "factcheck (webhooks)"


class Delivered(TypedDict):
    """The result of its job: false where it was given up, or called for no more."""

    delivered: bool


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt. `error` says in a code why there was no answer."""

    at: datetime
    seconds: float
    status: int | None = None
    error: str = ""
    detail: str = ""
    answer: str = ""
    retry_after_seconds: float | None = None

    @property
    def outcome(self) -> Outcome:
        return outcome_of(self.status, has_retry_after=self.retry_after_seconds is not None)


def deliver(job: Job) -> None:
    """Do the job: one attempt. It is put off until the next one, and done when there is none."""
    delivery = (
        WebhookDelivery.objects.select_related("event", "endpoint__owner").filter(pk=job.subject_id, state=DeliveryState.PENDING).first()
    )  # fmt: skip
    if delivery is None:
        with jobs.finishing(job, {"delivered": False}):
            return
    is_test = delivery.event.type == TEST
    if not is_test and delivery.endpoint.disabled_reason:
        with jobs.finishing(job, {"delivered": False}):
            _end(delivery, DeliveryState.FAILED, "endpoint_disabled")
        return
    if not is_test and not readers.may_answer_for(delivery.endpoint):
        with jobs.finishing(job, {"delivered": False}):
            give_notice(disable(lock(delivery.endpoint_id), DisabledReason.OWNER_LEFT))
        return
    resting_until = delivery.endpoint.resting_until
    if resting_until and resting_until > timezone.now() and not is_test:
        with jobs.finishing(job):
            rest(delivery.endpoint_id, resting_until)
            jobs.put_off(job, resting_until)
        return
    tried = send(delivery.endpoint, delivery.event)
    with jobs.finishing(job) as result:
        result["delivered"] = tried.outcome is Outcome.DELIVERED
        if next_at := _settle(delivery, tried):
            jobs.put_off(job, next_at)


def send(endpoint: WebhookEndpoint, event: WebhookEvent) -> Tried:
    """Send it once, signed with every secret that counts now. No redirect is followed, and the address is looked at again."""
    at = timezone.now()
    body, keys = event.body.encode(), _keys(endpoint, at)
    if not keys:
        return Tried(at, 0.0, error="secret_lost", detail="SECRET_KEY was changed since: rotate the endpoint's secret.")
    headers = {"Content-Type": "application/json", "User-Agent": USER_AGENT}
    headers |= signing.headers(event.message_id, at, body, keys)
    try:
        answered = post(endpoint.url, body, headers, timeout_seconds=settings.WEBHOOK_TIMEOUT_SECONDS)
    except fetch.FetchProblem as problem:
        # Without the address, in whose path somebody may have put a password.
        detail = problem.detail.rpartition(problem.extra["url"][:200])[2].removeprefix(": ")
        return Tried(at, (timezone.now() - at).total_seconds(), error=problem.code, detail=detail[:500])
    answer = answered.body[:MAX_ANSWER_BYTES].decode("utf-8", "replace").replace("\0", "\ufffd")
    return Tried(
        at,
        answered.seconds,
        status=answered.status,
        answer=answer,
        retry_after_seconds=answered.retry_after_seconds,
    )


def _keys(endpoint: WebhookEndpoint, now: datetime) -> list[bytes]:
    kept = [(endpoint.secret_salt, endpoint.secret_check)]
    if endpoint.previous_until and endpoint.previous_until > now:
        kept.append((endpoint.previous_salt, endpoint.previous_check))
    return [key for salt, check in kept if (key := signing.key_of(salt, check))]


def _settle(delivery: WebhookDelivery, tried: Tried) -> datetime | None:
    """Write what came of an attempt. Returns when the next one is due, None where there is none."""
    endpoint = lock(delivery.endpoint_id)
    found = WebhookDelivery.objects.select_for_update(no_key=True).get(pk=delivery.pk)
    _log(found, tried)
    _fare(endpoint, tried)
    if tried.outcome is Outcome.DELIVERED:
        _end(found, DeliveryState.DELIVERED)
    elif found.state == DeliveryState.PENDING:  # and nobody disabled the endpoint meanwhile
        found.tries += 1
        # Whoever tests an endpoint looks at what came of it, and tests again.
        pause = None if delivery.event.type == TEST else pause_seconds(found.tries, random())
        if _disable_if_hopeless(endpoint, tried):
            _end(found, DeliveryState.FAILED, "endpoint_disabled")
        elif pause is None:
            _end(found, DeliveryState.FAILED, tried.error or f"answered_{tried.status}")
        else:
            due_at = timezone.now() + timedelta(seconds=pause)
            found.next_attempt_at = max(due_at, endpoint.resting_until or due_at)
            found.save(update_fields=["tries", "next_attempt_at"])
    return found.next_attempt_at


def _log(delivery: WebhookDelivery, tried: Tried) -> None:
    last = delivery.attempts.aggregate(last=Max("number"))["last"] or 0
    WebhookAttempt(
        delivery=delivery,
        number=last + 1,
        at=tried.at,
        seconds=tried.seconds,
        status=tried.status,
        error=tried.error,
        detail=tried.detail,
        answer=tried.answer,
    ).save(force_insert=True)


def _fare(endpoint: WebhookEndpoint, tried: Tried) -> None:
    """What an attempt says of the endpoint as a whole: it takes what it is sent, or is better left alone for a while."""
    now = timezone.now()
    if tried.outcome is Outcome.DELIVERED:
        was_resting, endpoint.last_delivered_at = endpoint.resting_until, now
        endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
        if was_resting:
            go_on(endpoint.pk)
    else:
        endpoint.failures, endpoint.failing_since = endpoint.failures + 1, endpoint.failing_since or now
        if tried.outcome in (Outcome.SILENT, Outcome.LATER):
            seconds = rest_seconds(endpoint.failures, tried.retry_after_seconds)
            endpoint.resting_until = now + timedelta(seconds=seconds)
            rest(endpoint.pk, endpoint.resting_until)
    endpoint.save(update_fields=["failures", "failing_since", "resting_until", "last_delivered_at"])


def _disable_if_hopeless(endpoint: WebhookEndpoint, tried: Tried) -> bool:
    if endpoint.disabled_reason:
        return False
    patience = timedelta(days=settings.WEBHOOK_PATIENCE_DAYS)
    if tried.outcome is Outcome.GONE:
        give_notice(disable(endpoint, DisabledReason.GONE))
    elif endpoint.failing_since and timezone.now() - endpoint.failing_since >= patience:
        give_notice(disable(endpoint, DisabledReason.FAILING))
    return bool(endpoint.disabled_reason)


_WHY = {
    DisabledReason.GONE: "its server says that it is gone (410)",
    DisabledReason.FAILING: "nothing has reached it for days",
    DisabledReason.OWNER_LEFT: "whoever kept it may do so no more",
}


def give_notice(endpoint: WebhookEndpoint) -> None:
    """To whoever answers for it, or where nobody does, to all who may: somebody has to do something."""
    name = endpoint.description or endpoint.pk
    words = f"A webhook endpoint was disabled, since {_WHY[DisabledReason(endpoint.disabled_reason)]}: {name}"
    cause = events.events(endpoint).values_list("pk", flat=True).last()
    assert cause is not None
    is_orphan = endpoint.disabled_reason == DisabledReason.OWNER_LEFT
    told = User.objects.filter(groups__name=KEEPER).values_list("pk", flat=True) if is_orphan else [endpoint.owner_id]
    notify(endpoint, dict.fromkeys(told, Message(readers.DISABLED, words)), cause=cause)


def _end(delivery: WebhookDelivery, state: DeliveryState, failure: str = "") -> None:
    delivery.state, delivery.failure, delivery.ended_at, delivery.next_attempt_at = state, failure, timezone.now(), None
    delivery.save(update_fields=["state", "failure", "ended_at", "next_attempt_at", "tries"])


# What is told of its job


def give_up(job: Job) -> None:
    """Its job was parked or cancelled."""
    error = (job.error or {}).get("code", "") if job.state == "failed" else "cancelled"
    for delivery in WebhookDelivery.objects.filter(pk=job.subject_id, state=DeliveryState.PENDING):
        _end(delivery, DeliveryState.FAILED, error[:40] or "job_failed")


def take_up(job: Job) -> None:
    """Its job was queued again by somebody."""
    for delivery in WebhookDelivery.objects.filter(pk=job.subject_id).exclude(state=DeliveryState.PENDING):
        begin_again(delivery)


def forget() -> int:
    """Delete deliveries that ended too long ago, with their attempts, jobs and events. Returns how many."""
    oldest = timezone.now() - timedelta(days=settings.WEBHOOK_KEPT_DAYS)
    old = WebhookDelivery.objects.filter(ended_at__lt=oldest)
    WebhookAttempt.objects.filter(delivery__in=old).delete()
    count, _ = old.delete()
    jobs.forget(DELIVER, oldest)
    WebhookEvent.objects.filter(occurred_at__lt=oldest, deliveries=None).delete()
    return count
