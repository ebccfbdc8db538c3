"""Wires the stages: settings and paths in, files out. Computes nothing itself and prints nothing.

Each stage is imported when it is first asked for: one that scores has no need of all that trains.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.score.plan import Options
    from pipeline.stages.files import make_folder
    from pipeline.stages.progress import Progress, silent
    from pipeline.stages.reading import StageSummary, explain, label, read, read_collected
    from pipeline.stages.scoring import find_bundle, score, score_with_spark
    from pipeline.stages.training import TrainingSummary, train

_HOME = {
    "Options": "pipeline.score.plan",
    "Progress": "pipeline.stages.progress",
    "StageSummary": "pipeline.stages.reading",
    "TrainingSummary": "pipeline.stages.training",
    "explain": "pipeline.stages.reading",
    "find_bundle": "pipeline.stages.scoring",
    "label": "pipeline.stages.reading",
    "make_folder": "pipeline.stages.files",
    "read": "pipeline.stages.reading",
    "read_collected": "pipeline.stages.reading",
    "score": "pipeline.stages.scoring",
    "score_with_spark": "pipeline.stages.scoring",
    "silent": "pipeline.stages.progress",
    "train": "pipeline.stages.training",
}

__all__ = [
    "Options",
    "Progress",
    "StageSummary",
    "TrainingSummary",
    "explain",
    "find_bundle",
    "label",
    "make_folder",
    "read",
    "read_collected",
    "score",
    "score_with_spark",
    "silent",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
