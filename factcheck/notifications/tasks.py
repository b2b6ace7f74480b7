"""What workers do for notifications; imported so that the queue knows who handles what."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job
from factcheck.notifications import mail, readers, telling


def _own(user: User) -> QuerySet[Any]:
    return readers.visible_to(user).values("pk")


@jobs.handles(telling.EMAIL, unit="e-mail", result=mail.SentEmail, visible=_own)
def email(job: Job) -> None:
    mail.send(job)
