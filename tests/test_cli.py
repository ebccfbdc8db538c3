import csv
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline import cli, stages
from pipeline.errors import UpheldError

DATA = Path(__file__).parent / "data" / "statements"
TEXT = "The Council did not empty her bin for six weeks."


def _upheld(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the real command in its own process."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        capture_output=True, text=True, timeout=300, env=os.environ | environment, check=False,
    )  # fmt: skip


def _complaints(*texts: str) -> Path:
    path = Path("complaints.csv")
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["id", "complaint"], *enumerate(texts)])
    return path


def test_help_answers_at_once_and_names_every_command():
    start = time.perf_counter()
    done = _upheld("--help")
    assert (
        time.perf_counter() - start < 5
    )  # half a second on an idle machine; the imports below are the real guard
    assert done.returncode == 0
    assert all(name in done.stdout for name in ("run", "read", "label", "train", "score", "models"))


def test_help_imports_nothing_heavy():
    code = "import sys, pipeline.cli; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"numpy", "pandas", "sklearn", "spacy", "mlflow", "pydantic"} & set(loaded)


@pytest.mark.parametrize("command", ["run", "read", "label", "train", "score"])
def test_every_command_has_help_with_an_example(command):
    shown = CliRunner().invoke(cli.app, [command, "--help"])
    assert shown.exit_code == 0
    assert f"Example: upheld {command}" in shown.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["score", "nowhere.csv", "--out", "out.csv"], "nowhere.csv: does not exist"),
        (["read", "nowhere", "--out", "out.jsonl"], "nowhere"),
        (["label", "nowhere.jsonl", "--out", "out.jsonl"], "nowhere.jsonl: does not exist"),
        (["train", "--corpus", "nowhere.jsonl"], "nowhere.jsonl: does not exist"),
        (["train", "--corpus", "nowhere.jsonl", "--params", "none.yaml"], "none.yaml: cannot be read"),
        (["score", "nowhere.csv"], "Missing option"),
        (["predict"], "No such command"),
    ],
)
def test_wrong_use_ends_with_exit_code_2_and_a_message(arguments, message, trained):
    models = ["--models", str(trained.bundle.parent)] if arguments[0] == "score" else []
    done = _upheld(*arguments, *models)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_score_without_a_bundle_says_how_to_get_one():
    done = _upheld("score", _complaints(TEXT), "--out", "out.csv")
    assert done.returncode == 2
    assert "models: holds no bundle; train one with 'upheld run'" in done.stderr


def test_score_writes_predictions(trained):
    done = _upheld("score", _complaints(TEXT, TEXT), "--out", "out.csv", "--models", trained.bundle.parent)
    assert done.returncode == 0, done.stderr
    assert "scored    2 complaints" in done.stdout
    with Path("out.csv").open(newline="") as file:
        assert [row["id"] for row in csv.DictReader(file)] == ["0", "1"]


def test_score_ends_with_exit_code_1_above_the_allowed_rate_of_rejects(trained):
    arguments = ["score", _complaints(TEXT, " "), "--out", "out.csv", "--model", trained.bundle]
    done = _upheld(*arguments)
    assert done.returncode == 1
    assert "50.0% rejected; score.max_reject_rate allows 5.0%" in done.stderr
    assert _upheld(*arguments, UPHELD_SCORE__MAX_REJECT_RATE="0.5").returncode == 0


def test_no_complaint_text_is_printed(trained):
    done = _upheld(
        "score", _complaints("secret text", "secret \0"), "--out", "out.csv", "--model", trained.bundle
    )
    assert "secret" not in done.stdout + done.stderr


def test_read_then_label_gives_decisions_with_grounds():
    statement = next(path for path in sorted(DATA.rglob("*")) if path.suffix in {".txt", ".html"})
    assert _upheld("read", statement, "--out", "read.jsonl").returncode == 0
    assert _upheld("label", "read.jsonl", "--out", "labelled.jsonl").returncode == 0
    (decision,) = [json.loads(line) for line in Path("labelled.jsonl").read_text().splitlines()]
    assert decision["grounds"]
    assert set(decision["grounds"]) <= set(decision["evidence"])


def test_read_ends_with_exit_code_1_where_most_documents_are_refused():
    Path("empty.txt").write_text("")
    done = _upheld("read", "empty.txt", "--out", "read.jsonl")
    assert done.returncode == 1
    assert "empty document" in done.stderr
    assert json.loads(Path("read.rejects.jsonl").read_text())["reason"].startswith("empty document")


def _corpus(**fields: object) -> Path:
    values = {
        "reference": "24 013 909",
        "organisation": "Leeds City Council",
        "outcome": "closed_after_initial_enquiries",
        "complaint": "Mr X says it was slow.",
        "summary": "We will not investigate. The complaint is late (Local Government Act 1974, section 26B).",
    }
    path = Path("corpus.jsonl")
    path.write_text(json.dumps(values | fields) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("reference", ["24 013 909", "24-013-909"])
def test_explain_shows_each_label_and_its_sentence_and_writes_nothing(reference):
    done = _upheld("label", _corpus(), "--explain", reference)
    assert done.returncode == 0, done.stderr
    assert "24 013 909  Leeds City Council\nclosed_after_initial_enquiries" in done.stdout
    assert "Late complaint  late\n  Summary: We will not investigate. »The complaint is late" in done.stdout
    assert "LGA 1974 s26B\n" in done.stdout
    assert [path.name for path in Path().iterdir()] == ["corpus.jsonl"]


def test_explain_shows_hand_read_grounds_as_such():
    done = _upheld("label", _corpus(grounds=["no_fault"]), "--explain", "24 013 909")
    assert "Not enough evidence of fault  no_fault\n  read by hand\n" in done.stdout


def test_explain_sends_no_control_characters_to_the_terminal():
    done = _upheld(
        "label", _corpus(organisation="Leeds\x1b[2J", summary="It is late\x1b[2J."), "--explain", "24 013 909"
    )
    assert "\x1b" not in done.stdout
    assert "It is late" in done.stdout


def test_explain_writes_a_page_with_escaped_texts():
    done = _upheld(
        "label", _corpus(summary="It is <script>alert(1)</script> late."),
        "--explain", "24 013 909", "--html", "why.html",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    page = Path("why.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "It is &lt;script&gt;alert(1)&lt;/script&gt; late." in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nowhere to write; give --out FILE for all decisions, or --explain REFERENCE for one"),
        (["--explain", "99 999 999"], "corpus.jsonl: holds no decision '99 999 999'"),
        (["--explain", "24 013 909", "--out", "out.jsonl"], "--out cannot go with --explain"),
        (["--html", "why.html", "--out", "out.jsonl"], "--html goes with --explain"),
        (["--explain", "24 013 909", "--html", "no/why.html"], "no/why.html: cannot be written"),
    ],
)
def test_label_used_wrongly_ends_with_exit_code_2(arguments, message):
    done = _upheld("label", _corpus(), *arguments)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_label_ends_with_a_table_and_the_same_as_json():
    done = _upheld("label", _corpus(), "--out", "out.jsonl", "--report", "report.json")
    assert done.returncode == 0, done.stderr
    table = [line.split(maxsplit=1) for line in done.stdout.splitlines()[1:]]
    assert [[name, value.strip()] for name, value in table] == [
        ["documents", "1"],
        ["decisions", "1"],
        ["rejects", "0 (0.0%)"],
        ["outcomes", "closed_after_initial_enquiries: 1"],
        ["received", "in  2024: 1"],
        ["grounds", "100.0% have one that is not a fall-back"],
        ["citations", "100.0% have one"],
    ]
    assert json.loads(Path("report.json").read_text())["share_with_citations"] == 1


def test_read_counts_rejects_by_reason_and_reports_them_above_the_allowed_rate_too():
    Path("empty.txt").write_text("")
    done = _upheld("read", "empty.txt", "--out", "read.jsonl", "--report", "report.json")
    assert done.returncode == 1
    assert "1 empty document" in done.stdout
    assert json.loads(Path("report.json").read_text())["rejects_by_reason"] == {"empty document": 1}


def test_errors_of_ours_never_show_a_traceback(monkeypatch, capsys):
    def fail(*args: object, **kwargs: object) -> None:
        raise UpheldError("what happened; what next")

    monkeypatch.setattr(stages, "label", fail)
    monkeypatch.setattr(sys, "argv", ["upheld", "label", "a.jsonl", "--out", "b.jsonl"])
    with pytest.raises(SystemExit, match="2"):
        cli.main()
    assert capsys.readouterr().err == "error: what happened; what next\n"


@pytest.mark.slow
def test_train_prints_the_path_of_the_bundle_last_and_keeps_it_when_tracking_fails(small_corpus):
    done = _upheld(
        "train", "--corpus", small_corpus,
        MLFLOW_TRACKING_URI="http://127.0.0.1:9", MLFLOW_HTTP_REQUEST_MAX_RETRIES="0", UPHELD_EVALUATE__BOOTSTRAP="100",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    bundle = Path(done.stdout.splitlines()[-1])
    assert (bundle / "manifest.json").is_file()
    assert "the run was not logged" in done.stderr
    assert f"The bundle is safe in {bundle}; log it later with: upheld models sync" in done.stderr
    synced = _upheld("models", "sync")
    assert synced.returncode == 0, synced.stderr
    assert f"{bundle.name}  run " in synced.stdout
    assert _upheld("models", "sync").stdout == synced.stdout


@pytest.mark.slow
def test_run_does_everything_in_an_empty_folder():
    done = _upheld("run")
    assert done.returncode == 0, done.stderr
    assert all(word in done.stdout for word in ("labelled", "split", "tracked", "scored", "bundle"))
    with Path("out/sample.scored.csv").open(newline="", encoding="utf-8") as file:
        scored = {row["id"]: row for row in csv.DictReader(file)}
    assert len(scored) == 10
    # What any caseworker would say: missed bins and provision against penalty charges and tax bands.
    p = {number: float(row["p_upheld"]) for number, row in scored.items()}
    assert min(p["S1"], p["S8"]) > 0.5 > max(p["S2"], p["S6"])
    assert Path("mlflow.db").is_file()


@pytest.mark.parametrize("command", ["read", "label"])
def test_an_input_is_never_overwritten(command):
    Path("same.jsonl").write_text('{"text": "x"}\n')
    done = _upheld(command, "same.jsonl", "--out", "same.jsonl")
    assert done.returncode == 2
    assert "same.jsonl: would be overwritten by --out same.jsonl" in done.stderr
    assert Path("same.jsonl").read_text() == '{"text": "x"}\n'


def test_a_place_that_cannot_hold_bundles_is_told_before_training(small_corpus):
    Path("models").write_text("a file")
    done = _upheld("train", "--corpus", small_corpus)
    assert done.returncode == 2
    assert "models: cannot be written" in done.stderr
    assert "split" not in done.stdout


def test_run_says_where_it_cannot_write():
    Path("out").write_text("a file")
    done = _upheld("run")
    assert done.returncode == 2
    assert "out: cannot be made" in done.stderr


def test_sync_names_a_bundle_that_does_not_load_and_goes_on(trained):
    import shutil

    shutil.copytree(trained.bundle, Path("models") / trained.bundle.name)
    (shutil.copytree(trained.bundle, Path("models") / "20200101-000000-broken") / "outcome.skops").unlink()
    done = _upheld("models", "sync")
    assert done.returncode == 1
    assert "20200101-000000-broken  not logged: " in done.stderr
    assert f"{trained.bundle.name}  run " in done.stdout
