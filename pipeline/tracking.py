"""A bundle in, an MLflow run out: parameters, figures, the corpus by its digest, and the model itself.

The only module that imports MLflow. It reads all it logs from the bundle's folder, so that a run that could not be
logged at once can be logged later, and none is logged twice. The text of no complaint leaves the machine this way:
the corpus is logged by name, digest and counts, and the input example is invented.
"""

import json
import logging
import os
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import requires, version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.bundle import PREDICTION_COLUMNS, latest_bundle, load_bundle
from pipeline.errors import TrackingError
from pipeline.features.view import COMPLAINT_COLUMNS
from pipeline.manifest import read_manifest
from pipeline.params import Params, flatten, params_from

if TYPE_CHECKING:
    from mlflow.data.dataset import Dataset
    from mlflow.models import ModelSignature

VERSION_TAG = "upheld.version"
MODEL_TAG = "upheld.model_uri"
OPTIONAL_COLUMNS = ("id", "reference", "organisation", "category", "subcategory", "received_on")


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """Where a bundle stands in MLflow: the store, the run, and the address under which the model loads."""

    uri: str
    run_id: str
    model_uri: str


def log_bundle(path: Path, params: Params) -> LoggedRun:
    """Log the bundle at `path` as one run, or return the run that already holds it.

    Raises:
        TrackingError: the store cannot be reached or refuses; the bundle is untouched.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or params.tracking.uri
    _quieten()
    import mlflow

    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(params.tracking.experiment)
        return _existing_run(path, uri, params) or _new_run(path, uri)
    except _store_errors() as error:
        raise TrackingError(
            f"{without_password(uri)}: the run was not logged ({_first_line(error)})"
        ) from error


def log_evaluation(version_: str, files: Sequence[Path], figures: Mapping[str, float], params: Params) -> str:
    """Add an evaluation's figures and files to the run of the bundle of this version, and return the run's id.

    Raises:
        TrackingError: the store cannot be reached or refuses, or no run holds the bundle.
    """
    uri = os.environ.get("MLFLOW_TRACKING_URI") or params.tracking.uri
    _quieten()
    import mlflow

    try:
        mlflow.set_tracking_uri(uri)
        mlflow.set_experiment(params.tracking.experiment)
        run = _existing_run(Path(version_), uri, params)
        if run is not None:
            with mlflow.start_run(run_id=run.run_id):
                mlflow.log_metrics(dict(figures))
                for file in files:
                    mlflow.log_artifact(str(file), "evaluation")
    except _store_errors() as error:
        raise TrackingError(
            f"{without_password(uri)}: the evaluation was not logged ({_first_line(error)})"
        ) from error
    if run is None:
        raise TrackingError(
            f"{without_password(uri)}: holds no run of model {version_}, so the evaluation was not logged"
        )
    return run.run_id


def download_bundle(model_uri: str, params: Params) -> Path:
    """Return the folder of the bundle behind an MLflow address such as "models:/upheld@champion".

    Raises:
        TrackingError: the store cannot be reached, or has no such model.
    """
    _quieten()
    import mlflow

    try:
        mlflow.set_tracking_uri(os.environ.get("MLFLOW_TRACKING_URI") or params.tracking.uri)
        model = Path(mlflow.artifacts.download_artifacts(model_uri))
    except _store_errors() as error:
        raise TrackingError(
            f"{model_uri}: cannot be fetched ({_first_line(error)}); see 'mlflow ui'."
        ) from error
    return latest_bundle(model / "data")


def _store_errors() -> tuple[type[Exception], ...]:
    """Return what a store raises that is down, corrupt, of another version, locked, or without its driver."""
    from alembic.util import CommandError
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    return MlflowException, SQLAlchemyError, CommandError, ImportError, OSError


def without_password(text: str) -> str:
    """Return a text without the user and password of the addresses in it.

    >>> without_password("http://bob:secret@127.0.0.1:5000 refused")
    'http://***@127.0.0.1:5000 refused'
    """
    return re.sub(r"(?<=://)[^/@\s]+@", "***@", text)


def _first_line(error: Exception) -> str:
    return without_password((str(error).splitlines() or [type(error).__name__])[0])


def _quieten() -> None:
    """Send no usage data, give up on a dead server within seconds, and keep migration notes off the terminal."""
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    logging.getLogger("alembic").setLevel(logging.WARNING)


def _existing_run(path: Path, uri: str, params: Params) -> LoggedRun | None:
    import mlflow

    runs = mlflow.search_runs(
        experiment_names=[params.tracking.experiment],
        filter_string=f"tags.`{VERSION_TAG}` = '{path.name}' and attributes.status = 'FINISHED'",
        output_format="list",
        max_results=1,
    )
    return (
        LoggedRun(without_password(uri), runs[0].info.run_id, runs[0].data.tags[MODEL_TAG]) if runs else None
    )


def _new_run(path: Path, uri: str) -> LoggedRun:
    import mlflow

    load_bundle(path)  # a bundle that does not load is no run's model
    manifest = read_manifest(path)
    with mlflow.start_run(run_name=path.name, tags={VERSION_TAG: path.name}) as run:
        mlflow.log_params(flatten(params_from(manifest["params"])))
        mlflow.log_metrics(_metrics(manifest["figures"]))
        mlflow.log_input(_dataset(manifest["corpus"]), context="training")
        mlflow.log_artifact(str(path / "card.md"))
        model_uri = _log_model(path)
        mlflow.set_tag(MODEL_TAG, model_uri)
    return LoggedRun(without_password(uri), run.info.run_id, model_uri)


def _metrics(figures: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return each figure under its name and its interval under name_lo and name_hi."""
    suffixes = {"value": "", "low": "_lo", "high": "_hi"}
    return {
        f"{name}{suffix}": figure[part]
        for name, figure in figures.items()
        for part, suffix in suffixes.items()
        if figure[part] is not None
    }


def _dataset(corpus: Mapping[str, Any]) -> "Dataset":
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.data.sources import LocalArtifactDatasetSource

    return MetaDataset(
        LocalArtifactDatasetSource(corpus["source"]), name=corpus["name"], digest=corpus["sha256"][:32]
    )


def _log_model(path: Path) -> str:
    """Log the bundle as a pyfunc model that carries this package's code, and return its address."""
    import mlflow

    examples = [
        json.loads(line)["input"] for line in (path / "examples.jsonl").read_text("utf-8").splitlines()
    ]
    with TemporaryDirectory() as folder:
        code = Path(folder) / "pipeline"
        # The code goes along so that the model loads anywhere; the corpus it was trained on stays here.
        shutil.copytree(
            Path(__file__).parent, code, ignore=shutil.ignore_patterns("cases.jsonl", "__pycache__")
        )
        info = mlflow.pyfunc.log_model(
            name="model",
            loader_module="pipeline.bundle",
            data_path=str(path),
            code_paths=[str(code)],
            signature=_signature(),
            input_example=pd.DataFrame(examples),
            pip_requirements=[f"{name}=={version(name)}" for name in _requirements()],
            metadata={VERSION_TAG: path.name},
        )
    return str(info.model_uri)


def _requirements() -> list[str]:
    """Return the distributions that this package needs, without its extras."""
    lines = [line for line in requires("upheld") or [] if "extra ==" not in line]
    return [re.split(r"[^A-Za-z0-9_.-]", line)[0] for line in lines]


def _signature() -> "ModelSignature":
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, Schema
    from mlflow.types.schema import AnyType, Array, Object, Property

    ground = Object([Property("code", DataType.string), Property("p", DataType.double)])
    types = {
        "p_upheld": DataType.double,
        "outcome": DataType.string,
        "decided": DataType.boolean,
        "grounds": Array(ground),
        "warnings": Array(DataType.string),
        "model": DataType.string,
    }
    # Any type: dates, missing values and numbers as identifiers are all welcome. MLflow drops columns not named here.
    inputs = [ColSpec(AnyType(), name, required=False) for name in (*COMPLAINT_COLUMNS, *OPTIONAL_COLUMNS)]
    outputs = [ColSpec(types[name], name) for name in PREDICTION_COLUMNS]
    return ModelSignature(Schema(inputs), Schema([*inputs, *outputs]))
