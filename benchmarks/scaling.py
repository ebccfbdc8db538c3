"""Training at ten and at a hundred thousand decisions: how long, how much memory, and how both grow.

    python benchmarks/scaling.py [--sizes 2000 10000 100000]

Decisions are made anew from the sentences of the retold cases, so that every complaint is another, with invented
names in them, so that the vocabulary grows as it does in life. Each size is one `upheld train` in a process of its
own. Prints seconds and the peak memory of the process with its workers, then the exponent k in n^k from one size to
the next: n log n grows by a k of 1.10 from 10,000 to 100,000.
"""

import argparse
import json
import math
import random
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
from recombine import cases

SYLLABLES = "bar bel cor dan del fen gar hol ken lam mar nor pel ros sel tor ven wal wes wyn".split()
STEP = 0.5  # seconds between two looks at the memory


def decisions(count: int, *, seed: int = 7) -> Iterator[dict[str, Any]]:
    """Yield decisions whose complaints are sentences of cases of one category and outcome, in a new order."""
    draw = random.Random(seed)
    known = cases()
    sentences: dict[tuple[str, str], list[str]] = defaultdict(list)
    for case in known:
        sentences[case["category"], case["outcome"]] += case["complaint"].replace("\n", " ").split(". ")
    for number in range(count):
        case = draw.choice(known)
        pool = sentences[case["category"], case["outcome"]]
        told = draw.sample(pool, min(len(pool), draw.randint(3, 7)))
        told.insert(draw.randint(0, len(told)), f"It was about {_name(draw)} Road and {_name(draw)} House")
        high, low = divmod(number, 1000)
        yield case | {
            "reference": f"{15 + number % 11} {high:03} {low:03}",
            "complaint": ". ".join(told),
            "decision_date": f"{2016 + number % 11}-06-15",
        }


def _name(draw: random.Random) -> str:
    return "".join(draw.choices(SYLLABLES, k=draw.choice((2, 3, 3, 4)))).capitalize()


def train(count: int, folder: Path) -> tuple[float, float]:
    """Return the seconds and the peak gigabytes of one training on `count` decisions."""
    corpus = folder / f"{count}.jsonl"
    with corpus.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(decision) + "\n" for decision in decisions(count))
    start, peak = time.perf_counter(), 0
    command = [sys.executable, "-m", "pipeline", "train", "--corpus", corpus, "--out", folder / "models"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, _memory(psutil.Process(process.pid)))
            time.sleep(STEP)
    if process.returncode:
        raise SystemExit(f"training on {count} decisions ended with {process.returncode}")
    return time.perf_counter() - start, peak / 1e9


def _memory(process: psutil.Process) -> int:
    total = 0
    for one in (process, *process.children(recursive=True)):
        try:
            total += one.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return total


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=[2_000, 10_000, 100_000])
    sizes = parser.parse_args().sizes
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in sizes:
            found[count] = train(count, Path(folder))
            seconds, gigabytes = found[count]
            print(f"{count:>8,} decisions  {seconds:7.1f} s  {gigabytes:5.2f} GB", flush=True)
    for one, other in pairwise(sizes):
        k = math.log(found[other][0] / found[one][0]) / math.log(other / one)
        print(f"from {one:,} to {other:,}: time grows as n^{k:.2f}")


if __name__ == "__main__":
    main()
