import json
import subprocess
import sys
from importlib.metadata import version
from importlib.resources import files
from inspect import signature
from pathlib import Path

import pandas as pd
import pytest
import typer

import pipeline
from pipeline import cli
from pipeline.errors import BundleError, InputError, ParamsError
from pipeline.schema import Decision
from pipeline.tracking.runs import log_bundle

ROOT = Path(__file__).parents[1]
STATEMENT = next(iter(sorted((ROOT / "tests" / "data" / "statements").rglob("*.txt"))))
QUICK = {"evaluate.bootstrap": 100, "evaluate.folds": 2, "calibration.folds": 2}
TEXTS = ["The Council did not empty her bin for six weeks.", "He disputes the penalty charge notice."]


def _python(code: str) -> str:
    """Return what a fresh interpreter prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def _options(function) -> set[str]:
    return set(signature(function).parameters)


def test_import_pipeline_imports_nothing_heavy():
    loaded = _python(
        "import sys, pipeline; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    ).split()
    assert not {"numpy", "pandas", "pydantic", "sklearn", "spacy", "mlflow", "typer"} & set(loaded)


@pytest.mark.parametrize("before", ["", "from pipeline.evaluate.metrics import Estimate; "])
def test_evaluate_is_the_function_whatever_was_imported_before(before):
    code = "from pipeline import evaluate; import pipeline; print(evaluate.__module__, pipeline.evaluate is evaluate)"
    assert _python(before + code).split() == ["pipeline.api", "True"]


def test_the_folder_of_the_same_name_imports_as_ever():
    code = (
        "import pipeline; pipeline.evaluate; from pipeline.evaluate import metrics; print(metrics.__name__)"
    )
    assert _python(code).strip() == "pipeline.evaluate.metrics"


def test_the_version_is_that_of_the_distribution():
    assert pipeline.__version__ == version("upheld")


def test_the_changelog_has_a_section_for_the_version():
    assert f"\n## {pipeline.__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'predict'"):
        pipeline.predict  # noqa: B018


def test_type_checkers_are_told_that_the_package_is_typed():
    assert (files("pipeline") / "py.typed").is_file()


@pytest.mark.parametrize("name", sorted({*pipeline.__all__} - {"decisions", "load"}))
def test_a_function_has_the_options_of_the_command_of_its_name(name):
    command = typer.main.get_command(cli.app).commands[name]
    words = {"then_read", "params_file", "from_run", "paths", "corpus", "version"}
    options = {parameter.name for parameter in command.params} - words - {"explain", "html"}
    assert options <= _options(getattr(pipeline, name))


def test_decisions_are_the_embedded_ones_where_no_file_is_given():
    frame = pipeline.decisions()
    assert len(frame) == 2238
    assert {*Decision.model_fields, "received_year"} <= {*frame.columns}


def test_decisions_warn_of_rows_that_are_none():
    row = {"reference": "24 013 909", "organisation": "A", "outcome": "upheld", "complaint": "It was slow."}
    Path("some.jsonl").write_text(json.dumps(row) + '\n{"reference": "x"}\n', encoding="utf-8")
    with pytest.warns(UserWarning, match="some.jsonl: 1 rows are no decisions, first row 2"):
        frame = pipeline.decisions("some.jsonl")
    assert frame.reference.tolist() == ["24 013 909"]


def test_read_then_label_write_what_decisions_returns():
    pipeline.read(STATEMENT, "read.jsonl")
    pipeline.label("read.jsonl", "labelled.jsonl")
    (decision,) = pipeline.decisions("labelled.jsonl").to_dict("records")
    assert decision["grounds"]


@pytest.mark.parametrize(
    "complaints",
    [TEXTS, [{"text": text} for text in TEXTS], pd.DataFrame({"complaint": TEXTS})],
    ids=["texts", "records", "frame"],
)
def test_the_latest_bundle_predicts_texts_records_and_frames(trained, complaints):
    found = pipeline.load("latest", models=trained.bundle.parent).predict(complaints, explain=5)
    assert found.model.tolist() == [trained.bundle.name] * 2
    assert all(2 <= len(reasons) <= 7 for reasons in found.reasons)


def test_a_bundle_loads_by_its_folder(trained):
    assert pipeline.load(trained.bundle).version == trained.bundle.name


def test_load_says_what_is_missing():
    with pytest.raises(BundleError, match="models: holds no bundle; train one with"):
        pipeline.load()


def test_settings_can_be_a_few_keys():
    with pytest.raises(
        ParamsError, match=r"params: outcome.strenght is not a key. Did you mean outcome.strength"
    ):
        pipeline.train(params={"outcome.strenght": 1.0})


def test_train_refuses_a_corpus_that_is_not_there():
    with pytest.raises(InputError, match=r"nowhere\.jsonl: does not exist"):
        pipeline.train("nowhere.jsonl")


@pytest.mark.slow
def test_a_logged_model_is_found_promoted_and_loaded_by_the_words_of_the_commands(trained, params):
    log_bundle(trained.bundle, params)
    (found,) = pipeline.models().versions
    assert (found.bundle, found.aliases) == (trained.bundle.name, ("challenger",))
    assert pipeline.promote(found.number, force="the first one").event.to == found.number
    assert pipeline.load("models:/upheld@champion").version == trained.bundle.name


@pytest.mark.slow
def test_train_warns_and_keeps_the_bundle_where_the_store_is_out_of_reach(small_corpus, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.warns(UserWarning, match="The bundle is safe in .*; log it later with: upheld models sync"):
        trained = pipeline.train(small_corpus, params=QUICK)
    assert pipeline.load(trained.bundle).version == trained.bundle.name


@pytest.mark.slow
def test_evaluate_writes_figures_and_a_page(small_corpus, trained):
    found = pipeline.evaluate(small_corpus, "page", model=trained.bundle, params=QUICK)
    assert found.report == Path("page/report.html")
    assert found.report.is_file()
    assert json.loads(found.metrics.read_text())["model"] == trained.bundle.name


def test_a_text_is_audited_by_its_name():
    with pytest.raises(InputError, match="no field 'story'"):
        pipeline.audit(text_field="story")
