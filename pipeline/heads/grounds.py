"""Features, outcomes and grounds in, probabilities of the grounds given the outcome out."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from pipeline.schema import Ground

MOST_CASES = 10_000  # of an outcome, that choosing thresholds looks at

Floats = NDArray[np.float64]


class GroundsHead(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """One logistic regression a ground, trained on the cases of the ground's own outcome.

    Attributes:
        codes_: outcome to the codes predicted for it, in the taxonomy's order.
        coef_: outcome to coefficients (n_codes, n_features).
        intercept_: outcome to intercepts (n_codes,).
        thresholds_: outcome to the probabilities (n_codes,) from which a ground counts as there: those with the best F1
            on cases that the coefficients behind them had not seen.
        left_out_: code to the number of training cases, for grounds below `min_support`.
    """

    def __init__(
        self, *, strength: float = 2.0, min_support: int = 15, folds: int = 5, seed: int = 0
    ) -> None:
        self.strength = strength
        self.min_support = min_support
        self.folds = folds
        self.seed = seed

    def fit(
        self,
        X: csr_matrix,
        outcomes: NDArray[np.str_],
        grounds: Sequence[Sequence[Ground]],
        *,
        groups: NDArray[np.intp],
    ) -> Self:
        """Fit on X (n, n_features), outcome codes (n,) and the grounds of each case; a case may have several.

        `groups` (n,), near-duplicates, are kept within one fold.
        """
        self.codes_: dict[str, list[str]] = {}
        self.coef_: dict[str, Floats] = {}
        self.intercept_: dict[str, Floats] = {}
        self.thresholds_: dict[str, Floats] = {}
        self.left_out_: dict[str, int] = {}
        for outcome in np.unique(outcomes).tolist():
            rows = np.flatnonzero(outcomes == outcome)
            family = [ground.value for ground in Ground if ground.outcome == outcome]
            truth = truth_table([grounds[row] for row in rows.tolist()], family)
            support = truth.sum(axis=0)
            enough = support >= self.min_support
            self.codes_[outcome] = [code for code, kept in zip(family, enough, strict=True) if kept]
            self.left_out_ |= {
                c: int(n) for c, n in zip(family, support, strict=True) if n < self.min_support
            }
            truth = truth[:, enough]
            self.coef_[outcome], self.intercept_[outcome] = self._fit_grounds(X[rows], truth)
            self.thresholds_[outcome] = self._choose_thresholds(X[rows], truth, groups[rows])
        return self

    def _fit_grounds(self, X: csr_matrix, truth: NDArray[np.bool_]) -> tuple[Floats, Floats]:
        # One after another: liblinear draws from one generator a process, and in threads no two trainings are alike.
        models = [self._fit_ground(X, column) for column in truth.T]
        coef = np.array([coef for coef, _ in models]).reshape(-1, X.shape[1])
        return coef, np.array([intercept for _, intercept in models])

    def _choose_thresholds(self, X: csr_matrix, truth: NDArray[np.bool_], groups: NDArray[np.intp]) -> Floats:
        """Return (n_codes,) thresholds by cross-fitting; a sample of the cases is enough where there are many."""
        rows = np.random.default_rng(self.seed).permutation(X.shape[0])[:MOST_CASES]
        X, truth, groups = X[rows], truth[rows], groups[rows]
        p = np.zeros(truth.shape)
        for train, test in GroupKFold(min(self.folds, len(np.unique(groups)))).split(X, groups=groups):
            coef, intercept = self._fit_grounds(X[train], truth[train])
            p[test] = expit(X[test] @ coef.T + intercept)
        return np.array([best_threshold(p[:, k], truth[:, k]) for k in range(truth.shape[1])])

    def _fit_ground(self, X: csr_matrix, truth: NDArray[np.bool_]) -> tuple[Floats, float]:
        if truth.all() or not truth.any():  # nothing to tell apart
            odds = (truth.sum() + 0.5) / (len(truth) - truth.sum() + 0.5)
            return np.zeros(X.shape[1]), float(np.log(odds))
        # By the dual problem: three times as quick where there are more features than cases.
        model = LogisticRegression(
            C=self.strength, solver="liblinear", dual=True, max_iter=2000, random_state=self.seed
        )
        model.fit(X, truth)
        return model.coef_[0], float(model.intercept_[0])

    def predict_proba(self, X: csr_matrix, outcome: str) -> Floats:
        """Return (n, n_codes) probabilities of the grounds `codes_[outcome]`, given that outcome."""
        probabilities: Floats = expit(X @ self.coef_[outcome].T + self.intercept_[outcome])
        return probabilities

    def predict(self, X: csr_matrix, outcome: str) -> NDArray[np.bool_]:
        """Return (n, n_codes) True where a ground of `codes_[outcome]` counts as there, given that outcome."""
        there: NDArray[np.bool_] = self.predict_proba(X, outcome) >= self.thresholds_[outcome]
        return there


def best_threshold(p: Floats, truth: NDArray[np.bool_]) -> float:
    """Return the probability from which to say yes for the best F1; halfway between the two that it falls between.

    >>> best_threshold(np.array([0.9, 0.6, 0.4, 0.1]), np.array([True, True, False, False]))
    0.5
    """
    order = np.argsort(-p, kind="stable")
    right = np.cumsum(truth[order])
    f1 = 2 * right / (np.arange(1, len(p) + 1) + truth.sum())
    distinct = np.flatnonzero(np.diff(p[order], append=-1.0))  # ties fall on one side
    best = distinct[np.argmax(f1[distinct])]
    below = p[order[best + 1]] if best + 1 < len(p) else 0.0
    return float((p[order[best]] + below) / 2)


def truth_table(grounds: Sequence[Sequence[Ground]], codes: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n_cases, n_codes) True where a case has a ground."""
    return np.array([[code in case for code in codes] for case in grounds], dtype=bool).reshape(
        -1, len(codes)
    )
