"""Scored cases in, every figure of both heads with its interval out: ranking, decisions, probabilities, abstention."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.metrics import (
    Bootstrap,
    Estimate,
    Figure,
    Floats,
    Ints,
    OutcomeCases,
    bootstrap,
    grounds_figures,
    outcome_figures,
)
from pipeline.evaluate.scored import Scored
from pipeline.heads import truth_table
from pipeline.schema import Ground

BINS = 10


@dataclass(frozen=True, slots=True)
class GroundFigures:
    """How one ground fares.

    `found` is the share of its cases in which it is one of the first two named; `f1` that of counting it as there from
    its threshold on, None where the heads have no thresholds.
    """

    code: str
    title: str
    found: Estimate
    f1: Estimate | None


def model_figures(scored: Scored, band: float, how: Bootstrap) -> dict[str, Estimate]:
    """Return every figure of the outcome head on n scored cases, those of abstention included."""
    wrong = (scored.p_upheld >= 0.5) != scored.cases.upheld
    abstention: dict[str, Figure] = {
        "coverage": lambda weights: float(scored.decided @ weights / weights.sum()),
        "risk": lambda weights: _share(wrong & scored.decided, scored.decided, weights),
    }
    return score_figures(scored, scored.p_upheld, band, how) | bootstrap(abstention, scored.cases.groups, how)


def score_figures(scored: Scored, p_upheld: Floats, band: float, how: Bootstrap) -> dict[str, Estimate]:
    """Return the figures of any probabilities (n,) on the same cases: AUCs, MCC, macro-F1, Brier, skill, ECE.

    `brier_skill` is 1 - Brier / Brier of the training share: 0 knows no more than that share, 1 knows all.
    """
    upheld = scored.cases.upheld
    error, reference = (p_upheld - upheld) ** 2, (scored.prior - upheld) ** 2
    further: dict[str, Figure] = {
        "mcc": lambda weights: matthews(confusion(upheld, p_upheld, weights)),
        "macro_f1": lambda weights: macro_f1(confusion(upheld, p_upheld, weights)),
        "brier_skill": lambda weights: float(1 - error @ weights / (reference @ weights)),
        "ece": calibration_error(upheld, p_upheld),
    }
    return outcome_figures(known(scored), p_upheld, band, how) | bootstrap(further, scored.cases.groups, how)


def known(scored: Scored) -> OutcomeCases:
    """Return what the figures of the outcome head need to know of the cases."""
    return OutcomeCases(scored.cases.upheld, scored.words, scored.cases.groups)


def matthews(table: NDArray[np.float64]) -> float:
    """Return Matthews' correlation coefficient of a table [[tn, fp], [fn, tp]]; 0 where a margin is empty.

    >>> matthews(np.array([[5.0, 0.0], [0.0, 5.0]]))
    1.0
    """
    (tn, fp), (fn, tp) = table
    margins = float(np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn)))
    return float((tp * tn - fp * fn) / margins) if margins else 0.0


def macro_f1(table: NDArray[np.float64]) -> float:
    """Return the mean of the F1 of both outcomes, of a table [[tn, fp], [fn, tp]]."""
    (tn, fp), (fn, tp) = table
    scores = [2 * right / max(2 * right + fp + fn, 1e-12) for right in (tp, tn)]
    return float(np.mean(scores))


def ground_outcome_figures(scored: Scored, how: Bootstrap) -> dict[str, Estimate]:
    """Return hit at 1, hit at 2, ranking precision, micro-F1 and macro-F1 of the grounds head; all n cases count.

    Macro-F1 is the mean over the grounds that at least one of the cases has.
    """
    if scored.ground_scores is None:
        return {}
    truth, groups = _ground_truth(scored), scored.cases.groups
    figures = grounds_figures(truth, scored.ground_scores, groups, how)
    if scored.ground_sets is None:
        return figures
    present = truth.any(axis=0)
    counts = _counts_of(truth, scored.ground_sets)
    further: dict[str, Figure] = {
        "micro_f1": lambda weights: float(_f1(counts(weights).sum(axis=1))),
        "macro_f1": lambda weights: float(_f1(counts(weights)[:, present]).mean()),
    }
    return figures | bootstrap(further, groups, how)


def figures_by_ground(scored: Scored, min_cases: int, how: Bootstrap) -> list[GroundFigures]:
    """Return the figures of every ground with at least `min_cases` cases, the best found first."""
    if scored.ground_scores is None:
        return []
    truth = _ground_truth(scored)
    order = np.argsort(-scored.ground_scores, axis=1, kind="stable")[:, :2]
    positive = np.take_along_axis(scored.ground_scores, order, axis=1) > 0
    found = []
    for column, ground in enumerate(Ground):
        own = np.flatnonzero(truth[:, column])
        if len(own) < min_cases:
            continue
        hit = ((order[own] == column) & positive[own]).any(axis=1).astype(float)
        estimate = bootstrap({"found": _mean(hit)}, scored.cases.groups[own], how)["found"]
        found.append(
            GroundFigures(ground.value, ground.title, estimate, _ground_f1(scored, column, truth, how))
        )
    return sorted(found, key=lambda one: -one.found.value)


def _ground_f1(scored: Scored, column: int, truth: NDArray[np.bool_], how: Bootstrap) -> Estimate | None:
    if scored.ground_sets is None:
        return None
    counts = _counts_of(truth[:, [column]], scored.ground_sets[:, [column]])
    return bootstrap({"f1": lambda weights: float(_f1(counts(weights)[:, 0]))}, scored.cases.groups, how)[
        "f1"
    ]


def _counts_of(truth: NDArray[np.bool_], sets: NDArray[np.bool_]) -> Callable[[Floats], Floats]:
    """Return the function of case weights (n,) that counts (3, n_grounds): right, called and true ones."""
    tables = [(truth & sets).astype(float), sets.astype(float), truth.astype(float)]
    return lambda weights: np.array([weights @ table for table in tables])


def _f1(counts: Floats) -> Floats:
    right, called, true = counts
    f1: Floats = 2 * right / np.maximum(called + true, 1e-12)
    return f1


def calibration_bins(upheld: Ints, p_upheld: Floats) -> list[tuple[float, float, int]]:
    """Return (mean probability, share upheld, cases) of each of ten bins of equal width that holds cases."""
    bins = _bins(p_upheld)
    rows = []
    for number in range(BINS):
        inside = bins == number
        if inside.any():
            rows.append((float(p_upheld[inside].mean()), float(upheld[inside].mean()), int(inside.sum())))
    return rows


def calibration_error(upheld: Ints, p_upheld: Floats) -> Figure:
    """Return the expected calibration error over ten bins as a function of case weights, for `bootstrap`."""
    bins, gap = _bins(p_upheld), p_upheld - upheld
    return lambda weights: float(
        np.abs(np.bincount(bins, gap * weights, minlength=BINS)).sum() / weights.sum()
    )


def _bins(p_upheld: Floats) -> Ints:
    return np.minimum((p_upheld * BINS).astype(np.intp), BINS - 1)


def confusion(upheld: Ints, p_upheld: Floats, weights: Floats) -> NDArray[np.float64]:
    """Return [[tn, fp], [fn, tp]], the weights of the cases (n,) by outcome and by whether p reaches a half."""
    cell = 2 * upheld + (p_upheld >= 0.5)
    counts: Floats = np.bincount(cell, weights, minlength=4).astype(np.float64).reshape(2, 2)
    return counts


def _share(of: NDArray[np.bool_], among: NDArray[np.bool_], weights: Floats) -> float:
    total = float(among @ weights)
    return float(of @ weights) / total if total else float("nan")


def _mean(values: Floats) -> Figure:
    return lambda weights: float(values @ weights / weights.sum())


def _ground_truth(scored: Scored) -> NDArray[np.bool_]:
    codes: Sequence[str] = [ground.value for ground in Ground]
    return truth_table([decision.grounds for decision in scored.cases.decisions], codes)
