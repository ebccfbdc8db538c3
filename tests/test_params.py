from pathlib import Path

import pytest

from pipeline.errors import ParamsError
from pipeline.params import flatten, load_params, params_from

ROOT = Path(__file__).parents[1]


def _write(text: str) -> Path:
    path = Path("custom.yaml")
    path.write_text(text, encoding="utf-8")
    return path


def test_packaged_settings_are_the_file_at_the_top_of_the_project():
    assert (ROOT / "pipeline" / "params.yaml").read_bytes() == (ROOT / "params.yaml").read_bytes()


def test_every_key_of_the_file_has_a_comment():
    lines = (ROOT / "params.yaml").read_text(encoding="utf-8").splitlines()
    assert all("#" in line for line in lines if line.strip())


def test_a_file_in_the_current_folder_outranks_the_packaged_one():
    Path("params.yaml").write_text("split: {gap_days: 7}", encoding="utf-8")
    assert load_params().split.gap_days == 7


def test_keys_left_out_come_from_the_packaged_file(params):
    loaded = load_params(_write("split: {gap_days: 7}"))
    assert loaded.split.test_share == params.split.test_share


def test_the_environment_outranks_the_file(monkeypatch):
    monkeypatch.setenv("UPHELD_SPLIT__GAP_DAYS", "30")
    assert load_params(_write("split: {gap_days: 7}")).split.gap_days == 30


def test_the_environment_can_set_null(monkeypatch):
    monkeypatch.setenv("UPHELD_SPLIT__TEST_FROM_YEAR", "null")
    assert load_params(_write("split: {test_from_year: 2024}")).split.test_from_year is None


def test_all_errors_are_told_at_once(monkeypatch):
    monkeypatch.setenv("UPHELD_SCORE__CHUNK_ROWS", "0")
    path = _write("seed: -1\nsplit: {gap: 3, test_share: many}\nscroe: {}\noutcome: 3\n")
    with pytest.raises(ParamsError) as caught:
        load_params(path)
    assert str(caught.value).splitlines() == [
        "custom.yaml: seed is -1; must be a whole number from 0 to 4294967295.",
        "custom.yaml: split.test_share is 'many'; must be a share between 0 and 1, both excluded.",
        "custom.yaml: split.gap is not a key; allowed: test_from_year, test_share, gap_days, duplicate_similarity.",
        "custom.yaml: outcome is 3; must be a section with the keys strength, not_upheld, balance_length, "
        "length_correction.",
        "custom.yaml: scroe is not a key; allowed: seed, collect, read, view, split, features, outcome, grounds, "
        "appraisals, calibration, search, deployment, evaluate, score, drift, tracking, promotion, retraining. "
        "Did you mean score?",
        "environment: UPHELD_SCORE__CHUNK_ROWS is '0'; must be a whole number, 1 or more.",
    ]


def test_an_unknown_section_in_the_environment_is_told(monkeypatch):
    monkeypatch.setenv("UPHELD_SPILT__GAP_DAYS", "3")
    with pytest.raises(ParamsError, match=r"UPHELD_SPILT__GAP_DAYS is not a key.*Did you mean split"):
        load_params()


def test_ngrams_must_ascend():
    with pytest.raises(
        ParamsError, match=r"word_ngrams is \[3, 1\]; must be two whole numbers, shortest and longest"
    ):
        load_params(_write("features: {word_ngrams: [3, 1]}"))


@pytest.mark.parametrize(
    ("text", "message"), [("a: [", "is not YAML"), ("- 1", "holds no sections"), ("", "holds no sections")]
)
def test_what_is_no_mapping_is_refused(text, message):
    with pytest.raises(ParamsError, match=message):
        load_params(_write(text))


def test_a_missing_file_is_refused():
    with pytest.raises(ParamsError, match=r"nowhere\.yaml: cannot be read"):
        load_params(Path("nowhere.yaml"))


def test_stored_settings_ignore_the_environment(params, monkeypatch):
    monkeypatch.setenv("UPHELD_SPLIT__GAP_DAYS", "30")
    assert params_from(params.model_dump(mode="json")).split.gap_days == params.split.gap_days


def test_flatten_joins_section_and_key(params):
    assert flatten(params)["split.gap_days"] == params.split.gap_days
    assert flatten(params)["seed"] == params.seed


@pytest.mark.parametrize(
    "text",
    [
        "seed: true",
        "seed: 1.0",
        'split: {gap_days: "90"}',
        "outcome: {balance_length: 'yes'}",
        "outcome: {strength: .inf}",
    ],
)
def test_a_file_says_what_it_means(text):
    with pytest.raises(ParamsError, match="; must be "):
        load_params(_write(text))


@pytest.mark.parametrize("text", ["seed: 1\nseed: 2", "split: {gap_days: 1, gap_days: 2}"])
def test_a_key_that_stands_twice_is_refused(text):
    with pytest.raises(ParamsError, match="stands twice"):
        load_params(_write(text))


def test_a_key_that_is_no_text_is_refused():
    with pytest.raises(ParamsError, match="holds no sections"):
        load_params(_write("1: 2"))


@pytest.mark.parametrize(
    ("name", "value"),
    [("UPHELD_SPLIT", "abc"), ("UPHELD_FEATURES__WORD_NGRAMS", "1,2"), ("UPHELD_SEDE", "5")],
)
def test_a_variable_that_cannot_be_read_is_named(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(ParamsError, match="environment: "):
        load_params()


def test_lists_can_be_set_in_the_environment(monkeypatch):
    monkeypatch.setenv("UPHELD_FEATURES__WORD_NGRAMS", "[1, 3]")
    assert load_params().features.word_ngrams == (1, 3)


def test_a_bundle_older_than_a_key_takes_it_from_the_packaged_file(params):
    stored = params.model_dump(mode="json")
    del stored["split"]["gap_days"], stored["read"]
    assert params_from(stored).split.gap_days == params.split.gap_days
