import numpy as np
import pytest

from pipeline.corpus import read_decisions
from pipeline.features.view import view_of_decision
from pipeline.heads import fit_heads, learnable
from pipeline.heads.reasons import OTHER, START
from pipeline.schema import Ground, View

VIEWS = [
    View("Mr X appealed to the SEND tribunal about his son's school place.", category="Education"),
    View("Her bin has been missed for six weeks and she was charged £40.", category="Environment"),
]


def _log_odds(prediction):
    return np.log(prediction.p_upheld / (1 - prediction.p_upheld))


@pytest.mark.parametrize("rate", [None, 0.1])
def test_reasons_sum_to_the_log_odds_of_upheld(bundle, rate):
    for prediction in bundle.at_rate(rate).heads.predict(VIEWS, version="", explain=3):
        assert sum(reason.contribution for reason in prediction.reasons) == pytest.approx(
            _log_odds(prediction), abs=1e-4
        )


@pytest.mark.slow
def test_reasons_sum_to_the_odds_of_upheld_against_closed_where_not_upheld_is_a_third_class(
    small_corpus, params
):
    outcome = params.outcome.model_copy(update={"not_upheld": "class"})
    params = params.model_copy(update={"outcome": outcome})
    decisions = learnable(list(read_decisions(small_corpus)), params)
    views = [view_of_decision(decision, params.view) for decision in decisions]
    heads = fit_heads(decisions, views, np.arange(len(views)), params)
    p = heads.outcome.predict_proba(heads.features.transform(VIEWS))
    closed, _, upheld = p.T
    assert heads.outcome.classes_.tolist() == ["closed_after_initial_enquiries", "not_upheld", "upheld"]
    sums = [
        sum(r.contribution for r in found.reasons) for found in heads.predict(VIEWS, version="", explain=2)
    ]
    assert sums == pytest.approx(np.log(upheld / closed).tolist(), abs=1e-4)


def test_as_many_reasons_as_asked_for_come_first_the_strongest_at_the_head(bundle):
    reasons = bundle.heads.predict(VIEWS, version="", explain=4)[0].reasons
    strengths = [abs(reason.contribution) for reason in reasons[:4]]
    assert strengths == sorted(strengths, reverse=True)
    assert [reason.name for reason in reasons[4:]] == [OTHER, START]


def test_no_reasons_are_given_unasked(bundle):
    assert all(prediction.reasons == () for prediction in bundle.heads.predict(VIEWS, version=""))


def test_a_tribunal_speaks_for_closing_and_names_its_ground_and_its_words(bundle):
    reasons = bundle.heads.predict(VIEWS[:1], version="", explain=8)[0].reasons
    by_name = {reason.name: reason for reason in reasons}
    assert by_name["'tribunal'"].contribution < 0
    assert by_name["'tribunal'"].ground is Ground.TRIBUNAL_APPEAL
    assert by_name["names a tribunal"].contribution < 0
    assert by_name["names a tribunal"].words == ("send tribunal", "tribunal")


def test_other_terms_are_what_more_reasons_would_have_named(bundle):
    few, many = (bundle.heads.predict(VIEWS, version="", explain=n)[1].reasons for n in (1, 1000))
    named = {reason.name: reason.contribution for reason in many}
    rest = sum(value for name, value in named.items() if name not in (few[0].name, START))
    assert few[1].contribution == pytest.approx(rest, abs=1e-3)
