"""Decisions in, short digests of their references out: how a bundle remembers what it was trained on.

A digest names no case to someone who does not have it, and tells the evaluation which of its cases are no test.
"""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.schema import Decision

TRAINED_ON = "trained_on"  # the key of the manifest
LENGTH = 12  # hex digits: among a hundred thousand cases, one chance in 50,000 that two share a digest


def reference_digests(decisions: Iterable[Decision]) -> list[str]:
    """Return the sorted digests of the references."""
    return sorted({reference_digest(decision.reference) for decision in decisions})


def trained_on(decisions: Sequence[Decision], manifest: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return (n,) True where a bundle was trained on a decision; all, where its manifest does not say."""
    if TRAINED_ON not in manifest:
        return np.ones(len(decisions), dtype=bool)
    known = set(manifest[TRAINED_ON])
    return np.array([reference_digest(decision.reference) in known for decision in decisions], dtype=bool)


def reference_digest(reference: str) -> str:
    """Return the digest of one reference.

    >>> reference_digest("24 013 909")
    '31c16115d4ab'
    """
    return hashlib.sha256(reference.encode("utf-8")).hexdigest()[:LENGTH]
