"""The commands for a notebook: paths and settings in, files and summaries out, by the commands' own words and defaults.

Wherever decisions are asked for, None stands for the embedded ones. Settings are None (./params.yaml, else the packaged
file), the path of a file, or a few keys that outrank it: {"outcome.strength": 1.0}.
"""

import warnings
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline import assess, lifecycle, stages
from pipeline.bundle import Bundle
from pipeline.corpus import embedded_corpus, read_decisions
from pipeline.errors import TrackingError
from pipeline.evaluate.leakage import Audit
from pipeline.lifecycle import Promotion
from pipeline.params import Params, changed, load_params
from pipeline.schema import Decision, Reject
from pipeline.stages import StageSummary, TrainingSummary
from pipeline.tracking.registry import Registry, read_registry
from pipeline.tracking.runs import log_bundle

AnyPath = str | PathLike[str]
Settings = AnyPath | Mapping[str, Any] | None


def read(paths: AnyPath | Sequence[AnyPath], out: AnyPath, *, report: AnyPath | None = None) -> StageSummary:
    """Read published statements into decisions; refused ones go to a file of rejects beside them.

    Args:
        paths: statements (.html, .htm, .txt, .jsonl), or folders of them.
        out: the decisions, as JSONL.
        report: what was found, as JSON.

    Raises:
        InputError: a path that does not exist, or an output that cannot be written.

    >>> read("nowhere", "decisions.jsonl")
    Traceback (most recent call last):
    ...
    pipeline.errors.InputError: nowhere: no such file or folder; ...
    """
    given = [paths] if isinstance(paths, str | PathLike) else paths
    return stages.read([Path(path) for path in given], Path(out), report=_path(report))


def label(corpus: AnyPath | None, out: AnyPath, *, report: AnyPath | None = None) -> StageSummary:
    """Add grounds, citations and the sentences they rest on to decisions; grounds read by hand stay.

    Args:
        corpus: decisions, as JSONL.
        out: the same with their labels.
        report: what was found, as JSON.

    Raises:
        InputError: a corpus that cannot be read, or an output that cannot be written.
    """
    with ExitStack() as stack:
        return stages.label(_corpus(corpus, stack), Path(out), report=_path(report))


def decisions(corpus: AnyPath | None = None) -> pd.DataFrame:
    """Return decisions as a data frame, one row each, with the fields of `Decision` and `received_year`.

    Raises:
        InputError: a corpus that cannot be read.

    >>> decisions().outcome.value_counts().index.tolist()
    ['closed_after_initial_enquiries', 'upheld', 'not_upheld']
    """
    with ExitStack() as stack:
        source = _corpus(corpus, stack)
        found = list(read_decisions(source))
    rejects = [item for item in found if isinstance(item, Reject)]
    if rejects:
        warnings.warn(
            f"{source}: {len(rejects)} rows are no decisions, first row {rejects[0].row}: {rejects[0].reason}",
            stacklevel=2,
        )
    rows = [
        item.model_dump(mode="json") | {"received_year": item.received_year}
        for item in found
        if isinstance(item, Decision)
    ]
    return pd.DataFrame(rows, columns=None if rows else [*Decision.model_fields, "received_year"])


def train(
    corpus: AnyPath | None = None,
    *,
    out: AnyPath = "models",
    params: Settings = None,
    search: int = 0,
    track: bool = True,
) -> TrainingSummary:
    """Train on past decisions, measure on later ones, save a bundle, and log it in MLflow.

    Args:
        corpus: labelled decisions, as JSONL.
        out: the folder of bundles; the new one's path is `bundle` of what is returned.
        params: settings.
        search: other settings out of `search.space` to try first.
        track: whether to log the run; a store out of reach costs a warning, never the bundle.

    Raises:
        CorpusError: too few cases of an outcome, or none on one side of the split.
        InputError: a corpus that cannot be read.
        ParamsError: settings that do not exist or have wrong values.

    Example:
        trained = train("labelled.jsonl", params={"outcome.strength": 1.0})
        print(trained.figures.outcome["upheld"]["matched_auc"])
    """
    settings = _settings(params)
    with ExitStack() as stack:
        name = "embedded" if corpus is None else ""
        summary = stages.train(_corpus(corpus, stack), Path(out), settings, name=name, candidates=search)
    if track:
        _log(summary.bundle, settings)
    return summary


def evaluate(
    corpus: AnyPath | None = None,
    out: AnyPath = "evaluation",
    *,
    model: AnyPath = "latest",
    compare: AnyPath | None = None,
    show_texts: bool = False,
    models: AnyPath = "models",
    params: Settings = None,
) -> assess.EvaluationSummary:
    """Evaluate a bundle under several splits, beside baselines; write metrics.json and report.html.

    Args:
        corpus: labelled decisions, as JSONL.
        out: the folder for both files; made if missing.
        model: a bundle's folder, "latest", or an MLflow address.
        compare: another one, on the same cases.
        show_texts: whether the page shows texts of complaints.
        models: where "latest" is looked for.
        params: settings.

    Raises:
        BundleError: a bundle that is missing, altered or incompatible.
        CorpusError: a corpus on which nothing can be measured.
        InputError: a corpus that cannot be read, or a folder that cannot be written.

    Example:
        found = evaluate("labelled.jsonl", "evaluation", model="latest")
        print(found.evaluation.headline.outcome["upheld"]["matched_auc"], found.report)
    """
    page = assess.Page(show_texts=show_texts, compare=None if compare is None else str(compare))
    with ExitStack() as stack:
        return assess.evaluate_bundle(
            str(model), _corpus(corpus, stack), Path(out), _settings(params), models=Path(models), page=page
        )


def audit(corpus: AnyPath | None = None, text_field: str = "complaint", *, params: Settings = None) -> Audit:
    """Say whether the outcome is written into a text of labelled cases.

    Args:
        corpus: cases with `outcome` and the field, as JSONL or CSV.
        text_field: the field that a model is to learn from.
        params: settings.

    Raises:
        CorpusError: too few cases of an outcome.
        InputError: a corpus that cannot be read, or without the field.

    Example:
        audit("labelled.jsonl", "summary").leaks
    """
    with ExitStack() as stack:
        return assess.audit_corpus(_corpus(corpus, stack), text_field, _settings(params))


def load(model: AnyPath = "latest", *, models: AnyPath = "models", params: Settings = None) -> Bundle:
    """Return a bundle, checked; its `predict` takes a data frame, records or texts.

    Args:
        model: a bundle's folder, "latest", or an MLflow address such as models:/upheld@champion.
        models: where "latest" is looked for.
        params: settings, of which only the MLflow store matters here.

    Raises:
        BundleError: a bundle that is missing, altered or incompatible.
        TrackingError: a store that cannot be reached.

    >>> load(models="nowhere")
    Traceback (most recent call last):
    ...
    pipeline.errors.BundleError: nowhere: holds no bundle; train one with 'upheld run' or 'upheld train'.

    Example:
        load("latest").predict(["The Council missed her bin for six weeks."], explain=5)
    """
    return stages.find_bundle(str(model), Path(models), _settings(params))


def models(params: Settings = None) -> Registry:
    """Return the versions registered in MLflow, the newest first, and the history of the champion.

    Raises:
        TrackingError: a store that cannot be reached.

    Example:
        models().holder("champion")
    """
    return read_registry(_settings(params))


def promote(
    version: str | int, *, corpus: AnyPath | None = None, force: str | None = None, params: Settings = None
) -> Promotion:
    """Make a registered version champion if it passes the gate in the settings.

    Args:
        version: its number, or "challenger".
        corpus: labelled decisions newer than both models, to compare them on; None: the test cases that they share.
        force: why it is to be champion whatever the gate says; goes on record.
        params: settings.

    Raises:
        RegistryError: no such version, or it is champion already.
        TrackingError: a store that cannot be reached.

    Example:
        promote("challenger").verdict.passed
    """
    return lifecycle.promote(str(version), _settings(params), corpus=_path(corpus), force=force)


def _settings(given: Settings) -> Params:
    if isinstance(given, Mapping):
        return changed(load_params(), given, source="params")
    return load_params(_path(given))


def _corpus(given: AnyPath | None, stack: ExitStack) -> Path:
    return embedded_corpus(stack) if given is None else Path(given)


def _path(given: AnyPath | None) -> Path | None:
    return None if given is None else Path(given)


def _log(bundle: Path, params: Params) -> None:
    try:
        log_bundle(bundle, params)
    except TrackingError as error:
        warnings.warn(
            f"{error}. The bundle is safe in {bundle}; log it later with: upheld models sync", stacklevel=3
        )
