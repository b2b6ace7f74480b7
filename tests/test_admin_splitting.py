"""In the admin: claims merged into one of the ticked ones, split, and added from the words of an article."""

from __future__ import annotations

import pytest
from django.urls import reverse

from claims import pipeline
from claims.models import Appearance, Claim
from claims.text import places_of
from claims.triage import TriageAction
from factcheck.audit import events
from tests import make
from tests.test_admin import CLAIMS, body, page_of, person, rows, said, text_of, ticked

TEXT = "Rents tripled.\n\nThe bank said that rents\ntripled in a year. Rents tripled."


@pytest.fixture
def ada(db):
    return person("ada", "importer", "triager")


# Merging


def test_of_several_ticked_claims_one_may_stay_and_the_others_are_merged_into_it(ada):
    article = make.article("Rents tripled. Rents rose threefold.", title="Rents", outlet="Example Wire")
    version = article.versions.get()
    stays = make.claim("Rents tripled.", version_id=version.pk, start=0, end=14)
    goes = make.claim("Rents rose threefold.", version_id=version.pk, start=15, end=36)
    page = body(ada.post(CLAIMS, ticked(stays, goes, action="merge")))
    for claim in (stays, goes):
        choice = page.split(f'<input type="radio" name="into" value="{claim.pk}"')[1].split("</label>")[0]
        for words in (claim.text, "candidate", "Rents · Example Wire"):
            assert words in text_of(choice)
    answer = ada.post(
        CLAIMS,
        ticked(stays, goes, action="merge", confirm="1", into=str(stays.pk), into_id="", reason="duplicate", note=""),
    )
    told = said(ada, answer)
    assert "Merge: now merged.Rents rose threefold." in told
    assert "nothing was changed" not in told
    stays.refresh_from_db()
    goes.refresh_from_db()
    assert (stays.triage_status, stays.version) == ("candidate", 1)
    assert (goes.triage_status, goes.merged_into) == ("merged", stays)


def test_a_single_claim_is_not_offered_itself(ada):
    claim = make.claim("Rents tripled.")
    assert f'name="into" value="{claim.pk}"' not in body(ada.post(CLAIMS, ticked(claim, action="merge")))
    before = rows()
    answer = ada.post(CLAIMS, ticked(claim, action="merge", confirm="1", into_id=str(claim.pk), reason="duplicate"))
    assert "cannot be merged into itself" in body(answer)
    assert rows() == before


# Splitting


def split_page(claim: Claim) -> str:
    return reverse("admin:claims_claim_split", args=[claim.pk])


def test_a_claim_is_split_by_lines(ada):
    claim = make.claim("Rents tripled and prices doubled.")
    assert f'href="{split_page(claim)}"' in body(ada.get(page_of(claim)))
    assert "Rents tripled and prices doubled.</textarea>" in body(ada.get(split_page(claim)))
    answer = ada.post(
        split_page(claim), {"texts": "Rents tripled.\r\n\r\n Prices doubled. ", "version": "1", "note": "Two."}
    )
    assert "The claim is 2 claims now." in said(ada, answer)
    claim.refresh_from_db()
    part = Claim.objects.get(split_from=claim)
    assert (claim.text, part.text, part.triage_status) == ("Rents tripled.", "Prices doubled.", "candidate")
    assert events.events(claim).last().action == "split"


@pytest.mark.parametrize("texts", ["", "Only one.", "Twice.\nTwice."])
def test_a_split_into_fewer_than_two_is_refused(ada, texts):
    claim = make.claim("Rents tripled and prices doubled.")
    before = rows()
    answer = ada.post(split_page(claim), {"texts": texts, "version": "1"})
    assert answer.status_code == 200
    assert 'class="errorlist' in body(answer)
    assert rows() == before


def test_a_split_of_what_changed_since_is_refused_and_what_was_typed_stays(ada):
    claim = make.claim("Rents tripled and prices doubled.")
    pipeline.edit_claim(claim.pk, {"text": "Theirs."}, actor=make.user("kim", "triager"))
    before = rows()
    answer = ada.post(split_page(claim), {"texts": "One.\nTwo.", "version": "1"})
    assert answer.status_code == 409
    assert "kim saved version 2" in body(answer)
    assert "One.\nTwo.</textarea>" in body(answer)
    assert rows() == before


def test_an_accepted_claim_is_not_split_and_an_auditor_splits_none(ada):
    claim = make.claim("Rents tripled and prices doubled.")
    claim = pipeline.triage(claim.pk, TriageAction.ACCEPT, actor=make.user("ada"))
    before = rows()
    assert split_page(claim) not in body(ada.get(page_of(claim)))
    fields = {"texts": "One.\nTwo.", "version": str(claim.version)}
    assert "cannot be given the action split" in body(ada.post(split_page(claim), fields))
    audrey = person("audrey", "auditor")
    assert audrey.get(split_page(claim)).status_code == 403
    assert audrey.post(split_page(claim), fields).status_code == 403
    assert rows() == before


# Adding what the extractor missed


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Rents tripled.", [(0, 14), (60, 74)]),
        ("said that rents tripled", [(25, 48)]),
        ("  rents\n\n tripled in  a year ", [(35, 58)]),
        ("Rents tripled. The bank", [(0, 24)]),
        ("Rents quadrupled", []),
        (" ", []),
    ],
)
def test_words_are_found_whatever_white_space_lies_between_them(words, found):
    assert places_of(TEXT, words) == found
    assert all(TEXT[start:end].split() == words.split() for start, end in found)


def test_places_count_code_points():
    assert places_of("😀😀 é x", "é") == [(3, 4)]


def add(client, article, **fields: str):
    version = article.versions.get()
    given = {"version": str(version.pk), "kind": "statement", "text": "", "claimant": ""} | fields
    return client.post(reverse("admin:claims_article_add_claim", args=[article.pk]), given)


def test_a_missing_claim_is_added_by_the_words_of_the_article(ada):
    article = make.article(TEXT)
    assert "Add a claim that is missing" in body(ada.get(page_of(article)))
    answer = add(ada, article, words="rents\r\ntripled in a year", text="Rents tripled in a year.", claimant="The bank")
    claim = Claim.objects.get()
    assert answer["Location"] == f"{page_of(article)}?version=1&claim={claim.pk}#claim-{claim.pk}"
    assert (claim.text, claim.claimant, claim.updated_by) == ("Rents tripled in a year.", "The bank", make.user("ada"))
    place = Appearance.objects.get()
    assert (place.start, place.end, place.quotation, place.is_manual) == (35, 58, "rents\ntripled in a year", True)


def test_words_that_stand_twice_need_the_occurrence(ada):
    article = make.article(TEXT)
    before = rows()
    refused = add(ada, article, words="Rents tripled.")
    assert "stand in the text 2 times: say which, from 1 to 2." in body(refused)
    assert "Rents tripled.</textarea>" in body(refused)
    assert "stand in the text 2 times." in body(add(ada, article, words="Rents tripled.", occurrence="3"))
    assert "do not stand in the text" in body(add(ada, article, words="Rents quadrupled."))
    assert "This field is required." in body(add(ada, article, words=""))
    assert rows() == before
    assert add(ada, article, words="Rents tripled.", occurrence="2").status_code == 302
    assert Appearance.objects.get().start == 60
    assert Claim.objects.get().text == "Rents tripled."


def test_who_may_not_triage_adds_nothing(db):
    article = make.article(TEXT)
    audrey = person("audrey", "auditor")
    before = rows()
    assert "Add a claim that is missing" not in body(audrey.get(page_of(article)))
    assert add(audrey, article, words="Rents tripled.", occurrence="1").status_code == 403
    assert rows() == before
