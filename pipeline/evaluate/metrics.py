"""Scores and truths in, figures with bootstrap intervals out; computes only, draws and prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]
Figure = Callable[[Floats], float]  # of the weights (n,) of the cases

MAX_PAIRS = 1_000_000  # that a length-matched AUC looks at; the embedded corpus has fewer


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95 % bootstrap interval, and the number of cases behind it; NaN where it is undefined."""

    value: float
    low: float
    high: float
    count: int

    def __str__(self) -> str:
        """Return "0.712 [0.654, 0.766] n=290"."""
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}] n={self.count}"


@dataclass(frozen=True, slots=True)
class OutcomeCases:
    """Test cases of the outcome head, upheld against closed.

    `upheld` (n,) is 1 or 0, `words` (n,) the length of each complaint in words, `groups` (n,) its near-duplicate
    group: the unit that the bootstrap draws.
    """

    upheld: Ints
    words: Ints
    groups: Ints


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """How intervals are made: the number of resamples and the seed."""

    resamples: int
    seed: int


def outcome_figures(
    cases: OutcomeCases, p_upheld: Floats, band: float, how: Bootstrap
) -> dict[str, Estimate]:
    """Return AUC, length-matched AUC and Brier score, each with its interval.

    Args:
        cases: n cases.
        p_upheld: (n,) probabilities, or (repeats, n) from repeated cross-validation: figures are averaged over them.
        band: half-width within which lengths count as matched.
        how: resamples and seed.
    """
    return bootstrap(_outcome_functions(cases, p_upheld, band), cases.groups, how)


def matched_gain(cases: OutcomeCases, one: Floats, other: Floats, band: float, how: Bootstrap) -> Estimate:
    """Return the length-matched AUC of `one` (n,) less that of `other` (n,), paired."""
    first, second = (matched_figure(cases, p, band) for p in (one, other))
    return bootstrap({"gain": _difference(first, second)}, cases.groups, how)["gain"]


def outcome_differences(
    cases: OutcomeCases, one: Floats, other: Floats, band: float, how: Bootstrap
) -> dict[str, Estimate]:
    """Return the figures of `one` minus those of `other`, paired: both on the same resamples."""
    first, second = (_outcome_functions(cases, p, band) for p in (one, other))
    return bootstrap({name: _difference(first[name], second[name]) for name in first}, cases.groups, how)


def matched_auc(upheld: Ints, score: Floats, words: Ints, band: float = 0.15) -> float:
    """Return the length-matched AUC in [0, 1]: 0.5 knows nothing beyond length, NaN where no lengths match.

    Over all pairs of one upheld and one closed case with |ln((words_a + 5) / (words_b + 5))| <= band, the share
    that the score orders rightly, a tie counting half.

    >>> matched_auc(np.array([1, 0, 0]), np.array([0.9, 0.2, 0.95]), np.array([50, 52, 90]))
    1.0
    """
    pairs = _MatchedPairs.of(upheld, score, np.log(words + 5), band)
    return pairs.auc(np.ones(len(upheld)))


def matched_figure(cases: OutcomeCases, p_upheld: Floats, band: float) -> Figure:
    """Return the length-matched AUC of p_upheld (n,) as a function of case weights, for `bootstrap`."""
    return _MatchedPairs.of(cases.upheld, p_upheld, np.log(cases.words + 5), band).auc


def bootstrap(figures: dict[str, Figure], groups: Ints, how: Bootstrap) -> dict[str, Estimate]:
    """Return each figure with the 2.5th and 97.5th percentile over resamples of whole groups.

    Args:
        figures: name to a function of case weights (n,), all ones for the value itself.
        groups: (n,) the group of each case; groups are drawn with replacement.
        how: resamples and seed.
    """
    _, members = np.unique(groups, return_inverse=True)
    count = int(members.max()) + 1
    draws = np.random.default_rng(how.seed).multinomial(count, np.full(count, 1 / count), size=how.resamples)
    ones = np.ones(len(groups))
    estimates = {}
    for name, figure in figures.items():
        low, high = np.nanpercentile([figure(draw[members].astype(float)) for draw in draws], [2.5, 97.5])
        estimates[name] = Estimate(figure(ones), float(low), float(high), len(groups))
    return estimates


def grounds_figures(
    truth: NDArray[np.bool_], score: Floats, groups: Ints, how: Bootstrap
) -> dict[str, Estimate]:
    """Return hit at 1, hit at 2 and label ranking average precision, each with its interval.

    Args:
        truth: (n_cases, n_grounds), the grounds that a case has; a case with none of them is a miss.
        score: (n_cases, n_grounds), higher ranks first.
        groups: (n_cases,) near-duplicate groups.
        how: resamples and seed.
    """
    figures = rankings(truth, score)
    return bootstrap({name: _weighted_mean(values) for name, values in figures.items()}, groups, how)


def grounds_differences(
    truth: NDArray[np.bool_], one: Floats, other: Floats, groups: Ints, how: Bootstrap
) -> dict[str, Estimate]:
    """Return the figures of the scores `one` minus those of `other`, both (n_cases, n_grounds), paired."""
    first, second = rankings(truth, one), rankings(truth, other)
    return bootstrap({name: _weighted_mean(first[name] - second[name]) for name in first}, groups, how)


def rankings(truth: NDArray[np.bool_], score: Floats) -> dict[str, Floats]:
    """Return hit at 1, hit at 2 and ranking precision (n_cases,) of each case: `grounds_figures` are their means."""
    order = np.argsort(-score, axis=1, kind="stable")
    hits = np.take_along_axis(truth, order, axis=1)
    return {
        "hit_at_1": hits[:, 0].astype(float),
        "hit_at_2": hits[:, :2].any(axis=1).astype(float),
        "lrap": _ranking_precision(truth, score),
    }


def abstention_figures(
    sets: NDArray[np.bool_], truth: Ints, groups: Ints, how: Bootstrap
) -> dict[str, Estimate]:
    """Return how often the model decides, how often it is wrong then, and how often its set holds the true outcome.

    Args:
        sets: (n_cases, n_outcomes) conformal sets; the model decides where a set holds one outcome.
        truth: (n_cases,) column of the true outcome.
        groups: (n_cases,) near-duplicate groups.
        how: resamples and seed.
    """
    covered = sets[np.arange(len(truth)), truth]
    decided = sets.sum(axis=1) == 1
    wrong = (decided & ~covered).astype(float)
    figures: dict[str, Figure] = {
        "decided": _weighted_mean(decided.astype(float)),
        "error_when_decided": lambda weights: float(wrong @ weights / max(decided @ weights, 1e-12)),
        "coverage": _weighted_mean(covered.astype(float)),
    }
    return bootstrap(figures, groups, how)


def _outcome_functions(cases: OutcomeCases, p_upheld: Floats, band: float) -> dict[str, Figure]:
    repeats = np.atleast_2d(p_upheld)
    log_length = np.log(cases.words + 5)
    return {
        "auc": _mean_of([_auc(cases.upheld, p) for p in repeats]),
        "matched_auc": _mean_of([_MatchedPairs.of(cases.upheld, p, log_length, band).auc for p in repeats]),
        "brier": _weighted_mean(((repeats - cases.upheld) ** 2).mean(axis=0)),
    }


def _mean_of(figures: list[Figure]) -> Figure:
    return lambda weights: float(np.mean([figure(weights) for figure in figures]))


def _difference(one: Figure, other: Figure) -> Figure:
    return lambda weights: one(weights) - other(weights)


def _ranking_precision(truth: NDArray[np.bool_], score: Floats) -> Floats:
    """Return label ranking average precision a case (n,); 0 where a case has none of the grounds.

    scikit-learn's function averages over cases, and the bootstrap needs them one by one.
    """
    at_least = score[:, None, :] >= score[:, :, None]
    rank = at_least.sum(axis=2)
    true_rank = (at_least & truth[:, None, :]).sum(axis=2)
    precisions: Floats = (true_rank / rank * truth).sum(axis=1) / np.maximum(truth.sum(axis=1), 1)
    return precisions


def _weighted_mean(values: Floats) -> Figure:
    return lambda weights: float(values @ weights / weights.sum())


def _auc(upheld: Ints, score: Floats) -> Figure:
    """Return AUC as a function of case weights: scikit-learn's sorts the scores again for every resample."""
    _, rank = np.unique(score, return_inverse=True)

    def weighted(weights: Floats) -> float:
        positive = np.bincount(rank, weights * upheld)
        negative = np.bincount(rank, weights * (1 - upheld))
        below = np.cumsum(negative) - negative / 2
        total = positive.sum() * negative.sum()
        return float(positive @ below / total) if total else float("nan")

    return weighted


@dataclass(frozen=True, slots=True)
class _MatchedPairs:
    """Pairs of an upheld and a closed case of like length, and whether the score orders them rightly.

    `upheld` (n_upheld,) and `closed` (n_closed,) are positions of cases; `right` (n_upheld, n_closed) holds 1, 0, or
    0.5 for a tie, `paired` 1 for every pair. There are as many pairs as the square of the cases: beyond `MAX_PAIRS` a
    sample of them, drawn evenly, stands for all.
    """

    upheld: Ints
    closed: Ints
    right: csr_matrix
    paired: csr_matrix

    @classmethod
    def of(cls, upheld: Ints, score: Floats, log_length: Floats, band: float) -> "_MatchedPairs":
        ones = np.flatnonzero(upheld == 1)
        zeros = np.flatnonzero(upheld == 0)
        zeros = zeros[np.argsort(log_length[zeros], kind="stable")]
        first = np.searchsorted(log_length[zeros], log_length[ones] - band, side="left")
        last = np.searchsorted(log_length[zeros], log_length[ones] + band, side="right")
        starts = np.concatenate([[0], np.cumsum(last - first)])
        total = int(starts[-1])
        if total > MAX_PAIRS:
            pairs = np.sort(np.random.default_rng(0).choice(total, MAX_PAIRS, replace=False))
        else:
            pairs = np.arange(total)
        row = np.searchsorted(starts, pairs, side="right") - 1
        column = first[row] + pairs - starts[row]
        one, other = score[ones[row]], score[zeros[column]]
        shape, places = (len(ones), len(zeros)), (row, column)
        right = csr_matrix(((one > other) + 0.5 * (one == other), places), shape=shape)
        return cls(ones, zeros, right, csr_matrix((np.ones(len(pairs)), places), shape=shape))

    def auc(self, weights: Floats) -> float:
        ones, zeros = weights[self.upheld], weights[self.closed]
        total = ones @ (self.paired @ zeros)
        return float(ones @ (self.right @ zeros) / total) if total else float("nan")
