"""The same cases scored by two bundles' recipes in, paired differences and disagreements out."""

from dataclasses import dataclass

import numpy as np

from pipeline.errors import CorpusError
from pipeline.evaluate.metrics import Bootstrap, Estimate, outcome_differences
from pipeline.evaluate.quality import known
from pipeline.evaluate.scored import Scored
from pipeline.schema import Decision

SHOWN = 15


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A case on which the two fall on different sides of one half; `decision` says how it was decided."""

    decision: Decision
    one: float
    other: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two bundles on the same cases, this one first.

    Attributes:
        one: version of this bundle.
        other: version of the other.
        split: name of the split on which both were scored.
        differences: figure to this one's value less the other's, with paired intervals.
        disagree: number of cases on which they fall on different sides of one half.
        one_right: how many of those this one gets right.
        widest: the disagreements with the widest gap, the widest first.
    """

    one: str
    other: str
    split: str
    differences: dict[str, Estimate]
    disagree: int
    one_right: int
    widest: list[Disagreement]


def compare(
    names: tuple[str, str], split: str, scores: tuple[Scored, Scored], band: float, how: Bootstrap
) -> Comparison:
    """Return how `scores` of two bundles, `names`, on the same n cases differ.

    Raises:
        CorpusError: the two were not scored on the same cases.
    """
    one, other = scores
    if [d.reference for d in one.cases.decisions] != [d.reference for d in other.cases.decisions]:
        raise CorpusError(
            "the two bundles split the corpus differently, so no case was scored by both; "
            "train both with the same settings of split and outcome.not_upheld, or compare on unseen cases."
        )
    upheld = one.cases.upheld
    calls = one.p_upheld >= 0.5
    apart = np.flatnonzero(calls != (other.p_upheld >= 0.5))
    gaps = np.abs(one.p_upheld - other.p_upheld)
    widest = apart[np.argsort(-gaps[apart], kind="stable")][:SHOWN]
    return Comparison(
        *names,
        split=split,
        differences=outcome_differences(known(one), one.p_upheld, other.p_upheld, band, how),
        disagree=len(apart),
        one_right=int((calls == upheld)[apart].sum()),
        widest=[
            Disagreement(one.cases.decisions[i], float(one.p_upheld[i]), float(other.p_upheld[i]))
            for i in widest
        ],
    )
