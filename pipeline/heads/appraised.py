"""Views in; out, what readers who did not know the outcomes expect of them, and of complaints invented for the purpose.

An outcome is one draw from what might have been decided. What an expert reader expects of the same text is steadier,
and knows the law and the words that a few thousand cases lack; but it is an opinion, so it only tempers the outcomes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from pipeline.features.cut import CutTexts, cut_texts
from pipeline.features.view import view_of_row
from pipeline.params import Params, ViewParams
from pipeline.schema import Appraisal, Ground, View

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Expected:
    """What readers expect of n complaints; rows of NaN where nobody has read one.

    Attributes:
        upheld: (n,) probability of upheld, against closed.
        grounds: (n, n_grounds) probability of each ground, given its own outcome, in the order of `Ground`.
    """

    upheld: Floats
    grounds: Floats

    @classmethod
    def of(cls, read: Sequence[Appraisal | None]) -> "Expected":
        """Return the expectations of n readings, None for a complaint that nobody has read."""
        grounds = np.full((len(read), len(Ground)), np.nan)
        for row, one in enumerate(read):
            if one:
                grounds[row] = [one.grounds.get(ground, 0.0) for ground in Ground]
        return cls(np.array([one.p_upheld if one else np.nan for one in read]), grounds)

    def at(self, rows: NDArray[np.intp]) -> "Expected":
        """Return those of some of the complaints."""
        return Expected(self.upheld[rows], self.grounds[rows])

    def on(self, codes: Sequence[str]) -> "Expected":
        """Return those of some of the grounds, in the order of the codes."""
        columns = [list(Ground).index(Ground(code)) for code in codes]
        return Expected(self.upheld, self.grounds[:, columns])


@dataclass(frozen=True, slots=True)
class Appraised:
    """What readers add to the outcomes of n cases: expectations of the `cases`, and m further complaints.

    Attributes:
        cases: what is expected of the n cases.
        X: (m, n_features) features of the further complaints, which nobody has decided.
        further: what is expected of them.
    """

    cases: Expected
    X: csr_matrix
    further: Expected

    def at(self, rows: NDArray[np.intp]) -> "Appraised":
        """Return the same for some of the cases; the further complaints stay."""
        return Appraised(self.cases.at(rows), self.X, self.further)

    def on(self, codes: Sequence[str]) -> "Appraised":
        """Return the same for some of the grounds, in the order of the codes."""
        return Appraised(self.cases.on(codes), self.X, self.further.on(codes))


@dataclass(frozen=True, slots=True)
class Further:
    """m complaints that nobody has decided, as heads need them."""

    views: Sequence[View]
    cut: CutTexts
    expected: Expected

    def at(self, rows: NDArray[np.intp]) -> "Further":
        """Return some of them."""
        return Further([self.views[row] for row in rows], self.cut.at(rows), self.expected.at(rows))


def soft_rows(shares: Floats, weights: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Return rows, classes and weights (k,) with which a classifier that takes one class a row learns shares.

    Each of the n complaints stands there once for each class that it has a share of, weighed by that share.

    Args:
        shares: (n, n_classes) of the classes.
        weights: (n,) of the complaints.

    >>> [part.tolist() for part in soft_rows(np.array([[0.0, 1.0], [0.25, 0.75]]), np.array([1.0, 2.0]))]
    [[0, 1, 1], [1, 0, 1], [1.0, 0.5, 1.5]]
    """
    rows, classes = np.nonzero(shares * weights[:, None])
    return rows, classes, weights[rows] * shares[rows, classes]


def expected_of(views: Sequence[View]) -> Expected:
    """Return what readers expect of n complaints: of those of the embedded corpus they have read every one."""
    from pipeline.corpus.appraisals import (
        appraisals,
        text_digest,
    )  # a served model has no corpus to learn from

    known = appraisals()
    return Expected.of([known.get(text_digest(view.complaint)) for view in views])


def invented(params: Params) -> Further:
    """Return the invented complaints, none where `appraisals.weight` is 0."""
    if not params.appraisals.weight:
        return Further([], cut_texts([]), Expected.of([]))
    return _invented(params.view, params.features.spacy_model)


@lru_cache(1)
def _invented(params: ViewParams, spacy_model: str | None) -> Further:
    from pipeline.corpus.appraisals import invented_complaints

    complaints = invented_complaints()
    views = [view_of_row(complaint.row, params) for complaint in complaints]
    return Further(
        views, cut_texts(views, spacy_model=spacy_model), Expected.of([c.appraisal for c in complaints])
    )
