"""Claims over the API: found by a person in a text or written freely, edited, and never moved around the actions."""

from __future__ import annotations

from typing import Any

import pytest

from claims import pipeline
from claims.models import Appearance, ArticleVersion, Claim
from claims.triage import TriageAction
from factcheck import jobs
from factcheck.errors import StaleVersion
from tests import make
from tests.api import api, assert_problem, places

pytestmark = pytest.mark.django_db

# Before the sentence stand characters of two, three and four bytes, a flag of two code points and a family of seven.
SENTENCE = "Ціни зросли втричі, сказав 👩‍🔬 банк"
TEXT = f"Київ 🇺🇦 – 👨‍👩‍👧‍👦 «дім».\n\n{SENTENCE}. Усе."
START = TEXT.index(SENTENCE)
END = START + len(SENTENCE)


@pytest.fixture
def ada():
    return make.user("ada", "importer", "triager")


@pytest.fixture
def version():
    return make.article(TEXT, outlet="Приклад", title="Ціни", language="uk").versions.get()


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2


def everything() -> list[Any]:
    return [*Claim.objects.order_by("id").values(), *Appearance.objects.order_by("id").values()]


# By hand


def test_a_claim_is_found_in_a_text_by_code_points(ada, version):
    span = {"start": START, "end": END, "quote": SENTENCE}
    response = api(ada).post("/claims", {"article_version": str(version.pk), "span": span, "claimant": "банк"})
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == f"/api/v1/claims/{body['id']}"
    assert (body["text"], body["claimant"], body["kind"]) == (SENTENCE, "банк", "statement")
    assert (body["status"], body["revision"], body["version"], body["is_manual"]) == ("candidate", 1, 1, True)
    assert (body["check_worthiness"], body["rank_in_article"], body["language"]) == (None, None, "uk")
    assert body["article"]["id"] == str(version.article_id)
    (place,) = body["appearances"]
    assert (place["start"], place["end"], place["quote"]) == (START, END, SENTENCE)
    assert (place["article_version"], place["text_sha256"]) == (str(version.pk), version.text_sha256)
    text = api(ada).get(f"/article-versions/{version.pk}").json()["text"]
    assert text[place["start"] : place["end"]] == SENTENCE


def test_a_claim_from_a_span_may_have_words_of_its_own(ada, version):
    span = {"start": START, "end": END}
    body = {"article_version": str(version.pk), "span": span, "text": " Prices tripled. ", "kind": "change"}
    answer = api(ada).post("/claims", body).json()
    assert (answer["text"], answer["kind"], answer["appearances"][0]["quote"]) == (
        "Prices tripled.",
        "change",
        SENTENCE,
    )


def test_offsets_in_utf_16_units_are_noticed_by_the_quotation(ada, version):
    assert utf16_units(TEXT[:START]) != START
    span = {
        "start": utf16_units(TEXT[:START]),
        "end": utf16_units(TEXT[:START]) + utf16_units(SENTENCE),
        "quote": SENTENCE,
    }
    span["end"] = min(span["end"], len(TEXT))
    response = api(ada).post("/claims", {"article_version": str(version.pk), "span": span})
    problem = assert_problem(response, 422, "invalid_input")
    assert places(problem) == [("quotation_differs", "/span/quote")]
    assert "UTF-16" in problem["errors"][0]["detail"]
    assert everything() == []


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ({"start": 0, "end": len(TEXT) + 1}, ("span_outside_text", "/span/start")),
        ({"start": 5, "end": 5}, ("span_outside_text", "/span/start")),
        ({"start": 9, "end": 5}, ("span_outside_text", "/span/start")),
        ({"start": TEXT.index("\n"), "end": TEXT.index("\n") + 2}, ("span_is_blank", "/span/start")),
        ({"start": -1, "end": 5}, ("min_value", "/span/start")),
        ({"start": 0, "end": 10**9}, ("span_outside_text", "/span/start")),
        ({"start": 0, "end": 10**30}, ("invalid", "/span/end")),
        ({"start": "a", "end": 5}, ("invalid", "/span/start")),
        ({"end": 5}, ("required", "/span/start")),
        ({"start": 0, "end": 5, "quote": TEXT[:4]}, ("quotation_differs", "/span/quote")),
        ({"start": 0, "end": 4, "qoute": TEXT[:4]}, ("unknown_field", "/span/qoute")),
        ([0, 4], ("invalid", "/span")),
        (None, ("null", "/span")),
    ],
)
def test_a_span_that_does_not_fit_the_text_is_refused_at_its_place(ada, version, span, expected):
    response = api(ada).post("/claims", {"article_version": str(version.pk), "span": span})
    assert places(assert_problem(response, 422, "invalid_input")) == [expected]
    assert everything() == []


def test_a_claim_is_written_without_an_article(ada):
    response = api(ada).post("/claims", {"text": "  Prices doubled in a year. 📈 ", "claimant": " the bank "})
    assert response.status_code == 201
    body = response.json()
    assert (body["text"], body["claimant"]) == ("Prices doubled in a year. 📈", "the bank")
    assert (body["article"], body["appearances"], body["language"]) == (None, [], "")
    row = Claim.objects.get(pk=body["id"])
    assert (row.updated_by, row.is_manual) == (ada, True)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({}, ("required", "/text")),
        ({"text": ""}, ("blank", "/text")),
        ({"text": " \n "}, ("blank", "/text")),
        ({"text": None}, ("null", "/text")),
        ({"text": ["Prices doubled."]}, ("invalid", "/text")),
        ({"text": "Prices doubled.", "kind": "rumour"}, ("invalid_choice", "/kind")),
        ({"text": "Prices doubled.", "span": {"start": 0, "end": 5}}, ("span_incomplete", "/span")),
        ({"text": "a", "article_version": "01890000-0000-7000-8000-000000000000"}, ("span_incomplete", "/span")),
        ({"text": "a", "article_version": "7", "span": {"start": 0, "end": 5}}, ("invalid", "/article_version")),
        (
            {"article_version": "01890000-0000-7000-8000-000000000000", "span": {"start": 0, "end": 5}},
            ("unknown_version", "/article_version"),
        ),
        ({"text": "Prices doubled.", "claiment": "the bank"}, ("unknown_field", "/claiment")),
        ({"text": "Prices doubled.", "check_worthiness": 1.0}, ("unknown_field", "/check_worthiness")),
        ({"text": "x" * 10_001}, ("max_length", "/text")),
        ({"text": "Prices doubled.", "claimant": "x" * 1_001}, ("max_length", "/claimant")),
    ],
)
def test_a_claim_that_says_nothing_or_something_unknown_is_refused_at_its_place(ada, body, expected):
    assert places(assert_problem(api(ada).post("/claims", body), 422, "invalid_input")) == [expected]
    assert everything() == []


def test_a_span_longer_than_any_claim_is_refused(ada):
    version = make.article("word " * 3000, outlet="Example Wire").versions.get()
    body = {"article_version": str(version.pk), "span": {"start": 0, "end": 12_000}}
    assert places(assert_problem(api(ada).post("/claims", body), 422, "invalid_input")) == [("too_long", "/text")]
    assert everything() == []


@pytest.mark.parametrize(("raw", "code"), [(r'"a\u0000b"', "nul_character"), (r'"a\ud83d b"', "lone_surrogate")])
def test_characters_that_cannot_be_stored_are_refused_at_their_place(ada, raw, code):
    problem = assert_problem(api(ada).post("/claims", f'{{"text": {raw}}}'), 422, "unstorable_text")
    assert places(problem) == [(code, "/text")]
    assert everything() == []


@pytest.mark.parametrize(
    ("who", "status", "code"), [("reader", 403, "insufficient_scope"), (None, 401, "not_authenticated")]
)
def test_who_may_not_triage_neither_writes_nor_edits_claims(ada, who, status, code):
    claim = make.claim(actor=ada)
    before = everything()
    client = api(make.user("gus", "auditor") if who else None)
    assert_problem(client.post("/claims", {"text": "Wages fell."}), status, code)
    assert_problem(client.patch(f"/claims/{claim.pk}", {"text": "Wages fell."}, "application/json"), status, code)
    assert everything() == before


# Editing


def patch(user, claim: Claim, body: Any) -> Any:
    return api(user).patch(f"/claims/{claim.pk}", body, "application/json")


@pytest.mark.parametrize(
    ("change", "edited"),
    [
        ({"text": "Prices tripled in a year."}, "text"),
        ({"kind": "change"}, "kind"),
        ({"claimant": "the bank"}, "claimant"),
    ],
)
def test_an_edit_raises_the_revision_and_says_what_was_edited(ada, change, edited):
    claim = make.claim(actor=ada)
    Claim.objects.update(edited_fields=[])
    response = patch(ada, claim, change)
    assert response.status_code == 200, response.content
    body = response.json()
    assert {name: body[name] for name in change} == change
    assert (body["revision"], body["version"], body["edited_fields"]) == (2, 2, [edited])
    assert body["updated_at"] > claim.updated_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"text": "Prices doubled in a year."},
        {"text": " Prices doubled in a year.  "},
        {"kind": "statement", "claimant": ""},
    ],
)
def test_an_edit_that_changes_nothing_leaves_no_trace(ada, change):
    claim = make.claim(actor=ada)
    before = everything()
    assert patch(ada, claim, change).status_code == 200
    assert everything() == before


def test_several_changes_at_once_are_one_revision(ada):
    claim = make.claim(actor=ada)
    body = patch(ada, claim, {"text": "Prices fell.", "kind": "change", "claimant": "the bank"}).json()
    assert (body["revision"], body["version"]) == (2, 2)


def test_what_is_absent_from_an_edit_stays(ada):
    claim = make.claim(actor=ada, claimant="the bank", kind="change")
    body = patch(ada, claim, {"text": "Prices fell."}).json()
    assert (body["text"], body["claimant"], body["kind"]) == ("Prices fell.", "the bank", "change")


def test_a_moved_span_is_checked_and_is_a_revision(ada, version):
    claim = pipeline.add_claim(actor=ada, version_id=version.pk, start=START, end=END)
    words = TEXT[START : START + 11]
    body = patch(ada, claim, {"span": {"start": START, "end": START + 11, "quote": words}}).json()
    assert [(a["start"], a["end"], a["quote"]) for a in body["appearances"]] == [(START, START + 11, words)]
    assert body["text"] == SENTENCE
    assert body["revision"] == 2
    assert "span" in body["edited_fields"]
    again = patch(ada, claim, {"span": {"start": START, "end": START + 11}}).json()
    assert (again["revision"], again["version"]) == (2, 2)


def test_a_span_whose_quotation_differs_moves_nothing(ada, version):
    claim = pipeline.add_claim(actor=ada, version_id=version.pk, start=START, end=END)
    before = everything()
    response = patch(ada, claim, {"text": "Prices fell.", "span": {"start": 0, "end": 4, "quote": "Kyiv"}})
    assert places(assert_problem(response, 422, "invalid_input")) == [("quotation_differs", "/span/quote")]
    assert everything() == before


def test_a_span_is_not_moved_onto_another_appearance_of_the_claim(ada, version):
    claim = pipeline.add_claim(actor=ada, version_id=version.pk, start=START, end=END)
    Appearance.objects.create(claim=claim, article_version=version, start=0, end=4, quotation=TEXT[:4])
    before = everything()
    problem = assert_problem(patch(ada, claim, {"span": {"start": 0, "end": 4}}), 422, "invalid_input")
    assert places(problem) == [("appears_there_already", "/span")]
    assert everything() == before


def test_a_claim_without_an_article_has_no_span_to_move(ada):
    claim = make.claim(actor=ada)
    before = everything()
    problem = assert_problem(patch(ada, claim, {"span": {"start": 0, "end": 4}}), 422, "invalid_input")
    assert places(problem) == [("no_appearance", "/span")]
    assert everything() == before


@pytest.mark.parametrize("member", ["status", "triage_status", "merged_into", "risk"])
def test_the_status_is_not_written_but_moved_by_an_action(ada, member):
    claim = make.claim(actor=ada)
    before = everything()
    problem = assert_problem(patch(ada, claim, {member: "accepted", "text": "Prices fell."}), 422, "invalid_input")
    assert places(problem) == [("use_an_action", f"/{member}")]
    assert "POST to" in problem["errors"][0]["detail"]
    assert everything() == before


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"txet": "Prices fell."}, ("unknown_field", "/txet")),
        ({"revision": 7}, ("unknown_field", "/revision")),
        ({"text": None}, ("null", "/text")),
        ({"text": ""}, ("blank", "/text")),
        ({"text": "x" * 10_001}, ("max_length", "/text")),
        ({"kind": "rumour"}, ("invalid_choice", "/kind")),
        ([], ("invalid", "")),
        ('"text"', ("invalid", "")),
    ],
)
def test_an_edit_that_makes_no_sense_is_refused_at_its_place(ada, change, expected):
    claim = make.claim(actor=ada)
    before = everything()
    assert places(assert_problem(patch(ada, claim, change), 422, "invalid_input")) == [expected]
    assert everything() == before


def test_a_misspelt_member_is_answered_with_the_right_one(ada):
    problem = assert_problem(patch(ada, make.claim(actor=ada), {"txet": "Prices fell."}), 422, "invalid_input")
    assert problem["errors"][0]["detail"] == "There is no such member. Did you mean 'text'?"


def test_a_merged_claim_is_not_edited(ada):
    claim, other = make.claim(actor=ada), make.claim("Prices rose twofold.", actor=ada)
    pipeline.triage(claim.pk, TriageAction.MERGE, actor=ada, reason="duplicate", into=other.pk)
    before = everything()
    assert_problem(patch(ada, claim, {"text": "Prices fell."}), 409, "action_not_allowed")
    assert everything() == before


def test_an_edit_of_a_claim_that_moved_since_it_was_seen_is_refused(ada):
    claim = make.claim(actor=ada)
    pipeline.edit_claim(claim.pk, {"claimant": "the bank"}, actor=ada, version=1)
    before = everything()
    with pytest.raises(StaleVersion) as refusal:
        pipeline.edit_claim(claim.pk, {"claimant": "the ministry"}, actor=ada, version=1)
    assert (refusal.value.status, refusal.value.extra["current_version"]) == (412, 2)
    assert everything() == before


def test_what_a_person_edited_survives_the_next_reading_of_a_changed_article(ada, uncompared):
    sentence = "Prices rose by 40 per cent last year, the central bank said on Monday."
    fields = {"url": "https://example.org/prices", "title": "Prices", "language": "en"}
    article = make.article(sentence, **fields)
    assert jobs.work("tests")
    claim = Claim.objects.get(article=article)
    assert patch(ada, claim, {"text": "Consumer prices rose by 40 per cent.", "claimant": "NBU"}).status_code == 200
    make.article(f"A new beginning.\n\n{sentence}", **fields)
    assert ArticleVersion.objects.filter(article=article).count() == 2
    assert jobs.work("tests")
    body = api(ada).get(f"/claims/{claim.pk}").json()
    assert (body["text"], body["claimant"]) == ("Consumer prices rose by 40 per cent.", "NBU")
    assert (body["status"], body["revision"], body["edited_fields"]) == ("candidate", 2, ["claimant", "text"])
    assert [a["quote"] for a in body["appearances"]] == [sentence, sentence]
    assert len({a["article_version"] for a in body["appearances"]}) == 2
    assert Claim.objects.filter(article=article).count() == 1


# Reading


def test_an_appearance_carries_what_stands_around_it(ada, version):
    claim = pipeline.add_claim(actor=ada, version_id=version.pk, start=START, end=END)
    (row,) = api(ada).get(f"/claims/{claim.pk}/appearances").json()["results"]
    assert (row["prefix"], row["quote"], row["suffix"]) == (
        TEXT[max(0, START - 32) : START],
        SENTENCE,
        TEXT[END : END + 32],
    )
    assert (row["claim"], row["article"]) == (str(claim.pk), str(version.article_id))
    assert api(ada).get(f"/appearances/{row['id']}").json() == row


def test_a_claim_is_not_deleted_nor_replaced(ada):
    claim = make.claim(actor=ada)
    before = everything()
    client = api(ada)
    assert_problem(client.delete(f"/claims/{claim.pk}"), 405, "method_not_allowed")
    response = client.put(f"/claims/{claim.pk}", {"text": "Prices fell."}, "application/json")
    assert_problem(response, 405, "method_not_allowed")
    assert {m.strip() for m in response["Allow"].split(",")} >= {"GET", "PATCH"}
    assert everything() == before


def test_a_search_of_very_many_words_is_refused(ada):
    problem = assert_problem(
        api(ada).get("/claims?search=" + "+or+".join(f"w{n}" for n in range(33))), 400, "invalid_parameter"
    )
    assert [(e["code"], e["parameter"]) for e in problem["errors"]] == [("too_many_words", "search")]
