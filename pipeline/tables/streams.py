"""Files and standard input in, streams of their decompressed bytes out; refuses what is missing, empty or UTF-16."""

import io
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

from pipeline.errors import InputError
from pipeline.tables.formats import STANDARD, Format, format_of
from pipeline.tables.row import WINDOWS

HEAD = 1 << 20  # bytes that are looked at before the first row, to tell format, encoding and delimiter
BUFFER = 1 << 16
BOM = b"\xef\xbb\xbf"
MAGIC = {b"\x1f\x8b": "gzip", b"\x28\xb5\x2f\xfd": "zstd"}

# What Windows-1252 has beyond ASCII in English text: £, €, ½, quotation marks, dashes, accented letters; neither "ÿ"
# nor "þ", and no byte without a meaning, which are signs of something else.
_ASCII = bytes(range(0x80))
_WINDOWS = frozenset(b"\x80\x85\x99") | {*range(0x91, 0x98), *range(0xA0, 0xFE)} - frozenset(
    b"\xd0\xd7\xde\xf0\xf7"
)


@dataclass(frozen=True, slots=True)
class Source:
    """An open input: its name in messages, its format, its first megabyte, all its bytes, and the share passed."""

    name: str
    format: Format
    head: bytes
    stream: BinaryIO
    share_read: Callable[[int], float | None]

    @property
    def encoding(self) -> str:
        """The encoding of the whole input, see `encoding_of`."""
        return encoding_of(self.head)

    def lines(self) -> io.TextIOWrapper:
        """Return the text line by line; bytes that are no text become lone surrogates, to spoil their own row only."""
        return io.TextIOWrapper(self.stream, encoding=self.encoding, errors="surrogateescape", newline="")


def _unknown_share(rows: int) -> None:
    return None


@contextmanager
def open_source(path: Path, form: Format | None = None) -> Iterator[Source]:
    """Open a file or, for "-", standard input, and look at its first megabyte.

    Args:
        path: what to read.
        form: its format; None: that of the file's name, or what standard input looks like.

    Raises:
        InputError: missing, empty, UTF-16, compressed otherwise than its format says, or in an unknown format.
    """
    with ExitStack() as stack:
        if path == STANDARD:
            yield source_of(cast(BinaryIO, sys.stdin.buffer), "standard input", form)
            return
        form = form or format_of(path)
        raw = stack.enter_context(_opened(path))
        size = max(path.stat().st_size, 1)
        yield source_of(raw, str(path), form, lambda rows: min(raw.tell() / size, 1.0))


def source_of(
    raw: BinaryIO, name: str, form: Format | None, share: Callable[[int], float | None] = _unknown_share
) -> Source:
    """Return the source that a stream of bytes is, its first megabyte looked at; see `open_source`."""
    try:
        form, head, stream = _looked_at(raw, form)
    except OSError as error:
        raise damaged(name, 0, error) from error
    _check_head(head, name)
    return Source(name, form, head, stream, share)


def encoding_of(head: bytes) -> str:
    r"""Return "utf-8-sig" or "cp1252", judged by the first megabyte.

    It is Windows-1252 where there is no byte order mark, most lines beyond ASCII are no UTF-8, and all of these look
    like English in Windows-1252. Otherwise it is UTF-8, and rows that are not are rejects.

    >>> encoding_of("café".encode("cp1252")), encoding_of("café".encode()), encoding_of(b"\xff\x81")
    ('cp1252', 'utf-8-sig', 'utf-8-sig')
    """
    whole = head[: head.rfind(b"\n")] if len(head) == HEAD and b"\n" in head else head
    lines = [line for line in whole.splitlines() if not line.isascii()]
    odd = [line for line in lines if not _is_utf8(line)]
    is_windows = 2 * len(odd) > len(lines) and all(
        _WINDOWS.issuperset(line.translate(None, _ASCII)) for line in odd
    )
    return WINDOWS if is_windows and not head.startswith(BOM) else "utf-8-sig"


def damaged(name: str, row: int, error: Exception) -> InputError:
    """Return what to tell where an input breaks off after a row."""
    return InputError(
        f"{name}: breaks off or is damaged after row {row} ({error}); fetch or export it again."
    )


def check_file(path: Path) -> None:
    """Refuse what is no file.

    Raises:
        InputError: a path that does not exist, or a folder.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "does not exist"
        raise InputError(f"{path}: {what}; must be a CSV, TSV, JSONL or Parquet file. Check the path.")


class _Rejoined(io.RawIOBase):
    """A stream whose beginning has been read already."""

    def __init__(self, head: bytes, rest: BinaryIO) -> None:
        self._head = memoryview(head)
        self._rest = rest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed says WriteableBuffer
        source = self._head[: len(buffer)] if self._head else self._rest.read(len(buffer))
        self._head = self._head[len(buffer) :]
        buffer[: len(source)] = source
        return len(source)


def _looked_at(raw: BinaryIO, form: Format | None) -> tuple[Format, bytes, BinaryIO]:
    """Return the format, the first megabyte and all bytes of a stream, decompressed."""
    start, raw = _peeked(raw, BUFFER)
    compression = form.compression if form else _compression_of(start)
    head, stream = _peeked(_decompressed(raw, compression) if compression else raw, HEAD)
    return form or Format(_kind_of(head), compression), head, stream


def _opened(path: Path) -> BinaryIO:
    check_file(path)
    try:
        return path.open("rb")
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}). Check its permissions.") from error


def _peeked(stream: BinaryIO, size: int) -> tuple[bytes, BinaryIO]:
    """Return the first bytes of a stream, and a stream of all of them."""
    head = stream.read(size)
    return head, cast(BinaryIO, io.BufferedReader(_Rejoined(head, stream), BUFFER))


def _decompressed(stream: BinaryIO, compression: str) -> BinaryIO:
    import pyarrow as pa

    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(stream, mode="r"), compression))


def _compression_of(start: bytes) -> str | None:
    return next((name for magic, name in MAGIC.items() if start.startswith(magic)), None)


def _kind_of(head: bytes) -> str:
    return "jsonl" if head.removeprefix(BOM).lstrip().startswith(b"{") else "csv"


def _check_head(head: bytes, name: str) -> None:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or head[1:2] == b"\0":
        raise InputError(f"{name}: is UTF-16 or UTF-32; must be UTF-8. Save it again as UTF-8.")
    if head.startswith((*MAGIC, b"PK\x03\x04")):
        raise InputError(
            f"{name}: is compressed otherwise than its name says; end it in .gz or .zst, or unpack it."
        )
    if head.startswith(b"PAR1"):
        raise InputError(
            f"{name}: is Parquet, which is read from its end; give a file that ends in .parquet."
        )
    if len(head) < HEAD and not head.strip(BOM + b" \t\r\n"):
        raise InputError(f"{name}: is empty; must hold at least one row.")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True
