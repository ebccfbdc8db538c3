"""Views in, predictions out: the fitted features and both heads as one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.features.cut import CutTexts
from pipeline.features.lexicon import signals
from pipeline.features.vectorise import KNOWN_SHARE, ComplaintFeatures
from pipeline.heads.grounds import GroundsHead
from pipeline.heads.outcome import OutcomeHead
from pipeline.heads.reasons import Reasons
from pipeline.params import Params
from pipeline.schema import Ground, Outcome, Prediction, View

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scored:
    """Predictions of n complaints, and what they were made from: see `features.vectorise.Examined`."""

    predictions: list[Prediction]
    known: Floats
    signals: csr_matrix


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
        coefficients += [*grounds.coef_.values(), *grounds.intercept_.values(), *grounds.thresholds_.values()]
        shares = [outcome.classes_, outcome.class_shares_, np.array(outcome.threshold_)]
        return [*self.features.weights(), *coefficients, *shares, grounds.codes_, grounds.left_out_]

    def p_upheld(self, views: Sequence[View]) -> Floats:
        """Return (n,) calibrated probabilities of upheld, corrected to `deployment.upheld_rate`."""
        return self.of_upheld(self.outcome.predict_proba(self.features.transform(views)))

    def ground_scores(self, views: Sequence[View], codes: Sequence[str]) -> Floats:
        """Return (n, len(codes)) scores that rank the grounds of the more likely outcome first, zero for the rest.

        `codes` are in the taxonomy's order, as the head keeps its own.
        """
        X = self.features.transform(views)
        return self.ground_scores_given(X, self.outcome.predict_proba(X), codes)

    def ground_scores_given(self, X: csr_matrix, probabilities: Floats, codes: Sequence[str]) -> Floats:
        """Return the same of features X (n, n_features) and the outcomes' probabilities (n, n_classes)."""
        likely = self.outcome.classes_[probabilities.argmax(axis=1)]
        scores = np.zeros((X.shape[0], len(codes)))
        for outcome in np.unique(likely):
            rows = np.flatnonzero(likely == outcome)
            columns = np.isin(codes, self.grounds.codes_[outcome])
            scores[np.ix_(rows, columns)] = self.grounds.predict_proba(X[rows], outcome)
        return scores

    def ground_sets_given(
        self, X: csr_matrix, probabilities: Floats, codes: Sequence[str]
    ) -> NDArray[np.bool_]:
        """Return (n, len(codes)) True where a ground of the more likely outcome counts as there."""
        likely = self.outcome.classes_[probabilities.argmax(axis=1)]
        sets = np.zeros((X.shape[0], len(codes)), dtype=bool)
        for outcome in np.unique(likely):
            rows = np.flatnonzero(likely == outcome)
            columns = np.isin(codes, self.grounds.codes_[outcome])
            sets[np.ix_(rows, columns)] = self.grounds.predict(X[rows], outcome)
        return sets

    def at_rate(self, upheld_rate: float | None) -> "Heads":
        """Return the same heads, corrected to another share of upheld; None: the share in training."""
        deployment = self.params.deployment.model_copy(update={"upheld_rate": upheld_rate})
        params = self.params.model_copy(update={"deployment": deployment})
        return replace(self, outcome=self.outcome.at_rate(upheld_rate), params=params)

    def predict(self, views: Sequence[View], *, version: str, explain: int = 0) -> list[Prediction]:
        """Return one prediction a view, corrected to `deployment.upheld_rate`; see `score`."""
        return self.score(views, version=version, explain=explain).predictions

    def score(
        self, views: Sequence[View], *, version: str, explain: int = 0, cut: CutTexts | None = None
    ) -> Scored:
        """Return one prediction a view, corrected to `deployment.upheld_rate`, and what it was made from.

        Args:
            views: n complaints.
            version: the name of the bundle.
            explain: how many of the strongest reasons to give besides "other terms"; 0: none at all.
            cut: their texts, where they are cut already.
        """
        if not views:
            return Scored([], np.zeros(0), csr_matrix((0, len(signals()))))
        examined = self.features.examine(views, cut=cut)
        X, known = examined.X, examined.known
        probabilities = self.outcome.predict_proba(X)
        likely = self.outcome.classes_[probabilities.argmax(axis=1)]
        decided = self.decides(probabilities, known)
        grounds = self._ranked_grounds(X, likely)
        rows = zip(
            self.of_upheld(probabilities),
            likely,
            decided,
            grounds,
            self._warnings(views, known),
            strict=True,
        )
        why = (
            Reasons(self.features, self.outcome, self.grounds).of(views, X, explain)
            if explain
            else repeat(())
        )
        predictions = [
            Prediction(round(float(p), 6), Outcome(outcome), bool(sure), ranked, warnings, version, reasons)
            for (p, outcome, sure, ranked, warnings), reasons in zip(rows, why, strict=False)
        ]
        return Scored(predictions, known, examined.signals)

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

    def decides(self, probabilities: Floats, known: Floats) -> NDArray[np.bool_]:
        """Return (n,) False where the model abstains: it sees two outcomes or none, or knows too few of the words."""
        decided: NDArray[np.bool_] = (self.outcome.sets(probabilities).sum(axis=1) == 1) & (
            known >= KNOWN_SHARE
        )
        return decided

    def of_upheld(self, probabilities: Floats) -> Floats:
        """Return the column (n,) of upheld of the outcomes' probabilities (n, n_classes)."""
        return probabilities[:, list(self.outcome.classes_).index(Outcome.UPHELD.value)]

    def _ranked_grounds(
        self, X: csr_matrix, likely: NDArray[np.str_]
    ) -> list[tuple[tuple[Ground, float], ...]]:
        ranked: list[tuple[tuple[Ground, float], ...]] = [()] * len(likely)
        for outcome in np.unique(likely):
            rows = np.flatnonzero(likely == outcome)
            grounds = [Ground(code) for code in self.grounds.codes_[outcome]]
            p = self.grounds.predict_proba(X[rows], outcome)
            best = np.argsort(-p, axis=1, kind="stable")[:, : self.params.grounds.shown]
            shown = zip(best.tolist(), np.take_along_axis(p, best, axis=1).tolist(), strict=True)
            for row, (places, own) in zip(rows.tolist(), shown, strict=True):
                ranked[row] = tuple((grounds[i], round(q, 6)) for i, q in zip(places, own, strict=True))
        return ranked
