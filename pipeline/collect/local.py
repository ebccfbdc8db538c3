"""Paths in, raw documents out, one at a time; refuses what is missing, unreadable or of an unknown kind."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pydantic_core import from_json

from pipeline.errors import InputError
from pipeline.schema import RawDocument, Reject

STATEMENT_SUFFIXES = (".html", ".htm", ".txt", ".html.gz")
GZIP_SUFFIX = ".gz"
LINES_SUFFIX = ".jsonl"
TEXT_FIELDS = ("text", "html")
MAX_BYTES = 5_000_000  # the reader refuses more anyway; stopping here keeps a huge file out of memory


def documents(paths: Iterable[Path]) -> Iterator[RawDocument | Reject]:
    """Yield the documents of files, folders (recursively, sorted by name) and .jsonl files, in the order of `paths`.

    In a folder only .html, .htm, .txt and .html.gz files are read, the rest is passed over: name a .jsonl file to
    have it read.

    Raises:
        InputError: a path does not exist; raised before anything is read.

    >>> next(documents([Path("README.rst")]), None)
    Traceback (most recent call last):
    ...
    pipeline.errors.InputError: README.rst: no such file or folder; ...
    """
    paths = list(paths)
    for path in paths:
        if not path.exists():
            raise InputError(
                f"{path}: no such file or folder; give {', '.join(STATEMENT_SUFFIXES)} or {LINES_SUFFIX} files, "
                f"or folders of them. Working folder: {Path.cwd()}"
            )
    return (document for path in paths for document in _documents(path))


def _documents(path: Path) -> Iterator[RawDocument | Reject]:
    if path.is_dir():
        files = (file for file in path.rglob("*") if _is_statement(file))
        yield from (_document(file) for file in sorted(files) if file.is_file())
    elif path.suffix.lower() == LINES_SUFFIX:
        yield from _documents_of_lines(path)
    elif _is_statement(path):
        yield _document(path)
    else:
        allowed = ", ".join((*STATEMENT_SUFFIXES, LINES_SUFFIX))
        yield Reject(
            str(path), f"unknown kind of file: allowed are {allowed}", detail={"suffix": path.suffix}
        )


def _document(path: Path) -> RawDocument | Reject:
    file = _opened(path)
    if isinstance(file, Reject):
        return file
    with file:
        content = _unpacked(file) if path.suffix.lower() == GZIP_SUFFIX else file.read(MAX_BYTES + 1)
    if content is None:
        return Reject(str(path), "no whole gzip file: fetch or pack it again")
    return _too_large(str(path)) if len(content) > MAX_BYTES else RawDocument(content, source=str(path))


def _is_statement(path: Path) -> bool:
    return path.name.lower().endswith(STATEMENT_SUFFIXES)


def _unpacked(file: BinaryIO) -> bytes | None:
    """Return what a gzip file holds, as far as the limit, or None where it is broken."""
    try:
        return gzip.GzipFile(fileobj=file).read(MAX_BYTES + 1)
    except (EOFError, OSError, zlib.error):
        return None


def _opened(path: Path) -> BinaryIO | Reject:
    try:
        return path.open("rb")
    except OSError as error:
        return Reject(str(path), "unreadable file: check its permissions", detail={"error": error.strerror})


def _documents_of_lines(path: Path) -> Iterator[RawDocument | Reject]:
    """Yield one document for each line that is not blank; a broken line is a reject and the rest goes on."""
    file = _opened(path)
    if isinstance(file, Reject):
        yield file
        return
    with file:
        lines = iter(lambda: file.readline(MAX_BYTES + 1), b"")
        for number, line in enumerate(lines, start=1):
            source = f"{path}:{number}"
            if len(line) > MAX_BYTES:
                _skip_rest_of_line(line, file)
                yield _too_large(source)
            elif line.strip():
                yield _document_of_line(line, source)


def _skip_rest_of_line(line: bytes, file: BinaryIO) -> None:
    while line and not line.endswith(b"\n"):
        line = file.readline(MAX_BYTES)


def _document_of_line(line: bytes, source: str) -> RawDocument | Reject:
    try:
        record = from_json(line.removeprefix(b"\xef\xbb\xbf"))
    except ValueError:
        return Reject(source, "no JSON on this line: write one object a line")
    fields = record if isinstance(record, dict) else {}
    text = next((fields[name] for name in TEXT_FIELDS if isinstance(fields.get(name), str)), None)
    if text is None:
        return Reject(source, f"no text on this line: give a string in one of {', '.join(TEXT_FIELDS)}")
    return RawDocument(text.encode(), source=source)


def _too_large(source: str) -> Reject:
    return Reject(source, "document too large: a statement has under 5 MB; split the file or drop it")
