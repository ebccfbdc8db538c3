"""Counts of two sets of complaints in, tests and sizes of their difference out, however unequal the sets in number."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, fisher_exact

Table = NDArray[np.int64]  # (2, k): how many complaints of each set are in each of k groups

MIN_EXPECTED = (
    5  # complaints expected in a bin of the smaller set, below which the chi-square distribution is no guide
)
MIN_RARE = 1  # the same for a group of its own kind, where few are that rare (Cochran 1954)
GROUPS = 10  # groups of bins, of about the same size, in which histograms are compared
LEVELS = ("none", "small", "medium", "large")
CRAMERS_V, COHENS_H = "Cramér's V", "Cohen's h"
STARTS = {CRAMERS_V: (0.1, 0.3, 0.5), COHENS_H: (0.2, 0.5, 0.8)}  # of small, medium and large: Cohen 1988


@dataclass(frozen=True, slots=True)
class Difference:
    """A test of two sets for being drawn from one population, and how far apart they are.

    `psi` is the population stability index, where groups were compared; industry reads 0.1 as some, 0.25 as much.
    """

    test: str
    statistic: float
    p_value: float
    effect: float
    effect_size_name: str
    psi: float | None = None

    @property
    def level(self) -> str:
        """The size of the effect in a word: none, small, medium or large."""
        return LEVELS[int(np.searchsorted(STARTS[self.effect_size_name], abs(self.effect), side="right"))]


def chi_square(table: Table) -> Difference:
    """Return how two sets differ over k groups; groups must be pooled first, so that none is nearly empty."""
    size = cramers_v(table)
    if table.shape[1] < 2:
        return Difference("chi-square", 0.0, 1.0, size, CRAMERS_V, 0.0)
    result = chi2_contingency(table, correction=False)
    return Difference(
        "chi-square",
        float(result.statistic),
        float(result.pvalue),
        size,
        CRAMERS_V,
        stability_index(table),
    )


def two_shares(one: tuple[int, int], other: tuple[int, int]) -> Difference:
    """Return how a share differs between two sets, each given as (complaints that have it, all complaints).

    Fisher's exact test: shares of a few complaints are too small for the normal distribution.
    """
    table = [[have, total - have] for have, total in (one, other)]
    odds, p_value = fisher_exact(table)
    return Difference("Fisher's exact", float(odds), float(p_value), cohens_h(one, other), COHENS_H)


def cohens_h(one: tuple[int, int], other: tuple[int, int]) -> float:
    """Return the difference of two shares on the arcsine scale, above 0 where the second is the larger.

    >>> round(cohens_h((14, 100), (41, 100)), 2)
    0.62
    """
    before, after = (np.arcsin(np.sqrt(have / total)) for have, total in (one, other))
    return float(2 * (after - before))


def cramers_v(table: Table) -> float:
    """Return Cramér's V, from 0 to 1, of the table with both sets weighed alike.

    Weighed by their size, it would sink towards 0 for the same difference, the more one set outnumbers the other.

    >>> cramers_v(np.array([[50, 50], [5, 5]])), cramers_v(np.array([[1000, 0], [0, 10]]))
    (0.0, 1.0)
    """
    one, other = table / table.sum(axis=1, keepdims=True)
    filled = one + other > 0
    return float(np.sqrt(((one - other)[filled] ** 2 / (one + other)[filled]).sum() / 2))


def stability_index(table: Table) -> float:
    """Return the population stability index; half a complaint more in each group keeps it finite."""
    one, other = (table + 0.5) / (table + 0.5).sum(axis=1, keepdims=True)
    return float(((other - one) * np.log(other / one)).sum())


def pool_neighbours(table: Table) -> Table:
    """Return the bins of two histograms, neighbours put together to groups of about a tenth of all complaints each."""
    enough = max(table.sum() / GROUPS, _expecting(MIN_EXPECTED, table))
    groups: list[Table] = []
    open_group = np.zeros(2, dtype=np.int64)
    for column in table.T:
        open_group = open_group + column
        if open_group.sum() >= enough:
            groups.append(open_group)
            open_group = np.zeros(2, dtype=np.int64)
    if groups:
        groups[-1] = groups[-1] + open_group
    return np.array(groups or [table.sum(axis=1)]).T


def pool_rare(table: Table) -> Table:
    """Return the groups of which a complaint is expected in either set, all others put together as one."""
    enough = _expecting(MIN_RARE, table)
    rare = table.sum(axis=0) < enough
    rest = table[:, rare].sum(axis=1, keepdims=True)
    kept = table[:, ~rare]
    if rest.sum() >= enough or not kept.size:
        return np.hstack([kept, rest])
    smallest = kept.sum(axis=0).argmin()
    kept[:, [smallest]] += rest
    return kept


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values that allow for one another (Holm 1979).

    >>> holm([0.01, 0.5, 0.02])
    [0.03, 0.5, 0.04]
    """
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(np.argsort(p_values, kind="stable").tolist()):
        running = max(running, (len(p_values) - rank) * p_values[place])
        adjusted[place] = min(1.0, running)
    return adjusted


def _expecting(number: int, table: Table) -> float:
    """Return how many complaints a group must have for that number of them to be expected in the smaller set."""
    return float(number * table.sum() / max(table.sum(axis=1).min(), 1))
