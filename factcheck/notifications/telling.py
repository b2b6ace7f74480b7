"""The only writer of notifications."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, models
from django.utils import timezone

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.notifications import readers
from factcheck.notifications.models import Notification

EMAIL = "email_notification"  # the kind of job that sends one
KEPT_DAYS = 90  # read or not: what nobody looked at for a quarter is history, and the record has it


@dataclass(frozen=True, slots=True)
class Message:
    """What one person is told: a stable code, and a sentence."""

    kind: str
    words: str


def notify(subject: models.Model, messages: Mapping[UUID, Message], *, cause: UUID, actor: UUID | None = None) -> int:
    """Tell people (by id) of a change, in its transaction: each once of one cause, never whoever did it, nor machines nor people who
    are gone. Whoever wants e-mail and has an address gets one, where the installation sends any. Returns how many people it is news to.

    Raises RuntimeError outside a transaction: nobody must hear of a change that failed.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("People are told in the transaction of the change.")
    wanted = [pk for pk in messages if pk != actor]
    if not wanted:
        return 0
    told = Notification.objects.filter(cause_id=cause, user__in=wanted).values("user")
    people = User.objects.filter(pk__in=wanted, is_active=True, is_machine=False).exclude(pk__in=told)
    by_person = {
        person: Notification(
            user=person,
            kind=messages[person.pk].kind,
            subject_type=subject._meta.model_name or "",
            subject_id=subject.pk,
            cause_id=cause,
            words=messages[person.pk].words,
        )
        for person in people.order_by("pk")
    }
    Notification.objects.bulk_create(by_person.values(), ignore_conflicts=True)
    by_email = [row.pk.bytes for person, row in by_person.items() if person.email_notifications and person.email]
    if settings.EMAIL_HOST and by_email:
        jobs.enqueue_many(EMAIL, by_email)
    return len(by_person)


def mark_read(notification_id: UUID, *, user: User) -> None:
    """From now on; one that was read keeps its time."""
    Notification.objects.filter(pk=notification_id, user=user, read_at=None).update(read_at=timezone.now())


def mark_all_read(*, user: User) -> int:
    """Returns how many were not."""
    return readers.visible_to(user).filter(read_at=None).update(read_at=timezone.now())


def forget() -> int:
    """Delete what is older than `KEPT_DAYS`, and the jobs that sent it. Returns how many notifications."""
    oldest = timezone.now() - timedelta(days=KEPT_DAYS)
    jobs.forget(EMAIL, oldest)
    count, _ = Notification.objects.filter(created_at__lt=oldest).delete()
    return count
