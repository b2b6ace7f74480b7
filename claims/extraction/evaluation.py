"""What is measured of scores and of sentences against labels, by the names under which it is printed."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from claims.extraction import metrics
from claims.text import sentences

Span = tuple[int, int]
Figures = dict[str, float]


def of_scores(
    scores: Sequence[float], labels: Sequence[bool], *, threshold: float, groups: Sequence[str] | None = None
) -> Figures:
    """Decisions from the threshold on, the ranking, and how far scores are from shares. `groups`: the text of each sentence.

    MAP and P@5 are means over the groups that have a positive.
    """
    counts = metrics.count(scores, labels, threshold)
    found: Figures = {
        "sentences": len(labels),
        "positives": sum(labels),
        "threshold": threshold,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "macro_f1": counts.macro_f1,
        "accuracy": counts.accuracy,
        "average_precision": metrics.average_precision(scores, labels),
        "calibration_error": metrics.calibration_error(scores, labels),
    }
    if groups is not None:
        each = metrics.grouped(scores, labels, groups)
        found["groups"] = len(each)
        found["map"] = statistics.fmean(metrics.average_precision(*group) for group in each) if each else 0.0
        found["p_at_5"] = statistics.fmean(metrics.precision_at(5, *group) for group in each) if each else 0.0
    return found


def of_sentences(documents: Sequence[tuple[str, list[Span]]]) -> Figures:
    """How many sentences of our splitter begin and end exactly where labelled ones do."""
    right = found = gold = 0
    for text, spans in documents:
        ours = {(each.start, each.end) for each in sentences(text)}
        right, found, gold = right + len(ours & set(spans)), found + len(ours), gold + len(spans)
    counts = metrics.Counts(right, found - right, gold - right, 0)
    return {
        "documents": len(documents),
        "sentences": gold,
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
    }
