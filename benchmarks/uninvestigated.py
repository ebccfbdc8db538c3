"""Complaints that no investigator wrote: how well does each recipe rank them as an expert reader does?

    python benchmarks/uninvestigated.py

Published complaint sections are written after the decision, so every figure on them holds some habit of the writers. An
invented complaint of `pipeline/corpus/invented.jsonl` was never decided: there is no outcome that its length or style
could betray. Truth is whether the readers expected upheld rather than closed, which is an opinion. Every recipe learns
from all embedded cases; ours is also shown without appraisals, and where it learns from invented ones, from those of
the other half only (blocks of 20 in the order of the file, since neighbours vary one story).

Prints AUC and length-matched AUC with 95 % bootstrap intervals, then our paired difference to each.
"""

from dataclasses import dataclass

import numpy as np
from peers import embedded_cases, recipes

from pipeline.evaluate.holdout import Cases
from pipeline.evaluate.metrics import Bootstrap, OutcomeCases, outcome_differences, outcome_figures
from pipeline.heads import fit_scorer, word_counts
from pipeline.heads.appraised import Further, invented
from pipeline.params import Params, changed, load_params

BLOCK = 20
WITHOUT = {"appraisals.share": 0.0, "appraisals.weight": 0.0}
FIGURES = ("auc", "matched_auc")


@dataclass(frozen=True)
class Uninvestigated:
    """The invented complaints, as test cases; the bootstrap draws whole blocks."""

    further: Further

    @property
    def blocks(self) -> np.ndarray:
        return np.arange(len(self.further.views)) // BLOCK

    @property
    def known(self) -> OutcomeCases:
        upheld = (self.further.expected.upheld > 0.5).astype(np.intp)
        return OutcomeCases(upheld, word_counts(self.further.views), self.blocks)

    @property
    def cases(self) -> Cases:
        return Cases([], self.further.views, self.blocks, self.further.cut)


def ours(train: Cases, test: Uninvestigated, params: Params) -> np.ndarray:
    """Return scores (m,), each by a model that has not learnt from the complaint's block."""
    scores = np.zeros(len(test.blocks))
    for half in (0, 1):
        own, other = (np.flatnonzero((test.blocks % 2 == half) == inside) for inside in (True, False))
        features, classifier = fit_scorer(
            train.decisions, train.views, params, cut=train.cut, further=test.further.at(other)
        )
        tested = test.further.at(own)
        scores[own] = classifier.decision_function(features.examine(tested.views, cut=tested.cut).X)
    return scores


def main() -> None:
    params = load_params()
    train, test = embedded_cases(params), Uninvestigated(invented(params))
    how, band = Bootstrap(params.evaluate.bootstrap, params.seed), params.evaluate.length_band
    scores = {
        "ours": ours(train, test, params),
        "ours without appraisals": ours(train, test, changed(params, WITHOUT, source="benchmark")),
    }
    peers = {name: recipe for name, recipe in recipes(params).items() if name != "ours"}
    scores |= {name: recipe(train, test.cases).p for name, recipe in peers.items()}
    print(f"{len(test.blocks)} invented complaints, {test.known.upheld.sum()} expected to be upheld\n")
    for name, score in scores.items():
        figures = outcome_figures(test.known, score, band, how)
        print(f"{name:26}" + "  ".join(f"{key} {figures[key]}" for key in FIGURES), flush=True)
    print("\nours minus (paired):")
    for name in list(scores)[1:]:
        gains = outcome_differences(test.known, scores["ours"], scores[name], band, how)
        print(f"{name:26}" + "  ".join(f"{key} {gains[key]}" for key in FIGURES), flush=True)


if __name__ == "__main__":
    main()
