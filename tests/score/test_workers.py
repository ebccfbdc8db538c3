import time
from pathlib import Path

import psutil
import pytest
from joblib.externals.loky import get_reusable_executor

from pipeline.errors import ScoringError
from pipeline.score import workers
from pipeline.score.chunk import Chunk, Task
from pipeline.score.workers import Workers
from pipeline.tables import JsonlEncoder, Row

WORKER = "joblib.externals.loky.backend.popen_loky_posix"
TEXT = "Mr X says the Council has missed his assisted bin collection, {} times since May."


@pytest.fixture(autouse=True)
def _no_other_workers() -> None:
    """End the processes that joblib keeps for a while after other tests."""
    get_reusable_executor().shutdown(wait=True, kill_workers=True)


@pytest.fixture
def task(bundle) -> Task:
    return Task(bundle, JsonlEncoder())


def _chunks(count: int, rows: int = 5) -> list[Chunk]:
    return [
        Chunk([Row(n, {"complaint": TEXT.format(number * rows + n)}) for n in range(rows)], number / count)
        for number in range(count)
    ]


def _children() -> list[psutil.Process]:
    """The worker processes; what earlier tests have left, ended but not yet taken leave of, is none."""
    return [child for child in psutil.Process().children(recursive=True) if _works(child)]


def _works(process: psutil.Process) -> bool:
    try:
        return WORKER in process.cmdline()
    except psutil.NoSuchProcess:  # a zombie has no command line
        return False


def test_few_rows_are_scored_without_starting_a_process(task):
    with Workers() as pool:
        done = [chunk for chunk in pool.score(iter(_chunks(3)), task, Path()) if not _children()]
    assert [chunk.tally.rows for chunk in done] == [5, 5, 5]
    assert list(Path().iterdir()) == []


@pytest.mark.slow
def test_many_rows_come_back_in_order_with_the_same_bytes_whoever_scores_them(task, monkeypatch):
    monkeypatch.setattr(workers, "FEW", 9)
    with Workers() as pool:
        pool.start()
        found = list(pool.score(iter(_chunks(30)), task, Path()))
    assert found == [task.score(chunk) for chunk in _chunks(30)]
    assert not _children()


@pytest.mark.slow
def test_chunks_are_read_only_a_little_ahead_of_a_slow_reader(task, monkeypatch):
    monkeypatch.setattr(workers, "FEW", 0)
    monkeypatch.setattr("joblib.cpu_count", lambda: 2)
    read: list[int] = []

    def chunks():
        for number, chunk in enumerate(_chunks(100, rows=1)):
            read.append(number)
            yield chunk

    with Workers() as pool:
        scored = pool.score(chunks(), task, Path())
        for _ in range(3):
            next(scored)
            time.sleep(0.3)
        assert len(read) <= 3 + 1 + workers.AHEAD * 2
    assert not _children()


@pytest.mark.slow
def test_an_error_in_the_input_ends_all_workers(task, monkeypatch):
    monkeypatch.setattr(workers, "FEW", 0)

    def broken_input():
        yield from _chunks(3)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"), Workers() as pool:
        list(pool.score(broken_input(), task, Path()))
    assert not _children()


@pytest.mark.slow
def test_a_worker_that_is_killed_ends_the_run_with_a_message(task, monkeypatch):
    monkeypatch.setattr(workers, "FEW", 0)
    with Workers() as pool:
        scored = pool.score(iter(_chunks(400)), task, Path())
        next(scored), next(scored)
        for child in _children():
            child.kill()
        with pytest.raises(ScoringError, match="a worker process was ended from outside"):
            list(scored)


@pytest.mark.slow
def test_a_task_that_something_else_has_changed_is_not_loaded(task, monkeypatch):
    monkeypatch.setattr(workers, "FEW", 0)

    def chunks():
        yield from _chunks(1)
        Path("task").write_bytes(b"something else")
        yield from _chunks(1)

    with pytest.raises(ScoringError, match="task: was changed by something else"), Workers() as pool:
        list(pool.score(chunks(), task, Path()))
