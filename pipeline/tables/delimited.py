"""Lines of delimited text in, rows out; refuses a header that names no columns, and rejects rows that do not fit it."""

import csv
import io
import sys
from collections import deque
from collections.abc import Iterable, Iterator

from pipeline.errors import InputError
from pipeline.schema import Reject
from pipeline.tables.row import Row, fault_in, listed, text_fault
from pipeline.tables.streams import Source

MAX_RECORD = 50_000_000  # characters of one record; a longer one has lost its closing quotation mark
DELIMITERS = (",", ";", "\t", "|")


def delimited_rows(source: Source) -> tuple[list[str], Iterator[Row | Reject]]:
    """Return the columns of an open CSV or TSV input, and its rows.

    Raises:
        InputError: a header that cannot be read, is ambiguous, or has a column twice or without a name.
    """
    csv.field_size_limit(sys.maxsize)  # complaints of many megabytes are cut later, with a warning
    delimiter = "\t" if source.format.kind == "tsv" else _delimiter(source)
    records = _Records(source.lines())
    reader = csv.reader(records, delimiter=delimiter, strict=True)
    names = _header(reader, source.name)
    return names, _rows(reader, records, names, source)


def _delimiter(source: Source) -> str:
    """Return the mark that parts the header into the most columns; a comma, where none does."""
    text = source.head.decode(source.encoding, errors="replace")
    widths = {mark: _width(text, mark) for mark in DELIMITERS}
    widest = [mark for mark, width in widths.items() if width == max(widths.values())]
    if len(widest) > 1 and widths[widest[0]] > 1:
        marks = " and ".join(map(repr, widest))
        raise InputError(
            f"{source.name}: header is parted by {marks} alike; its columns need one mark. "
            "Save it with commas only, or as .tsv with tabs."
        )
    return widest[0]


def _width(text: str, delimiter: str) -> int:
    try:
        return len(_first(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)))
    except csv.Error:
        return 1


def _first(reader: Iterator[list[str]]) -> list[str]:
    return next((cells for cells in reader if cells), [])  # a blank line is no header


def _header(reader: Iterator[list[str]], name: str) -> list[str]:
    try:
        names = [cell.strip() for cell in _first(reader)]
    except csv.Error as error:
        raise InputError(
            f"{name}: header is not readable as CSV ({error}); close the quotation marks."
        ) from error
    check_header(names, name)
    return names


def check_header(names: list[str], where: str) -> None:
    """Refuse names of columns that are no text, that stand twice, or that are missing.

    Raises:
        InputError: says which.
    """
    repeated = sorted({name for name in names if names.count(name) > 1})
    if fault := fault_in(dict.fromkeys(names)):
        raise InputError(f"{where}: header: {fault}.")
    if repeated or not all(names):
        what = f"the columns {listed(repeated)} twice" if repeated else "a column without a name"
        raise InputError(f"{where}: header has {what}; each column needs a name of its own. Rename it.")


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


def _rows(
    reader: Iterator[list[str]], records: _Records, names: list[str], source: Source
) -> Iterator[Row | Reject]:
    where, encoding, number = source.name, source.encoding, 0
    while True:
        records.start()
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            records.give_back()
            yield Reject(where, f"not readable as CSV ({error}); close the quotation marks", number)
            continue
        if not cells:  # a blank line is no row
            number -= 1
        elif len(cells) != len(names):
            records.give_back()
            yield Reject(where, f"{len(cells)} cells where the header has {len(names)}", number)
        else:
            values = dict(zip(names, cells, strict=True))
            fault = text_fault("".join(cells), values, encoding)
            yield Reject(where, fault, number) if fault else Row(number, values)
