"""What a training used, tried and reached in, the facts that its manifest and its card keep out."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.corpus.appraisals import appraisals_digest
from pipeline.errors import InputError
from pipeline.evaluate.holdout import Cases, HoldoutFigures
from pipeline.evaluate.seen import TRAINED_ON, reference_digests
from pipeline.heads import Heads
from pipeline.heads.appraised import expected_of, invented
from pipeline.params import Params
from pipeline.schema import Decision, Outcome, Reject
from pipeline.search import Candidate, Search
from pipeline.split import TimeSplit


@dataclass(frozen=True, slots=True)
class Material:
    """What there is to learn from: every decision `found`, those refused, the usable `cases`, and their split."""

    found: Sequence[Decision]
    rejects: Sequence[Reject]
    cases: Cases
    split: TimeSplit

    @property
    def past(self) -> Cases:
        """The cases that were published before the later ones were received."""
        return self.cases.at(self.split.train)

    @property
    def later(self) -> Cases:
        """The cases that everything is measured on."""
        return self.cases.at(self.split.test)


def facts_of(
    source: Path,
    name: str,
    material: Material,
    figures: HoldoutFigures,
    *,
    params: Params,
    tried: Search | None,
) -> dict[str, Any]:
    """Return all that a manifest keeps of a training, but what it ran on; `name` is what the corpus is called."""
    cases, split = material.cases, material.split
    return {
        "figures": _flat_figures(figures),
        "corpus": {
            "name": name or source.stem,
            "source": str(source),
            "sha256": sha256_of(source),
            "cases": len(material.found),
        },
        "counts": counts_of(material),
        "appraisals": _appraisals(material.cases, params),
        "test_from": str(split.test_from),
        TRAINED_ON: reference_digests(cases.decisions),
        "splits": {"time": {"train": _part(material.past), "test": _part(material.later)}},
        "candidates": [_candidate(one) for one in tried.candidates] if tried else [],
        "settings_before_search": dict(tried.today) if tried else {},
    }


def card_facts(facts: dict[str, Any], heads: Heads) -> dict[str, str]:
    """Return the sentences of the card that rest on the facts of `facts_of`."""
    counts, corpus, appraisals = facts["counts"], facts["corpus"], facts["appraisals"]
    left_out = ", ".join(f"{code} ({n})" for code, n in sorted(heads.grounds.left_out_.items())) or "none"
    return {
        "corpus": f"{corpus['name']}: {counts['decisions']} decisions, SHA-256 {corpus['sha256'][:12]}; "
        + ", ".join(f"{counts[outcome.value]} {outcome.value}" for outcome in Outcome)
        + f"; not upheld: {heads.params.outcome.not_upheld}.",
        "appraised": "The outcomes are tempered by what a language model expected that did not know them "
        f"(`pipeline/corpus/README.md`): of {appraisals['cases']} of these cases, and of {appraisals['invented']} "
        "invented complaints.",
        "test_from": facts["test_from"],
        "test": f"{counts['test']} cases",
        "train": f"{counts['train']} cases; {counts['in_gap']} not yet published then are in neither part",
        "all": str(counts["fitted"]),
        "left_out": left_out,
    }


def counts_of(material: Material) -> dict[str, int]:
    """Return how many decisions there were, and what became of them."""
    found, cases, split = material.found, material.cases, material.split
    return {
        "decisions": len(found),
        "rejects": len(material.rejects),
        "left_out_not_upheld": len(found) - len(cases.decisions),
        "near_duplicates": len(cases.decisions) - len(set(cases.groups.tolist())),
        "train": len(split.train),
        "test": len(split.test),
        "in_gap": split.in_gap,
        "without_year": split.without_year,
        "duplicates_across_split": split.duplicates,
        "fitted": len(cases.decisions),
    } | {outcome.value: sum(d.outcome is outcome for d in found) for outcome in Outcome}


def _appraisals(cases: Cases, params: Params) -> dict[str, Any]:
    """Return how many cases and further complaints readers have appraised, and the digest of what they said."""
    read = np.isfinite(expected_of(cases.views).upheld) if params.appraisals.share else np.zeros(0)
    return {
        "sha256": appraisals_digest(),
        "cases": int(read.sum()),
        "invented": len(invented(params).views),
    }


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file, by which a corpus is known again.

    Raises:
        InputError: it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); give a file of decisions.") from error


def _candidate(candidate: Candidate) -> dict[str, Any]:
    """Return a candidate as the manifest keeps it."""
    figures = {"cv_matched_auc": candidate.matched_auc, "cv_margin": candidate.margin}
    return {
        "name": candidate.name,
        "params": dict(candidate.params),
        "figures": {name: asdict(estimate) for name, estimate in figures.items() if estimate},
        "seconds": round(candidate.seconds, 3),
        "chosen": candidate.chosen,
    }


def _part(cases: Cases) -> dict[str, Any]:
    """Return the number of cases in a part of a split, and a digest of which they are."""
    digests = reference_digests(cases.decisions)
    return {"cases": len(digests), "sha256": hashlib.sha256("\n".join(digests).encode()).hexdigest()}


def _flat_figures(figures: HoldoutFigures) -> dict[str, dict[str, float | None]]:
    """Return {"auc": {"value": ...}, "baseline_length_auc": ..., "grounds_hit_at_1": ...} for the manifest."""
    named = {f"grounds_{name}": estimate for name, estimate in figures.grounds.items()} | figures.abstention
    for model, own in figures.outcome.items():
        prefix = "" if model == "upheld" else f"baseline_{model}_"
        named |= {f"{prefix}{name}": estimate for name, estimate in own.items()}
    return {name: {k: None if v != v else v for k, v in asdict(e).items()} for name, e in named.items()}
