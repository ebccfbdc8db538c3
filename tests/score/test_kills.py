"""Runs that are killed at random moments: no row is lost, none is doubled, and the bytes are those of a quiet run."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from pipeline.score.work import JOURNAL, work_folder

TEXT = "Mr X says the Council has missed his assisted bin collection, {} times since May."
KILLS = 20

# One process that has loaded all: each run is a copy of it, which is there at once.
KILLED_AT_RANDOM = """
import os, random, signal, sys, time
from pathlib import Path
from pipeline.bundle import load_bundle
from pipeline.score.batch import score_file
from pipeline.score.plan import Options

bundle = load_bundle(Path(sys.argv[1]))
params = bundle.heads.params.score.model_copy(update={"chunk_rows": 20})
output, kills, rng = Path(sys.argv[2]), int(sys.argv[3]), random.Random(0)
options = Options(resume=True)
while True:
    run = os.fork()
    if run == 0:
        score_file(Path("in.csv"), output, bundle=bundle, params=params, advance=lambda *_: None, options=options)
        os._exit(0)
    if kills == 0:
        sys.exit(os.waitpid(run, 0)[1])
    time.sleep(rng.uniform(0.0, 0.15))
    os.kill(run, signal.SIGKILL)
    if os.waitpid(run, 0)[1] == signal.SIGKILL:
        kills -= 1
    else:  # it was done before
        for path in output.parent.glob("*"):
            path.unlink()
"""


def _input(rows: int) -> None:
    """Write in.csv, where every 50th complaint is empty."""
    with Path("in.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "complaint"])
        writer.writerows([n, TEXT.format(n) if n % 50 else ""] for n in range(1, rows + 1))


def _assert_each_row_once(output: Path, rows: int) -> None:
    with output.open(newline="") as file:
        scored = [int(row["id"]) for row in csv.DictReader(file)]
    rejects = output.with_suffix("").with_suffix(".rejects.jsonl").read_text().splitlines()
    assert scored == [n for n in range(1, rows + 1) if n % 50]
    assert [json.loads(line)["row"] for line in rejects] == [n for n in range(1, rows + 1) if n % 50 == 0]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["out.csv", "out.parquet"])
def test_no_row_is_lost_or_doubled_however_often_a_run_is_killed(trained, name):
    _input(rows := 1_000)
    for folder, kills in (("quiet", 0), ("killed", KILLS)):
        Path(folder).mkdir()
        script = [sys.executable, "-c", KILLED_AT_RANDOM, str(trained.bundle), f"{folder}/{name}", str(kills)]
        done = subprocess.run(
            script, env=os.environ | {"OMP_NUM_THREADS": "1"}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    files = [sorted(path.name for path in Path(folder).iterdir()) for folder in ("quiet", "killed")]
    assert files == [sorted([name, "out.rejects.jsonl"])] * 2
    for file in files[0]:
        assert Path("killed", file).read_bytes() == Path("quiet", file).read_bytes()
    if name == "out.csv":
        _assert_each_row_once(Path("killed/out.csv"), rows)


def _command(trained, *options: str) -> subprocess.Popen:
    upheld = [sys.executable, "-m", "pipeline", "score", "in.csv", "--out", "out.csv"]
    settings = {"UPHELD_SCORE__CHUNK_ROWS": "500", "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen(
        [*upheld, "--model", str(trained.bundle), *options],
        env=os.environ | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _wait_for(holds, what: str) -> None:
    ends = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < ends, f"{what} did not happen"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_killed_command_takes_its_workers_with_it_and_is_resumed(trained):
    _input(rows := 9_000)  # more than are scored in one process
    journal = work_folder(Path("out.csv")) / JOURNAL
    run = _command(trained)
    _wait_for(lambda: journal.exists() and '"n":5' in journal.read_text(), "scoring of 5,000 rows")
    workers = psutil.Process(run.pid).children(recursive=True)
    run.send_signal(signal.SIGSTOP)
    second = _command(trained)
    assert "is being written by another run" in second.communicate()[1]
    assert second.returncode == 2
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert workers
    assert not psutil.wait_procs(workers, timeout=30)[1]
    assert not Path("out.csv").exists()
    again = _command(trained, "--resume")
    shown, errors = again.communicate()
    assert again.returncode == 0, errors
    assert "of them by the run before" in shown
    _assert_each_row_once(Path("out.csv"), rows)
