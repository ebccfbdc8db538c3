"""The command `upheld`: one command a stage. The only module that prints; everything heavy is imported when it runs."""

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from pipeline.errors import InputError, TrackingError, UpheldError

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from pipeline.assess import EvaluationSummary
    from pipeline.collect.crawl import Plan
    from pipeline.collect.job import Progress as CrawlProgress
    from pipeline.evaluate.leakage import Audit
    from pipeline.evaluate.metrics import Estimate
    from pipeline.labels.explain import ExplainedLabel, Explanation, Passage
    from pipeline.labels.report import CorpusReport
    from pipeline.params import Params
    from pipeline.schema import Reject
    from pipeline.score.batch import ScoringSummary
    from pipeline.stages import StageSummary, TrainingSummary

Item = TypeVar("Item")

DAY = "%Y-%m-%d"
LOG_SECONDS = 10  # between two lines of progress where there is no terminal

app = typer.Typer(
    name="upheld",
    help="From the text of a complaint to the Ombudsman to its likely outcome and grounds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold complaint texts
)

ParamsFile = Annotated[
    Path | None, typer.Option("--params", help="Settings; ./params.yaml, else the packaged ones.")
]
Report = Annotated[Path | None, typer.Option(help="Also write the closing table, as JSON.")]
Models = Annotated[Path, typer.Option(help="Folder of bundles.")]


def main() -> None:
    """Run the command line; wrong input ends with its message on standard error and exit code 2."""
    try:
        app()
    except UpheldError as error:
        _fail(str(error))


@app.command()
def run(
    out: Annotated[
        Path, typer.Option(help="Folder for everything made, but bundles and the MLflow store.")
    ] = Path("out"),
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Run the whole pipeline on the embedded corpus, then score a sample.

    Example: upheld run
    """
    from contextlib import ExitStack

    from pipeline import stages
    from pipeline.corpus import embedded_corpus, sample_complaints

    params = _params(params_file)
    stages.make_folder(out)
    with ExitStack() as stack:
        labelled = stages.label(embedded_corpus(stack), out / "labelled.jsonl", progress=_bar)
        _show_stage("labelled", labelled)
        trained = stages.train(labelled.output, models, params, name="embedded", progress=_bar)
        _show_training(trained)
        _track(trained.bundle, params)
        sample = sample_complaints(stack)
        scored = stages.score(
            sample,
            out / "sample.scored.csv",
            model=str(trained.bundle),
            models=models,
            params=params,
            progress=_no_bar,
        )
    _show_scoring(scored)
    typer.echo(f"bundle    {trained.bundle}")


@app.command()
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

    params = _params(params_file)
    job = Job(out, start.date(), end.date(), params.collect)
    if dry_run:
        _show_plan(plan(job))
        return
    with _crawl_bar() as advance:
        done = crawl(job, advance)
    _show_crawl(done, out)
    if then_read and (done.finished or done.decisions):
        _read_collected(out, params)
    if done.stopped:
        _note(f"stopped: {done.stopped}")
        raise typer.Exit(1)
    _exit_on_rejects(done.reject_rate, params.collect.max_reject_rate, "collect.max_reject_rate")


@app.command()
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

    params = _params(params_file)
    summary = stages.read(paths, out, report=report, progress=_bar)
    _show_stage("read", summary)
    _exit_on_rejects(summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


@app.command()
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
        _show_explanation(stages.explain(corpus, explain, page=html))
        return
    _refuse_beside("a whole corpus", {"--html": html})
    if out is None:
        raise InputError(
            "label: nowhere to write; give --out FILE for all decisions, or --explain REFERENCE for one."
        )
    params = _params(params_file)
    summary = stages.label(corpus, out, report=report, progress=_bar)
    _show_stage("labelled", summary)
    _exit_on_rejects(summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


@app.command()
def train(
    corpus: Annotated[Path, typer.Option(help="Labelled decisions, as JSONL.")],
    out: Annotated[Path, typer.Option(help="Folder of bundles.")] = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Train both heads, measure them on later cases, save a bundle, and log the run; prints the bundle's path last.

    Example: upheld train --corpus labelled.jsonl
    """
    from pipeline import stages

    params = _params(params_file)
    summary = stages.train(corpus, out, params, progress=_bar)
    _show_training(summary)
    _track(summary.bundle, params)
    typer.echo(summary.bundle)


@app.command()
def score(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Complaints, as CSV or JSONL.")],
    out: Annotated[Path, typer.Option(help="The same rows with predictions, as CSV or JSONL.")],
    model: Annotated[str, typer.Option(help="A bundle's folder, 'latest', or an MLflow address.")] = "latest",
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Score complaints; rows that cannot be scored go to OUTPUT.rejects.jsonl with the reason.

    Example: upheld score complaints.csv --out scored.csv
    """
    from pipeline import stages

    params = _params(params_file)
    with _rows_bar() as advance:
        summary = stages.score(source, out, model=model, models=models, params=params, progress=advance)
    _show_scoring(summary)
    _exit_on_rejects(summary.reject_rate, params.score.max_reject_rate, "score.max_reject_rate")


@app.command()
def evaluate(
    corpus: Annotated[Path, typer.Option(help="Labelled decisions, as JSONL.")],
    out: Annotated[Path, typer.Option(help="Folder for metrics.json and report.html.")],
    model: Annotated[str, typer.Option(help="A bundle's folder, 'latest', or an MLflow address.")] = "latest",
    compare: Annotated[
        str | None, typer.Option(metavar="OTHER", help="Another bundle, on the same cases.")
    ] = None,
    show_texts: Annotated[
        bool, typer.Option("--show-texts", help="Put texts of complaints into the page.")
    ] = False,
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Evaluate a bundle under several splits, beside baselines: metrics.json, and report.html to look at.

    Example: upheld evaluate --model latest --corpus labelled.jsonl --out evaluation
    """
    from pipeline import assess

    params = _params(params_file)
    page = assess.Page(show_texts=show_texts, compare=compare)
    summary = assess.evaluate_bundle(model, corpus, out, params, models=models, page=page)
    _show_evaluation(summary)
    # The text of no complaint goes to the store.
    _track_evaluation(summary, [summary.metrics] if show_texts else [summary.metrics, summary.report], params)
    typer.echo(f"report    {summary.report}")


@app.command()
def audit(
    corpus: Annotated[Path, typer.Option(help="Cases with an outcome, as JSONL or CSV.")],
    text_field: Annotated[str, typer.Option(help="The field that a model is to learn from.")] = "complaint",
    params_file: ParamsFile = None,
) -> None:
    """Say whether the outcome is written into a text; exits 1 where it leaks.

    Example: upheld audit --corpus cases.jsonl --text-field complaint
    """
    from pipeline import assess

    found = assess.audit_corpus(corpus, text_field, _params(params_file))
    _show_audit(found)
    if found.leaks:
        raise typer.Exit(1)


models_app = typer.Typer(no_args_is_help=True)
app.add_typer(models_app, name="models", help="Bundles and their runs in MLflow.")


@models_app.command()
def sync(models: Models = Path("models"), params_file: ParamsFile = None) -> None:
    """Log every bundle that MLflow does not hold yet, for example after the store was out of reach.

    Example: upheld models sync
    """
    from pipeline.bundle import bundles
    from pipeline.tracking import log_bundle

    params = _params(params_file)
    found, failed = bundles(models), 0
    for path in found:
        try:
            run = log_bundle(path, params)
        except UpheldError as error:
            failed += 1
            _note(f"{path.name}  not logged: {error}")
            continue
        typer.echo(f"{path.name}  run {run.run_id} in {run.uri}")
    if not found:
        typer.echo(f"{models}: holds no bundle; train one with 'upheld run' or 'upheld train'.")
    if failed:
        raise typer.Exit(1)


def _params(path: Path | None) -> "Params":
    from pipeline.params import load_params

    return load_params(path)


def _track(bundle: Path, params: "Params") -> None:
    """Log a bundle; a store out of reach costs a message, never the bundle."""
    from pipeline.tracking import log_bundle

    try:
        run = log_bundle(bundle, params)
    except TrackingError as error:
        _note(f"warning: {error}. The bundle is safe in {bundle}; log it later with: upheld models sync")
        return
    hint = "" if run.uri.startswith("http") else f"; look at it with: mlflow ui --backend-store-uri {run.uri}"
    typer.echo(f"tracked   run {run.run_id} in {run.uri}{hint}")


def _read_collected(out: Path, params: "Params") -> None:
    from pipeline import stages

    read_summary, labelled = stages.read_collected(out, progress=_bar)
    _show_rejects(read_summary.rejects, read_summary.rejects_file)
    _show_stage("corpus", labelled)
    _exit_on_rejects(read_summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


def _show_plan(plan: "Plan") -> None:
    typer.echo(f"would ask {plan.searches} searches, from {plan.first}")
    typer.echo(f"                       to {plan.last}")
    typer.echo(f"about     {plan.decisions:,} decisions, {plan.stored:,} of these dates are stored already")
    typer.echo(f"at most   {plan.pages:,} pages in this run, in {_duration(plan.seconds)} or more")


def _show_crawl(done: "CrawlProgress", out: Path) -> None:
    for note in done.notes[:10]:
        _note(f"  {note}")
    again = "went on with the last crawl; " if done.resumed else ""
    typer.echo(
        f"collected {again}{done.decisions} decisions ({done.new} new, {done.changed} changed, {done.unchanged} "
        f"unchanged), {done.withdrawn} withdrawn, {done.rejects} rejects, {done.missing} announced and not shown; "
        f"{done.pages} pages, {done.size / 1e6:.1f} MB: {out}"
    )


def _crawl_line(progress: "CrawlProgress") -> str:
    left = "" if progress.seconds_left is None else f", {_duration(progress.seconds_left)} left"
    counts = f"{progress.pages:,} pages, {progress.decisions:,} decisions, {progress.rejects:,} rejects"
    return f"collecting: {counts}{left}"


def _duration(seconds: float) -> str:
    """Return a duration in words.

    >>> _duration(12.4), _duration(600), _duration(100_000)
    ('12 s', '10 min', '27 h 47 min')
    """
    minutes = round(seconds / 60)
    if minutes < 2:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h {minutes % 60} min"


def _refuse_beside(what: str, options: dict[str, Path | None]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InputError(
            f"label: {' and '.join(given)} cannot go with {what}. --html goes with --explain, the others do not."
        )


def _show_stage(verb: str, summary: "StageSummary") -> None:
    typer.echo(f"{verb:<9} {summary.report.decisions} decisions: {summary.output}")
    _show_rejects(summary.rejects, summary.rejects_file)
    _show_report(summary.report)


def _show_report(report: "CorpusReport") -> None:
    from rich.table import Table

    facts = report.as_json()
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_row("documents", f"{report.documents:,}")
    table.add_row("decisions", f"{report.decisions:,}")
    table.add_row("rejects", f"{facts['rejects']:,} ({report.reject_rate:.1%})")
    for reason, count in report.rejects.most_common(10):
        table.add_row("", f"{count:,} {reason}")
    table.add_row("outcomes", _counts(facts["outcomes"]))
    table.add_row("received in", _counts(facts["years_of_receipt"]))
    if report.share_with_grounds is not None:
        table.add_row("grounds", f"{report.share_with_grounds:.1%} have one that is not a fall-back")
        table.add_row("citations", f"{report.share_with_citations:.1%} have one")
    _console().print(table, markup=False)


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name}: {count:,}" for name, count in counts.items()) or "none"


def _show_explanation(explanation: "Explanation") -> None:
    from rich.text import Text

    console = _console()
    console.print(Text(f"{explanation.reference}  {_printable(explanation.organisation)}", style="bold"))
    console.print(Text(explanation.outcome.value))
    console.print(Text("\nGrounds", style="bold"))
    _show_labels(explanation.grounds, console, whole=True)
    console.print(Text("\nCitations", style="bold"))
    _show_labels(explanation.citations, console, whole=False)


def _show_labels(labels: "tuple[ExplainedLabel, ...]", console: "Console", *, whole: bool) -> None:
    """Print labels, those with the same evidence together; the evidence inside its paragraph where `whole`."""
    from itertools import groupby

    from rich.padding import Padding
    from rich.text import Text

    for rests_on, group in groupby(labels, key=lambda label: label.rests_on):
        for label in group:
            code = f"  {label.code}" if label.code != label.title else ""
            console.print(Text.assemble((_printable(label.title), "cyan"), (code, "dim")))
        console.print(Padding(_evidence(rests_on, whole=whole), (0, 0, 0, 2), expand=False))
    if not labels:
        console.print(Text("none", style="dim"))


def _evidence(passage: "Passage | str", *, whole: bool) -> "Text":
    from rich.text import Text

    if isinstance(passage, str):
        return Text(passage, style="italic")
    before, after = (passage.text[: passage.start], passage.text[passage.end :]) if whole else ("", "")
    return Text.assemble(
        (f"{_printable(passage.heading)}: ", "dim"),
        _printable(before),
        (f"»{_printable(passage.sentence)}«", "black on yellow"),  # the marks stay where colours do not
        _printable(after),
    )


def _printable(text: str) -> str:
    r"""Return text without control characters, which could write over what the terminal shows.

    >>> _printable("a\x1b[2Jb")
    'a [2Jb'
    """
    return "".join(character if character.isprintable() else " " for character in text)


def _console() -> "Console":
    """Return a console that wraps lines for a reader, and leaves them whole for a file or another program."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else 1_000_000)


def _show_training(summary: "TrainingSummary") -> None:
    counts = summary.counts
    typer.echo(
        f"split     {counts['train']} past, {counts['test']} received from {summary.test_from} on; left out: "
        f"{counts['left_out_not_upheld']} not upheld, {counts['in_gap']} not yet published then, "
        f"{counts['duplicates_across_split']} near-duplicates, {counts['without_year']} without a year"
    )
    _show_rejects(summary.rejects, None)
    _show_figures(summary.figures.outcome)
    for name, figures in (("grounds", summary.figures.grounds), ("abstain", summary.figures.abstention)):
        typer.echo(f"{name:<9} " + "   ".join(f"{figure} {estimate}" for figure, estimate in figures.items()))
    typer.echo(f"saved     {summary.bundle}")


def _show_figures(figures: "dict[str, dict[str, Estimate]]") -> None:
    from rich.console import Console
    from rich.table import Table

    names = list(next(iter(figures.values())))
    table = Table(
        "outcome head", *names, caption="95 % bootstrap intervals; matched_auc: complaints of like length"
    )
    for model, own in figures.items():
        table.add_row(model, *(str(own[name]) for name in names))
    Console(width=110).print(table)


def _show_scoring(summary: "ScoringSummary") -> None:
    typer.echo(
        f"scored    {summary.scored} complaints ({summary.upheld} more likely upheld, "
        f"{summary.abstained} undecided): {summary.output}"
    )
    for reason, count in summary.rejects.most_common(5):
        _note(f"  rejected {count}: {reason}")
    if summary.rejects_file:
        _note(f"  rejects  {summary.rejects_file}")


def _show_evaluation(summary: "EvaluationSummary") -> None:
    from pipeline.evaluate.wording import five_sentences

    _show_rejects(summary.rejects, None)
    for sentence in five_sentences(summary.evaluation):
        _console().print(sentence, markup=False, highlight=False)
    typer.echo(f"metrics   {summary.metrics}")


def _track_evaluation(summary: "EvaluationSummary", files: list[Path], params: "Params") -> None:
    """Log an evaluation; a store out of reach costs a message, never the files."""
    from pipeline.evaluate.summary import headline_metrics
    from pipeline.tracking import log_evaluation

    evaluation = summary.evaluation
    try:
        run = log_evaluation(evaluation.version, files, headline_metrics(evaluation), params)
    except TrackingError as error:
        _note(f"warning: {error}. Log the model with 'upheld models sync', then evaluate again.")
        return
    typer.echo(f"tracked   run {run}")


def _show_audit(audit: "Audit") -> None:
    from rich.padding import Padding
    from rich.text import Text

    console = _console()
    console.print(f"{audit.field}: {audit.cases:,} cases, {audit.upheld:,} of them upheld", markup=False)
    colours = {"pass": "green", "warn": "yellow", "fail": "red"}
    for verdict in audit.verdicts:
        console.print(
            Text.assemble(
                (f"{verdict.status:<5}", f"bold {colours[verdict.status]}"),
                (f"{verdict.test}: ", "bold"),
                verdict.finding,
            )
        )
        for line in verdict.evidence:
            console.print(Padding(Text(_printable(line), style="dim"), (0, 0, 0, 6), expand=False))
    console.print(
        "This text states the outcome: train on another." if audit.leaks else "No test failed.", markup=False
    )


def _show_rejects(rejects: "list[Reject]", file: Path | None) -> None:
    for reject in rejects[:5]:
        row = f" row {reject.row}" if reject.row else ""
        _note(f"  rejected {reject.where}{row}: {reject.reason}")
    if len(rejects) > 5:
        _note(f"  and {len(rejects) - 5} more")
    if file:
        _note(f"  rejects  {file}")


def _exit_on_rejects(rate: float, allowed: float, key: str) -> None:
    if rate > allowed:
        _note(
            f"{rate:.1%} rejected; {key} allows {allowed:.1%}. Mend what the file of rejects names, or raise the limit."
        )
        raise typer.Exit(1)


def _bar(items: Iterable[Item], label: str) -> Iterator[Item]:
    """Draw a progress bar on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import track

    yield from track(
        items, label, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    )


@contextmanager
def _rows_bar() -> Iterator[Callable[[int], None]]:
    """Count rows on standard error where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn, TimeElapsedColumn

    columns = (
        TextColumn("{task.description}"),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()
    ) as progress:
        task = progress.add_task("scoring", total=None)
        yield lambda rows: progress.advance(task, rows)


@contextmanager
def _crawl_bar() -> Iterator[Callable[["CrawlProgress"], None]]:
    """Show how far a crawl has come: in one line of a terminal, or in a line of a log every ten seconds."""
    from rich.console import Console

    if not sys.stderr.isatty():
        last = time.monotonic()

        def log(progress: "CrawlProgress") -> None:
            nonlocal last
            if time.monotonic() - last >= LOG_SECONDS:
                last = time.monotonic()
                _note(_crawl_line(progress))

        yield log
        return
    with Console(stderr=True).status("collecting") as status:
        yield lambda progress: status.update(_crawl_line(progress))


def _no_bar(rows: int) -> None:
    """Show nothing: a sample is scored at once."""


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _fail(message: str) -> NoReturn:
    _note(f"error: {message}")
    sys.exit(2)
