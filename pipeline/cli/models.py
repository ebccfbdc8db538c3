"""Bundles in MLflow: which there are, which is champion, and whether it should still be; promote, models."""

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli.options import Models, ParamsFile, load_settings
from pipeline.cli.show import note
from pipeline.cli.show_models import show_check, show_event, show_promotion, show_registry
from pipeline.errors import UpheldError

app = typer.Typer(invoke_without_command=True)


@app.callback()
def models(context: typer.Context, params_file: ParamsFile = None) -> None:
    """List the registered versions with their figures, the newest first, and the history of the champion.

    Example: upheld models
    """
    if context.invoked_subcommand is None:
        from pipeline.tracking.registry import read_registry

        show_registry(read_registry(load_settings(params_file)))


@app.command()
def sync(models: Models = Path("models"), params_file: ParamsFile = None) -> None:
    """Log every bundle that MLflow does not hold yet, for example after the store was out of reach.

    Example: upheld models sync
    """
    from pipeline.bundle import bundles
    from pipeline.tracking.runs import log_bundle

    params = load_settings(params_file)
    found, failed = bundles(models), 0
    for path in found:
        try:
            run = log_bundle(path, params)
        except UpheldError as error:
            failed += 1
            note(f"{path.name}  not logged: {error}")
            continue
        typer.echo(f"{path.name}  run {run.run_id} in {run.uri}, version {run.version}")
    if not found:
        typer.echo(f"{models}: holds no bundle; train one with 'upheld run' or 'upheld train'.")
    if failed:
        raise typer.Exit(1)


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="Why; goes into the history.")] = "",
    params_file: ParamsFile = None,
) -> None:
    """Make the champion before the present one champion again.

    Example: upheld models rollback --reason "complaints about housing score too low"
    """
    from pipeline.tracking import registry

    show_event(registry.rollback(load_settings(params_file), reason))


@app.command()
def check(
    corpus: Annotated[Path, typer.Option(help="Newly published decisions, labelled, as JSONL.")],
    model: Annotated[
        str | None, typer.Option(help="A bundle's folder, 'latest', or an MLflow address; the champion.")
    ] = None,
    models: Models = Path("models"),
    params_file: ParamsFile = None,
) -> None:
    """Say how the champion fares on decisions it has not seen, and whether to retrain; exits 1 where that is advised.

    Example: upheld models check --corpus new.jsonl
    """
    from pipeline import lifecycle

    found = lifecycle.check(corpus, load_settings(params_file), model=model, models=models)
    show_check(found)
    if found.advice.retrain:
        raise typer.Exit(1)


def promote(
    version: Annotated[str, typer.Argument(help="Number of a registered version, or 'challenger'.")],
    corpus: Annotated[
        Path | None, typer.Option(help="Labelled decisions newer than both models, to compare them on.")
    ] = None,
    force: Annotated[
        str | None, typer.Option(metavar="REASON", help="Promote whatever the gate says; goes on record.")
    ] = None,
    params_file: ParamsFile = None,
) -> None:
    """Make a registered version champion if it passes the gate in params.yaml; exits 1 where it is refused.

    Example: upheld promote challenger
    """
    from pipeline import lifecycle

    if force is not None and not force.strip():
        raise typer.BadParameter("give a reason; it goes on record", param_hint="--force")
    found = lifecycle.promote(version, load_settings(params_file), corpus=corpus, force=force)
    show_promotion(found)
    if found.event.action == "refused":
        raise typer.Exit(1)
