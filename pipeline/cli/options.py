"""What several commands share: options, settings, and when rejects fail a command."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli.show import note

if TYPE_CHECKING:
    from pipeline.params import Params

ParamsFile = Annotated[
    Path | None, typer.Option("--params", help="Settings; ./params.yaml, else the packaged ones.")
]
Report = Annotated[Path | None, typer.Option(help="Also write the closing table, as JSON.")]
Models = Annotated[Path, typer.Option(help="Folder of bundles.")]
Model = Annotated[str, typer.Option(help="A bundle's folder, 'latest', or an MLflow address.")]


def load_settings(path: Path | None) -> "Params":
    """Return the settings of a file, else of ./params.yaml, else the packaged ones."""
    from pipeline.params import load_params

    return load_params(path)


def exit_on_rejects(rate: float, allowed: float, key: str) -> None:
    """End with exit code 1 where a larger share of the inputs was refused than the settings allow."""
    if rate > allowed:
        note(
            f"{rate:.1%} rejected; {key} allows {allowed:.1%}. Mend what the file of rejects names, or raise the limit."
        )
        raise typer.Exit(1)
