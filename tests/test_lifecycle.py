"""The whole life of a model on a real tracking server: trained, compared, promoted, served, rolled back, made again."""

import csv
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, chdir, contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline import cli
from pipeline.corpus import sample_complaints
from tests.conftest import CORPUS
from tests.tracking.conftest import Server, free_port, running, wait_for

pytestmark = pytest.mark.slow

# Counting letters: a model that any other beats.
POOR = {
    "UPHELD_FEATURES__CHAR_NGRAMS": "[1, 1]",
    **{
        f"UPHELD_FEATURES__{name}_WEIGHT": "0"
        for name in ("WORD", "IDEA", "SIGNAL", "CATEGORY", "SUBCATEGORY")
    },
}
# What the letters of a small corpus can hold to.
LENIENT = {"UPHELD_PROMOTION__MAX_ECE": "0.5", "UPHELD_PROMOTION__MIN_CASES": "100"}


@dataclass
class Said:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass
class Story:
    """A folder with bundles and files, the server, and what each command said."""

    folder: Path
    server: Server
    corpus: Path
    said: dict[str, Said]

    @property
    def client(self) -> MlflowClient:
        return MlflowClient(self.server.uri)

    def environment(self, **more: str) -> dict[str, str]:
        own = {"MLFLOW_TRACKING_URI": self.server.uri, "UPHELD_EVALUATE__BOOTSTRAP": "200", "LOGNAME": "ada"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # `mlflow models serve` calls uvicorn
        return os.environ | own | LENIENT | {"PATH": path} | more

    def upheld(self, name: str, *arguments: str | Path, **more: str) -> Said:
        """Run a command as `upheld` does, without the seconds that a process of its own takes to start."""
        out, err, code = StringIO(), StringIO(), 0
        with pytest.MonkeyPatch.context() as patch, chdir(self.folder):
            patch.setattr(sys, "argv", ["upheld", *map(str, arguments)])
            for key, value in self.environment(**more).items():
                patch.setenv(key, value)
            try:
                with redirect_stdout(out), redirect_stderr(err):
                    cli.main()
            except SystemExit as end:
                code = int(end.code or 0)
        self.said[name] = Said(code, out.getvalue(), err.getvalue())
        return self.said[name]

    def trainings(self) -> list[str]:
        """The finished runs of trainings, the first one first."""
        experiment = self.client.get_experiment_by_name("upheld").experiment_id
        runs = self.client.search_runs(
            [experiment], "tags.`upheld.kind` = 'training'", order_by=["attributes.start_time ASC"]
        )
        return [run.info.run_id for run in runs if run.info.status == "FINISHED"]

    def holder(self, alias: str) -> str:
        return str(self.client.get_model_version_by_alias("upheld", alias).version)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """Two models trained, the first made champion, then the second, and the first one's return refused."""
    folder = tmp_path_factory.mktemp("story")
    lines = CORPUS.read_text(encoding="utf-8").splitlines()
    corpus, new = folder / "cases.jsonl", folder / "new.jsonl"
    corpus.write_text("\n".join(lines[::3]) + "\n", encoding="utf-8")
    new.write_text("\n".join(lines[1::6]) + "\n", encoding="utf-8")
    with running(tmp_path_factory.mktemp("story-server")) as server:
        told = Story(folder, server, corpus, {})
        told.upheld("train poor", "train", "--corpus", corpus, **POOR)
        told.upheld("train good", "train", "--corpus", corpus)
        told.upheld("promote first", "promote", "1")
        told.upheld("promote better", "promote", "challenger")
        told.upheld("promote worse", "promote", "1")
        yield told


def test_both_trainings_are_runs_with_their_settings_and_the_same_datasets(story):
    assert story.said["train poor"].code == 0, story.said["train poor"].err
    poor, good = (story.client.get_run(run_id) for run_id in story.trainings()[:2])
    assert poor.data.params["features.char_ngrams"] == "[1, 1]"
    assert good.data.params["features.char_ngrams"] == "[3, 4]"
    digests = [{one.dataset.digest for one in run.inputs.dataset_inputs} for run in (poor, good)]
    assert digests[0] == digests[1]
    assert len(digests[0]) == 3
    assert poor.data.metrics["matched_auc_hi"] < good.data.metrics["matched_auc"]


def test_the_first_model_needs_no_champion_to_beat(story):
    said = story.said["promote first"]
    assert said.code == 0, said.out + said.err
    assert "version 1, no champion yet" in said.out
    assert "Brier score" not in said.out


def test_a_better_challenger_is_promoted(story):
    said = story.said["promote better"]
    assert said.code == 0, said.out + said.err
    assert "version 2, champion 1" in said.out
    assert "version 2 is champion: passed on" in said.out


def test_a_worse_one_is_refused_line_by_line_with_how_much_it_misses(story):
    said = story.said["promote worse"]
    assert said.code == 1
    (line,) = [line for line in said.out.splitlines() if line.startswith("fail length-matched AUC")]
    assert "beside the champion's" in line
    assert "missed by" in line
    assert said.err.startswith("refused: version 1 fails on length-matched AUC")


def test_models_lists_versions_figures_and_history(story):
    story.upheld("models", "models")
    said = story.said["models"].out
    newest, first = [line.split() for line in said.splitlines()[1:3]]
    assert newest[:2] == ["2", "champion"]
    assert first[0] == "1"
    figure = story.client.get_run(story.trainings()[1]).data.metrics["matched_auc"]
    assert f"{figure:.3f}" in newest
    assert "version 1 promoted by ada: passed on" in said
    assert "version 2 promoted by ada, version 1 before: passed on" in said
    assert "version 1 refused by ada, version 2 before: length-matched AUC" in said


def test_a_version_that_is_no_version_is_wrong_use(story):
    story.upheld("no version", "promote", "9")
    assert story.said["no version"].code == 2
    assert "error: upheld: has no version '9'; it has 1, 2." in story.said["no version"].err


@contextmanager
def _served(story: Story) -> Iterator[str]:
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--model-uri", "models:/upheld@champion"]
    command += ["--env-manager", "local", "--host", "127.0.0.1", "--port", str(port)]
    with (story.folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=story.environment(), cwd=story.folder, stdout=log, stderr=log, start_new_session=True
        )
    try:
        wait_for(f"http://127.0.0.1:{port}/ping", process)
        yield f"http://127.0.0.1:{port}/invocations"
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def _ask(address: str, body: dict[str, object]) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(address, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def test_the_champion_answers_over_http_what_the_command_line_writes(story):
    with ExitStack() as stack:
        sample = sample_complaints(stack)
        story.upheld("score", "score", sample, "--out", "scored.csv", "--model", "models:/upheld@champion")
        with sample.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    assert story.said["score"].code == 0, story.said["score"].err
    with (story.folder / "scored.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    columns = list(rows[0])
    split = {"columns": columns, "data": [[row[name] for name in columns] for row in rows]}
    with _served(story) as address:
        records = _ask(address, {"dataframe_records": rows})
        in_columns = _ask(address, {"dataframe_split": split})
        asked = _ask(address, {"dataframe_records": rows, "params": {"explain": 1, "upheld_rate": 0.1}})
        wrong = _ask(address, {"dataframe_records": [{"complant": rows[0]["complaint"], "ward": "North"}]})
    assert records[0] == in_columns[0] == asked[0] == 200
    for answer in (records, in_columns):
        predictions = answer[1]["predictions"]
        assert [list(one) for one in predictions] == [list(one) for one in written]
        for one, other in zip(predictions, written, strict=True):
            assert abs(one["p_upheld"] - float(other["p_upheld"])) < 1e-9
            assert (one["outcome"], one["model"], one["id"]) == (
                other["outcome"],
                other["model"],
                other["id"],
            )
            assert ";".join(f"{g['code']}:{g['p']}" for g in one["grounds"]) == other["grounds"]
    pairs = zip(asked[1]["predictions"], records[1]["predictions"], strict=True)
    assert all(one["p_upheld"] < other["p_upheld"] and one["reasons"] for one, other in pairs)
    assert wrong[0] == 400
    assert "columns 'complant', 'ward': none of them is the complaint" in wrong[1]["message"]
    assert rows[0]["complaint"][:20] not in json.dumps(wrong[1])


def test_check_tells_figures_by_period_drift_and_whether_to_retrain(story):
    story.upheld("check", "models", "check", "--corpus", "new.jsonl", UPHELD_RETRAINING__NEW_SHARE="0.2")
    said = story.said["check"]
    assert said.code == 1, said.err
    lines = said.out.splitlines()
    periods = [line.split()[0] for line in lines[2:] if line[:2] == "20"]
    assert periods == sorted(periods)
    assert {"2023/24", "2024/25"} <= set(periods)
    assert "inputs" in lines
    assert "retraining is advised" in lines
    assert "There is more to learn from" in said.out
    bundles = sorted((story.folder / "models").iterdir())
    assert len(bundles) == 2  # it advises, and trains nothing


def test_check_refuses_cases_that_the_champion_was_trained_on(story):
    story.upheld("check old", "models", "check", "--corpus", story.corpus)
    assert story.said["check old"].code == 2
    assert "cases is upheld or closed and new to the model" in story.said["check old"].err


def test_models_can_be_compared_on_newer_decisions(story):
    story.upheld("promote on new", "promote", "1", "--corpus", "new.jsonl")
    said = story.said["promote on new"]
    assert said.code == 1, said.err
    assert "fail length-matched AUC" in said.out
    story.upheld("promote on old", "promote", "1", "--corpus", story.corpus)
    assert "fail test cases: 0, 0 of the rarer outcome" in story.said["promote on old"].out


def test_another_corpus_is_refused_with_both_digests(story):
    run_id = story.trainings()[1]
    story.upheld("another corpus", "train", "--from-run", run_id, "--corpus", "new.jsonl")
    said = story.said["another corpus"]
    assert said.code == 2
    tag = story.client.get_run(run_id).data.tags["upheld.corpus_sha256"]
    assert f"new.jsonl: is not the corpus of run {run_id}" in said.err
    assert tag in said.err


def test_a_promotion_can_be_forced_and_rolled_back_and_both_go_on_record(story):
    story.upheld("no reason", "promote", "1", "--force", " ")
    assert story.said["no reason"].code == 2
    story.upheld("force", "promote", "1", "--force", "for a test")
    assert story.said["force"].code == 0, story.said["force"].err
    assert "version 1 is champion, against the gate: for a test" in story.said["force"].out
    assert story.holder("champion") == "1"
    story.upheld("rollback", "models", "rollback", "--reason", "it counts letters")
    assert story.said["rollback"].code == 0, story.said["rollback"].err
    assert "version 2 rolled back by ada, version 1 before: it counts letters" in story.said["rollback"].out
    assert story.holder("champion") == "2"


def _asked(story: Story, run_id: str) -> bool:
    """Whether the server has been asked for a run since its log was emptied."""
    return run_id in (story.server.folder / "log").read_text(encoding="utf-8", errors="replace")


def test_a_training_made_again_survives_the_death_of_the_server_and_gives_the_same_weights(story):
    run_id = story.trainings()[1]
    (story.server.folder / "log").write_bytes(b"")
    training = subprocess.Popen(
        [sys.executable, "-m", "pipeline", "train", "--from-run", run_id, "--corpus", str(story.corpus)],
        cwd=story.folder, env=story.environment(**POOR, MLFLOW_HTTP_REQUEST_MAX_RETRIES="0"), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not _asked(story, run_id) and training.poll() is None:
        time.sleep(0.05)
    story.server.kill()
    said, complained = training.communicate(timeout=300)
    assert training.returncode == 0, complained
    assert f"every weight is that of run {run_id}" in said
    assert "the run was not logged" in complained
    bundle = Path(said.splitlines()[-1])
    assert (story.folder / bundle / "manifest.json").is_file()
    story.server.start()
    assert len(story.trainings()) == 2
    for _ in range(2):
        story.upheld("sync", "models", "sync")
        assert story.said["sync"].code == 0, story.said["sync"].err
        assert f"{bundle.name}  run " in story.said["sync"].out
        assert len(story.trainings()) == 3
    assert story.holder("challenger") == "3"
