"""A reading and a person at the same claim at the same moment: the person's work stays."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from claims import extraction, pipeline
from claims.models import Claim
from claims.pipeline import extracting
from claims.triage import TriageAction
from factcheck import jobs
from tests import make
from tests.test_extracting import TEXT, TRIPLED, Scripted, candidate


@pytest.fixture
def read_while(committed_database, uncompared, monkeypatch):
    """Read the article again; a person does something just after the reading has looked at what is there."""
    extractor = Scripted(finds=lambda d: [candidate(d, TRIPLED)])
    monkeypatch.setattr(extraction, "get", lambda name: extractor)
    make.article(TEXT)
    jobs.work("test")
    claim, ada = Claim.objects.get(), make.user("ada", "triager")
    extractor.version = "2"
    extractor.finds = lambda d: [candidate(d, TRIPLED, text="Machine words.", check_worthiness=0.9)]
    real = extracting._attach

    def read_while(verb, *, is_locked: bool = True) -> Claim:
        def person() -> None:
            verb(claim, ada)
            connection.close()

        thread = threading.Thread(target=person)

        def look_then_pause(*args):
            pairs = real(*args)
            thread.start()
            thread.join(0.5)  # with the lock the person waits, without it the verb is through by now
            return pairs

        monkeypatch.setattr(extracting, "_attach", look_then_pause)
        if not is_locked:
            monkeypatch.setattr(extracting.Claim.objects._queryset_class, "select_for_update", lambda self, **_: self)
        pipeline.request_extraction(claim.appearances.get().article_version_id)
        extracting.extract_claims(jobs.lease("test"))
        thread.join()
        claim.refresh_from_db()
        return claim

    return read_while


def accept(claim, ada) -> None:
    pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=ada, risk="high")


def edit(claim, ada) -> None:
    pipeline.edit_claim(claim.pk, {"text": "A person's words."}, actor=ada)


def test_without_the_lock_an_accepted_claim_would_be_a_candidate_again(read_while):
    assert read_while(accept, is_locked=False).triage_status == "candidate"


def test_a_claim_accepted_while_its_article_is_read_stays_accepted(read_while):
    claim = read_while(accept)
    assert (claim.triage_status, claim.risk, claim.version) == ("accepted", "high", 3)


def test_words_written_while_the_article_is_read_stay(read_while):
    claim = read_while(edit)
    assert (claim.text, claim.edited_fields) == ("A person's words.", ["text"])
