"""The article that the customer sent, without outlet, URL or date: what a desk must see of it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from factcheck import jobs
from tests import make
from tests.api import api
from tests.shared import shared_file

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def text() -> str:
    return shared_file("seeds/000_4335fa9e522f86b5.txt").read_text(encoding="utf-8")


@pytest.fixture
def listed(text):
    """Claims as `GET /claims?article=...&ordering=-check_worthiness` lists them, for an article imported with these fields."""

    def listed(**fields: object) -> list[dict]:
        article = make.article(text, **fields)
        assert jobs.work("test") is True
        response = api(make.user("ada", "triager")).get(f"/claims?article={article.pk}&ordering=-check_worthiness")
        assert response.status_code == 200
        return response.json()["results"]

    return listed


def about(claims: list[dict], word: str) -> dict:
    [claim] = [claim for claim in claims if word in claim["text"]]
    return claim


def rank(claims: list[dict], beginning: str) -> int:
    """The place in the list of the claim of the sentence that begins so; behind all when it is none."""
    places = [n for n, claim in enumerate(claims) if claim["appearances"][0]["quote"].startswith(beginning)]
    return places[0] if places else len(claims)


def test_the_tripled_numbers_are_among_the_first_three(listed, text):
    claims = listed()
    claim = about(claims, "tripl")
    assert claims.index(claim) < 3
    [place] = claim["appearances"]
    assert text[place["start"] : place["end"]] == place["quote"]
    assert place["quote"].startswith("Military correspondent Alexander Sladosh reported on July 2")
    assert place["quote"].endswith("tripling compared to earlier assessments.")
    assert claim["claimant"] == "Alexander Sladosh"
    assert "North Korean forces" in claim["text"]
    assert "their numbers" not in claim["text"]


def test_the_change_is_threefold_against_a_baseline_without_a_number(listed):
    [quantity] = about(listed(), "tripl")["quantities"]
    assert (quantity["form"], quantity["factor"], quantity["direction"]) == ("change", 3.0, "up")
    assert quantity["baseline"]["words"] == "earlier assessments"
    assert quantity["baseline"]["has_number"] is False


def test_a_day_without_a_year_keeps_its_words_and_gets_no_year(listed):
    [time] = about(listed(), "tripl")["time_references"]
    assert (time["words"], time["start_on"], time["end_on"], time["is_resolved"]) == ("July 2", None, None, False)


def test_with_a_publication_date_the_year_is_resolved_and_marked(listed):
    [time] = about(listed(published_at=datetime(2025, 7, 4, tzinfo=UTC)), "tripl")["time_references"]
    assert (time["words"], time["start_on"], time["is_resolved"]) == ("July 2", "2025-07-02", True)


def test_the_reuters_claim_is_a_forecast_with_its_hops_and_without_the_printing_outlet(listed):
    claim = about(listed(outlet="Example Wire"), "might deploy")
    assert claim["modality"] == "forecast"
    hops = [(hop["name"], hop["role"]) for hop in claim["appearances"][0]["attribution"]]
    assert hops == [("South Korea’s National Intelligence Service", "cited_body"), ("Reuters", "reporter")]


def test_the_headline_is_the_title_and_no_candidate(listed, text):
    claims = listed()
    title = text.splitlines()[0]
    assert claims[0]["article"]["title"] == title
    assert not any(claim["appearances"][0]["start"] < len(title) for claim in claims)


def test_sentences_that_say_little_rank_below(listed):
    claims = listed()
    last = max(claims.index(about(claims, "tripl")), claims.index(about(claims, "might deploy")))
    for beginning in ("This declaration came", "When asked by journalists", "Instead, he reiterated"):
        assert rank(claims, beginning) > last, beginning
