import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from pipeline.bundle import PREDICTION_COLUMNS
from pipeline.errors import TrackingError
from pipeline.params import flatten
from pipeline.tracking import download_bundle, log_bundle

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _own_store(tmp_path, monkeypatch) -> None:
    """Give each test a store of its own: MLflow keeps the one at a relative address open from the test before."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")


@pytest.fixture
def logged(trained, quick_params):
    return log_bundle(trained.bundle, quick_params)


def test_a_run_holds_parameters_figures_and_the_corpus_by_its_digest(logged, bundle, quick_params):
    import mlflow

    run = mlflow.get_run(logged.run_id)
    assert run.data.params == {name: str(value) for name, value in flatten(quick_params).items()}
    for name, figure in bundle.manifest["figures"].items():
        assert run.data.metrics[name] == pytest.approx(figure["value"])
        assert run.data.metrics[f"{name}_lo"] == pytest.approx(figure["low"])
    (dataset,) = run.inputs.dataset_inputs
    assert bundle.manifest["corpus"]["sha256"].startswith(dataset.dataset.digest)
    assert run.info.run_name == bundle.version


def test_the_logged_model_predicts_what_the_bundle_predicts(logged, bundle):
    import mlflow

    frame = pd.DataFrame(
        {"complaint": ["Her bin was missed for weeks."], "category": ["Environment and regulation"]}
    )
    model = mlflow.pyfunc.load_model(logged.model_uri)
    scored = model.predict(frame)
    expected = bundle.predict(frame)
    assert list(scored.columns) == list(expected.columns) == ["complaint", "category", *PREDICTION_COLUMNS]
    assert scored["p_upheld"].tolist() == pytest.approx(expected["p_upheld"].tolist(), abs=1e-12)
    assert scored["grounds"].tolist() == expected["grounds"].tolist()
    assert model.metadata.signature.inputs.input_names()[0] == "complaint"
    assert model.input_example is not None


def test_a_bundle_is_logged_once(logged, trained, quick_params):
    assert log_bundle(trained.bundle, quick_params) == logged


def test_no_complaint_of_the_corpus_reaches_the_store(logged, small_corpus):
    complaints = [json.loads(line)["complaint"][:60] for line in small_corpus.read_text().splitlines()]
    with sqlite3.connect("mlflow.db") as store:
        kept = "\n".join(store.iterdump())
    kept += "".join(file.read_text(errors="ignore") for file in Path("mlruns").rglob("*") if file.is_file())
    assert "upheld" in kept
    assert not [complaint for complaint in complaints if complaint in kept]


@pytest.mark.parametrize("column", ["complaint", "summary", "text"])
def test_the_logged_model_takes_what_the_bundle_takes(logged, bundle, column):
    import mlflow

    frame = pd.DataFrame(
        {
            column: ["Her bin was missed for weeks.", "He objects to a penalty charge notice."],
            "id": [1, 2],
            "category": [None, None],
            "received_on": pd.to_datetime(["2025-04-01", None]),
        }
    )
    scored = mlflow.pyfunc.load_model(logged.model_uri).predict(frame)
    expected = bundle.predict(frame)
    assert set(scored.columns) == set(expected.columns)
    assert scored["p_upheld"].tolist() == pytest.approx(expected["p_upheld"].tolist(), abs=1e-12)


def test_a_password_in_an_address_is_never_shown(trained, quick_params, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://bob:hunter2@127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError) as caught:
        log_bundle(trained.bundle, quick_params)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("uri", ["sqlite:///broken.db", "postgresql://127.0.0.1:9/none"])
def test_a_store_that_is_broken_or_lacks_its_driver_is_named(trained, quick_params, monkeypatch, uri):
    Path("broken.db").write_bytes(b"no database" * 100)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    with pytest.raises(TrackingError, match="the run was not logged"):
        log_bundle(trained.bundle, quick_params)
    with pytest.raises(TrackingError, match="cannot be fetched"):
        download_bundle("models:/upheld@champion", quick_params)


def test_a_bundle_comes_back_from_its_address(logged, trained, quick_params):
    folder = download_bundle(logged.model_uri, quick_params)
    assert (folder / "manifest.json").read_bytes() == (trained.bundle / "manifest.json").read_bytes()


def test_a_store_out_of_reach_says_so_and_leaves_the_bundle(trained, quick_params, monkeypatch):
    before = {path.name: path.read_bytes() for path in trained.bundle.iterdir()}
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError, match=r"http://127\.0\.0\.1:9: the run was not logged"):
        log_bundle(trained.bundle, quick_params)
    assert {path.name: path.read_bytes() for path in trained.bundle.iterdir()} == before
