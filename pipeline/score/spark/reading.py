"""Folders and files in, records ready to be scored out; refuses what is missing, empty or of several formats."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

import pyarrow as pa
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as sf
from pyspark.sql.pandas.types import from_arrow_schema, to_arrow_schema

from pipeline.errors import InputError
from pipeline.score.spark import worker
from pipeline.tables import Format, format_named
from pipeline.tables.formats import format_in
from pipeline.tables.parquet import types_of_kinds

OnWorkers = Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]]
Types = Mapping[str, pa.DataType]

_PARTITION = 1 << 50  # bytes, more than any file has


@dataclass(frozen=True, slots=True)
class Input:
    """An input of Spark's.

    Attributes:
        name: what it is called in messages.
        form: the format of its files.
        records: what `worker.scored` takes.
        types: its columns; None for JSONL, where each row names its own.
    """

    name: str
    form: Format
    records: DataFrame
    types: Types | None


def open_input(session: SparkSession, source: str, named: str | None) -> Input:
    """Find files, and make records of them.

    Args:
        session: reads; the settings of how it reads are changed.
        source: a file, or a folder of files of one format, wherever Spark can read.
        named: their format; None: that of the folder's name, or of the names of its files.

    Raises:
        InputError: no file, several formats, or CSV files none of which has a header that can be used.
    """
    form = _format(session, source, named)
    if form.kind == "parquet":
        return _parquet(session, source, form)
    lines = _lines(session, source)
    types = None if form.kind == "jsonl" else _header(lines, source, form)
    return Input(source, form, on_workers(lines, partial(worker.records, form=form), worker.RECORDS), types)


def types_in(records: DataFrame) -> Types:
    """Return the columns of JSONL files, in order of first appearance, with types that take all of their values."""
    kinds: dict[str, set[str]] = {}
    for row in _columns(records, worker.kinds):
        for name, own in json.loads(row.columns).items():
            kinds.setdefault(name, set()).update(own)
    return types_of_kinds(kinds)


def on_workers(frame: DataFrame, work: OnWorkers, schema: pa.Schema) -> DataFrame:
    """Return what work makes of the batches of each partition.

    By Arrow, not by pandas: that would turn NaN into null, and end at the date 9999-12-31.
    """
    return frame.mapInArrow(work, from_arrow_schema(schema))


def _format(session: SparkSession, source: str, named: str | None) -> Format:
    form = format_named(named) if named else _format_in(source)
    if form:
        return Format(form.kind)  # Spark decompresses each file by the end of its own name
    files = session.read.text(source).inputFiles()
    kinds = {form.kind if (form := _format_in(file)) else None for file in files}
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is None:
        found = ", ".join(sorted(PurePosixPath(file).name for file in files)[:3]) or "no file"
        raise InputError(
            f"{source}: holds {found}; must hold files of one format, .csv, .tsv, .jsonl or .parquet. "
            "Name it with --input-format, or choose the files, such as 'FOLDER/*.csv'."
        )
    return Format(kind)


def _format_in(address: str) -> Format | None:
    name = PurePosixPath(address).name
    if "." not in name:  # a folder called "csv" says nothing
        return None
    return format_in(re.sub(r"\.json(?=\.|$)", ".jsonl", name))  # so Spark calls its lines of JSON


def _parquet(session: SparkSession, source: str, form: Format) -> Input:
    frame = session.read.option("mergeSchema", True).parquet(source)
    records = frame.select(
        sf.col("_metadata.file_path").alias("file"),
        (sf.col("_metadata.row_index") + 1).alias("row"),
        sf.struct("*").alias("values"),
        sf.lit(None).cast("string").alias("fault"),
    )
    schema = to_arrow_schema(frame.schema, timezone="UTC")
    return Input(source, form, records, {field.name: field.type for field in schema})


def _lines(session: SparkSession, source: str) -> DataFrame:
    """Return the lines of text files, each file a partition by itself and in order.

    A line says little alone: whether it begins a record depends on the quotation marks before it.
    """
    session.conf.set("spark.sql.files.maxPartitionBytes", _PARTITION)
    session.conf.set("spark.sql.files.openCostInBytes", _PARTITION)
    session.conf.unset("spark.sql.files.maxPartitionNum")
    text = session.read.text(source, lineSep="\n")
    folders = [sf.col(f"`{name}`") for name in text.columns if name != "value"]
    return text.select(
        sf.col("_metadata.file_path").alias("file"),
        sf.col("value").cast("binary").alias("line"),
        (sf.to_json(sf.struct(*folders)) if folders else sf.lit("{}")).alias("folders"),
    )


def _header(lines: DataFrame, source: str, form: Format) -> Types:
    """Return all columns of CSV files; a file whose header is no use is passed over, and becomes a reject."""
    found = _columns(lines, partial(worker.headers, form=form))
    headers = [json.loads(row.columns) for row in found if row.columns]
    if not headers:
        empty = f"{source}: is empty; must hold at least one row."
        raise InputError(next((row.fault for row in found), empty))
    return {name: pa.string() for header in headers for name in header}


def _columns(frame: DataFrame, work: OnWorkers) -> list[Row]:
    """Return what work says of each batch, see `worker.COLUMNS`, file by file and in order."""
    return sorted(on_workers(frame, work, worker.COLUMNS).collect(), key=lambda row: str(row.file))
