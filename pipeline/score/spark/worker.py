"""Arrow batches in, Arrow batches out: what Spark's workers do with files, records and rows; bad ones become rejects.

Nothing in here knows Spark. The bytes of a file become records by the parser of files on one machine, and records are
scored by `score_rows`, so that a row comes out the same wherever it is scored.
"""

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby, islice
from operator import itemgetter
from typing import Any, BinaryIO, cast

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.schema import Reject
from pipeline.score.chunk import Tally
from pipeline.score.columns import flat
from pipeline.score.rows import score_rows
from pipeline.score.spark.packed import PackedBundle, loaded
from pipeline.tables import Format, Row, Table, cell_of, fault_in, json_line, table_of
from pipeline.tables.parquet import ArrowEncoder, kinds_in
from pipeline.tables.streams import BUFFER, source_of

Batches = Iterable[pa.RecordBatch]

COLUMNS = pa.schema({"file": pa.string(), "columns": pa.string(), "fault": pa.string()})
RECORDS = pa.schema({"file": pa.string(), "row": pa.int64(), "values": pa.string(), "fault": pa.string()})
REJECT = pa.struct({"file": pa.string(), "row": pa.int64(), "where": pa.string(), "reason": pa.string()})
_RECORDS_A_BATCH = 100  # a complaint can have megabytes, and a column of a batch holds 2 GB


@dataclass(frozen=True, slots=True)
class Work:
    """How to score records, and in which form their rows leave; can be pickled.

    Attributes:
        bundle: the model.
        explain: how many reasons to add.
        fields: which column holds which field, see `score_rows`.
        names: the name under which each column is passed on; None: each record may have columns of its own.
        types: the type of each column that leaves, in order; None: a row leaves as one line of JSON.
        as_cells: every column leaves as the text of a cell of a CSV file.
        neutralise: put an apostrophe before cells that a spreadsheet would run.
    """

    bundle: PackedBundle
    explain: int
    fields: Mapping[str, str]
    names: Mapping[str, str] | None
    types: Mapping[str, pa.DataType] | None
    as_cells: bool
    neutralise: bool

    @property
    def schema(self) -> pa.Schema:
        """What `scored` yields: a scored `row`, or a `reject`, or the `tally` of a partition as JSON."""
        row = pa.string() if self.types is None else pa.struct(list(self.types.items()))
        return pa.schema({"row": row, "reject": REJECT, "tally": pa.string()})


def headers(batches: Batches, form: Format) -> Iterator[pa.RecordBatch]:
    """Yield the columns of a CSV or TSV file, a list as JSON, or what is wrong with its header; see `COLUMNS`.

    Args:
        batches: as for `records`, of one file; no more of it is read than its beginning.
        form: its format, uncompressed.
    """
    for file, folders, raw in islice(_files(batches), 1):
        try:
            columns = [*(_table(raw, file, form).columns or ()), *folders]
        except InputError as error:
            yield _batch([{"file": file, "fault": str(error)}], COLUMNS)
        else:
            yield _batch([{"file": file, "columns": json.dumps(columns)}], COLUMNS)


def records(batches: Batches, form: Format) -> Iterator[pa.RecordBatch]:
    """Yield the records of files: their values as JSON, or what is wrong with them; see `RECORDS`.

    A file that cannot be read at all is one record without a row.

    Args:
        batches: whole files, line by line and in order: `file`, `line` (bytes, without its end) and `folders`, the
            columns that stand in the names of its folders (`year=2024/`), as JSON.
        form: their format, uncompressed: CSV, TSV or JSONL.
    """
    for file, folders, raw in _files(batches):
        try:
            rows = _table(raw, file, form).rows
        except InputError as error:
            yield _batch([{"file": file, "fault": str(error)}], RECORDS)
            continue
        while some := list(islice(rows, _RECORDS_A_BATCH)):
            yield _batch([_as_record(row, file, folders) for row in some], RECORDS)


def kinds(batches: Batches) -> Iterator[pa.RecordBatch]:
    """Yield the columns of records, each with the kinds of its values, as JSON; see `COLUMNS` and `kinds_in`."""
    for batch in batches:
        found = kinds_in(json.loads(values) for values in batch["values"].to_pylist() if values)
        as_json = json.dumps({name: sorted(own) for name, own in found.items()})
        yield _batch([{"file": batch["file"][0].as_py(), "columns": as_json}], COLUMNS)


def scored(batches: Batches, work: Work) -> Iterator[pa.RecordBatch]:
    """Yield what became of records, and at the end their tally; see `Work.schema`.

    Args:
        batches: as `records` yields them, or with `values` that are structs.
        work: how.
    """
    bundle = loaded(work.bundle)
    tally = Tally()
    for batch in batches:
        inputs = batch.to_pylist()
        # A row's number is its place in the batch for once: the files' own numbers repeat from file to file.
        rows = [_as_row(record, place) for place, record in enumerate(inputs)]
        found = score_rows(rows, bundle, explain=work.explain, fields=work.fields, names=work.names)
        tally += Tally.of(found)
        yield _joined(
            found.rows, [_as_reject(reject, inputs[reject.row or 0]) for reject in found.rejects], work
        )
    yield _batch([{"tally": tally.model_dump_json()}], work.schema)


class _Joined(io.RawIOBase):
    """The bytes of lines, each with its end again."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed says WriteableBuffer
        if not self._rest:
            self._rest = memoryview(b"".join(line + b"\n" for line in islice(self._lines, 1)))
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _files(batches: Batches) -> Iterator[tuple[str, dict[str, str], BinaryIO]]:
    """Yield each file: its address, the columns that its folders name, and its bytes."""
    names = ("file", "folders", "line")
    lines = (
        line for batch in batches for line in zip(*(batch[name].to_pylist() for name in names), strict=True)
    )
    for (file, folders), own in groupby(lines, key=itemgetter(0, 1)):
        raw = _Joined(line for *_, line in own)
        yield file, json.loads(folders), cast(BinaryIO, io.BufferedReader(raw, BUFFER))


def _table(raw: BinaryIO, file: str, form: Format) -> Table:
    return table_of(source_of(raw, file, form))


def _batch(rows: Sequence[Mapping[str, Any]], schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(rows, schema)


def _as_record(row: Row | Reject, file: str, folders: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(row, Reject):
        return {"file": file, "row": row.row, "fault": row.reason}
    return {"file": file, "row": row.number, "values": json_line({**row.values, **folders})}


def _as_row(record: Mapping[str, Any], place: int) -> Row | Reject:
    values = record["values"]
    if record["fault"]:
        return Reject(record["file"], record["fault"], place)
    if isinstance(values, str):
        return Row(place, json.loads(values))
    fault = fault_in(values)
    return Reject(record["file"], fault, place) if fault else Row(place, values)


def _as_reject(reject: Reject, record: Mapping[str, Any]) -> dict[str, Any]:
    return {"file": record["file"], "row": record["row"], "where": reject.where, "reason": reject.reason}


def _joined(
    rows: Sequence[Mapping[str, Any]], rejects: Sequence[Mapping[str, Any]], work: Work
) -> pa.RecordBatch:
    row, reject, tally = (field.type for field in work.schema)
    columns = [
        pa.concat_arrays([_rows(rows, work), pa.nulls(len(rejects), row)]),
        pa.concat_arrays([pa.nulls(len(rows), reject), pa.array(rejects, reject)]),
        pa.nulls(len(rows) + len(rejects), tally),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=work.schema)


def _rows(rows: Sequence[Mapping[str, Any]], work: Work) -> pa.Array:
    if work.types is None:
        return pa.array(map(json_line, rows), pa.string())
    if work.as_cells:
        cell = partial(cell_of, neutralise=work.neutralise)
        rows = [{cell(name): cell(value) for name, value in flat(row).items()} for row in rows]
    return ArrowEncoder(work.types).batch(rows).to_struct_array()
