"""Decisions from a JSONL file or from the embedded corpus; refuses rows that are no decision, with the reason."""

from collections.abc import Iterator
from contextlib import ExitStack
from importlib.resources import as_file, files
from pathlib import Path

from pydantic import ValidationError

from pipeline.schema import Decision, Reject
from pipeline.tables import Row, read_rows


def embedded_corpus(stack: ExitStack) -> Path:
    """Return the path of the packaged `cases.jsonl`, good until `stack` closes."""
    return stack.enter_context(as_file(files("pipeline.corpus") / "cases.jsonl"))


def sample_complaints(stack: ExitStack) -> Path:
    """Return the path of the packaged `sample.csv`: invented complaints to score, good until `stack` closes."""
    return stack.enter_context(as_file(files("pipeline.corpus") / "sample.csv"))


def read_decisions(path: Path) -> Iterator[Decision | Reject]:
    """Yield each decision of a JSONL file, or a `Reject` that names every field at fault.

    Raises:
        InputError: a file that is missing, empty or in another format.
    """
    for row in read_rows(path):
        yield _decision(row, path) if isinstance(row, Row) else row


def _decision(row: Row, path: Path) -> Decision | Reject:
    try:
        return Decision.model_validate(row.values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'row'}: {e['msg']}" for e in error.errors())
        return Reject(
            str(path), f"not a decision: {faults}", row.number, {"reference": row.values.get("reference")}
        )
