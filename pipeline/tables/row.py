"""What a row is, and what makes one unusable wherever it stands."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_UNUSABLE = re.compile("[\\0\\ud800-\\udfff]")  # "a\0b" and half a surrogate pair match, "naïve 😀" does not

WINDOWS = "cp1252"
MAX_NAME = 40
MIXED = "is UTF-8 where the rest of the file is Windows-1252; save all of it as UTF-8"


@dataclass(frozen=True, slots=True)
class Row:
    """One record: its number in the file (from 1, a CSV's header not counted) and its values by column."""

    number: int
    values: dict[str, Any]


def listed(columns: Iterable[str]) -> str:
    """Return names of columns for a message; a long one may be a complaint in a file without a header.

    >>> listed(["id", "Mr X complains that the Council has not collected his bins."])
    'id, …'
    """
    return ", ".join(name if len(name) <= MAX_NAME else "…" for name in columns)


def fault_in(values: Mapping[str, Any], *, encoding: str = "UTF-8") -> str | None:
    r"""Return what makes a row's text unusable, wherever it stands: bytes that are no text, or NUL; None: nothing.

    Bytes that cannot be decoded stand as lone surrogates in what was read.

    >>> fault_in({"note": "a\0b"})
    'column note: holds NUL bytes; export it again as plain UTF-8 text'
    """
    for name, value in values.items():
        for text in _texts_in([name, value]):
            bad = _UNUSABLE.search(text)
            if bad is None:
                continue
            where = "a column's name" if text is name else f"column {listed([name])}"
            if bad[0] == "\0":
                return f"{where}: holds NUL bytes; export it again as plain UTF-8 text"
            return f"{where}: byte 0x{ord(bad[0]) & 0xFF:02x} is not {encoding}; save the file as UTF-8"
    return None


def text_fault(text: str, values: Mapping[str, Any], encoding: str) -> str | None:
    """Return what makes a row unusable that was read from text; None: nothing.

    Args:
        text: all of the row's text; it is looked at first, since hardly a row has a fault.
        values: the row's values, to say where the fault is.
        encoding: in which the text was read.
    """
    is_windows = encoding == WINDOWS
    if "\0" in text or (not text.isascii() and _UNUSABLE.search(text)):
        return fault_in(values, encoding="Windows-1252" if is_windows else "UTF-8")
    return MIXED if is_windows and _is_utf8_misread(text) else None


def _is_utf8_misread(text: str) -> bool:
    """Say whether text read as Windows-1252 is UTF-8, where "Ã©" stands for "é"."""
    if text.isascii():
        return False
    try:
        text.encode(WINDOWS).decode()
    except UnicodeDecodeError:
        return False
    return True


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _texts_in([*value, *value.values()])
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
