"""What must never be false, the database itself refuses: no shell, bulk write or forgotten verb can store it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction

from claims import pipeline
from claims.models import Appearance, Article, ArticleVersion, Claim, ExtractionRun
from tests import make

pytestmark = pytest.mark.django_db

TEXT = "Zwölf 🐟 wurden gezählt, sagte das Amt."


@pytest.fixture
def claim():
    version = make.article(TEXT, url="https://wire.example/a").versions.get()
    ada = make.user("ada", "triager")
    return pipeline.add_claim(actor=ada, version_id=version.pk, start=0, end=23)


def test_the_truth_can_be_stored(claim):
    assert claim.appearances.get().quotation == TEXT[:23]


@pytest.mark.parametrize(
    ("statement", "refused_by"),
    [
        ("UPDATE claims_appearance SET start = 1", "does not stand"),
        ('UPDATE claims_appearance SET "end" = 1000000, quotation = \'' + TEXT + "'", "appearance_span_as_long"),
        ("UPDATE claims_claim SET kind = 'zebra'", "claim_kind_known"),
        ("UPDATE claims_claim SET modality = 'zebra'", "claim_modality_known"),
        ("UPDATE claims_claim SET triage_status = 'zebra'", "claim_"),
        ("UPDATE claims_claim SET triage_status = 'accepted'", "claim_decided_by_somebody"),
        ("UPDATE claims_claim SET triage_reason = 'zebra'", "claim_triage_reason_known"),
        ("UPDATE claims_claim SET check_worthiness = 1.2", "claim_check_worthiness_in_range"),
        ("UPDATE claims_claim SET merged_into_id = id, triage_status = 'merged'", "claim_"),
        ("UPDATE claims_claim SET text = ''", "claim_text_present"),
        ("UPDATE claims_article SET canonical_url = 'https://other.example/'", "never changes"),
        ("UPDATE claims_article SET identity = repeat('0', 64)", "never changes"),
        ("UPDATE claims_articleversion SET text = 'Else.', length = 5", "never edited"),
        (
            "UPDATE claims_extractionrun SET status = 'done', finished_at = now(), error = '{}'",
            "extraction_done_without_error",
        ),
        ("UPDATE claims_extractionrun SET status = 'done'", "extraction_finished_when_final"),
        ("UPDATE factcheck_job SET state = 'running'", "job_leased_while_running"),
        ("UPDATE factcheck_job SET state = 'done'", "job_finished_when_final"),
    ],
)
def test_a_lie_is_refused(claim, statement, refused_by):
    before = [
        list(model.objects.order_by("pk").values())
        for model in (Claim, Appearance, Article, ArticleVersion, ExtractionRun)
    ]
    with pytest.raises(IntegrityError, match=refused_by), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    after = [
        list(model.objects.order_by("pk").values())
        for model in (Claim, Appearance, Article, ArticleVersion, ExtractionRun)
    ]
    assert after == before


def test_a_hash_of_another_text_is_refused(claim):
    version = ArticleVersion.objects.get()
    version.pk, version.number, version.text_sha256 = None, 2, "0" * 64
    version._state.adding = True
    with pytest.raises(IntegrityError, match="version_sha256_of_text"), transaction.atomic():
        version.save(force_insert=True)


def test_a_claim_appears_in_no_other_article_than_its_own(claim):
    other = make.article(TEXT, url="https://wire.example/b").versions.get()
    with pytest.raises(IntegrityError, match="another article"), transaction.atomic():
        Appearance.objects.create(claim=claim, article_version=other, start=0, end=5, quotation=TEXT[:5])
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        Claim.objects.filter(pk=claim.pk).update(article=other.article)
