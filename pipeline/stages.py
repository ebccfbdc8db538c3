"""Wires the stages: settings and paths in, files out. Computes nothing itself and prints nothing."""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

from pipeline.bundle import Bundle, latest_bundle, load_bundle, save_bundle
from pipeline.collect.local import documents
from pipeline.corpus import read_decisions, sample_complaints
from pipeline.errors import InputError
from pipeline.evaluate.card import write_card
from pipeline.evaluate.holdout import Cases, HoldoutFigures, evaluate_holdout
from pipeline.features.view import view_of_decision
from pipeline.heads import Heads, fit_heads, learnable
from pipeline.labels.labeller import Labeller
from pipeline.params import Params
from pipeline.schema import Decision, Outcome, RawDocument, Reject
from pipeline.score.batch import ScoringSummary, rejects_path, score_file
from pipeline.split import TimeSplit, near_duplicate_groups, split_by_time
from pipeline.statements.duplicates import deduplicate
from pipeline.statements.statement import read as read_statement
from pipeline.tables import Row, format_of, read_rows, write_rows

Item = TypeVar("Item")


class Progress(Protocol):
    """Shows how far long work has come; the command line draws a bar, a notebook may pass `silent`."""

    def __call__(self, items: Iterable[Item], label: str) -> Iterator[Item]:
        """Yield the items, showing that they pass."""


def silent(items: Iterable[Item], label: str) -> Iterator[Item]:
    """Show nothing."""
    yield from items


@dataclass(slots=True)
class StageSummary:
    """What a stage did to its inputs: every one is counted as done or as a reject."""

    output: Path
    done: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: Path | None = None

    @property
    def reject_rate(self) -> float:
        """Share of the inputs that were refused."""
        return len(self.rejects) / (self.done + len(self.rejects)) if self.rejects else 0.0


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What training used, left out and reached; `bundle` is the folder that it saved."""

    bundle: Path
    figures: HoldoutFigures
    counts: dict[str, int]
    test_from: str
    rejects: list[Reject]


def read(paths: Sequence[Path], output: Path, *, progress: Progress = silent) -> StageSummary:
    """Read statements into decisions; refused ones go to a file of rejects beside the output.

    Raises:
        InputError: a path that does not exist, or an output that is not JSONL.
    """
    rejects: list[Reject] = []
    found = (item for document in progress(documents(paths), "reading") for item in _statements(document))
    with TemporaryDirectory() as folder:
        every = Path(folder) / "every.jsonl"  # which print of a case is the fullest is known only at the end
        count = write_rows(every, (d.model_dump(mode="json") for d in _decisions_only(found, rejects)))
        kept = deduplicate(lambda: read_decisions(every)) if count else ()
        return _write_decisions(chain(rejects, kept), output)


def label(source: Path, output: Path, *, progress: Progress = silent) -> StageSummary:
    """Add grounds, citations and their evidence to decisions; hand-read grounds stay.

    Raises:
        InputError: a source that cannot be read, or an output that is not JSONL.
    """
    rejects: list[Reject] = []
    decisions = _decisions_only(progress(read_decisions(source), "labelling"), rejects)
    labelled = Labeller().label_all(decisions)
    return _write_decisions(chain(labelled, rejects), output)


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
    rejects: list[Reject] = []
    found = list(_decisions_only(progress(deduplicate(lambda: read_decisions(source)), "reading"), rejects))
    cases = _cases(learnable(found, params), params)
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
    }
    card = write_card(figures.outcome, figures.grounds, _card_facts(facts, heads))
    bundle = save_bundle(heads, models, facts=facts, card=card, examples=_examples())
    list(steps)  # closes the bar
    return TrainingSummary(bundle, figures, counts, str(split.test_from), rejects)


def score(
    source: Path, output: Path, *, model: str, models: Path, params: Params, progress: Callable[[int], None]
) -> ScoringSummary:
    """Score a file of complaints with a bundle.

    Args:
        source: CSV or JSONL.
        output: CSV or JSONL.
        model: a bundle's folder, "latest", or an MLflow address.
        models: where "latest" is looked for.
        params: chunk size and formula guard; all that shapes a prediction comes from the bundle.
        progress: called with the number of rows done after every chunk.

    Raises:
        InputError: a source that cannot be read at all, or has no complaint column.
        BundleError: a bundle that is missing, altered or incompatible.
    """
    return score_file(
        source, output, bundle=find_bundle(model, models, params), params=params.score, advance=progress
    )


def find_bundle(model: str, models: Path, params: Params) -> Bundle:
    """Return the bundle in a folder, the "latest" one below `models`, or the one at an MLflow address."""
    if model.startswith(("models:/", "runs:/")):
        from pipeline.tracking import download_bundle

        return load_bundle(download_bundle(model, params))
    return load_bundle(latest_bundle(models) if model == "latest" else Path(model))


def _statements(document: RawDocument | Reject) -> Sequence[Decision | Reject]:
    return [document] if isinstance(document, Reject) else read_statement(document)


def _decisions_only(items: Iterable[Decision | Reject], rejects: list[Reject]) -> Iterator[Decision]:
    for item in items:
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            yield item


def _write_decisions(items: Iterable[Decision | Reject], output: Path) -> StageSummary:
    """Write decisions as JSONL and the rejects beside them; the rejects of an earlier run go."""
    if format_of(output) != ".jsonl":
        raise InputError(f"{output}: decisions are written as JSONL; choose a name that ends in .jsonl.")
    summary = StageSummary(output)
    write_rows(output, (_counted(decision, summary) for decision in _decisions_only(items, summary.rejects)))
    rejects_file = rejects_path(output)
    rejects_file.unlink(missing_ok=True)
    if summary.rejects:
        write_rows(rejects_file, (asdict(reject) for reject in summary.rejects))
        summary.rejects_file = rejects_file
    return summary


def _counted(decision: Decision, summary: StageSummary) -> dict[str, Any]:
    summary.done += 1
    summary.outcomes[decision.outcome.value] += 1
    return decision.model_dump(mode="json")


def _cases(decisions: Sequence[Decision], params: Params) -> Cases:
    views = [view_of_decision(decision, params.view) for decision in decisions]
    groups = near_duplicate_groups([view.complaint for view in views], params.split.duplicate_similarity)
    return Cases(decisions, views, groups)


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
        "duplicates_across_split": split.duplicates,
        "fitted": len(cases.decisions),
    } | {outcome.value: sum(d.outcome is outcome for d in found) for outcome in Outcome}


def _flat_figures(figures: HoldoutFigures) -> dict[str, dict[str, float | None]]:
    """Return {"auc": {"value": ...}, "baseline_length_auc": ..., "grounds_hit_at_1": ...} for the manifest."""
    named = {f"grounds_{name}": estimate for name, estimate in figures.grounds.items()}
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
