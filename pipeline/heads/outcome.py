"""Features and outcomes in, calibrated probabilities and conformal sets of the outcomes out."""

from copy import copy
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold

from pipeline.heads.appraised import Appraised, soft_rows
from pipeline.heads.length import length_direction, length_rho
from pipeline.schema import Outcome

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


PAIR = (Outcome.UPHELD.value, Outcome.CLOSED.value)  # what an appraisal weighs against each other


class OutcomeHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Logistic regression, Platt-scaled on scores of cases it did not train on, with a conformal threshold.

    `appraised_share` of what a case teaches is what readers expect of it, the rest its outcome; a complaint that nobody
    has decided teaches what is expected of it, with `appraised_weight`.

    Attributes:
        classes_: (n_classes,) outcome codes, sorted.
        class_shares_: (n_classes,) their shares in training.
        calibration_probabilities_: (n, n_classes) of the training cases, each by a model that did not train on it.
        calibration_truth_: (n,) their outcomes, as places in `classes_`.
        length_rho_: outcome to Spearman's rho of the length of its training cases and their probability of upheld,
            by a model that did not train on them.
        threshold_: outcomes whose probability is at least this are in the conformal set (LAC, Sadinle et al. 2019),
            which holds the true one in 1 - `error_rate` of the cases that are like the training ones in all but the
            share of upheld.
    """

    def __init__(
        self,
        *,
        strength: float = 6.0,
        folds: int = 5,
        error_rate: float = 0.2,
        upheld_rate: float | None = None,
        length_correction: float = 0.0,
        appraised_share: float = 0.0,
        appraised_weight: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.strength = strength
        self.folds = folds
        self.error_rate = error_rate
        self.upheld_rate = upheld_rate
        self.length_correction = length_correction
        self.appraised_share = appraised_share
        self.appraised_weight = appraised_weight
        self.seed = seed

    def fit(
        self,
        X: csr_matrix,
        y: NDArray[np.str_],
        *,
        groups: Ints,
        sample_weight: Floats,
        lengths: Ints | None = None,
        appraised: Appraised | None = None,
    ) -> Self:
        """Fit on X (n, n_features) and outcome codes y (n,).

        Args:
            X: features.
            y: outcomes.
            groups: (n,) near-duplicates, kept within one fold.
            sample_weight: (n,) for the classifier; calibration is unweighted.
            lengths: (n,) words of each complaint, for `length_correction`.
            appraised: what readers expect, which tempers the outcomes that the classifier learns; calibration does not.
        """
        self.classes_, counts = np.unique(y, return_counts=True)
        self.class_shares_ = counts / len(y)
        cases = _Cases(X, y, sample_weight, lengths, appraised)
        scores = self._cross_fit(cases, groups)
        self.classifier_ = self._classifier(cases)
        # Unweighted: a probability must hold for complaints as they come, whatever weights taught the ranking.
        self.calibrator_ = LogisticRegression(C=np.inf, max_iter=2000).fit(scores, y)
        self.calibration_probabilities_ = self.calibrator_.predict_proba(scores)
        self.calibration_truth_ = np.searchsorted(self.classes_, y)
        self.threshold_ = self._conformal_threshold()
        if lengths is not None:
            self.length_rho_ = length_rho(self.calibration_probabilities_[:, -1], lengths, y)
        return self

    def fit_classifier(
        self,
        X: csr_matrix,
        y: NDArray[np.str_],
        *,
        sample_weight: Floats,
        lengths: Ints | None = None,
        appraised: Appraised | None = None,
    ) -> LogisticRegression:
        """Return the classifier inside this head, fitted and corrected for length, without calibration; see `fit`."""
        return self._classifier(_Cases(X, y, sample_weight, lengths, appraised))

    def _classifier(self, cases: "_Cases") -> LogisticRegression:
        classes = np.unique(cases.y)
        X, shares, weights = self._lessons(cases, classes)
        rows, columns, weights = soft_rows(shares, weights)
        # The quicker solver takes two outcomes only; its dual problem is the quicker one with more features than cases.
        options = {"solver": "liblinear", "dual": True} if len(classes) == 2 else {"solver": "lbfgs"}
        model = LogisticRegression(C=self.strength, max_iter=2000, random_state=self.seed, **options)
        model.fit(X[rows], classes[columns], sample_weight=weights)
        if cases.lengths is not None and self.length_correction:
            own = model.coef_[-1]  # those of upheld, the last of the classes
            direction = length_direction(cases.X, cases.y, cases.lengths)
            own -= self.length_correction * np.linalg.norm(own) * direction
        return model

    def _lessons(self, cases: "_Cases", classes: NDArray[np.str_]) -> tuple[csr_matrix, Floats, Floats]:
        """Return features (n, n_features), shares of the classes (n, n_classes) and weights (n,) to learn from."""
        shares = (cases.y[:, None] == classes).astype(float)
        if cases.appraised is None:
            return cases.X, shares, cases.weights
        expected = cases.appraised.cases.upheld
        read = np.isfinite(expected) & np.isin(cases.y, PAIR)
        shares[read] += self.appraised_share * (_of_pair(expected[read], classes) - shares[read])
        further = _of_pair(cases.appraised.further.upheld, classes)
        return (
            vstack([cases.X, cases.appraised.X], format="csr"),
            np.concatenate([shares, further]),
            np.append(cases.weights, np.full(len(further), self.appraised_weight)),
        )

    def _cross_fit(self, cases: "_Cases", groups: Ints) -> Floats:
        """Return scores (n, n_scores), each by a model that trained on neither the case nor its near-duplicates."""
        how = StratifiedGroupKFold(self.folds, shuffle=True, random_state=self.seed)
        folds = list(how.split(cases.X, cases.y, groups))
        # One after another: liblinear draws from one generator a process, and in threads no two trainings are alike.
        models = [self._classifier(cases.at(train)) for train, _ in folds]
        scores = np.zeros((len(cases.y), 1 if len(self.classes_) == 2 else len(self.classes_)))
        for model, (_, test) in zip(models, folds, strict=True):
            scores[test] = _columns(model.decision_function(cases.X[test]))
        return scores

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

    def cross_fitted(self) -> Floats:
        """Return (n, n_classes) probabilities of the training cases as if they were new, at the target shares."""
        return self._shifted(self.calibration_probabilities_)

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
        of_truth = self.cross_fitted()[np.arange(len(truth)), truth]
        weights = (self.target_shares() / self.class_shares_)[truth]
        order = np.argsort(-of_truth, kind="stable")
        reached = np.cumsum(weights[order]) / (
            weights.sum() + weights.mean()
        )  # one more case: the one to come
        last = np.searchsorted(reached, 1 - self.error_rate)
        return float(of_truth[order[last]]) if last < len(truth) else 0.0


@dataclass(frozen=True, slots=True)
class _Cases:
    """What `OutcomeHead.fit` is given, in one piece."""

    X: csr_matrix
    y: NDArray[np.str_]
    weights: Floats
    lengths: Ints | None
    appraised: Appraised | None

    def at(self, rows: Ints) -> "_Cases":
        lengths = None if self.lengths is None else self.lengths[rows]
        appraised = self.appraised and self.appraised.at(rows)
        return _Cases(self.X[rows], self.y[rows], self.weights[rows], lengths, appraised)


def _of_pair(p_upheld: Floats, classes: NDArray[np.str_]) -> Floats:
    """Return shares (n, n_classes): p_upheld (n,) at upheld, the rest at closed, nothing elsewhere."""
    upheld, closed = PAIR
    return np.outer(p_upheld, classes == upheld) + np.outer(1 - p_upheld, classes == closed)


def _columns(scores: Floats) -> Floats:
    return scores.reshape(len(scores), -1)
