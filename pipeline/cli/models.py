"""Bundles and their runs in MLflow: models sync."""

from pathlib import Path

import typer

from pipeline.cli.options import Models, ParamsFile, load_settings
from pipeline.cli.show import note
from pipeline.errors import UpheldError

app = typer.Typer(no_args_is_help=True)


@app.command()
def sync(models: Models = Path("models"), params_file: ParamsFile = None) -> None:
    """Log every bundle that MLflow does not hold yet, for example after the store was out of reach.

    Example: upheld models sync
    """
    from pipeline.bundle import bundles
    from pipeline.tracking import log_bundle

    params = load_settings(params_file)
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
