import gzip
import json

import pytest

from pipeline.collect.local import MAX_BYTES, documents
from pipeline.errors import InputError
from pipeline.schema import RawDocument, Reject


def test_a_folder_yields_its_statements_sorted_and_passes_over_the_rest(tmp_path):
    (tmp_path / "b").mkdir()
    for name in ("c.HTML", "a.txt", "b/d.htm", "notes.pdf", "gold.jsonl"):
        (tmp_path / name).write_bytes(name.encode())
    assert [document.content for document in documents([tmp_path])] == [b"a.txt", b"b/d.htm", b"c.HTML"]


def test_a_document_carries_the_path_it_came_from(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"x")
    assert list(documents([path])) == [RawDocument(b"x", source=str(path))]


def test_paths_are_read_in_the_order_given(tmp_path):
    paths = [tmp_path / "b.txt", tmp_path / "a.txt"]
    for path in paths:
        path.write_bytes(path.name.encode())
    assert [document.content for document in documents(paths)] == [b"b.txt", b"a.txt"]


def test_a_missing_path_is_an_error_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match=r"gone\.txt: no such file or folder; give .*\.jsonl files"):
        documents([tmp_path, tmp_path / "gone.txt"])


def test_a_named_file_of_an_unknown_kind_is_a_reject(tmp_path):
    (tmp_path / "a.pdf").write_bytes(b"x")
    [reject] = documents([tmp_path / "a.pdf"])
    assert reject.reason == "unknown kind of file: allowed are .html, .htm, .txt, .html.gz, .jsonl"


def test_lines_of_json_yield_their_text_or_html_with_the_line_as_source(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(
        json.dumps({"text": "one’s"}) + "\n\n" + json.dumps({"html": "<p>two"}), encoding="utf-8-sig"
    )
    assert list(documents([path])) == [
        RawDocument("one’s".encode(), source=f"{path}:1"),
        RawDocument(b"<p>two", source=f"{path}:3"),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "no JSON on this line"),
        (b"\xff\xfe", "no JSON on this line"),
        (b"[" * 100_000, "no JSON on this line"),
        (b'"text"', "no text on this line"),
        (b'{"complaint": "x"}', "no text on this line"),
        (b'{"text": 3}', "no text on this line"),
        (b"x" * (2 * MAX_BYTES + 3), "document too large"),
    ],
)
def test_a_broken_line_is_a_reject_and_the_rest_goes_on(tmp_path, line, reason):
    path = tmp_path / "a.jsonl"
    path.write_bytes(line + b'\n{"text": "next"}\n')
    reject, document = documents([path])
    assert isinstance(reject, Reject)
    assert reject.where == f"{path}:1"
    assert reject.reason.startswith(reason)
    assert document == RawDocument(b"next", source=f"{path}:2")


def test_a_huge_file_is_a_reject_and_is_not_held_in_memory(tmp_path):
    path = tmp_path / "a.txt"
    with path.open("wb") as file:
        file.truncate(50 * MAX_BYTES)
    [reject] = documents([path])
    assert reject.reason.startswith("document too large")


def test_an_empty_folder_yields_nothing(tmp_path):
    assert list(documents([tmp_path])) == []


def test_packed_pages_are_read_as_they_were(tmp_path):
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / "24-000-001.html.gz").write_bytes(gzip.compress("<p>é".encode()))
    (tmp_path / "2024" / ".24-000-002.html.gz.partial").write_bytes(b"half")
    (tmp_path / "notes.gz").write_bytes(b"passed over")
    assert [document.content for document in documents([tmp_path])] == ["<p>é".encode()]


@pytest.mark.parametrize(
    "broken", [b"", b"no gzip", gzip.compress(b"<p>" * 99, mtime=0)[:-9], b"\x1f\x8b\x08" + b"x" * 40]
)
def test_a_broken_packed_page_is_a_reject(tmp_path, broken):
    path = tmp_path / "a.html.gz"
    path.write_bytes(broken)
    [document] = documents([path])
    if broken:
        assert document == Reject(str(path), "no whole gzip file: fetch or pack it again")
    else:
        assert document == RawDocument(b"", source=str(path))


def test_a_packed_bomb_is_a_reject_and_is_not_unpacked_whole(tmp_path):
    path = tmp_path / "a.html.gz"
    path.write_bytes(gzip.compress(b"x" * (20 * MAX_BYTES)))
    [reject] = documents([path])
    assert reject.reason.startswith("document too large")
