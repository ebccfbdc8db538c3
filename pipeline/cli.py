"""The command `upheld`: one command a stage. The only module that prints; everything heavy is imported when it runs."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

from pipeline.errors import TrackingError, UpheldError

if TYPE_CHECKING:
    from pipeline.evaluate.metrics import Estimate
    from pipeline.params import Params
    from pipeline.schema import Reject
    from pipeline.score.batch import ScoringSummary
    from pipeline.stages import StageSummary, TrainingSummary

Item = TypeVar("Item")

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
    out.mkdir(parents=True, exist_ok=True)
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
def read(
    paths: Annotated[
        list[Path], typer.Argument(help="Statements: .html, .htm, .txt, .jsonl, or folders of them.")
    ],
    out: Annotated[Path, typer.Option(help="Decisions, as JSONL.")],
    params_file: ParamsFile = None,
) -> None:
    """Read published statements into decisions.

    Example: upheld read statements/ --out corpus.jsonl
    """
    from pipeline import stages

    params = _params(params_file)
    summary = stages.read(paths, out, progress=_bar)
    _show_stage("read", summary)
    _exit_on_rejects(summary.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


@app.command()
def label(
    corpus: Annotated[Path, typer.Argument(help="Decisions, as JSONL.")],
    out: Annotated[Path, typer.Option(help="The same decisions with grounds, citations and evidence.")],
    params_file: ParamsFile = None,
) -> None:
    """Label decisions with grounds and citations, each with the sentence it rests on.

    Example: upheld label corpus.jsonl --out labelled.jsonl
    """
    from pipeline import stages

    params = _params(params_file)
    summary = stages.label(corpus, out, progress=_bar)
    _show_stage("labelled", summary)
    _exit_on_rejects(summary.reject_rate, params.read.max_reject_rate, "read.max_reject_rate")


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
    for path in bundles(models):
        run = log_bundle(path, params)
        typer.echo(f"{path.name}  run {run.run_id} in {run.uri}")


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
    typer.echo(
        f"tracked   run {run.run_id} in {run.uri}; look at it with: mlflow ui --backend-store-uri {run.uri}"
    )


def _show_stage(verb: str, summary: "StageSummary") -> None:
    outcomes = ", ".join(f"{count} {name}" for name, count in summary.outcomes.most_common())
    typer.echo(f"{verb:<9} {summary.done} decisions ({outcomes or 'none'}): {summary.output}")
    _show_rejects(summary.rejects, summary.rejects_file)


def _show_training(summary: "TrainingSummary") -> None:
    counts = summary.counts
    typer.echo(
        f"split     {counts['train']} past, {counts['test']} received from {summary.test_from} on; left out: "
        f"{counts['left_out_not_upheld']} not upheld, {counts['in_gap']} not yet published then, "
        f"{counts['duplicates_across_split']} near-duplicates"
    )
    _show_rejects(summary.rejects, None)
    _show_figures(summary.figures.outcome)
    typer.echo(
        "grounds   " + "   ".join(f"{name} {estimate}" for name, estimate in summary.figures.grounds.items())
    )


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
            f"{rate:.1%} rejected; {key} allows {allowed:.1%}. Mend the rows named above, or raise the limit."
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


def _no_bar(rows: int) -> None:
    """Show nothing: a sample is scored at once."""


def _note(text: str) -> None:
    typer.echo(text, err=True)


def _fail(message: str) -> NoReturn:
    _note(f"error: {message}")
    sys.exit(2)
