import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, label_ranking_average_precision_score, roc_auc_score

from pipeline.evaluate.metrics import (
    Bootstrap,
    OutcomeCases,
    abstention_figures,
    grounds_figures,
    matched_auc,
    outcome_differences,
    outcome_figures,
)

HOW = Bootstrap(resamples=200, seed=1)


@pytest.fixture
def cases() -> OutcomeCases:
    rng = np.random.default_rng(0)
    return OutcomeCases(rng.integers(0, 2, 300), rng.integers(10, 200, 300), np.arange(300))


def _matched_auc_pair_by_pair(upheld, score, words, band):
    """The definition, word for word."""
    right = total = 0.0
    for i in np.flatnonzero(upheld == 1):
        for j in np.flatnonzero(upheld == 0):
            if abs(np.log((words[i] + 5) / (words[j] + 5))) <= band:
                total += 1
                right += 1.0 if score[i] > score[j] else 0.5 if score[i] == score[j] else 0.0
    return right / total


def test_matched_auc_is_its_definition(cases):
    score = np.random.default_rng(1).random(300).round(1)  # rounded: there are ties
    expected = _matched_auc_pair_by_pair(cases.upheld, score, cases.words, 0.15)
    assert matched_auc(cases.upheld, score, cases.words) == pytest.approx(expected)


def test_length_alone_scores_about_a_half_on_matched_auc_whatever_its_auc():
    rng = np.random.default_rng(0)
    upheld = rng.integers(0, 2, 2000)
    words = np.exp(rng.normal(4 + 0.6 * upheld, 0.5)).astype(int)
    figures = outcome_figures(OutcomeCases(upheld, words, np.arange(2000)), words.astype(float), 0.15, HOW)
    assert figures["auc"].value > 0.75
    assert figures["matched_auc"].value == pytest.approx(0.5, abs=0.06)


def test_matched_auc_is_undefined_where_no_lengths_match():
    assert np.isnan(matched_auc(np.array([1, 0]), np.array([0.9, 0.1]), np.array([10, 1000])))


def test_auc_and_brier_agree_with_scikit_learn(cases):
    score = np.random.default_rng(1).random(300).round(1)
    figures = outcome_figures(cases, score, 0.15, HOW)
    assert figures["auc"].value == pytest.approx(roc_auc_score(cases.upheld, score))
    assert figures["brier"].value == pytest.approx(brier_score_loss(cases.upheld, score))


def test_intervals_hold_the_value_and_repeat_with_the_seed(cases):
    score = np.random.default_rng(1).random(300)
    figures = outcome_figures(cases, score, 0.15, HOW)
    assert all(figure.low < figure.value < figure.high for figure in figures.values())
    assert figures == outcome_figures(cases, score, 0.15, HOW)


def test_intervals_widen_where_cases_come_in_groups(cases):
    score = np.random.default_rng(1).random(300)
    doubled = OutcomeCases(*(np.repeat(part, 2) for part in (cases.upheld, cases.words, cases.groups)))
    apart = OutcomeCases(doubled.upheld, doubled.words, np.arange(600))
    grouped, ungrouped = (outcome_figures(c, np.repeat(score, 2), 0.15, HOW)["auc"] for c in (doubled, apart))
    assert grouped.value == pytest.approx(ungrouped.value)
    assert grouped.high - grouped.low > 1.2 * (ungrouped.high - ungrouped.low)


def test_grounds_figures_count_hits_by_rank():
    truth = np.array([[True, False, False], [False, True, False], [False, False, False]])
    score = np.array([[0.9, 0.5, 0.1], [0.9, 0.5, 0.1], [0.9, 0.5, 0.1]])
    figures = grounds_figures(truth, score, np.arange(3), HOW)
    assert figures["hit_at_1"].value == pytest.approx(1 / 3)
    assert figures["hit_at_2"].value == pytest.approx(2 / 3)


def test_ranking_precision_agrees_with_scikit_learn_where_every_case_has_a_ground():
    rng = np.random.default_rng(0)
    truth = rng.random((50, 6)) > 0.6
    truth[~truth.any(axis=1), 0] = True
    score = rng.random((50, 6)).round(1)
    value = grounds_figures(truth, score, np.arange(50), HOW)["lrap"].value
    assert value == pytest.approx(label_ranking_average_precision_score(truth, score))


def test_an_estimate_prints_its_count_and_interval(cases):
    printed = str(outcome_figures(cases, np.full(300, 0.5), 0.15, HOW)["auc"])
    assert printed == "0.500 [0.500, 0.500] n=300"


def test_repeats_are_averaged(cases):
    rng = np.random.default_rng(1)
    repeats = rng.random((2, 300))
    both = outcome_figures(cases, repeats, 0.15, HOW)
    apart = [outcome_figures(cases, p, 0.15, HOW) for p in repeats]
    assert both["matched_auc"].value == pytest.approx(np.mean([one["matched_auc"].value for one in apart]))
    assert both["brier"].value == pytest.approx(np.mean([one["brier"].value for one in apart]))


def test_a_paired_difference_is_surer_than_two_intervals(cases):
    rng = np.random.default_rng(1)
    good = rng.normal(cases.upheld, 1.0)
    better = good + 0.2 * cases.upheld
    gain = outcome_differences(cases, better, good, 0.15, HOW)["auc"]
    alone = outcome_figures(cases, better, 0.15, HOW)["auc"]
    assert 0 < gain.low < gain.value
    assert gain.high - gain.low < 0.5 * (alone.high - alone.low)


def test_a_score_does_not_differ_from_itself(cases):
    score = np.random.default_rng(1).random(300)
    assert set(outcome_differences(cases, score, score, 0.15, HOW).values()) == {
        outcome_differences(cases, score, score, 0.15, HOW)["auc"]
    }
    assert outcome_differences(cases, score, score, 0.15, HOW)["auc"].high == 0.0


def test_abstention_figures_count_decisions_errors_and_coverage():
    sets = np.array([[True, False], [True, False], [True, True], [False, False]])
    figures = abstention_figures(sets, np.array([0, 1, 0, 1]), np.arange(4), HOW)
    assert figures["decided"].value == 0.5
    assert figures["error_when_decided"].value == 0.5
    assert figures["coverage"].value == 0.5
