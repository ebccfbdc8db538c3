import pytest

from pipeline.errors import InputError
from pipeline.schema import Reject
from pipeline.tables import Row, columns_of, delimited, read_rows


def test_csv_rows_carry_their_number_and_columns(make_file):
    rows = list(read_rows(make_file("a.csv", 'id,complaint\n1,"two\nlines, one cell"\n\n2,b\n')))
    assert rows == [
        Row(1, {"id": "1", "complaint": "two\nlines, one cell"}),
        Row(2, {"id": "2", "complaint": "b"}),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t", "|"])
def test_the_delimiter_is_what_parts_the_header_into_the_most_columns(make_file, mark):
    path = make_file("a.csv", f'id{mark}complaint{mark}note\n1{mark}"a{mark} b"{mark}c\n')
    assert list(read_rows(path)) == [Row(1, {"id": "1", "complaint": f"a{mark} b", "note": "c"})]


def test_a_quoted_name_does_not_count_for_the_delimiter(make_file):
    assert columns_of(make_file("a.csv", '"a, b, c";d\n1;2\n')) == ["a, b, c", "d"]


def test_a_header_of_one_column_is_parted_by_commas(make_file):
    assert list(read_rows(make_file("a.csv", "complaint\na; b\n"))) == [Row(1, {"complaint": "a; b"})]


def test_a_header_that_two_marks_part_alike_is_refused(make_file):
    with pytest.raises(InputError, match=r"header is parted by ',' and ';' alike; its columns need one mark"):
        columns_of(make_file("a.csv", "id,complaint;text\n1,2;3\n"))


def test_tsv_is_parted_by_tabs_whatever_else_stands_in_its_header(make_file):
    assert columns_of(make_file("a.tsv", "a,b,c\td\n")) == ["a,b,c", "d"]


def test_rows_of_another_delimiter_than_the_header_are_rejects(make_file):
    first, second = read_rows(make_file("a.csv", "id,complaint\n1;bins\n2,bins\n"))
    assert first.reason == "1 cells where the header has 2"
    assert second == Row(2, {"id": "2", "complaint": "bins"})


def test_a_blank_line_is_no_header(make_file):
    assert columns_of(make_file("a.csv", "\n\na,b\n1,2\n")) == ["a", "b"]


def test_a_csv_row_with_too_many_cells_is_a_reject(make_file):
    rows = list(read_rows(make_file("a.csv", "a,b\n1,2,3\n4,5\n")))
    assert rows[0].reason == "3 cells where the header has 2"
    assert rows[1] == Row(2, {"a": "4", "b": "5"})


@pytest.mark.parametrize("end", ["2,cut o", '2,"cut o', "2"])
def test_an_input_that_ends_in_mid_row_keeps_every_row_before(make_file, end):
    rows = list(read_rows(make_file("a.csv", f"id,complaint,note\n1,a,b\n{end}")))
    assert rows[0] == Row(1, {"id": "1", "complaint": "a", "note": "b"})
    assert [row.row for row in rows[1:] if isinstance(row, Reject)] == [2]


@pytest.mark.parametrize("bad", ['"open', '"open,x', 'a,"open'])
def test_a_quotation_mark_that_never_closes_spoils_its_own_row_only(make_file, bad):
    good = [f'{n},"fine, {n}"' for n in range(1, 500)]
    rows = list(read_rows(make_file("a.csv", "\n".join(["id,text", *good[:49], bad, *good[49:]]) + "\n")))
    assert [row.values["id"] for row in rows if isinstance(row, Row)] == [str(n) for n in range(1, 500)]
    (reject,) = (row for row in rows if isinstance(row, Reject))
    assert reject.row == 50


def test_a_record_without_an_end_is_given_up_within_bounds(make_file, monkeypatch):
    monkeypatch.setattr(delimited, "MAX_RECORD", 1000)
    rows = list(read_rows(make_file("a.csv", 'a\n"open\n' + "fine\n" * 5000)))
    assert isinstance(rows[0], Reject)
    assert len(rows) == 5001


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("a,a", "the columns a twice"),
        ("a,", "a column without a name"),
        ('a,"b', "header is not readable as CSV"),
        ("caf\u00e9\udcff,b", "header: a column's name: byte 0xff is not UTF-8"),
    ],
)
def test_a_header_that_cannot_be_used_is_refused(make_file, header, message):
    with pytest.raises(InputError, match=message):
        columns_of(make_file("a.csv", f"{header}\n1,2\n".encode(errors="surrogateescape")))
