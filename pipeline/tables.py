"""Rows of CSV and JSONL files in and out, one at a time; refuses what cannot be read, row by row where it can."""

import csv
import json
import os
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

from pipeline.errors import InputError
from pipeline.schema import Reject

FORMATS = (".csv", ".jsonl")
MAX_RECORD = 50_000_000  # characters of one CSV record; a longer one has lost its closing quotation mark
_UNUSABLE = re.compile("[\\0\\ud800-\\udfff]")  # "a\\0b" and half a surrogate pair match, "naïve 😀" does not
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
            fault = _fault(row.values) if isinstance(row, Row) else None
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
    if path.is_dir():
        raise InputError(f"{path}: is a folder; name a file in it.")
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
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


def rejects_path(output: Path) -> Path:
    """Return where the rejects of an output go: "scored.csv" has "scored.rejects.jsonl" beside it."""
    return output.with_name(f"{output.stem}.rejects.jsonl")


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


def write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> int:
    """Write rows as JSONL and return how many."""
    count = 0
    with open_rows(path, []) as out:
        for row in rows:
            out.write(row)
            count += 1
    return count


def write_text(path: Path, text: str) -> None:
    """Write a text file.

    Raises:
        InputError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror}). Choose an existing, writable folder."
        ) from error


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
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from error
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or start[1:2] == b"\0":
        raise InputError(f"{path}: is UTF-16 or UTF-32; must be UTF-8. Save it again as UTF-8.")
    if not start.strip(b"\xef\xbb\xbf \t\r\n") and path.stat().st_size <= len(start):
        raise InputError(f"{path}: is empty; must hold at least one row.")


def _header(reader: Iterator[list[str]], path: Path) -> list[str]:
    names = [name.strip() for name in next(reader, [])]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if fault := _fault(dict.fromkeys(names)):
        raise InputError(f"{path}: header: {fault}.")
    if repeated or not all(names):
        what = f"the columns {', '.join(repeated)} twice" if repeated else "a column without a name"
        raise InputError(f"{path}: header has {what}; each column needs a name of its own. Rename it.")
    return names


class _Records:
    """The lines of a CSV file; after a record that cannot be read, its second line is read again as a new record.

    Otherwise one quotation mark that never closes would swallow every row after it.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._returned: deque[str] = deque()
        self._record: list[str] = []
        self._size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._size > MAX_RECORD:
            raise StopIteration
        line = self._returned.popleft() if self._returned else next(self._lines)
        self._record.append(line)
        self._size += len(line)
        return line

    def start(self) -> None:
        """Begin a record."""
        self._record.clear()
        self._size = 0

    def give_back(self) -> None:
        """Return all lines of the record but its first."""
        self._returned.extendleft(reversed(self._record[1:]))


def _csv_rows(lines: IO[str], path: Path) -> Iterator[Row | Reject]:
    csv.field_size_limit(sys.maxsize)  # complaints of many megabytes are cut later, with a warning
    records = _Records(lines)
    reader = csv.reader(records, strict=True)
    names = _header(reader, path)
    number = 0
    while True:
        records.start()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            records.give_back()
            yield Reject(str(path), f"not readable as CSV ({error}); close the quotation marks", number)
            continue
        if not cells:  # a blank line is no row
            number -= 1
        elif len(cells) != len(names):
            records.give_back()
            yield Reject(str(path), f"{len(cells)} cells where the header has {len(names)}", number)
        else:
            yield Row(number, dict(zip(names, cells, strict=True)))


def _jsonl_rows(lines: IO[str], path: Path) -> Iterator[Row | Reject]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            what = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(": line")[0]
            yield Reject(str(path), f"not JSON ({what}); must be one JSON object a line", number)
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            yield Reject(str(path), "not a JSON object; must be one JSON object a line", number)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def _fault(values: Mapping[str, Any]) -> str | None:
    """Say what makes a row's text unusable, wherever it stands: bytes that are no UTF-8, or NUL bytes."""
    for name, value in values.items():
        for text in _texts_in([name, value]):
            bad = _UNUSABLE.search(text)
            if bad is None:
                continue
            where = "a column's name" if text is name else f"column {name}"
            if bad[0] == "\0":
                return f"{where}: holds NUL bytes; export it again as plain UTF-8 text"
            return f"{where}: byte 0x{ord(bad[0]) & 0xFF:02x} is not UTF-8; save the file as UTF-8"
    return None


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts_in([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
