"""The claims that must come out of our own retelling of the customer's article, exactly as the gold file in seeds/gold/ has them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.conf import settings

from claims import extraction
from claims.extraction.base import Candidate, Document, as_json
from claims.sources import ArticleDraft, Options
from claims.sources.inputs import find_sources, open_input

GOLD = sorted((settings.BASE_DIR / "seeds" / "gold").glob("*.json"))
FIELDS = ("text", "kind", "modality", "claimant", "gaps")
QUANTITY = ("form", "value", "maximum", "unit", "comparator", "factor", "direction")
TIME = ("words", "precision", "start_on", "end_on", "is_resolved")


def document(path: str) -> Document:
    [source] = find_sources([str(settings.BASE_DIR / path)])
    with open_input(source, Options(), io.BytesIO()) as opened:
        [draft] = opened.articles(Options())
    assert isinstance(draft, ArticleDraft)
    return Document(draft.text, draft.title, draft.language, draft.outlet, draft.published_at)


def as_gold(claim: Candidate) -> dict[str, Any]:
    found = as_json(claim)
    return {name: found[name] for name in FIELDS} | {
        **found["span"],
        "hops": [{name: hop[name] for name in ("name", "role", "cue", "speech")} for hop in found["attribution"]],
        "quantities": [
            {name: each[name] for name in QUANTITY}
            | {
                "words": each["span"]["quotation"],
                "baseline": each["baseline"]
                and {name: each["baseline"][name] for name in ("words", "value", "has_number")},
            }
            for each in found["quantities"]
        ],
        "times": [{name: each[name] for name in TIME} for each in found["time_references"]],
    }


@pytest.mark.parametrize("path", GOLD, ids=[path.stem for path in GOLD])
def test_every_claim_of_the_gold_file_comes_out_as_it_stands_there(path):
    gold = json.loads(path.read_text(encoding="utf-8"))
    article = document(gold["article"])
    found = extraction.get().extract(article)
    for expected in gold["claims"]:
        [claim] = [each for each in found if each.span.quotation == expected["quotation"]]
        assert as_gold(claim) == expected
        assert article.text[expected["start"] : expected["end"]] == expected["quotation"]


def test_there_is_a_gold_file():
    assert GOLD


def test_the_tripled_numbers_of_the_retelling_are_among_the_first_three():
    found = extraction.get().extract(document("seeds/articles/allied-troops-tripled.md"))
    assert any("tripled" in claim.text for claim in found[:3])
