"""From the Ombudsman's site or a folder of statements to a labelled corpus: collect, read, label."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import ParamsFile, Report, exit_on_rejects, load_settings
from pipeline.cli.progress import bar, crawl_bar
from pipeline.cli.show import note, show_crawl, show_explanation, show_plan, show_rejects, show_stage
from pipeline.errors import InputError

if TYPE_CHECKING:
    from pipeline.params import Params

DAY = "%Y-%m-%d"


def collect(
    start: Annotated[datetime, typer.Option("--from", formats=[DAY], metavar="DATE", help="First day.")],
    end: Annotated[datetime, typer.Option("--to", formats=[DAY], metavar="DATE", help="Last day.")],
    out: Annotated[Path, typer.Option(help="Folder for the pages, data/raw/YEAR/REFERENCE.html.gz in it.")],
    then_read: Annotated[
        bool, typer.Option("--then-read", help="Also read and label: corpus.jsonl.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what, and how long it takes.")] = False,
    params_file: ParamsFile = None,
) -> None:
    """Fetch published decisions from the Ombudsman's site, slowly; the same command goes on where it was stopped.

    Example: upheld collect --from 2024-01-01 --to 2024-03-31 --out lgsco --then-read
    """
    from pipeline.collect.crawl import collect as crawl
    from pipeline.collect.crawl import plan
    from pipeline.collect.job import Job

    params = load_settings(params_file)
    job = Job(out, start.date(), end.date(), params.collect)
    if dry_run:
        show_plan(plan(job))
        return
    with crawl_bar() as advance:
        done = crawl(job, advance)
    show_crawl(done, out)
    if then_read and (done.finished or done.decisions):
        _read_collected(out, params)
    if done.stopped:
        note(f"stopped: {done.stopped}")
        raise typer.Exit(1)
    exit_on_rejects(done.reject_rate, params.collect.max_reject_rate, "collect.max_reject_rate")


def read(
    paths: Annotated[
        list[Path], typer.Argument(help="Statements: .html, .htm, .txt, .jsonl, or folders of them.")
    ],
    out: Annotated[Path, typer.Option(help="Decisions, as JSONL.")],
    report: Report = None,
    params_file: ParamsFile = None,
) -> None:
    """Read published statements into decisions, and sum up what was found.

    Example: upheld read statements/ --out corpus.jsonl
    """
    from pipeline import stages

    params = load_settings(params_file)
    summary = stages.read(paths, out, report=report, progress=bar)
    show_stage("read", summary)
    exit_on_rejects(summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


def label(
    corpus: Annotated[Path, typer.Argument(help="Decisions, as JSONL.")],
    out: Annotated[
        Path | None, typer.Option(help="The same decisions with grounds, citations and evidence.")
    ] = None,
    report: Report = None,
    explain: Annotated[
        str | None, typer.Option(metavar="REFERENCE", help="Only show this decision's labels and evidence.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="With --explain: the same as a web page.")] = None,
    params_file: ParamsFile = None,
) -> None:
    """Label decisions with grounds and citations, each with the sentence it rests on; or explain one of them.

    Example: upheld label corpus.jsonl --out labelled.jsonl

    Example: upheld label corpus.jsonl --explain 24-013-909 --html why.html
    """
    from pipeline import stages

    if explain is not None:
        _refuse_beside("--explain", {"--out": out, "--report": report})
        show_explanation(stages.explain(corpus, explain, page=html))
        return
    _refuse_beside("a whole corpus", {"--html": html})
    if out is None:
        raise InputError(
            "label: nowhere to write; give --out FILE for all decisions, or --explain REFERENCE for one."
        )
    params = load_settings(params_file)
    summary = stages.label(corpus, out, report=report, progress=bar)
    show_stage("labelled", summary)
    exit_on_rejects(summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


def _read_collected(out: Path, params: "Params") -> None:
    from pipeline import stages

    read_summary, labelled = stages.read_collected(out, progress=bar)
    show_rejects(read_summary.rejects, read_summary.rejects_file)
    show_stage("corpus", labelled)
    exit_on_rejects(read_summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


def _refuse_beside(what: str, options: dict[str, Path | None]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InputError(
            f"label: {' and '.join(given)} cannot go with {what}. --html goes with --explain, the others do not."
        )
