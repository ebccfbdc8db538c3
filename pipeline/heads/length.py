"""Complaints, outcomes and features in; out, what keeps the length of a complaint from deciding its score.

Length is the largest leak: investigators write more about cases they investigated. Two devices take it out. Weights
give both outcomes the same distribution of lengths, so that a feature that only tracks length separates nothing. What
new scores would still have in common with length is taken out of the weights along one direction.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.stats import rankdata, spearmanr

from pipeline.schema import View

BINS = 8
MAX_WEIGHT = 5.0
CORRECTIONS = np.linspace(
    0, 0.2, 41
)  # shares of the norm of the weights; far more would be needed for length alone

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


def word_counts(views: Sequence[View]) -> Ints:
    """Return (n,) the length of each complaint in words."""
    return np.array([len(view.complaint.split()) for view in views], dtype=np.intp)


def length_weights(views: Sequence[View], outcomes: NDArray[np.str_]) -> Floats:
    """Return (n,) weights under which every outcome has the length distribution of the whole corpus.

    Weighted so, a feature that only tracks length no longer separates the outcomes, and the head has nothing to gain
    from it. No weight is above 5, so that no single case decides.
    """
    lengths = np.log(word_counts(views) + 5)
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.digitize(lengths, edges)
    weights = np.ones(len(views))
    for outcome in np.unique(outcomes):
        own = outcomes == outcome
        for number in np.unique(bins[own]):
            inside = own & (bins == number)
            weights[inside] = (bins == number).mean() / (inside.sum() / own.sum())
    return np.minimum(weights, MAX_WEIGHT)


def length_direction(X: csr_matrix, y: NDArray[np.str_], lengths: Ints) -> Floats:
    """Return (n_features,) the unit vector along which features follow length inside the outcomes.

    It is the covariance of X (n, n_features) with the standardised rank of the lengths (n,), averaged over the outcomes
    y (n,): between them, length and outcome could not be told apart.
    """
    covariance = np.zeros(X.shape[1])
    for outcome in np.unique(y):
        own = np.flatnonzero(y == outcome)
        ranks = rankdata(lengths[own])
        spread = ranks.std()
        if spread:
            covariance += X[own].T @ ((ranks - ranks.mean()) / spread) / len(own)
    norm = float(np.linalg.norm(covariance))
    return covariance / norm if norm else covariance


def length_rho(scores: Floats, lengths: Ints, y: NDArray[np.str_]) -> dict[str, float]:
    """Return Spearman's rank correlation of scores (n,) and lengths (n,) inside each of the outcomes y (n,)."""
    return {
        str(outcome): float(spearmanr(scores[y == outcome], lengths[y == outcome]).statistic)
        for outcome in np.unique(y)
    }
