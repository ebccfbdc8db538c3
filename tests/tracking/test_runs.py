import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.errors import TrackingError
from pipeline.manifest import MANIFEST, hashes
from pipeline.params import flatten
from pipeline.tracking.fetch import download_bundle
from pipeline.tracking.runs import log_bundle, log_evaluation
from pipeline.tracking.store import file_of
from pipeline.tracking.values import read_back, written
from tests.tracking.conftest import at

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def run(logged, client):
    return client.get_run(logged.run_id)


def _inside(client, run):
    return client.search_runs([run.info.experiment_id], f"tags.mlflow.parentRunId = '{run.info.run_id}'")


def test_a_run_holds_every_setting_as_it_can_be_read_back(run, trained_params):
    assert {name: read_back(text) for name, text in run.data.params.items()} == flatten(trained_params)
    assert run.data.params["split.test_from_year"] == "null"
    assert "tracking.uri" not in run.data.params  # may hold a password


@pytest.mark.parametrize("value", [None, True, 3, 0.25, [1, 2], "upheld", "1", "null", "true", "[1]", "ä"])
def test_a_setting_is_written_so_that_it_is_read_back(value):
    assert read_back(written(value)) == value


def test_a_run_holds_every_figure_with_its_interval(run, bundle):
    for name, figure in bundle.manifest["figures"].items():
        assert run.data.metrics[name] == pytest.approx(figure["value"])
        assert run.data.metrics[f"{name}_lo"] == pytest.approx(figure["low"])
        assert run.data.metrics[f"{name}_hi"] == pytest.approx(figure["high"])


def test_a_run_holds_corpus_training_part_and_test_part_by_digest_and_source(run, bundle):
    inputs = {one.tags[0].value: one.dataset for one in run.inputs.dataset_inputs}
    assert set(inputs) == {"corpus", "training", "testing"}
    corpus = bundle.manifest["corpus"]
    assert corpus["sha256"].startswith(inputs["corpus"].digest)
    assert len({one.digest for one in inputs.values()}) == 3
    assert all(json.loads(one.source)["uri"] == corpus["source"] for one in inputs.values())
    assert json.loads(inputs["testing"].profile) == {"cases": bundle.manifest["counts"]["test"]}


def test_a_run_is_named_by_corpus_and_weights_and_described_by_its_figures(run, bundle):
    assert run.info.run_name == f"cases {bundle.version[-8:]}"
    assert run.data.tags["upheld.version"] == bundle.version
    assert run.data.tags["mlflow.source.name"] == "upheld train"
    figure = bundle.manifest["figures"]["matched_auc"]
    assert f"| matched_auc | {figure['value']:.3f} [" in run.data.tags["mlflow.note.content"]


def test_a_run_took_as_long_as_its_training_and_tells_what_that_used(run, client, bundle):
    system = bundle.manifest["system"]
    assert (run.info.end_time - run.info.start_time) / 1000 == pytest.approx(system["seconds"], abs=0.01)
    memory = client.get_metric_history(run.info.run_id, "system/process_memory_megabytes")
    assert [point.value for point in memory] == [sample[2] for sample in system["samples"]]


def test_a_run_holds_pictures_the_card_and_the_manifest(run, client):
    files = {one.path for one in client.list_artifacts(run.info.run_id)}
    assert files == {"card.md", "manifest.json", "figures"}
    pictures = {one.path for one in client.list_artifacts(run.info.run_id, "figures")}
    assert pictures == {"figures/reliability.svg", "figures/roc.svg", "figures/precision_recall.svg"}


def test_the_split_by_time_is_a_run_inside_with_its_own_parts(run, client):
    (split,) = _inside(client, run)
    assert split.info.run_name == "split by time"
    assert split.data.metrics["matched_auc"] == run.data.metrics["matched_auc"]
    assert {one.tags[0].value for one in split.inputs.dataset_inputs} == {"training", "testing"}


def test_a_bundle_is_logged_once(logged, trained, tracked, client, run):
    assert log_bundle(trained.bundle, tracked) == logged
    own = f"tags.`upheld.version` = '{trained.bundle.name}'"
    assert len(client.search_runs([run.info.experiment_id], own)) == 2  # the run and its split


def test_no_complaint_of_the_corpus_reaches_the_store(logged, tracked, small_corpus):
    complaints = [json.loads(line)["complaint"][:60] for line in small_corpus.read_text().splitlines()]
    client = MlflowClient(tracked.tracking.uri)
    artifacts = Path(client.get_run(logged.run_id).info.artifact_uri.removeprefix("file://")).parents[1]
    store = file_of(tracked.tracking.uri)
    files = [store, *(file for file in artifacts.rglob("*") if file.is_file())]
    kept = "".join(file.read_text(encoding="utf-8", errors="ignore") for file in files)
    assert "outcome.skops" in kept
    assert not [complaint for complaint in complaints if complaint in kept]


def test_an_evaluation_goes_to_the_run_with_intervals_and_the_latest_counts(logged, trained, tracked, client):
    Path("metrics.json").write_text("{}")
    for value in (0.9, 0.8):
        figures = {"eval_time_auc": {"value": value, "low": 0.7, "high": 0.95}}
        assert log_evaluation(trained.bundle.name, [Path("metrics.json")], figures, tracked) == logged.run_id
    metrics = client.get_run(logged.run_id).data.metrics
    assert (metrics["eval_time_auc"], metrics["eval_time_auc_lo"]) == (0.8, 0.7)
    assert [one.path for one in client.list_artifacts(logged.run_id, "evaluation")] == [
        "evaluation/metrics.json"
    ]


def test_an_evaluation_of_a_bundle_that_no_run_holds_is_not_logged(tracked):
    with pytest.raises(TrackingError, match="holds no run of model 2099"):
        log_evaluation("2099", [], {}, tracked)


def test_a_bundle_comes_back_from_each_of_its_addresses(logged, trained, tracked, tmp_path):
    addresses = (
        logged.model_uri,
        f"runs:/{logged.run_id}/model",
        "models:/upheld/1",
        "models:/upheld@challenger",
    )
    for number, address in enumerate(addresses):
        folder = download_bundle(address, tracked, tmp_path / str(number))
        assert (folder / MANIFEST).read_bytes() == (trained.bundle / MANIFEST).read_bytes()


def test_an_address_without_a_model_is_named(tracked, tmp_path):
    with pytest.raises(TrackingError, match="models:/upheld@nobody cannot be fetched; see 'upheld models'"):
        download_bundle("models:/upheld@nobody", tracked, tmp_path)


@pytest.fixture
def searched(trained) -> Path:
    """The bundle as if a search had made it: with two candidates, and the state of a repository."""
    figure = {"value": 0.8, "low": 0.7, "high": 0.9}
    candidates = [
        {
            "name": f"strength {strength}",
            "params": {"outcome.strength": strength, "features.word_ngrams": [1, 2]},
            "figures": {"matched_auc": figure},
            "seconds": 1.5,
            "chosen": strength == 3.0,
        }
        for strength in (1.0, 3.0)
    ]
    more = {
        "version": "20990101-searched",
        "candidates": [*candidates, candidates[0] | {"name": "today's settings", "params": {}}],
        "settings_before_search": {"outcome.strength": 2.0},
        "git": {"commit": "ab" * 20, "dirty": True},
    }
    return _changed(trained.bundle, Path("models/20990101-searched"), more)


def _changed(bundle: Path, folder: Path, more: dict[str, object]) -> Path:
    """A copy of a bundle whose manifest says something else."""
    shutil.copytree(bundle, folder)
    manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    manifest |= {"files": hashes(folder, list(manifest["files"]))} | more
    (folder / MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def test_candidates_of_a_search_are_runs_inside_with_all_their_settings(searched, quick_params, server):
    params = at(quick_params, server.uri, experiment="searched", model="searched")
    found = log_bundle(searched, params)
    client = MlflowClient(server.uri)
    run = client.get_run(found.run_id)
    inside = {one.info.run_name: one for one in _inside(client, run)}
    assert set(inside) == {"split by time", "strength 1.0", "strength 3.0", "today's settings"}
    assert inside["today's settings"].data.params["outcome.strength"] == "2.0"  # though the bundle has 3.0
    chosen = inside["strength 3.0"]
    assert chosen.data.tags["upheld.chosen"] == "true"
    assert inside["strength 1.0"].data.tags["upheld.chosen"] == "false"
    assert inside["strength 1.0"].data.params["outcome.strength"] == "1.0"
    assert chosen.data.params["features.word_ngrams"] == "[1, 2]"
    assert chosen.data.params["split.gap_days"] == "90"
    assert chosen.data.metrics == {
        "matched_auc": 0.8,
        "matched_auc_lo": 0.7,
        "matched_auc_hi": 0.9,
        "seconds": 1.5,
    }
    assert run.data.tags["mlflow.source.git.commit"] == "ab" * 20
    assert run.data.tags["mlflow.source.git.dirty"] == "true"


def test_a_folder_is_a_store_too(trained, quick_params, tmp_path):
    params = at(quick_params, str(tmp_path / "runs"))
    first = log_bundle(trained.bundle, params)
    assert log_bundle(trained.bundle, params) == first
    assert (tmp_path / "runs" / "models" / "upheld").is_dir()
    folder = download_bundle("models:/upheld@challenger", params, tmp_path / "copy")
    assert folder.name == trained.bundle.name


def test_two_processes_that_make_the_same_fresh_store_both_arrive(trained, tmp_path):
    second = _changed(trained.bundle, tmp_path / "20990102-second", {"version": "20990102-second"})
    code = (
        "import sys; from pathlib import Path; from pipeline.params import load_params\n"
        "from pipeline.tracking.runs import log_bundle\n"
        "print(log_bundle(Path(sys.argv[1]), load_params(None)).version)"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True)
        for path in (trained.bundle, second)
    ]
    versions = sorted(process.communicate(timeout=120)[0].strip() for process in started)
    assert versions == ["1", "2"]
    client = MlflowClient("sqlite:///mlflow.db")
    experiment = client.get_experiment_by_name("upheld").experiment_id
    runs = client.search_runs(
        [experiment], "tags.`upheld.kind` = 'training' and attributes.status = 'FINISHED'"
    )
    assert {run.data.tags["upheld.version"] for run in runs} == {trained.bundle.name, "20990102-second"}
    assert client.get_registered_model("upheld").aliases == {
        "challenger": client_version(client, second.name)
    }


def client_version(client: MlflowClient, bundle: str) -> str:
    versions = client.search_model_versions("name='upheld'")
    return next(version.version for version in versions if version.tags["upheld.version"] == bundle)
