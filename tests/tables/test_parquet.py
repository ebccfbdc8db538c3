from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import InputError
from pipeline.tables import Row, open_table, parquet, read_rows
from pipeline.tables.parquet import ArrowEncoder, finish_parquet, types_in, types_of


def _written(rows: list[dict], types: dict[str, pa.DataType], name: str = "a.parquet") -> Path:
    """Write rows through the encoder, each as a chunk of its own."""
    encoder = ArrowEncoder(types)
    Path("stream").write_bytes(encoder.head() + b"".join(encoder.encode([row]) for row in rows))
    finish_parquet(Path("stream"), Path(name))
    return Path(name)


def test_rows_come_back_as_they_were_written():
    row = {
        "text": "naïve",
        "many": ["a", "b"],
        "day": date(2026, 2, 3),
        "time": datetime(2026, 2, 3, 4, 5),
        "sum": Decimal("1.50"),
        "nested": {"x": 1},
        "none": None,
    }
    types = {
        "text": pa.string(),
        "many": pa.list_(pa.string()),
        "day": pa.date32(),
        "time": pa.timestamp("us"),
        "sum": pa.decimal128(8, 2),
        "nested": pa.struct({"x": pa.int64()}),
        "none": pa.float64(),
    }
    path = _written([row, row], types)
    assert list(read_rows(path)) == [Row(1, row), Row(2, row)]
    assert types_of(path) == types


def test_strings_of_few_kinds_are_read_as_strings():
    column = pa.array(["a", "b", "a"]).dictionary_encode()
    pq.write_table(pa.table({"ward": column}), "a.parquet")
    assert types_of(Path("a.parquet")) == {"ward": pa.string()}
    assert [row.values["ward"] for row in read_rows(Path("a.parquet"))] == ["a", "b", "a"]


def test_columns_and_the_share_read_are_known():
    path = _written([{"a": str(n)} for n in range(4)], {"a": pa.string()})
    with open_table(path) as table:
        assert table.columns == ["a"]
        assert [table.share_read(row.number) for row in table.rows] == [0.25, 0.5, 0.75, 1.0]


def test_a_row_with_nul_bytes_is_a_reject():
    reject, kept = read_rows(_written([{"a": "x\0y"}, {"a": "fine"}], {"a": pa.string()}))
    assert reject.reason.startswith("column a: holds NUL bytes")
    assert kept == Row(2, {"a": "fine"})


def test_nul_bytes_inside_a_list_are_found_too():
    reject, kept = read_rows(_written([{"a": ["x\0y"]}, {"a": ["fine"]}], {"a": pa.list_(pa.string())}))
    assert reject.reason.startswith("column a: holds NUL bytes")
    assert kept == Row(2, {"a": ["fine"]})


def test_row_groups_are_written_as_soon_as_they_are_large_enough(monkeypatch):
    monkeypatch.setattr(parquet, "GROUP", 1)
    path = _written([{"a": "x"}, {"a": "y"}], {"a": pa.string()})
    assert pq.ParquetFile(path).num_row_groups == 2


def test_a_stream_without_rows_is_a_file_without_rows():
    assert list(read_rows(_written([], {"a": pa.string()}))) == []


def test_the_same_rows_give_the_same_bytes():
    rows = [{"a": "x"}, {"a": "y"}]
    one, two = (_written(rows, {"a": pa.string()}, name).read_bytes() for name in ("1.parquet", "2.parquet"))
    assert one == two


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([True, None], pa.bool_()),
        ([1, 2**62], pa.int64()),
        ([1, 0.5], pa.float64()),
        ([2**62, 0.5], pa.string()),
        ([2**70], pa.string()),
        ([1, "a"], pa.string()),
        ([True, 1], pa.string()),
        ([{"b": 1}], pa.string()),
        ([None], pa.string()),
    ],
)
def test_a_jsonl_column_has_the_type_that_loses_no_value(values, kind):
    rows = [{"a": value} for value in values]
    assert types_in(Row(n, row) for n, row in enumerate(rows)) == {"a": kind}
    assert len(list(read_rows(_written(rows, {"a": kind})))) == len(rows)


def test_values_of_several_kinds_become_their_text():
    path = _written([{"a": 1}, {"a": "x"}, {"a": [True]}, {"a": None}], {"a": pa.string()})
    assert [row.values["a"] for row in read_rows(path)] == ["1", "x", "[true]", None]


def test_what_is_no_parquet_is_refused():
    Path("a.parquet").write_bytes(b"PAR1 but no more")
    with pytest.raises(InputError, match=r"a\.parquet: cannot be read as Parquet"):
        list(read_rows(Path("a.parquet")))


def test_two_columns_of_one_name_are_refused():
    pq.write_table(pa.Table.from_arrays([pa.array(["x"])] * 2, names=["a", "a"]), "a.parquet")
    with pytest.raises(InputError, match="the columns a twice"):
        list(read_rows(Path("a.parquet")))


def test_a_file_damaged_in_the_middle_is_refused_and_says_after_which_row():
    pq.write_table(pa.table({"a": [str(n) * 50 for n in range(50_000)]}), "a.parquet", row_group_size=10_000)
    content = bytearray(Path("a.parquet").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 50_000] = bytes(50_000)
    Path("a.parquet").write_bytes(content)
    with pytest.raises(InputError, match=r"breaks off or is damaged after row [1-9]\d+"):
        list(read_rows(Path("a.parquet")))
