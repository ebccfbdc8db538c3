"""What we compute ourselves, because it must know class shares and case weights, against MAPIE, which knows neither."""

import numpy as np
import pytest
from mapie.classification import SplitConformalClassifier
from mapie.metrics.calibration import expected_calibration_error
from mapie.metrics.classification import classification_coverage_score
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin

from pipeline.evaluate.quality import calibration_error
from pipeline.heads import OutcomeHead


class _Given(ClassifierMixin, BaseEstimator):
    """A fitted classifier whose features are the probabilities themselves."""

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes
        self.classes_ = classes

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X

    def predict(self, X: np.ndarray) -> np.ndarray:
        return self.classes_[X.argmax(axis=1)]


@pytest.fixture(scope="module")
def head() -> OutcomeHead:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 600)
    X = csr_matrix(np.c_[y + rng.normal(0, 0.9, 600), rng.random((600, 2))])
    outcomes = np.where(y == 1, "upheld", "closed_after_initial_enquiries")
    return OutcomeHead(error_rate=0.15).fit(X, outcomes, groups=np.arange(600), sample_weight=np.ones(600))


def test_without_a_shift_our_conformal_sets_are_those_of_mapie(head):
    new = np.random.default_rng(1).random(2000)
    probabilities = np.c_[1 - new, new]
    mapie = SplitConformalClassifier(
        _Given(head.classes_), confidence_level=0.85, conformity_score="lac", prefit=True
    )
    mapie.conformalize(head.calibration_probabilities_, head.classes_[head.calibration_truth_])
    _, sets = mapie.predict_set(probabilities)
    assert (
        head.sets(probabilities) == sets[:, :, 0]
    ).mean() > 0.998  # a tie at the threshold may fall either way


def test_coverage_is_that_of_mapie(head):
    sets = head.sets(head.calibration_probabilities_)
    ours = sets[np.arange(len(sets)), head.calibration_truth_].mean()
    theirs = classification_coverage_score(head.calibration_truth_, sets[:, :, None])
    assert ours == pytest.approx(float(theirs[0]))
    assert ours == pytest.approx(0.85, abs=0.03)


def test_the_calibration_error_of_unweighted_cases_is_that_of_mapie():
    rng = np.random.default_rng(2)
    p = rng.random(500)
    upheld = (rng.random(500) < p**1.5).astype(int)
    ours = calibration_error(upheld, p)(np.ones(500))
    assert ours == pytest.approx(expected_calibration_error(upheld, p, num_bins=10, split_strategy="uniform"))
