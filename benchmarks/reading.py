"""How fast are statements read and labelled? `python benchmarks/reading.py [COUNT]`: rates, two cores, memory."""

import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable

from joblib import Parallel, delayed
from recombine import statements

from pipeline.labels.label import label
from pipeline.schema import Decision, RawDocument, Reject
from pipeline.statements.statement import read

BATCH = 250


def read_all(contents: Iterable[bytes]) -> int:
    """Read and let go, as a stream would; return how many were refused."""
    return sum(
        isinstance(item, Reject) for content in contents for item in read(RawDocument(content, "made"))
    )


def rate(contents: list[bytes]) -> float:
    begun = time.process_time()
    refused = read_all(contents)
    spent = time.process_time() - begun
    if refused:
        raise SystemExit(
            f"{refused} of {len(contents)} statements were refused; a benchmark must read them all"
        )
    return len(contents) / spent


def label_all(contents: Iterable[bytes]) -> int:
    """Label and let go; return how many decisions there were."""
    decisions = [item for content in contents for item in read(RawDocument(content, "made"))]
    return len([label(decision) for decision in decisions if isinstance(decision, Decision)])


def speed_up(work: Callable[[list[bytes]], int], contents: list[bytes]) -> float:
    """Return the best of three runs on one core over the best of three on two: what disturbs a run only slows it."""
    batches = [contents[at : at + BATCH] for at in range(0, len(contents), BATCH)]
    with Parallel(n_jobs=2) as parallel:
        parallel(delayed(work)(batch) for batch in batches[:4])  # start the workers before the clock
        alone = min(seconds(lambda: [work(batch) for batch in batches]) for _ in range(3))
        both = min(seconds(lambda: parallel(map(delayed(work), batches))) for _ in range(3))
    return alone / both


def seconds(run: Callable[[], object]) -> float:
    begun = time.perf_counter()
    run()
    return time.perf_counter() - begun


def peak_megabytes(count: int) -> float:
    tracemalloc.start()
    read_all(made.content for made in statements(count))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6


def main(count: int) -> None:
    for name, as_html in (("text", False), ("HTML", True)):
        contents = [made.content for made in statements(count, as_html=as_html)]
        kilobytes = sum(map(len, contents)) / count / 1000
        print(f"{name}: {rate(contents):,.0f} statements/s/core ({count:,} of {kilobytes:.1f} kB on average)")
        print(f"{name}: two cores are {speed_up(read_all, contents):.2f} times as fast as one")
        print(f"{name}, read and labelled: {speed_up(label_all, contents):.2f} times")
    for share in (max(1, count // 10), count):
        print(f"peak memory: {peak_megabytes(share):.1f} MB for {share:,} statements")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
