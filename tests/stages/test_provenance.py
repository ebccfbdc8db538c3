import subprocess
import time
from pathlib import Path

import pytest

from pipeline.stages.provenance import SAMPLES, git_state, usage


def _git(*arguments: str) -> None:
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository() -> Path:
    _git("init")
    Path("params.yaml").write_text("seed: 1\n")
    _git("add", "params.yaml")
    _git("commit", "-m", "first")
    return Path.cwd()


def test_a_clean_folder_has_its_commit(repository):
    state = git_state(repository)
    head = subprocess.run(
        ["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout.strip()
    assert state == {"commit": head, "dirty": False}


@pytest.mark.parametrize("name", ["params.yaml", "new.yaml"])
def test_a_changed_or_a_new_file_makes_a_folder_dirty(repository, name):
    Path(name).write_text("seed: 2\n")
    assert git_state(repository)["dirty"] is True


def test_a_folder_below_belongs_to_the_repository(repository):
    below = repository / "a" / "b"
    below.mkdir(parents=True)
    assert git_state(below)["dirty"] is False


def test_a_folder_outside_a_repository_has_no_commit(tmp_path):
    assert git_state(tmp_path) is None


def test_a_repository_without_a_commit_has_none():
    _git("init")
    assert git_state(Path.cwd()) is None


def test_without_git_there_is_no_commit(repository, monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert git_state(repository) is None


def test_usage_samples_time_processor_and_memory():
    with usage(pause=0.01) as used:
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            sum(range(1000))
    found = used.as_json()
    assert found["seconds"] >= 0.3
    assert abs(found["started"] - time.time()) < 60
    seconds, cpu, memory = zip(*found["samples"], strict=True)
    assert sorted(seconds) == list(seconds)
    assert max(cpu) > 0
    assert min(memory) > 1
    assert len(found["samples"]) < SAMPLES


def test_long_work_keeps_a_bounded_number_of_samples():
    with usage(pause=0.001) as used:
        time.sleep(0.4)
    assert 0 < len(used.samples) < SAMPLES


def test_sampling_ends_when_the_work_fails():
    with pytest.raises(ValueError, match="broken"), usage(pause=0.001) as used:
        raise ValueError("broken")
    count = len(used.samples)
    time.sleep(0.05)
    assert len(used.samples) == count
