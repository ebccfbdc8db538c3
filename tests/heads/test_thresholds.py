import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.metrics import f1_score

from pipeline.heads import GroundsHead
from pipeline.heads.grounds import best_threshold
from pipeline.schema import Ground


def test_the_threshold_has_the_best_f1_of_all():
    rng = np.random.default_rng(0)
    truth = rng.random(300) < 0.2
    p = np.round(np.clip(0.4 * truth + 0.6 * rng.random(300), 0, 1), 2)  # with ties
    chosen = f1_score(truth, p >= best_threshold(p, truth))
    assert chosen == pytest.approx(max(f1_score(truth, p >= t) for t in np.linspace(0, 1, 201)))


def test_thresholds_are_chosen_on_cases_that_the_coefficients_had_not_seen():
    rng = np.random.default_rng(0)
    X = csr_matrix(rng.normal(size=(120, 400)))  # noise that a regression learns by heart
    grounds = [(Ground.DELAY,) if one else (Ground.POOR_RECORDS,) for one in rng.random(120) < 0.5]
    head = GroundsHead(strength=100.0).fit(X, np.array(["upheld"] * 120), grounds, groups=np.arange(120))
    there = np.array([ground == (Ground.DELAY,) for ground in grounds])
    seen = head.predict_proba(X, "upheld")[:, 0]
    assert seen[there].min() > seen[~there].max()  # told apart without fault where they were seen
    assert head.thresholds_["upheld"][0] < seen[there].min()  # the threshold owes nothing to that


def test_a_ground_counts_as_there_from_its_threshold_on():
    X = csr_matrix(np.repeat([[1.0, 0.0], [0.0, 1.0]], 40, axis=0))
    grounds = [(Ground.DELAY,)] * 40 + [(Ground.POOR_RECORDS,)] * 40
    head = GroundsHead().fit(X, np.array(["upheld"] * 80), grounds, groups=np.arange(80))
    assert head.predict(X[[0, 79]], "upheld").tolist() == [[True, False], [False, True]]
