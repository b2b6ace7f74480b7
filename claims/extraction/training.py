"""Fits the check-worthiness model: L2-regularised logistic regression on the named features and the wording, nothing else.

Written out in plain Python (AdaGrad on a seeded order), so that training needs no library and the same file gives the same
model on every machine. 22,000 sentences take under a minute.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from math import exp, sqrt

from claims.extraction.checkworthiness import Model
from claims.extraction.features import features, wording
from claims.extraction.reading import read_sentence

SEED = 20_250_701
EPOCHS = 12
RATE = 0.2
# Strength of the pull towards zero per sentence, chosen on the development files among 1e-5, 1e-4 and 1e-3.
L2 = 1e-4
# A word or word pair gets a weight of its own from this many sentences on: rarer ones name one debate's subjects.
LEAST_SENTENCES = 40

Row = tuple[dict[str, float], dict[str, float]]


def read_rows(texts: Iterable[str]) -> list[Row]:
    """Named features and wording of every sentence."""
    return [(features(reading), wording(reading)) for reading in map(read_sentence, texts)]


def fit(rows: Sequence[Row], labels: Sequence[bool], *, domain: str) -> Model:
    """The model of labelled sentences. `domain` names the base rate they set."""
    counts = Counter(gram for _, grams in rows for gram in grams)
    known = {gram for gram, count in counts.items() if count >= LEAST_SENTENCES}
    data = [
        (
            [*((("f", name), value) for name, value in named.items()),
             *((("w", gram), value) for gram, value in grams.items() if gram in known)],
            1.0 if label else 0.0,
        )
        for (named, grams), label in zip(rows, labels, strict=True)
    ]  # fmt: skip
    weights: dict[tuple[str, str], float] = dict.fromkeys((key for found, _ in data for key, _ in found), 0.0)
    history = dict.fromkeys(weights, 1e-6)
    base, base_history = 0.0, 1e-6
    order = random.Random(SEED)
    for _ in range(EPOCHS):
        order.shuffle(data)
        for found, label in data:
            odds = base + sum(weights[key] * value for key, value in found)
            error = logistic(odds) - label
            base_history += error * error
            base -= RATE * error / sqrt(base_history)
            for key, value in found:
                slope = error * value + L2 * weights[key]
                history[key] += slope * slope
                weights[key] -= RATE * slope / sqrt(history[key])
    return Model(
        base_rates={domain: round(base, 4)},
        features={name: round(weight, 4) for (kind, name), weight in sorted(weights.items()) if kind == "f"},
        wording={name: round(weight, 4) for (kind, name), weight in sorted(weights.items()) if kind == "w"},
    )


def with_base_rate(model: Model, rows: Sequence[Row], labels: Sequence[bool], *, domain: str) -> Model:
    """The same weights with a base rate for another kind of text, fitted on labelled sentences of it."""
    odds = [
        sum(value * model.features.get(name, 0.0) for name, value in named.items())
        + sum(value * model.wording.get(gram, 0.0) for gram, value in grams.items())
        for named, grams in rows
    ]
    return Model({**model.base_rates, domain: base_rate(odds, labels)}, model.features, model.wording)


def base_rate(odds: Sequence[float], labels: Sequence[bool]) -> float:
    """The addend that makes the mean probability of these log-odds the share of positive labels."""
    low, high = -12.0, 12.0
    for _ in range(60):
        middle = (low + high) / 2
        if sum(logistic(value + middle) for value in odds) < sum(labels):
            low = middle
        else:
            high = middle
    return round((low + high) / 2, 4)


def logistic(odds: float) -> float:
    return 1 / (1 + exp(-odds)) if odds > -700 else 0.0
