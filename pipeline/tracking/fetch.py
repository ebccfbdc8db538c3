"""An MLflow address in, the folder of the bundle behind it out."""

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.bundle import latest_bundle
from pipeline.params import Params
from pipeline.tracking.store import open_store

if TYPE_CHECKING:
    from mlflow import MlflowClient


def download_bundle(address: str, params: Params, folder: Path) -> Path:
    """Copy the bundle behind an address into `folder`, and return where it is.

    Args:
        address: "models:/upheld@champion", "models:/upheld/3", "models:/MODEL_ID" or "runs:/RUN_ID/model".
        params: which store.
        folder: an empty folder.

    Raises:
        TrackingError: the store cannot be reached, or has no such model.
        BundleError: what the address names is no bundle.
    """
    with open_store(params.tracking, f"{address} cannot be fetched; see 'upheld models'") as store:
        from mlflow.artifacts import download_artifacts

        data = f"{_location(store.client, address)}/data"
        copied = download_artifacts(data, dst_path=str(folder), tracking_uri=store.address)
    return latest_bundle(Path(copied))


def _location(client: "MlflowClient", address: str) -> str:
    """Return where the files of a model are. MLflow's own look-up asks the store of the process, not this one."""
    scheme, _, path = address.partition(":/")
    name, _, rest = path.strip("/").partition("/")
    if scheme == "runs":
        model_ids = [output.model_id for output in client.get_run(name).outputs.model_outputs]
        models = [client.get_logged_model(model_id) for model_id in model_ids]
        return next((str(model.artifact_location) for model in models if model.name == rest), address)
    if "@" in name:
        name, _, alias = name.partition("@")
        rest = client.get_model_version_by_alias(name, alias).version
    if rest:
        return str(client.get_model_version_download_uri(name, rest))
    return str(client.get_logged_model(name).artifact_location)
