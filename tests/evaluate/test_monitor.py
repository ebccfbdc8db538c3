from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit

from pipeline.evaluate.gate import Measure
from pipeline.evaluate.held import HeldCases
from pipeline.evaluate.metrics import Bootstrap, Estimate
from pipeline.evaluate.monitor import Period, advise, by_period, month_of
from pipeline.schema import Decision

MEASURE = Measure(band=0.15, how=Bootstrap(100, 0))
TESTED = Estimate(0.80, 0.76, 0.84, 800)


@pytest.fixture
def rules(params):
    return params.retraining


def _decision(reference: str = "24 013 909", **fields: object) -> Decision:
    values = {"reference": reference, "organisation": "A", "outcome": "upheld", "complaint": "c"}
    return Decision.model_validate(values | fields)


def _whole(
    cases: int = 400, matched: tuple[float, float, float] = (0.79, 0.74, 0.84), gap: float = 0.0
) -> Period:
    figures = {name: Estimate(*matched, cases) for name in ("auc", "matched_auc", "brier")}
    return Period("all", cases, 0.3, figures, Estimate(gap, gap - 0.03, gap + 0.03, cases))


@pytest.mark.parametrize(
    ("decision", "month"),
    [
        (_decision(received_on="2024-11-05"), "2024-11"),
        (_decision(received_on="2024-11-05T10:00:00"), "2024-11"),
        (_decision(received_on="November"), "2024/25"),
        (_decision(), "2024/25"),
        (_decision("99 013 909"), "2099/00"),
        (_decision("unnumbered"), "unknown"),
    ],
)
def test_a_case_belongs_to_its_month_of_receipt_else_to_its_financial_year(decision, month):
    assert month_of(decision) == month


def test_figures_come_by_period_in_order_with_all_cases_last():
    upheld = np.arange(120) % 2
    even = expit(np.where(upheld, 1.0, -1.0) + np.random.default_rng(0).normal(size=120))
    held = HeldCases(np.arange(120).astype(str), upheld, np.full(120, 50), np.arange(120), even, {})
    months = np.where(np.arange(120) < 80, "2025-02", "2025-01")
    periods = by_period(held, np.full(120, 0.9), months, MEASURE, least=20)
    assert [(p.name, p.cases) for p in periods] == [("2025-01", 40), ("2025-02", 80), ("all", 120)]
    assert periods[0].gap.value == pytest.approx(0.4)
    assert set(periods[0].figures) == {"auc", "matched_auc", "brier"}


def test_a_period_with_one_outcome_has_no_figures():
    held = HeldCases(
        np.array(["a", "b"]), np.zeros(2, int), np.full(2, 50), np.arange(2), np.full(2, 0.5), {}
    )
    (month, _) = by_period(held, np.full(2, 0.5), np.array(["2025-01", "2025-01"]), MEASURE, least=5)
    assert month.figures == {}


def test_a_model_that_holds_is_left_alone_with_the_reason(rules):
    advice = advise(_whole(), TESTED, 2000, [], rules)
    assert not advice.retrain
    assert advice.reasons[0].startswith(
        "It is not shown to rank worse than when tested: length-matched AUC 0.790"
    )
    assert advice.notes == ()


def test_a_model_that_ranks_worse_is_to_be_trained_anew(rules):
    advice = advise(_whole(matched=(0.70, 0.65, 0.75)), TESTED, 2000, [], rules)
    assert advice.retrain
    assert "ranks worse" in advice.reasons[0]


def test_many_new_cases_are_a_reason_by_themselves(rules):
    advice = advise(_whole(cases=500), TESTED, 2000, [], rules)
    assert advice.reasons == (
        "There is more to learn from: 500 new cases, 25% of the 2000 it was trained on.",
    )
    assert not advise(_whole(cases=499), TESTED, 2000, [], rules).retrain


def test_changed_inputs_are_a_reason(rules):
    assert advise(_whole(), TESTED, 2000, ["The inputs have changed."], rules).reasons == (
        "The inputs have changed.",
    )


def test_a_wrong_rate_of_upheld_is_no_reason_but_a_setting(rules):
    advice = advise(_whole(gap=0.2), TESTED, 2000, [], rules)
    assert not advice.retrain
    assert "expects too many upheld" in advice.notes[0]
    assert "deployment.upheld_rate" in advice.notes[0]
    assert "too few" in advise(_whole(gap=-0.2), TESTED, 2000, [], rules).notes[0]


def test_few_cases_say_nothing(rules):
    advice = advise(_whole(cases=49, matched=(0.5, 0.4, 0.6), gap=0.3), TESTED, 2000, [], rules)
    assert not advice.retrain
    assert advice.reasons == ("49 new cases are too few to tell; retraining.min_cases asks for 50.",)
    assert advice.notes == ()


def test_cases_too_few_of_which_have_an_outcome_say_nothing_of_ranking(rules):
    advice = advise(replace(_whole(), figures={}), TESTED, 2000, [], rules)
    assert advice.reasons == ("The new cases hold too few of one outcome to tell how well it ranks.",)
