"""A bundle's folder in, an MLflow run with nested ones out; none twice, and none that broke off left standing.

The run of a bundle carries its version in a tag and counts only once it is finished. What broke off half-way, because
the store or this process died, is taken away when the bundle is logged again.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.bundle import load_bundle
from pipeline.errors import TrackingError
from pipeline.evaluate.held import HOLDOUT, from_lines
from pipeline.evaluate.plots import ranking_pictures
from pipeline.manifest import read_manifest
from pipeline.params import Params
from pipeline.tracking.datasets import corpus_input, split_inputs
from pipeline.tracking.model import log_model, model_files
from pipeline.tracking.registry import register
from pipeline.tracking.store import Store, open_store
from pipeline.tracking.tags import KIND, MODEL, PARENT, VERSION, child_tags, run_name, run_tags
from pipeline.tracking.values import (
    Figures,
    figure_metrics,
    log_values,
    parameters,
    system_metrics,
    times,
    written,
)

if TYPE_CHECKING:
    from mlflow.entities import Metric, Run


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """Where a bundle stands in MLflow: the store, the run, the model's address, and its number in the registry."""

    uri: str
    run_id: str
    model_uri: str
    version: int


def log_bundle(path: Path, params: Params) -> LoggedRun:
    """Log the bundle at `path` as one run and register it, or return the run that already holds it.

    Raises:
        TrackingError: the store cannot be reached or refuses; the bundle is untouched and can be logged later.
        BundleError: the bundle does not load.
    """
    manifest, failure = read_manifest(path), "the run was not logged"
    with open_store(params.tracking, failure) as store:
        if run := finished_run(store, manifest["version"]):
            return _registered(store, run, manifest)
    load_bundle(path)  # a bundle that does not load is no run's model
    with model_files(path) as files, open_store(params.tracking, failure) as store:
        run = finished_run(store, manifest["version"]) or _new_run(_BundleLog(store, path, manifest, files))
        return _registered(store, run, manifest)


def log_evaluation(version: str, files: Sequence[Path], figures: Figures, params: Params) -> str:
    """Add an evaluation to the run of a bundle.

    Args:
        version: of the bundle.
        files: to be kept with the run.
        figures: {"eval_time_auc": {"value": 0.8, "low": 0.7, "high": 0.9}, ...}.
        params: which store.

    Returns:
        The run's id.

    Raises:
        TrackingError: the store cannot be reached or refuses, or no run holds the bundle.
    """
    with open_store(params.tracking, "the evaluation was not logged") as store:
        run = finished_run(store, version)
        if run:
            log_values(store, run.info.run_id, figure_metrics(figures, int(time.time() * 1000)))
            for file in files:
                store.client.log_artifact(run.info.run_id, str(file), "evaluation")
    if not run:
        raise TrackingError(
            f"{store.shown}: holds no run of model {version}, so the evaluation was not logged"
        )
    return str(run.info.run_id)


def finished_run(store: Store, version: str) -> "Run | None":
    """Return the run that holds the bundle of this version, or None."""
    return next((run for run in _runs_of(store, version) if run.info.status == "FINISHED"), None)


def _registered(store: Store, run: "Run", manifest: Mapping[str, Any]) -> LoggedRun:
    run_id, model_uri = run.info.run_id, run.data.tags[MODEL]
    return LoggedRun(store.shown, run_id, model_uri, register(store, run_id, model_uri, manifest))


def _runs_of(store: Store, version: str) -> list["Run"]:
    wanted = f"tags.`{VERSION}` = '{version}' and tags.`{KIND}` = 'training'"
    return list(store.client.search_runs([store.experiment], wanted, order_by=["attributes.start_time ASC"]))


def _new_run(log: "_BundleLog") -> "Run":
    version = log.manifest["version"]
    _take_away_unfinished(log.store, version)
    run_id = log.start(run_name(log.manifest), run_tags(log.manifest))
    status = "FAILED"
    try:
        log.fill(run_id)
        status = "FINISHED"
    finally:
        log.end(run_id, status)
    # A slow server may have answered a request too late, and made a second run when it was repeated.
    _take_away_unfinished(log.store, version)
    return log.store.client.get_run(run_id)


def _take_away_unfinished(store: Store, version: str) -> None:
    """Delete what is left of attempts to log a bundle that broke off: runs, the runs inside them, and their models."""
    for run in _runs_of(store, version):
        if run.info.status == "FINISHED":
            continue
        inside = store.client.search_runs([store.experiment], f"tags.`{PARENT}` = '{run.info.run_id}'")
        made = f"source_run_id = '{run.info.run_id}'"
        for model in store.client.search_logged_models([store.experiment], made):
            store.client.delete_logged_model(model.model_id)
        for own in (*inside, run):
            store.client.delete_run(own.info.run_id)


@dataclass(frozen=True, slots=True)
class _BundleLog:
    """Writes what the folder of a bundle holds into runs; `files` hold it as a model."""

    store: Store
    path: Path
    manifest: Mapping[str, Any]
    files: Path

    def start(self, name: str, tags: Mapping[str, str]) -> str:
        started, _ = times(self.manifest)
        made = self.store.client.create_run(self.store.experiment, started, dict(tags), name)
        return str(made.info.run_id)

    def end(self, run_id: str, status: str = "FINISHED") -> None:
        _, ended = times(self.manifest)
        self.store.client.set_terminated(run_id, status, ended)

    def fill(self, run_id: str) -> None:
        client, manifest = self.store.client, self.manifest
        params = parameters(manifest)
        model = log_model(self.store, run_id, self.files, params)
        log_values(self.store, run_id, self._figures(manifest["figures"], model.model_id), params)
        log_values(self.store, run_id, system_metrics(manifest))
        splits = manifest.get("splits", {})
        parts = [part for name in splits for part in split_inputs(manifest, name)]
        client.log_inputs(run_id, [corpus_input(manifest), *parts])
        for file in ("card.md", "manifest.json"):
            client.log_artifact(run_id, str(self.path / file))
        self._log_pictures(run_id)
        for name in splits:
            self._log_split(run_id, name)
        for candidate in manifest.get("candidates", ()):
            self._log_candidate(run_id, candidate)
        client.set_tag(run_id, MODEL, model.model_uri)

    def _figures(self, figures: Figures, model_id: str | None = None) -> Iterator["Metric"]:
        _, ended = times(self.manifest)
        return figure_metrics(figures, ended, model_id)

    def _log_pictures(self, run_id: str) -> None:
        file = self.path / HOLDOUT
        if not file.is_file():  # a bundle from before there was one
            return
        auc, matched = (self.manifest["figures"][name]["value"] for name in ("auc", "matched_auc"))
        for picture in ranking_pictures(from_lines(file.read_text(encoding="utf-8")), auc, matched):
            self.store.client.log_text(run_id, picture.svg, f"figures/{picture.name}.svg")

    def _log_split(self, parent: str, name: str) -> None:
        """Log a split as a nested run; one without figures of its own is what the headline figures were made on."""
        run_id = self.start(f"split by {name}", child_tags(self.manifest, parent, "split"))
        self.store.client.log_inputs(run_id, list(split_inputs(self.manifest, name)))
        figures = self.manifest["splits"][name].get("figures", self.manifest["figures"])
        log_values(self.store, run_id, self._figures(figures))
        self.end(run_id)

    def _log_candidate(self, parent: str, candidate: Mapping[str, Any]) -> None:
        """Log one setting that a search tried, with all parameters, so that it can be trained by itself."""
        tags = {"upheld.chosen": str(candidate["chosen"]).lower()}
        run_id = self.start(candidate["name"], child_tags(self.manifest, parent, "candidate") | tags)
        changed = self.manifest.get("settings_before_search", {}) | candidate["params"]
        own = {name: written(value) for name, value in changed.items()}
        figures = candidate["figures"] | {"seconds": {"value": candidate["seconds"]}}
        log_values(self.store, run_id, self._figures(figures), parameters(self.manifest) | own)
        self.end(run_id)
