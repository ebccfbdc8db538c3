"""Rows in, the bytes of CSV, TSV or JSONL out, and whole text files; what spreadsheets would run is made harmless."""

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from pipeline.tables.names import check_writable, unwritable

FORMULA_STARTS = frozenset("=+-@\t\r\n＝＋－＠")  # the last four as East Asian keyboards type them


class Encoder(Protocol):
    """Turns rows into the bytes of a file; the bytes of several calls follow each other. Can be pickled."""

    def head(self) -> bytes:
        """Return what a file begins with."""

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the bytes of some rows."""


class CsvEncoder:
    """Rows to delimited text in UTF-8.

    Args:
        columns: the header; a row may lack some, and has no others.
        delimiter: what stands between two cells.
        neutralise: put an apostrophe before cells that a spreadsheet would run.
    """

    def __init__(self, columns: Sequence[str], *, delimiter: str = ",", neutralise: bool = True) -> None:
        self._columns = list(columns)
        self._delimiter = delimiter
        self._neutralise = neutralise

    def head(self) -> bytes:
        """Return the header."""
        return self._lines([self._columns])

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the lines of some rows."""
        return self._lines([row.get(name) for name in self._columns] for row in rows)

    def _lines(self, rows: Iterable[Sequence[Any]]) -> bytes:
        text = io.StringIO(newline="")
        plain = csv.writer(text, delimiter=self._delimiter, lineterminator="\n")
        # A carriage return also ends a line for most readers, but the writer quotes only its own line's end.
        quoted = csv.writer(text, delimiter=self._delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
        for row in rows:
            cells = [cell_of(value, neutralise=self._neutralise) for value in row]
            (quoted if "\r" in "".join(cells) else plain).writerow(cells)
        return text.getvalue().encode()


class JsonlEncoder:
    """Rows to a line of JSON each."""

    def head(self) -> bytes:
        """Return nothing: every row names its columns."""
        return b""

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the lines of some rows."""
        return "".join(f"{json_line(row)}\n" for row in rows).encode()


def compressed(data: bytes, compression: str | None) -> bytes:
    """Return data as a gzip member or a zstd frame of its own; several, one after the other, are a file again."""
    if compression is None or not data:
        return data
    import pyarrow as pa

    return bytes(pa.compress(data, codec=compression, asbytes=True))


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSONL and return how many; the file gets its name only when it is whole.

    Raises:
        InputError: a folder that is missing or cannot be written.
    """
    check_writable(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        file = partial.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise unwritable(path, error) from error
    count = 0
    try:
        with file:
            for count, row in enumerate(rows, 1):  # noqa: B007  # the last one is how many
                file.write(f"{json_line(row)}\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def write_text(path: Path, text: str) -> None:
    """Write a text file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise unwritable(path, error) from error


def neutralised(cell: str) -> str:
    """Return a CSV cell that no spreadsheet runs as a formula; numbers stay as they are.

    >>> neutralised("=1+1"), neutralised("-5.2"), neutralised("plain")
    ("'=1+1", '-5.2', 'plain')
    """
    return f"'{cell}" if cell[:1] in FORMULA_STARTS and not _is_number(cell) else cell


def cell_of(value: Any, *, neutralise: bool = True) -> str:
    """Return a value as a CSV cell, which no spreadsheet runs as a formula where `neutralise`."""
    text = as_text(value)
    return neutralised(text) if neutralise else text


def as_text(value: Any) -> str:
    """Return a value as the text of a cell.

    >>> as_text(None), as_text(True), as_text(["é"])
    ('', 'true', '["é"]')
    """
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return json_line(value) if isinstance(value, dict | list) else str(value)


def json_line(value: Any) -> str:
    """Return a value as JSON; what JSON has no form for is text, a number that is none is null.

    >>> json_line({"a": float("nan")})
    '{"a": null}'
    """
    try:
        return json.dumps(value, ensure_ascii=False, default=str, allow_nan=False)
    except ValueError:  # from Parquet
        return json.dumps(_finite(value), ensure_ascii=False, default=str)


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _finite(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
