"""The embedded services: what they are, what they survive, whom they refuse."""

import json
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
import redis

from factcheck import embedded
from factcheck.embedded import Postgres, ServiceError, Valkey
from tests.services import ROOT, wait_until


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Path:
    """A data folder whose PostgreSQL was created, and stopped again."""
    home = tmp_path_factory.mktemp("cluster")
    postgres = Postgres(home)
    postgres.start()
    postgres.stop()
    return home


@pytest.fixture
def postgres(cluster) -> Iterator[Postgres]:
    postgres = Postgres(cluster)
    postgres.start()
    yield postgres
    postgres.stop()


@pytest.fixture
def valkey(cluster) -> Iterator[Valkey]:
    valkey = Valkey(cluster)
    valkey.start()
    yield valkey
    valkey.stop()


def connect(home: Path) -> psycopg.Connection:
    return psycopg.connect(embedded.database_url(home), autocommit=True, connect_timeout=5)


def client(home: Path) -> redis.Redis:
    return redis.Redis(unix_socket_path=str(embedded.socket_folder(home) / embedded.VALKEY_SOCKET))


# Where they are


def test_the_addresses_follow_from_the_data_folder_alone(tmp_path):
    home = tmp_path / "nowhere"
    assert embedded.database_url(home) == embedded.database_url(home)
    assert embedded.database_url(home) != embedded.database_url(tmp_path)
    assert embedded.broker_url(home).startswith("redis+socket:///")
    assert embedded.broker_url(home).endswith("/valkey.sock?virtual_host=0")
    assert not home.exists()
    assert not embedded.socket_folder(home).exists()


def test_the_data_folder_can_be_chosen(monkeypatch, tmp_path):
    monkeypatch.setenv("FACTCHECK_HOME", str(tmp_path))
    assert embedded.home() == tmp_path
    monkeypatch.setenv("FACTCHECK_HOME", "")
    assert embedded.home() == ROOT / ".local"


def test_a_temporary_folder_too_deep_for_a_socket_is_passed_over(monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path / ("x" * 90)))
    path = embedded.socket_folder(tmp_path) / embedded.POSTGRES_SOCKET
    assert path.parent.parent == Path("/tmp").resolve()
    assert len(os.fsencode(path)) <= embedded.SOCKET_PATH_BYTES


# Who may come in


def test_the_sockets_stand_in_a_folder_for_us_alone(tmp_path):
    folder = embedded.prepare_sockets(tmp_path)
    try:
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert embedded.prepare_sockets(tmp_path) == folder
    finally:
        folder.rmdir()


def test_a_socket_folder_that_others_may_enter_is_refused(tmp_path):
    folder = embedded.socket_folder(tmp_path)
    folder.mkdir()
    folder.chmod(0o755)
    try:
        with pytest.raises(ServiceError, match="not a private folder"):
            embedded.prepare_sockets(tmp_path)
    finally:
        folder.rmdir()


def test_a_socket_folder_that_is_a_link_is_refused(tmp_path):
    folder = embedded.socket_folder(tmp_path)
    folder.symlink_to(tmp_path)
    try:
        with pytest.raises(ServiceError, match="not a private folder"):
            embedded.prepare_sockets(tmp_path)
    finally:
        folder.unlink()


def test_a_second_holder_of_the_data_folder_is_refused_and_told_who_has_it(tmp_path):
    with embedded.hold(tmp_path), pytest.raises(ServiceError, match=f"in use by process {os.getpid()}"):
        embedded.hold(tmp_path).__enter__()
    with embedded.hold(tmp_path) as left_properly:
        assert left_properly


def test_a_holder_that_was_killed_leaves_the_folder_free_and_is_noticed(tmp_path):
    code = """if True:
        import os, pathlib, signal, sys
        from factcheck import embedded
        with embedded.hold(pathlib.Path(sys.argv[1])):
            os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL
    with embedded.hold(tmp_path) as left_properly:
        assert not left_properly


# PostgreSQL


def test_postgresql_knows_the_letters_of_every_script(postgres, cluster):
    with connect(cluster) as connection:
        row = connection.execute("SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()")
        assert row.fetchone() == ("b", "C.UTF-8")
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        assert connection.execute("SELECT upper('їжак'), cardinality(show_trgm('їжак'))").fetchone() == ("ЇЖАК", 5)


def test_postgresql_listens_on_its_private_socket_only(postgres, cluster):
    with connect(cluster) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        assert connection.execute("SHOW unix_socket_directories").fetchone() == (str(embedded.socket_folder(cluster)),)


def test_a_service_that_was_stopped_leaves_no_socket_folder_behind(tmp_path):
    with embedded.throw_away(tmp_path):
        assert {entry.name for entry in embedded.socket_folder(tmp_path).iterdir()} >= {".s.PGSQL.5432", "valkey.sock"}
    assert not embedded.socket_folder(tmp_path).exists()


def test_what_was_committed_survives_a_kill_of_postgresql(cluster):
    postgres = Postgres(cluster)
    postgres.start()
    with connect(cluster) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (number int)")
        connection.execute("INSERT INTO kept SELECT count(*) FROM kept")
        count = connection.execute("SELECT count(*) FROM kept").fetchone()
        assert postgres.process
        postgres.process.kill()
        postgres.process.wait()
    assert (cluster / "postgresql" / "postmaster.pid").exists()

    again = Postgres(cluster)
    again.start()
    try:
        with connect(cluster) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == count
    finally:
        again.stop()
    assert not (cluster / "postgresql" / "postmaster.pid").exists()


def test_a_lock_whose_process_number_belongs_to_somebody_else_now_does_not_stop_postgresql(cluster):
    # As after a restart of a container, where numbers come round quickly.
    (cluster / "postgresql" / "postmaster.pid").write_text(f"{os.getppid()}\n{cluster / 'postgresql'}\n0\n5432\n")
    postgres = Postgres(cluster)
    postgres.start()
    postgres.stop()


def test_a_creation_that_was_cut_short_is_not_taken_for_a_cluster(tmp_path):
    unfinished = tmp_path / "postgresql.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    with embedded.throw_away(tmp_path, broker=False), connect(tmp_path) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == (embedded.DATABASE,)


def test_a_postgresql_that_cannot_start_says_why(tmp_path):
    (tmp_path / "postgresql").mkdir(mode=0o700)
    postgres = Postgres(tmp_path)
    with pytest.raises(ServiceError, match=r"postgresql ended with status \d+.*postgresql\.log") as failure:
        postgres.start()
    postgres.stop()
    assert "postgresql.conf" in str(failure.value)


# The broker


def test_the_broker_never_drops_messages_to_save_memory(valkey, cluster):
    with client(cluster) as broker:
        assert broker.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert broker.config_get("appendonly") == {"appendonly": "yes"}


def test_what_was_queued_survives_a_kill_of_the_broker(cluster):
    valkey = Valkey(cluster)
    valkey.start()
    with client(cluster) as broker:
        broker.delete("queue")
        for number in range(100):
            broker.rpush("queue", number)
    assert valkey.process
    valkey.process.kill()
    valkey.process.wait()

    again = Valkey(cluster)
    again.start()
    try:
        with client(cluster) as broker:
            assert broker.llen("queue") == 100
    finally:
        again.stop()


# Orphans


def test_a_killed_owner_leaves_no_service_behind(cluster):
    code = """if True:
        import json, os, pathlib, sys, time
        from factcheck.embedded import Postgres, Valkey
        services = [kind(pathlib.Path(sys.argv[1])) for kind in (Postgres, Valkey)]
        for service in services:
            service.start()
        print(json.dumps([service.process.pid for service in services]), flush=True)
        time.sleep(60)
    """
    with ExitStack() as stack:
        owner = stack.enter_context(
            subprocess.Popen([sys.executable, "-c", code, str(cluster)], cwd=ROOT, stdout=subprocess.PIPE, text=True)
        )
        stack.callback(owner.kill)
        assert owner.stdout
        pids = json.loads(owner.stdout.readline())
        assert [Path(f"/proc/{pid}").exists() for pid in pids] == [True, True]
        owner.kill()
    wait_until(lambda: not any(is_alive(pid) for pid in pids), what="the services end")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
