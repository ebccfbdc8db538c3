"""New complaints to predictions: score."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.options import Model, Models, ParamsFile, exit_on_rejects, load_settings
from pipeline.cli.progress import Item, bar, rows_bar
from pipeline.cli.show import note, show_scoring

if TYPE_CHECKING:
    from pipeline.params import Params
    from pipeline.score.batch import ScoringSummary
    from pipeline.stages import Options

FORMATS = "csv, tsv, jsonl (each also with .gz or .zst) or parquet"


class Engine(StrEnum):
    """What scores."""

    LOCAL = "local"
    SPARK = "spark"


def score(
    source: Annotated[
        str, typer.Argument(metavar="INPUT", help=f"Complaints: {FORMATS}; - is standard input.")
    ],
    out: Annotated[
        str,
        typer.Option(help="The same rows with predictions, in a format by its name; - is standard output."),
    ],
    model: Model = "latest",
    models: Models = Path("models"),
    fields: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="FIELD=COLUMN", help="Which column holds a field; can be repeated."),
    ] = None,
    explain: Annotated[int, typer.Option(min=0, metavar="N", help="Add the N strongest reasons.")] = 0,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the run that was interrupted.")
    ] = False,
    keep_formulas: Annotated[
        bool, typer.Option("--keep-formulas", help="Leave cells that a spreadsheet would run as they are.")
    ] = False,
    input_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="Of INPUT, where its name does not say.")
    ] = None,
    output_format: Annotated[
        str | None, typer.Option(metavar="FORMAT", help="The same of the output.")
    ] = None,
    engine: Annotated[
        Engine, typer.Option(help="spark: folders of files, any size, wherever Spark can read and write.")
    ] = Engine.LOCAL,
    master: Annotated[
        str | None, typer.Option(metavar="URL", help="Of Spark; this machine, where it is left out.")
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="PAGE.html", help="Also write a page to look through; it holds the complaints."),
    ] = None,
    params_file: ParamsFile = None,
) -> None:
    """Score complaints; rows that cannot be scored go to OUTPUT.rejects.jsonl with the reason.

    Example: upheld score complaints.csv --out scored.csv

    Example: upheld score complaints.csv.gz --out scored.parquet --map complaint=summary_text --explain 5 --resume

    Example: upheld score complaints.csv --out scored.csv --report scored.html

    Example: upheld score s3a://bucket/complaints --out s3a://bucket/scored.parquet --engine spark --master yarn
    """
    from pipeline import stages
    from pipeline.score.columns import fields_from

    params = load_settings(params_file)
    if keep_formulas:
        params = params.model_copy(
            update={"score": params.score.model_copy(update={"neutralise_formulas": False})}
        )
    options = stages.Options(
        fields=fields_from(fields or []),
        input_format=input_format,
        output_format=output_format,
        explain=explain,
        resume=resume,
    )
    if engine is Engine.SPARK:
        _refuse_page(report)
        summary = stages.score_with_spark(
            source, out, model=model, models=models, params=params, master=master, options=options
        )
    else:
        _refuse_master(master)
        summary = _score_here(Path(source), Path(out), model, models, params, options, report)
    show_scoring(summary)
    exit_on_rejects(summary.reject_rate, params.score.max_reject_rate, "score.max_reject_rate")


def _score_here(
    source: Path,
    out: Path,
    model: str,
    models: Path,
    params: "Params",
    options: "Options",
    report: Path | None,
) -> "ScoringSummary":
    from pipeline import stages

    try:
        with ExitStack() as bars:
            advance = bars.enter_context(rows_bar())

            def page_bar(items: Iterable[Item], label: str) -> Iterator[Item]:
                bars.close()  # a terminal shows one bar at a time
                return bar(items, label)

            return stages.score(
                source,
                out,
                model=model,
                models=models,
                params=params,
                progress=advance,
                options=options,
                report=report,
                report_progress=page_bar,
            )
    except KeyboardInterrupt:
        note("interrupted; the same command with --resume goes on from here")
        raise typer.Exit(130) from None


def _refuse_page(report: Path | None) -> None:
    if report is not None:
        raise typer.BadParameter("is for --engine local only.", param_hint="--report")


def _refuse_master(master: str | None) -> None:
    if master is not None:
        raise typer.BadParameter("is for --engine spark only.", param_hint="--master")
