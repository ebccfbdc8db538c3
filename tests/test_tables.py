from pathlib import Path

import pytest

from pipeline import tables
from pipeline.errors import InputError
from pipeline.schema import Reject
from pipeline.tables import Row, check_output, columns_of, neutralised, open_rows, read_rows, write_rows


def _file(name: str, content: str | bytes) -> Path:
    path = Path(name)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_csv_rows_carry_their_number_and_columns():
    rows = list(read_rows(_file("a.csv", 'id,complaint\n1,"two\nlines, one cell"\n\n2,b\n')))
    assert rows == [
        Row(1, {"id": "1", "complaint": "two\nlines, one cell"}),
        Row(2, {"id": "2", "complaint": "b"}),
    ]


def test_a_byte_order_mark_is_no_part_of_the_first_column():
    assert columns_of(_file("a.csv", "\ufeffcomplaint\nx\n")) == ["complaint"]


def test_jsonl_rows_carry_their_line_number():
    rows = list(read_rows(_file("a.jsonl", '{"a": 1}\n\n{"a": 2}\n')))
    assert rows == [Row(1, {"a": 1}), Row(3, {"a": 2})]


def test_a_line_that_is_no_json_is_a_reject_and_the_rest_goes_on():
    rows = list(read_rows(_file("a.jsonl", '{"a": 1}\n{"a": \n[1]\n{"a": 2}\n')))
    assert [row.row for row in rows if isinstance(row, Reject)] == [2, 3]
    assert "not JSON" in rows[1].reason
    assert "not a JSON object" in rows[2].reason
    assert rows[3] == Row(4, {"a": 2})


def test_deeply_nested_json_is_a_reject():
    rows = list(read_rows(_file("a.jsonl", "[" * 100_000 + "\n" + '{"a": 2}\n')))
    assert "not JSON" in rows[0].reason
    assert rows[1] == Row(2, {"a": 2})


def test_a_csv_row_with_too_many_cells_is_a_reject():
    rows = list(read_rows(_file("a.csv", "a,b\n1,2,3\n4,5\n")))
    assert rows[0].reason == "3 cells where the header has 2"
    assert rows[1] == Row(2, {"a": "4", "b": "5"})


@pytest.mark.parametrize("bad", ['"open', '"open,x', 'a,"open'])
def test_a_quotation_mark_that_never_closes_spoils_its_own_row_only(bad):
    good = [f'{n},"fine, {n}"' for n in range(1, 500)]
    rows = list(read_rows(_file("a.csv", "\n".join(["id,text", *good[:49], bad, *good[49:]]) + "\n")))
    assert [row.values["id"] for row in rows if isinstance(row, Row)] == [str(n) for n in range(1, 500)]
    (reject,) = (row for row in rows if isinstance(row, Reject))
    assert reject.row == 50


def test_a_record_without_an_end_is_given_up_within_bounds(monkeypatch):
    monkeypatch.setattr(tables, "MAX_RECORD", 1000)
    rows = list(read_rows(_file("a.csv", 'a\n"open\n' + "fine\n" * 5000)))
    assert isinstance(rows[0], Reject)
    assert len(rows) == 5001


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_bytes_that_are_no_utf8_spoil_their_own_row_only(name):
    bad = "caf\u00e9".encode("cp1252")
    lines = [b"a", bad, b"fine"] if name == "a.csv" else [b'{"a": "' + bad + b'"}', b'{"a": "fine"}']
    rows = list(read_rows(_file(name, b"\n".join(lines) + b"\n")))
    assert rows[0].reason == "column a: byte 0xe9 is not UTF-8; save the file as UTF-8"
    assert rows[1] == Row(2, {"a": "fine"})


@pytest.mark.parametrize(("name", "content"), [("a.csv", "a\nx\0y\n"), ("a.jsonl", '{"a": "x\\u0000y"}\n')])
def test_nul_bytes_are_a_reject(name, content):
    (row,) = read_rows(_file(name, content))
    assert "holds NUL bytes" in row.reason


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty"),
        ("a.jsonl", " \n\n", "is empty"),
        ("a.csv", "complaint\nx\n".encode("utf-16"), "is UTF-16 or UTF-32; must be UTF-8"),
        ("a.xlsx", "x", r"unknown format \.xlsx; must end in \.csv or \.jsonl"),
        ("a.csv", "a,a\n1,2\n", "the columns a twice"),
        ("a.csv", "a,\n1,2\n", "a column without a name"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(name, content, message):
    with pytest.raises(InputError, match=message):
        list(read_rows(_file(name, content)))


def test_a_header_that_is_no_utf8_is_refused():
    with pytest.raises(InputError, match="header: a column's name: byte 0xe9 is not UTF-8"):
        list(read_rows(_file("a.csv", "caf\u00e9,b\n1,2\n".encode("cp1252"))))


@pytest.mark.parametrize(
    "line",
    [
        '{"a": {"b": ["\\ud800"]}}',
        '{"\\ud800": 1}',
        '{"a": ["\\u0000"]}',
        '{"a": NaN}',
        '{"a": -Infinity}',
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_a_line_that_no_other_program_could_read_is_a_reject(line):
    reject, kept = read_rows(_file("a.jsonl", line + '\n{"a": 2}\n'))
    assert isinstance(reject, Reject)
    assert kept == Row(2, {"a": 2})


def test_an_output_never_overwrites_what_it_is_made_from():
    source = _file("in.csv", "a\n1\n")
    check_output(Path("out.csv"), [source])
    with pytest.raises(InputError, match=r"in\.csv: would be overwritten by --out in\.csv"):
        check_output(Path("in.csv"), [source])
    with pytest.raises(InputError, match=r"in\.rejects\.jsonl: would be overwritten by --out in\.csv"):
        check_output(Path("in.csv"), [Path("in.rejects.jsonl")])


def test_a_folder_in_the_place_of_an_output_is_refused():
    Path("out.csv").mkdir()
    with pytest.raises(InputError, match="is a folder; name a file in it"), open_rows(Path("out.csv"), ["a"]):
        pass


def test_a_missing_file_and_a_folder_are_refused():
    Path("folder.csv").mkdir()
    with pytest.raises(InputError, match=r"nowhere\.csv: does not exist"):
        list(read_rows(Path("nowhere.csv")))
    with pytest.raises(InputError, match="is a folder"):
        list(read_rows(Path("folder.csv")))


def test_columns_of_jsonl_are_those_of_all_rows():
    assert columns_of(_file("a.jsonl", '{"a": 1}\n{"b": 1, "a": 2}\n')) == ["a", "b"]


def test_a_file_gets_its_name_only_when_it_is_whole():
    def fail_half_way() -> None:
        with open_rows(Path("out.jsonl"), []) as out:
            out.write({"a": 1})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail_half_way()
    assert list(Path().iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_whole():
    _file("out.jsonl", "old")
    with open_rows(Path("out.jsonl"), []) as out:
        out.write({"a": 1})
        assert Path("out.jsonl").read_text() == "old"
    assert Path("out.jsonl").read_text() == '{"a": 1}\n'


def test_a_folder_that_is_missing_is_named():
    with pytest.raises(InputError, match="cannot be written"), open_rows(Path("no/where.csv"), ["a"]):
        pass


@pytest.mark.parametrize(
    ("cell", "written"),
    [("=1+1", "'=1+1"), ("@SUM(A1)", "'@SUM(A1)"), ("-cmd", "'-cmd"), ("-5.2", "-5.2"), ("plain", "plain")],
)
def test_formulas_are_neutralised(cell, written):
    assert neutralised(cell) == written


def test_formulas_stay_where_the_guard_is_off():
    with open_rows(Path("out.csv"), ["a"], neutralise_formulas=False) as out:
        out.write({"a": "=1+1"})
    assert Path("out.csv").read_text() == "a\n=1+1\n"


def test_csv_cells_hold_plain_text():
    with open_rows(Path("out.csv"), ["a", "b", "c", "d"]) as out:
        out.write({"a": None, "b": True, "c": ["x"], "d": 0.5})
    assert Path("out.csv").read_text() == 'a,b,c,d\n,true,"[""x""]",0.5\n'


def test_write_rows_counts():
    assert write_rows(Path("out.jsonl"), ({"n": n} for n in range(3))) == 3
