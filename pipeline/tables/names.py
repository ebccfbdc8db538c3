"""Names of outputs in, nothing out; refuses those that cannot be written or would overwrite what they are made from."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import InputError
from pipeline.tables.formats import stem_of


def rejects_path(output: Path) -> Path:
    """Return where the rejects of an output go: "scored.csv.gz" has "scored.rejects.jsonl" beside it."""
    return output.with_name(f"{stem_of(output)}.rejects.jsonl")


def check_output(output: Path, sources: Iterable[Path]) -> None:
    """Refuse an output that would overwrite what it is made from, itself or by its rejects.

    Raises:
        InputError: a source is the output, or the place of its rejects.
    """
    taken = {output.resolve(), rejects_path(output).resolve()}
    for source in sources:
        if source.resolve() in taken:
            raise InputError(
                f"{source}: would be overwritten by --out {output}; choose another name for --out."
            )


def check_writable(output: Path) -> None:
    """Refuse the name of a folder.

    Raises:
        InputError: a folder is in the output's place.
    """
    if output.is_dir():
        raise InputError(f"{output}: is a folder; name a file in it.")


def unwritable(path: Path, error: OSError) -> InputError:
    """Return what to tell where a file cannot be written."""
    return InputError(f"{path}: cannot be written ({error.strerror}). Choose an existing, writable folder.")
