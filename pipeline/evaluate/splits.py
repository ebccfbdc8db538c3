"""Cases and settings in, the same cases scored by heads that have not seen them out, under three splits.

A bundle is fitted to all cases of its corpus, so its own score of them is training error. What a split measures is
therefore its recipe: the same settings, fitted again to one part of the cases and scored on the other.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold

from pipeline.errors import CorpusError
from pipeline.evaluate.baselines import baseline_scores
from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap, Estimate, outcome_figures
from pipeline.evaluate.quality import known
from pipeline.evaluate.scored import Scored, joined
from pipeline.heads import Heads, check_outcomes, fit_heads
from pipeline.params import Params
from pipeline.schema import Ground, Outcome
from pipeline.split import split_by_time

Positions = NDArray[np.intp]
Fold = tuple[Positions, Positions]

CODES = [ground.value for ground in Ground]
LEARNING_SHARES = (0.125, 0.25, 0.5)  # of the training cases; the whole is the time split itself


@dataclass(frozen=True, slots=True)
class Plan:
    """One split: its name, its folds of training and test positions, and whether the grounds head is fitted too."""

    name: str
    folds: list[Fold]
    grounds: bool = False


@dataclass(frozen=True, slots=True)
class LearningPoint:
    """What the recipe reaches on the later cases when it learns from only so many of the earlier ones."""

    trained_on: int
    auc: Estimate
    matched_auc: Estimate


def plan_splits(cases: Cases, params: Params) -> tuple[list[Plan], dict[str, str]]:
    """Return the splits that the cases allow, and the reason for each one that they do not."""
    makers = {"time": _time, "groups": _groups, "organisations": _organisations}
    plans: list[Plan] = []
    refused: dict[str, str] = {}
    for name, make in makers.items():
        try:
            folds = _checked(make(cases, params), cases, params)
        except CorpusError as error:
            refused[name] = str(error)
            continue
        plans.append(Plan(name, folds, grounds=name != "organisations"))
        if name == "time":
            plans.extend(_learning(cases, params, folds[0]))
    return plans, refused


def run_plans(plans: Sequence[Plan], cases: Cases, params: Params) -> dict[str, Scored]:
    """Return the scored cases of each plan, by its name; every fold of every plan is one job, on all cores."""
    jobs = [(plan, fold) for plan in plans for fold in plan.folds]
    parts = Parallel(n_jobs=-1)(
        delayed(_refit)(cases.at(train), cases.at(test), _recipe(params, plan))
        for plan, (train, test) in jobs
    )
    return {
        plan.name: joined([part for (own, _), part in zip(jobs, parts, strict=True) if own is plan])
        for plan in plans
    }


def score_cases(heads: Heads, test: Cases, *, train: Cases | None = None) -> Scored:
    """Return the test cases that are upheld or closed, scored by `heads`.

    Args:
        heads: fitted heads that have not seen the test cases.
        test: n cases.
        train: what the baselines learn from; without it only the training share is a baseline.
    """
    test = test.of(Outcome.UPHELD, Outcome.CLOSED)
    examined = heads.features.examine(test.views, cut=test.cut)
    probabilities = heads.outcome.predict_proba(examined.X)
    is_upheld = heads.outcome.classes_ == Outcome.UPHELD.value
    share = np.full(len(test.views), float(heads.outcome.class_shares_[is_upheld].sum()))
    pair = train.of(Outcome.UPHELD, Outcome.CLOSED) if train else None
    with_grounds = any(heads.grounds.codes_.values())
    return Scored(
        cases=test,
        p_upheld=heads.of_upheld(probabilities),
        decided=heads.decides(probabilities, examined.known),
        prior=share,
        baselines=baseline_scores(pair.views, pair.upheld, test.views) if pair else {"prior": share},
        ground_scores=heads.ground_scores_given(examined.X, probabilities, CODES) if with_grounds else None,
        ground_sets=heads.ground_sets_given(examined.X, probabilities, CODES) if with_grounds else None,
        trained_on=len(train.views) if train else 0,
    )


def learning_curve(scored: dict[str, Scored], band: float, how: Bootstrap) -> list[LearningPoint]:
    """Return the learning curve out of the plans that `plan_splits` made for it, the fewest cases first."""
    named = [one for name, one in scored.items() if name == "time" or name.startswith("learning")]
    points = [_point(one, band, how) for one in named]
    return sorted(points, key=lambda point: point.trained_on)


def _point(scored: Scored, band: float, how: Bootstrap) -> LearningPoint:
    figures = outcome_figures(known(scored), scored.p_upheld, band, how)
    return LearningPoint(scored.trained_on, figures["auc"], figures["matched_auc"])


def _refit(train: Cases, test: Cases, params: Params) -> Scored:
    heads = fit_heads(train.decisions, train.views, train.groups, params, cut=train.cut)
    return score_cases(heads, test, train=train)


def _recipe(params: Params, plan: Plan) -> Params:
    """Return the settings, with a grounds head that learns no ground where nobody asks for its figures."""
    if plan.grounds:
        return params
    none = params.grounds.model_copy(update={"min_support": 10**9})
    return params.model_copy(update={"grounds": none})


def _time(cases: Cases, params: Params) -> Iterable[Fold]:
    split = split_by_time(cases.decisions, cases.groups, params.split)
    return [(split.train, split.test)]


def _groups(cases: Cases, params: Params) -> Iterator[Fold]:
    return _folds(cases, cases.groups, params)


def _organisations(cases: Cases, params: Params) -> Iterator[Fold]:
    """Yield folds that share neither an organisation nor a near-duplicate."""
    _, bodies = np.unique([view.organisation for view in cases.views], return_inverse=True)
    for train, test in _folds(cases, bodies, params):
        yield train[~np.isin(cases.groups[train], cases.groups[test])], test


def _folds(cases: Cases, groups: Positions, params: Params) -> Iterator[Fold]:
    if len(np.unique(groups)) < params.evaluate.folds:
        raise CorpusError(f"fewer than {params.evaluate.folds} groups to hold out, see evaluate.folds.")
    outcomes = np.array([decision.outcome.value for decision in cases.decisions])
    _, counts = np.unique(outcomes, return_counts=True)
    if counts.min() < params.evaluate.folds:
        raise CorpusError(f"an outcome has fewer cases than evaluate.folds, {params.evaluate.folds}.")
    how = StratifiedGroupKFold(params.evaluate.folds, shuffle=True, random_state=params.seed)
    yield from how.split(outcomes, outcomes, groups)


def _learning(cases: Cases, params: Params, whole: Fold) -> Iterator[Plan]:
    train, test = whole
    order = np.random.default_rng(params.seed).permutation(train)
    for share in LEARNING_SHARES:
        part = np.sort(order[: round(len(order) * share)])
        try:
            yield Plan(f"learning {share}", _checked([(part, test)], cases, params))
        except CorpusError:
            continue  # a point fewer on the curve


def _checked(folds: Iterable[Fold], cases: Cases, params: Params) -> list[Fold]:
    """Return the folds.

    Raises:
        CorpusError: a fold cannot teach an outcome head, or has one outcome only to be tested on.
    """
    kept = list(folds)
    for train, test in kept:
        check_outcomes([cases.decisions[i] for i in train], params, "training fold")
        if len(np.unique(cases.at(test).of(Outcome.UPHELD, Outcome.CLOSED).upheld)) < 2:
            raise CorpusError("the test cases have one outcome only.")
    return kept
