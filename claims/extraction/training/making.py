"""From labelled sentences to the folder of a model, and what unseen sentences say of it."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np

from claims.encoding import Encoder, Rows
from claims.extraction import evaluation
from claims.extraction.checkworthiness import ENCODER, TOKENIZER, WEIGHTS, Judge, Model, Weights, as_judged, logistic
from claims.extraction.metrics import best_threshold
from claims.extraction.training import calibration, export
from claims.extraction.training.network import SEED, WIDTH, Example, Network, fine_tune, tokenizer

Report = Callable[[str], object]
Texts = Sequence[tuple[str, bool]]
# Every so many-th sentence is held out of the training; weights, base rates and thresholds are fitted on them.
HELD_OUT = 10
# Of six. After the fourth a straight line tells what the last one says to within half a log-odd, after the third to within one.
LAYERS_KEPT = 4
# How much each kind of text counts where all are fitted together: of news there are a hundred sentences only.
SHARES = {"debate": 1.0, "news": 0.5}


def train(examples: Sequence[Example], news: Texts, folder: Path, *, trained_on: str, report: Report) -> Model:
    """The model of debate sentences, a tenth of which it does not see, with a base rate for news. `trained_on` is the file's SHA-256."""
    order = list(range(len(examples)))
    random.Random(SEED).shuffle(order)
    kept_back = set(order[: len(order) // HELD_OUT])
    seen = [example for index, example in enumerate(examples) if index not in kept_back]
    write_encoder(fine_tune(seen, report=report), [each.text for each in seen], folder)
    held_out = [(examples[index].text, examples[index].is_check_worthy) for index in sorted(kept_back)]
    return calibrate({"debate": held_out} | ({"news": news} if news else {}), folder, trained_on=trained_on)


def write_encoder(network: Network, texts: Sequence[str], folder: Path) -> None:
    """The first layers of the network, with heads that say of them what all of it says: the nearest by least squares over these texts."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(folder / TOKENIZER), pretty=False)
    weights = {name: weight.numpy() for name, weight in network.state_dict().items()}
    forms = [as_judged(text) for text in texts]

    def said(heads: Rows, bias: Rows, layers: int) -> Rows:
        export.write({**weights, "heads.weight": heads, "heads.bias": bias}, folder / ENCODER, layers=layers)
        return Encoder(folder / ENCODER, folder / TOKENIZER).encode(forms)

    whole = said(weights["heads.weight"], weights["heads.bias"], export.LAYERS)
    states = said(np.eye(WIDTH, dtype=np.float32), np.zeros(WIDTH, np.float32), LAYERS_KEPT)
    rows = np.hstack([states, np.ones((len(states), 1), np.float32)]).astype(np.float64)
    solved = np.linalg.lstsq(rows, whole, rcond=None)[0].astype(np.float32)
    export.write(
        {**weights, "heads.weight": solved[:-1].T, "heads.bias": solved[-1]}, folder / ENCODER, layers=LAYERS_KEPT
    )


def calibrate(domains: dict[str, Texts], folder: Path, *, trained_on: str) -> Model:
    """Fit what stands between the encoder of the folder and the score, on sentences that it did not see, and write it beside it."""
    judge = Judge(folder)
    known = [
        calibration.Domain(name, texts, judge(texts), [label for _, label in rows], SHARES[name])
        for name, rows in domains.items()
        for texts in [[text for text, _ in rows]]
    ]
    weights = calibration.fit(known)
    _write(weights, folder, trained_on)
    thresholds = {
        domain.name: round(best_threshold(Model(folder).scores(domain.texts, domain=domain.name), domain.labels), 3)
        for domain in known
    }
    _write(replace(weights, thresholds=thresholds), folder, trained_on)
    return Model(folder)


def score_folds(examples: Sequence[Example], parts: Sequence[str], *, report: Report) -> list[float]:
    """What the check-worthy head says of each sentence when it was trained on the sentences of the other parts."""
    scores = [0.0] * len(examples)
    for part in sorted(set(parts)):
        others = [each for each, other in zip(examples, parts, strict=True) if other != part]
        network = fine_tune(others, report=report)
        with tempfile.TemporaryDirectory() as folder:
            write_encoder(network, [each.text for each in others], Path(folder))
            here = [index for index, other in enumerate(parts) if other == part]
            judged = Judge(Path(folder))([examples[index].text for index in here])
        for index, judgement in zip(here, judged, strict=True):
            scores[index] = logistic(judgement.check_worthy)
    return scores


def figures(
    scores: Sequence[float], examples: Sequence[Example], parts: Sequence[str]
) -> dict[str, evaluation.Figures]:
    """The measures of each part at a threshold of 0.5, and under "mean" their mean."""
    found = {}
    for part in sorted(set(parts)):
        here = [index for index, other in enumerate(parts) if other == part]
        labels = [examples[index].is_check_worthy for index in here]
        found[part] = evaluation.of_scores([scores[index] for index in here], labels, threshold=0.5)
    means = {name: sum(each[name] for each in found.values()) / len(found) for name in next(iter(found.values()))}
    return found | {"mean": means}


def _write(weights: Weights, folder: Path, trained_on: str) -> None:
    about = "Weights in log-odds of claims/extraction/checkworthiness.py, written by train_checkworthiness."
    stored = {"about": about, "trained_on": trained_on, **asdict(weights)}
    (folder / WEIGHTS).write_text(json.dumps(stored, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
