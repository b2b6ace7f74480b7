"""A notification as an e-mail: what its job does."""

from __future__ import annotations

from email.utils import parseaddr
from typing import TypedDict

from django.conf import settings
from django.core.mail import EmailMessage

from factcheck import jobs
from factcheck.models import Job
from factcheck.notifications.models import Notification
from factcheck.notifications.readers import visible_to

MAX_SUBJECT_CHARS = 120


class SentEmail(TypedDict):
    """The result of its job: false where it was read, or wanted no more, or nobody's business any more."""

    sent: bool


def send(job: Job) -> None:
    """Do the job. A worker that dies between sending and the end of the job sends again, under the same Message-ID."""
    found = Notification.objects.select_related("user").filter(pk=job.subject_id).first()
    is_wanted = found is not None and is_still_wanted(found)
    if found is not None and is_wanted:
        message_of(found).send()
    with jobs.finishing(job) as result:
        result["sent"] = is_wanted


def is_still_wanted(notification: Notification) -> bool:
    """Some time has passed since it was written."""
    user = notification.user
    return bool(
        settings.EMAIL_HOST
        and user.is_active
        and user.email_notifications
        and user.email
        and notification.read_at is None
        and visible_to(user).filter(pk=notification.pk).exists()
    )


def message_of(notification: Notification) -> EmailMessage:
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    return EmailMessage(
        subject=one_line(notification.words),
        body=(
            f"{notification.words}\n\n{notification.subject_type} {notification.subject_id}\n\n"
            "You are told this because you have a part in it. Switch these e-mails off in your account: email_notifications.\n"
        ),
        to=[notification.user.email],
        headers={"Message-ID": f"<{notification.pk}@{domain}>", "Auto-Submitted": "auto-generated"},
    )


def one_line(words: str) -> str:
    """Words that came from anywhere, as a header takes them: no line break of any kind, and not endless."""
    line = "".join(character if character.isprintable() else " " for character in words)
    line = " ".join(line.split())
    return line if len(line) <= MAX_SUBJECT_CHARS else line[: MAX_SUBJECT_CHARS - 1].rstrip() + "…"
