"""Documents to decisions, decisions to labelled ones: a file of each, the refused ones in a file beside it."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.chunks import FEW, map_stream
from pipeline.collect.local import documents
from pipeline.collect.store import RAW, Page, RawStore
from pipeline.corpus import read_decisions
from pipeline.errors import InputError
from pipeline.labels.explain import Explanation, to_html
from pipeline.labels.explain import explain as explain_labels
from pipeline.labels.label import label as label_decision
from pipeline.labels.report import CorpusReport
from pipeline.schema import Decision, Reject, canonical_reference
from pipeline.stages.files import check_outputs, check_suffix
from pipeline.stages.progress import Progress, silent
from pipeline.statements.duplicates import deduplicate
from pipeline.statements.statement import read as read_statement
from pipeline.tables import rejects_path, write_rows, write_text


@dataclass(slots=True)
class StageSummary:
    """Where a stage wrote what became of its inputs: every one is a decision or a reject, counted in the report."""

    output: Path
    report: CorpusReport = field(default_factory=CorpusReport)
    rejects: list[Reject] = field(default_factory=list)
    rejects_file: Path | None = None


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
    check_outputs(output, report, paths)
    summary = StageSummary(output)
    found = _statements(progress(map_stream(read_statement, documents(paths), few=few), "reading"), summary)
    with TemporaryDirectory() as folder:
        every = Path(folder) / "every.jsonl"  # which print of a case is the fullest is known only at the end
        refused: list[Reject] = []
        count = write_rows(every, (d.model_dump(mode="json") for d in decisions_only(found, refused)))
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
    check_outputs(output, report, [source])
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
        check_suffix(page, ".html")
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


def decisions_only(items: Iterable[Decision | Reject], rejects: list[Reject]) -> Iterator[Decision]:
    """Yield the decisions; the rejects among them go to the list."""
    for item in items:
        if isinstance(item, Reject):
            rejects.append(item)
        else:
            yield item


def _write_decisions(items: Iterable[Decision | Reject], summary: StageSummary) -> None:
    """Write decisions as JSONL and the rejects beside them; the rejects of an earlier run go."""
    decisions = decisions_only(_counted(items, summary.report), summary.rejects)
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
