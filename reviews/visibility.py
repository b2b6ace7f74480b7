"""Whose business the events of this app are, and what people are told of it. Imported at start, so that every reader asks here."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from factcheck.accounts.models import User
from factcheck.audit.readers import shown_to
from factcheck.notifications import readers as notifications
from factcheck.webhooks.readers import desks_are
from reviews import notices
from reviews.models import CorrectionRequest, Review, Seat
from reviews.workflow import desks_of, requests_visible_to, visible_to


@shown_to("review")
def reviews_of(user: User) -> QuerySet[Any]:
    return visible_to(user).values("pk")


@shown_to("seat")
def seats_of(user: User) -> QuerySet[Any]:
    """Who has voted is nobody's business while the round is open, be they superuser or auditor."""
    closed = Seat.objects.filter(round__closed_at__isnull=False)
    return closed.filter(round__review__in=visible_to(user)).values("pk")


@shown_to("correctionrequest")
def correction_requests_of(user: User) -> QuerySet[Any]:
    return requests_visible_to(user).values("pk")


@notifications.shown_to("correctionrequest", kinds=[notices.CORRECTION_REQUESTED])
def told_of_requests(user: User) -> QuerySet[CorrectionRequest]:
    return requests_visible_to(user)


@notifications.shown_to("review", kinds=notices.KINDS)
def told_of(user: User) -> QuerySet[Review]:
    return visible_to(user)


@desks_are
def desks_seen(user: User) -> QuerySet[Any]:
    return desks_of(user).values("pk")
