"""Heads and cases that they have not seen in, a small table of what they made of them out, as a file and back.

A bundle keeps this table of its test cases, so that another bundle can be compared with it on the same ones. It holds
no text: a case is a digest of its reference, its outcome, its length, its near-duplicate group and its slices.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Floats, Ints, OutcomeCases
from pipeline.evaluate.seen import reference_digest
from pipeline.evaluate.slices import SLICES
from pipeline.heads import Heads, word_counts
from pipeline.schema import Outcome

HOLDOUT = "holdout.jsonl"  # the file of a bundle
KEPT_SLICES = tuple(name for name in SLICES if name != "organisation")  # a body names its cases too well


@dataclass(frozen=True, slots=True)
class HeldCases:
    """n cases, upheld or closed, and the probabilities of heads that have seen none of them.

    Attributes:
        digests: (n,) of the references.
        upheld: (n,) 1 or 0.
        words: (n,) lengths of the complaints.
        groups: (n,) near-duplicate groups.
        even: (n,) probabilities of upheld against closed, as if both were equally common.
        slices: kind of slice to the value (n,) of each case.
    """

    digests: NDArray[np.str_]
    upheld: Ints
    words: Ints
    groups: Ints
    even: Floats
    slices: Mapping[str, NDArray[np.str_]]

    @property
    def p_upheld(self) -> Floats:
        """(n,) the probabilities corrected to the share of upheld among these cases.

        Where a model is used is not what it knows: two bundles trained for different deployment rates, or tested in
        years with different ones, are compared at the rate that the cases have.
        """
        share = float(self.upheld.mean())
        upheld, closed = share * self.even, (1 - share) * (1 - self.even)
        corrected: Floats = upheld / (upheld + closed)
        return corrected

    @property
    def outcomes(self) -> OutcomeCases:
        """What the figures of an outcome head need to know of the cases."""
        return OutcomeCases(self.upheld, self.words, self.groups)

    def at(self, chosen: Ints | NDArray[np.bool_]) -> "HeldCases":
        """Return the cases at these positions, or where `chosen` (n,) is True."""
        return HeldCases(
            self.digests[chosen],
            self.upheld[chosen],
            self.words[chosen],
            self.groups[chosen],
            self.even[chosen],
            {name: values[chosen] for name, values in self.slices.items()},
        )


def hold(heads: Heads, cases: Cases) -> HeldCases:
    """Return the upheld and closed ones of the cases, with what `heads`, which have not seen them, make of them."""
    cases = cases.of(Outcome.UPHELD, Outcome.CLOSED)
    return HeldCases(
        digests=np.array(
            [reference_digest(decision.reference) for decision in cases.decisions], dtype=np.str_
        ),
        upheld=cases.upheld,
        words=word_counts(cases.views),
        groups=cases.groups,
        even=_at_even_odds(heads, cases),
        slices={
            name: np.array([SLICES[name](view) for view in cases.views], dtype=np.str_)
            for name in KEPT_SLICES
        },
    )


def to_lines(held: HeldCases) -> str:
    """Return the cases as JSON lines, for the file `holdout.jsonl`."""
    rows = zip(held.digests, held.upheld, held.words, held.groups, held.even, strict=True)
    lines = []
    for place, (digest, upheld, words, group, even) in enumerate(rows):
        slices = {name: str(values[place]) for name, values in held.slices.items()}
        line = {"case": str(digest), "upheld": int(upheld), "words": int(words), "group": int(group)}
        lines.append(json.dumps(line | {"p_even": float(even), "slices": slices}, ensure_ascii=False))
    return "\n".join(lines) + "\n"


def from_lines(text: str) -> HeldCases:
    """Return the cases that `to_lines` wrote; a bundle's manifest vouches that nobody has altered them."""
    rows = [json.loads(line) for line in text.splitlines()]
    names = rows[0]["slices"] if rows else ()
    return HeldCases(
        digests=np.array([row["case"] for row in rows], dtype=np.str_),
        upheld=np.array([row["upheld"] for row in rows], dtype=np.intp),
        words=np.array([row["words"] for row in rows], dtype=np.intp),
        groups=np.array([row["group"] for row in rows], dtype=np.intp),
        even=np.array([row["p_even"] for row in rows], dtype=float),
        slices={name: np.array([row["slices"][name] for row in rows], dtype=np.str_) for name in names},
    )


def in_common(one: HeldCases, other: HeldCases) -> tuple[HeldCases, HeldCases]:
    """Return the cases that both tables hold, in the order of the first."""
    place = {digest: position for position, digest in enumerate(other.digests.tolist())}
    kept = np.flatnonzero([digest in place for digest in one.digests.tolist()])
    return one.at(kept), other.at(np.array([place[d] for d in one.digests[kept].tolist()], dtype=np.intp))


def _at_even_odds(heads: Heads, cases: Cases) -> Floats:
    """Return (n,) probabilities of upheld against closed: Bayes' rule with the shares of training taken out."""
    if not cases.views:
        return np.zeros(0)
    head = heads.outcome.at_rate(None)
    probabilities = head.predict_proba(heads.features.examine(cases.views, cut=cases.cut).X)
    upheld, closed = (
        head.classes_.tolist().index(outcome.value) for outcome in (Outcome.UPHELD, Outcome.CLOSED)
    )
    ones = probabilities[:, upheld] / head.class_shares_[upheld]
    zeros = probabilities[:, closed] / head.class_shares_[closed]
    even: Floats = ones / (ones + zeros)
    return even
