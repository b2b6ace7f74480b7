"""How good scores are against labels. Each function is its definition; none knows where scores come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

# Bins of equal width in the expected calibration error.
BINS = 10
SLACK = 0.005


class Counts(NamedTuple):
    """Of decisions: true positives, false positives, false negatives, true negatives."""

    tp: int
    fp: int
    fn: int
    tn: int

    @property
    def precision(self) -> float:
        return _ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def macro_f1(self) -> float:
        """The mean of the F1 of both classes."""
        return (self.f1 + _ratio(2 * self.tn, 2 * self.tn + self.fp + self.fn)) / 2

    @property
    def accuracy(self) -> float:
        return _ratio(self.tp + self.tn, sum(self))


def count(scores: Sequence[float], labels: Sequence[bool], threshold: float) -> Counts:
    """What deciding for every score from the threshold on gets right and wrong."""
    pairs = [(score >= threshold, label) for score, label in zip(scores, labels, strict=True)]
    return Counts(*(pairs.count(pair) for pair in ((True, True), (True, False), (False, True), (False, False))))


def average_precision(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The sum over all distinct scores, from the best down, of the precision there times the recall gained; 0.0 without a positive."""
    order = sorted(zip(scores, labels, strict=True), key=lambda pair: -pair[0])
    total, found, gained = 0.0, 0, 0
    for index, (score, label) in enumerate(order, start=1):
        gained += label
        if index == len(order) or order[index][0] != score:
            found += gained
            total += gained * found / index
            gained = 0
    return _ratio(total, found)


def precision_at(most: int, scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The share of positives among the first `most`; fewer sentences than that leave places empty. Equal scores keep their order."""
    order = sorted(range(len(scores)), key=lambda index: -scores[index])
    return sum(labels[index] for index in order[:most]) / most


def grouped(
    scores: Sequence[float], labels: Sequence[bool], groups: Sequence[str]
) -> list[tuple[list[float], list[bool]]]:
    """Scores and labels of each group that has a positive."""
    found: dict[str, tuple[list[float], list[bool]]] = {}
    for score, label, group in zip(scores, labels, groups, strict=True):
        of_group = found.setdefault(group, ([], []))
        of_group[0].append(score)
        of_group[1].append(label)
    return [each for each in found.values() if any(each[1])]


def calibration_error(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """How far the mean score of a bin is from its share of positives, on average over all scores."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(BINS)]
    for score, label in zip(scores, labels, strict=True):
        bins[min(int(score * BINS), BINS - 1)].append((score, label))
    gaps = (abs(sum(score for score, _ in each) - sum(label for _, label in each)) for each in bins)
    return _ratio(sum(gaps), len(scores))


def best_threshold(scores: Sequence[float], labels: Sequence[bool]) -> float:
    """The mean of the scores from which deciding comes within `SLACK` of the best macro-F1: one peak among them is chance."""
    order = sorted(zip(scores, labels, strict=True), reverse=True)
    positives = sum(labels)
    found: list[tuple[float, float]] = []
    tp = 0
    for index, (score, label) in enumerate(order, start=1):
        tp += label
        if index == len(order) or order[index][0] != score:
            counts = Counts(tp, index - tp, positives - tp, len(order) - index - positives + tp)
            found.append((counts.macro_f1, score))
    best = max(found)[0]
    near = [score for macro_f1, score in found if macro_f1 >= best - SLACK]
    return sum(near) / len(near)


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
