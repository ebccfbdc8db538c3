"""The command `upheld`: one command a stage. All that prints is here; everything heavy is imported when it runs."""

import gc
import sys
from typing import NoReturn

import typer

from pipeline.cli import corpus, models, scoring, training
from pipeline.cli.show import note
from pipeline.errors import UpheldError

OBJECTS = 50_000  # made between two looks for garbage: by Python's default a tenth of a start goes into them

app = typer.Typer(
    name="upheld",
    help="From the text of a complaint to the Ombudsman to its likely outcome and grounds.\n\nExample: upheld run",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,  # locals hold complaint texts
)
for command in (
    training.run,
    corpus.collect,
    corpus.read,
    corpus.label,
    training.train,
    scoring.score,
    training.evaluate,
    training.audit,
    models.promote,
):
    app.command()(command)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command line; wrong input ends with its message on standard error and exit code 2."""
    gc.set_threshold(OBJECTS)
    try:
        app()
    except UpheldError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    note(f"error: {message}")
    sys.exit(2)
