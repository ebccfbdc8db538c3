"""Features and outcomes in, calibrated probabilities and conformal sets of the outcomes out.

Calibrated by cross-fitting. Training weights take the length that the features still carry away from the outcome.
"""

from collections.abc import Sequence
from copy import copy
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from pipeline.schema import Outcome, View

LENGTH_BINS = 8
MAX_WEIGHT = 5.0

Floats = NDArray[np.float64]


class OutcomeHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Logistic regression, Platt-scaled on scores of cases it did not train on, with a conformal threshold.

    Attributes:
        classes_: (n_classes,) outcome codes, sorted.
        class_shares_: (n_classes,) their shares in training.
        calibration_probabilities_: (n, n_classes) of the training cases, each by a model that did not train on it.
        calibration_truth_: (n,) their outcomes, as places in `classes_`.
        threshold_: outcomes whose probability is at least this are in the conformal set (LAC, Sadinle et al. 2019),
            which holds the true one in 1 - `error_rate` of the cases that are like the training ones in all but the
            share of upheld.
    """

    def __init__(
        self,
        *,
        strength: float = 3.0,
        folds: int = 5,
        error_rate: float = 0.2,
        upheld_rate: float | None = None,
        seed: int = 0,
    ) -> None:
        self.strength = strength
        self.folds = folds
        self.error_rate = error_rate
        self.upheld_rate = upheld_rate
        self.seed = seed

    def fit(
        self, X: csr_matrix, y: NDArray[np.str_], *, groups: NDArray[np.intp], sample_weight: Floats
    ) -> Self:
        """Fit on X (n, n_features) and outcome codes y (n,); `groups` (n,) are kept within one fold."""
        solver = "liblinear" if len(np.unique(y)) == 2 else "lbfgs"  # the quicker one takes two outcomes only
        model = LogisticRegression(C=self.strength, solver=solver, max_iter=2000, random_state=self.seed)
        folds = StratifiedGroupKFold(self.folds, shuffle=True, random_state=self.seed)
        scores = cross_val_predict(
            model,
            X,
            y,
            groups=groups,
            cv=folds,
            method="decision_function",
            params={"sample_weight": sample_weight},
        )
        self.classifier_ = model.fit(X, y, sample_weight=sample_weight)
        # Unweighted: a probability must hold for complaints as they come, whatever weights taught the ranking.
        self.calibrator_ = LogisticRegression(C=np.inf, max_iter=2000).fit(_columns(scores), y)
        self.classes_, counts = np.unique(y, return_counts=True)
        self.class_shares_ = counts / len(y)
        self.calibration_probabilities_ = self.calibrator_.predict_proba(_columns(scores))
        self.calibration_truth_ = np.searchsorted(self.classes_, y)
        self.threshold_ = self._conformal_threshold()
        return self

    def at_rate(self, upheld_rate: float | None) -> Self:
        """Return the same fitted head, corrected to another share of upheld; None: the share in training."""
        head = copy(self)
        head.upheld_rate = upheld_rate
        head.threshold_ = head._conformal_threshold()
        return head

    def target_shares(self) -> Floats:
        """Return (n_classes,) the shares where the model is used: `upheld_rate`, the rest in its old proportions."""
        if self.upheld_rate is None:
            return self.class_shares_
        is_upheld = self.classes_ == Outcome.UPHELD.value
        rest = self.class_shares_ / self.class_shares_[~is_upheld].sum() * (1 - self.upheld_rate)
        return np.where(is_upheld, self.upheld_rate, rest)

    def predict_proba(self, X: csr_matrix) -> Floats:
        """Return calibrated probabilities (n, n_classes), in the order of `classes_`, at the target shares.

        Bayes' rule with the class shares exchanged (Saerens, Latinne & Decaestecker 2002).
        """
        scores = _columns(self.classifier_.decision_function(X))
        return self._shifted(self.calibrator_.predict_proba(scores))

    def log_odds(self) -> tuple[Floats, float]:
        """Return weights (n_features,) and the start of the log-odds of upheld against closed, linear in features."""
        upheld, closed = (list(self.classes_).index(o.value) for o in (Outcome.UPHELD, Outcome.CLOSED))
        classifier, calibrator = self.classifier_, self.calibrator_
        if len(self.classes_) == 2:
            towards, offset = calibrator.coef_[0], calibrator.intercept_[0]
        else:
            towards = calibrator.coef_[upheld] - calibrator.coef_[closed]
            offset = calibrator.intercept_[upheld] - calibrator.intercept_[closed]
        shift = np.log(self.target_shares() / self.class_shares_)
        start = towards @ classifier.intercept_ + offset + shift[upheld] - shift[closed]
        return towards @ classifier.coef_, float(start)

    def sets(self, probabilities: Floats) -> NDArray[np.bool_]:
        """Return the conformal sets (n, n_classes), True where an outcome is in."""
        inside: NDArray[np.bool_] = probabilities >= self.threshold_
        return inside

    def _shifted(self, probabilities: Floats) -> Floats:
        shifted = probabilities * (self.target_shares() / self.class_shares_)
        normalised: Floats = shifted / shifted.sum(axis=1, keepdims=True)
        return normalised

    def _conformal_threshold(self) -> float:
        """Return the probability that the true outcomes reach in 1 - `error_rate` of cases weighed to the target."""
        truth = self.calibration_truth_
        of_truth = self._shifted(self.calibration_probabilities_)[np.arange(len(truth)), truth]
        weights = (self.target_shares() / self.class_shares_)[truth]
        order = np.argsort(-of_truth, kind="stable")
        reached = np.cumsum(weights[order]) / (
            weights.sum() + weights.mean()
        )  # one more case: the one to come
        last = np.searchsorted(reached, 1 - self.error_rate)
        return float(of_truth[order[last]]) if last < len(truth) else 0.0


def length_weights(views: Sequence[View], outcomes: NDArray[np.str_]) -> Floats:
    """Return (n,) weights under which every outcome has the length distribution of the whole corpus.

    Length is the largest leak: investigators write more about cases they investigated. Weighted so, a feature that
    only tracks length no longer separates the outcomes, and the head has nothing to gain from it.
    """
    lengths = np.log([len(view.complaint.split()) + 5 for view in views])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, LENGTH_BINS + 1)[1:-1]))
    bins = np.digitize(lengths, edges)
    weights = np.ones(len(views))
    for outcome in np.unique(outcomes):
        own = outcomes == outcome
        for number in np.unique(bins[own]):
            inside = own & (bins == number)
            weights[inside] = (bins == number).mean() / (inside.sum() / own.sum())
    return np.minimum(weights, MAX_WEIGHT)


def _columns(scores: Floats) -> Floats:
    return scores.reshape(len(scores), -1)
