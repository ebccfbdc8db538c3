import pytest

from pipeline.schema import Reject
from pipeline.tables import Row, columns_of, read_rows


def test_jsonl_rows_carry_their_line_number(make_file):
    rows = list(read_rows(make_file("a.jsonl", '{"a": 1}\n\n{"a": 2}\n')))
    assert rows == [Row(1, {"a": 1}), Row(3, {"a": 2})]


def test_a_line_that_is_no_json_is_a_reject_and_the_rest_goes_on(make_file):
    rows = list(read_rows(make_file("a.jsonl", '{"a": 1}\n{"a": \n[1]\n{"a": 2}\n')))
    assert [row.row for row in rows if isinstance(row, Reject)] == [2, 3]
    assert "not JSON" in rows[1].reason
    assert "not a JSON object" in rows[2].reason
    assert rows[3] == Row(4, {"a": 2})


def test_a_last_line_that_breaks_off_is_a_reject(make_file):
    rows = list(read_rows(make_file("a.jsonl", '{"a": 1}\n{"a": "cut o')))
    assert rows[0] == Row(1, {"a": 1})
    assert rows[1].row == 2


def test_deeply_nested_json_is_a_reject(make_file):
    rows = list(read_rows(make_file("a.jsonl", "[" * 100_000 + "\n" + '{"a": 2}\n')))
    assert "not JSON" in rows[0].reason
    assert rows[1] == Row(2, {"a": 2})


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
def test_a_line_that_no_other_program_could_read_is_a_reject(make_file, line):
    reject, kept = read_rows(make_file("a.jsonl", line + '\n{"a": 2}\n'))
    assert isinstance(reject, Reject)
    assert kept == Row(2, {"a": 2})


def test_columns_of_jsonl_are_those_of_all_rows(make_file):
    assert columns_of(make_file("a.jsonl", '{"a": 1}\n{"b": 1, "a": 2}\n')) == ["a", "b"]
