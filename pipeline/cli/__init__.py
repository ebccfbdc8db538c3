"""The command `upheld`: one command a stage. All that prints is here; everything heavy is imported when it runs."""

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from pipeline.cli.progress import bar, crawl_bar, no_bar, rows_bar
from pipeline.cli.show import (
    note,
    show_audit,
    show_crawl,
    show_evaluation,
    show_explanation,
    show_plan,
    show_rejects,
    show_scoring,
    show_stage,
    show_training,
)
from pipeline.errors import InputError, TrackingError, UpheldError

if TYPE_CHECKING:
    from pipeline.assess import EvaluationSummary
    from pipeline.params import Params

DAY = "%Y-%m-%d"

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
        labelled = stages.label(embedded_corpus(stack), out / "labelled.jsonl", progress=bar)
        show_stage("labelled", labelled)
        trained = stages.train(labelled.output, models, params, name="embedded", progress=bar)
        show_training(trained)
        _track(trained.bundle, params)
        sample = sample_complaints(stack)
        scored = stages.score(
            sample,
            out / "sample.scored.csv",
            model=str(trained.bundle),
            models=models,
            params=params,
            progress=no_bar,
        )
    show_scoring(scored)
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
    summary = stages.read(paths, out, report=report, progress=bar)
    show_stage("read", summary)
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
        show_explanation(stages.explain(corpus, explain, page=html))
        return
    _refuse_beside("a whole corpus", {"--html": html})
    if out is None:
        raise InputError(
            "label: nowhere to write; give --out FILE for all decisions, or --explain REFERENCE for one."
        )
    params = _params(params_file)
    summary = stages.label(corpus, out, report=report, progress=bar)
    show_stage("labelled", summary)
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
    summary = stages.train(corpus, out, params, progress=bar)
    show_training(summary)
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
    with rows_bar() as advance:
        summary = stages.score(source, out, model=model, models=models, params=params, progress=advance)
    show_scoring(summary)
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
    show_evaluation(summary)
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
    show_audit(found)
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
            note(f"{path.name}  not logged: {error}")
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
        note(f"warning: {error}. The bundle is safe in {bundle}; log it later with: upheld models sync")
        return
    hint = "" if run.uri.startswith("http") else f"; look at it with: mlflow ui --backend-store-uri {run.uri}"
    typer.echo(f"tracked   run {run.run_id} in {run.uri}{hint}")


def _read_collected(out: Path, params: "Params") -> None:
    from pipeline import stages

    read_summary, labelled = stages.read_collected(out, progress=bar)
    show_rejects(read_summary.rejects, read_summary.rejects_file)
    show_stage("corpus", labelled)
    _exit_on_rejects(read_summary.report.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


def _refuse_beside(what: str, options: dict[str, Path | None]) -> None:
    given = [name for name, value in options.items() if value is not None]
    if given:
        raise InputError(
            f"label: {' and '.join(given)} cannot go with {what}. --html goes with --explain, the others do not."
        )


def _track_evaluation(summary: "EvaluationSummary", files: list[Path], params: "Params") -> None:
    """Log an evaluation; a store out of reach costs a message, never the files."""
    from pipeline.evaluate.summary import headline_metrics
    from pipeline.tracking import log_evaluation

    evaluation = summary.evaluation
    try:
        run = log_evaluation(evaluation.version, files, headline_metrics(evaluation), params)
    except TrackingError as error:
        note(f"warning: {error}. Log the model with 'upheld models sync', then evaluate again.")
        return
    typer.echo(f"tracked   run {run}")


def _exit_on_rejects(rate: float, allowed: float, key: str) -> None:
    if rate > allowed:
        note(
            f"{rate:.1%} rejected; {key} allows {allowed:.1%}. Mend what the file of rejects names, or raise the limit."
        )
        raise typer.Exit(1)


def _fail(message: str) -> NoReturn:
    note(f"error: {message}")
    sys.exit(2)
