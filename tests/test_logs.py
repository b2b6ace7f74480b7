"""One line per event, whatever is in it; with the request's id; without what nobody may read."""

from __future__ import annotations

import json
import logging
import logging.config
import os
import subprocess
import sys
from io import StringIO

import pytest

from factcheck import env, jobs, logs
from factcheck.audit import events
from factcheck.middleware import on_behalf_of
from factcheck.models import Job
from tests import make
from tests.api import api
from tests.services import ROOT, wait_until

FORGED = "2026-01-01T00:00:00.000000Z INFO factcheck.access - GET /api/v1/me 200 in 1 ms"


@pytest.fixture(params=logs.FORMATS)
def written(request):
    """A logger, and what it has written in either format."""
    out, logger = StringIO(), logging.Logger("tests")  # noqa: LOG001  not the one of all tests
    handler = logging.StreamHandler(out)
    configured = logs.configuration(request.param, ["the-key-of-the-installation"])
    formatter = dict(configured["formatters"]["line"])
    handler.setFormatter(formatter.pop("()")(**formatter))
    logger.addHandler(handler)
    return logger, out.getvalue


SECRETS = {
    "a token": ("token %s is unknown", "fc_kept-to-its-owner_0123456789"),
    "a header": ("headers: {'Authorization': 'Bearer %s'}", "kept-to-its-owner"),
    "another scheme": ("Authorization: Basic %s", "a2VwdC10by1pdHMtb3duZXI="),
    "a bearer": ("sent bearer %s to us", "kept-to-its-owner"),
    "a cookie": ("Cookie: theme=dark; sessionid=%s", "kept-to-its-owner"),
    "a session": ("with sessionid=%s; path=/", "kept-to-its-owner"),
    "a session of production": ("with __Host-sessionid=%s", "kept-to-its-owner"),
    "a CSRF token": ("X-CSRFToken: %s", "kept-to-its-owner"),
    "a database": ("no answer of postgresql://desk:%s@db.example/desk", "kept-to-its-owner"),
    "a broker": ("lost amqps://:%s@rabbit.example//", "kept-to-its-owner"),
    "a connection string": ("host=db.example password=%s dbname=desk", "kept-to-its-owner"),
    "a form": ("username=ada&password=%s&next=/", "kept-to-its-owner"),
    "the key": ("signed with %s", "the-key-of-the-installation"),
}


@pytest.mark.parametrize("what", SECRETS)
def test_what_nobody_may_read_is_hidden_in_messages_and_tracebacks(written, what):
    logger, read = written
    text, secret = SECRETS[what]
    logger.warning(text, secret)
    try:
        raise RuntimeError(text % secret)
    except RuntimeError:
        logger.exception("It broke")
    logger.warning("x", extra={"fields": {"detail": text % secret}})
    assert secret not in read()
    assert read().count("[hidden]") >= 2


def test_what_tells_nobody_anything_stays(written):
    logger, read = written
    text = "The token fc_abcdefg of ada, https://desk.example/a?b=c and ada@desk.example; 3 basics, no password given"
    logger.info(text)
    assert text in read()


@pytest.mark.parametrize("break_", ["\n", "\r\n", "\r", "\x0b", "\x0c", "\x85", "\u2028", "\u2029"])
def test_what_a_client_sends_forges_no_line(written, break_):
    logger, read = written
    logger.info("Searched for %s", f"prices{break_}{FORGED}")
    try:
        raise ValueError(f"prices{break_}{FORGED}")
    except ValueError:
        logger.exception("Failed")
    lines = read().splitlines()
    assert len([line for line in lines if line.startswith(("2", "{"))]) == 2
    assert not any(line.startswith(FORGED) for line in lines)


def test_a_client_does_not_steer_the_terminal(written):
    logger, read = written
    logger.info("Searched for %s", "\x1b[2J\x07\x9b31m")
    assert not any(character in read() for character in "\x1b\x07\x9b")


def test_half_a_surrogate_pair_is_written_as_its_number(written):
    logger, read = written
    logger.info("Searched for %s", "\ud800")
    assert "d800" in read()
    read().encode()


def test_a_json_line_names_its_parts():
    record = logging.LogRecord("factcheck.access", logging.INFO, "x.py", 1, "%(a)s", ({"a": "b"},), None)
    record.fields, record.request_id = {"status": 200}, "r-1"
    line = json.loads(logs.Json().format(record))
    assert (line["level"], line["logger"], line["message"], line["status"]) == ("INFO", "factcheck.access", "b", 200)
    assert (line["request_id"], line["process"]) == ("r-1", os.getpid())
    assert line["at"].endswith("Z")


@pytest.mark.parametrize(
    ("environment", "kind"), [({}, "text"), ({"PRODUCTION": "1"}, "json"), ({"LOG_FORMAT": "json"}, "json")]
)
def test_production_writes_json_unless_told_otherwise(environment, kind):
    ask = "import os; os.environ['DJANGO_SETTINGS_MODULE'] = 'factcheck.settings'\n"
    ask += "from django.conf import settings; print(settings.LOG_FORMAT)"
    kept = {name: value for name, value in os.environ.items() if name != "LOG_FORMAT"}
    needed = {
        "SECRET_KEY": "k3y-" * 20,
        "ALLOWED_HOSTS": "a.example",
        "DATABASE_URL": "postgresql://db/x",
        "BROKER_URL": "amqp://mq",
    }
    run = subprocess.run(
        [sys.executable, "-c", ask], env=kept | needed | environment, cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout.strip() == kind, run.stderr
    with pytest.raises(ValueError):
        env.one_of(*logs.FORMATS)("xml")


# Requests


def access_lines(caplog):
    return [
        (record.levelname, record.getMessage(), record.fields)
        for record in caplog.records
        if record.name == "factcheck.access"
    ]


@pytest.mark.django_db
def test_each_request_is_one_line_that_says_through_what_it_came_and_not_what_was_asked(caplog):
    caplog.set_level(logging.INFO)
    assert api(make.user("ada", "triager")).get("/claims?search=marker-words").status_code == 200
    [(level, message, fields)] = access_lines(caplog)
    assert level == "INFO"
    assert message.startswith("GET /api/v1/claims 200 in ")
    assert fields["through"].startswith("token ")
    assert "marker-words" not in caplog.text


def test_probes_are_heard_of_only_when_they_fail(client, caplog):
    caplog.set_level(logging.INFO)
    assert client.get("/healthz").status_code == 200
    assert client.post("/nope").status_code == 404
    assert [message.partition(" in ")[0] for _, message, _ in access_lines(caplog)] == ["POST /nope 404"]


# Jobs


@pytest.fixture
def ada(db):
    return make.user("ada", "importer", "triager")


def test_a_job_carries_the_id_of_the_request_that_queued_it(ada, caplog):
    caplog.set_level(logging.INFO)
    answer = api(ada).post("/articles", {"text": "Prices rose by 4 per cent."}, headers={"X-Request-Id": "asked-1"})
    assert answer.status_code == 201
    job = Job.objects.get()
    assert job.request_id == "asked-1"
    seen = []
    caplog.handler.addFilter(lambda record: seen.append((record.name, jobs.current_request_id())) or True)
    assert jobs.work("tests")
    assert ("factcheck.jobs", "asked-1") in seen
    assert jobs.current_request_id() == "-"


def test_events_of_a_job_name_the_request_that_queued_it(ada):
    with on_behalf_of("asked-2"):
        article = make.article("Prices rose by 4 per cent.")
    assert jobs.work("tests")
    recorded = [(event.action, event.request_id) for event in events.events_of("article", article.pk)]
    assert recorded == [("import", "asked-2"), ("extract", "asked-2")]


def test_a_job_that_a_command_queued_names_no_request(ada):
    make.article("Prices rose by 4 per cent.")
    assert Job.objects.get().request_id == ""


def test_a_job_that_is_queued_again_names_who_did_that(ada):
    with on_behalf_of("asked-3"):
        make.article("Prices rose by 4 per cent.")
    job = Job.objects.get()
    jobs.cancel(job.pk, actor=ada)
    with on_behalf_of("asked-4"):
        jobs.retry(job.pk, actor=ada)
    job.refresh_from_db()
    assert job.request_id == "asked-4"


def test_a_workers_lines_are_json_with_the_id_of_the_request(worker_to_start):
    worker = worker_to_start
    worker.environment |= {"LOG_FORMAT": "json"}
    worker.start()
    with on_behalf_of("asked-5"):
        make.article("Prices rose by 4 per cent.")
    wait_until(lambda: Job.objects.filter(state="done").exists(), what="the job")
    worker.stop()
    lines = [json.loads(line) for line in worker.output.splitlines() if line.startswith("{")]
    [done] = [line for line in lines if line["logger"] == "factcheck.jobs" and line["message"].startswith("extract ")]
    assert (done["request_id"], done["level"]) == ("asked-5", "INFO")
    assert " done in " in done["message"]
    assert any(line["message"].endswith(" ready.") for line in lines)
