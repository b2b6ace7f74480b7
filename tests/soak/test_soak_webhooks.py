"""Every webhook arrives and none is taken for delivered that did not, whatever is killed; and who hangs holds up nobody else."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from standardwebhooks import Webhook

from claims import pipeline
from claims.models import ExtractionRun
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts.models import User
from factcheck.models import Job
from factcheck.webhooks.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from factcheck.webhooks.queueing import DELIVER
from tests import make
from tests.services import Worker, flush, wait_until
from tests.webhooks import listen


@dataclass
class Site:
    """A receiver at a port of its own: verifies all that comes, fails every so many requests, or says nothing for a while."""

    secret: str = ""
    fails_every: int = 0
    hangs_seconds: float = 0.0
    seconds: float = 0.0
    port: int = 0
    came: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    bad: list[Exception] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with site._lock:
                site.requests += 1
                is_failing = site.fails_every and site.requests % site.fails_every == 0
            time.sleep(site.hangs_seconds or site.seconds)
            if not is_failing:
                try:
                    Webhook(site.secret).verify(body, {name.lower(): value for name, value in self.headers.items()})
                except Exception as error:
                    site.bad.append(error)
                site.came[self.headers["webhook-id"]] += 1
            self.send_response(500 if is_failing else 204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        server.daemon_threads = True
        site.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            server.shutdown()


@pytest.fixture
def people(committed_database) -> tuple[User, User]:
    return make.user("kim", "admin"), make.user("ada", "importer", "triager")


def allow(worker: Worker, settings, *sites: Site) -> None:
    """Both this process and the worker may send there."""
    worker.kill()
    settings.FETCH_ALLOW = frozenset(("127.0.0.1", site.port) for site in sites)
    worker.environment["FETCH_ALLOW"] = ",".join(f"127.0.0.1:{site.port}" for site in sites)


def accept(ada: User, number: int) -> None:
    claim = make.claim(f"Rents in street {number} rose by {number + 2} per cent.", actor=ada)
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=ada)


def pending() -> int:
    return WebhookDelivery.objects.filter(state="pending").count()


def test_200_deliveries_survive_kills_of_the_worker_and_flushes_of_the_broker(worker: Worker, broker, settings, people):
    kim, ada = people
    with serving(Site(fails_every=20, seconds=0.05)) as first, serving(Site(seconds=0.05)) as second:
        allow(worker, settings, first, second)
        for site in (first, second):
            _, site.secret = listen(kim, "claim.accepted", url=site.url)
        for number in range(100):
            accept(ada, number)
        Job.objects.exclude(kind=DELIVER).delete()  # comparisons are another soak's
        assert pending() == 200
        kills = 0
        while pending() and kills < 60:
            worker.start()
            jobs.sweep()
            time.sleep(1.5)
            worker.kill()
            kills += 1
            if kills in (2, 4):
                flush(broker)
            # What failed waits five seconds, which nobody has to watch.
            Job.objects.filter(kind=DELIVER, state="queued", error=None).update(due_at="2000-01-01T00:00:00Z")
            print(f"kill {kills}: {pending()} left, {first.requests + second.requests} requests")
        sent = {event.message_id for event in WebhookEvent.objects.all()}
        doubled = sum(count - 1 for site in (first, second) for count in site.came.values())
        print(f"{kills} kills, {doubled} doubled")
        assert kills >= 4
        assert (first.bad, second.bad) == ([], [])
        assert first.came.keys() == second.came.keys() == sent
        assert len(sent) == 100
    assert dict(Counter(WebhookDelivery.objects.values_list("state", flat=True))) == {"delivered": 200}
    assert WebhookAttempt.objects.filter(status=204).count() == 200
    assert not Job.objects.filter(kind=DELIVER).exclude(state="done").exists()


@pytest.mark.parametrize("processes", [1, 2])
def test_who_hangs_for_a_minute_holds_up_neither_other_receivers_nor_extraction(
    worker: Worker, settings, people, processes
):
    kim, ada = people
    with serving(Site(hangs_seconds=60)) as slow, serving(Site()) as quick:
        allow(worker, settings, slow, quick)
        worker.environment["WEBHOOK_TIMEOUT_SECONDS"] = "3"
        worker.options.append(f"--concurrency={processes}")
        for site in (slow, quick):
            _, site.secret = listen(kim, "claim.accepted", url=site.url)
        worker.start()
        began = time.monotonic()
        for number in range(20):
            accept(ada, number)
        asked = time.monotonic() - began
        wait_until(lambda: slow.requests, timeout_seconds=20)
        for number in range(10):
            make.article(f"Exports rose from 11,000 tonnes to {number + 30},000 tonnes, the ministry said.")
        wait_until(lambda: ExtractionRun.objects.filter(status="done").count() == 10, timeout_seconds=60)
        read = time.monotonic() - began
        wait_until(lambda: len(quick.came) == 20, timeout_seconds=60)
        told = time.monotonic() - began
        print(f"20 verbs in {asked:.1f} s, 10 articles read after {read:.1f} s, 20 messages told after {told:.1f} s")
        assert slow.requests <= 2
        hung = WebhookEndpoint.objects.get(url=slow.url)
        assert hung.deliveries.filter(state="pending").count() == 20
        assert (quick.bad, hung.failures > 0) == ([], True)
