"""Complaints and a bundle in, predictions out."""

from collections.abc import Callable
from pathlib import Path

from pipeline.bundle import Bundle, latest_bundle, load_bundle
from pipeline.params import Params
from pipeline.score.batch import ScoringSummary, score_file


def score(
    source: Path, output: Path, *, model: str, models: Path, params: Params, progress: Callable[[int], None]
) -> ScoringSummary:
    """Score a file of complaints with a bundle.

    Args:
        source: CSV or JSONL.
        output: CSV or JSONL.
        model: a bundle's folder, "latest", or an MLflow address.
        models: where "latest" is looked for.
        params: chunk size and formula guard; all that shapes a prediction comes from the bundle.
        progress: called with the number of rows done after every chunk.

    Raises:
        InputError: a source that cannot be read at all, or has no complaint column.
        BundleError: a bundle that is missing, altered or incompatible.
    """
    return score_file(
        source, output, bundle=find_bundle(model, models, params), params=params.score, advance=progress
    )


def find_bundle(model: str, models: Path, params: Params) -> Bundle:
    """Return the bundle in a folder, the "latest" one below `models`, or the one at an MLflow address."""
    if model.startswith(("models:/", "runs:/")):
        from pipeline.tracking import download_bundle

        return load_bundle(download_bundle(model, params))
    return load_bundle(latest_bundle(models) if model == "latest" else Path(model))
