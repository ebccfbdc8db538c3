"""upheld: from the text of a complaint to its likely outcome and grounds.

The stages, in the order in which data pass through them:

    collect  pipeline.collect      the Ombudsman's pages, politely; files and folders
    read     pipeline.statements   published statements to decisions
    label    pipeline.labels       decisions to outcome, grounds and citations, each with its evidence
    view     pipeline.features     all that a model may see of a complaint, and its features
    split    pipeline.split        past to future, near-duplicates on one side
    train    pipeline.heads        the outcome head and the grounds head, calibrated
    evaluate pipeline.evaluate     figures with intervals, beside baselines
    save     pipeline.bundle       heads and everything needed to score, without pickle
    score    pipeline.score        new complaints to predictions
    track    pipeline.tracking     every run in MLflow

`pipeline.stages` wires them, `pipeline.cli` is the command `upheld`, and a notebook calls the same by the same words:

>>> from pipeline import evaluate, label, load, read, train

Each is imported when it is first asked for, so that `import pipeline` stays light.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pipeline.api import audit, decisions, evaluate, label, load, models, promote, read, train

__all__ = ["audit", "decisions", "evaluate", "label", "load", "models", "promote", "read", "train"]

__version__: str


class _Package(ModuleType):
    """Keeps `pipeline.evaluate` the function where the folder of that name is imported, too."""

    def __setattr__(self, name: str, value: object) -> None:
        """Set anything but a folder in the place of a function: the import system would put it there."""
        if not (name in __all__ and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("upheld")
    if name in __all__:
        from pipeline import api

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})
