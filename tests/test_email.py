"""Notifications by e-mail: who gets one, what stands in it, and what becomes of one that cannot be sent."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.message import BadHeaderError
from django.db import transaction
from django.utils import timezone

from factcheck import env, jobs
from factcheck.accounts.models import User
from factcheck.ids import uuid7
from factcheck.models import Job, JobState
from factcheck.notifications import telling
from factcheck.notifications.mail import MAX_SUBJECT_CHARS, message_of, one_line
from factcheck.notifications.models import Notification
from factcheck.notifications.telling import Message, notify
from reviews import workflow
from reviews.facts import Stage
from reviews.models import DeskMembership, Review
from tests import make, smtp
from tests.api import api, assert_problem
from tests.services import wait_until

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def sends(settings) -> None:
    """Into Django's own outbox."""
    settings.EMAIL_HOST, settings.DEFAULT_FROM_EMAIL = "mail.example", "The desk <desk@facts.example>"


@pytest.fixture
def room(db) -> make.Newsroom:
    room = make.newsroom()
    User.objects.filter(username__in=["emil", "gwen"]).update(email="people@facts.example")
    return room


@pytest.fixture
def review(room) -> Review:
    return make.review(room, Stage.RESEARCH)


def name_them(room: make.Newsroom, review: Review, text: str = "Look, @emil.") -> None:
    workflow.comment(review.pk, text, actor=room.finn)


def emails() -> list[Job]:
    return list(Job.objects.filter(kind=telling.EMAIL).order_by("id"))


def work() -> None:
    while jobs.work("tests"):
        pass


# Who gets one


@pytest.mark.usefixtures("sends")
def test_whoever_is_told_gets_an_email_by_a_job(room, review):
    name_them(room, review)
    told = Notification.objects.get()
    [job] = emails()
    assert (job.subject_id, job.state, mail.outbox) == (told.pk, JobState.QUEUED, [])
    work()
    [sent] = mail.outbox
    assert (sent.to, sent.from_email, sent.subject) == (
        ["people@facts.example"], "The desk <desk@facts.example>", f"finn names you in a comment: {review.claim.text}",
    )  # fmt: skip
    assert sent.body.startswith(f"{told.words}\n\nreview {review.pk}\n")
    headers = sent.message()
    assert (headers["Message-ID"], headers["Auto-Submitted"]) == (f"<{told.pk}@facts.example>", "auto-generated")
    job.refresh_from_db()
    assert (job.state, job.result) == (JobState.DONE, {"sent": True})


@pytest.mark.usefixtures("sends")
def test_whoever_wants_none_or_has_no_address_is_told_without(room, review):
    User.objects.filter(pk=room.emil.pk).update(email_notifications=False)
    name_them(room, review, "Look, @emil and @ada.")
    assert (Notification.objects.count(), emails()) == (2, [])


def test_where_nothing_is_sent_nobody_is_queued_for_it(room, review, settings):
    assert settings.EMAIL_HOST == ""
    name_them(room, review)
    assert (Notification.objects.count(), emails()) == (1, [])


@pytest.mark.usefixtures("sends")
@pytest.mark.parametrize(
    "change", ["read", "chosen otherwise", "gone", "left the desk", "forgotten", "no address", "off"]
)
def test_whoever_need_not_or_may_not_know_any_more_gets_none(room, review, change, settings):
    name_them(room, review)
    told, emil = Notification.objects.get(), User.objects.filter(username="emil")
    if change == "read":
        telling.mark_read(told.pk, user=room.emil)
    elif change == "left the desk":
        DeskMembership.objects.filter(user=room.emil).delete()
    elif change == "forgotten":
        told.delete()
    elif change == "off":
        settings.EMAIL_HOST = ""
    else:
        fields: dict[str, Any] = {"chosen otherwise": {"email_notifications": False}, "gone": {"is_active": False}}
        emil.update(**fields.get(change, {"email": ""}))
    work()
    [job] = emails()
    assert (mail.outbox, job.state, job.result) == ([], JobState.DONE, {"sent": False})


@pytest.mark.usefixtures("sends")
def test_the_job_of_an_email_is_its_receivers_business_alone(room, review):
    name_them(room, review)
    [job] = emails()
    root = make.user("root", is_superuser=True)
    for who in (room.uma, room.finn, root):
        assert str(job.pk) not in api(who).get("/jobs").content.decode()
        assert_problem(api(who).get(f"/jobs/{job.pk}"), 404, "not_found")
    assert_problem(api(room.finn).post(f"/jobs/{job.pk}/cancel"), 404, "not_found")
    client = api(room.emil)
    assert client.get(f"/jobs/{job.pk}").json()["kind"] == "email_notification"
    assert client.post(f"/jobs/{job.pk}/cancel").json()["state"] == "cancelled"
    work()
    assert mail.outbox == []


# What stands in it


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("Prices\r\nBcc: all@example.org", "Prices Bcc: all@example.org"),
        ("a\n\nb\tc", "a b c"),
        ("a\u2028b\u0085c\x0bd\x00e\x1b[31m", "a b c d e [31m"),
        ("x" * 500, "x" * (MAX_SUBJECT_CHARS - 1) + "…"),
        ("Ціни подвоїлися 🙂", "Ціни подвоїлися 🙂"),
    ],
)
def test_a_subject_is_one_line_whatever_a_claim_says(words, line):
    assert one_line(words) == line


@pytest.mark.usefixtures("sends")
@pytest.mark.parametrize(
    "claim", ["Prices\r\nBcc: all@example.org\r\n\r\nBuy now", "Prices\nBcc: all@example.org", "Prices\r\n.\r\nQUIT"]
)
def test_no_claim_adds_a_header_or_a_recipient(room, claim):
    review = make.review(room, Stage.RESEARCH, text=claim)
    name_them(room, review)
    work()
    [sent] = mail.outbox
    headers = sent.message()
    assert sent.recipients() == ["people@facts.example"]
    assert {name.lower() for name in headers} == {
        "content-type", "mime-version", "content-transfer-encoding", "subject", "from", "to", "date", "message-id", "auto-submitted",
    }  # fmt: skip


def test_no_words_that_were_written_past_the_table_add_one_either(room, review, sends):
    with transaction.atomic():
        notify(review, {room.emil.pk: Message("named", "Look\r\nBcc: all@example.org")}, cause=uuid7())
    assert message_of(Notification.objects.get()).message()["Bcc"] is None
    User.objects.filter(pk=room.emil.pk).update(email="emil@facts.example\nBcc: all@example.org")
    with pytest.raises(BadHeaderError):
        message_of(Notification.objects.get()).message()


# A real server


@pytest.fixture
def mailbox(settings) -> Iterator[smtp.Mailbox]:
    with smtp.listening() as box:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", box.port
        settings.DEFAULT_FROM_EMAIL = "The desk <desk@facts.example>"
        yield box


def test_a_server_is_given_the_message(room, mailbox):
    review = make.review(room, Stage.RESEARCH, text="Ціни подвоїлися.\r\nBcc: all@example.org")
    name_them(room, review)
    work()
    assert mailbox.envelopes == [("desk@facts.example", ["people@facts.example"])]
    [message] = mailbox.messages
    assert message["Subject"].strip() == "finn names you in a comment: Ціни подвоїлися. Bcc: all@example.org"
    assert (message["To"], message["Bcc"]) == ("people@facts.example", None)
    assert f"review {review.pk}" in message.get_content()


def due_again() -> None:
    Job.objects.filter(state=JobState.QUEUED).update(due_at=timezone.now() - timedelta(seconds=1))


def test_a_server_that_refuses_is_asked_three_times_and_the_rest_goes_on(room, review, mailbox):
    mailbox.refusals += ["451 not now"] * jobs.MAX_ATTEMPTS
    name_them(room, review)
    for _ in range(jobs.MAX_ATTEMPTS):
        due_again()
        work()
    [job] = emails()
    assert (job.state, job.attempts, mailbox.messages) == (JobState.FAILED, jobs.MAX_ATTEMPTS, [])
    assert "451" in job.error["detail"]
    name_them(room, review, "Look, @gwen.")
    work()
    assert len(mailbox.messages) == 1
    assert api(room.emil).post(f"/jobs/{job.pk}/retry").status_code == 200
    work()
    assert len(mailbox.messages) == 2


def test_a_server_that_is_away_fails_the_job_and_nothing_else(room, review, mailbox, settings):
    with smtp.listening() as gone:
        settings.EMAIL_PORT = gone.port
    name_them(room, review)
    work()
    [job] = emails()
    assert (job.state, job.error["code"], Notification.objects.count()) == (JobState.QUEUED, "job_failed", 1)


def test_a_worker_sends_it(worker_to_start, settings):
    with smtp.listening() as box:
        worker_to_start.environment |= {"EMAIL_URL": f"smtp://127.0.0.1:{box.port}", "EMAIL_FROM": "desk@facts.example"}
        worker_to_start.start()
        settings.EMAIL_HOST = "127.0.0.1"
        room = make.newsroom()
        User.objects.filter(pk=room.emil.pk).update(email="emil@facts.example")
        name_them(room, make.review(room))
        wait_until(lambda: box.messages and emails()[0].state == JobState.DONE, timeout_seconds=30)
        assert box.envelopes == [("desk@facts.example", ["emil@facts.example"])]


# Settings


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("", {}),
        ("smtp://mail.example", {"port": 25, "starttls": False, "tls": False}),
        ("smtp://mail.example?tls=no", {"port": 25, "starttls": False}),
        ("smtp://mail.example?tls=yes", {"port": 587, "starttls": True, "tls": False}),
        ("smtp://mail.example:2525?tls=1", {"port": 2525, "starttls": True}),
        ("smtps://ann:p%40ss@mail.example/", {"host": "mail.example", "port": 465, "tls": True, "user": "ann", "password": "p@ss"}),
    ],
)  # fmt: skip
def test_the_url_says_where_and_how(url, expected):
    found = env.email(url)
    assert {name: found[name] for name in expected} == expected


@pytest.mark.parametrize(
    "url",
    ["mail.example", "http://mail.example", "smtp://", "smtp://host:port", "smtp://host/x", "smtp://host?ssl=1", "smtp://host?tls=maybe",
     "smtps://host?tls=yes"],
)  # fmt: skip
def test_a_url_that_is_none_stops_the_start_without_being_repeated(url):
    with pytest.raises(ImproperlyConfigured, match="EMAIL_URL must be a URL; got a value that does not parse"):
        env.read(
            "EMAIL_URL", env.email, default="", expects="a URL", help="X.", secret=True, environment={"EMAIL_URL": url}
        )


@pytest.mark.parametrize(
    "value", ["desk", "desk@", "Desk <desk>", "desk@facts.example\nBcc: all@example.org", "a\x00@b.example"]
)
def test_a_sender_that_is_no_address_is_refused(value):
    with pytest.raises(ValueError, match=r"no address|control character"):
        env.mailbox(value)


def test_a_sender_may_have_a_name():
    for value in ("desk@facts.example", "The desk <desk@facts.example>"):
        assert env.mailbox(value) == value


def started(**variables: str) -> subprocess.CompletedProcess[str]:
    """A process with these settings, that says which."""
    asked = "EMAIL_HOST EMAIL_PORT EMAIL_HOST_USER EMAIL_USE_TLS EMAIL_USE_SSL EMAIL_TIMEOUT DEFAULT_FROM_EMAIL EMAIL_BACKEND".split()
    told = f"from django.conf import settings; print(*[getattr(settings, name) for name in {asked}], sep='|')"
    environment = {
        "PATH": "",
        "DJANGO_SETTINGS_MODULE": "factcheck.settings",
        "FACTCHECK_HOME": os.environ.get("FACTCHECK_HOME", "/tmp"),
    }
    return subprocess.run(
        [sys.executable, "-c", told], env=environment | variables, cwd=ROOT, capture_output=True, text=True
    )


def test_without_a_url_nothing_leaves(tmp_path):
    said = started(FACTCHECK_HOME=str(tmp_path)).stdout.strip()
    assert said == "|25||False|False|10|factcheck@localhost|django.core.mail.backends.dummy.EmailBackend"


def test_a_url_needs_a_sender(tmp_path):
    home = {"FACTCHECK_HOME": str(tmp_path)}
    said = started(EMAIL_URL="smtps://ann:secret@mail.example", EMAIL_FROM="desk@facts.example", **home).stdout.strip()
    assert said == "mail.example|465|ann|False|True|10|desk@facts.example|django.core.mail.backends.smtp.EmailBackend"
    refused = started(EMAIL_URL="smtps://ann:secret@mail.example", **home)
    assert refused.returncode != 0
    assert "needs EMAIL_FROM" in refused.stderr
    assert "secret" not in refused.stderr


def test_a_deployment_is_told_that_it_sends_without_tls(settings):
    def told() -> list[str]:
        return [
            found.msg
            for found in run_checks(tags=["security"], include_deployment_checks=True)
            if found.id == "factcheck.W002"
        ]

    assert told() == []
    settings.EMAIL_HOST = "mail.example"
    assert told() == ["E-mails go to mail.example without TLS."]
    for way in ("EMAIL_USE_TLS", "EMAIL_USE_SSL"):
        setattr(settings, way, True)
        assert told() == []
        setattr(settings, way, False)
