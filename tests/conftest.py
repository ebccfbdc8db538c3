"""What several tests need: settings, decisions, and one trained bundle for the whole run."""

import json
from pathlib import Path

import pytest

from pipeline import stages
from pipeline.bundle import Bundle, load_bundle
from pipeline.params import Params, changed, load_params
from pipeline.schema import Decision

CORPUS = Path(__file__).parents[1] / "pipeline" / "corpus" / "cases.jsonl"


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run every test in a folder of its own, without the settings of the machine."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="session")
def params() -> Params:
    return load_params(Path(__file__).parents[1] / "params.yaml")


@pytest.fixture(scope="session")
def trained_params(params: Params) -> Params:
    """The settings of `trained`: as they are packaged, with fewer bootstrap resamples."""
    return changed(params, {"evaluate.bootstrap": 100}, source="test")


@pytest.fixture(scope="session")
def quick_params(trained_params: Params) -> Params:
    """The same without invented complaints, which take most of the time of a training."""
    return changed(trained_params, {"appraisals.weight": 0.0}, source="test")


@pytest.fixture(scope="session")
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every third embedded case: enough to train on, quick to train."""
    path = tmp_path_factory.mktemp("corpus") / "cases.jsonl"
    path.write_text("\n".join(CORPUS.read_text(encoding="utf-8").splitlines()[::3]) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def trained(trained_params: Params, tmp_path_factory: pytest.TempPathFactory) -> stages.TrainingSummary:
    return stages.train(CORPUS, tmp_path_factory.mktemp("models"), trained_params)


@pytest.fixture(scope="session")
def bundle(trained: stages.TrainingSummary) -> Bundle:
    return load_bundle(trained.bundle)


@pytest.fixture
def decision() -> Decision:
    values = json.loads(CORPUS.read_text(encoding="utf-8").splitlines()[0])
    return Decision.model_validate(values)
