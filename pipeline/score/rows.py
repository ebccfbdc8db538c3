"""Rows of complaints in, the same rows with predictions out as plain values; a row that cannot be scored is a reject.

Every engine scores by this one function, so that a row gets the same columns wherever it runs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from pipeline.bundle import Bundle, as_columns, passed_through
from pipeline.features.view import UnusableComplaintError, view_of_row
from pipeline.profile import Profile
from pipeline.schema import Reject, View
from pipeline.tables import Row

AS_NAMED: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """What became of n rows: each is in `rows` or in `rejects`, both in the order in which they came.

    `profile` describes the scored ones as a set.
    """

    rows: list[dict[str, Any]]
    rejects: list[Reject]
    profile: Profile


def score_rows(
    rows: Sequence[Row | Reject],
    bundle: Bundle,
    *,
    explain: int = 0,
    fields: Mapping[str, str] = AS_NAMED,
    names: Mapping[str, str] | None = None,
) -> ScoredRows:
    """Return the rows with the prediction columns added.

    Args:
        rows: what was read; rejects among them are passed on.
        bundle: the model.
        explain: how many of the strongest reasons to add in a column `reasons`; 0: no such column.
        fields: which column holds a field that a model may see, such as {"complaint": "summary_text"}; a field that is
            not named here is looked for under its own name.
        names: the name under which each column is passed on; None: found for each row, by `bundle.passed_through`.
    """
    rejects: list[Reject] = []
    usable: list[Row] = []
    views: list[View] = []
    for row in rows:
        if isinstance(row, Reject):
            rejects.append(row)
            continue
        seen = _with_fields(row.values, fields)
        try:
            views.append(view_of_row(seen, bundle.heads.params.view))
        except UnusableComplaintError as error:
            rejects.append(Reject(_name_of(seen), str(error), row.number))
            continue
        usable.append(row)
    scored = bundle.heads.score(views, version=bundle.version, explain=explain)
    added = (as_columns(prediction, explain=explain) for prediction in scored.predictions)
    kept = [
        _renamed(row.values, names or _names(tuple(row.values), explain)) | columns
        for row, columns in zip(usable, added, strict=True)
    ]
    return ScoredRows(kept, rejects, Profile.of(views, scored))


def _with_fields(values: Mapping[str, Any], fields: Mapping[str, str]) -> Mapping[str, Any]:
    return {**values, **{field: values.get(column) for field, column in fields.items()}} if fields else values


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names[name]: value for name, value in values.items()}


@lru_cache(maxsize=1_000)
def _names(columns: tuple[str, ...], explain: int) -> dict[str, str]:
    return passed_through(columns, explain=explain)


def _name_of(values: Mapping[str, Any]) -> str:
    return str(values.get("reference") or values.get("id") or "")
