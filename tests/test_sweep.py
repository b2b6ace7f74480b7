"""`manage.py sweep`: what beat has done from time to time, done once by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from factcheck import jobs
from factcheck.audit import events
from factcheck.audit.models import Checkpoint
from factcheck.models import IdempotencyRecord, Job, JobState, WorkerHeartbeat
from tests import make

pytestmark = pytest.mark.django_db
FORGOTTEN = (WorkerHeartbeat, IdempotencyRecord, Session)


class Swept:
    def __init__(self, *options: str) -> None:
        out, err = StringIO(), StringIO()
        self.code = 0
        try:
            call_command("sweep", *options, stdout=out, stderr=err)
        except SystemExit as end:
            self.code = end.code
        self.output, self.said = out.getvalue(), err.getvalue()


def test_it_does_everything_that_beat_has_done_and_says_what():
    make.article()
    jobs.lease("vanished")
    long_ago = timezone.now() - timedelta(days=2)
    Job.objects.update(lease_until=long_ago)
    WorkerHeartbeat.objects.create(node="gone", started_at=long_ago, seen_at=long_ago)
    IdempotencyRecord.objects.create(id="old", user=make.user("ada"), created_at=long_ago)
    Session.objects.create(session_key="old", session_data="", expire_date=long_ago)

    swept = json.loads(Swept("--json").output)
    assert list(swept["done"]) == list(settings.CELERY_BEAT_SCHEDULE)
    assert swept["done"]["sweep"] == {"returned": 1, "nudged": 0}
    assert swept["done"]["fold_audit"] == {"checkpoints": 1}
    assert swept["done"]["forget"] == {
        "answers": 1,
        "workers": 1,
        "sessions": 1,
        "notifications": 0,
        "webhook_deliveries": 0,
    }
    assert (swept["failed"], swept["waiting"], swept["workers"]) == ({}, 1, 0)
    assert Job.objects.get().state == JobState.QUEUED
    assert Checkpoint.objects.count() == 1
    assert [model.objects.count() for model in FORGOTTEN] == [0, 0, 0]

    again = Swept()
    assert again.code == 0
    assert "sweep        returned 0, nudged 0\n" in again.output
    assert "forget       answers 0, workers 0, sessions 0, notifications 0, webhook_deliveries 0\n" in again.output


def test_what_is_in_use_stays():
    now = timezone.now()
    WorkerHeartbeat.objects.create(node="here", started_at=now, seen_at=now)
    IdempotencyRecord.objects.create(id="new", user=make.user("ada"), created_at=now)
    Session.objects.create(session_key="open", session_data="", expire_date=now + timedelta(minutes=1))
    assert json.loads(Swept("--json").output)["done"]["forget"] == {
        "answers": 0, "workers": 0, "sessions": 0, "notifications": 0, "webhook_deliveries": 0,
    }  # fmt: skip
    assert [model.objects.count() for model in FORGOTTEN] == [1, 1, 1]


def test_waiting_work_without_a_worker_is_a_warning_with_the_command_that_starts_one():
    assert Swept().said == ""
    make.article()
    assert Swept().said == "No worker is running, and 1 job waits. Start one with: celery -A factcheck worker\n"
    jobs.worker_started("w@here/1", 2)
    assert Swept().said == ""


def test_a_part_that_fails_is_named_and_the_others_are_done(monkeypatch):
    def away() -> None:
        raise OperationalError("no answer")

    monkeypatch.setattr(events, "fold", away)
    swept = Swept()
    assert (swept.code, swept.said) == (1, "fold_audit   failed: OperationalError: no answer\n")
    assert "forget       answers 0" in swept.output
    assert "tend_reviews opened 0" in swept.output
