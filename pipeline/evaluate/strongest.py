"""Fitted heads in, the features that push each of them hardest out, signed and under human names."""

from dataclasses import dataclass

import numpy as np

from pipeline.heads import Heads
from pipeline.schema import Ground, Outcome

SHOWN = 12
SHOWN_OF_GROUND = 4


@dataclass(frozen=True, slots=True)
class Push:
    """A feature and its coefficient: above 0 it speaks for the outcome or ground, below 0 against it."""

    name: str
    weight: float


def outcome_pushes(heads: Heads) -> list[Push]:
    """Return the features that speak most for upheld and most for closed, by falling weight.

    Letter groups are left out: they carry pieces of the words that stand beside them.
    """
    coefficients = heads.outcome.classifier_.coef_
    classes = list(heads.outcome.classes_)
    upheld = coefficients[0] if len(classes) == 2 else coefficients[classes.index(Outcome.UPHELD.value)]
    return _strongest(heads, upheld, SHOWN)


def ground_pushes(heads: Heads) -> dict[str, list[Push]]:
    """Return the same for every ground predicted, by the ground's title."""
    return {
        Ground(code).title: _strongest(heads, coefficients, SHOWN_OF_GROUND)
        for outcome, codes in heads.grounds.codes_.items()
        for code, coefficients in zip(codes, heads.grounds.coef_[outcome], strict=True)
    }


def _strongest(heads: Heads, coefficients: np.ndarray, count: int) -> list[Push]:
    names = heads.features.get_feature_names_out()
    readable = [i for i, name in enumerate(names) if not name.startswith("letters '")]
    order = sorted(readable, key=lambda i: -coefficients[i])
    chosen = [*order[:count], *order[-count:]] if len(order) > 2 * count else order
    return [Push(str(names[i]), float(coefficients[i])) for i in chosen if coefficients[i] != 0]
