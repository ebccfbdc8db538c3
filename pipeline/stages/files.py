"""Where a stage may write: refuses a name before the work rather than after it."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.errors import InputError
from pipeline.tables import check_output


def make_folder(folder: Path) -> None:
    """Make a folder for outputs, and those above it.

    Raises:
        InputError: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"{folder}: cannot be made ({error.strerror}); choose another folder.") from error


def check_outputs(output: Path, report: Path | None, sources: Sequence[Path]) -> None:
    """Refuse names for decisions and their report that are of another format, or would overwrite a source."""
    check_suffix(output, ".jsonl")
    check_output(output, sources)
    if report:
        check_suffix(report, ".json")


def check_suffix(path: Path, suffix: str) -> None:
    """Refuse a name before the work rather than after it; the suffix also keeps an input from being overwritten."""
    if path.suffix.lower() != suffix:
        raise InputError(f"{path}: is written as {suffix[1:].upper()}; choose a name that ends in {suffix}.")
    if not path.parent.is_dir():
        raise InputError(f"{path}: cannot be written (no such folder). Choose an existing, writable folder.")
