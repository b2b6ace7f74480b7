"""Extraction loses and doubles nothing, whatever is killed, flushed or poisoned."""

from __future__ import annotations

import time

from django.db.models import Count

from claims import pipeline
from claims.models import Appearance, Claim, ExtractionRun
from factcheck import jobs
from factcheck.models import Job, JobState
from tests import make
from tests.services import Worker, flush, sending_to, wait_until

TEXT = (
    "Exports of the valley rose from {0:,} tonnes to {1:,} tonnes in 2024, the Ministry of Trade said. "
    "Unemployment fell by {2} per cent, according to the labour office. Nobody at the harbour wanted to comment."
)


def queue(count: int, poisoned: int = 0) -> None:
    drafts = [
        make.draft(
            ("POISON " if n < poisoned else "") + TEXT.format(1000 + n, 3000 + 2 * n, n % 40 + 1),
            url=f"https://a.example/{n}",
        )
        for n in range(count)
    ]
    for start in range(0, count, 100):
        pipeline.land_batch(drafts[start : start + 100])


def can_be_poisoned(worker: Worker, seconds: str = "0") -> None:
    worker.kill()
    worker.options.append("--include=tests.poison")
    worker.environment["TEST_EXTRACTION_SECONDS"] = seconds


def unfinished() -> int:
    return Job.objects.filter(state__in=jobs.ACTIVE).count()


def all_done() -> bool:
    jobs.sweep()
    return unfinished() == 0


def assert_read_once(count: int) -> None:
    runs = ExtractionRun.objects.all()
    assert runs.filter(status="done").count() == count
    assert all(run.created_claims == run.candidates > 0 for run in runs.filter(status="done"))
    found = dict(Claim.objects.values_list("article").annotate(Count("id")))
    expected = dict(runs.filter(status="done").values_list("version__article", "candidates"))
    assert found == expected
    assert (
        not Appearance.objects.values("article_version", "start", "end", "claim__text")
        .annotate(n=Count("id"))
        .filter(n__gt=1)
    )


def test_600_extractions_survive_six_kills_of_the_worker_and_two_flushes_of_the_broker(worker: Worker, broker: str):
    can_be_poisoned(worker, seconds="0.05")  # or 600 would be read before the second kill
    queue(600)
    kills = flushes = 0
    while unfinished() and kills < 20:
        worker.start()
        jobs.sweep()  # what beat does every few seconds
        time.sleep(2)
        worker.kill()
        kills += 1
        if kills in (2, 4):
            flush(broker)
            flushes += 1
        print(f"kill {kills}: {unfinished()} left")
    assert (kills >= 6, flushes) == (True, 2)
    if unfinished():  # a machine that is busy reads few before the next kill
        worker.start()
        wait_until(all_done, timeout_seconds=120, what="all read")
    assert_read_once(600)
    assert Job.objects.filter(kind="extract", state=JobState.DONE).count() == 600


def test_five_poisonous_articles_among_200_are_parked_alone(worker: Worker):
    can_be_poisoned(worker)
    worker.start()
    queue(200, poisoned=5)

    wait_until(all_done, timeout_seconds=120, what="all read or parked")
    assert_read_once(195)
    parked = ExtractionRun.objects.filter(status="failed")
    assert [run.error["detail"] for run in parked] == ["RuntimeError: poisoned"] * 5
    assert [run.error["attempt"] for run in parked] == [jobs.MAX_ATTEMPTS] * 5


def test_what_was_imported_while_the_broker_was_away_is_read_once_it_is_back(worker: Worker):
    with sending_to("redis+socket:///nowhere/valkey.sock"):
        queue(200)
    assert unfinished() == 200

    def left() -> bool:
        jobs.sweep()
        return unfinished() == 0

    wait_until(left, timeout_seconds=60)
    assert_read_once(200)
