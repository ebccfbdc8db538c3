"""Rows of CSV, TSV, JSONL and Parquet files in and out; refuses what cannot be read, row by row where it can."""

from pipeline.tables.formats import STANDARD, Format, format_named, format_of
from pipeline.tables.names import check_output, check_writable, rejects_path
from pipeline.tables.reading import Table, columns_of, open_table, read_rows, table_of
from pipeline.tables.row import Row, fault_in, listed
from pipeline.tables.streams import Source
from pipeline.tables.writing import (
    CsvEncoder,
    Encoder,
    JsonlEncoder,
    cell_of,
    json_line,
    neutralised,
    write_rows,
    write_text,
)

__all__ = [
    "STANDARD",
    "CsvEncoder",
    "Encoder",
    "Format",
    "JsonlEncoder",
    "Row",
    "Source",
    "Table",
    "cell_of",
    "check_output",
    "check_writable",
    "columns_of",
    "fault_in",
    "format_named",
    "format_of",
    "json_line",
    "listed",
    "neutralised",
    "open_table",
    "read_rows",
    "rejects_path",
    "table_of",
    "write_rows",
    "write_text",
]
