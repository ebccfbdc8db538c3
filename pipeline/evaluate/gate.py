"""What two models made of the same unseen cases in, whether the one may replace the other out, condition by condition.

Differences are paired: both models are measured on the same resamples of the same cases. "Not worse" means that the
whole 95 % interval of the difference stays clear of the margin, so that too few cases refuse a promotion rather than
wave it through. In slices, which are small, "worse" must be shown instead: an interval wholly beyond the margin.
Without a champion only the conditions on the challenger itself apply.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from pipeline.evaluate.held import HeldCases, in_common
from pipeline.evaluate.metrics import (
    Bootstrap,
    Estimate,
    bootstrap,
    matched_figure,
    matched_gain,
    outcome_differences,
)
from pipeline.evaluate.quality import calibration_error
from pipeline.params import Promotion


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a promotion: what was found, what is asked for, and by how much it is missed (0: it holds)."""

    name: str
    found: str
    asked: str
    missed_by: float

    @property
    def holds(self) -> bool:
        """Whether the condition holds."""
        return self.missed_by <= 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """All conditions of a promotion, and the number of cases that they were tested on."""

    conditions: tuple[Condition, ...]
    cases: int

    @property
    def passed(self) -> bool:
        """Whether every condition holds."""
        return not self.failed

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that do not hold."""
        return tuple(condition for condition in self.conditions if not condition.holds)


@dataclass(frozen=True, slots=True)
class Measure:
    """How figures are made: the band in which lengths count as matched, and the bootstrap."""

    band: float
    how: Bootstrap


def judge(challenger: HeldCases, champion: HeldCases | None, params: Promotion, measure: Measure) -> Verdict:
    """Say whether a challenger may become champion.

    Args:
        challenger: cases that it has not seen, with its probabilities.
        champion: the same for the one in office; only the cases that both hold count. None: there is none.
        params: limits and margins.
        measure: how figures are made.
    """
    if champion:
        challenger, champion = in_common(challenger, champion)
    enough = _enough(challenger, params)
    if not enough.holds:
        return Verdict((enough,), len(challenger.digests))
    conditions = [enough]
    if champion:
        conditions += _differences(challenger, champion, params, measure)
    conditions += [_calibration(challenger, params, measure), _leakage(challenger, params)]
    conditions += [_slices(kind, challenger, champion, params, measure) for kind in params.required_slices]
    return Verdict(tuple(conditions), len(challenger.digests))


def _enough(held: HeldCases, params: Promotion) -> Condition:
    cases, rarer = len(held.upheld), _rarer(held)
    missing = max(params.min_cases - cases, params.slice_cases - rarer, 0)
    return Condition(
        "test cases",
        f"{cases}, {rarer} of the rarer outcome",
        f"at least {params.min_cases} and {params.slice_cases}",
        float(missing),
    )


def _differences(
    challenger: HeldCases, champion: HeldCases, params: Promotion, measure: Measure
) -> Iterator[Condition]:
    pair = challenger.p_upheld, champion.p_upheld
    found = outcome_differences(challenger.outcomes, *pair, measure.band, measure.how)
    matched, brier = found["matched_auc"], found["brier"]
    yield Condition(
        "length-matched AUC",
        f"{_signed(matched)} beside the champion's",
        f"an interval that does not reach below {-params.worse_matched_auc:+.3f}",
        _over(-matched.low, params.worse_matched_auc),
    )
    yield Condition(
        "Brier score",
        f"{_signed(brier)} beside the champion's, less is better",
        f"an interval that does not reach above {params.worse_brier:+.3f}",
        _over(brier.high, params.worse_brier),
    )


def _calibration(held: HeldCases, params: Promotion, measure: Measure) -> Condition:
    error = bootstrap({"ece": calibration_error(held.upheld, held.p_upheld)}, held.groups, measure.how)["ece"]
    return Condition(
        "calibration error", str(error), f"at most {params.max_ece:.3f}", _over(error.value, params.max_ece)
    )


def _leakage(held: HeldCases, params: Promotion) -> Condition:
    """Length is the largest leak: within an outcome, a probability should hardly follow it."""
    upheld, closed = (_rank_correlation(held, held.upheld == outcome) for outcome in (1, 0))
    return Condition(
        "length leakage",
        f"rank correlation {upheld:+.3f} among upheld, {closed:+.3f} among closed cases",
        f"at most {params.max_length_rho:.3f} either way",
        _over(max(abs(upheld), abs(closed)), params.max_length_rho),
    )


def _slices(
    kind: str, challenger: HeldCases, champion: HeldCases | None, params: Promotion, measure: Measure
) -> Condition:
    """Say in which slices of a kind the challenger is shown to fall short, and of the worst one by how much."""
    values = challenger.slices[kind]
    compared = {}
    for value in np.unique(values).tolist():
        part = challenger.at(values == value)
        if _rarer(part) >= params.slice_cases:
            other = champion.at(values == value) if champion else None
            compared[value] = max(_shortfalls(part, other, params, measure))
    short = {value: shortfall for value, shortfall in compared.items() if shortfall[0] > 0}
    found = f"{len(short)} of {len(compared)} shown to fall short"
    if short:
        worst = max(short, key=lambda value: short[value])
        found += f"; {worst}: {short[worst][1]}"
    asked = f"a length-matched AUC not below {params.min_slice_auc:.3f}"
    if champion:
        asked += f", nor below the champion's by more than {params.slice_margin:.3f}"
    return Condition(f"slices of {kind}", found, asked, max((by for by, _ in short.values()), default=0.0))


def _shortfalls(
    part: HeldCases, champion: HeldCases | None, params: Promotion, measure: Measure
) -> Iterator[tuple[float, str]]:
    """Yield by how much a slice falls short of each thing asked, below 0 where it does not, and what was found."""
    figure = matched_figure(part.outcomes, part.even, measure.band)
    own = bootstrap({"matched_auc": figure}, part.groups, measure.how)["matched_auc"]
    yield params.min_slice_auc - own.high, str(own)
    if champion:
        gain = matched_gain(part.outcomes, part.even, champion.even, measure.band, measure.how)
        yield -params.slice_margin - gain.high, f"{_signed(gain)} beside the champion's"


def _rarer(held: HeldCases) -> int:
    return int(min(held.upheld.sum(), (1 - held.upheld).sum()))


def _rank_correlation(held: HeldCases, chosen: NDArray[np.bool_]) -> float:
    p, words = held.p_upheld[chosen], held.words[chosen]
    if np.ptp(p) == 0 or np.ptp(words) == 0:
        return 0.0  # all alike: nothing follows
    return float(spearmanr(p, words).statistic)


def _over(value: float, limit: float) -> float:
    return max(value - limit, 0.0)


def _signed(estimate: Estimate) -> str:
    return f"{estimate.value:+.3f} [{estimate.low:+.3f}, {estimate.high:+.3f}]"
