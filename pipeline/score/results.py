"""A file of predictions back in, its predictions as values out; refuses a file that `upheld score` did not write."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from pipeline.bundle import Bundle
from pipeline.errors import InputError
from pipeline.schema import Ground, Outcome, Reject
from pipeline.score.drift import Drift
from pipeline.tables import Format, Row, open_table

UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Results:
    """A finished run of scoring.

    Attributes:
        output: the file that it wrote; its rejects lie beside it.
        bundle: what it scored with, at the same rate.
        fields: which column held which field, see `rows.score_rows`.
        form: the format of the file; None: what its name says.
        drift: what sets its complaints apart from training; None where that was not looked at.
    """

    output: Path
    bundle: Bundle
    fields: Mapping[str, str] = field(default_factory=dict)
    form: Format | None = None
    drift: Drift | None = None


def _split(cell: object) -> object:
    return [one for one in cell.split(";") if one] if isinstance(cell, str) else cell


def _pair(one: object) -> object:
    if isinstance(one, str):  # a CSV cell: "late:0.61;no_fault:0.2"
        code, _, p = one.partition(":")
        return code, p
    return (one.get("code"), one.get("p")) if isinstance(one, Mapping) else one


class Predicted(BaseModel):
    """The prediction in a row, however its format writes it."""

    model_config = ConfigDict(frozen=True)

    p_upheld: float = Field(ge=0, le=1)
    outcome: Outcome
    decided: bool
    grounds: Annotated[list[Annotated[tuple[Ground, float], BeforeValidator(_pair)]], BeforeValidator(_split)]
    warnings: Annotated[list[str], BeforeValidator(_split)]
    model: str

    @property
    def status(self) -> str:
        """Its outcome, or "undecided"."""
        return self.outcome.value if self.decided else UNDECIDED


@dataclass(frozen=True, slots=True)
class Result:
    """One row: its number in the file, its values by field and by column, and the prediction in it."""

    number: int
    values: Mapping[str, Any]
    predicted: Predicted

    def text_of(self, field: str) -> str:
        """Return the value of a field as text; empty where there is none."""
        value = self.values.get(field)
        return "" if value is None else str(value).strip()


def read_results(results: Results) -> Iterator[Result]:
    """Yield every row of the file.

    Raises:
        InputError: a row that cannot be read, holds no prediction, or holds one of another model.
    """
    version = results.bundle.version
    with open_table(results.output, results.form) as table:
        for row in table.rows:
            if isinstance(row, Reject):
                raise InputError(
                    f"{results.output}: row {row.row}: {row.reason}. Score the complaints again."
                )
            predicted = _predicted(row, results.output)
            if predicted.model != version:
                raise InputError(
                    f"{results.output}: row {row.number} was scored by model {predicted.model}, not {version}; "
                    "its reasons are that model's alone. Give that one, or score again."
                )
            yield Result(row.number, _by_field(row.values, results.fields), predicted)


def _predicted(row: Row, output: Path) -> Predicted:
    try:
        return Predicted.model_validate(row.values)
    except ValidationError as error:
        names = ", ".join(sorted({str(fault["loc"][0]) for fault in error.errors()}))
        raise InputError(
            f"{output}: row {row.number} holds no prediction ({names}); give a file that 'upheld score' wrote."
        ) from None  # pydantic's message would hold the row, and the row a complaint


def _by_field(values: Mapping[str, Any], fields: Mapping[str, str]) -> dict[str, Any]:
    passed = {name: f"input_{name}" for name in fields.values() if f"input_{name}" in values}  # see bundle
    return {**values, **{name: values.get(passed.get(column, column)) for name, column in fields.items()}}
