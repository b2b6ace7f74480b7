"""Every verb leaves its event: who, through what, why, and what changed."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from claims import pipeline
from claims.models import Article, Claim, ImportRun
from claims.pipeline import runs
from claims.pipeline.importing import land
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.accounts import tokens
from factcheck.audit import events
from factcheck.audit.models import AuditEvent
from factcheck.audit.verifying import verify
from factcheck.errors import ActionNotAllowed
from tests import make
from tests.api import api

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


@pytest.fixture(autouse=True)
def _the_chains_are_whole_afterwards(db):
    yield
    events.fold()
    assert list(verify()) == []


def last(subject) -> AuditEvent:
    return events.events(subject).last()


def test_an_action_over_the_api_names_its_actor_token_request_and_reason(ada):
    claim = make.claim(actor=ada)
    client = api(ada)
    response = client.post(f"/claims/{claim.pk}/reject", {"reason": "opinion", "note": "A boast."})
    event = last(claim)
    token = tokens.Token.objects.get(user=ada)
    assert (event.action, event.actor, event.origin) == ("reject", ada, f"token {token.pk}")
    assert (event.reason, event.note, event.request_id) == ("opinion", "A boast.", response["X-Request-Id"])
    assert event.data == {
        "triage_status": ["candidate", "rejected"],
        "triage_reason": ["", "opinion"],
        "triage_note": ["", "A boast."],
    }


def test_a_refused_action_leaves_no_event(ada):
    claim = make.claim(actor=ada)
    before = events.events(claim).count()
    with pytest.raises(ActionNotAllowed):
        pipeline.triage(claim.pk, TriageAction.RESTORE, actor=ada)
    assert events.events(claim).count() == before


def test_an_edit_tells_each_field_before_and_after(ada):
    article = make.article("Prices doubled. Nobody knows.")
    version = article.versions.get()
    claim = pipeline.add_claim(actor=ada, version_id=version.pk, start=0, end=15)
    pipeline.edit_claim(claim.pk, {"claimant": "the bank", "span": {"start": 0, "end": 14}}, actor=ada)
    event = last(claim)
    assert event.action == "edit"
    assert event.data["claimant"] == ["", "the bank"]
    assert event.data["span"] == [[0, 15], [0, 14]]


def test_an_edit_that_changes_nothing_leaves_no_event(ada):
    claim = make.claim("Prices doubled.", actor=ada)
    pipeline.edit_claim(claim.pk, {"text": "Prices doubled."}, actor=ada)
    assert [event.action for event in events.events(claim)] == ["create"]


def test_a_split_tells_the_parts_and_each_part_where_it_comes_from(ada):
    claim = make.claim(actor=ada)
    _, part = pipeline.split(claim.pk, ["Prices doubled.", "It took a year."], actor=ada)
    assert last(claim).data["parts"] == [str(part.pk)]
    assert last(part).data["split_from"] == str(claim.pk)


def test_an_import_leaves_one_event_a_batch_with_the_digest_of_its_rows(ada):
    run = ImportRun.objects.create(source="x", source_key="0" * 64, started_by=ada)
    land([make.draft("One text."), make.draft("Another text.")], run=run)
    event = last(run)
    assert (event.action, event.actor, event.data["rows"], len(event.data["rows_sha256"])) == (
        "import_batch",
        ada,
        2,
        64,
    )
    land([make.draft("One text.")], run=run)
    assert last(run).pk == event.pk, "an unchanged article is no news"


def test_a_run_tells_when_it_was_started_resumed_and_ended_though_nothing_landed(ada):
    run = runs.start_run("prices.jsonl", {}, started_by=ada)
    runs.interrupt_run(run)
    runs.start_run("", {}, resume=run, started_by=ada)
    runs.finish_run(run)
    told = [
        (event.action, event.actor, event.data.get("source"), event.data.get("state")) for event in events.events(run)
    ]
    assert told == [
        ("start", ada, "prices.jsonl", None),
        ("end", ada, None, "interrupted"),
        ("resume", ada, None, None),
        ("end", ada, None, "done"),
    ]
    assert last(run).data == {"state": "done", "created": 0, "versioned": 0, "unchanged": 0, "skipped": 0, "failed": 0}


def test_an_address_given_over_the_api_tells_who_gave_it_whatever_comes_of_it(ada):
    for _ in range(2):
        api(ada).post("/articles", {"url": "http://news.example/prices", "outlet": "The Example"})
    [event] = events.events(ImportRun.objects.get())
    assert (event.action, event.actor, event.origin.split()[0]) == ("request", ada, "token")
    assert event.data == {"source": "http://news.example/prices", "outlet": "The Example"}


def test_an_article_sent_over_the_api_and_its_reading_are_told_of_the_article(ada):
    api(ada).post("/articles", {"text": "Exports rose from 11,000 to 30,000 tonnes, the ministry said."})
    article = Article.objects.get()
    jobs.work("test")
    sent, read = events.events(article)
    assert (sent.action, sent.actor, sent.data["status"]) == ("import", ada, "created")
    assert (read.action, read.actor, read.origin.split()[0]) == ("extract", None, "job")
    assert read.data["created_claims"] == Claim.objects.count()


def test_a_cancelled_and_retried_job_tells_who(ada):
    make.article()
    job = jobs.Job.objects.get()
    jobs.cancel(job.pk, actor=ada)
    jobs.retry(job.pk, actor=ada)
    told = [(event.action, event.actor, event.data) for event in events.events(job)]
    assert told == [
        ("cancel", ada, {"state": ["queued", "cancelled"]}),
        ("retry", ada, {"state": ["cancelled", "queued"]}),
    ]


def test_a_token_given_out_rotated_and_revoked_is_told_without_its_secrets(ada):
    token, first = tokens.issue(ada, name="laptop", scopes=["read"])
    _, second = tokens.rotate(token)
    tokens.revoke(token)
    tokens.revoke(token)
    issued, rotated, revoked = events.events(token)
    assert (issued.action, issued.data) == (
        "issue",
        {"owner": "ada", "name": "laptop", "scopes": ["read"], "expires_at": None},
    )
    assert (rotated.action, rotated.data) == ("rotate", {"prefix": [first[:10], second[:10]]})
    assert (revoked.action, list(revoked.data)) == ("revoke", ["revoked_at"])
    assert [event.version for event in (issued, rotated, revoked)] == [1, 2, 3]


def test_verify_audit_counts_what_it_saw(ada, capsys):
    make.claim(actor=ada)
    events.fold()
    call_command("verify_audit")
    assert "1 checkpoints, 0 broken chains" in capsys.readouterr().err
