"""A bundle's folder in, an MLflow model out that installs and loads anywhere: the bundle, this package's code, pins.

What the model takes and gives is said by `pipeline.tracking.served`.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pipeline.bundle import PREDICTION_COLUMNS
from pipeline.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import LoggedModel
    from mlflow.models import ModelSignature

# What scoring imports, of this package and of others; training and evaluating need more. MLflow itself serves.
CODE = (
    "__init__",
    "bundle",
    "errors",
    "features",
    "heads",
    "manifest",
    "params",
    "profile",
    "schema",
    "tracking",
)
SETTINGS = "params.yaml"
NEEDED = (
    "joblib", "mlflow", "numpy", "pandas", "pydantic", "pydantic-settings", "pystemmer", "pyyaml", "scikit-learn",
    "scipy", "skops", "spacy",
)  # fmt: skip


@contextmanager
def model_files(path: Path) -> Iterator[Path]:
    """Yield a folder that holds the bundle at `path` as an MLflow model, not yet logged anywhere."""
    import mlflow
    import pandas as pd

    with TemporaryDirectory() as folder:
        code, model = Path(folder) / "pipeline", Path(folder) / "model"
        _copy_code(code)
        mlflow.pyfunc.save_model(
            str(model),
            loader_module="pipeline.tracking.served",
            data_path=str(path),
            code_paths=[str(code)],
            signature=_signature(),
            input_example=pd.DataFrame(_examples(path)),
            pip_requirements=[f"{name}=={version(name)}" for name in NEEDED],
        )
        yield model


def log_model(store: Store, run_id: str, files: Path, params: Mapping[str, str]) -> "LoggedModel":
    """Log what `model_files` made as the model of a run.

    Args:
        store: an open store.
        run_id: the run that made it.
        files: the folder.
        params: the settings of the bundle, as text.
    """
    from mlflow.entities import LoggedModelOutput
    from mlflow.models import Model
    from mlflow.models.model import MLMODEL_FILE_NAME

    model = store.client.create_logged_model(store.experiment, "model", run_id, params=dict(params))
    store.client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
    described = Model.load(str(files))
    described.artifact_path, described.run_id = model.artifact_location, run_id
    described.model_id = described.model_uuid = model.model_id
    described.save(str(files / MLMODEL_FILE_NAME))
    store.client.log_model_artifacts(model.model_id, str(files))
    return store.client.finalize_logged_model(model.model_id, "READY")


def _copy_code(folder: Path) -> None:
    package = Path(__file__).parents[1]
    folder.mkdir()
    shutil.copy(package / SETTINGS, folder)
    for name in CODE:
        if (package / name).is_dir():
            shutil.copytree(package / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(package / f"{name}.py", folder)


def _examples(path: Path) -> list[dict[str, Any]]:
    """Return the invented complaints that a bundle is checked with."""
    lines = (path / "examples.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["input"] for line in lines]


def _signature() -> "ModelSignature":
    """Return what a model gives and which parameters it takes.

    It names no inputs, on purpose. Where a signature does, MLflow drops every other column before the model is asked:
    it could neither name a misspelt one in its answer, nor pass the others on as `upheld score` does.
    Nor does it name `reasons`, which come only where asked for: `mlflow.pyfunc.spark_udf` demands all that it names.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, DataType, ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import Array, Object, Property

    ground = Object([Property("code", DataType.string), Property("p", DataType.double)])
    types = {
        "p_upheld": DataType.double,
        "outcome": DataType.string,
        "decided": DataType.boolean,
        "grounds": Array(ground),
        "warnings": Array(DataType.string),
        "model": DataType.string,
    }
    outputs = [ColSpec(types[name], name) for name in PREDICTION_COLUMNS]
    asked = [ParamSpec("explain", DataType.long, 0), ParamSpec("upheld_rate", DataType.double, None)]
    return ModelSignature(outputs=Schema(outputs), params=ParamSchema(asked))
