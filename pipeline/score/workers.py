"""Chunks in, scored chunks out in the same order: a few in this process, many over all cores."""

import gc
import hashlib
import os
import pickle
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Self

from pipeline.errors import ScoringError
from pipeline.features.signals import as_doc
from pipeline.score.chunk import Chunk, ScoredChunk, Task
from pipeline.tables.names import unwritable

FEW = 4_000  # rows done here, in less time than worker processes need to start and import the package
AHEAD = 3  # chunks a core that are read before their turn: no core waits, and memory stays bounded
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Workers:
    """Processes on all cores that score chunks; they start when they are needed, or before, and end with the block."""

    def __init__(self) -> None:
        self._pool: Any = None
        self._running: deque[Future[ScoredChunk]] = deque()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool is None:
            return
        for future in self._running:
            future.cancel()
        # Chunks under way are waited for: to kill workers in the midst of them leaves some of them alive.
        self._pool.shutdown(kill_workers=not self._running)

    def start(self) -> None:
        """Start the processes, if they do not run yet; returns before they are ready."""
        if self._pool is None:
            from joblib import cpu_count
            from joblib.externals.loky import ProcessPoolExecutor

            self._pool = ProcessPoolExecutor(
                cpu_count(), initializer=_begin, initargs=gc.get_threshold(), env=ONE_THREAD
            )
            self._pool.submit(os.getpid)  # the first of all starts them

    def score(self, chunks: Iterator[Chunk], task: Task, scratch: Path) -> Iterator[ScoredChunk]:
        """Yield what became of each chunk.

        Args:
            chunks: may be endless; a few a core are in memory at a time, however slowly the results are taken.
            task: how to score.
            scratch: a folder in which the task is written for the processes, since it is too large for their pipes.

        Raises:
            ScoringError: a process was ended from outside.
        """
        first, rows = [], 0
        for chunk in chunks:
            first.append(chunk)
            rows += len(chunk.rows)
            if rows > FEW:
                yield from self._over_cores(first, chunks, task, _TaskFile.written(task, scratch))
                return
        yield from map(task.score, first)

    def _over_cores(
        self, first: list[Chunk], rest: Iterator[Chunk], task: Task, file: "_TaskFile"
    ) -> Iterator[ScoredChunk]:
        from joblib import cpu_count

        self.start()
        running = self._running
        try:
            running.extend(
                self._pool.submit(_score, file, chunk) for chunk in islice(rest, AHEAD * cpu_count())
            )
            yield from map(task.score, first)  # meanwhile the processes start
            while running:
                done = running.popleft().result()
                running.extend(self._pool.submit(_score, file, chunk) for chunk in islice(rest, 1))
                yield done
        except BrokenProcessPool as error:
            raise ScoringError(
                "a worker process was ended from outside, perhaps for want of memory. Make room, then run the same "
                "command with --resume."
            ) from error


@dataclass(frozen=True, slots=True)
class _TaskFile:
    """Where a pickled task is, and its digest: nothing else is ever unpickled from there."""

    path: Path
    digest: str

    @classmethod
    def written(cls, task: Task, folder: Path) -> Self:
        data = pickle.dumps(task)
        path = folder / "task"
        try:
            path.write_bytes(data)
        except OSError as error:
            raise unwritable(path, error) from error
        return cls(path, hashlib.sha256(data).hexdigest())


@lru_cache(maxsize=1)
def _loaded(file: _TaskFile) -> Task:
    """Load the task, once a process."""
    data = file.path.read_bytes()
    if hashlib.sha256(data).hexdigest() != file.digest:
        raise ScoringError(f"{file.path}: was changed by something else; run the same command with --resume.")
    task: Task = pickle.loads(data)  # noqa: S301  # this run has written it: the digest says so
    return task


def _score(file: _TaskFile, chunk: Chunk) -> ScoredChunk:
    return _loaded(file).score(chunk)


def _begin(*garbage: int) -> None:
    """Make a process ready: its parent stops it, and what takes long has been done before the first chunk comes.

    It looks for `garbage` as seldom as its parent does.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.set_threshold(*garbage)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    as_doc([])


def _end_with(parent: int) -> None:
    """End this process soon after its parent, which may be killed without a chance to say so."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
