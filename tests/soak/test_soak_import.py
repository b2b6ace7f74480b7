"""An import equals a clean one, wherever it is killed; and what lands while the broker is away is read all the same.

IMPORT_SOAK_ARTICLES (30000) and IMPORT_SOAK_KILLS (10) make it smaller or larger.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from claims.models import Article, ArticleVersion, ExtractionRun, FailedRow, ImportRun
from factcheck import embedded, jobs
from factcheck.models import Job, JobState
from tests.importing import import_articles, last_run, running_import, write_rows
from tests.services import Worker, sending_to, wait_until

ARTICLES = int(os.environ.get("IMPORT_SOAK_ARTICLES", "30000"))
KILLS = int(os.environ.get("IMPORT_SOAK_KILLS", "10"))
COUNTS = ("rows", "created", "versioned", "unchanged", "skipped", "failed")


def lines_of(host: str) -> list[object]:
    """Articles of which every tenth comes again unchanged, every twentieth changed, and every hundredth row is broken."""
    lines: list[object] = []
    for n in range(ARTICLES):
        row = {
            "url": f"https://{host}/{n}",
            "outlet": f"Paper {n % 7}",
            "text": f"Prices rose by {n} per cent. {'More. ' * 99}",
        }
        lines.append(row)
        if n % 10 == 5:
            lines.append(lines[-3] if isinstance(lines[-3], dict) else row)
        if n % 20 == 7:
            lines.append(row | {"text": f"Prices fell by {n} per cent."})
        if n % 100 == 50:
            lines.append(b'{"text": ""}' if n % 200 == 50 else b"not json")
    return lines


def everything(run: ImportRun, host: str) -> dict[str, Any]:
    """What an import of that host's articles has left in the database."""
    versions = ArticleVersion.objects.filter(import_run=run)
    return {
        "versions": sorted(
            (url.removeprefix(f"https://{host}"), number, sha256)
            for url, number, sha256 in versions.values_list("article__canonical_url", "number", "text_sha256")
        ),
        "bad rows": list(FailedRow.objects.filter(run=run).order_by("line").values_list("line", "field", "code")),
        "counts": {name: getattr(run, name) for name in COUNTS},
        "state": run.state,
        "extraction runs": ExtractionRun.objects.filter(version__in=versions).count(),
        "jobs": Job.objects.filter(
            kind="extract", subject_id__in=ExtractionRun.objects.filter(version__in=versions).values("id")
        ).count(),
    }


def test_an_import_killed_ten_times_at_random_points_equals_a_clean_one(committed_database: str, tmp_path: Path):
    clean = write_rows(tmp_path / "clean.jsonl", *lines_of("clean.example"))
    killed = write_rows(tmp_path / "killed.jsonl", *lines_of("killed.example"))
    errors = tmp_path / "errors.jsonl"
    assert import_articles(clean).code == 3
    expected = everything(last_run(), "clean.example")
    articles = Article.objects.count()
    chance = random.Random(7)

    for kill in range(1, KILLS + 1):
        with running_import(
            committed_database, killed, "--resume", "--batch-size", "50", "--errors", errors
        ) as process:
            before = last_run().updated_at
            if kill % 4:  # every fourth dies at some point of its start
                with suppress(AssertionError):
                    wait_until(lambda before=before: last_run().updated_at > before, timeout_seconds=20)
            time.sleep(chance.uniform(0, 0.5))
            assert process.poll() is None, "it ended before it was killed: give it more articles"
            process.kill()
        print(f"kill {kill}: {last_run().rows:,} rows in")
    done = import_articles(killed, "--resume", "--batch-size", 50, "--errors", errors, "--json")

    assert done.code == 3
    assert ImportRun.objects.count() == 2
    assert everything(last_run(), "killed.example") == expected
    assert Article.objects.count() == 2 * articles
    bad = [orjson.loads(line)["_bad_row"] for line in errors.read_bytes().splitlines()]
    assert [(row["line"], row["field"], row["code"]) for row in bad] == expected["bad rows"]
    # And once more over the whole file: nothing.
    assert import_articles(killed, "--json").result["created"] == 0
    assert Article.objects.count() == 2 * articles


def test_the_broker_goes_away_during_an_import_and_everything_is_read_once_it_is_back(
    committed_database: str, tmp_path: Path
):
    home = tmp_path / "broker"
    home.mkdir()
    embedded.prepare_sockets(home)
    broker = embedded.Valkey(home, durable=False)
    url = embedded.broker_url(home)
    worker = Worker(committed_database, url, tmp_path / "worker.log")
    source = write_rows(
        tmp_path / "a.jsonl",
        *(
            {"url": f"https://a.example/{n}", "text": f"Exports rose from {n} to {2 * n} tonnes."}
            for n in range(1, 2001)
        ),
    )
    broker.start()
    try:
        worker.start()
        with sending_to(url):
            os.environ["BROKER_URL"] = url
            with running_import(committed_database, source, "--batch-size", "20", "--json") as process:
                wait_until(lambda: Article.objects.count() > 100, what="the import is under way")
                broker.stop(hurry=True)
                output, _ = process.communicate(timeout=60)
            assert (process.returncode, orjson.loads(output)["created"]) == (0, 2000)
            left = Job.objects.filter(state=JobState.QUEUED).count()
            print(f"broker away: {left:,} of 2,000 wait")
            broker.start()

            def all_done() -> bool:
                jobs.sweep()  # what beat does every few seconds
                time.sleep(0.5)
                return not Job.objects.filter(state__in=jobs.ACTIVE).exists()

            wait_until(all_done, timeout_seconds=400, what="all read")
    finally:
        os.environ.pop("BROKER_URL", None)
        worker.kill()
        broker.stop(hurry=True)
    assert left > 0
    assert ExtractionRun.objects.filter(status="done").count() == 2000
    assert Job.objects.filter(kind="extract", state=JobState.DONE).count() == 2000
