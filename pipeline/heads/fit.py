"""Decisions and their views in, fitted heads out; refuses a corpus with too few cases of an outcome."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from pipeline.errors import CorpusError
from pipeline.features.cut import CutTexts, cut_texts
from pipeline.features.vectorise import ComplaintFeatures
from pipeline.heads.appraised import Appraised, Further, expected_of, invented
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
    outcomes = outcomes_of(decisions)
    prepared = prepare(views, params, cut=cut)
    outcome = outcome_head(params).fit(
        prepared.X,
        outcomes,
        groups=groups,
        sample_weight=case_weights(views, outcomes, params),
        lengths=word_counts(views),
        appraised=prepared.appraised,
    )
    grounds = GroundsHead(
        strength=params.grounds.strength,
        min_support=params.grounds.min_support,
        appraised_share=params.appraisals.share,
        appraised_weight=params.appraisals.weight,
        seed=params.seed,
    ).fit(
        prepared.X,
        outcomes,
        [decision.grounds for decision in decisions],
        groups=groups,
        appraised=prepared.appraised,
    )
    return Heads(prepared.features, outcome, grounds, params)


def fit_scorer(
    decisions: Sequence[Decision],
    views: Sequence[View],
    params: Params,
    *,
    cut: CutTexts | None = None,
    further: Further | None = None,
) -> tuple[ComplaintFeatures, LogisticRegression]:
    """Return the features and the classifier of an outcome head alone: they rank complaints, without calibration.

    `further` are the complaints to learn from besides; None: the invented ones of the package.
    """
    outcomes = outcomes_of(decisions)
    prepared = prepare(views, params, cut=cut, further=further)
    return prepared.features, outcome_head(params).fit_classifier(
        prepared.X,
        outcomes,
        sample_weight=case_weights(views, outcomes, params),
        lengths=word_counts(views),
        appraised=prepared.appraised,
    )


@dataclass(frozen=True, slots=True)
class Prepared:
    """Fitted features, those of the n cases (n, n_features), and what readers add to the outcomes of the cases."""

    features: ComplaintFeatures
    X: csr_matrix
    appraised: Appraised


def prepare(
    views: Sequence[View], params: Params, *, cut: CutTexts | None, further: Further | None = None
) -> Prepared:
    """Return what heads learn from: the views of n cases, and further complaints that were only appraised."""
    more = further or invented(params)
    features = ComplaintFeatures.from_params(params.features)
    texts = cut or cut_texts(views, spacy_model=params.features.spacy_model)
    X = features.fit_transform([*views, *more.views], cut=texts + more.cut, decided=len(views))
    X.sort_indices()  # once, and not once more in every fit to some of the rows
    n = len(views)
    return Prepared(features, X[:n], Appraised(expected_of(views), X[n:], more.expected))


def outcome_head(params: Params) -> OutcomeHead:
    """Return an unfitted outcome head as the settings say."""
    return OutcomeHead(
        strength=params.outcome.strength,
        folds=params.calibration.folds,
        error_rate=params.score.error_rate,
        upheld_rate=params.deployment.upheld_rate,
        length_correction=params.outcome.length_correction,
        appraised_share=params.appraisals.share,
        appraised_weight=params.appraisals.weight,
        seed=params.seed,
    )


def outcomes_of(decisions: Sequence[Decision]) -> NDArray[np.str_]:
    """Return the outcome code (n,) of each of n decisions."""
    return np.array([decision.outcome.value for decision in decisions])


def case_weights(views: Sequence[View], outcomes: NDArray[np.str_], params: Params) -> NDArray[np.float64]:
    """Return the weights (n,) that cases have for the classifier."""
    return length_weights(views, outcomes) if params.outcome.balance_length else np.ones(len(views))


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
