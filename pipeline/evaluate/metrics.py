"""Scores and truths in, figures with bootstrap intervals out; computes only, draws and prints nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.intp]


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
    """Return AUC, length-matched AUC and Brier score of the probabilities (n,), each with its interval."""
    pairs = _MatchedPairs.of(cases.upheld, p_upheld, np.log(cases.words + 5), band)
    figures: dict[str, Callable[[Floats], float]] = {
        "auc": _auc(cases.upheld, p_upheld),
        "matched_auc": pairs.auc,
        "brier": _weighted_mean((p_upheld - cases.upheld) ** 2),
    }
    return bootstrap(figures, cases.groups, how)


def matched_auc(upheld: Ints, score: Floats, words: Ints, band: float = 0.15) -> float:
    """Return the length-matched AUC in [0, 1]: 0.5 knows nothing beyond length, NaN where no lengths match.

    Over all pairs of one upheld and one closed case with |ln((words_a + 5) / (words_b + 5))| <= band, the share
    that the score orders rightly, a tie counting half.

    >>> matched_auc(np.array([1, 0, 0]), np.array([0.9, 0.2, 0.95]), np.array([50, 52, 90]))
    1.0
    """
    pairs = _MatchedPairs.of(upheld, score, np.log(words + 5), band)
    return pairs.auc(np.ones(len(upheld)))


def bootstrap(
    figures: dict[str, Callable[[Floats], float]], groups: Ints, how: Bootstrap
) -> dict[str, Estimate]:
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
    order = np.argsort(-score, axis=1, kind="stable")
    hits = np.take_along_axis(truth, order, axis=1)
    figures = {
        "hit_at_1": hits[:, 0].astype(float),
        "hit_at_2": hits[:, :2].any(axis=1).astype(float),
        "lrap": _ranking_precision(truth, score),
    }
    return bootstrap({name: _weighted_mean(values) for name, values in figures.items()}, groups, how)


def _ranking_precision(truth: NDArray[np.bool_], score: Floats) -> Floats:
    """Return label ranking average precision a case (n,); 0 where a case has none of the grounds.

    scikit-learn's function averages over cases, and the bootstrap needs them one by one.
    """
    at_least = score[:, None, :] >= score[:, :, None]
    rank = at_least.sum(axis=2)
    true_rank = (at_least & truth[:, None, :]).sum(axis=2)
    precisions: Floats = (true_rank / rank * truth).sum(axis=1) / np.maximum(truth.sum(axis=1), 1)
    return precisions


def _weighted_mean(values: Floats) -> Callable[[Floats], float]:
    return lambda weights: float(values @ weights / weights.sum())


def _auc(upheld: Ints, score: Floats) -> Callable[[Floats], float]:
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
    """All pairs of an upheld and a closed case of like length, and whether the score orders them rightly."""

    upheld: Ints
    closed: Ints
    right: Floats

    @classmethod
    def of(cls, upheld: Ints, score: Floats, log_length: Floats, band: float) -> "_MatchedPairs":
        ones = np.flatnonzero(upheld == 1)
        zeros = np.flatnonzero(upheld == 0)
        zeros = zeros[np.argsort(log_length[zeros], kind="stable")]
        first = np.searchsorted(log_length[zeros], log_length[ones] - band, side="left")
        last = np.searchsorted(log_length[zeros], log_length[ones] + band, side="right")
        counts = last - first
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        a = np.repeat(ones, counts)
        b = zeros[np.repeat(first, counts) + within]
        return cls(a, b, (score[a] > score[b]) + 0.5 * (score[a] == score[b]))

    def auc(self, weights: Floats) -> float:
        pair_weights = weights[self.upheld] * weights[self.closed]
        total = pair_weights.sum()
        return float(pair_weights @ self.right / total) if total else float("nan")
