"""Files and standard input in, rows out, one at a time; refuses what cannot be read, row by row where it can."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pipeline.schema import Reject
from pipeline.tables.delimited import delimited_rows
from pipeline.tables.formats import STANDARD, Format, format_of
from pipeline.tables.jsonlines import json_rows
from pipeline.tables.row import Row
from pipeline.tables.streams import Source, damaged, open_source


@dataclass(frozen=True, slots=True)
class Table:
    """An open input.

    Attributes:
        name: what it is called in messages.
        format: what it holds.
        columns: its columns; None for JSONL, where each row names its own.
        rows: its rows and, for each that cannot be read, a reject; they can be passed once.
        share_read: the share of the input, from 0 to 1, that has been read now that so many rows have been passed; None
            where its size is unknown.
    """

    name: str
    format: Format
    columns: list[str] | None
    rows: Iterator[Row | Reject]
    share_read: Callable[[int], float | None]


@contextmanager
def open_table(path: Path, form: Format | None = None) -> Iterator[Table]:
    """Open a file or, for "-", standard input.

    Args:
        path: what to read.
        form: its format; None: that of the file's name, or what standard input looks like.

    Raises:
        InputError: a missing, empty or UTF-16 file, a header that cannot be used, or an unknown format. While the rows
            are passed: a file that breaks off in the middle of its compressed bytes.
    """
    if path != STANDARD:
        form = form or format_of(path)
    if form and form.kind == "parquet":
        from pipeline.tables.parquet import open_parquet

        with open_parquet(path) as table:
            yield table
        return
    with open_source(path, form) as source:
        yield table_of(source)


def table_of(source: Source) -> Table:
    """Return the table that an open CSV, TSV or JSONL source is.

    Raises:
        InputError: see `open_table`.
    """
    columns, rows = (None, json_rows(source)) if source.format.kind == "jsonl" else delimited_rows(source)
    return Table(source.name, source.format, columns, _whole(rows, source.name), source.share_read)


def read_rows(path: Path) -> Iterator[Row | Reject]:
    """Yield each row of a file, or a `Reject` for a row that cannot be read; the rest goes on.

    Raises:
        InputError: see `open_table`.
    """
    with open_table(path) as table:
        yield from table.rows


def columns_of(path: Path, form: Format | None = None) -> list[str]:
    """Return every column of a file in order of first appearance; a JSONL file is read once, without keeping it."""
    with open_table(path, form) as table:
        if table.columns is not None:
            return table.columns
        return list(dict.fromkeys(name for row in table.rows if isinstance(row, Row) for name in row.values))


def _whole(rows: Iterator[Row | Reject], name: str) -> Iterator[Row | Reject]:
    """Yield the rows; where the stream breaks off, say after which one."""
    count = 0
    try:
        for row in rows:
            yield row
            count += 1
    except OSError as error:
        raise damaged(name, count, error) from error
