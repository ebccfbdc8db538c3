"""Texts in, the same texts without the names of people and places out, by a spaCy model that knows names.

The features need no such model: statements call people "Mr X". New complaints do not, and it keeps their names out.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from pipeline.errors import ParamsError

NAMES = frozenset({"PERSON", "PER", "GPE", "LOC", "FAC"})
BATCH = 256


def without_names(texts: Sequence[str], model: str) -> Iterator[str]:
    """Yield each of n texts with every name of a person or place as "X".

    Args:
        texts: n texts.
        model: an installed spaCy package with an entity recogniser, such as "en_core_web_sm". No folder: what a bundle
            names must not be able to bring its own code.

    Raises:
        ParamsError: no such package, or one that recognises no entities.
    """
    for doc in _pipeline(model).pipe(texts, batch_size=BATCH):
        kept, end = [], 0
        for entity in doc.ents:
            if entity.label_ in NAMES:
                kept += [doc.text[end : entity.start_char], "X"]
                end = entity.end_char
        yield "".join([*kept, doc.text[end:]])


@cache
def _pipeline(model: str) -> Any:
    import spacy

    if not spacy.util.is_package(model):
        raise ParamsError(
            f"features.spacy_model is {model!r}; must be an installed spaCy package, or null. Install it, or set null."
        )
    pipeline = spacy.util.load_model_from_package(model)
    if not {"ner", "entity_ruler"} & set(pipeline.pipe_names):
        raise ParamsError(
            f"features.spacy_model: {model} recognises no entities; take a package with the component ner, or null."
        )
    return pipeline
