from datetime import date

import numpy as np
import pytest

from pipeline.errors import CorpusError
from pipeline.schema import Decision
from pipeline.split import near_duplicate_groups, split_by_time


def _decision(reference: str, decided: str | None) -> Decision:
    return Decision(
        reference=reference,
        organisation="A",
        outcome="upheld",
        complaint="Mr A complains.",
        decision_date=decided,
    )


def _split(params, decisions, groups=None, **changes):
    groups = np.arange(len(decisions)) if groups is None else np.array(groups)
    return split_by_time(decisions, groups, params.split.model_copy(update=changes))


PAST = _decision("22 000 001", "2023-01-10")
LATER = _decision("24 000 001", "2024-09-01")


def test_split_tests_on_complaints_received_after_training_decisions_were_published(params):
    split = _split(params, [LATER, PAST], test_from_year=2024)
    assert split.train.tolist() == [1]
    assert split.test.tolist() == [0]
    assert split.test_from == date(2024, 4, 1)


def test_split_leaves_out_decisions_inside_the_gap(params):
    in_gap = _decision("22 000 002", "2024-02-01")
    split = _split(params, [PAST, in_gap, LATER], test_from_year=2024, gap_days=90)
    assert split.train.tolist() == [0]
    assert split.in_gap == 1


def test_split_takes_a_decision_on_the_eve_of_the_gap(params):
    on_the_eve = _decision("22 000 002", "2024-02-01")
    assert _split(params, [on_the_eve, LATER], test_from_year=2024, gap_days=59).train.tolist() == [0]
    with pytest.raises(CorpusError):
        _split(params, [on_the_eve, LATER], test_from_year=2024, gap_days=60)


def test_split_leaves_out_cases_received_before_and_decided_after(params):
    slow = _decision("22 000 002", "2025-01-01")
    assert _split(params, [PAST, slow, LATER], test_from_year=2024).in_gap == 1


def test_an_undated_decision_counts_as_made_a_year_after_its_financial_year(params):
    old, recent = _decision("21 000 001", None), _decision("22 000 009", None)
    split = _split(params, [old, recent, LATER], test_from_year=2024)
    assert split.train.tolist() == [0]
    assert split.in_gap == 1


def test_near_duplicates_of_test_cases_leave_the_training_part(params):
    twin = _decision("21 000 001", "2022-01-10")
    split = _split(params, [PAST, twin, LATER], groups=[0, 2, 2], test_from_year=2024)
    assert split.train.tolist() == [0]
    assert split.duplicates == 1


def test_the_test_year_is_the_latest_that_holds_the_share(params):
    decisions = [
        _decision(f"{year} 000 00{n}", f"20{year}-09-01") for year in (20, 21, 22, 23) for n in range(5)
    ]
    assert _split(params, decisions, test_share=0.25).test_from == date(2023, 4, 1)
    assert _split(params, decisions, test_share=0.26).test_from == date(2022, 4, 1)


def test_a_corpus_of_one_year_cannot_be_split(params):
    with pytest.raises(CorpusError, match=r"leaves 0 training and 2 test cases.*split\.test_from_year"):
        _split(params, [LATER, _decision("24 000 002", "2024-09-01")])


def test_references_without_a_year_cannot_be_split(params):
    with pytest.raises(CorpusError, match="no reference starts with a financial year"):
        _split(params, [_decision("case A", None), _decision("case B", None)])


def test_near_duplicates_share_a_group():
    groups = near_duplicate_groups(
        [
            "The Council did not empty the bins in her street for six weeks and did not reply to her letters.",
            "He was refused a parking permit because his car is registered at another address in the borough.",
            "The Council did not empty the bins in her street for six weeks and did not reply to her letters!",
        ],
        0.7,
    )
    assert groups.tolist() == [0, 1, 0]


def test_empty_and_very_short_complaints_have_groups():
    assert near_duplicate_groups(["", "bins", "bins"], 0.7).tolist() == [0, 1, 1]
