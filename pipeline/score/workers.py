"""Chunks in, scored chunks out in the same order: a few in this process, many over all cores."""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from itertools import islice

from pipeline.errors import ScoringError
from pipeline.score.chunk import Chunk, ScoredChunk, Task

FEW = 4_000  # rows done here before worker processes have started and imported the package
AHEAD = 3  # chunks a core that are read before their turn: no core waits, and memory stays bounded
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

_task: Task  # of a worker process, from its start on


def score_chunks(chunks: Iterator[Chunk], task: Task) -> Iterator[ScoredChunk]:
    """Yield what became of each chunk.

    Args:
        chunks: may be endless; a few a core are in memory at a time, however slowly the results are taken.
        task: how to score.

    Raises:
        ScoringError: a worker process was ended from outside.
    """
    first, rows = [], 0
    for chunk in chunks:
        first.append(chunk)
        rows += len(chunk.rows)
        if rows > FEW:
            yield from _over_cores(first, chunks, task)
            return
    yield from map(task.score, first)


def _over_cores(first: list[Chunk], rest: Iterator[Chunk], task: Task) -> Iterator[ScoredChunk]:
    from joblib import cpu_count
    from joblib.externals.loky import ProcessPoolExecutor

    cores = cpu_count()
    pool = ProcessPoolExecutor(cores, initializer=_begin, initargs=(task,), env=ONE_THREAD)
    running: deque[Future[ScoredChunk]] = deque()
    try:
        running.extend(pool.submit(_score, chunk) for chunk in islice(rest, AHEAD * cores))
        yield from map(task.score, first)  # meanwhile the workers start
        while running:
            done = running.popleft().result()
            running.extend(pool.submit(_score, chunk) for chunk in islice(rest, 1))
            yield done
    except BrokenProcessPool as error:
        raise ScoringError(
            "a worker process was ended from outside, perhaps for want of memory; set score.chunk_rows lower."
        ) from error
    finally:
        for future in running:
            future.cancel()
        pool.shutdown(
            kill_workers=not running
        )  # chunks under way are waited for: to kill their workers leaves some


def _begin(task: Task) -> None:
    global _task  # sent once a process, not once a chunk
    _task = task
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent stops its workers
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()


def _score(chunk: Chunk) -> ScoredChunk:
    return _task.score(chunk)


def _end_with(parent: int) -> None:
    """End this process soon after its parent, which may be killed without a chance to say so."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
