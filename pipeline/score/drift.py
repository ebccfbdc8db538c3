"""Profiles of the training cases and of a batch in, what sets them apart out, tested and with the size of each effect.

Six families of tests (category, probability, known words, length, abstention, signals) share the rate of false alarms
evenly (Bonferroni), the signals theirs by Holm's rule: it is the rate of any alarm at all in a batch like training. A
warning needs an effect of some size as well: in a large batch the smallest difference is significant.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.features.lexicon import signals
from pipeline.params import DriftParams
from pipeline.profile import SHARE_BINS, WORD_EDGES, Profile
from pipeline.score.two_samples import (
    COHENS_H,
    LEVELS,
    STARTS,
    Difference,
    Table,
    chi_square,
    cohens_h,
    holm,
    pool_neighbours,
    pool_rare,
    two_shares,
)
from pipeline.tables.formats import stem_of

FAMILIES = 6
CATEGORIES_NAMED = 3
SIGNALS_NAMED = 5
SIGNAL = "signal: "


@dataclass(frozen=True, slots=True)
class Finding:
    """One comparison of a batch with the training cases.

    `p_adjusted` allows for all the tests of a batch; `significant` where it is at most `drift.false_alarms`; `warns`
    where the effect is at least `drift.warn_from` besides; `note` is a sentence.
    """

    what: str
    difference: Difference
    p_adjusted: float
    significant: bool
    warns: bool
    note: str

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        found = self.difference
        return {
            "what": self.what,
            "test": found.test,
            "statistic": found.statistic if np.isfinite(found.statistic) else None,
            "p_value": found.p_value,
            "p_adjusted": self.p_adjusted,
            "effect": found.effect,
            "effect_size_name": found.effect_size_name,
            "level": found.level,
            "population_stability_index": found.psi,
            "significant": self.significant,
            "warns": self.warns,
            "note": self.note,
        }


@dataclass(frozen=True, slots=True)
class Drift:
    """What sets a batch apart from the training cases; without findings where it is too small to tell."""

    reference: Profile
    batch: Profile
    params: DriftParams
    findings: tuple[Finding, ...]

    @property
    def too_few(self) -> bool:
        """Whether the batch is too small to be compared."""
        return self.batch.n < self.params.min_rows

    @property
    def warnings(self) -> list[str]:
        """Plain sentences, one a difference that matters; of the signals, the ones that differ most."""
        warning = [finding for finding in self.findings if finding.warns]
        of_signals = [finding for finding in warning if finding.what.startswith(SIGNAL)]
        of_signals.sort(key=lambda finding: -abs(finding.difference.effect))
        named = [finding for finding in warning if finding not in of_signals] + of_signals[:SIGNALS_NAMED]
        more = len(of_signals) - SIGNALS_NAMED
        return [finding.note for finding in named] + (
            [f"Further signals that differ: {more}."] if more > 0 else []
        )

    def as_json(self) -> dict[str, Any]:
        """Return all of it as plain values; holds no text of a complaint."""
        return {
            "rows": self.batch.n,
            "training_rows": self.reference.n,
            "too_few_to_tell": self.too_few,
            "settings": self.params.model_dump(mode="json"),
            "warnings": self.warnings,
            "findings": [finding.as_json() for finding in self.findings],
            "batch": self.batch.model_dump(mode="json"),
        }

    def as_text(self) -> str:
        """Return the same as JSON."""
        return json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n"


def compare(reference: Profile, batch: Profile, params: DriftParams) -> Drift:
    """Return what sets `batch` apart from `reference`: the training cases, as `bundle.reference` describes them.

    Both count as samples. Complaints count as independent: near-duplicates within a batch raise alarms more easily.
    """
    if batch.n < params.min_rows:
        return Drift(reference, batch, params, ())
    others = [_category(reference, batch), *_histograms(reference, batch), _undecided(reference, batch)]
    of_signals = list(_signals(reference, batch))
    adjusted = [found.p_value for _, found, _ in others] + holm([found.p_value for _, found, _ in of_signals])
    findings = [
        _finding(named, min(1.0, FAMILIES * p), params)
        for named, p in zip([*others, *of_signals], adjusted, strict=True)
    ]
    return Drift(reference, batch, params, tuple(findings))


def drift_path(output: Path) -> Path:
    """Return where the drift of an output goes: "scored.csv.gz" has "scored.drift.json" beside it."""
    return output.with_name(f"{stem_of(output)}.drift.json")


_Named = tuple[str, Difference, str]  # what was compared, how it differs, and that in a sentence


def _finding(named: _Named, adjusted: float, params: DriftParams) -> Finding:
    what, found, note = named
    large = LEVELS.index(found.level) >= LEVELS.index(params.warn_from)
    significant = adjusted <= params.false_alarms
    return Finding(what, found, adjusted, significant, significant and large, note)


def _category(reference: Profile, batch: Profile) -> _Named:
    names = sorted({*reference.categories, *batch.categories})
    table = np.array([_category_counts(profile, names) for profile in (reference, batch)])
    titles = [*names, "No category", "A category that training has not seen", "A rare category"]
    pairs = [((int(a), reference.n), (int(b), batch.n)) for a, b in table.T]
    ranked = sorted(range(len(titles)), key=lambda place: -abs(cohens_h(*pairs[place])))[:CATEGORIES_NAMED]
    if pairs[ranked[0]][1] == (batch.n, batch.n):  # then all others are missing, which goes without saying
        ranked = ranked[:1]
    shown = [p for p in ranked if p == ranked[0] or abs(cohens_h(*pairs[p])) >= STARTS[COHENS_H][0]]
    note = "; ".join(f"{titles[p]} is {_shares(*pairs[p])}" for p in shown)
    return "category", chi_square(pool_rare(table)), f"{note}."


def _category_counts(profile: Profile, names: Sequence[str]) -> list[int]:
    counts = [
        *(profile.categories.get(name, 0) for name in names),
        profile.no_category,
        profile.unseen_category,
    ]
    return [*counts, profile.n - sum(counts)]


def _histograms(reference: Profile, batch: Profile) -> Iterator[_Named]:
    shares = np.arange(1, SHARE_BINS) / SHARE_BINS
    for what, pair, edges, wording in (
        ("p_upheld", (reference.p_upheld, batch.p_upheld), shares, "A probability of upheld below {:.2f}"),
        (
            "known words",
            (reference.known, batch.known),
            100 * shares,
            "Less than {:.0f} % of the words known",
        ),
        ("length", (reference.words, batch.words), np.array(WORD_EDGES), "Fewer than {} words"),
    ):
        table = np.array(pair)
        yield what, chi_square(pool_neighbours(table)), _cut_note(table, edges, wording)


def _cut_note(table: Table, edges: NDArray[Any], wording: str) -> str:
    """Say at which edge the two histograms are furthest apart, as Kolmogorov and Smirnov measure it."""
    below = table.cumsum(axis=1)[:, :-1]
    totals = table.sum(axis=1)
    place = int(np.abs(np.diff(below / totals[:, None], axis=0)).argmax())
    one, other = ((int(count), int(total)) for count, total in zip(below[:, place], totals, strict=True))
    return f"{wording.format(edges[place])}: {_shares(one, other)}."


def _undecided(reference: Profile, batch: Profile) -> _Named:
    pair = (reference.undecided, reference.n), (batch.undecided, batch.n)
    return "undecided", two_shares(*pair), f"Undecided: {_shares(*pair)}."


def _signals(reference: Profile, batch: Profile) -> Iterator[_Named]:
    for signal in signals():
        one, other = ((profile.signals.get(signal.name, 0), profile.n) for profile in (reference, batch))
        note = f"The signal '{signal.meaning}': {_shares(one, other)}."
        yield f"{SIGNAL}{signal.name}", two_shares(one, other), note


def _shares(one: tuple[int, int], other: tuple[int, int]) -> str:
    """Say a share in training and in a batch.

    >>> _shares((14, 100), (41, 100)), _shares((0, 100), (1, 1000))
    ('41 % of this batch, 14 % of training', 'under 1 % of this batch, 0 % of training')
    """
    return f"{_percent(*other)} of this batch, {_percent(*one)} of training"


def _percent(have: int, total: int) -> str:
    share = have / total
    return "under 1 %" if 0 < share < 0.005 else f"{100 * share:.0f} %"
