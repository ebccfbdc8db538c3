import numpy as np
import pytest
from scipy.sparse import csr_matrix
from scipy.stats import spearmanr

from pipeline.errors import CorpusError
from pipeline.evaluate.metrics import matched_auc
from pipeline.heads import GroundsHead, OutcomeHead, fit_heads, learnable, length_weights
from pipeline.schema import Decision, Ground, Outcome, View


def _toy(n=200, seed=0):
    """One feature that tells the outcome about three times out of four."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    signal = y + rng.normal(0, 0.75, n)
    X = csr_matrix(np.c_[signal, rng.random((n, 3))])
    return X, np.where(y == 1, Outcome.UPHELD.value, Outcome.CLOSED.value)


def _fitted(X, y, **options):
    return OutcomeHead(**options).fit(X, y, groups=np.arange(len(y)), sample_weight=np.ones(len(y)))


def test_probabilities_are_calibrated():
    X, y = _toy(2000)
    head = _fitted(X, y)
    new_X, new_y = _toy(2000, seed=1)
    p = head.predict_proba(new_X)[:, list(head.classes_).index(Outcome.UPHELD)]
    likely = p > 0.5
    assert (new_y[likely] == Outcome.UPHELD).mean() == pytest.approx(p[likely].mean(), abs=0.04)
    assert (new_y[~likely] == Outcome.UPHELD).mean() == pytest.approx(p[~likely].mean(), abs=0.04)


@pytest.mark.parametrize("error_rate", [0.1, 0.3])
def test_the_true_outcome_is_in_the_conformal_set_as_often_as_promised(error_rate):
    X, y = _toy(2000)
    head = _fitted(X, y, error_rate=error_rate)
    new_X, new_y = _toy(2000, seed=1)
    in_set = head.sets(head.predict_proba(new_X))
    covered = in_set[np.arange(len(new_y)), np.searchsorted(head.classes_, new_y)]
    assert covered.mean() == pytest.approx(1 - error_rate, abs=0.04)


def test_the_promise_holds_where_upheld_is_as_rare_as_it_was_said_to_be():
    X, y = _toy(4000)
    head = _fitted(X, y, error_rate=0.2, upheld_rate=0.1)
    new_X, new_y = _toy(8000, seed=1)
    rare = np.flatnonzero((new_y == Outcome.CLOSED) | (np.arange(8000) % 9 == 0))
    p = head.predict_proba(new_X[rare])
    upheld = new_y[rare] == Outcome.UPHELD
    assert p[:, list(head.classes_).index(Outcome.UPHELD)].mean() == pytest.approx(upheld.mean(), abs=0.02)
    covered = head.sets(p)[np.arange(len(rare)), np.searchsorted(head.classes_, new_y[rare])]
    assert covered.mean() == pytest.approx(0.8, abs=0.03)


def test_prior_shift_moves_odds_by_the_ratio_of_priors():
    X, y = _toy()
    trained, shifted = _fitted(X, y), _fitted(X, y, upheld_rate=0.2)
    odds = [p[:, 1] / p[:, 0] for p in (trained.predict_proba(X), shifted.predict_proba(X))]
    share = trained.class_shares_[1]
    assert odds[1] / odds[0] == pytest.approx(np.full(len(y), 0.25 / (share / (1 - share))))


def test_prior_shift_keeps_the_proportions_of_the_other_outcomes():
    head = OutcomeHead(upheld_rate=0.3)
    head.classes_ = np.array([Outcome.CLOSED.value, Outcome.NOT_UPHELD.value, Outcome.UPHELD.value])
    head.class_shares_ = np.array([0.4, 0.1, 0.5])
    assert head.target_shares() == pytest.approx(np.array([0.56, 0.14, 0.3]))


def test_without_a_deployment_rate_the_training_shares_are_the_target():
    head = _fitted(*_toy())
    assert head.target_shares() is head.class_shares_


def test_length_weights_give_both_outcomes_the_same_lengths():
    rng = np.random.default_rng(0)
    upheld = rng.integers(0, 2, 3000)
    lengths = np.exp(rng.normal(4 + 0.4 * upheld, 0.4)).astype(int) + 1
    views = [View("word " * length) for length in lengths]
    weights = length_weights(views, np.where(upheld, "upheld", "closed"))
    plain = np.log(lengths[upheld == 1]).mean() - np.log(lengths[upheld == 0]).mean()
    means = [np.average(np.log(lengths[upheld == k]), weights=weights[upheld == k]) for k in (0, 1)]
    assert abs(means[1] - means[0]) < 0.2 * plain
    assert weights.max() <= 5


def test_grounds_are_learnt_within_their_own_outcome():
    X = csr_matrix(np.repeat([[1.0, 0.0], [0.0, 1.0]], 40, axis=0))
    outcomes = np.array([Outcome.UPHELD.value] * 80)
    head = GroundsHead(min_support=15).fit(
        X, outcomes, [(Ground.DELAY,)] * 40 + [(Ground.POOR_RECORDS,)] * 40, groups=np.arange(80)
    )
    assert head.codes_ == {"upheld": ["delay", "poor_records"]}
    p = head.predict_proba(X[[0, 79]], "upheld")
    assert p.argmax(axis=1).tolist() == [0, 1]


def test_grounds_with_few_cases_are_left_out_and_named():
    X = csr_matrix(np.eye(50))
    grounds = (
        [(Ground.DELAY,)] * 30 + [(Ground.DELAY, Ground.POOR_RECORDS)] * 5 + [(Ground.OTHER_FAULT,)] * 15
    )
    head = GroundsHead(min_support=15).fit(X, np.array(["upheld"] * 50), grounds, groups=np.arange(50))
    assert head.codes_["upheld"] == ["delay", "other_fault"]
    assert head.left_out_["poor_records"] == 5


def test_the_only_ground_of_an_outcome_is_nearly_certain():
    X = csr_matrix(np.eye(40))
    head = GroundsHead().fit(
        X, np.array(["not_upheld"] * 40), [(Ground.NO_FAULT_FOUND,)] * 40, groups=np.arange(40)
    )
    assert head.predict_proba(X, "not_upheld").min() > 0.98


def _decisions(**counts: int) -> list[Decision]:
    return [
        Decision(
            reference=f"22 00{n // 100} {n % 100:03}",
            organisation="A",
            outcome=outcome,
            complaint=f"Bins {n}.",
            category="Housing",
        )
        for outcome, count in counts.items()
        for n in range(count)
    ]


def test_fewer_than_thirty_cases_of_an_outcome_are_refused(params):
    decisions = _decisions(upheld=29, closed_after_initial_enquiries=40)
    with pytest.raises(CorpusError, match=r"'upheld': 29.*each must have at least 30"):
        fit_heads(decisions, [View(d.complaint) for d in decisions], np.arange(69), params)


def test_a_corpus_of_one_outcome_is_refused(params):
    decisions = _decisions(upheld=60)
    with pytest.raises(CorpusError, match="'closed_after_initial_enquiries': 0"):
        fit_heads(decisions, [View(d.complaint) for d in decisions], np.arange(60), params)


def test_not_upheld_is_left_out_unless_it_is_a_class(params):
    decisions = _decisions(upheld=2, not_upheld=3)
    assert len(learnable(decisions, params)) == 2
    as_class = params.model_copy(
        update={"outcome": params.outcome.model_copy(update={"not_upheld": "class"})}
    )
    assert len(learnable(decisions, as_class)) == 5


def test_predictions_rank_the_grounds_of_the_more_likely_outcome(bundle):
    views = [
        View("The Council did not deliver the provision in her son's EHC plan.", category="Education"),
        View("He objects to a penalty charge notice for parking.", category="Transport and highways"),
    ]
    for prediction in bundle.heads.predict(views, version="v"):
        assert all(ground.outcome == prediction.outcome for ground, _ in prediction.grounds)
        assert [p for _, p in prediction.grounds] == sorted((p for _, p in prediction.grounds), reverse=True)
    assert bundle.heads.predict([], version="v") == []


@pytest.mark.slow
def test_length_tells_little_of_the_score_within_an_outcome(small_corpus, quick_params):
    """Cross-fitted on the small corpus; the bound is loose because the corpus is small."""
    from pipeline.corpus import read_decisions
    from pipeline.features.view import view_of_decision

    decisions = learnable(list(read_decisions(small_corpus)), quick_params)
    views = [view_of_decision(decision, quick_params.view) for decision in decisions]
    words = np.array([len(view.complaint.split()) for view in views])
    upheld = np.array([int(decision.outcome == Outcome.UPHELD) for decision in decisions])
    half = np.arange(len(views)) % 2 == 0
    p = np.zeros(len(views))
    for train in (half, ~half):
        ours = np.flatnonzero(train).tolist()
        heads = fit_heads(
            [decisions[i] for i in ours], [views[i] for i in ours], np.arange(len(ours)), quick_params
        )
        p[~train] = heads.p_upheld([views[i] for i in np.flatnonzero(~train)])
    assert matched_auc(upheld, p, words) > 0.65
    assert all(abs(spearmanr(p[upheld == k], words[upheld == k]).statistic) < 0.25 for k in (0, 1))
