"""What a manifest says in, MLflow's parameters and metrics out; a parameter is written so that it can be read back."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pipeline.params import flatten, params_from
from pipeline.tracking.store import Store

if TYPE_CHECKING:
    from mlflow.entities import Metric

PARAMS_A_BATCH = 100  # MLflow's limits
METRICS_A_BATCH = 1000
SYSTEM = ("system/process_cpu_percentage", "system/process_memory_megabytes")
SUFFIXES = {"value": "", "low": "_lo", "high": "_hi"}

Figures = Mapping[str, Mapping[str, float | None]]


def written(value: object) -> str:
    """Return a setting as params.yaml would have it; `read_back` gives the same value again.

    >>> written(None), written([1, 2]), written("upheld"), written("1")
    ('null', '[1, 2]', 'upheld', '"1"')
    """
    if not isinstance(value, str) or read_back(value) != value:
        return json.dumps(value, ensure_ascii=False)
    return value


def read_back(text: str) -> object:
    """Return the setting that `written` wrote.

    >>> read_back("null"), read_back("[1, 2]"), read_back("upheld"), read_back('"1"')
    (None, [1, 2], 'upheld', '1')
    """
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


def parameters(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return {"split.gap_days": "90", ...}: all settings that a bundle was made with."""
    return {name: written(value) for name, value in flatten(params_from(manifest["params"])).items()}


def times(manifest: Mapping[str, Any]) -> tuple[int, int]:
    """Return when a training began and ended, in milliseconds of Unix time."""
    system = manifest.get("system")
    if not system:  # a bundle from before this was kept
        ended = int(datetime.fromisoformat(manifest["created"]).timestamp() * 1000)
        return ended, ended
    started = system["started"]
    return int(started * 1000), int((started + system["seconds"]) * 1000)


def figure_metrics(figures: Figures, at: int, model_id: str | None = None) -> Iterator["Metric"]:
    """Yield each figure under its name, and its interval under name_lo and name_hi; undefined ones are left out.

    Args:
        figures: {"auc": {"value": 0.8, "low": 0.7, "high": 0.9}, ...}.
        at: milliseconds of Unix time.
        model_id: the logged model that they are of.
    """
    from mlflow.entities import Metric

    for name, figure in figures.items():
        for part, suffix in SUFFIXES.items():
            value = figure.get(part)
            if value is not None and value == value:
                yield Metric(f"{name}{suffix}", value, at, 0, model_id)


def system_metrics(manifest: Mapping[str, Any]) -> Iterator["Metric"]:
    """Yield processor and memory over the time of a training."""
    from mlflow.entities import Metric

    system = manifest.get("system") or {"samples": []}
    for step, (seconds, *measured) in enumerate(system["samples"]):
        at = int((system["started"] + seconds) * 1000)
        for name, value in zip(SYSTEM, measured, strict=True):
            yield Metric(name, value, at, step)


def log_values(
    store: Store, run_id: str, metrics: Iterator["Metric"], params: Mapping[str, str] | None = None
) -> None:
    """Log metrics and parameters, no more at a time than MLflow takes."""
    from mlflow.entities import Param

    named = [Param(name, value) for name, value in (params or {}).items()]
    for start in range(0, len(named), PARAMS_A_BATCH):
        store.client.log_batch(run_id, params=named[start : start + PARAMS_A_BATCH])
    measured = list(metrics)
    for start in range(0, len(measured), METRICS_A_BATCH):
        store.client.log_batch(run_id, metrics=measured[start : start + METRICS_A_BATCH])
