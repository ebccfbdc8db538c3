"""Rows of CSV and JSONL files in and out, one at a time; refuses what cannot be read, row by row where it can."""

import csv
import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from pipeline.errors import InputError
from pipeline.schema import Reject

FORMATS = (".csv", ".jsonl")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its number in the file (from 1, a CSV's header not counted) and its values by column."""

    number: int
    values: dict[str, Any]


class RowWriter(Protocol):
    """Takes rows; `columns` are written in this order, CSV refuses others."""

    def write(self, values: Mapping[str, Any]) -> None:
        """Append one row."""


def format_of(path: Path) -> str:
    """Return ".csv" or ".jsonl", by the file's name.

    Raises:
        InputError: any other name.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"{path}: unknown format {suffix or '(no suffix)'}; must end in {' or '.join(FORMATS)}."
        )
    return suffix


def read_rows(path: Path) -> Iterator[Row | Reject]:
    """Yield each row of a UTF-8 CSV or JSONL file, or a `Reject` for a row that cannot be read; the rest goes on.

    Raises:
        InputError: a missing, empty or UTF-16 file, a CSV without a header, or an unknown format.
    """
    reader = _csv_rows if format_of(path) == ".csv" else _jsonl_rows
    _check_readable(path)
    # Bytes that are no UTF-8 become lone surrogates, so that they spoil their own row and no other.
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
        for row in reader(lines, path):
            fault = _fault(row) if isinstance(row, Row) else None
            yield Reject(str(path), fault, row.number) if fault and isinstance(row, Row) else row


def columns_of(path: Path) -> list[str]:
    """Return every column of a file in order of first appearance; a JSONL file is read once, without keeping it."""
    if format_of(path) == ".csv":
        _check_readable(path)
        with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as lines:
            return _header(csv.reader(lines, strict=True), path)
    return list(dict.fromkeys(name for row in read_rows(path) if isinstance(row, Row) for name in row.values))


@contextmanager
def open_rows(path: Path, columns: list[str], *, neutralise_formulas: bool = True) -> Iterator[RowWriter]:
    """Open a CSV or JSONL file for writing; it gets its name only when the block ends well.

    Args:
        path: the file; an existing one is replaced at the end.
        columns: the header of a CSV; JSONL rows carry their own names.
        neutralise_formulas: put an apostrophe before CSV cells that a spreadsheet would run.

    Raises:
        InputError: an unknown format, or a folder that is missing or cannot be written.
    """
    kind = format_of(path)
    partial = path.with_name(f".{path.name}.partial")
    try:
        file = partial.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}). Choose an existing, writable folder."
        ) from error
    try:
        with file:
            yield (
                _CsvWriter(file, columns, neutralise=neutralise_formulas)
                if kind == ".csv"
                else _JsonlWriter(file)
            )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSONL and return how many."""
    count = 0
    with open_rows(path, []) as out:
        for row in rows:
            out.write(row)
            count += 1
    return count


def neutralised(cell: str) -> str:
    """Return a CSV cell that no spreadsheet runs as a formula; numbers stay as they are.

    >>> neutralised("=1+1"), neutralised("-5.2"), neutralised("plain")
    ("'=1+1", '-5.2', 'plain')
    """
    return f"'{cell}" if cell.startswith(FORMULA_STARTS) and not _is_number(cell) else cell


class _CsvWriter:
    def __init__(self, file: IO[str], columns: list[str], *, neutralise: bool) -> None:
        self._writer = csv.DictWriter(file, columns, lineterminator="\n")
        self._neutralise = neutralise
        self._writer.writerow({name: self._cell(name) for name in columns})

    def write(self, values: Mapping[str, Any]) -> None:
        self._writer.writerow({name: self._cell(value) for name, value in values.items()})

    def _cell(self, value: Any) -> str:
        text = _as_text(value)
        return neutralised(text) if self._neutralise else text


class _JsonlWriter:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    def write(self, values: Mapping[str, Any]) -> None:
        self._file.write(json.dumps(values, ensure_ascii=False, default=str) + "\n")


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return (
        json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _check_readable(path: Path) -> None:
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"{path}: {what}; must be a CSV or JSONL file. Check the path.")
    with path.open("rb") as file:
        start = file.read(4096)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or start[1:2] == b"\0":
        raise InputError(f"{path}: is UTF-16; must be UTF-8. Save it again as UTF-8.")
    if not start.strip(b"\xef\xbb\xbf \t\r\n") and path.stat().st_size <= len(start):
        raise InputError(f"{path}: is empty; must hold at least one row.")


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    names = [name.strip() for name in next(reader, [])]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated or not all(names):
        what = f"the columns {', '.join(repeated)} twice" if repeated else "a column without a name"
        raise InputError(f"{path}: header has {what}; each column needs a name of its own. Rename it.")
    return names


def _csv_rows(lines: IO[str], path: Path) -> Iterator[Row | Reject]:
    csv.field_size_limit(sys.maxsize)  # complaints of many megabytes are cut later, with a warning
    reader = csv.reader(lines, strict=True)
    names = _header(reader, path)
    number = 0
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Reject(str(path), f"not readable as CSV ({error}); close the quotation marks", number)
            continue
        if not cells:  # a blank line is no row
            number -= 1
        elif len(cells) != len(names):
            yield Reject(str(path), f"{len(cells)} cells where the header has {len(names)}", number)
        else:
            yield Row(number, dict(zip(names, cells, strict=True)))


def _jsonl_rows(lines: IO[str], path: Path) -> Iterator[Row | Reject]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (json.JSONDecodeError, RecursionError) as error:
            reason = (
                f"not JSON ({getattr(error, 'msg', 'nested too deeply')}); must be one JSON object a line"
            )
            yield Reject(str(path), reason, number)
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield Reject(str(path), "not a JSON object; must be one JSON object a line", number)


def _fault(row: Row) -> str | None:
    """Say what makes a row's text unusable: bytes that are no UTF-8, or NUL bytes."""
    for name, value in row.values.items():
        if not isinstance(value, str):
            continue
        bad = next((character for character in value if "\ud800" <= character <= "\udfff"), None)
        if bad:
            return f"column {name}: byte 0x{ord(bad) & 0xFF:02x} is not UTF-8; save the file as UTF-8"
        if "\0" in value:
            return f"column {name}: holds NUL bytes; export it again as plain UTF-8 text"
    return None
