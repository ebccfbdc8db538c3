import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io

from pipeline import stages
from pipeline.bundle import PREDICTION_COLUMNS, check_folder, latest_bundle, load_bundle, weights_digest
from pipeline.errors import BundleError
from pipeline.features.view import UnusableComplaintError
from pipeline.manifest import read_manifest

CORPUS = Path(__file__).parents[1] / "pipeline" / "corpus" / "cases.jsonl"
TEXT = "The Council did not empty her bin for six weeks."


@pytest.fixture
def copy(trained) -> Path:
    return shutil.copytree(trained.bundle, Path("models") / trained.bundle.name)


def _edit_manifest(path: Path, **changes) -> None:
    file = path / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes), encoding="utf-8")


def test_a_bundle_loads_wherever_it_is_copied(copy, bundle):
    views_scored = load_bundle(copy).predict([TEXT])
    pd.testing.assert_frame_equal(views_scored, bundle.predict([TEXT]))


def test_the_manifest_says_all_that_the_bundle_rests_on(bundle):
    manifest = bundle.manifest
    assert set(manifest["files"]) == {
        "card.md",
        "examples.jsonl",
        "features.skops",
        "grounds.skops",
        "holdout.jsonl",
        "outcome.skops",
        "reference.json",
    }
    assert {"upheld", "scikit-learn", "spacy", "python"} <= set(manifest["versions"])
    assert manifest["params"] == bundle.heads.params.model_dump(mode="json")
    assert manifest["weights_digest"] == weights_digest(bundle.heads)
    assert len(manifest["corpus"]["sha256"]) == 64
    assert manifest["figures"]["matched_auc"]["low"] < manifest["figures"]["matched_auc"]["value"]


def test_a_bundle_holds_no_pickle(trained):
    assert {path.suffix for path in trained.bundle.iterdir()} == {".skops", ".json", ".jsonl", ".md"}


def test_a_bundle_holds_no_complaint_of_the_corpus(trained, small_corpus):
    texts = (trained.bundle / "examples.jsonl").read_text() + (trained.bundle / "card.md").read_text()
    complaints = [json.loads(line)["complaint"] for line in small_corpus.read_text().splitlines()]
    assert not any(complaint[:60] in texts for complaint in complaints)


@pytest.mark.parametrize("name", ["outcome.skops", "examples.jsonl", "card.md"])
def test_a_missing_file_is_named(copy, name):
    (copy / name).unlink()
    with pytest.raises(BundleError, match=f"{name} missing; copy the whole folder again"):
        load_bundle(copy)


@pytest.mark.parametrize("name", ["grounds.skops", "features.skops", "examples.jsonl"])
def test_an_altered_file_is_named(copy, name):
    with (copy / name).open("ab") as file:
        file.write(b" ")
    with pytest.raises(BundleError, match=f"{name} altered since training"):
        load_bundle(copy)


def test_nothing_is_loaded_before_the_files_are_checked(copy, monkeypatch):
    monkeypatch.setattr(skops.io, "load", lambda *a, **k: pytest.fail("loaded an altered file"))
    (copy / "outcome.skops").write_bytes(b"PK")
    with pytest.raises(BundleError, match="altered"):
        load_bundle(copy)


def test_another_minor_version_is_refused(copy, bundle):
    _edit_manifest(copy, versions=bundle.manifest["versions"] | {"scikit-learn": "0.24.2"})
    with pytest.raises(
        BundleError, match=r"made with scikit-learn 0\.24\.2 \(here .*first two numbers must agree"
    ):
        load_bundle(copy)


def test_another_format_and_another_lexicon_are_refused(copy):
    _edit_manifest(copy, format=99)
    with pytest.raises(BundleError, match="format Input should be 1"):
        load_bundle(copy)
    _edit_manifest(copy, format=1, lexicon="0")
    with pytest.raises(BundleError, match="another lexicon"):
        load_bundle(copy)


def test_a_bundle_that_computes_something_else_is_refused(copy):
    file = copy / "examples.jsonl"
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    lines[1]["expected"]["p_upheld"] += 0.01
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    files = json.loads((copy / "manifest.json").read_text())["files"]
    _edit_manifest(copy, files=files | {"examples.jsonl": hashlib.sha256(file.read_bytes()).hexdigest()})
    with pytest.raises(BundleError, match=r"example 2 scores .* not .* as when it was trained"):
        load_bundle(copy)


def test_a_type_that_is_not_on_the_list_is_never_built(copy):
    file = copy / "outcome.skops"
    skops.io.dump({"run": print}, file)
    files = json.loads((copy / "manifest.json").read_text())["files"]
    _edit_manifest(copy, files=files | {"outcome.skops": hashlib.sha256(file.read_bytes()).hexdigest()})
    with pytest.raises(BundleError, match=r"types that are not loaded from files: .*print"):
        load_bundle(copy)


@pytest.mark.parametrize("content", ["", "{", "[]", "{}"])
def test_a_manifest_that_cannot_be_read_is_refused(copy, content):
    (copy / "manifest.json").write_text(content)
    with pytest.raises(BundleError, match=r"manifest\.json"):
        load_bundle(copy)


@pytest.mark.parametrize(
    "change",
    [
        {"files": []},
        {"files": {"../x": "0"}},
        {"versions": "x"},
        {"params": "x"},
        {"figures": None},
        {"corpus": 1},
    ],
)
def test_a_manifest_that_holds_something_else_is_refused(copy, change):
    _edit_manifest(copy, **change)
    with pytest.raises(BundleError, match=rf"manifest\.json: {next(iter(change))}"):
        load_bundle(copy)


@pytest.mark.parametrize("change", [{"view": {"max_chars": 20000, "min_words": 99}}, {"weights_digest": "0"}])
def test_a_manifest_edited_so_that_predictions_change_is_refused(copy, bundle, change):
    changed = {"params": bundle.manifest["params"] | change} if "view" in change else change
    _edit_manifest(copy, **changed)
    with pytest.raises(BundleError, match=r"as when it was trained|are not those of its manifest"):
        load_bundle(copy)


def test_files_that_others_left_in_a_bundle_do_no_harm(copy):
    (copy / ".ipynb_checkpoints").mkdir()
    (copy / "notes.txt").write_text("mine")
    assert load_bundle(copy).version == copy.name


def test_a_part_that_is_no_skops_file_is_refused(copy):
    (copy / "grounds.skops").write_bytes(b"no archive")
    files = read_manifest(copy)["files"]
    _edit_manifest(copy, files=files | {"grounds.skops": hashlib.sha256(b"no archive").hexdigest()})
    with pytest.raises(BundleError, match=r"grounds\.skops: is not in skops format"):
        load_bundle(copy)


def test_a_folder_that_cannot_be_written_is_refused_before_training():
    Path("models").write_text("a file")
    with pytest.raises(BundleError, match="models: cannot be written"):
        check_folder(Path("models"))


def test_a_folder_that_is_no_bundle_is_refused():
    with pytest.raises(BundleError, match="give a folder that 'upheld train' made"):
        load_bundle(Path("nowhere"))


def test_latest_is_the_newest_and_skips_what_is_half_written(copy):
    for name in ("20990101-000000-aaaaaaaa", ".20990102-000000-bbbbbbbb.partial"):
        shutil.copytree(copy, copy.parent / name)
    assert latest_bundle(copy.parent).name == "20990101-000000-aaaaaaaa"
    with pytest.raises(BundleError, match="holds no bundle; train one"):
        latest_bundle(Path("empty"))


def test_predict_takes_frames_records_and_texts(bundle):
    frame = pd.DataFrame({"complaint": [TEXT, TEXT], "ward": ["a", None]}, index=[7, 9])
    scored = bundle.predict(frame)
    assert list(scored.columns) == ["complaint", "ward", *PREDICTION_COLUMNS]
    assert list(scored.index) == [7, 9]
    records = bundle.predict([{"complaint": TEXT}])
    texts = bundle.predict([TEXT])
    assert records["p_upheld"][0] == texts["p_upheld"][0] == scored["p_upheld"][7]


def test_predict_names_the_row_it_cannot_score(bundle):
    with pytest.raises(UnusableComplaintError, match="row 1: column complaint: is empty"):
        bundle.predict([{"complaint": TEXT}, {"complaint": None}])
    with pytest.raises(UnusableComplaintError, match="no complaint column"):
        bundle.predict([{"story": TEXT}])


@pytest.mark.slow
def test_the_same_seed_and_data_give_the_same_weights(small_corpus, quick_params):
    first, again = (stages.train(small_corpus, Path(folder), quick_params) for folder in ("first", "again"))
    digests = [read_manifest(summary.bundle)["weights_digest"] for summary in (first, again)]
    assert digests[0] == digests[1]
    assert first.figures == again.figures


@pytest.mark.slow
def test_another_seed_gives_other_weights_but_much_the_same_scores(bundle, trained_params):
    seeded = trained_params.model_copy(update={"seed": 1})
    other = load_bundle(stages.train(CORPUS, Path("models"), seeded).bundle)
    assert other.manifest["weights_digest"] != bundle.manifest["weights_digest"]
    texts = [TEXT, "He objects to a penalty charge notice."]
    assert np.abs(other.predict(texts)["p_upheld"] - bundle.predict(texts)["p_upheld"]).max() < 0.1
