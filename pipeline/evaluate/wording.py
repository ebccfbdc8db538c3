"""An evaluation in, the five plain sentences that open the page out."""

from pipeline.evaluate.evaluation import UNSEEN, Evaluation
from pipeline.evaluate.metrics import Estimate

TESTED = {
    UNSEEN: "on {n} complaints that it was not trained on",
    "time": "on {n} complaints that came in later than all it learnt from",
    "groups": "by cross-validation on {n} complaints",
    "organisations": "on {n} complaints about bodies it had not met",
}
BASELINES = {
    "prior": "guessing every case alike",
    "length": "knowing only how long the complaint is",
    "category": "knowing only the category",
    "organisation": "knowing only the body complained of",
}


def unbeaten(evaluation: Evaluation) -> str | None:
    """Return the best of the baselines that the model is not shown to beat on matched AUC; None if it beats all."""
    headline = evaluation.headline
    close = [name for name, gain in headline.gains.items() if not gain.low > 0]
    return max(close, key=lambda name: headline.outcome[name]["matched_auc"].value, default=None)


def five_sentences(evaluation: Evaluation) -> list[str]:
    """Return what was tested, how good it is, how sure that is, what it must not be used for, and what changed."""
    return [
        _tested(evaluation),
        _how_good(evaluation),
        _how_sure(evaluation),
        "It must not be used to turn anyone away or to decide about a person: it knows how like complaints were "
        "decided and reported, not what is true of this one.",
        _changed(evaluation),
    ]


def _tested(evaluation: Evaluation) -> str:
    headline = evaluation.headline
    where = TESTED[headline.name].format(n=f"{len(headline.scored.words):,}")
    what = (
        f"model {evaluation.version} itself was tested"
        if headline.name == UNSEEN
        else f"the recipe of model {evaluation.version} was fitted again and tested, because the model itself has seen "
        "these cases,"
    )
    best = unbeaten(evaluation)
    if best is None:
        return f"{what[0].upper()}{what[1:]} {where}."
    return f"This model is no better than {BASELINES[best]}: {what} {where}."


def _how_good(evaluation: Evaluation) -> str:
    headline = evaluation.headline
    own = headline.outcome["upheld"]
    name = max(headline.outcome.keys() - {"upheld"}, key=lambda n: headline.outcome[n]["matched_auc"].value)
    other = headline.outcome[name]["matched_auc"].value
    return (
        f"Of an upheld and a closed complaint of like length it puts the upheld one first in "
        f"{own['matched_auc'].value:.0%} of pairs (chance: 50%; {BASELINES[name]}: {other:.0%}); where it does not "
        f"abstain, in {own['coverage'].value:.0%} of cases, it is wrong in {own['risk'].value:.0%}, and its "
        f"probabilities are off by {100 * own['ece'].value:.0f} points on average."
    )


def _how_sure(evaluation: Evaluation) -> str:
    matched: Estimate = evaluation.headline.outcome["upheld"]["matched_auc"]
    others = [
        f"{split.outcome['upheld']['matched_auc'].value:.0%} {words}"
        for name, words in (("groups", "in cross-validation"), ("organisations", "on bodies it had not met"))
        if name != evaluation.headline.name and (split := evaluation.splits.get(name))
    ]
    also = f"; other ways of splitting the cases give {' and '.join(others)}" if others else ""
    return (
        f"With other cases of the same kind that share would lie between {matched.low:.0%} and {matched.high:.0%} "
        f"(95% interval){also}."
    )


def _changed(evaluation: Evaluation) -> str:
    comparison = evaluation.comparison
    if comparison is None:
        return "It was compared with no other model: none was given."
    gain = comparison.differences["matched_auc"]
    verdict = "better than" if gain.low > 0 else "worse than" if gain.high < 0 else "not shown to differ from"
    return (
        f"It is {verdict} model {comparison.other} on the same cases: that share differs by {100 * gain.value:+.1f} "
        f"points, between {100 * gain.low:+.1f} and {100 * gain.high:+.1f}."
    )
