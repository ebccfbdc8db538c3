import re
from contextlib import ExitStack

import numpy as np
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import roc_auc_score

from pipeline.corpus import embedded_corpus, read_decisions
from pipeline.corpus.appraisals import appraisals, invented_complaints, text_digest
from pipeline.features.view import view_of_decision
from pipeline.schema import Ground, Outcome
from pipeline.split import near_duplicate_groups


@pytest.fixture(scope="module")
def decisions():
    with ExitStack() as stack:
        return list(read_decisions(embedded_corpus(stack)))


@pytest.fixture(scope="module")
def texts():
    return [complaint.row["complaint"] for complaint in invented_complaints()]


def test_every_embedded_case_has_been_read(decisions, params):
    digests = {text_digest(view_of_decision(decision, params.view).complaint) for decision in decisions}
    assert digests == set(appraisals())


def test_an_appraisal_weighs_grounds_of_upheld_and_of_closed():
    for appraisal in [*appraisals().values(), *(c.appraisal for c in invented_complaints())]:
        assert 0 < appraisal.p_upheld < 1
        assert all(0 < p < 1 for p in appraisal.grounds.values())
        assert {ground.outcome for ground in appraisal.grounds} == {Outcome.UPHELD, Outcome.CLOSED}


def test_every_ground_that_readers_were_asked_for_is_among_those_they_name():
    named = {ground for appraisal in appraisals().values() for ground in appraisal.grounds}
    assert named == {ground for ground in Ground if ground.outcome is not Outcome.NOT_UPHELD}


def test_readers_rank_the_cases_as_one_does_who_is_blind_to_the_outcomes(decisions, params):
    """Far above 0.9 they would have seen the outcomes; at 0.75 they would know no more than the length."""
    known = [decision for decision in decisions if decision.outcome is not Outcome.NOT_UPHELD]
    views = [view_of_decision(decision, params.view) for decision in known]
    expected = [appraisals()[text_digest(view.complaint)].p_upheld for view in views]
    assert 0.8 < roc_auc_score([d.outcome is Outcome.UPHELD for d in known], expected) < 0.9


def test_no_invented_complaint_is_a_near_duplicate_of_a_case_or_of_another(decisions, texts):
    known = [decision.complaint for decision in decisions]
    groups = near_duplicate_groups([*known, *texts], 0.5)
    assert not np.isin(groups[len(known) :], groups[: len(known)]).any()
    assert len(set(groups[len(known) :])) == len(texts)


def test_an_invented_complaint_stands_under_a_category_of_the_corpus(decisions):
    kinds = {(decision.category, decision.subcategory) for decision in decisions}
    rows = [complaint.row for complaint in invented_complaints()]
    assert {(row["category"], row["subcategory"]) for row in rows} <= kinds


def test_the_length_of_an_invented_complaint_hardly_tells_what_is_expected_of_it(texts):
    expected = [complaint.appraisal.p_upheld for complaint in invented_complaints()]
    assert abs(spearmanr([len(text.split()) for text in texts], expected).statistic) < 0.15


def test_no_invented_complaint_says_what_the_ombudsman_decided(texts):
    """But for two that tell of an earlier complaint."""
    decided = re.compile(
        r"\b(?:we|the ombudsman) (?:will not|cannot|found|find|upheld|decided|closed)\b"
        r"(?! an earlier complaint| on it in 2019 and 2022)",
        re.IGNORECASE,
    )
    assert decided.search("The Ombudsman will not investigate.")
    assert [text for text in texts if decided.search(text)] == []
