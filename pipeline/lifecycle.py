"""Wires the life of a model after its training: promote it, go back, watch it, make it again. Prints nothing.

Paths, versions and settings in; verdicts, events and advice out. Nothing here trains.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from pipeline.bundle import FILES, Bundle, load_bundle
from pipeline.corpus import read_decisions
from pipeline.errors import CorpusError, RegistryError
from pipeline.evaluate.gate import Measure, Verdict, judge
from pipeline.evaluate.held import HOLDOUT, HeldCases, from_lines, hold
from pipeline.evaluate.holdout import Cases, cases_of
from pipeline.evaluate.metrics import Bootstrap, Estimate
from pipeline.evaluate.monitor import Advice, Period, advise, by_period, month_of
from pipeline.evaluate.seen import TRAINED_ON, trained_on
from pipeline.features.view import view_of_decision
from pipeline.heads import learnable
from pipeline.manifest import check_files, read_manifest
from pipeline.params import Params
from pipeline.profile import Profile
from pipeline.schema import Decision, Outcome, Reject
from pipeline.score.drift import Drift, compare
from pipeline.score.two_samples import LEVELS
from pipeline.stages import find_bundle
from pipeline.stages.facts import sha256_of
from pipeline.statements.duplicates import deduplicate
from pipeline.tracking.fetch import download_bundle
from pipeline.tracking.history import Event
from pipeline.tracking.recipe import Recipe, recipe_of_run
from pipeline.tracking.registry import (
    CHAMPION,
    RegisteredVersion,
    Registry,
    install,
    note_refusal,
    read_registry,
)


@dataclass(frozen=True, slots=True)
class Promotion:
    """What came of an attempt to make a version champion: the verdict, and the line it wrote into the history.

    `rejects` are rows of the corpus that it was compared on and that are no decision.
    """

    version: RegisteredVersion
    champion: RegisteredVersion | None
    verdict: Verdict
    event: Event
    rejects: list[Reject]


@dataclass(frozen=True, slots=True)
class Check:
    """How a model fares on newly published decisions.

    Attributes:
        model: version of the bundle.
        periods: figures by period of receipt, "all" last.
        drift: of the inputs.
        advice: whether to train anew.
        seen: decisions of the file that were left out because the model was trained on them or on near-duplicates.
        rejects: rows that are no decision.
    """

    model: str
    periods: list[Period]
    drift: Drift
    advice: Advice
    seen: int
    rejects: list[Reject]


def promote(name: str, params: Params, *, corpus: Path | None = None, force: str | None = None) -> Promotion:
    """Make a version champion if it passes the gate of `params.promotion`; the history tells either way.

    Both bundles were fitted to all their cases, so their own scores of those say nothing. They are compared by what
    their trials, fitted to the past alone, made of the later cases; or, with a corpus, by what the bundles themselves
    make of decisions that neither has seen.

    Args:
        name: number, alias or bundle of a registered version.
        params: the gate, and which store.
        corpus: labelled decisions, newer than both bundles.
        force: why the version is to be champion whatever the gate says; None: the gate decides.

    Raises:
        RegistryError: no such version, or it is champion already.
        TrackingError: the store cannot be reached or refuses.
        InputError: a corpus that cannot be read.
    """
    registry = read_registry(params)
    version, champion = registry.find(name), registry.holder(CHAMPION)
    if champion == version:
        raise RegistryError(f"{registry.model}: version {version.number} is champion already.")
    both = [version, champion] if champion else [version]
    rejects: list[Reject] = []
    if corpus:
        bundles = [_loaded(registry, one, params) for one in both]
        cases, rejects = _cases(corpus, bundles[0].heads.params)
        held = _on_new(cases, bundles)
    else:
        held = [_on_holdout(registry, one, params) for one in both]
    verdict = judge(held[0], held[1] if champion else None, params.promotion, _measure(params))
    if force or verdict.passed:
        event = install(params, version, "forced" if force else "promoted", force or _passed(verdict))
    else:
        event = note_refusal(params, version, _failed(verdict))
    return Promotion(version, champion, verdict, event, rejects)


def check(corpus: Path, params: Params, *, model: str | None = None, models: Path = Path("models")) -> Check:
    """Score newly published decisions with a model that has not seen them, and say whether to train anew.

    Args:
        corpus: labelled decisions; those that the model was trained on, and their near-duplicates, are left out.
        params: when to advise it, and which store.
        model: a bundle's folder, "latest", or an MLflow address; None: the champion.
        models: where "latest" is looked for.

    Raises:
        CorpusError: no decision is new to the model.
        InputError: a corpus that cannot be read.
        TrackingError: the store cannot be reached, or has no champion.
    """
    bundle = find_bundle(model or f"models:/{params.tracking.model}@{CHAMPION}", models, params)
    cases, rejects = _cases(corpus, bundle.heads.params)
    new = cases.at(np.flatnonzero(~_known(cases, [bundle]))).of(Outcome.UPHELD, Outcome.CLOSED)
    if not new.decisions:
        raise CorpusError(
            f"{corpus}: none of its {len(cases.decisions)} cases is upheld or closed and new to the model; "
            "give decisions that were published after those it was trained on."
        )
    months = np.array([month_of(decision) for decision in new.decisions])
    held = hold(bundle.heads, new)
    p_upheld = bundle.heads.p_upheld(new.views)
    periods = by_period(held, p_upheld, months, _measure(params), least=params.evaluate.slice_cases)
    batch = Profile.of(new.views, bundle.heads.score(new.views, version=""))
    drift = compare(bundle.reference, batch, params.drift)
    tested = Estimate(**{"count": 0} | bundle.manifest["figures"]["matched_auc"])
    advice = advise(
        periods[-1], tested, len(bundle.manifest[TRAINED_ON]), _far_apart(drift, params), params.retraining
    )
    return Check(bundle.version, periods, drift, advice, len(cases.decisions) - len(new.decisions), rejects)


def recipe_for(run_id: str, corpus: Path, params: Params) -> Recipe:
    """Return the settings of a run, if `corpus` is the one that it was trained on.

    Raises:
        CorpusError: it is another one.
        TrackingError: the store cannot be reached, or has no such run.
        RegistryError: the run is not one of `upheld train`.
    """
    recipe, digest = recipe_of_run(run_id, params), sha256_of(corpus)
    if digest != recipe.corpus_sha256:
        raise CorpusError(
            f"{corpus}: is not the corpus of run {run_id}: its SHA-256 is {digest}, the run's is "
            f"{recipe.corpus_sha256}. Give that file, or train without --from-run."
        )
    return recipe


def _on_holdout(registry: Registry, version: RegisteredVersion, params: Params) -> HeldCases:
    """Return what the trial of a registered bundle made of its test cases; no cases where the bundle kept none."""
    with _folder_of(registry, version, params) as path:
        check_files(path, read_manifest(path), FILES)
        file = path / HOLDOUT
        return from_lines(file.read_text(encoding="utf-8") if file.is_file() else "")


def _loaded(registry: Registry, version: RegisteredVersion, params: Params) -> Bundle:
    with _folder_of(registry, version, params) as path:
        return load_bundle(path)


def _on_new(cases: Cases, bundles: Sequence[Bundle]) -> list[HeldCases]:
    """Return what each bundle makes of those cases that none of them has seen."""
    new = cases.at(np.flatnonzero(~_known(cases, bundles)))
    return [hold(bundle.heads, _as_seen_by(bundle, new)) for bundle in bundles]


@contextmanager
def _folder_of(registry: Registry, version: RegisteredVersion, params: Params) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield download_bundle(registry.address(version), params, Path(folder))


def _cases(corpus: Path, params: Params) -> tuple[Cases, list[Reject]]:
    found = list(deduplicate(lambda: read_decisions(corpus)))
    decisions = [item for item in found if isinstance(item, Decision)]
    rejects = [item for item in found if isinstance(item, Reject)]
    return cases_of(learnable(decisions, params), params), rejects


def _as_seen_by(bundle: Bundle, cases: Cases) -> Cases:
    views = [view_of_decision(decision, bundle.heads.params.view) for decision in cases.decisions]
    return Cases(cases.decisions, views, cases.groups)


def _known(cases: Cases, bundles: Sequence[Bundle]) -> NDArray[np.bool_]:
    """Return (n,) True where a bundle was trained on a case, or on a near-duplicate of it among these."""
    trained = np.zeros(len(cases.decisions), dtype=bool)
    for bundle in bundles:
        trained |= trained_on(cases.decisions, bundle.manifest)
    return trained | np.isin(cases.groups, cases.groups[trained])


def _measure(params: Params) -> Measure:
    return Measure(params.evaluate.length_band, Bootstrap(params.evaluate.bootstrap, params.seed))


def _far_apart(drift: Drift, params: Params) -> list[str]:
    """Return a sentence on each difference that is a reason by itself: beyond chance, and large enough."""
    least = LEVELS.index(params.retraining.drift_from)
    return [
        f"The inputs have changed. {finding.note}"
        for finding in drift.findings
        if finding.significant and LEVELS.index(finding.difference.level) >= least
    ]


def _passed(verdict: Verdict) -> str:
    return f"passed on {verdict.cases} test cases"


def _failed(verdict: Verdict) -> str:
    return "; ".join(f"{one.name}: {one.found}, missed by {one.missed_by:.3f}" for one in verdict.failed)
