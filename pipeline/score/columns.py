"""Prediction columns in, CSV cells and column types out; and which column of a file holds which field."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

from pipeline.errors import InputError
from pipeline.features.view import UnusableComplaintError, complaint_column
from pipeline.heads.reasons import OTHER, START
from pipeline.schema import Outcome
from pipeline.tables import listed

FIELDS = ("complaint", "organisation", "category", "subcategory", "received_on", "reference", "id")

PREDICTION_TYPES: Mapping[str, pa.DataType] = {
    "p_upheld": pa.float64(),
    "outcome": pa.string(),
    "decided": pa.bool_(),
    "grounds": pa.list_(pa.struct({"code": pa.string(), "p": pa.float64()})),
    "warnings": pa.list_(pa.string()),
    "model": pa.string(),
    "reasons": pa.list_(
        pa.struct(
            {
                "name": pa.string(),
                "contribution": pa.float64(),
                "ground": pa.string(),
                "words": pa.list_(pa.string()),
            }
        )
    ),
}


def flat(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return a scored row with its lists as text for CSV cells, joined by semicolons.

    >>> found = flat({"id": "7", "grounds": [{"code": "delay", "p": 0.5}], "warnings": [],
    ...     "reasons": [{"name": "a delay", "contribution": 0.421, "ground": "delay", "words": ["late"]}]})
    >>> found["grounds"], found["reasons"]
    ('delay:0.5', 'a delay: +0.42 towards upheld, delay')
    """
    cells = dict(columns)
    cells["grounds"] = ";".join(f"{ground['code']}:{ground['p']}" for ground in columns["grounds"])
    cells["warnings"] = ";".join(columns["warnings"])
    if "reasons" in columns:
        cells["reasons"] = "; ".join(map(_reason_text, columns["reasons"]))
    return cells


def fields_from(pairs: Iterable[str]) -> dict[str, str]:
    """Return which column holds which field, from pairs such as "complaint=summary_text".

    Raises:
        InputError: no pair, an unknown field, or one that stands twice.
    """
    fields: dict[str, str] = {}
    for pair in pairs:
        field, _, column = (part.strip() for part in pair.partition("="))
        if field not in FIELDS or field in fields or not column:
            raise InputError(
                f"--map {pair}: must be FIELD=COLUMN, each field once; fields are {', '.join(FIELDS)}. "
                "For example --map complaint=summary_text."
            )
        fields[field] = column
    return fields


def check_columns(name: str, columns: Sequence[str], fields: Mapping[str, str]) -> None:
    """Refuse an input, `name` in messages, that lacks a complaint or a column that is to hold a field.

    Raises:
        InputError: says what is missing, and what is there.
    """
    missing = [f"{field}={column}" for field, column in fields.items() if column not in columns]
    if missing:
        raise InputError(f"{name}: has no column for --map {', '.join(missing)}; it has {listed(columns)}.")
    try:
        complaint_column(dict.fromkeys([*columns, *fields]))
    except UnusableComplaintError as error:
        raise InputError(
            f"{name}: has {error}; its columns are {listed(columns)}. "
            "Name the one that holds it, such as --map complaint=COLUMN."
        ) from error


def _reason_text(reason: Mapping[str, Any]) -> str:
    share = f"{reason['name']}: {reason['contribution']:+.2f}"
    if reason["name"] in {OTHER, START}:
        return share
    outcome = Outcome.UPHELD if reason["contribution"] > 0 else Outcome.CLOSED
    towards = f"{share} towards {'upheld' if outcome is Outcome.UPHELD else 'closed'}"
    return f"{towards}, {reason['ground']}" if reason["ground"] else towards
