"""What a manifest says of a corpus and its parts in, MLflow datasets out: name, digest, source and counts, no text."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

DIGEST = 16  # hex digits; MLflow shows them beside the name, and the whole digest is a tag of the run


def corpus_input(manifest: Mapping[str, Any]) -> "DatasetInput":
    """Return the corpus that a bundle was made from."""
    corpus = manifest["corpus"]
    counts = {name: count for name, count in manifest.get("counts", {}).items() if isinstance(count, int)}
    return _input(corpus["name"], corpus["sha256"], corpus["source"], ("corpus", counts))


def split_inputs(manifest: Mapping[str, Any], name: str) -> Iterator["DatasetInput"]:
    """Yield the training and the test part of a split; none where the manifest does not tell its parts."""
    corpus = manifest["corpus"]
    for part, context in (("train", "training"), ("test", "testing")):
        facts = manifest["splits"][name].get(part)
        if facts:
            title = f"{corpus['name']}, {part} part by {name}"
            yield _input(title, facts["sha256"], corpus["source"], (context, {"cases": facts["cases"]}))


def _input(name: str, sha256: str, source: str, described: tuple[str, Mapping[str, int]]) -> "DatasetInput":
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.data.sources import LocalArtifactDatasetSource
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.utils.mlflow_tags import MLFLOW_DATASET_CONTEXT

    context, counts = described
    made = MetaDataset(LocalArtifactDatasetSource(source), name=name, digest=sha256[:DIGEST]).to_dict()
    entity = Dataset(
        made["name"], made["digest"], made["source_type"], made["source"], profile=json.dumps(counts)
    )
    return DatasetInput(entity, [InputTag(MLFLOW_DATASET_CONTEXT, context)])
