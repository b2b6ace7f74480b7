"""Whose business an endpoint is, and what was sent there: of those who keep accounts or audit, whoever may see its desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from factcheck.accounts.models import User
from factcheck.accounts.needs import AUDIT
from factcheck.audit.readers import shown_to
from factcheck.notifications import readers as notifications
from factcheck.webhooks.models import WebhookDelivery, WebhookEndpoint

DISABLED = "webhook_disabled"  # the kind of notification

Desks = Callable[[User], "QuerySet[Any]"]
_desks: list[Desks] = []


def desks_are(question: Desks) -> Desks:
    """Registers how an app says which desks somebody may see: user -> ids, as a queryset of one column."""
    _desks[:] = [question]
    return question


def desks_of(user: User) -> Any:
    return _desks[0](user) if _desks else ()


def may_see_desk(user: User, desk_id: UUID) -> bool:
    return bool(_desks) and _desks[0](user).filter(pk=desk_id).exists()


def name_of_desk(user: User, desk_id: UUID) -> str:
    """Empty where they do not see it."""
    return desks_of(user).filter(pk=desk_id).values_list("name", flat=True).first() or "" if _desks else ""


def visible_to(user: User) -> QuerySet[WebhookEndpoint]:
    if not (user.is_superuser or set(AUDIT.roles) & set(user.roles)):
        return WebhookEndpoint.objects.none()
    return WebhookEndpoint.objects.filter(Q(desk_id=None) | Q(desk_id__in=desks_of(user)))


def deliveries_visible_to(user: User) -> QuerySet[WebhookDelivery]:
    return WebhookDelivery.objects.filter(endpoint__in=visible_to(user))


def may_answer_for(endpoint: WebhookEndpoint) -> bool:
    """May its owner still have it told what it is told? As a token, it never may more than they."""
    owner = endpoint.owner
    return owner.keeps_accounts and (endpoint.desk_id is None or may_see_desk(owner, endpoint.desk_id))


@shown_to("webhookendpoint")
def _events_of(user: User) -> QuerySet[Any]:
    return visible_to(user).values("pk")


@notifications.shown_to("webhookendpoint", kinds=[DISABLED])
def _told_of(user: User) -> QuerySet[Any]:
    return visible_to(user)
