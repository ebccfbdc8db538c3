"""Features, outcomes and grounds in, probabilities of the grounds given the outcome out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import csr_matrix, vstack
from scipy.special import expit
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from pipeline.heads.appraised import Appraised, soft_rows
from pipeline.schema import Ground

MOST_CASES = 10_000  # of an outcome, that choosing thresholds looks at
FOLDS = 3  # of the cross-fitting behind shifts and thresholds: single numbers, which more folds hardly move

Floats = NDArray[np.float64]


class GroundsHead(BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """One logistic regression a ground, trained on the cases of the ground's own outcome.

    Where readers have said which grounds they expect, `appraised_share` of what a case teaches is that; a case of
    another outcome and a complaint that nobody has decided teach what is expected of them, with `appraised_weight`.

    Probabilities are calibrated in the large: their mean over cases that a model did not train on is the share of cases
    that have the ground.

    Attributes:
        codes_: outcome to the codes predicted for it, in the taxonomy's order.
        coef_: outcome to coefficients (n_codes, n_features).
        intercept_: outcome to intercepts (n_codes,).
        thresholds_: outcome to the probabilities (n_codes,) from which a ground counts as there: those with the best F1
            on cases that the coefficients behind them had not seen.
        left_out_: code to the number of training cases, for grounds below `min_support`.
    """

    def __init__(
        self,
        *,
        strength: float = 4.0,
        min_support: int = 15,
        appraised_share: float = 0.0,
        appraised_weight: float = 0.0,
        seed: int = 0,
    ) -> None:
        self.strength = strength
        self.min_support = min_support
        self.appraised_share = appraised_share
        self.appraised_weight = appraised_weight
        self.seed = seed

    def fit(
        self,
        X: csr_matrix,
        outcomes: NDArray[np.str_],
        grounds: Sequence[Sequence[Ground]],
        *,
        groups: NDArray[np.intp],
        appraised: Appraised | None = None,
    ) -> Self:
        """Fit on X (n, n_features), outcome codes (n,) and the grounds of each case; a case may have several.

        `groups` (n,), near-duplicates, are kept within one fold; `appraised` is what readers expect.
        """
        self.codes_: dict[str, list[str]] = {}
        self.coef_: dict[str, Floats] = {}
        self.intercept_: dict[str, Floats] = {}
        self.thresholds_: dict[str, Floats] = {}
        self.left_out_: dict[str, int] = {}
        for outcome in np.unique(outcomes).tolist():
            own = outcomes == outcome
            family = [ground.value for ground in Ground if ground.outcome == outcome]
            truth = truth_table(grounds, family)
            support = truth[own].sum(axis=0)
            enough = support >= self.min_support
            self.codes_[outcome] = [code for code, kept in zip(family, enough, strict=True) if kept]
            self.left_out_ |= {
                c: int(n) for c, n in zip(family, support, strict=True) if n < self.min_support
            }
            truth = truth[:, enough]
            lessons = _Lessons(X[own], truth[own].astype(float), np.ones(int(own.sum())))
            if appraised and self.codes_[outcome]:
                lessons = self._tempered(lessons, X, own, appraised.on(self.codes_[outcome]))
            self.coef_[outcome], self.intercept_[outcome] = self._fit_grounds(lessons)
            rows, scores = self._cross_fit(lessons, groups[own])
            truth = truth[own][rows]
            shifts = np.array(
                [calibrating_shift(z, there) for z, there in zip(scores.T, truth.T, strict=True)]
            )
            self.intercept_[outcome] += shifts
            p = expit(scores + shifts)
            self.thresholds_[outcome] = np.array(list(map(best_threshold, p.T, truth.T)))
        return self

    def _tempered(
        self, lessons: "_Lessons", X: csr_matrix, own: NDArray[np.bool_], appraised: Appraised
    ) -> "_Lessons":
        """Return the lessons of an outcome's `own` cases (n,), tempered by what readers expect, and the others behind.

        `appraised` is of the grounds of this outcome only.
        """
        expected = appraised.cases.grounds
        read = np.nansum(expected, axis=1) > 0  # who names no ground of an outcome was not asked for any
        shares = lessons.shares.copy()
        shares[read[own]] += self.appraised_share * (expected[read & own] - shares[read[own]])
        others = read & ~own
        further = np.concatenate([expected[others], appraised.further.grounds])
        return _Lessons(
            vstack([lessons.X, X[others], appraised.X], format="csr"),
            np.concatenate([shares, further]),
            np.append(lessons.weights, np.full(len(further), self.appraised_weight)),
        )

    def _fit_grounds(self, lessons: "_Lessons") -> tuple[Floats, Floats]:
        # One after another: liblinear draws from one generator a process, and in threads no two trainings are alike.
        models = [self._fit_ground(lessons, column) for column in lessons.shares.T]
        coef = np.array([coef for coef, _ in models]).reshape(-1, lessons.X.shape[1])
        return coef, np.array([intercept for _, intercept in models])

    def _cross_fit(self, lessons: "_Lessons", groups: NDArray[np.intp]) -> tuple[NDArray[np.intp], Floats]:
        """Return which of the outcome's own cases were looked at (n,), and their scores by models not trained on them.

        A sample of the cases is enough where there are many. Scores are (n, n_codes) log-odds.
        """
        rows = np.random.default_rng(self.seed).permutation(len(groups))[:MOST_CASES]
        further = np.arange(len(groups), len(lessons.shares))
        scores = np.zeros((len(rows), lessons.shares.shape[1]))
        folds = GroupKFold(min(FOLDS, len(np.unique(groups[rows]))))
        for train, test in folds.split(rows, groups=groups[rows]):
            coef, intercept = self._fit_grounds(lessons.at(np.append(rows[train], further)))
            scores[test] = lessons.X[rows[test]] @ coef.T + intercept
        return rows, scores

    def _fit_ground(self, lessons: "_Lessons", shares: Floats) -> tuple[Floats, float]:
        total, there = lessons.weights.sum(), lessons.weights @ shares
        if there in (0, total):  # nothing to tell apart
            return np.zeros(lessons.X.shape[1]), float(np.log((there + 0.5) / (total - there + 0.5)))
        rows, classes, weights = soft_rows(np.c_[1 - shares, shares], lessons.weights)
        # By the dual problem: three times as quick where there are more features than cases. The tolerance saves a
        # quarter of the time, and moves no probability by a thousandth.
        model = LogisticRegression(
            C=self.strength, solver="liblinear", dual=True, tol=0.01, max_iter=2000, random_state=self.seed
        )
        model.fit(lessons.X[rows], classes, sample_weight=weights)
        return model.coef_[0], float(model.intercept_[0])

    def predict_proba(self, X: csr_matrix, outcome: str) -> Floats:
        """Return (n, n_codes) probabilities of the grounds `codes_[outcome]`, given that outcome."""
        probabilities: Floats = expit(X @ self.coef_[outcome].T + self.intercept_[outcome])
        return probabilities

    def predict(self, X: csr_matrix, outcome: str) -> NDArray[np.bool_]:
        """Return (n, n_codes) True where a ground of `codes_[outcome]` counts as there, given that outcome."""
        there: NDArray[np.bool_] = self.predict_proba(X, outcome) >= self.thresholds_[outcome]
        return there


@dataclass(frozen=True, slots=True)
class _Lessons:
    """Features (n, n_features), shares of each ground (n, n_codes) and weights (n,) to learn from."""

    X: csr_matrix
    shares: Floats
    weights: Floats

    def at(self, rows: NDArray[np.intp]) -> "_Lessons":
        return _Lessons(self.X[rows], self.shares[rows], self.weights[rows])


def calibrating_shift(scores: Floats, truth: NDArray[np.bool_]) -> float:
    """Return what to add to log-odds (n,), so that their mean probability is the share of cases that have the ground.

    >>> float(np.round(calibrating_shift(np.array([1.0, 1.0]), np.array([True, False])), 6))
    -1.0
    """
    if truth.all() or not truth.any():
        return 0.0
    return float(brentq(lambda shift: expit(scores + shift).mean() - truth.mean(), -30, 30))


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
