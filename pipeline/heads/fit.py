"""Decisions and their views in, fitted heads out; refuses a corpus with too few cases of an outcome."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorpusError
from pipeline.features.cut import CutTexts
from pipeline.features.vectorise import ComplaintFeatures
from pipeline.heads.grounds import GroundsHead
from pipeline.heads.length import length_weights, word_counts
from pipeline.heads.model import Heads
from pipeline.heads.outcome import OutcomeHead
from pipeline.params import Params
from pipeline.schema import Decision, Outcome, View

MIN_CASES = 30


def fit_heads(
    decisions: Sequence[Decision],
    views: Sequence[View],
    groups: NDArray[np.intp],
    params: Params,
    *,
    cut: CutTexts | None = None,
) -> Heads:
    """Return heads fitted on n decisions, their views and near-duplicate groups (n,).

    `cut` are the texts of the views, where they are cut already.

    Raises:
        CorpusError: fewer than 30 cases of an outcome, or one outcome only.
    """
    check_outcomes(decisions, params, "training part")
    outcomes = np.array([decision.outcome.value for decision in decisions])
    features = ComplaintFeatures.from_params(params.features)
    X = features.fit_transform(views, cut=cut)
    weights = length_weights(views, outcomes) if params.outcome.balance_length else np.ones(len(views))
    outcome = OutcomeHead(
        strength=params.outcome.strength,
        folds=params.calibration.folds,
        error_rate=params.score.error_rate,
        upheld_rate=params.deployment.upheld_rate,
        length_correction=params.outcome.length_correction,
        seed=params.seed,
    ).fit(X, outcomes, groups=groups, sample_weight=weights, lengths=word_counts(views))
    grounds = GroundsHead(
        strength=params.grounds.strength,
        min_support=params.grounds.min_support,
        folds=params.calibration.folds,
        seed=params.seed,
    ).fit(X, outcomes, [decision.grounds for decision in decisions], groups=groups)
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
