import operator
from collections.abc import Iterator

import pytest

from pipeline.chunks import CHUNK, CHUNKS_A_CORE, map_stream
from pipeline.schema import Reject

REFUSED = Reject("a.txt", "empty document")


def test_order_is_kept_over_all_cores():
    assert list(map_stream(operator.neg, range(950), few=10)) == [-number for number in range(950)]


def test_rejects_pass_as_they_are_over_all_cores():
    items = [1, REFUSED] * 150
    assert list(map_stream(operator.neg, items, few=10)) == [-1, REFUSED] * 150


@pytest.mark.parametrize(("count", "in_workers"), [(10, False), (11, True)])
def test_workers_start_where_there_are_more_than_a_few(count, in_workers, monkeypatch):
    started = []
    monkeypatch.setattr("pipeline.chunks._over_cores", lambda work, items: started.append(1) or items)
    list(map_stream(operator.neg, range(count), few=10))
    assert bool(started) is in_workers


def test_no_more_is_taken_than_a_round_while_nobody_reads_on():
    from joblib import cpu_count

    taken = 0

    def endless() -> Iterator[int]:
        nonlocal taken
        while True:
            taken += 1
            yield taken

    results = map_stream(operator.neg, endless(), few=10)
    assert next(results) == -1
    assert taken <= 10 + 1 + CHUNK * CHUNKS_A_CORE * cpu_count()


def test_an_error_in_a_worker_reaches_the_caller():
    with pytest.raises(TypeError, match="bad operand"):
        list(map_stream(operator.neg, [*range(300), "text"], few=10))


def test_an_error_of_the_source_reaches_the_caller():
    def broken() -> Iterator[int]:
        yield from range(300)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        list(map_stream(operator.neg, broken(), few=10))
