"""Scored cases in, figures for each kind of case out, flagged where they differ from the whole.

A slice is one predicate or one name a case: add it to `SLICES`, with a test.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd
from fairlearn.metrics import MetricFrame
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from pipeline.evaluate.metrics import (
    Bootstrap,
    Estimate,
    Figure,
    Floats,
    Ints,
    bootstrap,
    matched_figure,
)
from pipeline.evaluate.quality import known
from pipeline.evaluate.scored import Scored
from pipeline.schema import View

# "complains on behalf of her late mother": someone else speaks for the person affected.
# "complains about the care of her mother" is no such case: nothing says that she speaks for her.
REPRESENTED = re.compile(
    r"\bon (?:[\w']+ ){0,4}behalf\b|\brepresented by\b|\b(?:his|her|their) representative\b", re.IGNORECASE
)

# The first that matches names the kind, so the narrow ones stand first.
_KINDS = (
    ("county council", re.compile(r"\bcounty council\b", re.I)),
    ("London borough", re.compile(r"\b(?:london|royal) borough\b|\bcity of london\b|\bwestminster city\b", re.I)),
    ("district or borough council", re.compile(r"\b(?:district|borough) council\b", re.I)),
    ("city or unitary council", re.compile(r"\bcouncil\b", re.I)),
    ("health body", re.compile(r"\bNHS\b|\bclinical commissioning\b|\bintegrated care\b|\bhospital", re.I)),
    ("transport body", re.compile(r"\btransport\b", re.I)),
    ("care provider", re.compile(r"\bcare\b|\bhomes?\b|\b(?:limited|ltd|llp|plc)\b", re.I)),
)  # fmt: skip

LENGTH_BANDS = ((40, "under 40 words"), (70, "40 to 69 words"), (110, "70 to 109 words"))


def kind_of_body(organisation: str) -> str:
    """Return what kind of body an organisation is, judged by its name.

    >>> kind_of_body("Kent County Council"), kind_of_body("Sunrise Care Ltd"), kind_of_body("Ofqual")
    ('county council', 'care provider', 'other body')
    """
    return next((kind for kind, pattern in _KINDS if pattern.search(organisation)), "other body")


def complainant_kind(complaint: str) -> str:
    """Return "representative" where someone speaks for the person affected, else "self".

    >>> complainant_kind("Mrs X complains on behalf of her late mother.")
    'representative'
    """
    return "representative" if REPRESENTED.search(complaint) else "self"


def length_band(complaint: str) -> str:
    """Return the length band of a complaint.

    >>> length_band("word " * 50)
    '40 to 69 words'
    """
    words = len(complaint.split())
    return next((name for limit, name in LENGTH_BANDS if words < limit), "110 words or more")


SLICES: dict[str, Callable[[View], str]] = {
    "category": lambda view: view.category or "unknown",
    "kind of body": lambda view: kind_of_body(view.organisation),
    "organisation": lambda view: view.organisation or "unknown",
    "year of receipt": lambda view: str(view.received_year or "unknown"),
    "length": lambda view: length_band(view.complaint),
    "complainant": lambda view: complainant_kind(view.complaint),
}


@dataclass(frozen=True, slots=True)
class Slice:
    """The figures of the cases that share one `value` of a `feature`.

    Attributes:
        upheld_share: share of upheld among them.
        auc: plain AUC.
        matched_auc: length-matched AUC.
        gap: mean probability less share upheld; above 0 the head expects too many upheld.
        flagged: the figures, of matched_auc and gap, whose 95 % interval excludes the value over all cases.
        firm: those that stay flagged when the number of intervals is allowed for (Bonferroni).
    """

    feature: str
    value: str
    upheld_share: float
    auc: float
    matched_auc: Estimate
    gap: Estimate
    flagged: tuple[str, ...]
    firm: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SliceTable:
    """All slices, the values over all cases, how many slices were too small, and the flags that chance would raise."""

    slices: list[Slice]
    overall: dict[str, float]
    too_small: int
    by_chance: float


def slice_table(scored: Scored, band: float, min_cases: int, how: Bootstrap) -> SliceTable:
    """Return the figures of every slice with at least `min_cases` cases of each outcome."""
    names = {feature: np.array([of(view) for view in scored.cases.views]) for feature, of in SLICES.items()}
    whole = _intervals(scored, band, Bootstrap(1, how.seed))
    overall = {figure: estimate.value for figure, estimate in whole.items()}
    upheld = scored.cases.upheld
    kept, too_small = [], 0
    for feature, own in names.items():
        table = _by_value(upheld, scored.p_upheld, own)
        enough = table["rarer"] >= min_cases
        too_small += int((~enough).sum())
        kept += [(feature, str(value), row) for value, row in table[enough].iterrows()]
    level = 0.05 / max(2 * len(kept), 1)  # two intervals a slice
    slices = [
        _slice(
            (feature, value), row, _intervals(scored.at(names[feature] == value), band, how), overall, level
        )
        for feature, value, row in kept
    ]
    return SliceTable(slices, overall, too_small, 0.05 * 2 * len(slices))


def _by_value(upheld: Ints, p_upheld: Floats, names: NDArray[np.str_]) -> pd.DataFrame:
    """Return one row a value of a feature: share upheld, AUC, and cases of the rarer outcome."""
    metrics = {"rarer": _rarer, "upheld_share": lambda y, _: float(np.mean(y)), "auc": _auc}
    frame = MetricFrame(metrics=metrics, y_true=upheld, y_pred=p_upheld, sensitive_features=pd.Series(names))
    table: pd.DataFrame = frame.by_group
    return table


def _rarer(upheld: Ints, _: Floats) -> int:
    return int(min((upheld == 1).sum(), (upheld == 0).sum()))


def _auc(upheld: Ints, p_upheld: Floats) -> float:
    return float(roc_auc_score(upheld, p_upheld)) if len(np.unique(upheld)) == 2 else float("nan")


def _intervals(scored: Scored, band: float, how: Bootstrap) -> dict[str, Estimate]:
    cases = known(scored)
    gap = scored.p_upheld - cases.upheld
    figures: dict[str, Figure] = {
        "matched_auc": matched_figure(cases, scored.p_upheld, band),
        "gap": lambda weights: float(gap @ weights / weights.sum()),
    }
    return bootstrap(figures, cases.groups, how)


def _slice(
    name: tuple[str, str], row: pd.Series, own: dict[str, Estimate], overall: dict[str, float], level: float
) -> Slice:
    off = {figure: _distance(estimate, overall[figure]) for figure, estimate in own.items()}
    firm = NormalDist().inv_cdf(1 - level / 2)
    return Slice(
        *name,
        upheld_share=float(row["upheld_share"]),
        auc=float(row["auc"]),
        matched_auc=own["matched_auc"],
        gap=own["gap"],
        flagged=tuple(f for f, e in own.items() if not e.low <= overall[f] <= e.high),
        firm=tuple(figure for figure, distance in off.items() if distance > firm),
    )


def _distance(estimate: Estimate, overall: float) -> float:
    """Return how many standard errors lie between: a thousand resamples are too few for percentiles so far out."""
    error = (estimate.high - estimate.low) / (2 * NormalDist().inv_cdf(0.975))
    return abs(estimate.value - overall) / error if error else 0.0
