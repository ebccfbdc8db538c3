import csv
import gzip
import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from pipeline import cli
from pipeline.cli import progress
from pipeline.errors import BundleError, InputError
from pipeline.score.batch import score_file

TEXT = "The Council did not empty her bin for six weeks."
CHUNKS = {"UPHELD_SCORE__CHUNK_ROWS": "2"}


@pytest.fixture
def score(trained):
    """Run `upheld score` in this process; what would be its message on wrong use is raised."""

    def run(*arguments: str, standard_input: str | bytes | None = None, **environment: str) -> Result:
        command = ["score", "--model", str(trained.bundle), *arguments]
        done = CliRunner(env=environment).invoke(cli.app, command, input=standard_input)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return run


def _write(name: str, *rows: dict[str, str]) -> str:
    with Path(name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return name


def _read(name: str) -> list[dict[str, str]]:
    with Path(name).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_pipe_carries_nothing_but_rows(score):
    done = score("-", "--out", "-", standard_input=f"id,complaint\n1,{TEXT}\n")
    (row,) = csv.DictReader(io.StringIO(done.stdout))
    assert row["id"] == "1"
    assert "scored    1 complaints: standard output" in done.stderr
    assert list(Path().iterdir()) == []


def test_columns_are_mapped_and_reasons_given(score):
    _write("in.csv", {"id": "1", "story": TEXT, "area": "Environment and regulation"})
    score("in.csv", "--out", "o.csv", "--map", "complaint=story", "--map", "category=area", "--explain", "2")
    (row,) = _read("o.csv")
    assert row["story"] == TEXT
    assert row["reasons"].count("; ") == 3
    with pytest.raises(InputError, match="--map colour=area: must be FIELD=COLUMN"):
        score("in.csv", "--out", "o.csv", "--map", "colour=area")


def test_formulas_are_kept_where_that_is_asked_for(score):
    _write("in.csv", {"complaint": TEXT, "note": "=1+1"})
    score("in.csv", "--out", "o.csv")
    assert _read("o.csv")[0]["note"] == "'=1+1"
    score("in.csv", "--out", "o.csv", "--keep-formulas")
    assert _read("o.csv")[0]["note"] == "=1+1"


def test_formats_are_named_where_the_names_say_none(score):
    Path("in.txt").write_text(json.dumps({"text": TEXT}) + "\n")
    score("in.txt", "--out", "out.txt", "--input-format", "jsonl", "--output-format", "jsonl.gz")
    assert json.loads(gzip.decompress(Path("out.txt").read_bytes()))["text"] == TEXT


def test_the_summary_shows_rejects_by_reason_abstention_and_how_the_scores_lie(score):
    _write("in.csv", *({"complaint": text} for text in [TEXT, TEXT, "Qo'noS tlhIngan Hol", " "]))
    done = score("in.csv", "--out", "o.csv", UPHELD_SCORE__MAX_REJECT_RATE="0.5")
    assert done.exit_code == 0
    assert "scored    3 complaints: o.csv" in done.stdout
    assert "1 (33.3%) undecided" in done.stdout
    lines = [line for line in done.stdout.splitlines() if line[18:].lstrip().startswith(("0.", "1."))]
    assert sum(int(line.split()[-1]) for line in lines) == 3
    assert "rejected 1: column complaint: is empty" in done.stderr
    assert "o.rejects.jsonl" in done.stderr


def test_progress_is_a_line_in_a_log_now_and_then(score, monkeypatch):
    monkeypatch.setattr(progress, "LOG_ROWS_SECONDS", 0)
    _write("in.csv", *[{"complaint": TEXT}] * 4)
    done = score("in.csv", "--out", "o.csv", UPHELD_SCORE__CHUNK_ROWS="2")
    lines = [line for line in done.stderr.splitlines() if line.startswith("scoring: ")]
    assert [line.split(",")[0] for line in lines] == ["scoring: 2 rows", "scoring: 4 rows"]
    assert lines[-1].endswith("0 s left")


@pytest.fixture
def interrupted(bundle) -> str:
    """An input whose scoring was interrupted when two of its three chunks were finished."""
    source = _write("in.csv", *({"id": str(n), "complaint": TEXT} for n in range(6)))
    left = [2]

    def interrupt(rows: int, share: float | None) -> None:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt

    params = bundle.heads.params.score.model_copy(update={"chunk_rows": 2})
    with pytest.raises(KeyboardInterrupt):
        score_file(Path(source), Path("o.csv"), bundle=bundle, params=params, advance=interrupt)
    return source


def test_an_interrupted_run_is_resumed(score, interrupted):
    assert not Path("o.csv").exists()
    done = score(interrupted, "--out", "o.csv", "--resume", **CHUNKS)
    assert "scored    6 complaints, 4 of them by the run before: o.csv" in done.stdout
    assert [row["id"] for row in _read("o.csv")] == list("012345")
    assert not Path(".o.csv.partial").exists()


def test_the_page_of_a_resumed_run_holds_the_rows_of_both(score, interrupted):
    score(interrupted, "--out", "o.csv", "--resume", "--report", "page.html", **CHUNKS)
    score(interrupted, "--out", "whole.csv", "--report", "whole.html", **CHUNKS)
    assert Path("o.csv").read_bytes() == Path("whole.csv").read_bytes()
    assert Path("page.html").read_text(encoding="utf-8") == (
        Path("whole.html").read_text(encoding="utf-8").replace("whole.csv", "o.csv")
    )


def test_without_resume_an_interrupted_run_is_begun_anew(score, interrupted):
    done = score(interrupted, "--out", "o.csv", **CHUNKS)
    assert "scored    6 complaints: o.csv" in done.stdout


@pytest.mark.parametrize(
    ("options", "environment"),
    [
        (["--explain", "2"], {}),
        (["--map", "complaint=complaint"], {}),
        (["--keep-formulas"], {}),
        ([], {"UPHELD_SCORE__CHUNK_ROWS": "3"}),
    ],
)
def test_an_interrupted_run_is_not_resumed_with_other_settings(score, interrupted, options, environment):
    with pytest.raises(InputError, match=r"the run to resume had other settings\. .*leave out --resume"):
        score(interrupted, "--out", "o.csv", "--resume", *options, **(CHUNKS | environment))


def test_an_interrupted_run_is_not_resumed_with_another_input(score, interrupted):
    with Path(interrupted).open("a") as file:
        file.write(f"6,{TEXT}\n")
    with pytest.raises(InputError, match="the run to resume had other input"):
        score(interrupted, "--out", "o.csv", "--resume", **CHUNKS)


def test_an_interrupted_run_is_not_resumed_with_another_model(score, interrupted, trained, tmp_path):
    copy = shutil.copytree(trained.bundle, tmp_path / "copy" / "renamed")
    manifest = json.loads((copy / "manifest.json").read_text())
    (copy / "manifest.json").write_text(json.dumps(manifest | {"version": "renamed"}))
    with pytest.raises(InputError, match="the run to resume had other model"):
        score(interrupted, "--out", "o.csv", "--resume", "--model", str(copy), **CHUNKS)


def test_an_input_that_breaks_off_leaves_nothing_under_the_final_name(score):
    text = "complaint\n" + "".join(f"{TEXT} {n} {os.urandom(400).hex()}\n" for n in range(3_000))
    Path("in.csv.gz").write_bytes(gzip.compress(text.encode())[:-2_000])
    with pytest.raises(InputError, match=r"in\.csv\.gz: breaks off or is damaged after row \d+"):
        score("in.csv.gz", "--out", "o.csv")
    assert [path.name for path in Path().iterdir()] == ["in.csv.gz"]


def test_an_altered_bundle_is_refused_before_anything_is_written(score, trained, tmp_path):
    copy = shutil.copytree(trained.bundle, tmp_path / "copy" / trained.bundle.name)
    (copy / "outcome.skops").write_bytes(b"PK")
    _write("in.csv", {"complaint": TEXT})
    with pytest.raises(BundleError):
        score("in.csv", "--out", "o.csv", "--model", str(copy))
    assert sorted(path.name for path in Path().iterdir()) == ["copy", "in.csv"]


def test_an_interrupted_command_says_how_to_go_on(score, monkeypatch):
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pipeline.stages.score", interrupted)
    done = score("in.csv", "--out", "o.csv")
    assert done.exit_code == 130
    assert "the same command with --resume goes on from here" in done.stderr


@pytest.mark.slow
def test_rows_that_nobody_takes_end_the_command_with_a_message(trained):
    _write("in.csv", {"complaint": TEXT})
    command = [sys.executable, "-m", "pipeline", "score", "in.csv", "--out", "-", "--model", trained.bundle]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "standard output: cannot be written (No space left on device)" in done.stderr
    assert "Traceback" not in done.stderr
