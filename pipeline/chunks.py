"""One function over a stream: enter items, leave their results in order; uses every core where that pays."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import TypeVar

from pipeline.schema import Reject

Item = TypeVar("Item")
Result = TypeVar("Result")

FEW = 2_000  # as many are done in this process before worker processes have started and imported the package
CHUNK = 100  # items a worker gets at a time
CHUNKS_A_CORE = 12  # chunks in memory, a core; the last of a round leave cores idle, so the more the quicker


def map_stream(
    work: Callable[[Item], Result], items: Iterable[Item | Reject], *, few: int = FEW
) -> Iterator[Result | Reject]:
    """Apply `work` to each item, in order, over all cores where there are more than `few`; rejects pass as they are.

    Args:
        work: a function of a module; its module is imported in every worker, so it had better be a light one.
        items: may be endless; `few` of them, or a few thousand over several cores, are in memory at a time.
        few: so many items are done in this process.

    >>> list(map_stream(abs, [-1, Reject("a.txt", "empty document"), 2]))
    [1, Reject(where='a.txt', reason='empty document', row=None, detail={}), 2]
    """
    stream = iter(items)
    first = list(islice(stream, few + 1))
    everything = chain(first, stream)
    return _over_cores(work, everything) if len(first) > few else _apply(work, everything)


def _over_cores(work: Callable[[Item], Result], items: Iterator[Item | Reject]) -> Iterator[Result | Reject]:
    from joblib import Parallel, cpu_count, delayed

    with Parallel(n_jobs=-1, return_as="generator", batch_size=1) as parallel:
        # By rounds: in a single call joblib works ahead of a slow reader, and the results pile up in memory.
        while chunks := list(islice(_chunks(items), CHUNKS_A_CORE * cpu_count())):
            for results in parallel(delayed(_apply_to_all)(work, chunk) for chunk in chunks):
                yield from results


def _chunks(items: Iterator[Item]) -> Iterator[list[Item]]:
    while chunk := list(islice(items, CHUNK)):
        yield chunk


def _apply_to_all(work: Callable[[Item], Result], items: list[Item | Reject]) -> list[Result | Reject]:
    return list(_apply(work, items))


def _apply(work: Callable[[Item], Result], items: Iterable[Item | Reject]) -> Iterator[Result | Reject]:
    return (item if isinstance(item, Reject) else work(item) for item in items)
