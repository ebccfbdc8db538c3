"""The outcome head beside published recipes on the same folds: what does our own work add, and how sure is that?

    python benchmarks/peers.py [--repeats 5]

Repeated 5-fold cross-validation on the embedded corpus, near-duplicates in one fold. Every recipe sees the same
complaints; ours alone is kept from their length. XGBoost joins where it is installed. Prints one row a recipe, each
figure with its 95 % bootstrap interval, then our paired difference to each.
"""

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from importlib.util import find_spec

import numpy as np
from scipy.stats import spearmanr
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from pipeline.corpus import embedded_corpus, read_decisions
from pipeline.evaluate.baselines import baseline_scores
from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap, OutcomeCases, outcome_differences, outcome_figures
from pipeline.features.vectorise import ComplaintFeatures
from pipeline.features.view import view_of_decision
from pipeline.heads import OutcomeHead, learnable, length_weights
from pipeline.params import Params, load_params
from pipeline.schema import Outcome
from pipeline.split import near_duplicate_groups

Recipe = Callable[[Cases, Cases], np.ndarray]


def embedded_cases(params: Params) -> Cases:
    with ExitStack() as stack:
        decisions = learnable(list(read_decisions(embedded_corpus(stack))), params)
    views = [view_of_decision(decision, params.view) for decision in decisions]
    groups = near_duplicate_groups([view.complaint for view in views], params.split.duplicate_similarity)
    return Cases(decisions, views, groups)


def ours(params: Params) -> Recipe:
    def score(train: Cases, test: Cases) -> np.ndarray:
        features = ComplaintFeatures.from_params(params.features)
        X = features.fit_transform(train.views)
        outcomes = np.array([decision.outcome.value for decision in train.decisions])
        head = OutcomeHead(strength=params.outcome.strength, folds=params.calibration.folds, seed=params.seed)
        head.fit(X, outcomes, groups=train.groups, sample_weight=length_weights(train.views, outcomes))
        p = head.predict_proba(features.transform(test.views))
        return p[:, list(head.classes_).index(Outcome.UPHELD)]

    return score


def text_recipe(make_model: Callable[[], object]) -> Recipe:
    def score(train: Cases, test: Cases) -> np.ndarray:
        model = make_model().fit([view.complaint for view in train.views], train.upheld)
        return model.predict_proba([view.complaint for view in test.views])[:, 1]

    return score


def baseline(name: str) -> Recipe:
    return lambda train, test: baseline_scores(train.views, train.upheld, test.views)[name]


def recipes(params: Params) -> dict[str, Recipe]:
    found = {
        "ours": ours(params),
        "TF-IDF(1,2) + balanced LR": text_recipe(
            lambda: make_pipeline(
                TfidfVectorizer(ngram_range=(1, 2), max_features=10_000, stop_words="english"),
                LogisticRegression(class_weight="balanced", max_iter=1000),
            )
        ),
        "TF-IDF(1,3) + linear SVM": text_recipe(
            lambda: make_pipeline(TfidfVectorizer(ngram_range=(1, 3)), CalibratedClassifierCV(LinearSVC()))
        ),
    }
    if find_spec("xgboost"):
        from xgboost import XGBClassifier

        found["TF-IDF + XGBoost"] = text_recipe(
            lambda: make_pipeline(
                TfidfVectorizer(max_features=10_000), XGBClassifier(random_state=params.seed)
            )
        )
    return found | {name: baseline(name) for name in ("category", "organisation", "length", "prior")}


def cross_validated(recipe: Recipe, cases: Cases, repeats: int) -> tuple[np.ndarray, float]:
    """Return P(upheld) (repeats, n) of held-out cases, and the seconds a fold takes."""
    start = time.perf_counter()
    p = np.zeros((repeats, len(cases.views)))
    for repeat in range(repeats):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=repeat)
        for train, test in folds.split(cases.upheld, cases.upheld, cases.groups):
            p[repeat, test] = recipe(cases.at(train), cases.at(test))
    return p, (time.perf_counter() - start) / (5 * repeats)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    params = load_params()
    cases = embedded_cases(params)
    words = np.array([len(view.complaint.split()) for view in cases.views])
    known = OutcomeCases(cases.upheld, words, cases.groups)
    how, band = Bootstrap(params.evaluate.bootstrap, params.seed), params.evaluate.length_band
    repeats = parser.parse_args().repeats
    print(
        f"{len(words)} cases, {cases.upheld.sum()} upheld; {repeats} x 5-fold cross-validation, "
        "near-duplicates in one fold"
    )
    print(
        "AUC, length-matched AUC, Brier; rho: Spearman correlation with length among upheld / closed; seconds a fold\n"
    )
    scores = {}
    for name, recipe in recipes(params).items():
        p, seconds = cross_validated(recipe, cases, repeats)
        scores[name] = p
        figures = outcome_figures(known, p, band, how)
        rho = [
            np.mean([spearmanr(r[cases.upheld == k], words[cases.upheld == k]).statistic for r in p])
            for k in (1, 0)
        ]
        row = "  ".join(
            f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]" for figure in figures.values()
        )
        print(f"{name:27}{row}  rho {rho[0]:+.2f}/{rho[1]:+.2f}  {seconds:.1f} s", flush=True)
    print("\nours minus (paired):  AUC, length-matched AUC, Brier")
    for name in list(scores)[1:]:
        gains = outcome_differences(known, scores["ours"], scores[name], band, how)
        print(
            f"{name:27}" + "  ".join(f"{g.value:+.3f} [{g.low:+.3f}, {g.high:+.3f}]" for g in gains.values()),
            flush=True,
        )


if __name__ == "__main__":
    main()
