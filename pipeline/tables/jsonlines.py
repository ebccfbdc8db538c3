"""Lines of JSON in, rows out; rejects what is no JSON object, or what no other program could read."""

import json
from collections.abc import Iterator

from pipeline.schema import Reject
from pipeline.tables.row import Row, fault_in, text_fault
from pipeline.tables.streams import Source


def json_rows(source: Source) -> Iterator[Row | Reject]:
    """Yield the rows of an open JSONL input; a blank line is no row."""
    encoding = source.encoding
    for number, line in enumerate(source.lines(), 1):
        if line.strip():
            row = _row(line, number, encoding)
            yield Reject(source.name, row, number) if isinstance(row, str) else row


def _row(line: str, number: int, encoding: str) -> Row | str:
    try:
        values = _DECODER.decode(line)
    except (ValueError, RecursionError) as error:
        what = "nested too deeply" if isinstance(error, RecursionError) else str(error).split(": line")[0]
        return f"not JSON ({what}); must be one JSON object a line"
    if not isinstance(values, dict):
        return "not a JSON object; must be one JSON object a line"
    fault = text_fault(line, values, encoding)
    if fault is None and "\\u" in line:  # an escape may stand for NUL, or for half a character
        fault = fault_in(values)
    return fault or Row(number, values)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
