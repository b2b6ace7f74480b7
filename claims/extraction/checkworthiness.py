"""How much a sentence deserves a reviewer's hour, as a sum of named reasons.

A fine-tuned encoder judges the wording, named features of the structure add to it. README.md in the model's folder says what both
were fitted on and where they fail.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from math import exp
from pathlib import Path
from typing import NamedTuple

from claims.encoding import Encoder, Remembered
from claims.extraction.base import Contribution
from claims.extraction.features import features
from claims.extraction.reading import Reading, read_sentence
from claims.text import as_read

FOLDER = Path(__file__).with_name("model")
ENCODER, TOKENIZER, WEIGHTS = "encoder.onnx", "tokenizer.json", "weights.json"
# In log-odds. Nothing that the encoder says is surer than this.
MOST_ODDS = 12.0
# Sentences whose judgement is remembered, some 300 bytes each: wire copy comes again within the hour.
REMEMBERED = 20_000
# Transcripts of speech have no marks around it: with one in front of it a claim seemed idle talk to the encoder.
MARKS = str.maketrans("", "", '"“”„‟«»')


class Judgement(NamedTuple):
    """What the encoder says of a sentence, in log-odds: that it is worth checking; that it states a fact at all."""

    check_worthy: float
    factual: float


@dataclass(frozen=True, slots=True)
class Weights:
    """In log-odds. `base_rates` and `thresholds` by the kind of text: how often a sentence of it is check-worthy; from which score
    on one is said to be."""

    check_worthy: float
    factual: float
    base_rates: dict[str, float]
    thresholds: dict[str, float]
    features: dict[str, float]


class Model:
    """The encoder and the weights of a folder. Judgements depend on the sentence alone, however it is batched or remembered."""

    def __init__(self, folder: Path):
        stored = json.loads((folder / WEIGHTS).read_text(encoding="utf-8"))
        self.weights = Weights(**{name: stored[name] for name in Weights.__dataclass_fields__})
        self.trained_on: str = stored["trained_on"]
        self.judge = Judge(folder)

    def contributions(
        self, reading: Reading, judgement: Judgement, *, domain: str = "news"
    ) -> tuple[Contribution, ...]:
        """The addends of the log-odds, the weightiest first after the base rate. Their sum is the whole score."""
        weights = self.weights
        wording = weights.check_worthy * judgement.check_worthy + weights.factual * judgement.factual
        heads = (
            f"worth checking {logistic(judgement.check_worthy):.2f}, states a fact {logistic(judgement.factual):.2f}"
        )
        named = [Contribution("language model", round(wording, 4), heads)]
        named += [
            Contribution(name, round(value * weights.features[name], 4))
            for name, value in features(reading).items()
            if weights.features.get(name)
        ]
        named.sort(key=lambda addend: (-abs(addend.weight), addend.name))
        return (Contribution("base rate", weights.base_rates[domain], domain), *named)

    def scores(self, sentences: Sequence[str], *, domain: str) -> list[float]:
        """The score of each sentence as it stands, outside an article."""
        judged = self.judge(sentences)
        return [
            probability(self.contributions(read_sentence(text), judgement, domain=domain))
            for text, judgement in zip(sentences, judged, strict=True)
        ]


class Judge:
    """The encoder of a folder, which remembers what it judged last."""

    def __init__(self, folder: Path):
        self._encoder = Encoder(folder / ENCODER, folder / TOKENIZER)
        self._remembered = Remembered(REMEMBERED)

    def __call__(self, sentences: Sequence[str]) -> list[Judgement]:
        """The judgement of each sentence; equal ones are read once."""
        forms = [as_judged(sentence) for sentence in sentences]
        keys = [sha256(form.encode()).digest() for form in forms]
        known = self._remembered.known(keys)
        unread = {key: form for key, form in zip(keys, forms, strict=True) if key not in known}
        rows = self._encoder.encode(list(unread.values())).tolist()
        new = {key: Judgement(*map(_bounded, row)) for key, row in zip(unread, rows, strict=True)}
        self._remembered.keep(new)
        return [new[key] if key in new else known[key] for key in keys]

    def forget(self) -> None:
        self._remembered.forget()


def as_judged(sentence: str) -> str:
    """What the encoder reads of a sentence."""
    return as_read(sentence).translate(MARKS)


@cache
def shipped() -> Model:
    """The model that comes with the package, once a process; its encoder is loaded with the first sentence."""
    return Model(FOLDER)


def probability(addends: tuple[Contribution, ...]) -> float:
    """The score: the logistic function of the sum of the addends, between 0.0 and 1.0."""
    return logistic(sum(addend.weight for addend in addends))


def logistic(odds: float) -> float:
    return 1 / (1 + exp(-odds))


def _bounded(odds: float) -> float:
    return max(-MOST_ODDS, min(MOST_ODDS, odds))
