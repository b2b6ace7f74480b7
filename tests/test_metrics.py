"""What an operator's Prometheus reads, and who else may."""

from __future__ import annotations

import os
import signal
import socket
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.error import HTTPError, URLError

import pytest
from django.db import OperationalError
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from claims import pipeline
from factcheck import jobs, metrics
from factcheck.models import Job
from factcheck.process import kill_group, launch
from tests import make
from tests.api import Api, api, assert_problem
from tests.services import ROOT, wait_until


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def scrape(client):
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=")
    return samples(response.content.decode())


def requests(found, method, route, status):
    return found.get(("factcheck_requests_total", ("method", method), ("route", route), ("status", status)), 0)


# What is counted


@pytest.mark.django_db
def test_requests_are_counted_by_the_template_of_their_address(client):
    before = scrape(client)
    ada = api(make.user("ada", "triager"))
    for key in ("01890000-0000-7000-8000-000000000000", "nonsense"):
        assert ada.get(f"/claims/{key}").status_code == 404
    client.get("/nowhere/at/all")
    client.generic("BREW", "/healthz")
    client.head("/static/factcheck/favicon.svg")
    after = scrape(client)

    def more(*labels):
        return requests(after, *labels) - requests(before, *labels)

    assert more("GET", "/api/v1/claims/<pk>", "404") == 2
    assert more("GET", "none", "404") == 1
    assert more("other", "/healthz", "200") == 1
    assert more("HEAD", "static", "200") == 1
    seconds = ("factcheck_request_seconds_count", ("method", "GET"), ("route", "/api/v1/claims/<pk>"))
    assert after[seconds] - before.get(seconds, 0) == 2


@pytest.mark.django_db
def test_the_queue_is_told_by_kind_and_state_with_what_waits_longest(client):
    assert scrape(client)[("factcheck_oldest_due_job_age_seconds",)] == 0
    make.article("Prices rose by 4 per cent.")
    make.article("Rents fell by 5 per cent.")
    assert jobs.work("tests")
    Job.objects.filter(state="queued").update(due_at=timezone.now() - timedelta(minutes=5))
    jobs.worker_started("w@here/1", 3)
    found = scrape(client)
    assert found[("factcheck_jobs", ("kind", "extract"), ("state", "done"))] == 1
    assert found[("factcheck_jobs", ("kind", "extract"), ("state", "queued"))] == 1
    assert 300 <= found[("factcheck_oldest_due_job_age_seconds",)] < 360
    assert (found[("factcheck_workers",)], found[("factcheck_worker_processes",)]) == (1, 3)
    assert found[("factcheck_database_up",)] == 1


@pytest.mark.django_db
def test_rows_of_imports_are_told_by_what_became_of_them(client):
    run = pipeline.start_run("feed.jsonl", {}, started_by=make.user("ada", "importer"))
    pipeline.land_batch([make.draft("One."), make.draft("Two."), make.draft("One.")], run=run)
    pipeline.finish_run(run)
    found = scrape(client)
    assert found[("factcheck_import_rows_total", ("outcome", "created"))] == 2
    assert found[("factcheck_import_rows_total", ("outcome", "failed"))] == 0


def test_a_database_that_is_away_is_told_and_nothing_is_made_up(client, monkeypatch):
    def away():
        raise OperationalError("away")

    monkeypatch.setattr(metrics, "_reads", [away])
    found = scrape(client)
    assert found[("factcheck_database_up",)] == 0
    assert ("factcheck_workers",) not in found


# Who may look

TOKEN = "read-the-metrics-of-the-desk"


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_without_a_token_this_machine_may_look(address):
    assert Api(REMOTE_ADDR=address).get("http://testserver/metrics").status_code == 200


@pytest.mark.parametrize(
    ("address", "headers"),
    [
        ("192.0.2.1", {}),
        ("", {}),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}),
        ("127.0.0.1", {"Forwarded": "for=127.0.0.1"}),
        ("127.0.0.1", {"X-Forwarded-Proto": "https"}),
    ],
)
def test_nobody_else_may_and_a_proxy_on_this_machine_lets_nobody_in(client, address, headers):
    response = client.get("/metrics", REMOTE_ADDR=address, headers=headers)
    assert_problem(response, 404, "not_found")
    assert b"factcheck_" not in response.content


@pytest.mark.django_db
def test_with_a_token_whoever_sends_it_may_look_from_anywhere(client, settings):
    settings.METRICS_TOKEN = TOKEN
    right = client.get("/metrics", REMOTE_ADDR="192.0.2.1", headers={"Authorization": f"Bearer {TOKEN}"})
    assert right.status_code == 200
    for sent in ("", f"Bearer {TOKEN}x", TOKEN, f"Basic {TOKEN}", "Bearer ü"):
        wrong = client.get("/metrics", headers={"Authorization": sent})
        assert_problem(wrong, 401, "not_authenticated")


# Several processes


@pytest.fixture
def web(committed_database, broker, tmp_path):
    """Two web processes, as they are run everywhere."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address, log = f"http://127.0.0.1:{port}", tmp_path / "web.log"
    command = [sys.executable, "-m", "gunicorn", "--config=python:factcheck.gunicorn", "--no-control-socket"]
    environment = os.environ | {"DATABASE_URL": committed_database, "BROKER_URL": broker, "TMPDIR": str(tmp_path)}

    def answers():
        assert server.poll() is None, log.read_text()
        try:
            return get(f"{address}/healthz")[0] == 200
        except URLError:
            return False

    with log.open("wb") as output:
        server = launch(
            [*command, f"--bind=127.0.0.1:{port}", "factcheck.wsgi"],
            dies_by=signal.SIGKILL, cwd=ROOT, env=environment, output=output,
        )  # fmt: skip
    try:
        wait_until(answers, timeout_seconds=60, what="the web server")
        yield address
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) == 0, log.read_text()
        assert list(tmp_path.glob("factcheck-metrics-*")) == []
    finally:
        kill_group(server)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_whichever_process_is_asked_it_tells_of_all(web, tmp_path):
    [folder] = tmp_path.glob("factcheck-metrics-*")
    asked = 0

    def both_have_answered():
        nonlocal asked
        with ThreadPoolExecutor(8) as pool:
            assert {answer for answer, _ in pool.map(get, [f"{web}/nowhere"] * 16)} == {404}
        asked += 16
        return len({file.stem.rpartition("_")[2] for file in folder.glob("counter_*.db")}) == 2

    wait_until(both_have_answered)
    told = [requests(samples(get(f"{web}/metrics")[1]), "GET", "none", "404") for _ in range(10)]
    assert told == [asked] * 10
