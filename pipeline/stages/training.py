"""Labelled decisions in, a measured bundle out."""

import hashlib
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.bundle import check_folder, save_bundle
from pipeline.corpus import read_decisions, sample_complaints
from pipeline.evaluate.card import write_card
from pipeline.evaluate.holdout import Cases, HoldoutFigures, cases_of, evaluate_holdout
from pipeline.evaluate.seen import TRAINED_ON, reference_digests
from pipeline.heads import Heads, check_outcomes, fit_heads, learnable
from pipeline.params import Params
from pipeline.schema import Decision, Outcome, Reject
from pipeline.split import TimeSplit, split_by_time
from pipeline.stages.progress import Progress, silent
from pipeline.stages.reading import decisions_only
from pipeline.statements.duplicates import deduplicate
from pipeline.tables import Row, read_rows


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What training used, left out and reached; `bundle` is the folder that it saved."""

    bundle: Path
    figures: HoldoutFigures
    counts: dict[str, int]
    test_from: str
    rejects: list[Reject]


def train(
    source: Path, models: Path, params: Params, *, name: str = "", progress: Progress = silent
) -> TrainingSummary:
    """Train on past decisions, measure on later ones, fit the same recipe to all of them, and save that as a bundle.

    Args:
        source: decisions as JSONL, labelled.
        models: the folder in which the bundle's folder is made.
        params: all settings.
        name: what the corpus is called in the manifest and in MLflow; its file name where left out.
        progress: shows how far it has come.

    Raises:
        CorpusError: too few cases of an outcome, or none on one side of the split.
        InputError: a corpus that cannot be read.
    """
    check_folder(models)
    rejects: list[Reject] = []
    found = list(decisions_only(progress(deduplicate(lambda: read_decisions(source)), "reading"), rejects))
    usable = learnable(found, params)
    check_outcomes(usable, params, "corpus")
    cases = cases_of(usable, params)
    split = split_by_time(cases.decisions, cases.groups, params.split)
    past, later = cases.at(split.train), cases.at(split.test)
    steps = iter(progress(("fit to the past", "measure", "fit to all", "save"), "training"))
    next(steps)
    trial = fit_heads(past.decisions, past.views, past.groups, params)
    next(steps)
    figures = evaluate_holdout(trial, past, later)
    next(steps)
    heads = fit_heads(cases.decisions, cases.views, cases.groups, params)
    next(steps)
    counts = _counts(found, cases, split, rejects)
    corpus = {
        "name": name or source.stem,
        "source": str(source),
        "sha256": _sha256(source),
        "cases": len(found),
    }
    facts = {
        "figures": _flat_figures(figures),
        "corpus": corpus,
        "counts": counts,
        "test_from": str(split.test_from),
        TRAINED_ON: reference_digests(cases.decisions),
    }
    card = write_card(figures.outcome, figures.grounds, figures.abstention, _card_facts(facts, heads))
    bundle = save_bundle(heads, models, facts=facts, card=card, examples=_examples())
    list(steps)  # closes the bar
    return TrainingSummary(bundle, figures, counts, str(split.test_from), rejects)


def _counts(
    found: Sequence[Decision], cases: Cases, split: TimeSplit, rejects: Sequence[Reject]
) -> dict[str, int]:
    return {
        "decisions": len(found),
        "rejects": len(rejects),
        "left_out_not_upheld": len(found) - len(cases.decisions),
        "near_duplicates": len(cases.decisions) - len(set(cases.groups.tolist())),
        "train": len(split.train),
        "test": len(split.test),
        "in_gap": split.in_gap,
        "without_year": split.without_year,
        "duplicates_across_split": split.duplicates,
        "fitted": len(cases.decisions),
    } | {outcome.value: sum(d.outcome is outcome for d in found) for outcome in Outcome}


def _flat_figures(figures: HoldoutFigures) -> dict[str, dict[str, float | None]]:
    """Return {"auc": {"value": ...}, "baseline_length_auc": ..., "grounds_hit_at_1": ...} for the manifest."""
    named = {f"grounds_{name}": estimate for name, estimate in figures.grounds.items()} | figures.abstention
    for model, own in figures.outcome.items():
        prefix = "" if model == "upheld" else f"baseline_{model}_"
        named |= {f"{prefix}{name}": estimate for name, estimate in own.items()}
    return {name: {k: None if v != v else v for k, v in asdict(e).items()} for name, e in named.items()}


def _card_facts(facts: dict[str, Any], heads: Heads) -> dict[str, str]:
    counts, corpus = facts["counts"], facts["corpus"]
    left_out = ", ".join(f"{code} ({n})" for code, n in sorted(heads.grounds.left_out_.items())) or "none"
    return {
        "corpus": f"{corpus['name']}: {counts['decisions']} decisions, SHA-256 {corpus['sha256'][:12]}; "
        + ", ".join(f"{counts[outcome.value]} {outcome.value}" for outcome in Outcome)
        + f"; not upheld: {heads.params.outcome.not_upheld}.",
        "test_from": facts["test_from"],
        "test": f"{counts['test']} cases",
        "train": f"{counts['train']} cases; {counts['in_gap']} not yet published then are in neither part",
        "all": str(counts["fitted"]),
        "left_out": left_out,
    }


def _examples() -> list[dict[str, Any]]:
    with ExitStack() as stack:
        rows = [row for row in read_rows(sample_complaints(stack)) if isinstance(row, Row)]
    return [{name: value for name, value in row.values.items() if name != "id"} for row in rows]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
