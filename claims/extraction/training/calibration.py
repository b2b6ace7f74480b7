"""Fits what lies between the encoder and the score: the weights of its heads and of the named features, base rates, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from claims.extraction.checkworthiness import Judgement, Weights
from claims.extraction.features import features
from claims.extraction.reading import read_sentence

Numbers = NDArray[Any]
# Pull towards zero of each feature's weight: the encoder has read the same words, and little is left to say. Chosen among 5 and 3,000 by
# the ranking of each development article under weights that were fitted without it: from 200 on it is as good as it gets.
PULL = 200.0
HEAD_PULL = 0.1
MOST_ODDS = 30.0
ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Domain:
    """Labelled sentences of one kind of text that the encoder did not see, with its judgements; `share` is how much they count."""

    name: str
    texts: Sequence[str]
    judged: Sequence[Judgement]
    labels: Sequence[bool]
    share: float = 1.0


def fit(domains: Sequence[Domain], *, pull: float = PULL) -> Weights:
    """Weights under which the scores of all domains together are likeliest, each domain with a base rate of its own. However many sentences
    it has, a domain counts by its share of what the first one counts. Thresholds are left at 0.5."""
    found = [[features(read_sentence(text)) for text in domain.texts] for domain in domains]
    names = sorted({name for rows in found for row in rows for name in row})
    columns: list[Numbers] = []
    weights: list[Numbers] = []
    for number, (domain, rows) in enumerate(zip(domains, found, strict=True)):
        is_here = np.zeros((len(rows), len(domains)))
        is_here[:, number] = 1
        measured = np.array([[row.get(name, 0.0) for name in names] for row in rows])
        columns.append(np.hstack([is_here, np.array(domain.judged), measured]))
        weights.append(np.full(len(rows), domain.share * len(domains[0].texts) / len(rows)))
    spread = np.concatenate(weights)
    labels = np.concatenate([np.array(domain.labels, float) for domain in domains])
    pulls = np.array([0.0] * len(domains) + [HEAD_PULL] * 2 + [pull] * len(names))
    fitted = _solve(np.vstack(columns), labels, spread, pulls)
    solved = (fitted.round(4) + 0.0).tolist()  # no -0.0
    base, heads, rest = solved[: len(domains)], solved[len(domains) :][:2], solved[len(domains) + 2 :]
    return Weights(
        check_worthy=heads[0],
        factual=heads[1],
        base_rates={domain.name: rate for domain, rate in zip(domains, base, strict=True)},
        thresholds={domain.name: 0.5 for domain in domains},
        features=dict(zip(names, rest, strict=True)),
    )


def _solve(rows: Numbers, labels: Numbers, spread: Numbers, pulls: Numbers) -> Numbers:
    """Logistic regression by Newton's method."""
    solved = np.zeros(rows.shape[1])
    for _ in range(ROUNDS):
        chance = 1 / (1 + np.exp(-np.clip(rows @ solved, -MOST_ODDS, MOST_ODDS)))
        slope = rows.T @ (spread * (chance - labels)) + pulls * solved
        curve = (rows * (spread * chance * (1 - chance))[:, None]).T @ rows + np.diag(pulls + 1e-9)
        # Where the labels are told apart without an error the full step leads ever farther away.
        step = np.clip(np.linalg.solve(curve, slope), -1, 1)
        solved -= step
        if np.abs(step).max() < 1e-8:
            break
    return solved
