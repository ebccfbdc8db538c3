import numpy as np
import pytest

from pipeline.evaluate.curves import coverage_risk, matched_roc, roc
from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.scored import Scored, joined
from pipeline.schema import Decision, Outcome, View


def _scored(upheld, p_upheld, words):
    decisions = [
        Decision(
            reference=f"24 000 {n:03}",
            organisation="A",
            outcome=Outcome.UPHELD if one else Outcome.CLOSED,
            complaint="c",
        )
        for n, one in enumerate(upheld)
    ]
    views = [View("word " * count) for count in words]
    p = np.asarray(p_upheld, dtype=float)
    share = np.full(len(p), 0.5)
    cases = Cases(decisions, views, np.arange(len(p)))
    return Scored(cases, p, np.abs(p - 0.5) > 0.2, share, {"prior": share}, None, 10)


def _area(curve):
    return float(np.trapezoid(curve.y, curve.x))


def test_a_score_that_follows_length_alone_draws_the_diagonal_once_lengths_are_matched():
    rng = np.random.default_rng(0)
    upheld = rng.integers(0, 2, 3000)
    words = np.exp(rng.normal(4 + 0.6 * upheld, 0.5)).astype(int) + 1
    scored = _scored(upheld, words / words.max(), words)
    assert _area(roc(scored)) > 0.75
    assert _area(matched_roc(scored)) == pytest.approx(0.5, abs=0.07)


def test_risk_over_all_cases_is_the_share_of_errors():
    curve = coverage_risk(_scored([1, 0, 1, 0], [0.9, 0.1, 0.4, 0.6], [10] * 4))
    assert curve.x[-1] == 1.0
    assert curve.y[-1] == 0.5
    assert curve.y[0] == 0.0  # the surest cases are right


def test_joining_keeps_scores_with_their_cases():
    one, other = _scored([1, 0], [0.9, 0.1], [5, 6]), _scored([0], [0.3], [7])
    both = joined([one, other])
    assert both.words.tolist() == [5, 6, 7]
    assert both.p_upheld.tolist() == [0.9, 0.1, 0.3]
    assert both.at(np.array([False, True, True])).cases.upheld.tolist() == [0, 0]
