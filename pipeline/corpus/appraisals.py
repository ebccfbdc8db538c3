"""The packaged appraisals: what readers expect of the embedded cases, blind to their outcomes, and of invented ones."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.schema import Appraisal, Ground

CASES, INVENTED = "appraisals.jsonl", "invented.jsonl"


@dataclass(frozen=True, slots=True)
class InventedComplaint:
    """A complaint that nobody made: `row` holds `complaint`, `category` and `subcategory`."""

    row: Mapping[str, str]
    appraisal: Appraisal


@cache
def appraisals() -> Mapping[str, Appraisal]:
    """Return the appraisal of every embedded case, by the digest of what a model sees of its complaint."""
    return {row["complaint_digest"]: _appraisal(row) for row in _rows(CASES)}


@cache
def invented_complaints() -> tuple[InventedComplaint, ...]:
    """Return the invented complaints, in the order of the file: those on one matter follow each other."""
    columns = ("complaint", "category", "subcategory")
    return tuple(
        InventedComplaint({name: row[name] for name in columns}, _appraisal(row)) for row in _rows(INVENTED)
    )


@cache
def appraisals_digest() -> str:
    """Return the SHA-256 of both files: another text of theirs makes another model."""
    return hashlib.sha256("".join(map(_text, (CASES, INVENTED))).encode()).hexdigest()


def text_digest(complaint: str) -> str:
    """Return what a complaint is known by among the appraisals: 16 hexadecimal digits of its SHA-256."""
    return hashlib.sha256(complaint.encode()).hexdigest()[:16]


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return map(json.loads, _text(name).splitlines())


def _text(name: str) -> str:
    return (files("pipeline.corpus") / name).read_text(encoding="utf-8")


def _appraisal(row: Mapping[str, Any]) -> Appraisal:
    return Appraisal(row["p_upheld"], {Ground(code): p for code, p in row["grounds"].items()})
