"""Decisions in, a past-to-future split out, near-duplicate complaints on one side; re-checks itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from pipeline.errors import CorpusError
from pipeline.params import Split
from pipeline.schema import Decision

PERMUTATIONS = 64
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Positions of training and test cases, and what was left out.

    `train` and `test` are ascending arrays of positions; `test_from` is the first day of receipt in the test part;
    `in_gap` counts cases received before it but not yet published; `duplicates` counts training cases dropped
    because a near-duplicate is in the test part; `without_year` counts cases whose reference tells no year.
    """

    train: NDArray[np.intp]
    test: NDArray[np.intp]
    test_from: date
    in_gap: int
    duplicates: int
    without_year: int


def split_by_time(decisions: Sequence[Decision], groups: NDArray[np.intp], params: Split) -> TimeSplit:
    """Split so that a model trained on the training part could have existed when the test complaints came in.

    Test: received in or after a financial year. Train: published before that year began, `gap_days` allowed for
    publication. An undated decision counts as made at the end of the financial year after its receipt.

    Args:
        decisions: n decisions; those without a year in their reference are left out of both parts.
        groups: (n,) near-duplicate group of each, as `near_duplicate_groups` gives.
        params: year, share and gap.

    Raises:
        CorpusError: either part would be empty.
    """
    years = np.array([decision.received_year or 0 for decision in decisions])
    first_year = params.test_from_year or _year_for_share(years, params.test_share)
    test_from = date(first_year, 4, 1)
    known_by = test_from - timedelta(days=params.gap_days)
    is_test = years >= first_year
    is_known = np.array(
        [bool(year) and _decided(d) < known_by for d, year in zip(decisions, years, strict=True)]
    )
    in_test_group = np.isin(groups, groups[is_test])
    split = TimeSplit(
        train=np.flatnonzero(is_known & ~is_test & ~in_test_group),
        test=np.flatnonzero(is_test),
        test_from=test_from,
        in_gap=int((~is_known & ~is_test & (years > 0)).sum()),
        duplicates=int((is_known & ~is_test & in_test_group).sum()),
        without_year=int((years == 0).sum()),
    )
    _recheck(split, groups)
    return split


def near_duplicate_groups(complaints: Sequence[str], similarity: float) -> NDArray[np.intp]:
    """Return the group (n,) of each complaint: equal numbers are near-duplicates, directly or through others.

    Sets of word triples are compared by MinHash (Broder 1997) and locality-sensitive hashing, in near-linear time.

    >>> near_duplicate_groups(["he says the bin was missed", "She asks for help", "He says the bin was missed."], 0.7)
    array([0, 1, 0])
    """
    sketches = [_sketch(text) for text in complaints]
    index = MinHashLSH(threshold=similarity, num_perm=PERMUTATIONS)
    parent = np.arange(len(complaints))
    for position, sketch in enumerate(sketches):
        for other in index.query(sketch):
            if sketch.jaccard(sketches[other]) >= similarity:
                _join(parent, position, other)
        index.insert(position, sketch)
    return np.array([_root(parent, position) for position in range(len(complaints))], dtype=np.intp)


def _sketch(text: str) -> MinHash:
    words = _WORD.findall(text.lower())
    triples = {" ".join(words[i : i + 3]) for i in range(max(1, len(words) - 2))}
    sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
    sketch.update_batch([triple.encode() for triple in sorted(triples)])
    return sketch


def _root(parent: NDArray[np.intp], position: int) -> int:
    while parent[position] != position:
        parent[position] = parent[parent[position]]
        position = parent[position]
    return int(position)


def _join(parent: NDArray[np.intp], one: int, other: int) -> None:
    low, high = sorted((_root(parent, one), _root(parent, other)))
    parent[high] = low


def _decided(decision: Decision) -> date:
    return decision.decision_date or date((decision.received_year or 0) + 2, 3, 31)


def _year_for_share(years: NDArray[np.intp], share: float) -> int:
    known = np.sort(years[years > 0])
    if not len(known):
        raise CorpusError(
            "no reference starts with a financial year, so time cannot order the cases; check reference."
        )
    return int(known[int(len(known) * (1 - share))])


def _recheck(split: TimeSplit, groups: NDArray[np.intp]) -> None:
    if not len(split.train) or not len(split.test):
        raise CorpusError(
            f"splitting at {split.test_from} leaves {len(split.train)} training and {len(split.test)} test cases "
            f"({split.in_gap} not yet published then, {split.duplicates} near-duplicates of test cases, "
            f"{split.without_year} without a year); both must have some. Set split.test_from_year, or split.gap_days."
        )
    if np.intersect1d(groups[split.train], groups[split.test]).size:
        raise CorpusError(
            "near-duplicates stand on both sides of the split; this is a fault of split.py, report it."
        )
