import numpy as np
import pytest
from scipy.special import expit

from pipeline.evaluate.gate import Measure, judge
from pipeline.evaluate.held import HeldCases
from pipeline.evaluate.metrics import Bootstrap

MEASURE = Measure(band=0.15, how=Bootstrap(200, 0))


def _held(skill: float, *, n: int = 600, seed: int = 0, sharpness: float = 1.0) -> HeldCases:
    """Cases with scores drawn from N(skill, 1) where upheld and N(-skill, 1) where not, and their exact odds.

    `sharpness` other than 1 leaves the ranking and spoils the calibration.
    """
    upheld = np.arange(n) % 3 == 0
    noise = np.random.default_rng(seed).normal(size=n)
    words = np.random.default_rng(99).integers(30, 120, n)
    return HeldCases(
        np.array([f"{i:04}" for i in range(n)]),
        upheld.astype(np.intp),
        words,
        np.arange(n),
        expit(sharpness * 2 * skill * (np.where(upheld, skill, -skill) + noise)),
        {"category": np.where(np.arange(n) % 2, "Housing", "Education"), "length": np.full(n, "any")},
    )


def _changed(held: HeldCases, **fields) -> HeldCases:
    names = ("digests", "upheld", "words", "groups", "even", "slices")
    return HeldCases(**{name: getattr(held, name) for name in names} | fields)


def _failed(verdict) -> list[str]:
    return [condition.name for condition in verdict.failed]


@pytest.fixture
def gate(params):
    return params.promotion


def test_a_model_like_the_champion_passes(gate):
    verdict = judge(_held(1.0), _held(1.0), gate, MEASURE)
    assert verdict.passed
    assert verdict.cases == 600
    assert [condition.name for condition in verdict.conditions] == [
        "test cases", "length-matched AUC", "Brier score", "calibration error", "length leakage",
        "slices of category", "slices of length",
    ]  # fmt: skip


def test_a_better_model_passes(gate):
    assert judge(_held(1.3, seed=1), _held(0.7), gate, MEASURE).passed


def test_a_worse_model_is_refused_and_told_by_how_much(gate):
    verdict = judge(_held(0.7, seed=1), _held(1.3), gate, MEASURE)
    assert {"length-matched AUC", "Brier score"} <= set(_failed(verdict))
    by_name = {condition.name: condition for condition in verdict.failed}
    matched = by_name["length-matched AUC"]
    assert matched.missed_by > 0.05
    assert "beside the champion's" in matched.found
    assert "-0.030" in matched.asked


def test_a_model_that_ranks_alike_with_worse_probabilities_is_refused_for_those(gate):
    verdict = judge(_held(1.0, sharpness=4.0), _held(1.0), gate, MEASURE)
    assert _failed(verdict) == ["Brier score"]


def test_no_champion_leaves_the_conditions_on_the_model_itself(gate):
    verdict = judge(_held(1.0), None, gate, MEASURE)
    assert verdict.passed
    assert "Brier score" not in [condition.name for condition in verdict.conditions]
    wrong = _changed(_held(1.0), even=1 - _held(1.0).even)
    assert {"calibration error", "slices of category"} <= set(_failed(judge(wrong, None, gate, MEASURE)))


def test_the_rate_for_which_a_model_was_trained_does_not_count(gate):
    rare = _held(1.0)
    few_upheld = (rare.upheld == 0) | (np.arange(600) % 9 == 0)
    assert judge(rare.at(few_upheld), None, gate, MEASURE).passed  # exact odds stay exact at another share


def test_too_few_cases_in_common_refuse_everything_else_unseen(gate):
    other = _changed(_held(1.0), digests=np.array([f"{i:04}" for i in range(450, 1050)]))
    verdict = judge(_held(1.0), other, gate, MEASURE)
    assert _failed(verdict) == ["test cases"]
    assert len(verdict.conditions) == 1
    assert verdict.cases == 150
    assert verdict.failed[0].missed_by == 50


def test_a_model_without_held_cases_is_refused(gate):
    none = _held(1.0).at(np.zeros(600, dtype=bool))
    assert _failed(judge(none, _held(1.0), gate, MEASURE)) == ["test cases"]


@pytest.mark.parametrize(("outcome", "sign"), [(1, 1), (1, -1), (0, 1), (0, -1)])
def test_length_may_leak_within_neither_outcome_and_in_neither_direction(gate, outcome, sign):
    held = _held(1.0)
    push = np.where(held.upheld == outcome, sign * (held.words - 75) / 10, 0.0)
    leaking = _changed(held, even=expit(np.log(held.even / (1 - held.even)) + push))
    assert "length leakage" in _failed(judge(leaking, None, gate, MEASURE))


def test_probabilities_that_are_all_alike_leak_no_length_but_rank_nothing(gate):
    flat = _changed(_held(1.0), even=np.full(600, 0.5))
    assert _failed(judge(flat, _held(1.0), gate, MEASURE))[0] == "length-matched AUC"
    assert "length leakage" not in _failed(judge(flat, _held(1.0), gate, MEASURE))


def test_a_model_that_fails_one_slice_is_refused_for_it_by_name(gate):
    champion = _held(1.3)
    housing = champion.slices["category"] == "Housing"
    worse = _changed(champion, even=np.where(housing, _held(0.3, seed=5).even, champion.even))
    verdict = judge(worse, champion, gate, MEASURE)
    (failed,) = [condition for condition in verdict.failed if condition.name == "slices of category"]
    assert failed.found.startswith("1 of 2 shown to fall short; Housing: ")
    assert failed.missed_by > 0


def test_a_slice_with_too_few_cases_is_not_judged(gate):
    held = _held(1.0)
    category = held.slices["category"].copy()
    category[:20] = "Planning"
    strange = _changed(held, slices=held.slices | {"category": category})
    spoilt = _changed(strange, even=np.where(category == "Planning", 1 - held.even, held.even))
    verdict = judge(spoilt, None, gate, MEASURE)
    assert "0 of 2 shown" in next(c.found for c in verdict.conditions if c.name == "slices of category")
