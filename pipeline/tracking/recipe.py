"""The id of a run in, the settings and the corpus that it was trained with out."""

from dataclasses import dataclass
from typing import Any

from pipeline.errors import RegistryError
from pipeline.params import Params, params_from
from pipeline.tracking.store import open_store
from pipeline.tracking.tags import CORPUS, WEIGHTS
from pipeline.tracking.values import read_back


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a run was made with; `weights_digest` is None where it kept no model, as a candidate of a search."""

    run_id: str
    params: Params
    corpus_sha256: str
    weights_digest: str | None


def recipe_of_run(run_id: str, params: Params) -> Recipe:
    """Return the settings and the corpus of a run of `upheld train`; where it is tracked is still up to `params`.

    Raises:
        TrackingError: the store cannot be reached, or has no such run.
        RegistryError: the run is not one of `upheld train`.
        ParamsError: the run has settings that this version does not know.
    """
    with open_store(params.tracking, f"run {run_id} cannot be read") as store:
        run = store.client.get_run(run_id)
    tags = run.data.tags
    if CORPUS not in tags or not run.data.params:
        raise RegistryError(
            f"run {run_id}: tells no settings and corpus; give a run of 'upheld train', or a candidate inside one."
        )
    nested: dict[str, Any] = {}
    for name, text in run.data.params.items():
        section, _, key = name.partition(".")
        if key:
            nested.setdefault(section, {})[key] = read_back(text)
        else:
            nested[section] = read_back(text)
    found = params_from(nested, source=f"run {run_id}")
    return Recipe(
        run_id, found.model_copy(update={"tracking": params.tracking}), tags[CORPUS], tags.get(WEIGHTS)
    )
