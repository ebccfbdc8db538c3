"""The grounds head beside a published recipe on the same cases: one-vs-rest logistic regressions over TF-IDF(1,2).

    python benchmarks/peer_grounds.py [--upheld-rate 0.3]

On the embedded corpus, near-duplicates always on one side: 5-fold cross-validation and the time-ordered split. Ours
ranks the grounds of the outcome that it finds more likely; the peer ranks all of them at once. All test cases count.
Prints hit at 1, hit at 2 and label ranking average precision with 95 % bootstrap intervals, then paired differences.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np
from peers import embedded_cases
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline

from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap, grounds_differences, grounds_figures
from pipeline.evaluate.splits import CODES, Fold, plan_splits
from pipeline.heads import fit_heads, truth_table
from pipeline.params import Params, changed, load_params


def truth_of(cases: Cases) -> np.ndarray:
    return truth_table([decision.grounds for decision in cases.decisions], CODES)


def ours(train: Cases, test: Cases, params: Params) -> np.ndarray:
    heads = fit_heads(train.decisions, train.views, train.groups, params, cut=train.cut)
    return heads.ground_scores(test.views, CODES)


def one_vs_rest(train: Cases, test: Cases, params: Params) -> np.ndarray:
    truth = truth_of(train)
    known = np.flatnonzero(truth.any(axis=0))
    model = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), max_features=10_000, stop_words="english"),
        OneVsRestClassifier(LogisticRegression(class_weight="balanced", max_iter=1000)),
    ).fit([view.complaint for view in train.views], truth[:, known])
    scores = np.zeros((len(test.views), len(CODES)))
    scores[:, known] = model.predict_proba([view.complaint for view in test.views])
    return scores


def scored(
    recipe: Callable[[Cases, Cases, Params], np.ndarray], cases: Cases, folds: Sequence[Fold], params: Params
) -> np.ndarray:
    """Return scores (n_tested, n_grounds) in the order of the cases."""
    parts = [recipe(cases.at(train), cases.at(test), params) for train, test in folds]
    return np.concatenate(parts)[np.argsort(np.concatenate([test for _, test in folds]))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--upheld-rate", type=float, help="share of upheld told to ours for the later cases")
    told = parser.parse_args().upheld_rate
    params = load_params()
    cases = embedded_cases(params)
    how = Bootstrap(params.evaluate.bootstrap, params.seed)
    plans = {plan.name: plan.folds for plan in plan_splits(cases, params)[0]}
    rates = {"groups": None, "time": told}
    for name, rate in rates.items():
        folds = plans[name]
        tested = cases.at(np.sort(np.concatenate([test for _, test in folds])))
        own = changed(params, {"deployment.upheld_rate": rate}, source="benchmark")
        scores = [scored(recipe, cases, folds, own) for recipe in (ours, one_vs_rest)]
        truth = truth_of(tested)
        rows = {
            label: grounds_figures(truth, score, tested.groups, how)
            for label, score in zip(("ours", "TF-IDF(1,2), one-vs-rest"), scores, strict=True)
        } | {"ours minus it (paired)": grounds_differences(truth, *scores, tested.groups, how)}
        print(f"\n{name}: {len(tested.views)} test cases")
        for label, figures in rows.items():
            print(f"{label:26}" + "  ".join(f"{key} {figure}" for key, figure in figures.items()), flush=True)


if __name__ == "__main__":
    main()
