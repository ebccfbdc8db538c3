"""Wires the stages: settings and paths in, files out. Computes nothing itself and prints nothing."""

from pipeline.score.plan import Options
from pipeline.stages.files import make_folder
from pipeline.stages.progress import Progress, silent
from pipeline.stages.reading import StageSummary, explain, label, read, read_collected
from pipeline.stages.scoring import find_bundle, score, score_with_spark
from pipeline.stages.training import TrainingSummary, train

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
