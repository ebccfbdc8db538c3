"""What is wanted of a run of scoring in, formats and the task of its workers out; refuses what cannot go together."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle import Bundle, passed_through, prediction_columns
from pipeline.errors import InputError
from pipeline.score.chunk import Task
from pipeline.score.columns import PREDICTION_TYPES, check_columns
from pipeline.tables import (
    STANDARD,
    CsvEncoder,
    Encoder,
    Format,
    JsonlEncoder,
    Table,
    check_output,
    columns_of,
    format_named,
    format_of,
    open_table,
)

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Options:
    """What one run of scoring does besides what the settings say.

    Attributes:
        fields: which column holds which field, such as {"complaint": "summary_text"}; others bear their field's name.
        input_format: such as "csv.gz"; None: what the file's name says, or what standard input looks like.
        output_format: None: what the file's name says; standard output is CSV, or JSONL where the input is.
        explain: how many of the strongest reasons to add in a column `reasons`; 0: no such column.
        resume: go on with what an earlier run of the same left unfinished.
    """

    fields: Mapping[str, str] = field(default_factory=dict)
    input_format: str | None = None
    output_format: str | None = None
    explain: int = 0
    resume: bool = False


def check_paths(source: Path, output: Path, options: Options) -> None:
    """Refuse an input and an output that cannot go together, before either is opened.

    Raises:
        InputError: the output would overwrite the input, or standard input or output is to be resumed.
    """
    if STANDARD not in (source, output):
        check_output(output, [source])
    elif options.resume:
        raise InputError(
            "--resume: standard input and output are gone with their run; use files on both sides."
        )


def input_format(source: Path, options: Options) -> Format | None:
    """Return the format of an input; None: standard input, and to be seen.

    Raises:
        InputError: an unknown one, or Parquet on standard input.
    """
    form = format_named(options.input_format) if options.input_format else None
    if source == STANDARD and form and form.kind == "parquet":
        raise InputError("standard input: Parquet is read from its end; give a file.")
    return form


def output_format(output: Path, read: Format, options: Options) -> Format:
    """Return the format of an output, whose input is `read`.

    Raises:
        InputError: an unknown one, or Parquet on standard output.
    """
    if options.output_format:
        form = format_named(options.output_format)
    elif output == STANDARD:
        form = Format("jsonl" if read.kind == "jsonl" else "csv")
    else:
        form = format_of(output)
    if output == STANDARD and form.kind == "parquet":
        raise InputError("standard output: Parquet is finished at its end; write to a file with --out FILE.")
    return form


def task_for(
    source: Path, table: Table, form: Format, *, bundle: Bundle, neutralise: bool, options: Options
) -> Task:
    """Return the task of scoring an open table into a format.

    Raises:
        InputError: no complaint column, or columns that are known only at the end of standard input.
    """
    if table.columns is not None:
        check_columns(table.name, table.columns, options.fields)
    elif form.kind != "jsonl" and source == STANDARD:
        raise InputError(
            "standard input: the columns of JSONL are known only at its end; "
            "write JSONL with --output-format jsonl, or give a file."
        )
    explain = options.explain
    names: dict[str, str] | None = None
    encoder: Encoder = JsonlEncoder()
    if form.kind == "parquet":
        from pipeline.tables.parquet import ArrowEncoder

        passed = _types(source, table)
        names = passed_through(passed, explain=explain)
        added = {name: PREDICTION_TYPES[name] for name in prediction_columns(explain)}
        encoder = ArrowEncoder({names[name]: kind for name, kind in passed.items()} | added)
    elif form.kind != "jsonl" or table.columns is not None:
        columns = columns_of(source, table.format) if table.columns is None else table.columns
        names = passed_through(columns, explain=explain)
        if form.kind != "jsonl":
            header = [*names.values(), *prediction_columns(explain)]
            encoder = CsvEncoder(header, delimiter="\t" if form.kind == "tsv" else ",", neutralise=neutralise)
    return Task(
        bundle,
        encoder,
        compression=form.compression,
        flat=form.kind in {"csv", "tsv"},
        explain=explain,
        fields=dict(options.fields),
        names=names,
    )


def _types(source: Path, table: Table) -> "dict[str, pa.DataType]":
    """Return the type of each input column: its own in Parquet, the one that all values have in JSONL, else text."""
    import pyarrow as pa

    from pipeline.tables.parquet import types_in, types_of

    if table.format.kind == "parquet":
        return types_of(source)
    if table.columns is not None:
        return dict.fromkeys(table.columns, pa.string())
    with open_table(source, table.format) as again:
        return types_in(again.rows)
