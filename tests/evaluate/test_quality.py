from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import f1_score, matthews_corrcoef

from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap
from pipeline.evaluate.quality import (
    calibration_bins,
    figures_by_ground,
    ground_outcome_figures,
    model_figures,
    score_figures,
)
from pipeline.evaluate.scored import Scored
from pipeline.evaluate.splits import CODES
from pipeline.schema import Decision, Ground, Outcome, View

HOW = Bootstrap(100, 0)


def _scored(count=400, grounds=None):
    rng = np.random.default_rng(0)
    p = rng.random(count)
    upheld = rng.random(count) < p  # calibrated by construction
    decisions = [
        Decision(
            reference=f"24 000 {n:03}",
            organisation="A",
            complaint="c",
            outcome=Outcome.UPHELD if one else Outcome.CLOSED,
            grounds=(Ground.DELAY,) if one else (Ground.LATE,),
        )
        for n, one in enumerate(upheld)
    ]
    cases = Cases(decisions, [View("word " * 50)] * count, np.arange(count))
    share = np.full(count, upheld.mean())
    return Scored(cases, p, np.abs(p - 0.5) > 0.3, share, {"prior": share}, grounds, 100)


def test_decisions_agree_with_scikit_learn():
    scored = _scored()
    figures = score_figures(scored, scored.p_upheld, 0.15, HOW)
    called = scored.p_upheld >= 0.5
    assert figures["mcc"].value == pytest.approx(matthews_corrcoef(scored.cases.upheld, called))
    assert figures["macro_f1"].value == pytest.approx(f1_score(scored.cases.upheld, called, average="macro"))


def test_the_training_share_has_no_skill_and_no_correlation():
    scored = _scored()
    figures = score_figures(scored, scored.prior, 0.15, HOW)
    assert figures["brier_skill"].value == pytest.approx(0)
    assert figures["mcc"].value == 0


def test_probabilities_that_hold_have_a_small_calibration_error_and_shifted_ones_a_large_one():
    scored = _scored(4000)
    sure = score_figures(scored, scored.p_upheld, 0.15, HOW)["ece"].value
    shifted = score_figures(scored, np.clip(scored.p_upheld + 0.3, 0, 1), 0.15, HOW)["ece"].value
    assert sure < 0.04
    assert shifted > 0.2


def test_bins_count_every_case():
    scored = _scored()
    assert sum(n for _, _, n in calibration_bins(scored.cases.upheld, scored.p_upheld)) == 400


def test_risk_counts_decided_cases_only():
    figures = model_figures(_scored(), 0.15, HOW)
    assert figures["coverage"].value == pytest.approx(0.4, abs=0.08)
    assert figures["risk"].value < 0.2


def test_a_ground_is_found_where_it_is_one_of_the_first_two_named():
    scores = np.zeros((400, len(CODES)))
    scores[:, CODES.index("delay")] = 0.5
    scored = _scored(grounds=scores)
    found = {one.code: one.found.value for one in figures_by_ground(scored, 20, HOW)}
    assert found == {"delay": 1.0, "late": 0.0}
    assert ground_outcome_figures(scored, HOW)["hit_at_1"].value == scored.cases.upheld.mean()


def test_f1_of_the_grounds_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    sets = rng.random((400, len(CODES))) < 0.1
    scored = replace(_scored(grounds=rng.random((400, len(CODES)))), ground_sets=sets)
    truth = np.array([[code in decision.grounds for code in CODES] for decision in scored.cases.decisions])
    figures = ground_outcome_figures(scored, HOW)
    assert figures["micro_f1"].value == pytest.approx(f1_score(truth, sets, average="micro"))
    own = truth.any(axis=0)
    assert figures["macro_f1"].value == pytest.approx(f1_score(truth[:, own], sets[:, own], average="macro"))
    by_code = {one.code: one.f1.value for one in figures_by_ground(scored, 20, HOW)}
    delay = CODES.index("delay")
    assert by_code["delay"] == pytest.approx(f1_score(truth[:, delay], sets[:, delay]))


def test_grounds_have_no_figures_where_no_grounds_head_was_fitted():
    assert ground_outcome_figures(_scored(), HOW) == {}
    assert figures_by_ground(_scored(), 20, HOW) == []
