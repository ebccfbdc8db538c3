"""Wires the stages: settings and paths in, files out. Computes nothing itself and prints nothing."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

from pipeline.bundle import Bundle, check_folder, latest_bundle, load_bundle, save_bundle
from pipeline.chunks import FEW, map_stream
from pipeline.collect.local import documents
from pipeline.collect.store import RAW, Page, RawStore
from pipeline.corpus import read_decisions, sample_complaints
from pipeline.errors import InputError
from pipeline.evaluate.card import write_card
from pipeline.evaluate.holdout import Cases, HoldoutFigures, cases_of, evaluate_holdout
from pipeline.evaluate.seen import TRAINED_ON, reference_digests
from pipeline.heads import Heads, check_outcomes, fit_heads, learnable
from pipeline.labels.explain import Explanation, to_html
from pipeline.labels.explain import explain as explain_labels
from pipeline.labels.label import label as label_decision
from pipeline.labels.report import CorpusReport
from pipeline.params import Params
from pipeline.schema import Decision, Outcome, Reject, canonical_reference
from pipeline.score.batch import ScoringSummary, score_file
from pipeline.split import TimeSplit, split_by_time
from pipeline.statements.duplicates import deduplicate
from pipeline.statements.statement import read as read_statement
from pipeline.tables import Row, check_output, read_rows, rejects_path, write_rows, write_text

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
    """Where a stage wrote what became of its inputs: every one is a decision or a reject, counted in the report."""

    output: Path
    report: CorpusReport = field(default_factory=CorpusReport)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: Path | None = None


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What training used, left out and reached; `bundle` is the folder that it saved."""

    bundle: Path
    figures: HoldoutFigures
    counts: dict[str, int]
    test_from: str
    rejects: list[Reject]


def read(
    paths: Sequence[Path],
    output: Path,
    *,
    report: Path | None = None,
    few: int = FEW,
    progress: Progress = silent,
) -> StageSummary:
    """Read statements into decisions; refused ones go to a file of rejects beside the output.

    Args:
        paths: statements, or folders of them.
        output: decisions, as JSONL.
        report: what was found, as JSON.
        few: more documents than that are read by all cores.
        progress: shows how far it has come.

    Raises:
        InputError: a path that does not exist, or an output that cannot be written or has another suffix.
    """
    paths = list(paths)
    _check_outputs(output, report, paths)
    summary = StageSummary(output)
    found = _statements(progress(map_stream(read_statement, documents(paths), few=few), "reading"), summary)
    with TemporaryDirectory() as folder:
        every = Path(folder) / "every.jsonl"  # which print of a case is the fullest is known only at the end
        refused: list[Reject] = []
        count = write_rows(every, (d.model_dump(mode="json") for d in _decisions_only(found, refused)))
        kept = deduplicate(lambda: read_decisions(every)) if count else ()
        _write_decisions(chain(refused, kept), summary)
    _write_report(summary, report)
    return summary


def read_collected(folder: Path, *, progress: Progress = silent) -> tuple[StageSummary, StageSummary]:
    """Read and label what was collected: `decisions.jsonl`, then `corpus.jsonl`, both in the folder of the crawl.

    In the corpus `source` is the address that a page came from, and `withdrawn` is true where it is gone from there.

    Raises:
        InputError: a folder without collected pages, or without a single decision in them.
    """
    read_summary = read([folder / RAW], folder / "decisions.jsonl", progress=progress)
    pages = RawStore(folder).pages
    decisions = (_with_origin(item, pages) for item in read_decisions(read_summary.output))
    summary = StageSummary(folder / "corpus.jsonl")
    _write_decisions(progress(map_stream(label_decision, decisions), "labelling"), summary)
    summary.report.documents = read_summary.report.documents
    return read_summary, summary


def label(
    source: Path,
    output: Path,
    *,
    report: Path | None = None,
    few: int = FEW,
    progress: Progress = silent,
) -> StageSummary:
    """Add grounds, citations and their evidence to decisions; hand-read grounds stay.

    Args:
        source: decisions, as JSONL.
        output: the same decisions with their labels.
        report: what was found, as JSON.
        few: more decisions than that are labelled by all cores.
        progress: shows how far it has come.

    Raises:
        InputError: a source that cannot be read, or an output that cannot be written or has another suffix.
    """
    _check_outputs(output, report, [source])
    summary = StageSummary(output)
    _write_decisions(
        progress(map_stream(label_decision, read_decisions(source), few=few), "labelling"), summary
    )
    summary.report.documents = summary.report.decisions + len(summary.rejects)
    _write_report(summary, report)
    return summary


def explain(source: Path, reference: str, *, page: Path | None = None) -> Explanation:
    """Label one decision of a file and say what each label rests on; written as HTML only where `page` is given.

    Raises:
        InputError: a source without that decision, or a page that cannot be written or has another suffix.
    """
    if page:
        _check_output(page, ".html")
    wanted = canonical_reference(reference) or reference.strip()
    decisions = (item for item in read_decisions(source) if isinstance(item, Decision))
    decision = next((decision for decision in decisions if decision.reference == wanted), None)
    if decision is None:
        raise InputError(
            f"{source}: holds no decision {wanted!r}; a reference looks like '24 013 909' or 24-013-909. "
            "Check it, or add the statement with 'upheld read'."
        )
    explanation = explain_labels(label_decision(decision))
    if page:
        write_text(page, to_html(explanation))
    return explanation


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
    found = list(_decisions_only(progress(deduplicate(lambda: read_decisions(source)), "reading"), rejects))
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


def _with_origin(item: Decision | Reject, pages: Mapping[str, Page]) -> Decision | Reject:
    if isinstance(item, Reject) or item.reference not in pages:
        return item
    page = pages[item.reference]
    return item.model_copy(update={"source": page.address} | ({"withdrawn": True} if page.withdrawn else {}))


def _statements(
    documents: Iterable[Sequence[Decision | Reject] | Reject], summary: StageSummary
) -> Iterator[Decision | Reject]:
    for found in documents:
        summary.report.documents += 1
        yield from (found,) if isinstance(found, Reject) else found


def _decisions_only(items: Iterable[Decision | Reject], rejects: list[Reject]) -> Iterator[Decision]:
    for item in items:
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            yield item


def _write_decisions(items: Iterable[Decision | Reject], summary: StageSummary) -> None:
    """Write decisions as JSONL and the rejects beside them; the rejects of an earlier run go."""
    decisions = _decisions_only(_counted(items, summary.report), summary.rejects)
    write_rows(summary.output, (decision.model_dump(mode="json") for decision in decisions))
    rejects_file = rejects_path(summary.output)
    rejects_file.unlink(missing_ok=True)
    if summary.rejects:
        write_rows(rejects_file, (asdict(reject) for reject in summary.rejects))
        summary.rejects_file = rejects_file


def _counted(items: Iterable[Decision | Reject], report: CorpusReport) -> Iterator[Decision | Reject]:
    for item in items:
        report.add(item)
        yield item


def _write_report(summary: StageSummary, path: Path | None) -> None:
    if path:
        write_text(path, json.dumps(summary.report.as_json(), indent=2, ensure_ascii=False) + "\n")


def make_folder(folder: Path) -> None:
    """Make a folder for outputs, and those above it.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); choose another folder.") from error


def _check_outputs(output: Path, report: Path | None, sources: Sequence[Path]) -> None:
    _check_output(output, ".jsonl")
    check_output(output, sources)
    if report:
        _check_output(report, ".json")


def _check_output(path: Path, suffix: str) -> None:
    """Refuse a name before the work rather than after it; the suffix also keeps an input from being overwritten."""
    if path.suffix.lower() != suffix:
        raise InputError(f"{path}: is written as {suffix[1:].upper()}; choose a name that ends in {suffix}.")
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written (no such folder). Choose an existing, writable folder.")


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
