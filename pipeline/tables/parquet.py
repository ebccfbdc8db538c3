"""Parquet in and out, by way of Arrow; refuses what is no Parquet, and columns without a name of their own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.errors import InputError
from pipeline.schema import Reject
from pipeline.tables.delimited import check_header
from pipeline.tables.formats import Format
from pipeline.tables.reading import Table
from pipeline.tables.row import Row, fault_in, text_fault
from pipeline.tables.streams import check_file, damaged
from pipeline.tables.writing import as_text

PARQUET = Format("parquet")
BATCH = 1_000  # rows decoded at a time
GROUP = 32_000_000  # bytes of a row group, at the least: small ones are slow to read
EXACT = 2**53  # integers beyond it are not exact as floating point


@contextmanager
def open_parquet(path: Path) -> Iterator[Table]:
    """Open a Parquet file, see `reading.open_table`.

    Raises:
        InputError: a missing file, or none that is Parquet.
    """
    check_file(path)
    try:
        # Unbuffered, a whole row group would be in memory.
        file = pq.ParquetFile(path, pre_buffer=False, buffer_size=1 << 20)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"{path}: cannot be read as Parquet ({error}). Export it again.") from error
    with file:
        names = file.schema_arrow.names
        check_header(names, str(path))
        total = max(file.metadata.num_rows, 1)
        yield Table(str(path), PARQUET, names, _rows(file, str(path)), lambda passed: passed / total)


def _rows(file: pq.ParquetFile, name: str) -> Iterator[Row | Reject]:
    number = 0
    flat = not any(map(pa.types.is_nested, file.schema_arrow.types))
    try:
        for batch in file.iter_batches(BATCH):
            for values in batch.to_pylist():
                number += 1
                fault = text_fault(_text_of(values), values, "utf-8") if flat else fault_in(values)
                yield Reject(name, fault, number) if fault else Row(number, values)
    except (OSError, UnicodeDecodeError, pa.ArrowException) as error:
        raise damaged(name, number, error) from error


def _text_of(values: Mapping[str, Any]) -> str:
    return "".join(value for value in values.values() if isinstance(value, str))


def types_of(path: Path) -> dict[str, pa.DataType]:
    """Return the type of every column of a Parquet file; strings of few kinds are plain strings."""
    with pq.ParquetFile(path) as file:
        return {field.name: _plain(field.type) for field in file.schema_arrow}


def types_in(rows: Iterable[Row | Reject]) -> dict[str, pa.DataType]:
    """Return a type for every column of JSONL rows: the one that all its values have, else text.

    >>> types_in([Row(1, {"a": 1, "b": [1]}), Row(2, {"a": 0.5})])
    {'a': DataType(double), 'b': DataType(string)}
    """
    return types_of_kinds(kinds_in(row.values for row in rows if isinstance(row, Row)))


def kinds_in(rows: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the kinds of values that every column of some rows has, for `types_of_kinds`."""
    kinds: dict[str, set[str]] = {}
    for row in rows:
        for name, value in row.items():
            kinds.setdefault(name, set()).update(_kind(value))
    return kinds


def types_of_kinds(kinds: Mapping[str, Iterable[str]]) -> dict[str, pa.DataType]:
    """Return the type of every column that takes all the kinds of values that it has; text, where none does."""
    return {name: _TYPES.get(frozenset(kind), pa.string()) for name, kind in kinds.items()}


class ArrowEncoder:
    """Rows to the bytes of an Arrow stream, which `finish_parquet` turns into Parquet; can be pickled.

    Attributes:
        types: every column's type, in order.
    """

    def __init__(self, types: Mapping[str, pa.DataType]) -> None:
        self._schema = pa.schema(list(types.items()))
        self._texts = [name for name, kind in types.items() if pa.types.is_string(kind)]

    def head(self) -> bytes:
        """Return the beginning of the stream."""
        return bytes(self._schema.serialize())

    def encode(self, rows: Sequence[Mapping[str, Any]]) -> bytes:
        """Return the bytes of some rows."""
        return bytes(self.batch(rows).serialize()) if rows else b""

    def batch(self, rows: Sequence[Mapping[str, Any]]) -> pa.RecordBatch:
        """Return some rows with the columns in order; what is no text stands as text in columns of text."""
        records = [{**row, **{name: _text_or_none(row.get(name)) for name in self._texts}} for row in rows]
        return pa.RecordBatch.from_pylist(records, schema=self._schema)


def finish_parquet(stream: Path, output: Path) -> None:
    """Write an Arrow stream as Parquet, a row group in memory at a time."""
    with (
        pa.OSFile(str(stream)) as file,
        pa.ipc.open_stream(file) as reader,
        pq.ParquetWriter(output, reader.schema, compression="zstd") as writer,
    ):
        batches: list[pa.RecordBatch] = []
        for batch in reader:
            batches.append(batch)
            if sum(own.nbytes for own in batches) >= GROUP:
                writer.write_table(pa.Table.from_batches(batches))
                batches = []
        if batches:
            writer.write_table(pa.Table.from_batches(batches))


def _plain(kind: pa.DataType) -> pa.DataType:
    return _plain(kind.value_type) if pa.types.is_dictionary(kind) else kind


_TYPES = {
    frozenset({"bool"}): pa.bool_(),
    frozenset({"int"}): pa.int64(),
    frozenset({"float"}): pa.float64(),
    frozenset({"int", "float"}): pa.float64(),
    frozenset({"int", "long"}): pa.int64(),
    frozenset({"long"}): pa.int64(),
}


def _kind(value: Any) -> set[str]:
    if value is None:
        return set()
    if isinstance(value, bool):
        return {"bool"}
    if isinstance(value, int):
        return {"int"} if abs(value) <= EXACT else {"long"} if abs(value) < 2**63 else {"other"}
    return {"float"} if isinstance(value, float) else {"other"}


def _text_or_none(value: Any) -> str | None:
    return None if value is None else as_text(value)
