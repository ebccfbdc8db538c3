"""Features and fitted heads in, reasons out: what moved each complaint's log-odds of upheld against closed.

Exact, because the outcome head is linear up to the log-odds: a feature adds its value times its weight, and no other
feature changes that. The shares of all columns that stand for the same term (everywhere, in its category, in its
subcategory) are one reason.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.features.terms import LETTERS, shown_terms
from pipeline.features.vectorise import ComplaintFeatures
from pipeline.heads.grounds import GroundsHead
from pipeline.heads.outcome import OutcomeHead
from pipeline.schema import Ground, Outcome, Reason, View

START = "before a word is read"
OTHER = "other terms"

_LEAST = 0.05  # of a ground's own log-odds, below which a term does not speak for that ground

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reasons:
    """Finds the reasons behind predictions of a fitted pair of heads."""

    features: ComplaintFeatures
    outcome: OutcomeHead
    grounds: GroundsHead

    def of(self, views: Sequence[View], X: csr_matrix, count: int) -> Iterator[tuple[Reason, ...]]:
        """Yield the reasons of each of n complaints with features X (n, n_features).

        They are the `count` strongest terms by falling strength, then "other terms" with all the rest, then what holds
        "before a word is read"; they sum to the log-odds, each rounded to 6 decimals.
        """
        weights, start = self.outcome.log_odds()
        terms = self.features.terms()
        for row, view in enumerate(views):
            columns, values = _row(X, row)
            shares = weights[columns] * values
            strongest = _strongest(terms.of_column[columns], shares, count)
            shown = shown_terms(view.complaint, [terms.names[term] for term in strongest])
            reasons = [
                Reason(
                    name, round(share, 6), self._ground(columns, values, terms.of_column, term, share), words
                )
                for (term, share), (name, words) in zip(strongest.items(), shown, strict=True)
            ]
            other = float(shares.sum()) - sum(strongest.values())
            yield (*reasons, Reason(OTHER, round(other, 6)), Reason(START, round(start, 6)))

    def _ground(
        self, columns: NDArray[np.intp], values: Floats, of_column: NDArray[np.intp], term: int, share: float
    ) -> Ground | None:
        """Return the ground, of the outcome that a term speaks for, whose own log-odds the term raises most."""
        outcome = Outcome.UPHELD if share > 0 else Outcome.CLOSED
        own = of_column[columns] == term
        raised = self.grounds.coef_[outcome][:, columns[own]] @ values[own]
        best = int(raised.argmax()) if len(raised) else -1
        return Ground(self.grounds.codes_[outcome][best]) if best >= 0 and raised[best] >= _LEAST else None


def _row(X: csr_matrix, row: int) -> tuple[NDArray[np.intp], Floats]:
    inside = slice(X.indptr[row], X.indptr[row + 1])
    return X.indices[inside], X.data[inside]


def _strongest(terms: NDArray[np.intp], shares: Floats, count: int) -> dict[int, float]:
    """Return the `count` terms with the largest sums of shares, either sign, the strongest first."""
    named = terms != LETTERS
    found, place = np.unique(terms[named], return_inverse=True)
    sums = np.bincount(place, weights=shares[named], minlength=len(found))
    order = np.argsort(-np.abs(sums), kind="stable")[:count]
    return {int(found[i]): float(sums[i]) for i in order if sums[i]}
