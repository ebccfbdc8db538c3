"""Views in, their texts cut into terms out: the slow part of the features, done once and shared by all that need it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack

from pipeline.features.lexicon import signals
from pipeline.features.names import without_names
from pipeline.features.signals import as_doc, ideas_in, signals_in
from pipeline.features.stems import is_content, stems
from pipeline.schema import View


@dataclass(frozen=True, slots=True)
class CutTexts:
    """n texts as terms: learnt from nothing, so that any split of them may share it.

    Attributes:
        words: (n,) the content stems of each text, in order.
        ideas: (n,) the same with the phrases of the lexicon folded into ideas.
        signals: (n, n_signals) 1 where a text shows a signal, in the order of the lexicon.
    """

    words: Sequence[list[str]]
    ideas: Sequence[list[str]]
    signals: csr_matrix

    def at(self, positions: NDArray[np.intp]) -> "CutTexts":
        """Return the texts at these positions."""
        words, ideas = ([own[i] for i in positions] for own in (self.words, self.ideas))
        return CutTexts(words, ideas, self.signals[positions])

    def __add__(self, other: "CutTexts") -> "CutTexts":
        """Return these texts, then the other ones."""
        signals_ = vstack([self.signals, other.signals], format="csr")
        return CutTexts([*self.words, *other.words], [*self.ideas, *other.ideas], signals_)


def cut_texts(views: Sequence[View], *, spacy_model: str | None = None) -> CutTexts:
    """Return the complaints of n views, cut; with a `spacy_model`, without the names that it finds."""
    complaints = [view.complaint for view in views]
    column = {signal.name: number for number, signal in enumerate(signals())}
    words, ideas, shown, starts = [], [], [], [0]
    for complaint in without_names(complaints, spacy_model) if spacy_model else complaints:
        own = stems(complaint)
        doc = as_doc(own)
        words.append(list(filter(is_content, own)))
        ideas.append(ideas_in(doc))
        shown += sorted(column[name] for name in signals_in(doc))
        starts.append(len(shown))
    places = np.array(shown, dtype=np.int32)
    matrix = csr_matrix((np.ones(len(shown)), places, starts), shape=(len(views), len(column)))
    return CutTexts(words, ideas, matrix)
