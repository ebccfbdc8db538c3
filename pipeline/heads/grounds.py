"""Features, outcomes and grounds in, probabilities of the grounds given the outcome out."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from pipeline.schema import Ground

Floats = NDArray[np.float64]


class GroundsHead(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """One logistic regression a ground, trained on the cases of the ground's own outcome.

    Attributes:
        codes_: outcome to the codes predicted for it, in the taxonomy's order.
        coef_: outcome to coefficients (n_codes, n_features).
        intercept_: outcome to intercepts (n_codes,).
        left_out_: code to the number of training cases, for grounds below `min_support`.
    """

    def __init__(self, *, strength: float = 2.0, min_support: int = 15, seed: int = 0) -> None:
        self.strength = strength
        self.min_support = min_support
        self.seed = seed

    def fit(self, X: csr_matrix, outcomes: NDArray[np.str_], grounds: Sequence[Sequence[Ground]]) -> Self:
        """Fit on X (n, n_features), outcome codes (n,) and the grounds of each case; a case may have several."""
        self.codes_: dict[str, list[str]] = {}
        self.coef_: dict[str, Floats] = {}
        self.intercept_: dict[str, Floats] = {}
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
            self._fit_outcome(outcome, X[rows], truth[:, enough])
        return self

    def _fit_outcome(self, outcome: str, X: csr_matrix, truth: NDArray[np.bool_]) -> None:
        # Threads: the solver releases the interpreter's lock, and nothing is copied.
        models = Parallel(n_jobs=-1, prefer="threads")(
            delayed(self._fit_ground)(X, column) for column in truth.T
        )
        self.coef_[outcome] = np.array([coef for coef, _ in models]).reshape(-1, X.shape[1])
        self.intercept_[outcome] = np.array([intercept for _, intercept in models])

    def _fit_ground(self, X: csr_matrix, truth: NDArray[np.bool_]) -> tuple[Floats, float]:
        if truth.all():  # the only ground of its outcome: nothing to tell apart
            return np.zeros(X.shape[1]), float(np.log(2 * len(truth) + 1))
        model = LogisticRegression(C=self.strength, solver="liblinear", random_state=self.seed).fit(X, truth)
        return model.coef_[0], float(model.intercept_[0])

    def predict_proba(self, X: csr_matrix, outcome: str) -> Floats:
        """Return (n, n_codes) probabilities of the grounds `codes_[outcome]`, given that outcome."""
        probabilities: Floats = expit(X @ self.coef_[outcome].T + self.intercept_[outcome])
        return probabilities


def truth_table(grounds: Sequence[Sequence[Ground]], codes: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n_cases, n_codes) True where a case has a ground."""
    return np.array([[code in case for code in codes] for case in grounds], dtype=bool).reshape(
        -1, len(codes)
    )
