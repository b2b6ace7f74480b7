import pytest

from claims.extraction import evaluation, metrics

# Worked out by hand: ranked 0.9+ 0.8- 0.7+ 0.4+ 0.2-
SCORES = [0.4, 0.9, 0.2, 0.8, 0.7]
LABELS = [True, True, False, False, True]


def test_decisions_are_counted_from_the_threshold_on():
    assert metrics.count(SCORES, LABELS, 0.7) == metrics.Counts(tp=2, fp=1, fn=1, tn=1)
    assert metrics.count(SCORES, LABELS, 0.0) == metrics.Counts(tp=3, fp=2, fn=0, tn=0)


def test_measures_of_decisions_have_their_known_values():
    counts = metrics.Counts(tp=6, fp=2, fn=3, tn=9)
    assert counts.precision == 6 / 8
    assert counts.recall == 6 / 9
    assert counts.f1 == pytest.approx(12 / 17)
    # Of the other class: 9 right of 11 and of 12.
    assert counts.macro_f1 == pytest.approx((12 / 17 + 18 / 23) / 2)
    assert counts.accuracy == 15 / 20


def test_without_positives_or_decisions_nothing_is_divided_by_nothing():
    counts = metrics.Counts(0, 0, 0, 0)
    assert (counts.precision, counts.recall, counts.f1, counts.macro_f1, counts.accuracy) == (0, 0, 0, 0, 0)
    assert metrics.average_precision([0.3], [False]) == 0


@pytest.mark.parametrize(
    ("scores", "labels", "value"),
    [
        (SCORES, LABELS, (1 / 1 + 2 / 3 + 3 / 4) / 3),
        ([0.9, 0.8, 0.1], [True, True, False], 1.0),
        ([0.1, 0.2, 0.9], [True, False, False], 1 / 3),
        # Equal scores are one step: no order among them is better than another.
        ([0.5, 0.5, 0.5, 0.5], [True, False, False, True], 0.5),
        ([0.9, 0.5, 0.5], [False, True, False], 1 / 3),
    ],
)
def test_average_precision_has_its_known_values(scores, labels, value):
    assert metrics.average_precision(scores, labels) == pytest.approx(value)


def test_precision_at_five_counts_empty_places_as_wrong():
    assert metrics.precision_at(5, [0.9, 0.8, 0.7], [True, False, True]) == 2 / 5
    assert metrics.precision_at(2, SCORES, LABELS) == 1 / 2


def test_means_over_texts_leave_out_those_without_a_positive():
    groups = ["a", "a", "a", "b", "b"]
    found = evaluation.of_scores(SCORES, LABELS, threshold=0.5, groups=groups)
    # a: 0.9+ 0.4+ 0.2-; b: 0.8- 0.7+
    assert found["map"] == pytest.approx((1 + 1 / 2) / 2)
    assert found["p_at_5"] == pytest.approx((2 / 5 + 1 / 5) / 2)
    alone = evaluation.of_scores(SCORES, [True, True, False, False, False], threshold=0.5, groups=groups)
    assert (alone["groups"], alone["map"]) == (1, 1)


def test_calibration_is_the_gap_between_scores_and_shares():
    assert metrics.calibration_error([0.25, 0.25, 0.25, 0.25], [True, False, False, False]) == 0
    assert metrics.calibration_error([0.9, 1.0, 0.1, 0.1], [True, False, False, False]) == pytest.approx(
        (abs(1.9 - 1) + 0.2) / 4
    )


def test_the_best_threshold_is_the_middle_of_those_that_are_as_good_as_the_best():
    assert metrics.best_threshold([0.1, 0.3, 0.6, 0.8], [False, False, True, True]) == 0.6
    # From 0.9 on macro-F1 is 7/12, from 0.7 and from 0.4 on 7/12 and 16/21.
    assert metrics.best_threshold(SCORES, LABELS) == 0.4
    assert metrics.best_threshold([0.2, 0.4, 0.6, 0.8] * 1_000, [False, True, False, True] * 1_000) == pytest.approx(
        0.6
    )


def test_a_sentence_counts_where_it_begins_and_ends_as_labelled():
    text = "Prices rose. Wages fell."
    figures = evaluation.of_sentences([(text, [(0, 12), (13, 24)]), (text, [(0, 24)])])
    assert (figures["documents"], figures["sentences"]) == (2, 3)
    assert (figures["precision"], figures["recall"], figures["f1"]) == (2 / 4, 2 / 3, pytest.approx(4 / 7))
