"""Past cases and a space of settings in, the settings that rank them best out, with the margin over today's.

Candidates are drawn at random and compared by cross-validation on the past alone, so that the later cases on which
training reports stay unseen. A candidate wins only where it beats today's settings by more than chance: the plainest
thing that explains a small margin is the draw.

Every score is kept on disk as soon as it is there (joblib.Memory), under a key made of the cases, the settings and the
versions: a search that was stopped goes on where it was.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import ParameterSampler, StratifiedGroupKFold

from pipeline.corpus.appraisals import appraisals_digest
from pipeline.errors import ParamsError
from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import (
    Bootstrap,
    Estimate,
    Figure,
    Floats,
    bootstrap,
    matched_figure,
)
from pipeline.features.lexicon import lexicon_digest
from pipeline.heads import fit_scorer
from pipeline.params import Params, changed, flatten
from pipeline.schema import Outcome

TODAY = "today's settings"
_VERSIONED = ("upheld", "scikit-learn", "numpy", "scipy")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Settings that were tried.

    Attributes:
        name: what to call it in a list.
        params: "section.key" to value, where it differs from today's settings.
        matched_auc: length-matched AUC by cross-validation.
        margin: the same less that of today's settings, paired; None for those themselves.
        seconds: how long its folds took, added up; those found on disk take none.
        chosen: whether training goes on with it.
    """

    name: str
    params: Mapping[str, Any]
    matched_auc: Estimate
    margin: Estimate | None
    seconds: float
    chosen: bool


@dataclass(frozen=True, slots=True)
class Search:
    """What a search came to: the settings to train with, and every candidate, today's settings first.

    `today` holds the values that today's settings have for the keys of the space.
    """

    params: Params
    candidates: tuple[Candidate, ...]
    today: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Fold:
    """Training and test cases, and what both are known by on disk."""

    key: str
    train: Cases
    test: Cases


def draw(params: Params, count: int) -> list[dict[str, Any]]:
    """Return at most `count` different settings out of `search.space`, as "section.key" to value.

    Raises:
        ParamsError: the space names a key that does not exist, or a value that it cannot take.
    """
    space = {key: list(values) for key, values in params.search.space.items()}
    for key, values in space.items():
        for value in values:
            changed(params, {key: value}, source="search.space")
    size = int(np.prod([len(values) for values in space.values()]))
    if not space:
        raise ParamsError(
            "search.space: is empty; name at least one key with its values, outcome.strength: [1.0, 3.0]."
        )
    return list(ParameterSampler(space, min(count, size), random_state=params.seed))


def search(
    cases: Cases,
    params: Params,
    count: int,
    *,
    cache: Path,
    progress: Callable[[Sequence[Params], str], Iterable[Params]],
) -> Search:
    """Return the best of today's settings and `count` others.

    Args:
        cases: labelled cases, all of them from before those that are reported on.
        params: today's settings, with the space to search.
        count: candidates besides today's settings.
        cache: a folder for scores; whoever can write there can run code here, as with any cache of pickles.
        progress: shows how far it has come.

    Raises:
        ParamsError: a space with unknown keys or values.
    """
    drawn = [{}, *draw(params, count)]
    settings = [changed(params, values, source="search.space") for values in drawn]
    pairs = cases.of(Outcome.UPHELD, Outcome.CLOSED)
    folds = list(_folds(pairs, params))
    kept = joblib.Memory(cache, verbose=0).cache(_scores, ignore=["fold", "params"])
    with joblib.Parallel(n_jobs=-1) as parallel:
        by_candidate = [
            parallel(joblib.delayed(_timed)(kept, fold.key, fold=fold, params=own) for fold in folds)
            for own in progress(settings, "searching")
        ]
    how = Bootstrap(params.evaluate.bootstrap, params.seed)
    figures = [_figure(folds, [scores for scores, _ in own], params) for own in by_candidate]
    groups = np.concatenate([fold.test.groups for fold in folds])
    matched = [bootstrap({"own": figure}, groups, how)["own"] for figure in figures]
    margins = [bootstrap({"own": _less(figure, figures[0])}, groups, how)["own"] for figure in figures[1:]]
    best = max(range(len(margins)), key=lambda at: margins[at].value, default=-1)
    won = best + 1 if best >= 0 and margins[best].low > 0 else 0
    candidates = tuple(
        Candidate(
            TODAY if at == 0 else f"candidate {at}",
            drawn[at],
            matched[at],
            margins[at - 1] if at else None,
            sum(seconds for _, seconds in own),
            at == won,
        )
        for at, own in enumerate(by_candidate)
    )
    known = flatten(params)
    return Search(settings[won], candidates, {key: known[key] for key in params.search.space})


def _folds(cases: Cases, params: Params) -> Iterator[_Fold]:
    known = [
        (d.reference, d.outcome.value, v.complaint) for d, v in zip(cases.decisions, cases.views, strict=True)
    ]
    versions = [version(library) for library in _VERSIONED]
    whole = joblib.hash((known, cases.groups, lexicon_digest(), appraisals_digest(), versions))
    how = StratifiedGroupKFold(params.evaluate.folds, shuffle=True, random_state=params.seed)
    for number, (train, test) in enumerate(how.split(cases.upheld, cases.upheld, cases.groups)):
        yield _Fold(
            f"{whole} {params.seed} {params.evaluate.folds} {number}", cases.at(train), cases.at(test)
        )


def _recipe(params: Params) -> dict[str, Any]:
    """Return the settings that a score depends on."""
    return params.model_dump(include={"seed", "view", "features", "outcome", "appraisals"})


def _scores(key: str, recipe: Mapping[str, Any], *, fold: _Fold, params: Params) -> Floats:
    """Return (n_test,) scores of the fold's test cases by a classifier fitted to its training cases.

    `key` and `recipe` are what the scores are kept under.
    """
    train, test = fold.train, fold.test
    features, classifier = fit_scorer(train.decisions, train.views, params, cut=train.cut)
    scores: Floats = classifier.decision_function(features.examine(test.views, cut=test.cut).X)
    return scores


def _timed(kept: Any, key: str, *, fold: _Fold, params: Params) -> tuple[Floats, float]:
    start = time.perf_counter()
    return kept(key, _recipe(params), fold=fold, params=params), time.perf_counter() - start


def _figure(folds: Sequence[_Fold], scores: Sequence[Floats], params: Params) -> Figure:
    """Return the mean over folds of the length-matched AUC, as a function of the weights of all test cases in order.

    Fold by fold, because scores of different models do not compare.
    """
    figures = [
        matched_figure(fold.test.known, own, params.evaluate.length_band)
        for fold, own in zip(folds, scores, strict=True)
    ]
    ends = np.cumsum([len(own) for own in scores])[:-1]

    def mean(weights: NDArray[np.float64]) -> float:
        return float(
            np.mean([figure(part) for figure, part in zip(figures, np.split(weights, ends), strict=True)])
        )

    return mean


def _less(one: Figure, other: Figure) -> Figure:
    return lambda weights: one(weights) - other(weights)
