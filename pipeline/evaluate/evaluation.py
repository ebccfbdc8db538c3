"""A bundle's heads and labelled cases in, the whole evaluation out: everything that metrics.json and the page show.

Two kinds of scores are kept apart. *Unseen*: the bundle itself, on cases that it was not trained on. *Splits*: its
recipe, fitted again to one part of the cases and scored on the other, because a bundle's score of cases that it was
trained on says nothing.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorpusError
from pipeline.evaluate.compare import Comparison, compare
from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap, Estimate, Ints, matched_gain
from pipeline.evaluate.quality import (
    GroundFigures,
    figures_by_ground,
    ground_outcome_figures,
    known,
    model_figures,
    score_figures,
)
from pipeline.evaluate.scored import Scored
from pipeline.evaluate.slices import SliceTable, slice_table
from pipeline.evaluate.splits import LearningPoint, learning_curve, plan_splits, run_plans, score_cases
from pipeline.evaluate.strongest import Push, ground_pushes, outcome_pushes
from pipeline.heads import Heads
from pipeline.params import Params
from pipeline.schema import Outcome

UNSEEN = "unseen"
SPLITS = {
    UNSEEN: "the bundle itself on cases it was not trained on",
    "time": "past to future: trained on what was published before the test complaints came in",
    "groups": "cross-validation: near-duplicates kept on one side",
    "organisations": "held-out organisations: no body is in both parts",
}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A bundle to evaluate: its version, its heads, and which of the n cases it was trained on (n,)."""

    version: str
    heads: Heads
    trained: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SplitFigures:
    """One split: its scored cases, the figures of the model and of each baseline, and of the grounds head.

    `gains` maps each baseline to the model's matched AUC less the baseline's, paired.
    """

    name: str
    scored: Scored
    outcome: dict[str, dict[str, Estimate]]
    gains: dict[str, Estimate]
    grounds: dict[str, Estimate]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """All that is known about a bundle.

    Attributes:
        version: the bundle's version.
        splits: name to figures; the first is the headline.
        refused: name of a split to the reason why the cases do not allow it.
        years: year of receipt to figures, under the split `years_split`.
        slices: figures by kind of case, under the same split.
        by_ground: figures by ground, under the headline.
        learning: the learning curve, the fewest training cases first.
        pushes: the strongest features of the outcome head.
        ground_pushes: title of a ground to its strongest features.
        comparison: with another bundle, or None.
    """

    version: str
    splits: dict[str, SplitFigures]
    refused: dict[str, str]
    years_split: str
    years: dict[str, dict[str, Estimate]]
    slices: SliceTable
    by_ground: list[GroundFigures]
    learning: list[LearningPoint]
    pushes: list[Push]
    ground_pushes: dict[str, list[Push]]
    comparison: Comparison | None

    @property
    def headline(self) -> SplitFigures:
        """The split whose figures the first sentences quote."""
        return next(iter(self.splits.values()))


def evaluate(cases: Cases, bundle: Candidate, params: Params, other: Candidate | None = None) -> Evaluation:
    """Return the evaluation of a bundle on n learnable cases, and how it differs from another one.

    Args:
        cases: n cases with their near-duplicate groups.
        bundle: what is evaluated.
        params: how sure and how fine figures are to be (`evaluate`); all else is the bundle's own recipe.
        other: what it is compared with.

    Raises:
        CorpusError: the cases allow neither a direct test nor any split, or the two cannot be compared.
    """
    how, band = Bootstrap(params.evaluate.bootstrap, bundle.heads.params.seed), params.evaluate.length_band
    scored, refused = _all_scores(cases, bundle, params)
    if not any(name in scored for name in SPLITS):
        reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        raise CorpusError(f"corpus: nothing can be measured on it. {reasons}")
    splits = {name: _figures(name, scored[name], band, how) for name in SPLITS if name in scored}
    headline = next(iter(splits.values()))
    widest = splits.get("groups", headline)
    return Evaluation(
        version=bundle.version,
        splits=splits,
        refused=refused,
        years_split=widest.name,
        years=_by_year(widest.scored, band, how),
        slices=slice_table(widest.scored, band, params.evaluate.slice_cases, how),
        by_ground=figures_by_ground(headline.scored, params.evaluate.slice_cases, how),
        learning=learning_curve(scored, band, how),
        pushes=outcome_pushes(bundle.heads),
        ground_pushes=ground_pushes(bundle.heads),
        comparison=_comparison(cases, scored, (bundle, other), params) if other else None,
    )


def _all_scores(cases: Cases, bundle: Candidate, params: Params) -> tuple[dict[str, Scored], dict[str, str]]:
    recipe = bundle.heads.params.model_copy(update={"evaluate": params.evaluate})
    plans, refused = plan_splits(cases, recipe)
    scored = run_plans(plans, cases, recipe)
    unseen = _unseen(cases, bundle.trained)
    upheld = cases.at(unseen).of(Outcome.UPHELD, Outcome.CLOSED).upheld
    rarer, needed = int(min(upheld.sum(), (1 - upheld).sum())), params.evaluate.slice_cases
    if rarer >= needed:
        seen = cases.at(np.flatnonzero(bundle.trained))
        both = len(np.unique(seen.of(Outcome.UPHELD, Outcome.CLOSED).upheld)) == 2
        scored[UNSEEN] = score_cases(bundle.heads, cases.at(unseen), train=seen if both else None)
    else:
        refused[UNSEEN] = (
            f"{len(unseen)} of {len(cases.views)} cases were not in the bundle's training data, {rarer} of the rarer "
            f"outcome; evaluate.slice_cases asks for {needed}."
        )
    return scored, refused


def _unseen(cases: Cases, trained: NDArray[np.bool_]) -> Ints:
    """Return the positions of cases that are neither trained on nor near-duplicates of a case that is."""
    return np.flatnonzero(~trained & ~np.isin(cases.groups, cases.groups[trained]))


def _figures(name: str, scored: Scored, band: float, how: Bootstrap) -> SplitFigures:
    outcome = {"upheld": model_figures(scored, band, how)} | {
        baseline: score_figures(scored, p, band, how) for baseline, p in scored.baselines.items()
    }
    gains = {
        baseline: matched_gain(known(scored), scored.p_upheld, p, band, how)
        for baseline, p in scored.baselines.items()
    }
    return SplitFigures(name, scored, outcome, gains, ground_outcome_figures(scored, how))


def _by_year(scored: Scored, band: float, how: Bootstrap) -> dict[str, dict[str, Estimate]]:
    """Return the figures of every year of receipt with both outcomes and 20 cases or more, the oldest first."""
    years = np.array([view.received_year or 0 for view in scored.cases.views])
    figures = {}
    for year in np.unique(years[years > 0]):
        own = scored.at(years == year)
        if len(own.words) >= 20 and 0 < own.cases.upheld.mean() < 1:
            figures[str(year)] = score_figures(own, own.p_upheld, band, how)
    return figures


def _comparison(
    cases: Cases, scored: dict[str, Scored], pair: tuple[Candidate, Candidate], params: Params
) -> Comparison:
    one, other = pair
    how, band = Bootstrap(params.evaluate.bootstrap, one.heads.params.seed), params.evaluate.length_band
    names = (one.version, other.version)
    unseen = cases.at(_unseen(cases, one.trained | other.trained)).of(Outcome.UPHELD, Outcome.CLOSED)
    if min(unseen.upheld.sum(), (1 - unseen.upheld).sum()) >= params.evaluate.slice_cases:
        scores = (score_cases(one.heads, unseen), score_cases(other.heads, unseen))
        return compare(names, UNSEEN, scores, band, how)
    recipe = other.heads.params.model_copy(update={"evaluate": params.evaluate})
    plans, refused = plan_splits(cases, recipe)
    chosen = next((plan for plan in plans if plan.name in SPLITS and plan.name in scored), None)
    if chosen is None:
        raise CorpusError(f"corpus: the two bundles cannot be compared on it. {'; '.join(refused.values())}")
    theirs = run_plans([chosen], cases, recipe)[chosen.name]
    return compare(names, chosen.name, (scored[chosen.name], theirs), band, how)
