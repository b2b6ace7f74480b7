"""Alive is one thing, ready for work another."""

from __future__ import annotations

import socket

import pytest
from django.conf import settings as django_settings
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from factcheck import jobs, workers
from factcheck.celery import app
from factcheck.models import WorkerHeartbeat
from tests.api import assert_problem


def test_alive_asks_nothing_of_the_database(client):
    response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "alive"})


@pytest.fixture
def stack(committed_database, broker):
    """Everything is there; the worker by its heartbeat."""
    jobs.worker_started("worker@test", 2)


def missing(client):
    problem = assert_problem(client.get("/readyz"), 503, "not_ready")
    return {name: check["detail"] for name, check in problem["checks"].items() if not check["is_ok"]}


def test_ready_when_database_migrations_broker_and_a_worker_are_there(stack, client):
    response = client.get("/readyz")
    assert response.status_code == 200, response.content
    answer = response.json()
    assert answer["status"] == "ready"
    assert [(name, check["is_ok"]) for name, check in answer["checks"].items()] == [
        ("database", True),
        ("migrations", True),
        ("worker", True),
        ("broker", True),
    ]
    assert answer["checks"]["worker"]["detail"] == "1 at work"


def test_without_a_worker_it_is_not_ready_and_says_how_to_start_one(stack, client):
    stale = timezone.now() - timezone.timedelta(seconds=workers.STALE_SECONDS + 1)
    WorkerHeartbeat.objects.update(seen_at=stale)
    assert list(missing(client)) == ["worker"]
    assert "celery -A factcheck worker" in missing(client)["worker"]


def test_with_a_migration_to_apply_it_is_not_ready(stack, client):
    MigrationRecorder.Migration.objects.latest("id").delete()
    assert missing(client) == {"migrations": "1 to apply: run manage.py migrate"}


def test_without_its_database_it_is_not_ready_and_keeps_the_address_to_itself(stack, client, monkeypatch):
    with monkeypatch.context() as away:
        away.setitem(django_settings.DATABASES["default"], "HOST", "/nonexistent")
        answer = missing(client)
    assert set(answer) == {"database", "migrations", "worker"}
    assert "/nonexistent" not in str(answer)


@pytest.fixture
def broker_at():
    before = app.conf.broker_url

    def point(url):
        app.conf.update(broker_url=url)

    yield point
    app.conf.update(broker_url=before)
    app.pool.force_close_all()


def test_without_its_broker_it_is_not_ready(stack, client, broker_at):
    broker_at("redis+socket:///nonexistent/broker.sock")
    assert list(missing(client)) == ["broker"]


def test_a_broker_that_never_answers_is_given_up(stack, client, broker_at, tmp_path):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "s"))
        silent.listen()
        broker_at(f"redis+socket://{tmp_path}/s")
        assert missing(client) == {"broker": "no answer within 2 seconds"}
