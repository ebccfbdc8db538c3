from dataclasses import replace

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from pipeline.features.view import view_of_decision
from pipeline.heads import GroundsHead, OutcomeHead
from pipeline.heads.appraised import Appraised, Expected, expected_of, invented
from pipeline.heads.grounds import calibrating_shift
from pipeline.params import changed
from pipeline.schema import Appraisal, Ground, Outcome, View

UPHELD, CLOSED, NOT_UPHELD = (o.value for o in (Outcome.UPHELD, Outcome.CLOSED, Outcome.NOT_UPHELD))
N = 200
ONES = np.ones(N)
BOTH_WAYS = csr_matrix(np.repeat([[1.0], [-1.0]], N // 2, axis=0))  # one feature, on and off
AT_RANDOM = np.where(np.random.default_rng(0).random(N) < 0.5, UPHELD, CLOSED)


def _read(p_upheld, grounds=()):
    return Appraisal(p_upheld, dict(grounds))


def _nobody(count):
    return Expected.of([None] * count)


def _weight(appraised, y=AT_RANDOM, **options):
    """Return the weight of the one feature towards upheld."""
    head = OutcomeHead(**options)
    model = head.fit_classifier(BOTH_WAYS, y, sample_weight=ONES, appraised=appraised)
    return float(model.coef_[-1, 0])


def _expecting(p_on, p_off):
    return Expected.of([_read(p_on)] * (N // 2) + [_read(p_off)] * (N // 2))


def test_outcomes_are_tempered_by_what_readers_expect():
    none = csr_matrix((0, 1))
    taught = Appraised(_expecting(0.9, 0.1), none, _nobody(0))
    weights = [_weight(taught, appraised_share=share) for share in (0.0, 0.3, 0.6)]
    assert abs(weights[0]) < 0.3  # the outcomes alone are a toss of a coin
    assert weights[0] + 0.2 < weights[1] < weights[2] - 0.2


def test_a_case_that_nobody_read_teaches_its_outcome_alone():
    unread = Appraised(_nobody(N), csr_matrix((0, 1)), _nobody(0))
    assert _weight(unread, appraised_share=0.5) == _weight(None)


def test_complaints_that_nobody_decided_teach_with_their_weight():
    further = Appraised(_nobody(N), BOTH_WAYS, _expecting(0.9, 0.1))
    weights = [_weight(further, appraised_weight=weight) for weight in (0.0, 0.3, 3.0)]
    assert weights[0] == pytest.approx(_weight(None), abs=1e-3)
    assert weights[0] + 0.2 < weights[1] < weights[2] - 0.2


def test_what_readers_expect_of_cases_not_upheld_is_not_asked():
    y = np.where(np.arange(N) % 4 == 0, NOT_UPHELD, AT_RANDOM)
    expected = np.where(y == NOT_UPHELD, 0.99, np.nan)
    appraised = Appraised(replace(_nobody(N), upheld=expected), csr_matrix((0, 1)), _nobody(0))
    assert _weight(appraised, y, appraised_share=0.9) == pytest.approx(_weight(None, y), abs=1e-6)


def test_expectations_of_held_out_cases_teach_nothing():
    X = csr_matrix(np.eye(N))  # each case its own feature: only its own lesson could reach it
    for of_last in (0.01, 0.99):
        expected = Expected.of([None] * (N - 1) + [_read(of_last)])
        head = OutcomeHead(appraised_share=0.9)
        train = np.arange(N - 1)
        model = head.fit_classifier(
            X[train], AT_RANDOM[train], sample_weight=ONES[train],
            appraised=Appraised(expected, csr_matrix((0, N)), _nobody(0)).at(train),
        )  # fmt: skip
        assert model.coef_[0, -1] == 0


def test_cases_of_another_outcome_teach_the_grounds_that_readers_expect_of_them():
    X = csr_matrix(np.repeat([[1.0, 0.0], [0.0, 1.0]], 100, axis=0))
    y = np.tile([UPHELD, CLOSED], 100)
    rng = np.random.default_rng(0)
    grounds = [
        ((Ground.DELAY,) if toss else (Ground.POOR_RECORDS,)) if outcome == UPHELD else (Ground.LATE,)
        for outcome, toss in zip(y, rng.random(200) < 0.5, strict=True)
    ]
    read = [
        None if outcome == UPHELD else _read(0.2, {Ground.DELAY: 0.9 if row < 100 else 0.1, Ground.LATE: 0.5})
        for row, outcome in enumerate(y)
    ]
    appraised = Appraised(Expected.of(read), csr_matrix((0, 2)), _nobody(0))

    def gap(**options):
        head = GroundsHead(**options).fit(X, y, grounds, groups=np.arange(200), appraised=appraised)
        p = head.predict_proba(X[[0, 199]], UPHELD)[:, head.codes_[UPHELD].index("delay")]
        return float(p[0] - p[1])

    assert gap(appraised_weight=1.0) > gap(appraised_weight=0.0) + 0.2


def test_the_mean_probability_of_a_ground_is_the_share_of_cases_that_have_it():
    rng = np.random.default_rng(0)
    X = csr_matrix(rng.normal(size=(600, 5)))
    there = rng.random(600) < 0.3
    grounds = [(Ground.DELAY,) if one else (Ground.POOR_RECORDS,) for one in there]
    shy = [_read(0.5, {Ground.DELAY: 0.01, Ground.POOR_RECORDS: 0.01})] * 600
    head = GroundsHead(appraised_share=0.5).fit(
        X, np.array([UPHELD] * 600), grounds, groups=np.arange(600),
        appraised=Appraised(Expected.of(shy), csr_matrix((0, 5)), _nobody(0)),
    )  # fmt: skip
    p = head.predict_proba(X, UPHELD).mean(axis=0)
    assert p == pytest.approx([there.mean(), 1 - there.mean()], abs=0.03)


@pytest.mark.parametrize("truth", [[True, True], [False, False]])
def test_a_ground_that_all_cases_or_none_have_is_not_shifted(truth):
    assert calibrating_shift(np.zeros(2), np.array(truth)) == 0


def test_an_embedded_case_is_known_by_its_text_and_another_is_not(decision, params):
    case = view_of_decision(decision, params.view)
    expected = expected_of([case, View("Her bin was missed.")])
    assert 0 < expected.upheld[0] < 1
    assert np.isnan(expected.upheld[1])
    assert np.isnan(expected.grounds[1]).all()


def test_the_weight_of_nothing_brings_no_invented_complaints(params):
    without = changed(params, {"appraisals.weight": 0.0}, source="test")
    assert len(invented(without).views) == 0
    assert len(invented(params).views) > 3000
