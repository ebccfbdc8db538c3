"""A manifest in, the name and the tags of its run out: what makes the list of runs readable, and a run findable."""

from collections.abc import Mapping
from getpass import getuser
from typing import Any

VERSION = "upheld.version"  # of the bundle
KIND = "upheld.kind"  # training, split or candidate
MODEL = "upheld.model_uri"
CORPUS = "upheld.corpus_sha256"
WEIGHTS = "upheld.weights_digest"
PARENT = "mlflow.parentRunId"
NOTED = ("matched_auc", "auc", "brier")  # the figures that a description names


def run_name(manifest: Mapping[str, Any]) -> str:
    """Return the name of the corpus and the end of the bundle's name; MLflow's list shows the time beside it."""
    return f"{manifest['corpus']['name']} {manifest['weights_digest'][:8]}"


def run_tags(manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the tags of a bundle's run."""
    tags = _common(manifest, "training") | {
        CORPUS: manifest["corpus"]["sha256"],
        WEIGHTS: manifest["weights_digest"],
        "upheld.corpus": manifest["corpus"]["name"],
        "mlflow.note.content": _note(manifest),
    }
    git = manifest.get("git")
    if git:
        tags |= {
            "mlflow.source.git.commit": git["commit"],
            "mlflow.source.git.dirty": str(git["dirty"]).lower(),
        }
    return tags


def child_tags(manifest: Mapping[str, Any], parent: str, kind: str) -> dict[str, str]:
    """Return the tags of a run inside a bundle's run; `kind` is "split" or "candidate"."""
    return _common(manifest, kind) | {PARENT: parent, CORPUS: manifest["corpus"]["sha256"]}


def figure_text(figure: Mapping[str, float | None]) -> str:
    """Return a figure with its interval.

    >>> figure_text({"value": 0.8, "low": 0.7, "high": 0.9})
    '0.800 [0.700, 0.900]'
    """
    value, low, high = (
        "undefined" if figure[part] is None else f"{figure[part]:.3f}" for part in ("value", "low", "high")
    )
    return f"{value} [{low}, {high}]"


def user() -> str:
    """Return who runs this process, or "unknown" where the machine does not say."""
    try:
        return getuser()
    except (KeyError, OSError):  # no entry for this user, as in some containers
        return "unknown"


def _common(manifest: Mapping[str, Any], kind: str) -> dict[str, str]:
    return {
        VERSION: manifest["version"],
        KIND: kind,
        "mlflow.user": user(),
        "mlflow.source.name": "upheld train",
        "mlflow.source.type": "LOCAL",
    }


def _note(manifest: Mapping[str, Any]) -> str:
    """Return the description that a run's page opens with, as Markdown."""
    counts, figures = manifest.get("counts", {}), manifest["figures"]
    rows = [f"| {name} | {figure_text(figures[name])} |" for name in NOTED if name in figures]
    tested = (
        f"On {counts['test']} later cases, received from {manifest['test_from']} on"
        if counts
        else "On later cases"
    )
    return "\n".join(
        [
            f"Bundle `{manifest['version']}`, trained on {manifest['corpus']['name']}.",
            f"{tested}; 95 % intervals.",
            "",
            "| figure | value |",
            "| --- | --- |",
            *rows,
        ]
    )
