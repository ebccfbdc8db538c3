"""Names of files in, their formats out; refuses names that say none."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError

KINDS = ("csv", "tsv", "jsonl", "parquet")
COMPRESSIONS = {"gz": "gzip", "zst": "zstd"}  # by the last part of a file's name
ALLOWED = "csv, tsv, jsonl or parquet, all but the last also with .gz or .zst"
STANDARD = Path("-")  # standard input or output

_END = re.compile(rf"\.(?P<kind>{'|'.join(KINDS)})(?:\.(?P<compression>{'|'.join(COMPRESSIONS)}))?$")


@dataclass(frozen=True, slots=True)
class Format:
    """What a file holds: "csv", "tsv", "jsonl" or "parquet", plain or compressed with "gzip" or "zstd"."""

    kind: str
    compression: str | None = None

    @property
    def suffix(self) -> str:
        """The end of a file's name that says this format, such as ".csv.gz"."""
        return f".{self.kind}" + "".join(
            f".{end}" for end, c in COMPRESSIONS.items() if c == self.compression
        )


def format_of(path: Path) -> Format:
    """Return the format that a file's name says.

    >>> format_of(Path("complaints.CSV.gz"))
    Format(kind='csv', compression='gzip')

    Raises:
        InputError: a name that says none.
    """
    found = format_in(path.name)
    if found is None:
        raise InputError(f"{path}: unknown format {path.suffix or '(no suffix)'}; must end in {ALLOWED}.")
    return found


def format_named(name: str) -> Format:
    """Return the format of an option, such as "jsonl" or "csv.gz".

    Raises:
        InputError: an unknown one.
    """
    found = format_in(f".{name}")
    if found is None:
        raise InputError(f"{name!r} is no format; must be {ALLOWED}, such as csv.gz.")
    return found


def stem_of(path: Path) -> str:
    """Return a file's name without the end that says its format.

    >>> stem_of(Path("out/scored.csv.gz")), stem_of(Path("scored.old.csv"))
    ('scored', 'scored.old')
    """
    found = format_in(path.name)
    return path.name[: -len(found.suffix)] if found else path.stem


def format_in(name: str) -> Format | None:
    """Return the format that the end of a name says; None: it says none."""
    found = _END.search(name.lower())
    if found is None or (found["kind"] == "parquet" and found["compression"]):
        return None
    return Format(found["kind"], COMPRESSIONS.get(found["compression"]))
