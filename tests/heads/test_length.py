import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import spearmanr

from pipeline.heads import OutcomeHead, word_counts
from pipeline.heads.length import length_direction, length_rho
from pipeline.schema import Outcome, View


def _leaky(n=1200, seed=0):
    """The first feature tells the outcome, the second only how long the complaint is; upheld ones are longer."""
    rng = np.random.default_rng(seed)
    upheld = rng.integers(0, 2, n)
    lengths = np.exp(rng.normal(4 + 0.4 * upheld, 0.5, n)).astype(int) + 5
    X = np.c_[upheld + rng.normal(0, 1, n), np.log(lengths) + rng.normal(0, 0.3, n)]
    return csr_matrix(X), np.where(upheld == 1, Outcome.UPHELD.value, Outcome.CLOSED.value), lengths


def _fitted(X, y, lengths, **options):
    ones = np.ones(len(y))
    return OutcomeHead(**options).fit(X, y, groups=np.arange(len(y)), sample_weight=ones, lengths=lengths)


def test_the_direction_of_length_is_the_feature_that_follows_it_inside_the_outcomes():
    direction = length_direction(*_leaky())
    assert np.linalg.norm(direction) == pytest.approx(1)
    assert abs(direction[1]) > 0.98


def test_features_that_do_not_vary_with_length_have_no_direction():
    X, y, _ = _leaky(50)
    assert length_direction(X, y, np.full(50, 80)).tolist() == [0, 0]


def test_a_correction_takes_length_out_of_new_scores_and_leaves_what_tells_the_outcome():
    X, y, lengths = _leaky()
    new_X, new_y, new_lengths = _leaky(seed=1)
    plain, corrected = (_fitted(X, y, lengths, length_correction=share) for share in (0.0, 0.6))
    rho = [
        max(abs(r) for r in length_rho(head.predict_proba(new_X)[:, 1], new_lengths, new_y).values())
        for head in (plain, corrected)
    ]
    assert rho[0] > 0.4
    assert rho[1] < rho[0] / 2
    assert corrected.classifier_.coef_[0, 0] == pytest.approx(plain.classifier_.coef_[0, 0], rel=0.1)


def test_the_head_reports_the_correlation_of_held_out_scores_with_length():
    X, y, lengths = _leaky()
    head = _fitted(X, y, lengths)
    own = y == Outcome.UPHELD.value
    expected = spearmanr(head.calibration_probabilities_[own, 1], lengths[own]).statistic
    assert head.length_rho_[Outcome.UPHELD.value] == pytest.approx(expected)


def test_scores_of_the_embedded_corpus_hardly_follow_length_inside_an_outcome(bundle):
    assert all(abs(rho) <= 0.15 for rho in bundle.heads.outcome.length_rho_.values())


def test_words_are_counted_between_blanks():
    assert word_counts([View("one two  three"), View("")]).tolist() == [3, 0]
