"""A fact-check as ClaimReview, in both profiles: what is made of it, and what each profile refuses."""

from __future__ import annotations

import copy
import json
from html.parser import HTMLParser
from typing import Any

import pytest
import re2

from reviews.publication import PROFILES, check, documents, problems
from reviews.publication.documents import Speaker
from reviews.publication.embedding import script
from tests.claim_reviews import DOCUMENT, but

SCHEMAORG, INSIGHTS = PROFILES["schemaorg"], PROFILES["insights"]


def test_schemaorg_tells_all_that_its_readers_take():
    assert SCHEMAORG.make(DOCUMENT) == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "@id": "https://desk.example/fact-checks/prices#claim-review",
        "url": "https://desk.example/fact-checks/prices",
        "headline": "Prices did not double",
        "inLanguage": "en",
        "datePublished": "2026-11-01T10:00:00Z",
        "dateModified": "2026-11-02T09:30:00Z",
        "author": {
            "@type": "Organization", "name": "Example Desk", "url": "https://desk.example/",
            "correctionsPolicy": "https://desk.example/corrections", "publishingPrinciples": "https://desk.example/methodology",
        },
        "claimReviewed": "Prices doubled in a year.",
        "itemReviewed": {
            "@type": "Claim",
            "@id": "https://desk.example/fact-checks/prices#claim",
            "author": {"@type": "Person", "name": "Ann Example"},
            "datePublished": "2026-10-01",
            "appearance": [
                {"@type": "CreativeWork", "url": "https://wire.example/a"},
                {"@type": "CreativeWork", "url": "https://paper.example/b"},
            ],
        },
        "reviewRating": {
            "@type": "Rating", "ratingValue": 1, "bestRating": 3, "worstRating": 1, "alternateName": "False",
            "ratingExplanation": "The tables say otherwise.",
        },
        "citation": [
            {
                "@type": "CreativeWork", "name": "Tables", "url": "https://ministry.example/t",
                "publisher": {"@type": "Organization", "name": "Ministry"},
                "archivedAt": f"https://desk.example/snapshots/{'0' * 64}",
            }
        ],
        "correction": [
            {"@type": "CorrectionComment", "text": "The year was wrong.", "datePublished": "2026-11-02T09:30:00Z"}
        ],
    }  # fmt: skip


def test_insights_tells_what_it_allows_and_every_part_of_a_rating_as_a_string():
    assert INSIGHTS.make(DOCUMENT) == {
        "@context": "https://schema.org",
        "@type": "ClaimReview",
        "datePublished": "2026-11-01",
        "url": "https://desk.example/fact-checks/prices",
        "author": {"@type": "Organization", "name": "Example Desk", "url": "https://desk.example/"},
        "claimReviewed": "Prices doubled in a year.",
        "reviewRating": {
            "@type": "Rating", "ratingValue": "1", "bestRating": "3", "worstRating": "1", "alternateName": "False",
            "ratingExplanation": "The tables say otherwise.",
        },
        "itemReviewed": {
            "@type": "Claim",
            "name": "Example Wire",
            "datePublished": "2026-10-01",
            "author": {"@type": "Person", "name": "Ann Example"},
            "appearance": [
                {"@type": "CreativeWork", "url": "https://wire.example/a"},
                {"@type": "CreativeWork", "url": "https://paper.example/b"},
            ],
        },
    }  # fmt: skip


LONG = "Prices " + "x" * 293
HOSTILE = 'He said "</script><script>alert(1)</script>" & left\u2028.'
VALID = {
    "as it is": DOCUMENT,
    "no speaker is known": but(claim__speaker=None),
    "an office said it": but(claim__speaker=Speaker("The ministry", is_body=True)),
    "pages say who the office is": but(claim__speaker=Speaker("WHO", True, ("https://who.example/", "https://w.example/"))),
    "pages say who it is": but(claim__speaker=Speaker("Ann", same_as=("https://ann.example/",))),
    "nobody knows when or where": but(claim__made_on="", claim__place="", claim__appearances=(), language=""),
    "the least of seven": but(rating__rank=1, rating__best=7),
    "the middle of seven": but(rating__rank=4, rating__best=7),
    "the best of seven": but(rating__rank=7, rating__best=7),
    "it cannot be known": but(rating__label="Unverifiable", rating__rank=None, rating__best=7),
    "marks and markup": but(claim__text=HOSTILE, headline=HOSTILE, rating__explanation=HOSTILE),
    "another script": but(claim__text="Ціни зросли вдвічі.", language="uk"),
    "the rating's word inside the claim": but(claim__text="Nobody made false entries."),
    "nothing on any page": but(sources=()),
    "below the publisher's host": but(url="https://facts.desk.example/a"),
}  # fmt: skip


@pytest.mark.parametrize("case", VALID)
def test_it_is_valid_in_both_profiles_when(case):
    assert check(VALID[case]) == {"schemaorg": [], "insights": []}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_a_claim_of_300_characters_is_valid_whole_and_warned_of(profile):
    review = profile.make(but(claim__text=LONG))
    assert review["claimReviewed"] == LONG
    assert len(LONG) == 300
    [problem] = problems(review, profile)
    assert (problem.property, problem.rule, problem.is_warning) == ("claimReviewed", "short", True)
    assert problems(profile.make(but(claim__text=LONG[:75])), profile) == []
    assert problems(profile.make(but(claim__text=LONG[:76])), profile) == [problem]


def test_an_unknown_speaker_is_no_author_rather_than_an_empty_one():
    for profile in PROFILES.values():
        assert "author" not in profile.make(VALID["no speaker is known"])["itemReviewed"]


def test_an_office_is_no_person_in_either_profile():
    said = [profile.make(VALID["an office said it"])["itemReviewed"] for profile in (SCHEMAORG, INSIGHTS)]
    assert said[0]["author"] == {"@type": "Organization", "name": "The ministry"}
    assert "author" not in said[1]  # which wants an address that nobody knows
    known = INSIGHTS.make(VALID["pages say who the office is"])["itemReviewed"]["author"]
    assert known["url"] == "https://who.example/"
    assert known["sameAs"] == ["https://who.example/", "https://w.example/"]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_what_lies_on_no_scale_has_none_of_the_three_numbers(profile):
    rating = profile.make(VALID["it cannot be known"])["reviewRating"]
    assert set(rating) == {"@type", "alternateName", "ratingExplanation"}


def test_a_scale_from_one_to_seven_is_numbers_for_one_and_strings_for_the_other():
    four = VALID["the middle of seven"]
    numbers = ("ratingValue", "bestRating", "worstRating")
    assert [SCHEMAORG.make(four)["reviewRating"][name] for name in numbers] == [4, 7, 1]
    assert [INSIGHTS.make(four)["reviewRating"][name] for name in numbers] == ["4", "7", "1"]


# Path, what is put there (GONE: it is taken out), and the problem: the property and the rule.
GONE = object()
BOTH = [
    ("@context", "http://schema.example", "@context", "context"),
    ("@type", "Review", "@type", "kind"),
    ("claimReviewed", GONE, "claimReviewed", "required"),
    ("claimReviewed", " \n", "claimReviewed", "required"),
    ("claimReviewed", 7, "claimReviewed", "required"),
    ("claimReviewed", "False: prices doubled.", "claimReviewed", "without_the_rating"),
    ("claimReviewed", "Prices doubled [FALSE]", "claimReviewed", "without_the_rating"),
    ("url", GONE, "url", "absolute"),
    ("url", "/fact-checks/prices", "url", "absolute"),
    ("url", "https://[", "url", "absolute"),
    ("url", "javascript:alert(1)", "url", "absolute"),
    ("url", "https://other.example/a", "url", "own_host"),
    ("url", "https://evildesk.example/a", "url", "own_host"),
    ("datePublished", GONE, "datePublished", "iso_8601"),
    ("datePublished", "yesterday", "datePublished", "iso_8601"),
    ("datePublished", "2026-11-01T10:00:00", "datePublished", "iso_8601"),
    ("author", GONE, "author", "required"),
    ("author", "Example Desk", "author", "required"),
    ("author.@type", "Person", "author.@type", "kind"),
    ("author.url", GONE, "author.url", "absolute"),
    ("reviewRating", GONE, "reviewRating", "required"),
    ("reviewRating", "False", "reviewRating", "required"),
    ("reviewRating.@type", GONE, "reviewRating.@type", "kind"),
    ("reviewRating.alternateName", GONE, "reviewRating.alternateName", "required"),
    ("reviewRating.ratingExplanation", GONE, "reviewRating.ratingExplanation", "required"),
    ("reviewRating.ratingValue", GONE, "reviewRating", "all_three_or_none"),
    ("reviewRating.bestRating", GONE, "reviewRating", "all_three_or_none"),
    ("reviewRating.worstRating", GONE, "reviewRating", "all_three_or_none"),
    ("itemReviewed", GONE, "itemReviewed", "required"),
    ("itemReviewed.@type", "CreativeWork", "itemReviewed.@type", "kind"),
    ("itemReviewed.author", "Ann", "itemReviewed.author", "object"),
    ("itemReviewed.appearance", {"url": "https://a.example/"}, "itemReviewed.appearance", "array"),
    ("itemReviewed.appearance", ["https://a.example/"], "itemReviewed.appearance[0]", "object"),
    ("itemReviewed.appearance", [{"url": "https://a.example/"}, {"url": "a"}], "itemReviewed.appearance[1].url", "absolute"),
]  # fmt: skip
RICH = [
    ("@id", GONE, "@id", "required"),
    ("headline", GONE, "headline", "required"),
    ("inLanguage", "", "inLanguage", "text"),
    ("dateModified", GONE, "dateModified", "iso_8601"),
    ("dateModified", "2026-10-31", "dateModified", "after_published"),
    ("expires", "some day", "expires", "iso_8601"),
    ("author.name", GONE, "author.name", "required"),
    ("author.correctionsPolicy", "/corrections", "author.correctionsPolicy", "absolute"),
    ("author.publishingPrinciples", "", "author.publishingPrinciples", "absolute"),
    ("reviewRating.ratingValue", "1", "reviewRating.ratingValue", "whole_number"),
    ("reviewRating.ratingValue", 1.5, "reviewRating.ratingValue", "whole_number"),
    ("reviewRating.ratingValue", True, "reviewRating.ratingValue", "whole_number"),
    ("reviewRating.bestRating", 3.0, "reviewRating.bestRating", "whole_number"),
    ("reviewRating.worstRating", "1", "reviewRating.worstRating", "whole_number"),
    ("reviewRating.ratingValue", 0, "reviewRating.ratingValue", "within"),
    ("reviewRating.ratingValue", 4, "reviewRating.ratingValue", "within"),
    ("reviewRating", {"ratingValue": 1, "bestRating": 1, "worstRating": 1}, "reviewRating.bestRating", "above_worst"),
    ("reviewRating", {"ratingValue": 1, "bestRating": 3, "worstRating": 0}, "reviewRating.worstRating", "from_one"),
    ("reviewRating", {"ratingValue": 1, "bestRating": 3, "worstRating": -1}, "reviewRating.worstRating", "from_one"),
    ("itemReviewed.@id", GONE, "itemReviewed.@id", "required"),
    ("itemReviewed.author", {"@type": "Person"}, "itemReviewed.author.name", "required"),
    ("itemReviewed.datePublished", "long ago", "itemReviewed.datePublished", "iso_8601"),
    ("citation", {}, "citation", "array"),
    ("citation", ["https://a.example/"], "citation[0]", "object"),
    ("citation", [{"@type": "CreativeWork"}], "citation[0].url", "absolute"),
    ("citation", [{"@type": "WebPage", "url": "https://a.example/"}], "citation[0].@type", "kind"),
    ("citation", [{"@type": "CreativeWork", "url": "https://a.example/", "archivedAt": "/snapshots/1"}], "citation[0].archivedAt", "absolute"),
    ("correction", "The year.", "correction", "array"),
    ("correction", ["The year."], "correction[0]", "object"),
    ("correction", [{"@type": "Comment", "text": "a", "datePublished": "2026-11-02"}], "correction[0].@type", "kind"),
    ("correction", [{"@type": "CorrectionComment", "datePublished": "2026-11-02"}], "correction[0].text", "required"),
    ("correction", [{"@type": "CorrectionComment", "text": "a"}], "correction[0].datePublished", "iso_8601"),
]  # fmt: skip
STRICT = [
    ("headline", "Prices", "headline", "unknown_member"),
    ("dateModified", "2026-11-02", "dateModified", "unknown_member"),
    ("@id", "https://desk.example/#1", "@id", "unknown_member"),
    ("reviewRating.name", "False", "reviewRating.name", "unknown_member"),
    ("reviewRating.ratingValue", 1, "reviewRating.ratingValue", "string"),
    ("reviewRating.image", {"url": "https://a.example/"}, "reviewRating.image", "string"),
    ("reviewRating.ratingValue", "1.5", "reviewRating.ratingValue", "digits"),
    ("reviewRating.ratingValue", "١", "reviewRating.ratingValue", "digits"),
    ("reviewRating.bestRating", "three", "reviewRating.bestRating", "digits"),
    ("reviewRating.worstRating", "-1", "reviewRating.worstRating", "digits"),
    ("reviewRating.ratingValue", "4", "reviewRating.ratingValue", "within"),
    ("reviewRating", {"ratingValue": "1", "bestRating": "1"}, "reviewRating.bestRating", "above_worst"),
    ("reviewRating.worstRating", "0", "reviewRating.worstRating", "from_one"),
    ("itemReviewed.datePublished", "2026-10-01T00:00:00Z", "itemReviewed.datePublished", "day"),
    ("itemReviewed.datePublished", "2026-13-01", "itemReviewed.datePublished", "day"),
    ("itemReviewed.name", 7, "itemReviewed.name", "string"),
    ("itemReviewed.author", {"@type": "Person"}, "itemReviewed.author", "named"),
    ("itemReviewed.author", {"@type": "Organization", "name": "WHO"}, "itemReviewed.author", "addressed"),
    ("itemReviewed.author", {"@type": "Thing", "name": "WHO"}, "itemReviewed.author.@type", "kind"),
    ("itemReviewed.author.sameAs", "https://a.example/", "itemReviewed.author.sameAs", "array"),
]  # fmt: skip
REFUSED = [
    *((SCHEMAORG, *row) for row in (*BOTH, *RICH)),
    *((INSIGHTS, *row) for row in (*BOTH, *STRICT)),
]


@pytest.mark.parametrize(
    ("profile", "path", "value", "where", "rule"), REFUSED, ids=[f"{p.name}-{where}-{rule}" for p, _, _, where, rule in REFUSED]
)  # fmt: skip
def test_a_profile_refuses_and_names_the_property_and_the_rule(profile, path, value, where, rule):
    review = profile.make(DOCUMENT)
    assert problems(review, profile) == []
    put(review, path, value)
    found = [problem for problem in problems(review, profile) if not problem.is_warning]
    assert (where, rule) in [(problem.property, problem.rule) for problem in found], found


def put(review: dict[str, Any], path: str, value: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        review = review[parent]
    if value is GONE:
        del review[name]
    elif path == "reviewRating" and isinstance(value, dict):
        review[name] |= value
    else:
        review[name] = copy.deepcopy(value)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_every_rule_of_a_profile_is_broken_by_some_row(profile):
    rows = [(where, rule) for which, _, _, where, rule in REFUSED if which is profile]
    broken = {("[]".join(re2.split(r"\[\d+\]", where)), rule) for where, rule in rows}
    broken |= {("reviewRating.*", rule) for where, rule in rows if where.startswith("reviewRating.")}
    assert {(rule.property, rule.name) for rule in profile.rules if not rule.is_advice} <= broken
    assert {rule.name for rule in profile.rules if rule.is_advice} == {"short", "two_sentences"}


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_advice_is_given_and_nothing_refused_for_it(profile):
    wordy = but(rating__explanation="One. Two. Three.", rating__label="y" * 51)
    found = problems(profile.make(wordy), profile)
    assert {(p.property, p.rule) for p in found if p.is_warning} == {
        ("reviewRating.ratingExplanation", "two_sentences"),
        ("reviewRating.alternateName", "short"),
    }
    assert all(p.is_warning for p in found)


def test_nothing_at_all_is_refused_without_an_error_of_ours():
    for profile in PROFILES.values():
        for nothing in ({}, {"reviewRating": [], "author": 7, "itemReviewed": None, "url": {}}):
            assert {"claimReviewed", "url", "author"} <= {problem.property for problem in problems(nothing, profile)}


# Embedded in a page


class Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if self.tags[-1:] == ["script"]:
            self.scripts.append(data)


@pytest.mark.parametrize(
    "words",
    [HOSTILE, "</script>", "</SCRIPT >", "<!--<script>", "]]>", "&lt;/script&gt;", "'\"", "\\u003c/script>", "a\u2028b\u2029c"],
)  # fmt: skip
def test_no_words_of_a_claim_end_the_element_that_embeds_it(words):
    review = SCHEMAORG.make(but(claim__text=words))
    element = script(review)
    page = Page()
    page.feed(f"<p>{element}<b>after</b></p>")
    assert page.tags == ["p", "script", "b"]
    assert json.loads(page.scripts[0]) == review
    inside = element.removeprefix('<script type="application/ld+json">').removesuffix("</script>")
    assert not set(inside) & set("<>&\u2028\u2029")


# The plain value itself


@pytest.mark.parametrize("case", VALID)
def test_a_document_is_read_back_as_it_was_written(case):
    content = documents.canonical(VALID[case])
    assert documents.read(content) == VALID[case]
    assert documents.canonical(documents.read(content)) == content


def test_equal_documents_are_written_alike_and_others_otherwise():
    assert documents.canonical(but()) == documents.canonical(DOCUMENT)
    assert documents.canonical(but(summary="They rose.")) != documents.canonical(DOCUMENT)
