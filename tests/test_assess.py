import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli
from pipeline.errors import InputError, TrackingError
from pipeline.params import Params
from pipeline.tables import Row, read_rows
from pipeline.tracking.runs import log_bundle, log_evaluation
from tests.conftest import CORPUS


@pytest.mark.parametrize("command", ["evaluate", "audit"])
def test_the_commands_have_help_with_an_example(command):
    shown = CliRunner().invoke(cli.app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: upheld {command}" in shown.stdout


@pytest.fixture
def rough(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in {"BOOTSTRAP": "100", "FOLDS": "2", "SLICE_CASES": "10"}.items():
        monkeypatch.setenv(f"UPHELD_EVALUATE__{key}", value)


@pytest.fixture
def own_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A store of the test's own: MLflow keeps one open an address, and other tests use the default one."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/own.db")


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
@pytest.mark.parametrize(("field", "code"), [("complaint", 0), ("summary", 1)])
def test_audit_exits_1_where_the_field_leaks(small_corpus, field, code):
    done = CliRunner().invoke(cli.app, ["audit", "--corpus", str(small_corpus), "--text-field", field])
    assert done.exit_code == code
    assert ("fail text only" in done.stdout) == bool(code)


def test_audit_refuses_a_field_that_is_not_there(small_corpus):
    done = CliRunner().invoke(cli.app, ["audit", "--corpus", str(small_corpus), "--text-field", "nonsense"])
    assert isinstance(done.exception, InputError)  # `main` turns it into exit code 2


@pytest.mark.slow
@pytest.mark.usefixtures("rough", "own_store")
def test_evaluate_writes_both_files_and_logs_them_to_the_run_of_the_bundle(trained, small_corpus, params):
    import mlflow

    run = log_bundle(trained.bundle, params)
    done = _evaluate(trained.bundle, small_corpus)
    assert done.exit_code == 0, done.output
    found = json.loads(Path("evaluation/metrics.json").read_text(encoding="utf-8"))
    assert found["model"] == trained.bundle.name
    assert Path("evaluation/report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    logged = mlflow.get_run(run.run_id).data.metrics
    value = found["splits"]["time"]["outcome"]["upheld"]["matched_auc"]["value"]
    assert logged["eval_time_matched_auc"] == pytest.approx(value, abs=1e-6)
    artifacts = mlflow.MlflowClient().list_artifacts(run.run_id, "evaluation")
    assert {item.path for item in artifacts} == {"evaluation/metrics.json", "evaluation/report.html"}


@pytest.mark.slow
@pytest.mark.usefixtures("rough", "own_store")
def test_a_page_with_texts_stays_on_the_machine(trained, small_corpus, params):
    import mlflow

    run = log_bundle(trained.bundle, params)
    done = _evaluate(trained.bundle, small_corpus, "--show-texts")
    assert done.exit_code == 0, done.output
    assert "<blockquote>" in Path("evaluation/report.html").read_text(encoding="utf-8")
    artifacts = mlflow.MlflowClient().list_artifacts(run.run_id, "evaluation")
    assert [item.path for item in artifacts] == ["evaluation/metrics.json"]


@pytest.mark.slow
@pytest.mark.usefixtures("own_store")
def test_an_evaluation_of_a_bundle_that_no_run_holds_is_not_logged(params: Params, tmp_path: Path):
    with pytest.raises(TrackingError, match="holds no run of model 2099"):
        log_evaluation("2099", [], {}, params)


@pytest.mark.slow
@pytest.mark.usefixtures("rough")
def test_audit_takes_csv(tmp_path: Path):
    rows = [row.values for row in read_rows(CORPUS) if isinstance(row, Row)][::8]
    with (tmp_path / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(
            [["outcome", "complaint"], *([row["outcome"], row["complaint"]] for row in rows)]
        )
    done = CliRunner().invoke(cli.app, ["audit", "--corpus", str(tmp_path / "cases.csv")])
    assert done.exit_code == 0, done.output


def _evaluate(bundle: Path, corpus: Path, *more: str):
    arguments = ["evaluate", "--model", str(bundle), "--corpus", str(corpus), "--out", "evaluation", *more]
    return CliRunner().invoke(cli.app, arguments)
