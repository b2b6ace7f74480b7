"""The ground that the other tests stand on."""

import threading

import pytest
from django.db import connection, connections

from factcheck import celery
from factcheck.accounts.models import User
from tests.services import flush, wait_until


def current_database() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_database()")
        return cursor.fetchone()[0]


@pytest.mark.django_db
def test_an_ordinary_test_runs_in_a_test_database():
    assert current_database().startswith("test_")
    assert connection.in_atomic_block


@pytest.mark.parametrize("turn", ["first", "second"])
def test_a_committed_database_is_migrated_and_fresh_each_time(committed_database, turn):
    assert not User.objects.filter(username="ada").exists()
    User.objects.create(username="ada")


def test_threads_see_the_committed_database(committed_database):
    found = []

    def look() -> None:
        found.append(current_database())
        connections.close_all()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert found == [current_database()]
    assert found[0].startswith("test_")


def test_the_ordinary_test_database_is_back_after_a_committed_one(request):
    before = connection.settings_dict["NAME"]
    request.getfixturevalue("committed_database")
    assert connection.settings_dict["NAME"] != before


def test_a_worker_takes_messages_of_its_broker_and_lives_again_after_a_kill(worker, broker):
    def waiting() -> int:
        with celery.app.connection_for_read() as to_broker:
            return to_broker.default_channel.client.llen("celery")  # type: ignore[attr-defined]

    celery.app.send_task("factcheck.sweep")
    wait_until(lambda: waiting() == 0, what="the first message is taken")
    worker.kill()
    celery.app.send_task("factcheck.sweep")
    assert waiting() == 1
    worker.start()
    wait_until(lambda: waiting() == 0, what="the second message is taken")
    worker.kill()
    celery.app.send_task("factcheck.sweep")
    flush(broker)
    assert waiting() == 0
