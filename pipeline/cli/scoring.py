"""New complaints to predictions: score."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Model, Models, ParamsFile, exit_on_rejects, load_settings
from pipeline.cli.progress import rows_bar
from pipeline.cli.show import show_scoring


def score(
    source: Annotated[Path, typer.Argument(metavar="INPUT", help="Complaints, as CSV or JSONL.")],
    out: Annotated[Path, typer.Option(help="The same rows with predictions, as CSV or JSONL.")],
    model: Model = "latest",
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Score complaints; rows that cannot be scored go to OUTPUT.rejects.jsonl with the reason.

    Example: upheld score complaints.csv --out scored.csv
    """
    from pipeline import stages

    params = load_settings(params_file)
    with rows_bar() as advance:
        summary = stages.score(source, out, model=model, models=models, params=params, progress=advance)
    show_scoring(summary)
    exit_on_rejects(summary.reject_rate, params.score.max_reject_rate, "score.max_reject_rate")
