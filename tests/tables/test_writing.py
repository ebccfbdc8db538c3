import csv
import gzip
import io
import json
from pathlib import Path

import pytest

from pipeline.errors import InputError
from pipeline.tables import CsvEncoder, JsonlEncoder, check_output, neutralised, rejects_path, write_rows
from pipeline.tables.formats import Format, format_named, format_of
from pipeline.tables.writing import compressed


def _csv(row: dict, **options) -> str:
    return CsvEncoder(list(row), **options).encode([row]).decode()


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("a.csv", Format("csv")),
        ("A.TSV", Format("tsv")),
        ("a.b.jsonl.gz", Format("jsonl", "gzip")),
        ("a.csv.zst", Format("csv", "zstd")),
        ("a.parquet", Format("parquet")),
    ],
)
def test_the_name_of_a_file_says_its_format(name, form):
    assert format_of(Path(name)) == form
    assert format_named(form.suffix.lstrip(".")) == form


@pytest.mark.parametrize("name", ["a", "a.gz", "a.xlsx", "a.parquet.gz", "csv", ".csvx"])
def test_a_name_that_says_no_format_is_refused(name):
    with pytest.raises(InputError, match="unknown format"):
        format_of(Path(name))


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-cmd", "'-cmd"),
        ("\n=1", "'\n=1"),
        ("＝1", "'＝1"),
        ("-5.2", "-5.2"),
        ("plain", "plain"),
    ],
)
def test_formulas_are_neutralised(cell, written):
    assert neutralised(cell) == written


def test_formulas_are_neutralised_in_the_header_too():
    assert CsvEncoder(["=a"]).head() == b"'=a\n"


def test_formulas_stay_where_the_guard_is_off():
    assert _csv({"a": "=1+1"}, neutralise=False) == "=1+1\n"


def test_csv_cells_hold_plain_text():
    assert _csv({"a": None, "b": True, "c": ["x"], "d": 0.5}) == ',true,"[""x""]",0.5\n'


@pytest.mark.parametrize("cell", ["a\rb", "a\r\nb", "a\nb", 'a"b', "a,b", " a ", "a\u2028b", ""])
def test_every_cell_reads_back_as_one_cell(cell):
    text = _csv({"a": cell, "b": "x"})
    assert list(csv.reader(io.StringIO(text, newline=""))) == [[cell, "x"]]


def test_a_row_may_lack_columns():
    assert CsvEncoder(["a", "b"]).encode([{"b": "1"}]) == b",1\n"


def test_what_json_has_no_form_for_is_text_or_null():
    line = JsonlEncoder().encode([{"a": float("nan"), "b": Path("x"), "c": [float("inf"), 1.5]}])
    assert json.loads(line) == {"a": None, "b": "x", "c": [None, 1.5]}


def test_compressed_parts_follow_each_other_and_repeat_byte_for_byte():
    parts = [compressed(text, "gzip") for text in (b"a\n", b"b\n")]
    assert gzip.decompress(b"".join(parts)) == b"a\nb\n"
    assert parts[0] == compressed(b"a\n", "gzip")
    assert compressed(b"", "gzip") == b""


def test_rejects_lie_beside_their_output():
    assert rejects_path(Path("out/scored.csv.gz")) == Path("out/scored.rejects.jsonl")


def test_an_output_never_overwrites_what_it_is_made_from():
    source = Path("in.csv")
    source.write_text("a\n1\n")
    check_output(Path("out.csv"), [source])
    with pytest.raises(InputError, match=r"in\.csv: would be overwritten by --out in\.csv"):
        check_output(Path("in.csv"), [source])
    with pytest.raises(InputError, match=r"in\.rejects\.jsonl: would be overwritten by --out in\.csv"):
        check_output(Path("in.csv"), [Path("in.rejects.jsonl")])


def test_a_folder_in_the_place_of_an_output_is_refused():
    Path("out.jsonl").mkdir()
    with pytest.raises(InputError, match="is a folder; name a file in it"):
        write_rows(Path("out.jsonl"), [])


def test_a_folder_that_is_missing_is_named():
    with pytest.raises(InputError, match="cannot be written"):
        write_rows(Path("no/where.jsonl"), [])


def test_a_file_gets_its_name_only_when_it_is_whole():
    def rows():
        yield {"a": 1}
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_rows(Path("out.jsonl"), rows())
    assert list(Path().iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_whole():
    Path("out.jsonl").write_text("old")

    def rows():
        yield {"a": 1}
        assert Path("out.jsonl").read_text() == "old"

    assert write_rows(Path("out.jsonl"), rows()) == 1
    assert Path("out.jsonl").read_text() == '{"a": 1}\n'
