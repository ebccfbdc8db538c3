"""A CSV or JSONL file of complaints in, the same rows with predictions out; unusable rows go to a file of rejects."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from pipeline.bundle import PREDICTION_COLUMNS, Bundle, as_columns, passed_through
from pipeline.errors import InputError
from pipeline.features.view import UnusableComplaintError, complaint_column, view_of_row
from pipeline.params import Score
from pipeline.schema import Reject, View
from pipeline.tables import (
    Row,
    RowWriter,
    check_output,
    columns_of,
    format_of,
    open_rows,
    read_rows,
    rejects_path,
    write_rows,
)


@dataclass(slots=True)
class ScoringSummary:
    """What happened to the rows of a file: every one is in `scored` or in `rejects`."""

    output: Path
    scored: int = 0
    abstained: int = 0
    upheld: int = 0
    rejects: Counter[str] = field(default_factory=Counter)
    rejects_file: Path | None = None

    @property
    def reject_rate(self) -> float:
        """Share of the rows that were refused."""
        refused = self.rejects.total()
        return refused / (refused + self.scored) if refused else 0.0


def score_file(
    source: Path, output: Path, *, bundle: Bundle, params: Score, advance: Callable[[int], None]
) -> ScoringSummary:
    """Score a file chunk by chunk; the output gets its name only when it is whole.

    Args:
        source: CSV or JSONL with a `complaint` column (`summary` and `text` are accepted names).
        output: CSV or JSONL, by its name; the other columns of `source` are passed through.
        bundle: the model.
        params: chunk size and formula guard.
        advance: called with the number of rows done after every chunk.

    Raises:
        InputError: a source that cannot be read at all or has no complaint column, or an unusable output name.
    """
    check_output(output, [source])
    columns = passed_through(columns_of(source) if ".csv" in (format_of(output), format_of(source)) else ())
    if format_of(source) == ".csv":
        _check_columns(source, columns)
    summary = ScoringSummary(output)
    rejected: list[Reject] = []
    header = [*columns.values(), *PREDICTION_COLUMNS]
    with open_rows(output, header, neutralise_formulas=params.neutralise_formulas) as out:
        for chunk in _chunks(read_rows(source), params.chunk_rows):
            rejected += _score_chunk(chunk, out, bundle, summary, flat=format_of(output) == ".csv")
            advance(len(chunk))
    _write_rejects(rejected, summary)
    return summary


def _check_columns(source: Path, columns: dict[str, str]) -> None:
    try:
        complaint_column(columns)
    except UnusableComplaintError as error:
        one = next(iter(columns)) if len(columns) == 1 else ""
        hint = "Save it with commas between the cells." if ";" in one or "\t" in one else "Rename one."
        raise InputError(f"{source}: has {error}; its columns are {', '.join(columns)}. {hint}") from error


def _chunks(rows: Iterator[Row | Reject], size: int) -> Iterator[list[Row | Reject]]:
    while chunk := list(islice(rows, size)):
        yield chunk


def _score_chunk(
    chunk: list[Row | Reject], out: RowWriter, bundle: Bundle, summary: ScoringSummary, *, flat: bool
) -> list[Reject]:
    rejected: list[Reject] = []
    usable: list[tuple[Row, View]] = []
    for row in chunk:
        if isinstance(row, Reject):
            rejected.append(row)
            continue
        try:
            usable.append((row, view_of_row(row.values, bundle.heads.params.view)))
        except UnusableComplaintError as error:
            rejected.append(Reject(_name_of(row), str(error), row.number))
    predictions = bundle.heads.predict([view for _, view in usable], version=bundle.version)
    for (row, _), prediction in zip(usable, predictions, strict=True):
        names = passed_through(row.values)
        added = as_columns(prediction)
        out.write(
            {names[name]: value for name, value in row.values.items()} | (_flat(added) if flat else added)
        )
        summary.scored += 1
        summary.abstained += not prediction.decided
        summary.upheld += prediction.outcome == "upheld"
    summary.rejects.update(reject.reason for reject in rejected)
    return rejected


def _flat(columns: dict[str, Any]) -> dict[str, Any]:
    """Return prediction columns as CSV cells: lists joined by semicolons."""
    return columns | {
        "grounds": ";".join(f"{ground['code']}:{ground['p']}" for ground in columns["grounds"]),
        "warnings": ";".join(columns["warnings"]),
    }


def _name_of(row: Row) -> str:
    return str(row.values.get("reference") or row.values.get("id") or "")


def _write_rejects(rejected: list[Reject], summary: ScoringSummary) -> None:
    path = rejects_path(summary.output)
    path.unlink(missing_ok=True)  # those of an earlier run would be taken for this one's
    if rejected:
        write_rows(path, ({"row": r.row, "where": r.where, "reason": r.reason} for r in rejected))
        summary.rejects_file = path
