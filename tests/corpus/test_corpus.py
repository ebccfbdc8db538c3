import csv
import json
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from pipeline.corpus import embedded_corpus, read_decisions, sample_complaints
from pipeline.schema import Decision, Outcome, Reject

SHARED = Path(__file__).parents[3] / "shared" / "corpus" / "cases.jsonl"


def test_every_embedded_case_is_a_decision():
    with ExitStack() as stack:
        decisions = list(read_decisions(embedded_corpus(stack)))
    assert all(isinstance(decision, Decision) for decision in decisions)
    assert Counter(decision.outcome for decision in decisions) == {
        Outcome.CLOSED: 1146, Outcome.UPHELD: 866, Outcome.NOT_UPHELD: 226
    }  # fmt: skip


def test_every_embedded_ground_belongs_to_its_outcome():
    with ExitStack() as stack:
        decisions = list(read_decisions(embedded_corpus(stack)))
    assert all(ground.outcome is decision.outcome for decision in decisions for ground in decision.grounds)


@pytest.mark.skipif(not SHARED.exists(), reason="../shared/corpus is not beside this checkout")
def test_the_embedded_corpus_is_the_shared_one():
    with ExitStack() as stack:
        assert embedded_corpus(stack).read_bytes() == SHARED.read_bytes()


def test_the_sample_states_no_outcome():
    with ExitStack() as stack, sample_complaints(stack).open(encoding="utf-8", newline="") as file:
        assert "outcome" not in next(csv.reader(file))


def test_a_row_that_is_no_decision_is_a_reject_that_names_every_fault(decision):
    path = Path("corpus.jsonl")
    bad = {"reference": "24 000 001", "organisation": "A", "outcome": "won", "complaint": " "}
    path.write_text(json.dumps(bad) + "\n" + decision.model_dump_json() + "\n", encoding="utf-8")
    reject, kept = read_decisions(path)
    assert isinstance(reject, Reject)
    assert reject.row == 1
    assert "outcome: " in reject.reason
    assert "complaint: " in reject.reason
    assert kept.reference == decision.reference
