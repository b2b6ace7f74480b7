"""How much a sentence deserves a reviewer's hour, as a sum of named reasons."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from math import exp
from pathlib import Path

from claims.extraction.base import Contribution
from claims.extraction.features import features, wording
from claims.extraction.reading import Reading

MODEL_FILE = Path(__file__).with_name("checkworthiness.json")
# How many words a reason names.
WORDS_NAMED = 4


@dataclass(frozen=True, slots=True)
class Model:
    """Weights in log-odds. `base_rates` by the kind of text: how often a sentence of it is check-worthy."""

    base_rates: dict[str, float]
    features: dict[str, float]
    wording: dict[str, float]


@cache
def shipped() -> Model:
    """The model that comes with the package; what it was trained on stands in the file."""
    stored = json.loads(MODEL_FILE.read_text(encoding="utf-8"))
    return Model(stored["base_rates"], stored["features"], stored["wording"])


def contributions(reading: Reading, *, domain: str = "news", model: Model | None = None) -> tuple[Contribution, ...]:
    """The addends of the log-odds, the weightiest first after the base rate. Their sum is the whole score."""
    model = model or shipped()
    named = [
        Contribution(name, round(value * model.features[name], 4))
        for name, value in features(reading).items()
        if model.features.get(name)
    ]
    grams = {gram: value * model.wording[gram] for gram, value in wording(reading).items() if gram in model.wording}
    if grams:
        loudest = sorted(grams, key=lambda gram: (-abs(grams[gram]), gram))[:WORDS_NAMED]
        named.append(Contribution("wording", round(sum(grams[gram] for gram in sorted(grams)), 4), ", ".join(loudest)))
    named.sort(key=lambda addend: (-abs(addend.weight), addend.name))
    return (Contribution("base rate", model.base_rates[domain], domain), *named)


def probability(addends: tuple[Contribution, ...]) -> float:
    """The score: the logistic function of the sum of the addends, between 0.0 and 1.0."""
    odds = sum(addend.weight for addend in addends)
    return 1 / (1 + exp(-odds))
