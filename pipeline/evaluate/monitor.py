"""What a model made of newly published cases in, its figures by month and whether to train it anew out.

It advises and gives reasons; it never trains.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.gate import Measure
from pipeline.evaluate.held import HeldCases
from pipeline.evaluate.metrics import Estimate, Floats, bootstrap, outcome_figures
from pipeline.params import Retraining
from pipeline.schema import Decision

UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Period:
    """The cases received in one month, or in one financial year where no more is known.

    `figures` maps auc, matched_auc and brier to estimates; it is empty where one outcome is too rare. `gap` is
    the mean probability less the share of upheld: above 0 the model expects too many upheld.
    """

    name: str
    cases: int
    upheld_share: float
    figures: Mapping[str, Estimate]
    gap: Estimate


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether to train anew, why or why not, and what else to see to."""

    retrain: bool
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()


def month_of(decision: Decision) -> str:
    """Return the month in which a case was received, "2024-11"; else its financial year, "2024/25"; else "unknown".

    A reference tells the year alone. Decisions that carry `received_on` (YYYY-MM-DD) tell the month.
    """
    received = (decision.model_extra or {}).get("received_on")
    try:
        return f"{date.fromisoformat(str(received)[:10]):%Y-%m}"
    except ValueError:
        year = decision.received_year
        return f"{year}/{(year + 1) % 100:02}" if year else UNKNOWN


def by_period(
    held: HeldCases, p_upheld: Floats, months: NDArray[np.str_], measure: Measure, *, least: int
) -> list[Period]:
    """Return the figures of each period, the oldest first, and of "all" cases last.

    Args:
        held: n cases that the model has not seen.
        p_upheld: (n,) its probabilities, at the rate for which it is meant.
        months: (n,) the period of each.
        measure: how figures are made.
        least: cases of the rarer outcome that a period must have to be ranked.
    """
    parts = [(name, months == name) for name in np.unique(months).tolist()]
    parts.append(("all", np.ones(len(months), dtype=bool)))
    return [_period(name, held.at(chosen), p_upheld[chosen], measure, least) for name, chosen in parts]


def advise(
    whole: Period, tested: Estimate, training_cases: int, drift: Sequence[str], params: Retraining
) -> Advice:
    """Say whether to train anew.

    Args:
        whole: all new cases.
        tested: the matched AUC that the model reached when it was tested.
        training_cases: the number of cases that it was trained on.
        drift: sentences on what sets the new inputs far apart from the training cases.
        params: when to advise it.
    """
    reasons = [*_fallen(whole, tested, params), *_more(whole, training_cases, params), *drift]
    notes = tuple(_off_rate(whole, params))
    return Advice(bool(reasons), tuple(reasons or [_why_not(whole, tested, params)]), notes)


def _period(name: str, held: HeldCases, p_upheld: Floats, measure: Measure, least: int) -> Period:
    error = p_upheld - held.upheld
    gap = bootstrap({"gap": lambda weights: float(error @ weights / weights.sum())}, held.groups, measure.how)
    enough = min(held.upheld.sum(), (1 - held.upheld).sum()) >= least
    figures = outcome_figures(held.outcomes, p_upheld, measure.band, measure.how) if enough else {}
    return Period(name, len(held.upheld), float(held.upheld.mean()), figures, gap["gap"])


def _fallen(whole: Period, tested: Estimate, params: Retraining) -> list[str]:
    found = whole.figures.get("matched_auc")
    if (
        whole.cases < params.min_cases
        or not found
        or not found.high < tested.value - params.worse_matched_auc
    ):
        return []
    return [f"It ranks worse than when it was tested: length-matched AUC {found}, then {tested.value:.3f}."]


def _more(whole: Period, training_cases: int, params: Retraining) -> list[str]:
    share = whole.cases / max(training_cases, 1)
    if share < params.new_share:
        return []
    return [
        f"There is more to learn from: {whole.cases} new cases, {share:.0%} of the {training_cases} it was trained on."
    ]


def _off_rate(whole: Period, params: Retraining) -> list[str]:
    """Point out a wrong rate of upheld: a setting mends that, no training does."""
    beyond = whole.gap.low > params.max_gap or whole.gap.high < -params.max_gap
    if whole.cases < params.min_cases or not beyond:
        return []
    much = "many" if whole.gap.value > 0 else "few"
    return [
        f"It expects too {much} upheld, by {whole.gap}: set deployment.upheld_rate to what is true where it is used "
        f"({whole.upheld_share:.0%} of these cases). Training anew would not mend that."
    ]


def _why_not(whole: Period, tested: Estimate, params: Retraining) -> str:
    if whole.cases < params.min_cases:
        return (
            f"{whole.cases} new cases are too few to tell; retraining.min_cases asks for {params.min_cases}."
        )
    found = whole.figures.get("matched_auc")
    if not found:
        return "The new cases hold too few of one outcome to tell how well it ranks."
    return f"It is not shown to rank worse than when tested: length-matched AUC {found}, then {tested.value:.3f}."
