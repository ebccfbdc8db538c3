"""Terms of the features in, their names for people and the words of a complaint that show them out."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.features.lexicon import signals
from pipeline.features.signals import as_doc, idea_spans
from pipeline.features.stems import MONEY, is_content, stem, words

LETTERS = -1  # the place of a column of letters: it carries pieces of words that stand beside it

TermName = tuple[str, str]  # ("term", its stems or "#idea") or ("signal", its name)


@dataclass(frozen=True, slots=True)
class Terms:
    """Which term each column stands for: `of_column` (n_features,) are places in `names`, or `LETTERS`."""

    of_column: NDArray[np.intp]
    names: list[TermName]


def shown_terms(text: str, terms: Sequence[TermName]) -> list[tuple[str, tuple[str, ...]]]:
    """Return each term's name for people and the words of a text that show it.

    >>> shown_terms("The tribunal turned her down.", [("term", "tribun"), ("signal", "names_tribunal")])
    [("'tribunal'", ('tribunal',)), ('names a tribunal', ('tribunal',))]
    """
    shown = _shown(text)
    meanings = {signal.name: signal.meaning for signal in signals()}
    return [
        (meanings[name], shown.get(("signal", name), ()))
        if kind == "signal"
        else _named(name, [shown.get(("term", part), ()) for part in name.split()])
        for kind, name in terms
    ]


def _named(term: str, found: list[tuple[str, ...]]) -> tuple[str, tuple[str, ...]]:
    """Name a term of one or two parts by the first words that show each: "'declined' (refuse) + 'grant'"."""
    parts = zip(term.split(), found, strict=True)
    name = " + ".join(_quoted(part, words_[0] if words_ else part.lstrip("#")) for part, words_ in parts)
    return name, tuple(dict.fromkeys(word for words_ in found for word in words_))


def _quoted(part: str, word: str) -> str:
    return f"'{word}' ({part[1:]})" if part.startswith("#") and part[1:] != word else f"'{word}'"


def _shown(text: str) -> dict[TermName, tuple[str, ...]]:
    """Return the words behind every stem, idea and signal of a text, each once, in order."""
    kept = words(text)
    doc = as_doc(list(map(stem, kept)))
    found: dict[TermName, dict[str, None]] = {}
    for word, own in zip(kept, doc.stems, strict=True):
        if is_content(own):
            found.setdefault(("term", own), {})[word] = None
    for kind, spans in (("term", idea_spans(doc)), ("signal", doc.signals)):
        for name, start, end in spans:
            found.setdefault((kind, name), {})[" ".join(kept[start:end]).replace(MONEY, "£")] = None
    return {term: tuple(own) for term, own in found.items()}
