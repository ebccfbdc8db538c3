"""Scored complaints in, counts that describe them as a set out: small, mergeable, and without a word of any text.

A category counts under its name only where training has seen it, so that nothing a caller wrote comes back out of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from pipeline.features.cut import CutTexts
from pipeline.features.lexicon import signals
from pipeline.heads import Heads, OutcomeHead
from pipeline.heads.model import Scored
from pipeline.schema import Outcome, View

SHARE_BINS = 20  # of equal width, over [0, 1]
WORD_EDGES = (8, 12, 18, 25, 35, 50, 70, 100, 140, 200, 280, 400, 800)  # the first bin ends below 8 words
MAX_CATEGORIES = 100

Tally = Annotated[int, Field(ge=0)]
Counts = dict[str, Tally]
Shares = Annotated[tuple[Tally, ...], Field(min_length=SHARE_BINS, max_length=SHARE_BINS)]
Lengths = Annotated[tuple[Tally, ...], Field(min_length=len(WORD_EDGES) + 1, max_length=len(WORD_EDGES) + 1)]


class Profile(BaseModel):
    """What a set of n complaints is like; `a + b` describes both together, `Profile()` nothing.

    Attributes:
        n: complaints.
        categories: complaints by category, of those that training has seen; at most 100, the commonest.
        no_category: complaints without a category.
        unseen_category: complaints of a category that training has not seen.
        signals: complaints that show a signal, by the signal's name.
        p_upheld: complaints by probability of upheld, in 20 bins over [0, 1].
        known: complaints by the share of their words that training knew, in 20 bins over [0, 1].
        words: complaints by length in words, in the bins that `WORD_EDGES` divides.
        undecided: complaints on which the model abstains.

    >>> both = Profile(n=2, categories={"Housing": 2}) + Profile(n=1, categories={"Housing": 1})
    >>> both.n, both.categories, Profile.from_json(both.to_json()) == both
    (3, {'Housing': 3}, True)
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    n: Tally = 0
    categories: Counts = {}
    no_category: Tally = 0
    unseen_category: Tally = 0
    signals: Counts = {}
    p_upheld: Shares = (0,) * SHARE_BINS
    known: Shares = (0,) * SHARE_BINS
    words: Lengths = (0,) * (len(WORD_EDGES) + 1)
    undecided: Tally = 0

    @classmethod
    def of(cls, views: Sequence[View], scored: Scored) -> Self:
        """Return the profile of n complaints and what `Heads.score` made of them."""
        predictions = scored.predictions
        seen = [
            view.category
            for view, prediction in zip(views, predictions, strict=True)
            if view.category and "unseen_category" not in prediction.warnings
        ]
        shown = np.asarray(scored.signals.sum(axis=0)).ravel().astype(int).tolist()
        lengths = [len(view.complaint.split()) for view in views]
        return cls(
            n=len(views),
            categories=_commonest(Counter(seen)),
            no_category=sum(not view.category for view in views),
            unseen_category=sum("unseen_category" in prediction.warnings for prediction in predictions),
            signals={signal.name: count for signal, count in zip(signals(), shown, strict=True) if count},
            p_upheld=share_counts([prediction.p_upheld for prediction in predictions]),
            known=share_counts(scored.known),
            words=_counts(np.digitize(lengths, WORD_EDGES), len(WORD_EDGES) + 1),
            undecided=sum(not prediction.decided for prediction in predictions),
        )

    def __add__(self, other: Self) -> Self:
        """Return the profile of both sets together."""
        return type(self)(
            n=self.n + other.n,
            categories=_commonest(Counter(self.categories) + Counter(other.categories)),
            no_category=self.no_category + other.no_category,
            unseen_category=self.unseen_category + other.unseen_category,
            signals=dict(Counter(self.signals) + Counter(other.signals)),
            p_upheld=_both(self.p_upheld, other.p_upheld),
            known=_both(self.known, other.known),
            words=_both(self.words, other.words),
            undecided=self.undecided + other.undecided,
        )

    def to_json(self) -> str:
        """Return the counts as one line of JSON; equal profiles give equal lines."""
        ordered = {"categories": _sorted(self.categories), "signals": _sorted(self.signals)}
        return self.model_copy(update=ordered).model_dump_json()

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Return the profile that `to_json` wrote.

        Raises:
            pydantic.ValidationError: anything else.
        """
        return cls.model_validate_json(text)


def reference_of(heads: Heads, views: Sequence[View], *, cut: CutTexts | None = None) -> Profile:
    """Return the profile of the n cases that `heads` were fitted on, in that order, as if they were new.

    One population for every measure: all the cases that were learnt from. Categories, lengths and signals are what they
    are; but heads are surer of their own training cases, and know all their words. So the probability of a case is the
    cross-fitted one, and a word of it counts as known where enough other cases hold it. The held-back cases, scored by
    the heads fitted on the past, would not do: they are of another time, and those heads know fewer words.
    """
    own = Profile.of(views, heads.score(views, version="", cut=cut))
    known = share_counts(heads.features.known_to_others(views, cut=cut))
    return rescored(own.model_copy(update={"known": known}), heads.outcome)


def rescored(reference: Profile, head: OutcomeHead) -> Profile:
    """Return the profile of the training cases with the cross-fitted probabilities of `head`, at its target shares."""
    probabilities = head.cross_fitted()
    upheld = probabilities[:, list(head.classes_).index(Outcome.UPHELD.value)]
    # Cases that would be undecided for their unknown words alone are not among these: in training hardly one is.
    undecided = int((head.sets(probabilities).sum(axis=1) != 1).sum())
    return reference.model_copy(update={"p_upheld": share_counts(upheld), "undecided": undecided})


def share_counts(shares: Sequence[float] | NDArray[np.float64]) -> tuple[int, ...]:
    """Return how many of n shares in [0, 1] fall into each of the 20 bins; 1 falls into the last.

    >>> share_counts([0.0, 0.04, 0.05, 1.0])[:2], share_counts([1.0])[-1]
    ((2, 1), 1)
    """
    inner = np.arange(1, SHARE_BINS) / SHARE_BINS
    return _counts(np.digitize(shares, inner), SHARE_BINS)


def _counts(places: NDArray[np.intp], bins: int) -> tuple[int, ...]:
    return tuple(np.bincount(places, minlength=bins).tolist())


def _both(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _commonest(counts: Counter[str]) -> dict[str, int]:
    """Return the commonest categories; the rest are in `n` alone, since a rare name may tell whose complaint it is."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return dict(ranked[:MAX_CATEGORIES])


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items()))
