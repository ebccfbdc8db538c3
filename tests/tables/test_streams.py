import gzip
import io
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.errors import InputError
from pipeline.schema import Reject
from pipeline.tables import STANDARD, Format, Row, columns_of, open_table, read_rows
from pipeline.tables.streams import encoding_of

ROWS = "id,complaint\n1,it’s £5\n2,bins\n"


def _zstd(data: bytes) -> bytes:
    return pa.compress(data, codec="zstd", asbytes=True)


def _texts(path: Path) -> list[str]:
    return [row.values["complaint"] for row in read_rows(path) if isinstance(row, Row)]


@pytest.mark.parametrize(("end", "compress"), [("gz", gzip.compress), ("zst", _zstd)])
def test_compressed_files_are_read_to_the_end_of_their_last_part(make_file, end, compress):
    parts = [compress(line.encode()) for line in ROWS.splitlines(keepends=True)]
    assert _texts(make_file(f"a.csv.{end}", b"".join(parts))) == ["it’s £5", "bins"]


@pytest.mark.parametrize(("end", "compress"), [("gz", gzip.compress), ("zst", _zstd)])
def test_a_compressed_file_that_breaks_off_is_refused_and_says_after_which_row(make_file, end, compress):
    head = compress(b"id,complaint\n" + b"".join(b"%d,%s\n" % (n, b"x" * 500) for n in range(5000)))
    path = make_file(f"a.csv.{end}", head + compress(ROWS.encode())[:-5])
    with pytest.raises(InputError, match=r"breaks off or is damaged after row \d+"):
        list(read_rows(path))


def test_a_file_compressed_otherwise_than_its_name_says_is_refused(make_file):
    with pytest.raises(InputError, match=r"a\.csv: is compressed otherwise than its name says"):
        list(read_rows(make_file("a.csv", gzip.compress(ROWS.encode()))))
    with pytest.raises(InputError, match=r"b\.csv\.gz: breaks off or is damaged"):
        list(read_rows(make_file("b.csv.gz", ROWS)))


def test_a_byte_order_mark_is_no_part_of_the_first_column(make_file):
    assert columns_of(make_file("a.csv", "\ufeffcomplaint\nx\n")) == ["complaint"]


def test_windows_1252_is_recognised(make_file):
    assert _texts(make_file("a.csv", ROWS.encode("cp1252"))) == ["it’s £5", "bins"]


@pytest.mark.parametrize(
    ("head", "encoding"),
    [
        (b"plain", "utf-8-sig"),
        ("“quoted” café".encode(), "utf-8-sig"),
        ("“quoted” café – £5 … ½".encode("cp1252"), "cp1252"),
        (b"ab\x81c", "utf-8-sig"),  # no character of Windows-1252
        (b"\xff\xfeab", "utf-8-sig"),  # no English
        ("café\n".encode() * 2 + "café\n".encode("cp1252"), "utf-8-sig"),  # most lines are UTF-8
        ("café\n".encode() + "café\n".encode("cp1252") * 2, "cp1252"),
        ("\ufeffa\n".encode() + "café\n".encode("cp1252") * 3, "utf-8-sig"),  # it says so itself
    ],
)
def test_the_encoding_is_that_of_most_lines_beyond_ascii(head, encoding):
    assert encoding_of(head) == encoding


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl"])
def test_bytes_that_are_no_utf8_spoil_their_own_row_only(make_file, name):
    good, bad = "caf\u00e9".encode(), "caf\u00e9".encode("cp1252")
    lines = [b"a", good, bad, good]
    if name == "a.jsonl":
        lines = [b'{"a": "' + line + b'"}' for line in lines[1:]]
    rows = list(read_rows(make_file(name, b"\n".join(lines) + b"\n")))
    assert rows[0] == Row(1, {"a": "café"})
    assert rows[1].reason == "column a: byte 0xe9 is not UTF-8; save the file as UTF-8"
    assert rows[2] == Row(3, {"a": "café"})


def test_a_row_of_utf8_in_a_windows_1252_file_is_a_reject(make_file):
    lines = [b"a", *["café".encode("cp1252")] * 2, "café".encode()]
    *kept, reject = read_rows(make_file("a.csv", b"\n".join(lines) + b"\n"))
    assert [row.values["a"] for row in kept] == ["café", "café"]
    assert reject.reason.startswith("is UTF-8 where the rest of the file is Windows-1252")


def test_a_byte_without_meaning_in_windows_1252_spoils_its_own_row_only(make_file):
    content = b"a\n" + ("café " * 1_000 + "\n").encode("cp1252") * 300 + b"x\x81y\n"
    *_, last = read_rows(make_file("a.csv", content))
    assert isinstance(last, Reject)
    assert last.reason == "column a: byte 0x81 is not Windows-1252; save the file as UTF-8"


@pytest.mark.parametrize(("name", "content"), [("a.csv", "a\nx\0y\n"), ("a.jsonl", '{"a": "x\\u0000y"}\n')])
def test_nul_bytes_are_a_reject(make_file, name, content):
    (row,) = read_rows(make_file(name, content))
    assert "holds NUL bytes" in row.reason


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", "", "is empty"),
        ("a.jsonl", " \n\n", "is empty"),
        ("a.csv.gz", gzip.compress(b"", mtime=0), "is empty"),
        ("a.csv", "complaint\nx\n".encode("utf-16"), "is UTF-16 or UTF-32; must be UTF-8"),
        ("a.csv", "PAR1", r"is Parquet, .* ends in \.parquet"),
        ("a.xlsx", "x", r"unknown format \.xlsx; must end in csv, tsv, jsonl or parquet"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_refused(make_file, name, content, message):
    with pytest.raises(InputError, match=message):
        list(read_rows(make_file(name, content)))


def test_a_missing_file_and_a_folder_are_refused():
    Path("folder.csv").mkdir()
    with pytest.raises(InputError, match=r"nowhere\.csv: does not exist"):
        list(read_rows(Path("nowhere.csv")))
    with pytest.raises(InputError, match="is a folder"):
        list(read_rows(Path("folder.csv")))


@pytest.mark.parametrize(
    ("content", "form"),
    [
        (b"id;complaint\n1;bins\n", Format("csv")),
        (b'\xef\xbb\xbf {"id": "1", "complaint": "bins"}\n', Format("jsonl")),
        (gzip.compress(b"id\tcomplaint\n1\tbins\n", mtime=0), Format("csv", "gzip")),
        (_zstd(b'{"id": "1", "complaint": "bins"}\n'), Format("jsonl", "zstd")),
    ],
)
def test_standard_input_is_read_as_what_it_looks_like(monkeypatch, content, form):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))
    with open_table(STANDARD) as table:
        assert table.format == form
        assert list(table.rows) == [Row(1, {"id": "1", "complaint": "bins"})]
        assert table.share_read(1) is None


def test_the_share_of_a_file_that_has_been_read_grows_to_all_of_it(make_file):
    path = make_file("a.csv", "a\n" + "some text\n" * 500_000)
    with open_table(path) as table:
        shares = [table.share_read(row.number) for row in table.rows if row.number % 100_000 == 0]
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.5
    assert shares[-1] == 1.0
