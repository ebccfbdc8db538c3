"""Scored cases in, the points behind the pictures out; draws nothing."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import precision_recall_curve, roc_curve

from pipeline.evaluate.metrics import Floats, Ints

MATCHED_BINS = 12
POINTS = 200


class Ranked(Protocol):
    """n cases with their probabilities: `evaluate.scored.Scored`, or `evaluate.held.HeldCases` of a bundle."""

    @property
    def upheld(self) -> Ints:
        """(n,) 1 for upheld, 0 for closed."""

    @property
    def p_upheld(self) -> Floats:
        """(n,) probabilities of upheld."""

    @property
    def words(self) -> Ints:
        """(n,) lengths of the complaints."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Points (n_points,) of a line: what stands across, what stands up."""

    x: Floats
    y: Floats


def roc(scored: Ranked) -> Curve:
    """Return the ROC curve: share of closed cases above each threshold, share of upheld ones above it."""
    false, true, _ = roc_curve(scored.upheld, scored.p_upheld)
    return Curve(false, true)


def matched_roc(scored: Ranked) -> Curve:
    """Return the ROC curve with upheld cases weighted to the lengths of closed ones.

    Within each band of length both outcomes then weigh the same, so that length alone draws the diagonal.
    """
    upheld = scored.upheld
    logs = np.log(scored.words + 5)
    edges = np.unique(np.quantile(logs, np.linspace(0, 1, MATCHED_BINS + 1)[1:-1]))
    bins = np.digitize(logs, edges)
    weights = np.zeros(len(upheld))
    for number in np.unique(bins):
        ones, zeros = ((bins == number) & (upheld == outcome) for outcome in (1, 0))
        if ones.any() and zeros.any():  # a band with one outcome has nothing to match
            both = min(ones.sum(), zeros.sum())
            weights[ones], weights[zeros] = both / ones.sum(), both / zeros.sum()
    if not weights.any():
        return roc(scored)
    false, true, _ = roc_curve(upheld, scored.p_upheld, sample_weight=weights)
    return Curve(false, true)


def precision_recall(scored: Ranked) -> Curve:
    """Return recall of upheld cases across and precision up."""
    precision, recall, _ = precision_recall_curve(scored.upheld, scored.p_upheld)
    return Curve(recall, precision)


def coverage_risk(scored: Ranked) -> Curve:
    """Return the share of cases decided, the surest first, and the share of errors among them.

    >>> import numpy as np
    >>> errors_when_sorted(np.array([False, True]))
    array([0. , 0.5])
    """
    sureness = np.abs(scored.p_upheld - 0.5)
    order = np.argsort(-sureness, kind="stable")
    wrong = ((scored.p_upheld >= 0.5) != scored.upheld)[order]
    count = len(wrong)
    chosen = np.unique(np.linspace(max(count // 20, 1), count, min(POINTS, count)).astype(int)) - 1
    return Curve((chosen + 1) / count, errors_when_sorted(wrong)[chosen])


def errors_when_sorted(wrong: NDArray[np.bool_]) -> Floats:
    """Return (n,) the share of errors among the first 1, 2, ... n cases."""
    shares: Floats = np.cumsum(wrong) / np.arange(1, len(wrong) + 1)
    return shares
