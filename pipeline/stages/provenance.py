"""A training under way in, what it ran on out: the commit of the folder it runs in, its time, processor and memory.

MLflow's own sampler writes to an open run while the work goes on. Here nothing is logged before the bundle is safe, so
that no store can disturb a training: the samples wait in the manifest, and reach the store with everything else.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psutil

SAMPLES = 60  # at the most; when they are reached every other one goes and the pause doubles
MEGABYTE = 1_000_000


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return {"commit": hex, "dirty": bool} of the folder's repository; None outside one, or without git.

    `dirty`: some file there differs from the commit, or is not under version control.
    """
    git = shutil.which("git")
    commit = _output(git, folder, "rev-parse", "HEAD") if git else None
    if not git or not commit:
        return None
    return {"commit": commit, "dirty": bool(_output(git, folder, "status", "--porcelain"))}


def _output(git: str, folder: Path, *arguments: str) -> str | None:
    done = subprocess.run(  # noqa: S603  # no shell, and every argument is our own
        [git, "-C", str(folder), *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else None


@dataclass(slots=True)
class Usage:
    """What a piece of work has used since it began; `samples` hold (seconds, processor %, memory in MB).

    100 % is one core. The memory of child processes counts too.
    """

    started: float = field(default_factory=time.time)
    begun: float = field(default_factory=time.perf_counter)
    samples: list[tuple[float, float, float]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return {"started": Unix time, "seconds": until now, "samples": [[seconds, processor, memory], ...]}."""
        samples = [[round(value, 2) for value in sample] for sample in self.samples]
        seconds = time.perf_counter() - self.begun
        return {"started": round(self.started, 3), "seconds": round(seconds, 2), "samples": samples}


@contextmanager
def usage(pause: float = 0.5) -> Iterator[Usage]:
    """Measure what happens inside, a sample every `pause` seconds."""
    measured, done = Usage(), Event()
    sampler = Thread(target=_sample, args=(measured, done, pause), daemon=True)
    sampler.start()
    try:
        yield measured
    finally:
        done.set()
        sampler.join()


def _sample(measured: Usage, done: Event, pause: float) -> None:
    own = psutil.Process()
    own.cpu_percent()  # the first call only starts the clock
    while not done.wait(pause):
        seconds = time.perf_counter() - measured.begun
        measured.samples.append((seconds, own.cpu_percent(), _memory(own)))
        if len(measured.samples) >= SAMPLES:
            measured.samples = measured.samples[1::2]
            pause *= 2


def _memory(own: psutil.Process) -> float:
    total = own.memory_info().rss
    for child in own.children(recursive=True):
        try:
            total += child.memory_info().rss
        except psutil.Error:  # it has just ended
            continue
    return float(total / MEGABYTE)
