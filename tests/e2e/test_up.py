"""`manage.py up`: what people see, what it survives, what it leaves behind."""

import http.client
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import psycopg
import pytest

from factcheck import embedded
from tests.services import ROOT, wait_until

# One process runs them one after the other: what one has started, the next goes on with.
pytestmark = pytest.mark.xdist_group("up")

START_SECONDS = 60
STOP_SECONDS = 30
_number = itertools.count(1)


class Answer(NamedTuple):
    status: int
    retry_after: str | None
    kind: str
    text: str
    seconds: float


class Up:
    """One run of the command on a free port of its own."""

    def __init__(self, home: Path, *arguments: str, **variables: str) -> None:
        self.home = home
        self.log = home.with_name(f"{home.name}-{next(_number)}.log")
        environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "up", "--with-parent", *(arguments or ("--port", "0"))],
                cwd=ROOT,
                env=environment | {"FACTCHECK_HOME": str(home), "DEMO": "0"} | variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def until_ready(self) -> "Up":
        wait_until(lambda: "\nReady.\n" in self.output or self.has_ended, timeout_seconds=START_SECONDS, what="Ready.")
        assert not self.has_ended, self.output
        return self

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    @property
    def port(self) -> int:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/admin/", self.output)
        assert found, self.output
        return int(found[1])

    def get(self, path: str) -> int:
        with suppress(OSError, http.client.HTTPException):
            return self.ask("GET", path)[0]
        return 0

    def ask(self, method: str, path: str, body: dict[str, str] | None = None, **headers: str) -> "Answer":
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        sent = None if body is None else json.dumps(body)
        started = time.monotonic()
        try:
            connection.request(method, path, sent, {"Content-Type": "application/json", **headers})
            response = connection.getresponse()
            text = response.read().decode()
            retry_after, kind = response.getheader("Retry-After"), response.getheader("Content-Type", "")
            return Answer(response.status, retry_after, kind.partition(";")[0], text, time.monotonic() - started)
        finally:
            connection.close()

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(STOP_SECONDS)


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("installation")


@pytest.fixture(scope="module")
def runs(home) -> Iterator[list[Up]]:
    runs: list[Up] = []
    yield runs
    for up in runs:
        if not up.has_ended:
            up.end()
    assert processes_of(home) == {}


@pytest.fixture
def up(home, runs) -> Up:
    """A run that is ready: the one that the test before left running, or a new one."""
    if not runs or runs[-1].has_ended:
        runs.append(Up(home))
    run = runs[-1].until_ready()
    # The test before may have killed some of its processes: they are on their way back.
    wait_until(lambda: run.get("/readyz") == 200, timeout_seconds=START_SECONDS, what="/readyz")
    return run


@pytest.fixture
def again(home, runs) -> Callable[..., Up]:
    """Starts another run in the same data folder."""

    def start(*arguments: str) -> Up:
        runs.append(Up(home, *arguments))
        return runs[-1]

    return start


def processes_of(home: Path) -> dict[int, str]:
    """What still runs for this data folder: everything that inherited its environment or works inside it."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment, folder = (entry / "environ").read_bytes(), os.readlink(entry / "cwd")
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:
            continue
        if f"FACTCHECK_HOME={home}\0".encode() in environment or Path(folder).is_relative_to(home):
            found[int(entry.name)] = command
    return found


def test_a_run_can_be_stopped_and_started_and_keeps_the_data(home, up, again):
    assert up.get("/readyz") == 200
    with psycopg.connect(embedded.database_url(home), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept_by_test (number int)")
    assert up.end(signal.SIGINT) == 0
    assert "Stopped. The data is kept." in up.output
    assert processes_of(home) == {}

    again().until_ready()
    with psycopg.connect(embedded.database_url(home), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM kept_by_test").fetchone() == (0,)


def test_a_terminal_that_is_closed_ends_everything(home, up):
    assert up.end(signal.SIGHUP) == 0
    assert processes_of(home) == {}


def test_a_kill_of_the_command_itself_leaves_no_orphan_and_the_next_run_works(home, up, again):
    assert len(processes_of(home)) > 10
    port = up.port
    up.end(signal.SIGKILL)
    wait_until(lambda: not processes_of(home), what="all of its processes end")
    assert again("--port", str(port)).until_ready().get("/readyz") == 200


def test_the_next_run_may_come_at_once_after_a_kill(home, up, again):
    port = up.port
    up.end(signal.SIGKILL)
    assert again("--port", str(port)).until_ready().get("/readyz") == 200


def test_whatever_is_killed_is_started_again(home, up):
    victims = {
        "postgresql": "bin/postgres -D",
        "valkey": "valkey-server",
        "web": "gunicorn",
        "worker": " worker ",
        "beat": " beat ",
    }
    children = {pid: command for pid, command in processes_of(home).items() if parent_of(pid) == up.process.pid}
    killed = {
        name: next(pid for pid, command in children.items() if words in command) for name, words in victims.items()
    }
    for pid in killed.values():
        os.kill(pid, signal.SIGKILL)
    announced = {f"{name} was killed by SIGKILL. It starts again in 1 s." for name in victims}
    wait_until(lambda: announced <= set(up.output.splitlines()), what="five announcements")
    wait_until(
        lambda: sum(parent_of(pid) == up.process.pid for pid in processes_of(home)) == len(victims),
        what="five children",
    )
    wait_until(lambda: up.get("/readyz") == 200, timeout_seconds=START_SECONDS, what="ready again")
    assert not set(killed.values()) & processes_of(home).keys()


def test_the_workers_of_the_web_server_share_what_was_loaded_for_all_of_them(home, up):
    for _ in range(20):
        assert up.get("/readyz") == 200
    web = {pid for pid, command in processes_of(home).items() if "gunicorn" in command}
    workers = {pid for pid in web if parent_of(pid) in web}
    assert len(workers) == 2
    for pid in workers:
        # Of the settings and the server alone it would be 21 MB.
        assert memory_of(pid)["Shared_Dirty"] > 40_000


def memory_of(pid: int) -> dict[str, int]:
    """Its pages by kind, in kB."""
    _, *lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return {name.rstrip(":"): int(number) for name, number, _ in map(str.split, lines)}


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/api/v1/problems?a=" + "a" * 9000, {}),
        ("/", {"X": "a" * 9000}),
        ("/", {f"X-{n}": "a" for n in range(200)}),
        ("/", {"A B": "a"}),
    ],
    ids=["line", "header", "headers", "name"],
)
def test_what_the_web_server_cannot_read_is_a_problem_with_an_id_in_the_log(up, path, headers):
    answer = up.ask("GET", path, **headers)
    assert (answer.status, answer.kind) == (400, "application/problem+json")
    problem = json.loads(answer.text)
    assert (problem["code"], problem["errors"]) == ("malformed", [])
    wait_until(lambda: f"WARNING factcheck.access {problem['request_id']}" in up.output, what="the line of the log")


@pytest.fixture(scope="module")
def known() -> dict[str, str]:
    """What Ada was given once for all of these tests."""
    return {}


@pytest.fixture
def secrets(home, up, known) -> dict[str, str]:
    known |= known or signed_in(home)
    return known


def signed_in(home: Path) -> dict[str, str]:
    """What Ada sends: a token in a script, a session in a browser."""
    code = """
from django.test import Client
from factcheck.accounts import tokens
from tests import make
ada = make.user("ada", "importer", "triager", is_staff=True)
client = Client()
client.force_login(ada)
print(tokens.issue(ada, name="test", scopes=["read", "import", "triage"])[1], client.cookies["sessionid"].value)
"""
    token, session = manage(home, "shell", "--verbosity=0", "--command", code).split()[-2:]
    return {"Authorization": f"Bearer {token}", "Cookie": f"sessionid={session}"}


def manage(home: Path, *arguments: str) -> str:
    """What a command of manage.py prints about this installation."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
    command = [sys.executable, "manage.py", *arguments]
    environment |= {"FACTCHECK_HOME": str(home)}
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


@contextmanager
def hung(home: Path, *words: str) -> Iterator[None]:
    """The service of these words does not answer any more, and does not refuse either."""
    pids = [pid for pid, command in processes_of(home).items() if any(word in command for word in words)]
    assert pids
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


NEED_THE_DATABASE = (
    ("GET", "/api/v1/claims", None),
    ("GET", "/api/v1/me", None),
    ("POST", "/api/v1/claims", {"text": "Prices doubled in a year."}),
    ("GET", "/admin/claims/claim/", None),
)
PROMISED_SECONDS = 2
BUSY = 2  # times slower than promised, on a machine that has more to do


def assert_out_of_service(answer: Answer) -> None:
    assert (answer.status, answer.retry_after) == (503, "2"), answer
    assert answer.seconds < BUSY * PROMISED_SECONDS, answer


def test_a_database_that_hangs_is_told_within_two_seconds_and_is_back_without_a_restart(home, up, secrets):
    web = {pid for pid, command in processes_of(home).items() if "gunicorn" in command}

    def works() -> bool:
        answers = [up.ask(method, path, body, **secrets) for method, path, body in NEED_THE_DATABASE * 2]
        return {answer.status for answer in answers} <= {200, 201}

    assert works()
    with hung(home, "bin/postgres", "postgres:"):
        for method, path, body in NEED_THE_DATABASE:
            answer = up.ask(method, path, body, **secrets)
            assert_out_of_service(answer)
            assert answer.kind == ("text/html" if path.startswith("/admin") else "application/problem+json")
        not_ready = up.ask("GET", "/readyz")
        assert_out_of_service(not_ready)
        assert "database" in json.loads(not_ready.text)["detail"]
        assert up.get("/healthz") == 200
    wait_until(works, what="every process has noticed")
    wait_until(lambda: up.get("/readyz") == 200, what="ready")
    assert web == {pid for pid, command in processes_of(home).items() if "gunicorn" in command}


def test_a_broker_that_hangs_delays_a_request_by_a_second_and_what_it_asked_for_is_done(home, up, secrets):
    with hung(home, "valkey-server"):
        sent = up.ask("POST", "/api/v1/articles", {"text": "Exports fell by 40 per cent in 2023."}, **secrets)
        assert sent.status == 201, sent
        assert sent.seconds < BUSY * PROMISED_SECONDS
        not_ready = up.ask("GET", "/readyz")
        assert_out_of_service(not_ready)
        assert json.loads(not_ready.text)["detail"] == "Missing: broker."
    address = f"/api/v1/claims?article={json.loads(sent.text)['id']}"
    wait_until(lambda: json.loads(up.ask("GET", address, **secrets).text)["results"], timeout_seconds=40, what="claims")


def test_a_database_that_is_killed_is_out_of_service_for_a_moment_and_nothing_else(home, up, secrets):
    children = {pid: command for pid, command in processes_of(home).items() if parent_of(pid) == up.process.pid}
    seen: list[Answer] = []

    def answers(status: int) -> bool:
        seen.append(up.ask("GET", "/api/v1/claims", **secrets))
        return seen[-1].status == status

    os.kill(next(pid for pid, command in children.items() if "bin/postgres" in command), signal.SIGKILL)
    wait_until(lambda: answers(503), what="503")
    wait_until(lambda: answers(200), what="200")
    assert {answer.status for answer in seen} <= {200, 503}
    for answer in seen:
        if answer.status == 503:
            assert_out_of_service(answer)


def test_a_folder_in_use_is_said_plainly_and_the_first_run_goes_on(home, up):
    second = Up(home)
    assert second.process.wait(START_SECONDS) == 1
    assert f"The data folder {home} is in use by process {up.process.pid}." in second.output
    assert up.get("/readyz") == 200


def test_a_taken_port_is_said_plainly_before_anything_starts(home, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        up = Up(tmp_path / "fresh", "--port", str(port))
        assert up.process.wait(START_SECONDS) == 1
    assert f"Port {port} on 127.0.0.1 is taken by another program." in up.output
    assert "Starting" not in up.output
    assert not (tmp_path / "fresh" / "postgresql").exists()


def test_a_database_that_is_away_is_said_plainly(tmp_path):
    up = Up(
        tmp_path / "fresh",
        DATABASE_URL=f"postgresql://postgres@/factcheck?host={tmp_path}",
        BROKER_URL="redis://127.0.0.1:1/0",
    )
    assert up.process.wait(START_SECONDS) == 1
    assert "CommandError: The database cannot be used: " in up.output
    assert "Traceback" not in up.output


@pytest.mark.parametrize("port", ["80a", "70000", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    up = Up(tmp_path / "fresh", f"--port={port}")
    assert up.process.wait(START_SECONDS) == 1
    assert f"PORT must be a number from 0 to 65535; got '{port}'." in up.output


def test_a_run_told_to_follow_its_parent_ends_with_it(tmp_path):
    home, log = tmp_path / "followed", tmp_path / "log"
    code = "import subprocess, sys; subprocess.run(sys.argv[1:])"
    with log.open("wb") as output:
        parent = subprocess.Popen(
            [sys.executable, "-c", code, sys.executable, "manage.py", "up", "--port=0", "--with-parent"],
            cwd=ROOT,
            env=os.environ | {"FACTCHECK_HOME": str(home), "DEMO": "0"},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    # In the middle of the start.
    wait_until(
        lambda: "Starting postgresql" in log.read_text(), timeout_seconds=START_SECONDS, what="the first service"
    )
    parent.kill()
    parent.wait()
    wait_until(lambda: not processes_of(home), timeout_seconds=STOP_SECONDS, what="all of its processes end")
    assert "Stopped. The data is kept." in log.read_text()
    assert "Ready." not in log.read_text()


def parent_of(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0
