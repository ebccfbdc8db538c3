"""Heads and held-back cases in, all figures out: the outcome head beside its baselines, and the grounds head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.baselines import baseline_scores
from pipeline.evaluate.metrics import Bootstrap, Estimate, OutcomeCases, grounds_figures, outcome_figures
from pipeline.heads import Heads, truth_table
from pipeline.schema import Decision, Ground, Outcome, View


@dataclass(frozen=True, slots=True)
class Cases:
    """n decisions with their views and near-duplicate groups (n,)."""

    decisions: Sequence[Decision]
    views: Sequence[View]
    groups: NDArray[np.intp]

    def at(self, positions: NDArray[np.intp]) -> "Cases":
        """Return the cases at these positions."""
        return Cases(
            [self.decisions[i] for i in positions], [self.views[i] for i in positions], self.groups[positions]
        )

    def of(self, *outcomes: Outcome) -> "Cases":
        """Return the cases with one of these outcomes."""
        return self.at(np.flatnonzero([decision.outcome in outcomes for decision in self.decisions]))

    @property
    def upheld(self) -> NDArray[np.intp]:
        """(n,) 1 for upheld, 0 for the rest."""
        return np.array([decision.outcome is Outcome.UPHELD for decision in self.decisions], dtype=np.intp)


@dataclass(frozen=True, slots=True)
class HoldoutFigures:
    """Figures on cases that the heads have not seen.

    `outcome` maps "upheld" (our head) and each baseline to its figures; `grounds` holds those of the grounds head.
    """

    outcome: dict[str, dict[str, Estimate]]
    grounds: dict[str, Estimate]


def evaluate_holdout(heads: Heads, train: Cases, test: Cases) -> HoldoutFigures:
    """Return the figures of `heads`, which were fitted on `train`, and of the baselines, on `test`."""
    how = Bootstrap(heads.params.evaluate.bootstrap, heads.params.seed)
    train, test = (cases.of(Outcome.UPHELD, Outcome.CLOSED) for cases in (train, test))
    known = OutcomeCases(
        test.upheld, np.array([len(view.complaint.split()) for view in test.views]), test.groups
    )
    scores = {"upheld": heads.p_upheld(test.views)} | baseline_scores(train.views, train.upheld, test.views)
    band = heads.params.evaluate.length_band
    codes = [ground.value for ground in Ground]
    truth = truth_table([decision.grounds for decision in test.decisions], codes)
    return HoldoutFigures(
        outcome={name: outcome_figures(known, score, band, how) for name, score in scores.items()},
        grounds=grounds_figures(truth, heads.ground_scores(test.views, codes), test.groups, how),
    )
