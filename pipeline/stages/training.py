"""Labelled decisions in, a measured bundle out."""

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.bundle import check_folder, save_bundle
from pipeline.corpus import read_decisions, sample_complaints
from pipeline.evaluate.card import write_card
from pipeline.evaluate.held import HOLDOUT, hold, to_lines
from pipeline.evaluate.holdout import HoldoutFigures, cases_of, evaluate_holdout
from pipeline.heads import check_outcomes, fit_heads, learnable
from pipeline.params import Params
from pipeline.profile import reference_of
from pipeline.schema import Reject
from pipeline.search import Search, search
from pipeline.split import split_by_time
from pipeline.stages.facts import Material, card_facts, facts_of
from pipeline.stages.progress import Progress, silent
from pipeline.stages.provenance import git_state, usage
from pipeline.stages.reading import decisions_only
from pipeline.statements.duplicates import deduplicate
from pipeline.tables import Row, read_rows

SEARCHES = ".search"  # the folder beside the bundles where scores of candidates are kept


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What training used, tried, left out and reached; `bundle` is the folder that it saved."""

    bundle: Path
    figures: HoldoutFigures
    counts: dict[str, int]
    test_from: str
    rejects: list[Reject]
    search: Search | None


def train(
    source: Path,
    models: Path,
    params: Params,
    *,
    name: str = "",
    candidates: int = 0,
    progress: Progress = silent,
) -> TrainingSummary:
    """Train on past decisions, measure on later ones, fit the same recipe to all of them, and save that as a bundle.

    Args:
        source: decisions as JSONL, labelled.
        models: the folder in which the bundle's folder is made.
        params: all settings.
        name: what the corpus is called in the manifest and in MLflow; its file name where left out.
        candidates: settings to draw from `search.space` and to try on the past cases first; 0: those given count.
        progress: shows how far it has come.

    Raises:
        ParamsError: a search space with unknown keys or values.
        CorpusError: too few cases of an outcome, or none on one side of the split.
        InputError: a corpus that cannot be read.
    """
    check_folder(models)
    with usage() as used:
        material = _material(source, params, progress)
        cases, past, later = material.cases, material.past, material.later
        tried = (
            search(past, params, candidates, cache=models / SEARCHES, progress=progress)
            if candidates
            else None
        )
        params = tried.params if tried else params
        steps = iter(progress(("fit to the past", "measure", "fit to all", "save"), "training"))
        next(steps)
        trial = fit_heads(past.decisions, past.views, past.groups, params, cut=past.cut)
        next(steps)
        figures = evaluate_holdout(trial, past, later)
        next(steps)
        heads = fit_heads(cases.decisions, cases.views, cases.groups, params, cut=cases.cut)
        next(steps)
        facts = facts_of(source, name, material, figures, params=params, tried=tried)
        bundle = save_bundle(
            heads,
            models,
            reference=reference_of(heads, cases.views, cut=cases.cut),
            facts=facts | {"git": git_state(Path.cwd()), "system": used.as_json()},
            card=write_card(figures.outcome, figures.grounds, figures.abstention, card_facts(facts, heads)),
            examples=_examples(),
            files={HOLDOUT: to_lines(hold(trial, later))},
        )
        list(steps)  # closes the bar
        return TrainingSummary(
            bundle, figures, facts["counts"], facts["test_from"], list(material.rejects), tried
        )


def _material(source: Path, params: Params, progress: Progress) -> Material:
    rejects: list[Reject] = []
    read = progress(deduplicate(lambda: read_decisions(source)), "reading")
    found = list(decisions_only(read, rejects))
    usable = learnable(found, params)
    check_outcomes(usable, params, "corpus")
    cases = cases_of(usable, params)
    return Material(found, rejects, cases, split_by_time(cases.decisions, cases.groups, params.split))


def _examples() -> list[dict[str, Any]]:
    with ExitStack() as stack:
        rows = [row for row in read_rows(sample_complaints(stack)) if isinstance(row, Row)]
    return [{name: value for name, value in row.values.items() if name != "id"} for row in rows]
