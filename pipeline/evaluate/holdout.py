"""Heads and held-back cases in, all figures out: the outcome head beside its baselines, and the grounds head."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorpusError
from pipeline.evaluate.baselines import baseline_scores
from pipeline.evaluate.metrics import (
    Bootstrap,
    Estimate,
    OutcomeCases,
    abstention_figures,
    grounds_figures,
    outcome_figures,
)
from pipeline.features.cut import CutTexts, cut_texts
from pipeline.features.view import view_of_decision
from pipeline.heads import Heads, truth_table, word_counts
from pipeline.params import Params
from pipeline.schema import Decision, Ground, Outcome, View
from pipeline.split import near_duplicate_groups


@dataclass(frozen=True, slots=True)
class Cases:
    """n decisions with their views, near-duplicate groups (n,) and, where somebody has cut them, their texts."""

    decisions: Sequence[Decision]
    views: Sequence[View]
    groups: NDArray[np.intp]
    cut: CutTexts | None = None

    def at(self, positions: NDArray[np.intp]) -> "Cases":
        """Return the cases at these positions."""
        return Cases(
            [self.decisions[i] for i in positions],
            [self.views[i] for i in positions],
            self.groups[positions],
            self.cut and self.cut.at(positions),
        )

    def of(self, *outcomes: Outcome) -> "Cases":
        """Return the cases with one of these outcomes."""
        return self.at(np.flatnonzero([decision.outcome in outcomes for decision in self.decisions]))

    @property
    def upheld(self) -> NDArray[np.intp]:
        """(n,) 1 for upheld, 0 for the rest."""
        return np.array([decision.outcome is Outcome.UPHELD for decision in self.decisions], dtype=np.intp)

    @property
    def known(self) -> OutcomeCases:
        """What the figures of the outcome head need to know of the cases."""
        return OutcomeCases(self.upheld, word_counts(self.views), self.groups)


def cases_of(decisions: Sequence[Decision], params: Params) -> Cases:
    """Return the decisions with what a model may see of them, their near-duplicate groups and their texts, cut."""
    views = [view_of_decision(decision, params.view) for decision in decisions]
    groups = near_duplicate_groups([view.complaint for view in views], params.split.duplicate_similarity)
    return Cases(decisions, views, groups, cut_texts(views, spacy_model=params.features.spacy_model))


@dataclass(frozen=True, slots=True)
class HoldoutFigures:
    """Figures on cases that the heads have not seen.

    `outcome` maps "upheld" (our head) and each baseline to its figures; `grounds` holds those of the grounds head,
    `abstention` how often the outcome head decides, and how right it is then.
    """

    outcome: dict[str, dict[str, Estimate]]
    grounds: dict[str, Estimate]
    abstention: dict[str, Estimate]


def evaluate_holdout(heads: Heads, train: Cases, test: Cases) -> HoldoutFigures:
    """Return the figures of `heads`, which were fitted on `train`, and of the baselines, on `test`.

    Raises:
        CorpusError: `test` lacks upheld or closed cases, so that nothing can be ranked.
    """
    how = Bootstrap(heads.params.evaluate.bootstrap, heads.params.seed)
    _check_both_outcomes(test)
    train, test = (cases.of(Outcome.UPHELD, Outcome.CLOSED) for cases in (train, test))
    X = heads.features.examine(test.views, cut=test.cut).X
    probabilities = heads.outcome.predict_proba(X)
    scores = {"upheld": heads.of_upheld(probabilities)} | baseline_scores(
        train.views, train.upheld, test.views
    )
    band = heads.params.evaluate.length_band
    codes = [ground.value for ground in Ground]
    classes = heads.outcome.classes_.tolist()
    column = np.array([classes.index(decision.outcome.value) for decision in test.decisions])
    sets = heads.outcome.sets(probabilities)
    truth = truth_table([decision.grounds for decision in test.decisions], codes)
    return HoldoutFigures(
        outcome={name: outcome_figures(test.known, score, band, how) for name, score in scores.items()},
        grounds=grounds_figures(truth, heads.ground_scores_given(X, probabilities, codes), test.groups, how),
        abstention=abstention_figures(sets, column, test.groups, how),
    )


def _check_both_outcomes(test: Cases) -> None:
    counts = {o.value: sum(d.outcome is o for d in test.decisions) for o in (Outcome.UPHELD, Outcome.CLOSED)}
    if not all(counts.values()):
        raise CorpusError(
            f"test part: cases by outcome are {counts}; both must be there to be told apart. "
            "Move the split with split.test_from_year, or add decisions."
        )
