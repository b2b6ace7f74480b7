"""The main job from end to end: the command imports a file, a real worker reads it, and the claims are there within ten seconds."""

from __future__ import annotations

import pytest
from django.core.management import call_command

from claims.models import Article, ImportRun
from tests import make
from tests.api import api
from tests.services import ROOT, wait_until
from tests.shared import shared_file


def claims_of(title: str) -> list[dict]:
    [article] = [article for article in Article.objects.all() if article.title.startswith(title)]
    response = api(make.user("ada", "triager")).get(f"/claims?article={article.pk}&ordering=-check_worthiness")
    assert response.status_code == 200
    return response.json()["results"]


@pytest.fixture
def imported(worker):
    """Import a file as a user would, with a worker that was there before."""

    def imported(path, title: str) -> list[dict]:
        call_command("import_articles", str(path), progress="never")
        assert ImportRun.objects.get().state == "done"
        wait_until(lambda: Article.objects.exists() and claims_of(title), timeout_seconds=10, what="claims")
        return claims_of(title)

    return imported


def test_a_demo_article_goes_in_and_its_claims_come_out(imported):
    claims = imported(ROOT / "seeds" / "articles" / "reservists-from-11000-to-30000.md", "Karsova plans")
    assert any("11,000 to 30,000" in claim["text"] for claim in claims[:5])
    assert [claim["rank_in_article"] for claim in claims] == list(range(1, len(claims) + 1))


def test_the_customers_article_goes_in_and_the_tripled_numbers_come_out(imported):
    path = shared_file("seeds/000_4335fa9e522f86b5.txt")
    claims = imported(path, "Russia Affirms")
    [claim] = [claim for claim in claims[:3] if "tripled" in claim["text"]]
    [place] = claim["appearances"]
    text = path.read_text(encoding="utf-8")
    assert text[place["start"] : place["end"]] == place["quote"]
    assert (claim["claimant"], claim["quantities"][0]["factor"]) == ("Alexander Sladosh", 3.0)
