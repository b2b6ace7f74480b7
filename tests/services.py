"""The real services under the tests: PostgreSQL, the broker and Celery workers.

They are kept in memory where there is enough of it and nothing is measured: a database is copied there in a tenth of the time. They
are thrown away afterwards, or are those of DATABASE_URL and BROKER_URL where these are set: there, tests create and drop
databases named `test_...` and use a logical database of the broker that they found empty.

- `@pytest.mark.django_db`: a transaction that is rolled back; for most tests.
- `committed_database`: a database of its own, a copy of the migrated one; for threads, workers and `on_commit`. Never a flush.
- `broker`: an empty broker, to which this process's Celery application is pointed as well.
- `counting`: requests are counted there, at a time that stands still.
- `worker`: a real worker on both, in a process of its own that can be killed; `worker_to_start`: the same, to be started by the test.
"""

from __future__ import annotations

import fcntl
import gc
import hashlib
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import psycopg
import pytest
from pytest_django.plugin import blocking_manager_key

from factcheck import embedded
from factcheck.process import kill_group, launch

T = TypeVar("T")

ROOT = Path(__file__).resolve().parent.parent
WORKER_START_SECONDS = 30
MEMORY = Path("/dev/shm")
LEAST_MEMORY = 4 * 1024**3  # free bytes
# Figures, and what is killed for an hour, are those of a disk.
ON_DISK = {"bench", "bench_large", "soak"}
# Several processes may share the tests (pytest-xdist), each with services of its own unless they were given by URL. The first migrates for all.
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_PROCESSES = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_SHARED = "FACTCHECK_TESTS_FOLDER"  # of all processes
_folders = pytest.StashKey[ExitStack]()
_number = itertools.count(1)


def wait_until(ask: Callable[[], T], *, timeout_seconds: float = 20, what: str = "") -> T:
    """The first true answer of `ask`. Fails the test when none comes in time."""
    deadline = time.monotonic() + timeout_seconds
    while not (answer := ask()):
        assert time.monotonic() < deadline, f"not within {timeout_seconds} s: {what or ask}"
        time.sleep(0.05)
    return answer


# The instance


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    stack = config.stash[_folders] = ExitStack()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        if not ON_DISK & {part for argument in config.args for part in Path(argument).parts}:
            _work_in_memory()
        os.environ[_SHARED] = str(_folder(stack))
        stack.callback(_drop_template)
    if config.getoption("numprocesses", None):
        # This process only hands out the tests. Those that run them choose their services before anybody reads the settings.
        os.environ.pop("DJANGO_SETTINGS_MODULE", None)
        return
    os.environ["FACTCHECK_HOME"] = str(_folder(stack))
    import django
    from django.conf import settings

    if settings.configured:
        raise pytest.UsageError(
            "The settings were read before the tests chose their services: unset DJANGO_SETTINGS_MODULE."
        )
    os.environ["DJANGO_SETTINGS_MODULE"] = "factcheck.settings"
    django.setup()
    # Passwords are made slow to guess; here they would only make every user of every test slow to make.
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    # Nobody is throttled but in the tests of it, which count in the broker: see `counting`.
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    _find_static_files_once()


def _work_in_memory() -> None:
    """Put what is temporary there, unless somebody has chosen a place for it."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.W_OK):
        return
    about = os.statvfs(MEMORY)
    # Containers often forbid to load a library from there, which those who install us anew have to.
    if about.f_bavail * about.f_frsize >= LEAST_MEMORY and not about.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(MEMORY)
        tempfile.tempdir = None


def _find_static_files_once() -> None:
    """Every client of a test loads the middleware anew, and WhiteNoise then opens 176 files: more work than three requests."""
    from whitenoise.middleware import WhiteNoiseMiddleware

    find, found = WhiteNoiseMiddleware.add_files_from_finders, {}

    def add_files(self: WhiteNoiseMiddleware) -> None:
        chosen = (self.static_prefix, self.max_age)
        if chosen not in found:
            find(self)
            found[chosen] = dict(self.files)
        self.files.update(found[chosen])

    WhiteNoiseMiddleware.add_files_from_finders = add_files


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """While one of the processes that share the tests compiles them for all, another migrates for all. The rest waits for the first."""
    if _PROCESSES > 1 and _PROCESS == 1 and not os.environ.get("DATABASE_URL"):
        with session.config.stash[blocking_manager_key].unblock():
            _have_a_migrated_cluster(session.config)
    if _PROCESSES == 1 or sys.dont_write_bytecode:
        return (yield)
    with alone("compiling") as shared:
        if not (compiled := shared / "compiled").exists():
            collected = yield
            compiled.touch()
            return collected
    return (yield)


def pytest_collection_finish() -> None:
    # What is loaded by now stays to the end: looked through for garbage every 700 objects, it would cost a seventh of all time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # Logged lone surrogates do not pass between processes.
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report


def pytest_unconfigure(config: pytest.Config) -> None:
    if _folders in config.stash:
        config.stash[_folders].close()


def _folder(stack: ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="factcheck-test-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


@contextmanager
def alone(name: str) -> Iterator[Path]:
    """One of the processes that share the tests at a time. The value is a folder of theirs."""
    shared = Path(os.environ[_SHARED])
    with (shared / f"{name}.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield shared


@pytest.fixture(scope="session")
def services(django_test_environment: None, django_db_blocker, pytestconfig: pytest.Config) -> Iterator[None]:
    """PostgreSQL, with a migrated database that no test enters, and the broker run: from the first test that needs one of them to the end."""
    given = bool(os.environ.get("DATABASE_URL"))
    with django_db_blocker.unblock():
        if given:
            with alone("migrating") as shared:
                if not (shared / "migrated").exists():
                    _migrate()
                    (shared / "migrated").touch()
        else:
            _have_a_migrated_cluster(pytestconfig)
    wanted = {"postgres": not given, "broker": not os.environ.get("BROKER_URL")}
    with embedded.throw_away(embedded.home(), **wanted):
        yield


def _have_a_migrated_cluster(config: pytest.Config) -> None:
    """Whoever comes first makes it, and the others copy it: in later runs too, until something has changed that could change it."""
    own = embedded.home() / "postgresql"
    if own.exists():
        return
    # Not with a seeded defect (tests/defects.py), which belongs in no later run.
    is_kept = hasattr(config, "cache") and "DEFECT" not in os.environ
    folder = config.cache.mkdir("postgresql") if is_kept else Path(os.environ[_SHARED])
    kept = folder / _digest_of_what_is_migrated()
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if kept.exists():
            _copy(kept, own)
            return
        with embedded.throw_away(embedded.home(), broker=False):
            _migrate()
            _administer("CHECKPOINT")
        for outdated in (path for path in folder.iterdir() if path.is_dir()):
            shutil.rmtree(outdated, ignore_errors=True)
        # Whole or not at all, whenever somebody loses patience.
        half = kept.with_suffix(".half")
        _copy(own, half)
        half.rename(kept)


def _digest_of_what_is_migrated() -> str:
    """Of all our code, since permissions and content types come from models, and of what it runs on."""
    digest = hashlib.sha256((ROOT / "requirements-dev.txt").read_bytes())
    for path in sorted(path for app in ("factcheck", "claims", "reviews") for path in (ROOT / app).rglob("*.py")):
        digest.update(b"%b %d " % (bytes(path.relative_to(ROOT)), path.stat().st_size) + path.read_bytes())
    return digest.hexdigest()[:16]


def _copy(folder: Path, to: Path) -> None:
    # With its owner: PostgreSQL runs as nobody where root runs the tests.
    subprocess.run(["cp", "-a", folder, to], check=True)


# The database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        mark = item.get_closest_marker("django_db")
        if mark and (mark.kwargs.get("transaction") or "committed_database" in getattr(item, "fixturenames", ())):
            raise pytest.UsageError(
                f"{item.nodeid}: committed data comes with `committed_database`, without a django_db mark"
            )


@pytest.fixture(scope="session")
def django_db_setup(services: None, django_test_environment: None, django_db_blocker) -> Iterator[None]:
    """This process's copy of the migrated database."""
    name = f"test_{_name()}_gw{_PROCESS}"
    with django_db_blocker.unblock():
        copy_template_to(name)
        _use(name)
    yield
    with django_db_blocker.unblock():
        _use(_name())
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def _name() -> str:
    return unquote(urlsplit(os.environ.get("DATABASE_URL") or embedded.database_url()).path[1:])


def template() -> str:
    return f"test_{_name()}_template"


def copy_template_to(name: str) -> None:
    _administer(f'DROP DATABASE IF EXISTS "{name}"', f'CREATE DATABASE "{name}" TEMPLATE "{template()}"')


def _migrate() -> None:
    from django.db import connection
    from django.test.utils import setup_databases

    connection.settings_dict["TEST"]["NAME"] = template()
    setup_databases(verbosity=0, interactive=False)
    _use(_name())  # a database to which somebody is connected cannot be copied


def _use(name: str) -> None:
    """For all connections of this process: other threads make theirs from the settings."""
    from django.conf import settings
    from django.db import connections

    connections.close_all()
    settings.DATABASES["default"]["NAME"] = connections["default"].settings_dict["NAME"] = name


def _drop_template() -> None:
    """In a PostgreSQL that outlives the tests."""
    url = os.environ.get("DATABASE_URL")
    if not url:
        return
    with psycopg.connect(urlsplit(url)._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{template()}"')


@pytest.fixture
def committed_database(django_db_setup: None, django_db_blocker) -> Iterator[str]:
    """A copy of the migrated database, used by all connections of this process during the test. The value is its URL."""
    with django_db_blocker.unblock(), using_a_copy() as name:
        yield _database_url(name)


@contextmanager
def using_a_copy() -> Iterator[str]:
    """All connections of this process use a copy of the migrated database, whose name is given, and afterwards what they used before."""
    from django.db import connection, connections

    original = connection.settings_dict["NAME"]
    name = f"{original}_{next(_number)}"
    _use(original)
    copy_template_to(name)
    _use(name)
    try:
        yield name
    finally:
        connections.close_all()
        _use(original)
        _administer(f'DROP DATABASE "{name}" WITH (FORCE)')


def _administer(*statements: str) -> None:
    from django.db import connection

    with connection._nodb_cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _database_url(name: str) -> str:
    url = os.environ.get("DATABASE_URL") or embedded.database_url()
    return urlsplit(url)._replace(path=f"/{name}").geturl()


# The broker


@pytest.fixture
def broker(services: None, settings) -> Iterator[str]:
    """An empty logical database of the broker; this process sends there too. The value is its URL."""
    import redis

    url = os.environ.get("BROKER_URL") or embedded.broker_url()
    if not url.startswith("redis"):
        pytest.skip("needs a Valkey or Redis, which has logical databases")
    for number in range(_PROCESS + 1, 16, _PROCESSES):
        with closing(redis.Redis.from_url(_client_url(url, number))) as client:
            if client.dbsize() == 0:
                break
    else:
        pytest.fail("none of the broker's logical databases that are this process's is empty")

    settings.BROKER_URL = _celery_url(url, number)
    with sending_to(settings.BROKER_URL):
        yield settings.BROKER_URL
    flush(settings.BROKER_URL)


@pytest.fixture
def counting(broker: str, settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """Requests are counted in the broker's database, in a window of which the first second has begun. The value is the cache's URL."""
    from factcheck import env, throttles

    settings.CACHES = {"default": env.cache(broker)}
    monkeypatch.setattr(throttles.time, "time", lambda: 1_800_000_000.0)
    return broker


@contextmanager
def sending_to(broker_url: str) -> Iterator[None]:
    """This process's Celery application sends its messages there."""
    from kombu import pools

    from factcheck.celery import app

    before = app.conf.broker_url

    def point_to(url: str) -> None:
        app.conf.update(broker_url=url)
        # Connections are pooled by kombu for the whole process, and by the application once more.
        pools.reset()
        app._after_fork()

    point_to(broker_url)
    try:
        yield
    finally:
        point_to(before)


def flush(broker_url: str) -> None:
    """Lose every message of the broker that the fixture gave out."""
    import redis

    with closing(redis.Redis.from_url(_client_url(broker_url))) as client:
        client.flushdb()


def _celery_url(url: str, number: int) -> str:
    if url.startswith("redis+socket"):
        return f"{url.partition('?')[0]}?virtual_host={number}"
    return urlsplit(url)._replace(path=f"/{number}").geturl()


def _client_url(url: str, number: int | None = None) -> str:
    if number is not None:
        url = _celery_url(url, number)
    return url.replace("redis+socket://", "unix://").replace("virtual_host=", "db=")


# The worker


class Worker:
    """One Celery worker with two processes. It keeps its name and its log through its lives."""

    def __init__(self, database_url: str, broker_url: str, log: Path) -> None:
        self.environment = os.environ | {"DATABASE_URL": database_url, "BROKER_URL": broker_url}
        self.name = f"{urlsplit(database_url).path.strip('/')}@tests"
        self.log = log
        self.options: list[str] = []
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, ready: bool = True) -> None:
        """Start it, and unless told otherwise return when it takes work."""
        heard = self.output.count(" ready.")
        options = [
            "--loglevel=INFO",
            "--pool=prefork",
            "--concurrency=2",
            "--without-gossip",
            "--without-mingle",
            "--without-heartbeat",
            *self.options,
        ]
        with self.log.open("ab") as log:
            self.process = launch(
                [sys.executable, "-m", "celery", "-A", "factcheck", "worker", "-n", self.name, *options],
                dies_by=signal.SIGKILL,
                cwd=ROOT,
                env=self.environment,
                output=log,
            )
        if ready:
            self.wait_until_ready(after=heard)

    def wait_until_ready(self, *, after: int = 0) -> None:
        process = self.process
        assert process is not None
        with suppress(AssertionError):
            wait_until(
                lambda: process.poll() is not None or self.output.count(" ready.") > after,
                timeout_seconds=WORKER_START_SECONDS,
            )
        assert process.poll() is None, self.output
        assert self.output.count(" ready.") > after, self.output

    def kill(self) -> None:
        """SIGKILL to the worker and all its processes at once."""
        if self.process is not None:
            kill_group(self.process)
            self.process = None

    def stop(self, *, timeout_seconds: float = 30) -> None:
        """Ask it to finish what it has and end, and end it when it has not in time, as a deployment does."""
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                self.process.wait(timeout_seconds)
            self.kill()

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@pytest.fixture
def worker_to_start(committed_database: str, broker: str, tmp_path: Path) -> Iterator[Worker]:
    """A worker that is not there yet."""
    worker = Worker(committed_database, broker, tmp_path / "worker.log")
    try:
        yield worker
    finally:
        worker.kill()


@pytest.fixture
def worker(worker_to_start: Worker) -> Worker:
    """A worker that is ready. `kill()`, `stop()` and `start()` it as the test needs."""
    worker_to_start.start()
    return worker_to_start
