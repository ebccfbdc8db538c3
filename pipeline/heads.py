"""Views and labels in, two fitted heads out: one for the outcome, calibrated by cross-fitting, one for the grounds.

Refuses a corpus with fewer than `MIN_CASES` cases of an outcome. No text, length or organisation enters but through
`features`; training weights take the length that the features still carry away from the outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from pipeline.errors import CorpusError
from pipeline.features.vectorise import KNOWN_SHARE, ComplaintFeatures
from pipeline.params import Params
from pipeline.schema import Decision, Ground, Outcome, Prediction, View

MIN_CASES = 30
LENGTH_BINS = 8
MAX_WEIGHT = 5.0

Floats = NDArray[np.float64]


class OutcomeHead(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is untyped
    """Logistic regression, Platt-scaled on scores of cases it did not train on, with a conformal threshold.

    Attributes:
        classes_: (n_classes,) outcome codes, sorted.
        class_shares_: (n_classes,) their shares in training.
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
        self.threshold_ = self._conformal_threshold(self.calibrator_.predict_proba(_columns(scores)), y)
        return self

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

    def sets(self, probabilities: Floats) -> NDArray[np.bool_]:
        """Return the conformal sets (n, n_classes), True where an outcome is in."""
        inside: NDArray[np.bool_] = probabilities >= self.threshold_
        return inside

    def _shifted(self, probabilities: Floats) -> Floats:
        shifted = probabilities * (self.target_shares() / self.class_shares_)
        normalised: Floats = shifted / shifted.sum(axis=1, keepdims=True)
        return normalised

    def _conformal_threshold(self, probabilities: Floats, y: NDArray[np.str_]) -> float:
        """Return the probability that the true outcomes reach in 1 - `error_rate` of cases weighed to the target."""
        truth = np.searchsorted(self.classes_, y)
        of_truth = self._shifted(probabilities)[np.arange(len(y)), truth]
        weights = (self.target_shares() / self.class_shares_)[truth]
        order = np.argsort(-of_truth, kind="stable")
        reached = np.cumsum(weights[order]) / (
            weights.sum() + weights.mean()
        )  # one more case: the one to come
        last = np.searchsorted(reached, 1 - self.error_rate)
        return float(of_truth[order[last]]) if last < len(y) else 0.0


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


@dataclass(frozen=True, slots=True)
class Heads:
    """The fitted features and both heads: everything that turns views into predictions."""

    features: ComplaintFeatures
    outcome: OutcomeHead
    grounds: GroundsHead
    params: Params

    def weights(self) -> list[NDArray[Any] | list[str] | dict[str, Any]]:
        """Return all that was learnt, for a digest: scikit-learn's estimators hold memory addresses besides."""
        outcome, grounds = self.outcome, self.grounds
        linear = (outcome.classifier_, outcome.calibrator_)
        coefficients = [part for model in linear for part in (model.coef_, model.intercept_)]
        coefficients += [*grounds.coef_.values(), *grounds.intercept_.values()]
        shares = [outcome.classes_, outcome.class_shares_, np.array(outcome.threshold_)]
        return [*self.features.weights(), *coefficients, *shares, grounds.codes_, grounds.left_out_]

    def p_upheld(self, views: Sequence[View]) -> Floats:
        """Return (n,) calibrated probabilities of upheld, corrected to `deployment.upheld_rate`."""
        return self._column(self.outcome.predict_proba(self.features.transform(views)), Outcome.UPHELD)

    def ground_scores(self, views: Sequence[View], codes: Sequence[str]) -> Floats:
        """Return (n, len(codes)) scores that rank the grounds of the more likely outcome first, zero for the rest.

        `codes` are in the taxonomy's order, as the head keeps its own.
        """
        X = self.features.transform(views)
        likely = self.outcome.classes_[self.outcome.predict_proba(X).argmax(axis=1)]
        scores = np.zeros((len(views), len(codes)))
        for outcome in np.unique(likely):
            rows = np.flatnonzero(likely == outcome)
            columns = np.isin(codes, self.grounds.codes_[outcome])
            scores[np.ix_(rows, columns)] = self.grounds.predict_proba(X[rows], outcome)
        return scores

    def predict(self, views: Sequence[View], *, version: str) -> list[Prediction]:
        """Return one prediction a view, corrected to `deployment.upheld_rate`."""
        if not views:
            return []
        X, known = self.features.transform_and_compare(views)
        probabilities = self.outcome.predict_proba(X)
        likely = self.outcome.classes_[probabilities.argmax(axis=1)]
        decided = (self.outcome.sets(probabilities).sum(axis=1) == 1) & (known >= KNOWN_SHARE)
        grounds = self._ranked_grounds(X, likely)
        rows = zip(
            self._column(probabilities, Outcome.UPHELD),
            likely,
            decided,
            grounds,
            self._warnings(views, known),
            strict=True,
        )
        return [
            Prediction(round(float(p), 6), Outcome(outcome), bool(sure), ranked, warnings, version)
            for p, outcome, sure, ranked, warnings in rows
        ]

    def _warnings(self, views: Sequence[View], known: Floats) -> list[tuple[str, ...]]:
        """Return what each of n predictions should be read with; `known` (n,) are shares of known words."""
        seen = set(self.features.categories_.tolist())
        return [
            tuple(
                name
                for name, holds in {
                    "truncated": view.truncated,
                    "very_short": len(view.complaint.split()) < self.params.view.min_words,
                    "no_category": not view.category,
                    "unseen_category": bool(view.category) and view.category not in seen,
                    "out_of_distribution": share < KNOWN_SHARE,
                }.items()
                if holds
            )
            for view, share in zip(views, known, strict=True)
        ]

    def _column(self, probabilities: Floats, outcome: Outcome) -> Floats:
        return probabilities[:, list(self.outcome.classes_).index(outcome.value)]

    def _ranked_grounds(
        self, X: csr_matrix, likely: NDArray[np.str_]
    ) -> list[tuple[tuple[Ground, float], ...]]:
        ranked: list[tuple[tuple[Ground, float], ...]] = [()] * len(likely)
        for outcome in np.unique(likely):
            rows = np.flatnonzero(likely == outcome)
            codes = self.grounds.codes_[outcome]
            for row, p in zip(rows, self.grounds.predict_proba(X[rows], outcome), strict=True):
                best = np.argsort(-p, kind="stable")[: self.params.grounds.shown]
                ranked[row] = tuple((Ground(codes[i]), round(float(p[i]), 6)) for i in best)
        return ranked


def fit_heads(
    decisions: Sequence[Decision], views: Sequence[View], groups: NDArray[np.intp], params: Params
) -> Heads:
    """Return heads fitted on n decisions, their views and near-duplicate groups (n,).

    Raises:
        CorpusError: fewer than 30 cases of an outcome, or one outcome only.
    """
    check_outcomes(decisions, params, "training part")
    outcomes = np.array([decision.outcome.value for decision in decisions])
    features = ComplaintFeatures.from_params(params.features)
    X = features.fit_transform(views)
    weights = length_weights(views, outcomes) if params.outcome.balance_length else np.ones(len(views))
    outcome = OutcomeHead(
        strength=params.outcome.strength,
        folds=params.calibration.folds,
        error_rate=params.score.error_rate,
        upheld_rate=params.deployment.upheld_rate,
        seed=params.seed,
    ).fit(X, outcomes, groups=groups, sample_weight=weights)
    grounds = GroundsHead(
        strength=params.grounds.strength, min_support=params.grounds.min_support, seed=params.seed
    ).fit(X, outcomes, [decision.grounds for decision in decisions])
    return Heads(features, outcome, grounds, params)


def learnable(decisions: Sequence[Decision], params: Params) -> list[Decision]:
    """Return the decisions that the outcome head learns from: `not_upheld` only where it is a class of its own."""
    keep = {Outcome.UPHELD, Outcome.CLOSED}
    if params.outcome.not_upheld == "class":
        keep.add(Outcome.NOT_UPHELD)
    return [decision for decision in decisions if decision.outcome in keep]


def check_outcomes(decisions: Sequence[Decision], params: Params, where: str) -> None:
    """Refuse decisions that cannot teach an outcome head; `where` says which they are.

    Raises:
        CorpusError: fewer than 30 cases of an outcome that is to be learnt.
    """
    wanted = [Outcome.UPHELD, Outcome.CLOSED]
    if params.outcome.not_upheld == "class":
        wanted.append(Outcome.NOT_UPHELD)
    counts = {wish.value: sum(decision.outcome is wish for decision in decisions) for wish in wanted}
    if min(counts.values()) < MIN_CASES:
        raise CorpusError(
            f"{where}: cases by outcome are {counts}; each must have at least {MIN_CASES} to learn from. "
            "Add decisions of the rarer outcome, or move the split with split.test_from_year."
        )


def truth_table(grounds: Sequence[Sequence[Ground]], codes: Sequence[str]) -> NDArray[np.bool_]:
    """Return (n_cases, n_codes) True where a case has a ground."""
    return np.array([[code in case for code in codes] for case in grounds], dtype=bool).reshape(
        -1, len(codes)
    )


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
