"""A request's rows in, the same rows with predictions out; refuses wrong columns, rows and parameters by name.

MLflow loads a logged model through this module, whether `mlflow models serve` answers requests with it or a notebook
calls it. A request to the server, and its answer:

    curl -s localhost:5001/invocations -H 'Content-Type: application/json' -d '{
      "dataframe_records": [{"complaint": "The Council missed her bin for six weeks.", "category": "Environment"}],
      "params": {"explain": 2, "upheld_rate": 0.3}}'

    {"predictions": [{"complaint": "The Council missed her bin for six weeks.", "category": "Environment",
      "p_upheld": 0.61, "outcome": "upheld", "decided": false, "grounds": [{"code": "service_not_provided", "p": 0.8}],
      "warnings": ["unseen_category"], "model": "20261122-173242-197063-a46ec6ee", "reasons": [...]}]}

Columns are those of `upheld score`; others are passed on. `explain` asks for that many reasons, `upheld_rate` corrects
the probabilities to another share of upheld than the bundle's own.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE

from pipeline.bundle import Bundle, load_bundle
from pipeline.features.view import COMPLAINT_COLUMNS, UnusableComplaintError


class BadRequestError(MlflowException):  # type: ignore[misc]  # MLflow is untyped here
    """A request that cannot be answered; the scoring server makes it status 400."""

    def __init__(self, message: str) -> None:
        super().__init__(message, error_code=INVALID_PARAMETER_VALUE)

    def serialize_as_json(self) -> str:
        """Return the answer: our own words alone. The server would put the rows before them, complaints and all."""
        return json.dumps({"error_code": self.error_code, "message": str(self)})


@dataclass(frozen=True, slots=True)
class ServedBundle:
    """A bundle behind MLflow's interface."""

    bundle: Bundle

    def predict(self, frame: pd.DataFrame, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return the rows with the prediction columns of `upheld score` added, in the same order.

        Args:
            frame: one complaint a row; `complaint` (or `summary`, or `text`) and, where known, `organisation`,
                `category`, `subcategory`, `received_on`, `reference`.
            params: `explain`, how many reasons to give, and `upheld_rate`; None: neither.

        Raises:
            BadRequestError: columns, rows or parameters that cannot be used, named.
        """
        asked = params or {}
        explain, rate = asked.get("explain") or 0, asked.get("upheld_rate")
        if explain < 0:
            raise BadRequestError(f"params: explain is {explain}; must be 0 or more.")
        if rate is not None and not 0 < rate < 1:
            raise BadRequestError(f"params: upheld_rate is {rate}; must be between 0 and 1, both excluded.")
        _check_columns(frame)
        bundle = self.bundle if rate is None else self.bundle.at_rate(rate)
        try:
            found = bundle.predict(frame, explain=int(explain))
        except UnusableComplaintError as error:
            raise BadRequestError(f"{error}.") from error
        return found.astype(object).where(found.notna(), None)  # JSON knows no NaN


def _load_pyfunc(path: str) -> ServedBundle:
    """Load the bundle that MLflow stored: the hook that its `loader_module` calls by this name."""
    return ServedBundle(load_bundle(Path(path)))


def _check_columns(frame: object) -> None:
    """Refuse rows without names, names that stand twice, and rows without a complaint."""
    if not isinstance(frame, pd.DataFrame):
        raise BadRequestError(
            "the rows have no column names; send dataframe_records or dataframe_split with columns."
        )
    columns = [str(name) for name in frame.columns]
    if not set(columns) & set(COMPLAINT_COLUMNS):
        raise BadRequestError(
            f"columns {', '.join(map(repr, columns)) or 'none'}: none of them is the complaint; "
            f"call it {' or '.join(COMPLAINT_COLUMNS)}."
        )
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise BadRequestError(f"columns {', '.join(map(repr, twice))}: stand twice; name each column once.")
