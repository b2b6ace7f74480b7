"""The page on which an admin withdraws an article: what it says is what happens."""

from __future__ import annotations

import pytest
from django.test import Client

from claims import pipeline
from claims.models import Article, Claim
from claims.triage import TriageAction
from tests import make
from tests.test_admin import body, extracted, page_of, person, rows, said, words_of

pytestmark = pytest.mark.django_db

WHY = {"reason": "legal", "note": "The court asked for it."}


@pytest.fixture
def kim(db) -> Client:
    return person("kim", "admin")


@pytest.fixture
def article() -> Article:
    """With two claims, one of which somebody has taken up."""
    found = extracted(title="Prices doubled", outlet="Example Wire")
    pipeline.triage(Claim.objects.earliest("id").pk, TriageAction.ACCEPT, actor=make.user("ada", "triager"))
    return Article.objects.get(pk=found.pk)


def withdrawal_of(article: Article) -> str:
    return f"/admin/claims/article/{article.pk}/withdraw/"


def test_what_the_page_says_will_be_erased_is_erased_and_what_it_says_stays_stays(kim, article):
    before = rows()
    assert withdrawal_of(article) in body(kim.get(page_of(article)))
    words = words_of(kim.get(withdrawal_of(article)))
    assert "the text of 1 version" in words
    assert "the words of 1 claim that nobody" in words
    assert "1 claim that somebody wrote" in words
    assert rows() == before
    answer = kim.post(withdrawal_of(article), WHY | {"version": article.version})
    assert "The article is withdrawn" in said(kim, answer)
    article.refresh_from_db()
    assert (article.title, article.withdrawn_reason, article.versions.get().text) == ("", "legal", "")
    assert sorted(Claim.objects.values_list("text", flat=True))[1] == "[withdrawn with its article]"
    assert withdrawal_of(article) not in body(kim.get(page_of(article)))
    assert "Erase what it says" not in words_of(kim.get(withdrawal_of(article)))


def test_pages_of_what_is_withdrawn_have_a_name_and_lead_to_no_words_that_are_gone(kim, article):
    assert "show in the text" in body(kim.get(page_of(article)))
    claim = Claim.objects.latest("id")
    assert "Log-odds" in body(kim.get(page_of(claim)))
    kim.post(withdrawal_of(article), WHY | {"version": article.version})
    page = body(kim.get(page_of(article)))
    assert "<h1>[withdrawn]</h1>" in page
    assert "show in the text" not in page
    page = body(kim.get(page_of(claim)))
    assert "Log-odds" not in page
    assert "was erased with its article" in page


@pytest.mark.parametrize("sent", [{"reason": ""}, {"note": " "}, {"reason": "no-such"}, {"version": "x"}])
def test_without_a_reason_and_words_nothing_is_erased(kim, article, sent):
    before = rows()
    assert kim.post(withdrawal_of(article), WHY | {"version": article.version} | sent).status_code == 200
    assert rows() == before


def test_who_has_not_seen_what_somebody_changed_erases_nothing_before_they_have(kim, article):
    before = rows()
    late = kim.post(withdrawal_of(article), WHY | {"version": 99})
    assert late.status_code == 409
    assert f"saved version {article.version}" in words_of(late)
    assert "The court asked for it.</textarea>" in body(late)
    assert rows() == before
    assert f'name="version" value="{article.version}">Erase' in body(late)


def test_nobody_but_an_admin_withdraws(article):
    ada, before = person("ada", "importer", "triager"), rows()
    assert withdrawal_of(article) not in body(ada.get(page_of(article)))
    for answer in (ada.get(withdrawal_of(article)), ada.post(withdrawal_of(article), WHY | {"version": 1})):
        assert answer.status_code == 403
    assert rows() == before
